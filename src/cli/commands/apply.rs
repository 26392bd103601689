//! `rootbell apply`: applies the whole plan, without the wizard.

use jiff::Timestamp;

use super::plan::{PreparedPlan, prepare_plan};
use super::run::{RunOutcome, carry_out};
use super::wait::{self, WaitResult};
use crate::cli::args::{ApplyOptions, GlobalOptions, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::fix_text;
use crate::cli::output::console::{Console, Question};
use crate::cli::output::elsewhere;
use crate::cli::output::plan::setup_text;
use crate::cli::output::text::{pluralize, these_changes};
use crate::cli::session::AccountSession;
use crate::cli::signals::Interrupt;
use crate::cloud::Connector;
use crate::domain::health::Counts;
use crate::domain::health::health;
use crate::domain::observed::Confirmation;
use crate::domain::plan::instead_of_second_trail;
use crate::domain::{Change, CheckId, Email, Health, Plan, Settings, SetupOptions, Verdict};
use crate::engine::{ObserveScope, Prefetch, observe_with};

pub(in crate::cli) async fn run(
    options: &ApplyOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = options.setup.setup_options();
    check_options(&setup)?;
    if !options.yes && !console.can_ask() {
        return Err(CommandError::usage(
            "There is no terminal to ask for confirmation on. Use --yes to skip confirmation, or see the plan with \
             `rootbell plan` first. Nothing was changed.",
        ));
    }
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let prepared = prepare_plan(&session, &setup, now(), prefetch, console).await?;
    let (settings, plan) = (&prepared.settings, &prepared.plan);
    if !plan.is_empty() {
        console.eprint(format_args!("Plan for account {} in {}", session.account(), session.region()));
        console.eprint(setup_text(plan));
        let question = format!(
            "Apply {} to account {} in {}?",
            these_changes(plan.changes().count()),
            session.account(),
            session.region()
        );
        if !options.yes && !console.ask(&Question::YesOrNo(&question)).await {
            return Err(CommandError::failed("Nothing was changed."));
        }
    }
    let mut outcome = carry_out(&session, plan, interrupt, console).await;
    let without_rules =
        outcome.rules_not_possible().map(|error| format!("Event rules are not possible here: {}", error.why()));
    let complete =
        !outcome.interrupted && (without_rules.is_some() || outcome.failed.is_empty() && outcome.skipped.is_empty());
    let mut confirmed = true;
    if !complete {
        outcome.open = requests_sent(plan, &outcome);
        outcome.open.push("Run the same command again to continue.".to_owned());
    } else if instead_of_second_trail(settings, &prepared.observed).is_some() {
        // Nothing is set up in this Region, so nothing is open in it.
    } else if plan.is_empty() && !options.wait {
        // Nothing has changed since the account was read.
        outcome.open = still_open(settings, &health(settings, &prepared.observed, now()));
    } else {
        confirmed = follow_up(options, &session, &setup, &prepared, now, interrupt, console, &mut outcome).await;
    }
    outcome.open.extend(without_rules);
    if options.json {
        if outcome.interrupted {
            console.eprint(outcome.interruption(&session.location()));
        }
        let mut document = outcome.document(&session);
        document["elsewhere"] = elsewhere::document(&prepared.observed);
        session.print_json(&document, console);
    } else {
        console.print(match instead_of_second_trail(settings, &prepared.observed) {
            Some(elsewhere) => elsewhere::nothing_to_change(elsewhere, global),
            None => summary(&session, plan, &outcome),
        });
    }
    Ok(if complete && confirmed && !outcome.interrupted { Exit::Done } else { Exit::Failed })
}

/// After the last change: waits for the confirmations with `--wait`, and reads the account again to find what is still
/// open. Returns false if the wait ended without every confirmation.
#[expect(clippy::too_many_arguments, reason = "everything that the command knows at this point")]
async fn follow_up(
    options: &ApplyOptions,
    session: &AccountSession,
    setup: &SetupOptions,
    prepared: &PreparedPlan,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
    outcome: &mut RunOutcome,
) -> bool {
    interrupt.handle();
    let mut confirmed = true;
    if options.wait {
        match wait::for_confirmation(session, &prepared.settings, options.wait_timeout, interrupt, console).await {
            WaitResult::Confirmed => {}
            WaitResult::GivenUp => confirmed = false,
            WaitResult::Interrupted(unconfirmed) => {
                outcome.interrupted = true;
                outcome.unfinished =
                    Some("no longer waiting for the confirmations, and the account was not read again");
                outcome.open = unconfirmed.iter().map(ask_to_confirm).collect();
                return false;
            }
        }
    }
    let cloud = session.connection.cloud.as_ref();
    // The root user isn't read: nothing that was applied changes it.
    let prefetch = Prefetch::new(&cloud, session.region(), setup);
    let (scope, at) = (ObserveScope::Everything, Some(now()));
    let reread = observe_with(cloud, &session.identity, session.region(), setup, scope, at, prefetch);
    let mut observed = tokio::select! {
        observed = reread => observed,
        () = interrupt.interrupted() => {
            outcome.interrupted = true;
            outcome.unfinished = Some("the account was not read again");
            outcome.open = requests_sent(&prepared.plan, outcome);
            outcome.open.push("Run `rootbell status` to check that everything works.".to_owned());
            return confirmed;
        }
    };
    for change in prepared.plan.changes().filter(|change| outcome.applied.contains(&change.id())) {
        observed.session.changed(change.step(), now());
    }
    let settings = Settings::resolve(&session.identity, session.region(), setup, &observed);
    outcome.open = still_open(&settings, &health(&settings, &observed, now()));
    confirmed
}

/// What remains to be done by people, or only takes time: a sentence for each.
fn still_open(settings: &Settings, health: &Health) -> Vec<String> {
    let is_pending = |email: &&Email| {
        health.subscriptions.iter().any(|s| s.state == Confirmation::Pending && **email == *s.endpoint)
    };
    let mut open: Vec<String> = settings.emails.value.iter().filter(is_pending).map(ask_to_confirm).collect();
    // What no step sets up isn't open because of this run: `status` reports it.
    for check in health.checks.iter().filter(|check| check.id.step().is_some()) {
        let sentence = match (check.id, check.verdict) {
            (_, Verdict::Ok) => continue,
            (id, _) if id.counts() == Counts::Advice => continue,
            (CheckId::SubscriptionConfirmed, Verdict::Pending) if !open.is_empty() => continue,
            (CheckId::TrailDelivers, Verdict::Pending) => {
                "The trail's first delivery to the log group takes about 5 minutes; `rootbell status` shows when it has \
                 arrived."
                    .to_owned()
            }
            _ => format!("{}: {} {}", check.id.title(), check.detail, fix_text(&check.fix)),
        };
        open.push(sentence.trim_end().to_owned());
    }
    open
}

/// The addresses that were just sent a confirmation link.
fn requests_sent(plan: &Plan, outcome: &RunOutcome) -> Vec<String> {
    plan.changes()
        .filter(|change| outcome.applied.contains(&change.id()))
        .filter_map(|change| match change {
            Change::Subscribe { email, .. } => Some(ask_to_confirm(email)),
            _ => None,
        })
        .collect()
}

fn ask_to_confirm(email: &Email) -> String {
    format!(
        "Open the link in the email from AWS Notifications to {email} (check the junk folder): no alert reaches that \
         address until then. The link is valid for 2 days. Or copy the link instead of opening it, and run `rootbell \
         confirm`: then nobody can end the subscription with a link from one of its emails."
    )
}

fn summary(session: &AccountSession, plan: &Plan, outcome: &RunOutcome) -> String {
    let location = session.location();
    let total = plan.changes().count();
    let done = outcome.applied.len();
    let headline = if outcome.interrupted {
        outcome.interruption(&location)
    } else if plan.is_empty() {
        format!("Nothing to change: everything is already set up in {location}.")
    } else if done == total {
        format!("Set up: {} made in {location}.", pluralize(total, "change"))
    } else if outcome.rules_not_possible().is_some() {
        format!("Set up without event rules: {done} of {} made in {location}.", pluralize(total, "change"))
    } else {
        format!(
            "Not set up: {done} of {} made in {location}, {} failed, {} not tried.",
            pluralize(total, "change"),
            outcome.failed.len(),
            outcome.skipped.len()
        )
    };
    if outcome.open.is_empty() && outcome.interrupted {
        return headline;
    }
    if outcome.open.is_empty() {
        return format!("{headline}\nRoot use is monitored.");
    }
    format!("{headline}\nStill open:\n  - {}", outcome.open.join("\n  - "))
}
