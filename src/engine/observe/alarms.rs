//! The alarms, and the rules that mute them.

use futures::future::join_all;
use futures::join;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::prefetch::Prefetch;
use super::read::to_read_result;
use crate::cloud::{Cloud, ErrorKind};
use crate::domain::Region;
use crate::domain::mute_rule::MuteRule;
use crate::domain::observed::{Alarm, ReadResult};

/// The alarms with our names and the alarms on our metrics.
pub(super) async fn observe_alarms(prefetch: &Prefetch<'_>) -> ReadResult<Vec<Alarm>> {
    let (named, on_metrics) =
        join!(join_all(prefetch.alarms.values().cloned()), join_all(prefetch.on_metrics.iter().cloned()));
    let all_exist = named.iter().all(|alarm| matches!(alarm, Ok(Some(_))));
    let named: ReadResult<Vec<Option<Alarm>>> = named.into_iter().collect();
    let mut alarms = named.map(|alarms| alarms.into_iter().flatten().collect());
    // If the alarms with our names exist, failing to find others doesn't matter.
    for others in on_metrics.into_iter().filter(|others| others.is_ok() || !all_exist) {
        add_new(&mut alarms, others);
    }
    alarms
}

/// Notes the mute rules of the alarm of that name.
pub(super) fn set_mute_rules(alarms: &mut ReadResult<Vec<Alarm>>, name: &str, rules: ReadResult<Vec<MuteRule>>) {
    if let Some(alarm) = alarms.iter_mut().flatten().find(|alarm| alarm.name == name) {
        alarm.mute_rules = Some(rules);
    }
}

/// The mute rules of the alarm of that name.
pub(super) async fn mute_rules_of(
    cloud: &dyn Cloud,
    region: &Region,
    name: &str,
    now: Option<Timestamp>,
) -> ReadResult<Vec<MuteRule>> {
    let rules = cloud.alarm_mute_rules(region, name).await.or_else(|error| match error.kind {
        // Where there are no mute rules, none applies.
        ErrorKind::Unsupported => Ok(Vec::new()),
        _ => Err(error),
    });
    to_read_result(rules.map(|rules| rules.into_iter().map(|rule| with_end(rule, now)).collect()))
}

/// The rule with the end of its window, if it is active.
fn with_end(rule: MuteRule, now: Option<Timestamp>) -> MuteRule {
    let end = || {
        let (now, schedule) = (now.filter(|_| rule.is_active())?, rule.schedule.as_ref()?);
        let zone = TimeZone::get(schedule.timezone.as_deref().unwrap_or("UTC")).ok()?;
        schedule.window_end(now, &zone)
    };
    let mutes_until = end();
    MuteRule { mutes_until, ..rule }
}

/// Adds the alarms that are not known yet.
pub(in crate::engine) fn add_new(known: &mut ReadResult<Vec<Alarm>>, others: ReadResult<Vec<Alarm>>) {
    match (known, others) {
        (Ok(known), Ok(others)) => {
            for alarm in others {
                if !known.iter().any(|a| a.name == alarm.name) {
                    known.push(alarm);
                }
            }
        }
        (known, Err(unreadable)) => *known = Err(unreadable),
        (Err(_), Ok(_)) => {}
    }
}
