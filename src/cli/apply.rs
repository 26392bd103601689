//! `rootbell apply`: the whole plan, without the wizard.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::ApplyOptions;
use super::plan::{Drawn, draw_up, text};
use super::progress::{ProgressPrinter, RunProgress};
use super::signals::Interrupt;
use super::wait::{self, Waited};
use super::{AccountSession, CommandError, Console, Exit, Global, count, refuse_faults};
use crate::cloud::{CloudError, Connector};
use crate::domain::health::health;
use crate::domain::interruption::RunCount;
use crate::domain::observed::Confirmation;
use crate::domain::{Change, Health, Plan, Settings, SetupOptions, Verdict};
use crate::engine::{self, ObserveScope, Prefetch};

/// How it ended.
#[derive(Default)]
pub(super) struct Outcome {
    pub applied: Vec<String>,
    pub failed: Vec<(String, CloudError)>,
    pub skipped: Vec<String>,
    /// Under way when it was interrupted: AWS may have done it or not.
    pub unknown: Vec<String>,
    /// Before it had come to its end.
    pub interrupted: bool,
    /// What an interrupt left undone once every change was made.
    pub afterwards: Option<&'static str>,
    pub open: Vec<String>,
}

pub(super) async fn run(
    options: &ApplyOptions,
    global: &Global,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = options.wanted.setup_options();
    refuse_faults(&setup)?;
    if !options.yes && !console.can_ask() {
        return Err(CommandError::usage(
            "There is no terminal to ask on. Give --yes to apply without a question, or look first with \
             `rootbell plan`. Nothing is changed.",
        ));
    }
    let (scene, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let drawn = draw_up(&scene, &setup, prefetch).await?;
    let (settings, plan) = (&drawn.settings, &drawn.plan);
    if !plan.is_empty() {
        console.tell(format_args!("Plan for account {} in {}", scene.account(), scene.region()));
        console.tell(text(plan));
        let question = format!(
            "Apply {} to account {} in {}?",
            match plan.changes().count() {
                1 => "this 1 change".to_owned(),
                n => format!("these {n} changes"),
            },
            scene.account(),
            scene.region()
        );
        if !options.yes && !console.ask(&question).await {
            return Err(CommandError::failed("Nothing is changed."));
        }
    }
    let again = Prefetch::again(&scene.session.cloud, &setup, settings, settings.trail_arn(&drawn.observed));
    let mut outcome = carry_out(&scene, plan, Some(&again), interrupt, console).await;
    let complete = !outcome.interrupted && outcome.failed.is_empty() && outcome.skipped.is_empty();
    let mut confirmed = true;
    if !complete {
        outcome.open = requests_sent(plan, &outcome);
        outcome.open.push("Run the same command again: it goes on from there.".to_owned());
    } else if plan.is_empty() && !options.wait {
        // Nothing has changed since the look.
        outcome.open = still_open(settings, &health(settings, &drawn.observed, now()));
    } else {
        confirmed = follow_up(options, &scene, &setup, &drawn, again, now, interrupt, console, &mut outcome).await;
    }
    if options.json {
        if outcome.interrupted {
            console.tell(outcome.interruption(&scene.location()));
        }
        scene.emit(&outcome.document(&scene), console);
    } else {
        console.say(summary(&scene, plan, &outcome));
    }
    Ok(if complete && confirmed && !outcome.interrupted { Exit::Done } else { Exit::Failed })
}

/// Once every change is made: waits for the confirmations where that is wanted, and reads the account once more for
/// what is still open. Whether the waiting was not in vain.
#[expect(clippy::too_many_arguments, reason = "all that the command has found out by then")]
async fn follow_up(
    options: &ApplyOptions,
    scene: &AccountSession,
    setup: &SetupOptions,
    drawn: &Drawn,
    mut again: Prefetch<'_>,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
    outcome: &mut Outcome,
) -> bool {
    interrupt.handle();
    let mut confirmed = true;
    if options.wait {
        match wait::for_confirmation(scene, &drawn.settings, options.wait_timeout, interrupt, console).await {
            Waited::Confirmed => {}
            Waited::GivenUp => confirmed = false,
            Waited::Interrupted(unconfirmed) => {
                outcome.interrupted = true;
                outcome.afterwards =
                    Some("the waiting for the confirmations ended, and the account was not read again");
                outcome.open = unconfirmed.iter().map(|email| confirm(email)).collect();
                return false;
            }
        }
        // What was asked before is old by now.
        let trail = drawn.settings.trail_arn(&drawn.observed);
        again = Prefetch::again(&scene.session.cloud, setup, &drawn.settings, trail);
    }
    let observed = tokio::select! {
        observed = scene.observe(setup, ObserveScope::Everything, again) => observed,
        () = interrupt.came() => {
            outcome.interrupted = true;
            outcome.afterwards = Some("the account was not read again");
            outcome.open = requests_sent(&drawn.plan, outcome);
            outcome.open.push("Run `rootbell status`: it says whether all of it works.".to_owned());
            return confirmed;
        }
    };
    let settings = Settings::resolve(&scene.identity, scene.region(), setup, &observed);
    outcome.open = still_open(&settings, &health(&settings, &observed, now()));
    confirmed
}

/// Runs the plan to its end, or until the user or the system wants it to stop. What is to be looked at `again` is asked
/// for as early as it can be.
pub(super) async fn carry_out(
    scene: &AccountSession,
    plan: &Plan,
    again: Option<&Prefetch<'_>>,
    interrupt: &Interrupt,
    console: &Console,
) -> Outcome {
    if plan.is_empty() {
        return Outcome::default();
    }
    interrupt.handle();
    let printer = ProgressPrinter::new(console, plan);
    let news = |progress| printer.print(&progress);
    let cloud = scene.session.cloud.as_ref();
    let run = async {
        match again {
            Some(again) => engine::run_looking(cloud, plan, again, &news).await,
            None => engine::run(cloud, plan, None, &news).await,
        }
    };
    let ended = tokio::select! {
        report = run => Some(report),
        () = interrupt.came() => None,
    };
    if let Some(report) = ended {
        return Outcome { applied: report.done, failed: report.failed, skipped: report.skipped, ..Outcome::default() };
    }
    let known = printer.known();
    for id in &known.running {
        console.tell(format_args!("stopped   {}: under way, not known how it ended", printer.name(id)));
    }
    Outcome::cut_short(plan, known)
}

/// What is left to be done by people and time, a sentence each.
fn still_open(settings: &Settings, health: &Health) -> Vec<String> {
    let waits = |email: &&String| {
        health.subscriptions.iter().any(|s| s.state == Confirmation::Pending && s.endpoint.eq_ignore_ascii_case(email))
    };
    let mut open: Vec<String> = settings.emails.value.iter().filter(waits).map(|email| confirm(email)).collect();
    for check in &health.checks {
        let said = match (check.id, check.verdict) {
            (_, Verdict::Ok) => continue,
            ("subscription.confirmed", Verdict::Pending) if !open.is_empty() => continue,
            ("trail.delivers", Verdict::Pending) => {
                "The trail's first delivery to the log group takes about 5 minutes; `rootbell status` says when it is \
                 there."
                    .to_owned()
            }
            _ => format!("{}: {} {}", check.title, check.detail, check.fix),
        };
        open.push(said.trim_end().to_owned());
    }
    open
}

/// The addresses that were sent a link just now.
fn requests_sent(plan: &Plan, outcome: &Outcome) -> Vec<String> {
    plan.changes()
        .filter(|change| outcome.applied.contains(&change.id()))
        .filter_map(|change| match change {
            Change::Subscribe { email, .. } => Some(confirm(email)),
            _ => None,
        })
        .collect()
}

fn confirm(email: &str) -> String {
    format!(
        "Open the link in the e-mail from AWS Notifications to {email} (look among the junk): until then, nobody is \
         told there. It is good for 2 days."
    )
}

fn summary(scene: &AccountSession, plan: &Plan, outcome: &Outcome) -> String {
    let location = scene.location();
    let total = plan.changes().count();
    let done = outcome.applied.len();
    let head = if outcome.interrupted {
        outcome.interruption(&location)
    } else if plan.is_empty() {
        format!("Nothing to change: all of it is already set up in {location}.")
    } else if done == total {
        format!("Set up: {} made in {location}.", count(total, "change"))
    } else {
        format!(
            "Not set up: {done} of {} made in {location}, {} failed, {} not tried.",
            count(total, "change"),
            outcome.failed.len(),
            outcome.skipped.len()
        )
    };
    if outcome.open.is_empty() && outcome.interrupted {
        return head;
    }
    if outcome.open.is_empty() {
        return format!("{head}\nThe bell is armed.");
    }
    format!("{head}\nStill open:\n  - {}", outcome.open.join("\n  - "))
}

impl Outcome {
    /// Of a run that did not come to its end: what was not begun is skipped.
    fn cut_short(plan: &Plan, known: RunProgress) -> Self {
        let met = |id: &String| {
            known.done.contains(id) || known.running.contains(id) || known.failed.iter().any(|(failed, _)| failed == id)
        };
        let skipped = plan.changes().map(Change::id).filter(|id| !met(id)).collect();
        let RunProgress { done: applied, failed, running: unknown } = known;
        Self { applied, failed, skipped, unknown, interrupted: true, afterwards: None, open: Vec::new() }
    }

    /// How far it got before it was interrupted.
    pub(super) fn interruption(&self, location: &str) -> String {
        let (done, failed, running) = (self.applied.len(), self.failed.len(), self.unknown.len());
        let count = RunCount { total: done + failed + running + self.skipped.len(), done, failed, running };
        match self.afterwards {
            None => count.sentence(location),
            Some(rest) => count.ended(location, rest),
        }
    }

    /// The contract of `apply --json`, and of `destroy --json`.
    pub(super) fn document(&self, scene: &AccountSession) -> Value {
        let failed: Vec<Value> =
            self.failed.iter().map(|(id, e)| json!({ "id": id, "why": e.why(), "fix": e.fix() })).collect();
        json!({
            "account": scene.identity.account,
            "region": scene.region(),
            "applied": self.applied,
            "failed": failed,
            "skipped": self.skipped,
            "unknown": self.unknown,
            "open": self.open,
        })
    }
}
