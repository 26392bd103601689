//! `rootbell apply`: the whole plan, without the wizard.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::ApplyOptions;
use super::plan::{draw_up, text};
use super::progress::{Known, Teller};
use super::signals::interrupted;
use super::{Console, Exit, Global, Scene, Stop, count, refuse_faults, wait};
use crate::cloud::{CloudError, Connector};
use crate::domain::health::health;
use crate::domain::observed::Confirmation;
use crate::domain::{Change, Health, Plan, Settings, Verdict};
use crate::engine::{self, Ahead, Look};

/// How it ended.
#[derive(Default)]
pub(super) struct Outcome {
    pub applied: Vec<String>,
    pub failed: Vec<(String, CloudError)>,
    pub skipped: Vec<String>,
    /// Under way when it was interrupted: AWS may have done it or not.
    pub unknown: Vec<String>,
    pub interrupted: bool,
    pub open: Vec<String>,
}

pub(super) async fn run(
    options: &ApplyOptions,
    global: &Global,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, Stop> {
    let wishes = options.wanted.wishes();
    refuse_faults(&wishes)?;
    if !options.yes && !console.can_ask() {
        return Err(Stop::usage(
            "There is no terminal to ask on. Give --yes to apply without a question, or look first with \
             `rootbell plan`. Nothing is changed.",
        ));
    }
    let (scene, ahead) = Scene::open_looking(global, connector, console, &wishes).await?;
    let drawn = draw_up(&scene, &wishes, ahead).await?;
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
        if !options.yes && !console.ask(&question) {
            return Err(Stop::failed("Nothing is changed."));
        }
    }
    let trail = settings.trail_arn(&drawn.observed);
    let mut again = Ahead::again(&scene.session.cloud, &wishes, settings, trail.clone());
    let mut outcome = carry_out(&scene, plan, Some(&again), console).await;
    let complete = !outcome.interrupted && outcome.failed.is_empty() && outcome.skipped.is_empty();
    let mut waited_in_vain = false;
    if complete && options.wait {
        waited_in_vain = !wait::for_confirmation(&scene, settings, options.wait_timeout, console).await;
        // What was asked before is old by now.
        again = Ahead::again(&scene.session.cloud, &wishes, settings, trail);
    }
    outcome.open = if !complete {
        open_after_a_stop(plan, &outcome)
    } else if plan.is_empty() && !options.wait {
        // Nothing has changed since the look.
        still_open(settings, &health(settings, &drawn.observed, now()))
    } else {
        let observed = scene.observe(&wishes, Look::Everything, again).await;
        let settings = Settings::resolve(&scene.identity, scene.region(), &wishes, &observed);
        still_open(&settings, &health(&settings, &observed, now()))
    };
    if options.json {
        scene.emit(&outcome.document(&scene), console);
    } else {
        console.say(summary(&scene, plan, &outcome));
    }
    Ok(if complete && !waited_in_vain { Exit::Done } else { Exit::Failed })
}

/// Runs the plan to its end, or until the user or the system wants it to stop. What is to be looked at `again` is asked
/// for as early as it can be.
pub(super) async fn carry_out(scene: &Scene, plan: &Plan, again: Option<&Ahead<'_>>, console: &Console) -> Outcome {
    if plan.is_empty() {
        return Outcome::default();
    }
    let teller = Teller::new(console, plan);
    let news = |progress| teller.hear(&progress);
    let cloud = scene.session.cloud.as_ref();
    let run = async {
        match again {
            Some(again) => engine::run_looking(cloud, plan, again, &news).await,
            None => engine::run(cloud, plan, None, &news).await,
        }
    };
    let ended = tokio::select! {
        report = run => Some(report),
        () = interrupted() => None,
    };
    if let Some(report) = ended {
        return Outcome { applied: report.done, failed: report.failed, skipped: report.skipped, ..Outcome::default() };
    }
    let known = teller.known();
    for id in &known.running {
        console.tell(format_args!("stopped   {}: under way, not known how it ended", teller.name(id)));
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

fn open_after_a_stop(plan: &Plan, outcome: &Outcome) -> Vec<String> {
    let mut open: Vec<String> = plan
        .changes()
        .filter(|change| outcome.applied.contains(&change.id()))
        .filter_map(|change| match change {
            Change::Subscribe { email, .. } => Some(confirm(email)),
            _ => None,
        })
        .collect();
    open.push("Run the same command again: it goes on from there.".to_owned());
    open
}

fn confirm(email: &str) -> String {
    format!(
        "Open the link in the e-mail from AWS Notifications to {email} (look among the junk): until then, nobody is \
         told there. It is good for 2 days."
    )
}

fn summary(scene: &Scene, plan: &Plan, outcome: &Outcome) -> String {
    let place = format!("account {}, {}", scene.account(), scene.region());
    let total = plan.changes().count();
    let done = outcome.applied.len();
    let head = if plan.is_empty() {
        format!("Nothing to change: all of it is already set up in {place}.")
    } else if outcome.interrupted {
        outcome.interruption(total, &place)
    } else if done == total {
        format!("Set up: {} made in {place}.", count(total, "change"))
    } else {
        format!(
            "Not set up: {done} of {} made in {place}, {} failed, {} not tried.",
            count(total, "change"),
            outcome.failed.len(),
            outcome.skipped.len()
        )
    };
    if outcome.open.is_empty() {
        return format!("{head}\nThe bell is armed.");
    }
    format!("{head}\nStill open:\n  - {}", outcome.open.join("\n  - "))
}

impl Outcome {
    /// Of a run that did not come to its end: what was not begun is skipped.
    fn cut_short(plan: &Plan, known: Known) -> Self {
        let met = |id: &String| {
            known.done.contains(id) || known.running.contains(id) || known.failed.iter().any(|(failed, _)| failed == id)
        };
        let skipped = plan.changes().map(Change::id).filter(|id| !met(id)).collect();
        let Known { done: applied, failed, running: unknown } = known;
        Self { applied, failed, skipped, unknown, interrupted: true, open: Vec::new() }
    }

    /// How far an interrupted run of so many changes got.
    pub(super) fn interruption(&self, total: usize, place: &str) -> String {
        let rest = [
            (self.failed.len(), "failed"),
            (self.unknown.len(), "under way, not known how it ended"),
            (self.skipped.len(), "not begun"),
        ];
        let mut said =
            vec![format!("Interrupted: {} of {} made in {place}", self.applied.len(), count(total, "change"))];
        said.extend(rest.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        said.join("; ") + "."
    }

    /// The contract of `apply --json`, and of `destroy --json`.
    pub(super) fn document(&self, scene: &Scene) -> Value {
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
