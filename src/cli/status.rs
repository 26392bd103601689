//! `rootbell status`: would it ring?

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::args::StatusOptions;
use super::{AccountSession, CommandError, Console, Exit, Global, local};
use crate::cloud::Connector;
use crate::domain::health::health;
use crate::domain::text::escape_controls;
use crate::domain::{Health, Settings, SetupOptions, Verdict};
use crate::engine::ObserveScope;

pub(super) async fn run(
    options: &StatusOptions,
    global: &Global,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = SetupOptions::default();
    let (scene, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let observed = scene.observe(&setup, ObserveScope::Everything, prefetch).await;
    let settings = Settings::resolve(&scene.identity, scene.region(), &setup, &observed);
    let health = health(&settings, &observed, now());
    if options.json {
        scene.emit(&document(&scene, &health), console);
    } else {
        let in_alarm = in_alarm(&health);
        // A bell that rings is not said to be armed as well.
        let armed = (in_alarm.is_none() || !health.healthy()).then(|| headline(&health));
        for line in in_alarm.into_iter().chain(armed) {
            console.say(line);
        }
        console.say(format_args!("Account {}, {}\n", scene.account(), scene.region()));
        console.say(text(&health));
    }
    Ok(if health.healthy() { Exit::Done } else { Exit::Differs })
}

/// That it rings right now comes before whether it would.
fn in_alarm(health: &Health) -> Option<String> {
    let alarm = health.in_alarm()?;
    let since = alarm.since.map(|at| format!(" since {}", local(at, &TimeZone::system(), "%Y-%m-%d %H:%M:%S %Z")));
    let since = since.unwrap_or_default();
    let reason = if alarm.reason.is_empty() { String::new() } else { format!(" {}", escape_controls(&alarm.reason)) };
    Some(format!("RINGING: the alarm `{}` is in ALARM{since}. `rootbell events` says who it was.{reason}", alarm.name))
}

/// The verdict on the whole, and its weakest link in words.
fn headline(health: &Health) -> String {
    match health.weakest() {
        None => "OK: the bell is armed.".to_owned(),
        Some(link) => match link.verdict {
            Verdict::Pending => format!("NOT YET: {}", escape_controls(&link.detail)),
            Verdict::Unknown => format!("NOT KNOWN: {}", escape_controls(&link.detail)),
            _ => format!("NOT ARMED: {}", escape_controls(&link.detail)),
        },
    }
}

/// A line a check, and what to do under it.
fn text(health: &Health) -> String {
    let width = health.checks.iter().map(|c| c.title.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut next = health.checks.iter().skip(1);
    for check in &health.checks {
        let line = format!("{:7}  {:width$}  {}", check.verdict.as_str(), check.title, escape_controls(&check.detail));
        lines.push(line.trim_end().to_owned());
        // One cure for several checks in a row is said once, under the last of them.
        let said_below = next.next().is_some_and(|n| n.fix == check.fix);
        if !check.fix.is_empty() && !said_below {
            lines.push(format!("{:7}  -> {}", "", escape_controls(&check.fix)));
        }
    }
    lines.join("\n")
}

/// The contract of `status --json`.
fn document(scene: &AccountSession, health: &Health) -> Value {
    let checks: Vec<Value> = health
        .checks
        .iter()
        .map(|c| {
            json!({
                "id": c.id, "title": c.title, "verdict": c.verdict.as_str(), "detail": c.detail, "fix": c.fix
            })
        })
        .collect();
    let alarm = health.alarm.as_ref().map(|a| {
        json!({
            "name": a.name,
            "state": a.state.as_str(),
            "reason": a.reason,
            "since": a.since.map(|at| at.to_string()),
        })
    });
    // SNS lists them in any order.
    let mut listed: Vec<_> = health.subscriptions.iter().map(|s| (&s.endpoint, s.state.as_str())).collect();
    listed.sort_unstable();
    let subscriptions: Vec<Value> =
        listed.iter().map(|(endpoint, state)| json!({ "endpoint": endpoint, "state": state })).collect();
    json!({
        "account": scene.identity.account,
        "region": scene.region(),
        "healthy": health.healthy(),
        "checks": checks,
        "alarm": alarm,
        "subscriptions": subscriptions,
    })
}
