//! `rootbell test`: rings on purpose, and says whether the notification went out.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::args::TestOptions;
use super::signals::Interrupt;
use super::{Console, Exit, Global, Scene, Stop};
use crate::cloud::Connector;
use crate::domain::event::{DRILL_SOURCE, DRILL_STREAM, drill};
use crate::domain::interruption::set_back;
use crate::domain::watch::{concerns, recipients};
use crate::domain::{Health, Observed, Settings, Wishes};
use crate::engine::ring::{self, Bell, Hop, Line, Ring, RingError, Seen, Watcher};

/// Why it did not ring, and what to do now.
struct Failure {
    why: String,
    fix: String,
}

impl From<RingError> for Failure {
    fn from(error: RingError) -> Self {
        Self { why: error.why(), fix: error.fix() }
    }
}

/// What is rung, and whom it tells.
struct Plan {
    bell: Bell,
    /// Of a drill.
    line: Option<Line>,
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
) -> Result<Exit, Stop> {
    if options.drill && !options.yes && !console.can_ask() {
        return Err(Stop::usage(
            "A drill writes an event into the log group, and there is no terminal to ask on. Give --yes to do it \
             without a question. Nothing is written.",
        ));
    }
    let wishes = Wishes::default();
    let (scene, ahead) = Scene::open_looking(global, connector, console, &wishes).await?;
    let (observed, settings, health) = scene.look(&wishes, ahead, now).await;
    let patience = options.timeout.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let mut plan = Plan {
        bell: Bell {
            alarm: health.alarm.as_ref().map_or_else(|| settings.alarm.value.clone(), |a| a.name.clone()),
            caller: scene.identity.clone(),
            region: scene.region().to_owned(),
            patience: patience.unwrap_or(Bell::usual_patience(options.drill)),
        },
        line: None,
        recipients: recipients(&health),
        concerns: concerns(&health),
    };
    let line = match options.drill {
        true if health.ringing().is_some() => Err(RingError::Ringing.into()),
        true => line(options, &observed, &settings, now()).map(Some),
        false => Ok(None),
    };
    let Ended { ring, failure, interrupted } = match line {
        Err(failure) => Ended { ring: Ring::default(), failure: Some(failure), interrupted: false },
        Ok(line) => {
            plan.line = line;
            announce(&scene, &plan, &observed, &health, now(), console);
            if options.drill && !options.yes && !console.ask("Write the event?").await {
                return Err(Stop::failed("Nothing is written."));
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
    ring: Ring,
    failure: Option<Failure>,
    interrupted: bool,
}

/// Where a drill's event goes, and by what it is counted; or why there is no drill here.
fn line(options: &TestOptions, observed: &Observed, settings: &Settings, now: Timestamp) -> Result<Line, Failure> {
    if !options.foreign_log_group && Line::is_among_others(settings, observed) {
        let of_an_organization = observed.trail.as_ref().is_some_and(|watched| watched.trail.organization);
        let whose = if of_an_organization { "an organization's trail" } else { "a trail that rootbell did not make" };
        return Err(Failure {
            why: format!(
                "The log group `{}` is that of {whose}: others may work with what is in it.",
                settings.log_group.value
            ),
            fix: "Ask them, then give --foreign-log-group; or ring without a trace there: `rootbell test`.".into(),
        });
    }
    Ok(Line::of(settings, observed, now)?)
}

/// Whom it will tell, and, of a drill, what it leaves behind.
fn announce(scene: &Scene, plan: &Plan, observed: &Observed, health: &Health, now: Timestamp, console: &Console) {
    let Plan { bell, line, recipients, concerns } = plan;
    let what = if line.is_some() { "Drill" } else { "Test" };
    console.tell(format_args!("{what} of alarm {} in account {}, {}", bell.alarm, scene.account(), scene.region()));
    console.tell(match recipients.as_slice() {
        [] => "tells     nobody".to_owned(),
        all => format!("tells     {}", all.join(", ")),
    });
    for concern in concerns {
        console.tell(format_args!("warning   {concern}"));
    }
    if line.is_none() && health.ringing().is_some() {
        console.tell("first     it is in ALARM, so it is set to OK: a notification goes out only on a change");
    }
    let Some(line) = line else { return };
    let kept = match observed.log_group.as_ref().ok().and_then(Option::as_ref).map(|group| group.retention_days) {
        Some(Some(days)) => format!("{days} days, as the group keeps its events"),
        Some(None) => "for ever, as the group keeps its events".to_owned(),
        None => "as long as the group keeps its events".to_owned(),
    };
    let event: Value = serde_json::from_str(&drill(&line.id, &bell.caller, &bell.region, now)).unwrap_or_default();
    console.tell(format_args!(
        "writes    one event to the stream `{DRILL_STREAM}` of log group `{}`; it stays {kept}",
        line.log_group
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
    scene: &Scene,
    plan: &Plan,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Ended {
    interrupt.handle();
    let known = Mutex::new(Ring { seen: Vec::new(), waits_for: None });
    let sent = Notify::new();
    let hear = |news: Ring| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        for seen in &news.seen[known.seen.len()..] {
            console.tell(format_args!("seen      {}", said(seen)));
        }
        match news.waits_for {
            Some(hop) if news.waits_for != known.waits_for => {
                console.tell(format_args!("waiting   {}", hop.words()));
            }
            _ => {}
        }
        // After a drill, the way back takes the alarm's whole period: too long to stand by for.
        if plan.line.is_some() && news.dispatched() {
            sent.notify_one();
        }
        *known = news;
    };
    let (cloud, watcher) = (scene.session.cloud.as_ref(), Watcher { clock: &now, news: &hear });
    let ringing = async {
        match &plan.line {
            Some(line) => ring::run_drill(cloud, &plan.bell, line, &watcher).await,
            None => ring::test(cloud, &plan.bell, &watcher).await,
        }
    };
    let ended = tokio::select! {
        biased;
        () = sent.notified() => Some(Ok(())),
        ended = ringing => Some(ended.map(|_| ())),
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
            fix: set_back(&plan.bell.alarm, &scene.identity.place(scene.region())),
        }),
    };
    Ended { ring, failure, interrupted }
}

/// "notification sent, after 2 s: Successfully executed action …".
fn said(seen: &Seen) -> String {
    let colon = if seen.said.is_empty() { "" } else { ": " };
    format!("{}, after {} s{colon}{}", seen.hop.words(), seen.after.as_secs(), seen.said)
}

fn text(plan: &Plan, ring: &Ring, failure: Option<&Failure>) -> String {
    let after = |hop| ring.seen.iter().find(|seen| seen.hop == hop).map(|seen| seen.after.as_secs());
    let mut lines = Vec::new();
    match (after(Hop::Action), failure) {
        (Some(seconds), failure) => {
            let what = if plan.line.is_some() { "event" } else { "start" };
            lines.push(format!("RANG: the notification went out {seconds} s after the {what}."));
            lines.push(match plan.recipients.as_slice() {
                [] => "Nobody is known to get it: see `rootbell status`.".to_owned(),
                all => format!("Look whether it came: {}.", all.join(", ")),
            });
            lines.push(match (after(Hop::Back), failure) {
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
    if plan.line.is_some() && after(Hop::Stored).is_some() {
        lines.push(format!("The drill's event stays in the stream `{DRILL_STREAM}`."));
    }
    lines.join("\n")
}

/// The contract of `test --json`.
fn document(scene: &Scene, drill: bool, plan: &Plan, ring: &Ring, failure: Option<&Failure>) -> Value {
    let hops: Vec<Value> = ring
        .seen
        .iter()
        .map(|seen| json!({ "hop": seen.hop.as_str(), "after_seconds": seen.after.as_secs(), "said": seen.said }))
        .collect();
    json!({
        "account": scene.identity.account,
        "region": scene.region(),
        "alarm": plan.bell.alarm,
        "kind": if drill { "drill" } else { "test" },
        "dispatched": ring.dispatched(),
        "recipients": plan.recipients,
        "concerns": plan.concerns,
        "hops": hops,
        "error": failure.map(|failure| json!({ "why": failure.why, "fix": failure.fix })),
    })
}
