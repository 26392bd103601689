//! `rootbell test`: rings on purpose, and says whether the notification went out.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::args::TestOptions;
use super::signals::Interrupt;
use super::{AccountSession, CommandError, Console, Exit, Global};
use crate::cloud::Connector;
use crate::domain::activity::{concerns, recipients};
use crate::domain::event::{DRILL_SOURCE, DRILL_STREAM, drill_event};
use crate::domain::interruption::set_back;
use crate::domain::{Health, Observed, Settings, SetupOptions};
use crate::engine::alarm_test::{self, AlarmTest, Drill, Observer, StageResult, TestError, TestRun, TestStage};

/// Why it did not ring, and what to do now.
struct Failure {
    why: String,
    fix: String,
}

impl From<TestError> for Failure {
    fn from(error: TestError) -> Self {
        Self { why: error.why(), fix: error.fix() }
    }
}

/// What is rung, and whom it tells.
struct Plan {
    test: AlarmTest,
    /// Of a drill.
    drill: Option<Drill>,
    recipients: Vec<String>,
    concerns: Vec<String>,
}

pub(super) async fn run(
    options: &TestOptions,
    global: &Global,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    if options.drill && !options.yes && !console.can_ask() {
        return Err(CommandError::usage(
            "A drill writes an event into the log group, and there is no terminal to ask on. Give --yes to do it \
             without a question. Nothing is written.",
        ));
    }
    let setup = SetupOptions::default();
    let (scene, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let (observed, settings, health) = scene.look(&setup, prefetch, now).await;
    let patience = options.timeout.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let mut plan = Plan {
        test: AlarmTest {
            alarm: health.alarm.as_ref().map_or_else(|| settings.alarm.value.clone(), |a| a.name.clone()),
            caller: scene.identity.clone(),
            region: scene.region().to_owned(),
            patience: patience.unwrap_or(AlarmTest::usual_patience(options.drill)),
        },
        drill: None,
        recipients: recipients(&health),
        concerns: concerns(&health),
    };
    let drill = match options.drill {
        true if health.in_alarm().is_some() => Err(TestError::AlreadyInAlarm.into()),
        true => drill(options, &observed, &settings, now()).map(Some),
        false => Ok(None),
    };
    let Ended { ring, failure, interrupted } = match drill {
        Err(failure) => Ended { ring: TestRun::default(), failure: Some(failure), interrupted: false },
        Ok(drill) => {
            plan.drill = drill;
            announce(&scene, &plan, &observed, &health, now(), console);
            if options.drill && !options.yes && !console.ask("Write the event?").await {
                return Err(CommandError::failed("Nothing is written."));
            }
            carry_out(&scene, &plan, now, interrupt, console).await
        }
    };
    if options.json {
        if let Some(Failure { why, fix }) = failure.as_ref().filter(|_| interrupted) {
            console.tell(format_args!("{why} {fix}"));
        }
        scene.emit(&document(&scene, options.drill, &plan, &ring, failure.as_ref()), console);
    } else {
        console.say(text(&plan, &ring, failure.as_ref()));
    }
    Ok(if ring.dispatched() && !interrupted { Exit::Done } else { Exit::Failed })
}

/// How a test or a drill ended.
struct Ended {
    ring: TestRun,
    failure: Option<Failure>,
    interrupted: bool,
}

/// Where a drill's event goes, and by what it is counted; or why there is no drill here.
fn drill(options: &TestOptions, observed: &Observed, settings: &Settings, now: Timestamp) -> Result<Drill, Failure> {
    if !options.foreign_log_group && Drill::is_among_others(settings, observed) {
        let of_an_organization = observed.trail.as_ref().is_some_and(|watched| watched.trail.organization);
        let managed_parts =
            if of_an_organization { "an organization's trail" } else { "a trail that rootbell did not make" };
        return Err(Failure {
            why: format!(
                "The log group `{}` is that of {managed_parts}: others may work with what is in it.",
                settings.log_group.value
            ),
            fix: "Ask them, then give --foreign-log-group; or ring without a trace there: `rootbell test`.".into(),
        });
    }
    Ok(Drill::of(settings, observed, now)?)
}

/// Whom it will tell, and, of a drill, what it leaves behind.
fn announce(
    scene: &AccountSession,
    plan: &Plan,
    observed: &Observed,
    health: &Health,
    now: Timestamp,
    console: &Console,
) {
    let Plan { test, drill, recipients, concerns } = plan;
    let what = if drill.is_some() { "Drill" } else { "Test" };
    console.tell(format_args!("{what} of alarm {} in account {}, {}", test.alarm, scene.account(), scene.region()));
    console.tell(match recipients.as_slice() {
        [] => "tells     nobody".to_owned(),
        all => format!("tells     {}", all.join(", ")),
    });
    for concern in concerns {
        console.tell(format_args!("warning   {concern}"));
    }
    if drill.is_none() && health.in_alarm().is_some() {
        console.tell("first     it is in ALARM, so it is set to OK: a notification goes out only on a change");
    }
    let Some(drill) = drill else { return };
    let kept = match observed.log_group.as_ref().ok().and_then(Option::as_ref).map(|group| group.retention_days) {
        Some(Some(days)) => format!("{days} days, as the group keeps its events"),
        Some(None) => "for ever, as the group keeps its events".to_owned(),
        None => "as long as the group keeps its events".to_owned(),
    };
    let event: Value =
        serde_json::from_str(&drill_event(&drill.id, &test.caller, &test.region, now)).unwrap_or_default();
    console.tell(format_args!(
        "writes    one event to the stream `{DRILL_STREAM}` of log group `{}`; it stays {kept}",
        drill.log_group
    ));
    console.tell(format_args!(
        "marked    eventSource {DRILL_SOURCE}, userAgent {}, additionalEventData {}; the trail's files in S3 have nothing \
         of it",
        event["userAgent"].as_str().unwrap_or_default(),
        event["additionalEventData"]
    ));
    console.tell(
        "needs     logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricData, \
         cloudwatch:DescribeAlarms, cloudwatch:DescribeAlarmHistory",
    );
}

/// Rings, and tells each hop as it comes.
async fn carry_out(
    scene: &AccountSession,
    plan: &Plan,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Ended {
    interrupt.handle();
    let known = Mutex::new(TestRun { seen: Vec::new(), waits_for: None });
    let sent = Notify::new();
    let hear = |news: TestRun| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        for seen in &news.seen[known.seen.len()..] {
            console.tell(format_args!("seen      {}", said(seen)));
        }
        match news.waits_for {
            Some(stage) if news.waits_for != known.waits_for => {
                console.tell(format_args!("waiting   {}", stage.words()));
            }
            _ => {}
        }
        // After a drill, the way back takes the alarm's whole period: too long to stand by for.
        if plan.drill.is_some() && news.dispatched() {
            sent.notify_one();
        }
        *known = news;
    };
    let (cloud, observer) = (scene.session.cloud.as_ref(), Observer { clock: &now, news: &hear });
    let in_alarm = async {
        match &plan.drill {
            Some(drill) => alarm_test::run_drill(cloud, &plan.test, drill, &observer).await,
            None => alarm_test::run_test(cloud, &plan.test, &observer).await,
        }
    };
    let ended = tokio::select! {
        biased;
        () = sent.notified() => Some(Ok(())),
        ended = in_alarm => Some(ended.map(|_| ())),
        () = interrupt.came() => None,
    };
    let ring = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    let interrupted = ended.is_none();
    let failure = match ended {
        Some(ended) => ended.err().map(Failure::from).filter(|_| !ring.dispatched()),
        None => Some(Failure {
            why: if ring.dispatched() {
                "Interrupted before the alarm was back to OK.".into()
            } else {
                "Interrupted before the notification was seen.".into()
            },
            fix: set_back(&plan.test.alarm, &scene.identity.in_region(scene.region())),
        }),
    };
    Ended { ring, failure, interrupted }
}

/// "notification sent, after 2 s: Successfully executed action …".
fn said(seen: &StageResult) -> String {
    let colon = if seen.said.is_empty() { "" } else { ": " };
    format!("{}, after {} s{colon}{}", seen.stage.words(), seen.after.as_secs(), seen.said)
}

fn text(plan: &Plan, ring: &TestRun, failure: Option<&Failure>) -> String {
    let after = |stage| ring.seen.iter().find(|seen| seen.stage == stage).map(|seen| seen.after.as_secs());
    let mut lines = Vec::new();
    match (after(TestStage::Action), failure) {
        (Some(seconds), failure) => {
            let what = if plan.drill.is_some() { "event" } else { "start" };
            lines.push(format!("RANG: the notification went out {seconds} s after the {what}."));
            lines.push(match plan.recipients.as_slice() {
                [] => "Nobody is known to get it: see `rootbell status`.".to_owned(),
                all => format!("Look whether it came: {}.", all.join(", ")),
            });
            lines.push(match (after(TestStage::Back), failure) {
                (Some(seconds), _) => format!("The alarm went back to OK after {seconds} s."),
                (None, Some(Failure { why, fix })) => format!("{why} {fix}"),
                (None, None) => {
                    "The alarm goes back to OK by itself, about 5 minutes after the last use of root.".to_owned()
                }
            });
        }
        (None, Some(Failure { why, fix })) => {
            lines.push(format!("NOT SEEN: no notification went out. {why}"));
            lines.push(format!("-> {fix}"));
        }
        (None, None) => lines.push("NOT SEEN: no notification went out.".to_owned()),
    }
    if plan.drill.is_some() && after(TestStage::Stored).is_some() {
        lines.push(format!("The drill's event stays in the stream `{DRILL_STREAM}`."));
    }
    lines.join("\n")
}

/// The contract of `test --json`.
fn document(scene: &AccountSession, drill: bool, plan: &Plan, ring: &TestRun, failure: Option<&Failure>) -> Value {
    let hops: Vec<Value> = ring
        .seen
        .iter()
        .map(|seen| json!({ "hop": seen.stage.as_str(), "after_seconds": seen.after.as_secs(), "said": seen.said }))
        .collect();
    json!({
        "account": scene.identity.account,
        "region": scene.region(),
        "alarm": plan.test.alarm,
        "kind": if drill { "drill" } else { "test" },
        "dispatched": ring.dispatched(),
        "recipients": plan.recipients,
        "concerns": plan.concerns,
        "hops": hops,
        "error": failure.map(|failure| json!({ "why": failure.why, "fix": failure.fix })),
    })
}
