//! `rootbell test`: sends a test alarm, and checks that the notification was sent.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::cli::args::{GlobalOptions, TestOptions, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::{fix_text, no_such_name};
use crate::cli::output::console::{Console, Question};
use crate::cli::session::AccountSession;
use crate::cli::signals::Interrupt;
use crate::cloud::Connector;
use crate::domain::activity::{concerns, not_arrived, recipients};
use crate::domain::alarm::STAYS_IN_ALARM;
use crate::domain::event::{DRILL_BUS_SOURCE, DRILL_SOURCE, DRILL_STREAM, drill_event};
use crate::domain::health::AlertPath;
use crate::domain::iam_policy::drill_actions;
use crate::domain::interruption::set_back;
use crate::domain::problem::Problem;
use crate::domain::{Health, Observed, RetentionDays, Settings};
use crate::engine::alarm_test::{
    self, AlarmTest, Drill, Observer, StageResult, TestError, TestRun, TestStage, existing_rules,
};

/// Why a test failed, and what to do about it.
struct TestFailure {
    why: String,
    fix: String,
}

impl From<TestError> for TestFailure {
    fn from(error: TestError) -> Self {
        Self { why: error.why(), fix: fix_text(&error.fix()) }
    }
}

/// The test to run, and who would be notified.
struct TestPlan {
    test: AlarmTest,
    /// Set for a drill.
    drill: Option<Drill>,
    recipients: Vec<String>,
    /// The subscriptions could not be read.
    unknown_recipients: bool,
    concerns: Vec<String>,
}

pub(in crate::cli) async fn run(
    options: &TestOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    if options.drill && !options.yes && !console.can_ask() {
        return Err(CommandError::usage(
            "A drill writes an event to the log group, and there is no terminal to ask for confirmation on. Use --yes to \
             skip confirmation. Nothing was written.",
        ));
    }
    let setup = options.names.setup_options();
    check_options(&setup)?;
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let (observed, settings, health) = session.observe_chain(&setup, prefetch, now, console).await;
    let timeout = options.timeout.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let mut plan = TestPlan {
        test: AlarmTest {
            alarm: health.alarm.as_ref().map_or_else(|| settings.root_use().alarm.value.clone(), |a| a.name.clone()),
            caller: session.identity.clone(),
            region: session.region().clone(),
            timeout: timeout.unwrap_or(AlarmTest::default_timeout(options.drill)),
        },
        drill: None,
        recipients: recipients(&health),
        unknown_recipients: observed.subscriptions.is_err(),
        concerns: concerns(&health),
    };
    let mut observed = observed;
    if options.drill {
        let home = session.identity.in_region(session.region());
        observed.events = existing_rules(session.connection.cloud.as_ref(), &home).await;
    }
    let drill = match (no_such_name(&settings, &observed), options.drill) {
        (Some(Problem { why, fix }), _) => Err(TestFailure { why, fix: fix_text(&fix) }),
        (None, true) if health.in_alarm().is_some() => Err(TestError::AlreadyInAlarm.into()),
        (None, true) => prepare_drill(options, &observed, &settings, now()).map(Some),
        (None, false) => Ok(None),
    };
    let TestOutcome { test_run, failure, interrupted } = match drill {
        Err(failure) => TestOutcome { test_run: TestRun::default(), failure: Some(failure), interrupted: false },
        Ok(drill) => {
            plan.drill = drill;
            announce(&session, &plan, &observed, &health, now(), console);
            if options.drill && !options.yes && !console.ask(&Question::YesOrNo("Write the event?")).await {
                return Err(CommandError::failed("Nothing was written."));
            }
            run_test(&session, &plan, now, interrupt, console).await
        }
    };
    if options.json {
        if let Some(TestFailure { why, fix }) = failure.as_ref().filter(|_| interrupted) {
            console.eprint(format_args!("{why} {fix}"));
        }
        session.print_json(&document(&session, options.drill, &plan, &test_run, failure.as_ref()), console);
    } else {
        console.print(text(&plan, &test_run, failure.as_ref()));
        let can_tell = test_run.passed() && !interrupted && !plan.recipients.is_empty() && !options.yes;
        if can_tell && console.can_ask() {
            ask_arrival(&plan.recipients, interrupt, console).await;
        }
    }
    Ok(if test_run.passed() && !interrupted { Exit::Done } else { Exit::Failed })
}

/// Asks whether the email arrived, which only the user can see, and says what to check if it didn't.
async fn ask_arrival(recipients: &[String], interrupt: &Interrupt, console: &Console) {
    let arrived = tokio::select! {
        arrived = console.ask(&Question::YesOrNo("Did the email arrive?")) => arrived,
        () = interrupt.interrupted() => return,
    };
    if arrived {
        return console.print("The email arrived: everything from the alarm to the inbox works.");
    }
    console.print("If it does not arrive:");
    for advice in not_arrived(recipients) {
        console.print(format_args!("- {advice}"));
    }
}

/// How a test or a drill ended.
struct TestOutcome {
    test_run: TestRun,
    failure: Option<TestFailure>,
    interrupted: bool,
}

/// The drill's log group and filter, or why a drill isn't possible.
fn prepare_drill(
    options: &TestOptions,
    observed: &Observed,
    settings: &Settings,
    now: Timestamp,
) -> Result<Drill, TestFailure> {
    if !options.foreign_log_group && Drill::is_shared_log_group(settings, observed) {
        let is_organization_trail = observed.trail.as_ref().is_some_and(|status| status.trail.organization);
        let owner = if is_organization_trail { "an organization trail" } else { "an unmanaged trail" };
        return Err(TestFailure {
            why: format!(
                "The log group `{}` belongs to {owner}: others may process its events.",
                settings.log_group.value
            ),
            fix:
                "Ask them first, then use --foreign-log-group; or run `rootbell test`, which writes nothing to the log \
                  group."
                    .into(),
        });
    }
    Ok(Drill::of(settings, observed, now)?)
}

/// Prints who will be notified and, for a drill, what it leaves behind.
fn announce(
    session: &AccountSession,
    plan: &TestPlan,
    observed: &Observed,
    health: &Health,
    now: Timestamp,
    console: &Console,
) {
    let TestPlan { test, drill, recipients, unknown_recipients, concerns } = plan;
    let kind = if drill.is_some() { "Drill" } else { "Test" };
    console.eprint(format_args!(
        "{kind} of alarm {} in account {}, {}",
        test.alarm,
        session.account(),
        session.region()
    ));
    console.eprint(match recipients.as_slice() {
        [] if *unknown_recipients => "notifies  unknown: the subscriptions could not be read".to_owned(),
        [] => "notifies  nobody".to_owned(),
        all => format!("notifies  {}", all.join(", ")),
    });
    for concern in concerns {
        console.eprint(format_args!("warning   {concern}"));
    }
    if drill.is_none() && health.in_alarm().is_some() {
        console.eprint(
            "reset     the alarm is in ALARM, so it is set to OK first: only a state change sends a notification",
        );
    }
    let Some(drill) = drill else { return };
    let retention = match observed.log_group.as_ref().ok().and_then(Option::as_ref).map(|group| group.retention_days) {
        Some(RetentionDays::Days(days)) => format!("kept for {days} days (the log group's retention)"),
        Some(RetentionDays::Never) => "kept forever (the log group's retention)".to_owned(),
        None => "kept as long as the log group's retention".to_owned(),
    };
    let event: Value =
        serde_json::from_str(&drill_event(&drill.id, &test.caller, &test.region, now)).unwrap_or_default();
    console.eprint(format_args!(
        "writes    one event to the stream `{DRILL_STREAM}` of log group `{}`, {retention}",
        drill.log_group
    ));
    console.eprint(format_args!(
        "marked    eventSource {DRILL_SOURCE}, userAgent {}, additionalEventData {}; it does not appear in \
         the trail's log files in S3",
        event["userAgent"].as_str().unwrap_or_default(),
        event["additionalEventData"]
    ));
    match (&drill.events, observed.events.unreadable().next()) {
        (Some(events), _) => {
            console.eprint(format_args!(
                "          one event to the event bus in {}, with the source {DRILL_BUS_SOURCE}: it sends a second email",
                events.bus.region().unwrap_or_default()
            ));
            console.eprint("times     of the event rules are late, because EventBridge counts by the minute");
        }
        (None, Some(unread)) => {
            console.eprint(format_args!("leaves out  the event rules, which could not be read: {}", unread.why));
        }
        (None, None) => {}
    }
    let bus = drill.events.as_ref().map(|events| &events.bus);
    console.eprint(format_args!("needs     {}", drill_actions(bus).join(", ")));
}

/// Runs the test or drill, and prints each stage as it is reached.
async fn run_test(
    session: &AccountSession,
    plan: &TestPlan,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> TestOutcome {
    interrupt.handle();
    let latest = Mutex::new(TestRun::default());
    let sent = Notify::new();
    let print_update = |update: TestRun| {
        let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
        for path in [AlertPath::Alarm, AlertPath::Events] {
            let (Some(now), before) = (update.on(path), latest.on(path).cloned().unwrap_or_default()) else { continue };
            for result in &now.seen[before.seen.len()..] {
                console.eprint(format_args!("done      {}", describe(result)));
            }
            if let Some(stage) = now.waiting_for.filter(|_| now.waiting_for != before.waiting_for) {
                console.eprint(format_args!("waiting   for: {}", stage.words()));
            }
        }
        // A drill ends here: the alarm returns to OK only after its whole period, which is too long to wait for.
        if plan.drill.is_some() && update.is_complete() {
            sent.notify_one();
        }
        *latest = update;
    };
    let (cloud, observer) = (session.connection.cloud.as_ref(), Observer { clock: &now, news: &print_update });
    let test = async {
        match &plan.drill {
            Some(drill) => alarm_test::run_drill(cloud, &plan.test, drill, &observer).await,
            None => alarm_test::run_test(cloud, &plan.test, &observer).await,
        }
    };
    let result = tokio::select! {
        biased;
        () = sent.notified() => Some(Ok(())),
        result = test => Some(result.map(|_| ())),
        () = interrupt.interrupted() => None,
    };
    let test_run = latest.into_inner().unwrap_or_else(PoisonError::into_inner);
    let interrupted = result.is_none();
    let failure = match result {
        Some(result) => result.err().map(TestFailure::from).filter(|_| !test_run.dispatched()),
        None => Some(TestFailure {
            why: if test_run.dispatched() {
                "Interrupted before the alarm returned to OK.".into()
            } else {
                "Interrupted before the notification was seen.".into()
            },
            fix: set_back(&plan.test.alarm, &session.identity.in_region(session.region())),
        }),
    };
    TestOutcome { test_run, failure, interrupted }
}

/// "notification sent after 2 s: Successfully executed action …".
fn describe(result: &StageResult) -> String {
    let colon = if result.said.is_empty() { "" } else { ": " };
    format!("{} after {} s{colon}{}", result.stage.words(), result.after.as_secs(), result.said)
}

fn text(plan: &TestPlan, test_run: &TestRun, failure: Option<&TestFailure>) -> String {
    let seconds_until =
        |stage| test_run.seen().find(|result| result.stage == stage).map(|result| result.after.as_secs());
    let mut lines = Vec::new();
    match (seconds_until(TestStage::Action), failure) {
        (Some(seconds), failure) => {
            let start = if plan.drill.is_some() { "event was written" } else { "test started" };
            lines.push(format!("PASSED: notification sent {seconds} s after the {start}."));
            lines.push(match plan.recipients.as_slice() {
                [] if plan.unknown_recipients => {
                    "Who receives it is not known, because the subscriptions could not be read.".to_owned()
                }
                [] => "As far as rootbell can tell, nobody receives it: run `rootbell status`.".to_owned(),
                all => format!("Check that it arrived: {}.", all.join(", ")),
            });
            lines.push(match (seconds_until(TestStage::Back), failure) {
                (Some(seconds), _) => format!("The alarm returned to OK after {seconds} s."),
                (None, Some(TestFailure { why, fix })) => format!("{why} {fix}"),
                (None, None) => {
                    format!(
                        "The alarm returns to OK by itself, {STAYS_IN_ALARM} after the last root use. Root use until then \
                         sends no second email."
                    )
                }
            });
        }
        (None, Some(TestFailure { why, fix })) => {
            lines.push(format!("FAILED: no notification was seen. {why}"));
            lines.push(format!("-> {fix}"));
        }
        (None, None) => lines.push("FAILED: no notification was seen.".to_owned()),
    }
    if let Some(error) = test_run.events_error() {
        lines.push(format!("FAILED: the event rules did not pass the drill's event on. {}", error.why()));
        lines.push(format!("-> {}", fix_text(&error.fix())));
    } else if let Some(seconds) = seconds_until(TestStage::PassedOn) {
        lines.push(format!(
            "PASSED: the event rules passed their event on to the topic, {seconds} s after the start. Check that its email \
             arrived too: it begins with DRILL."
        ));
    }
    if plan.drill.is_some() && seconds_until(TestStage::Stored).is_some() {
        lines.push(format!("The drill's event remains in the stream `{DRILL_STREAM}`."));
    }
    lines.join("\n")
}

/// The output of `test --json`; its fields are stable.
fn document(
    session: &AccountSession,
    is_drill: bool,
    plan: &TestPlan,
    test_run: &TestRun,
    failure: Option<&TestFailure>,
) -> Value {
    let hop = |result: &StageResult| {
        json!({
            "hop": result.stage.as_str(),
            "path": result.stage.path().as_str(),
            "after_seconds": result.after.as_secs(),
            "said": result.said,
        })
    };
    let hops: Vec<Value> = test_run.seen().map(hop).collect();
    let error = |why: &str, fix: &str| json!({ "why": why, "fix": fix });
    let events = test_run.events.as_ref().map(|events| {
        json!({
            "passed_on": events.path.reached(TestStage::PassedOn).is_some(),
            "error": test_run.events_error().map(|failed| error(&failed.why(), &fix_text(&failed.fix()))),
        })
    });
    json!({
        "account": session.identity.account,
        "region": session.region(),
        "alarm": plan.test.alarm,
        "kind": if is_drill { "drill" } else { "test" },
        "dispatched": test_run.dispatched(),
        "recipients": plan.recipients,
        "concerns": plan.concerns,
        "hops": hops,
        "events": events,
        "error": failure.map(|failure| error(&failure.why, &failure.fix)),
    })
}
