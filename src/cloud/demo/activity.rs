//! What time does to an alarm: root use is counted, the alarm is evaluated, its actions run, its history grows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Refusal;
use super::account::{Account, Alarm, Entry, Event, Key, LogGroup, Region, Seconds, State, Topic};
use super::queries::{AccountView, named_key};
use crate::cloud::{ErrorKind, Search};
use crate::domain::AccountRegion;
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::event::RootEvent;
use crate::domain::filter_pattern::Pattern;
use crate::domain::health::silenced_by_key;
use crate::domain::observed::{AlarmState, Metric};
use crate::domain::policy::{Decision, TopicAccess, key_serves_alarms, topic_access};

/// Every moment at which an alarm could have changed is looked at in turn, so that it does not matter how often
/// somebody asks.
///
/// Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data".
pub(super) fn evaluate(
    region: &mut Region,
    keys: &BTreeMap<String, Key>,
    account_region: &AccountRegion,
    takes: Seconds,
    now: Seconds,
) {
    let Region { log_groups, topics, alarms, .. } = region;
    // A change and the answer to it are never of the same moment.
    let takes = takes.max(1);
    let filters = log_groups.values().flat_map(|group| group.filters.values());
    let counted: BTreeSet<(&str, &str)> = filters.map(|f| (f.namespace.as_str(), f.metric.as_str())).collect();
    for (name, alarm) in alarms.iter_mut() {
        let told = Recipients { alarm: name, topics, keys, account_region };
        let window = Seconds::from(alarm.period.saturating_mul(alarm.evaluation_periods));
        let began = alarm.since.max(alarm.configured);
        let uses = if counted.contains(&(alarm.namespace.as_str(), alarm.metric.as_str())) {
            // What left the window before the alarm was what it is makes no difference to it.
            let after = began.map(|began| began.saturating_sub(takes + window));
            uses(log_groups, &alarm.namespace, &alarm.metric, after)
        } else {
            Vec::new()
        };
        let mut moments: Vec<Seconds> = uses.iter().flat_map(|at| [at + takes, at + takes + window]).collect();
        moments.extend(began.map(|at| at.saturating_add(takes)));
        moments.sort_unstable();
        if moments.is_empty() {
            // Nothing ever happened: it has been as it should be for long.
            settle(alarm, &told, None, target(alarm, 0, window));
        }
        for moment in moments.into_iter().filter(|at| *at <= now && began.is_none_or(|began| *at > began)) {
            let until = |moment: Seconds| uses.partition_point(|at| at + takes <= moment);
            let counted = until(moment) - until(moment - window);
            settle(alarm, &told, Some(moment), target(alarm, counted, window));
        }
    }
}

/// The event as the log group has it.
fn line(event: &Event) -> String {
    json!(event.event).to_string()
}

/// When the metric was counted up after that moment, oldest first.
fn uses(
    log_groups: &BTreeMap<String, LogGroup>,
    namespace: &str,
    metric: &str,
    after: Option<Seconds>,
) -> Vec<Seconds> {
    let mut all = Vec::new();
    for group in log_groups.values() {
        for filter in group.filters.values().filter(|f| f.namespace == namespace && f.metric == metric) {
            let Ok(pattern) = Pattern::parse(&filter.pattern) else { continue };
            let late = group.events.iter().filter(|event| after.is_none_or(|after| event.at > after));
            all.extend(late.filter(|event| pattern.matches(&line(event))).map(|event| event.at));
        }
    }
    all.sort_unstable();
    all
}

/// Whom an alarm may tell, and what stands between.
pub(super) struct Recipients<'a> {
    /// The alarm's name.
    pub alarm: &'a str,
    pub topics: &'a BTreeMap<String, Topic>,
    pub keys: &'a BTreeMap<String, Key>,
    pub account_region: &'a AccountRegion,
}

/// The state that so many uses in the window make; `None`: it stays as it is.
fn target(alarm: &Alarm, counted: usize, window: Seconds) -> Option<(State, String)> {
    if counted == 0 {
        let (state, treated) = match alarm.missing_data.as_str() {
            "ignore" => return None,
            "breaching" => (State::Alarm, "breaching"),
            "notBreaching" => (State::Ok, "not breaching"),
            _ => (State::InsufficientData, "missing"),
        };
        return Some((state, format!("No datapoint in {window} s; missing data counts as {treated}.")));
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody uses root 2^52 times")]
    let sum = if alarm.statistic == "Average" { 1.0 } else { counted as f64 };
    let (crosses, words) = match alarm.comparison.as_str() {
        "GreaterThanOrEqualToThreshold" => (sum >= alarm.threshold, "greater than or equal to"),
        "GreaterThanThreshold" => (sum > alarm.threshold, "greater than"),
        "LessThanThreshold" => (sum < alarm.threshold, "less than"),
        _ => (sum <= alarm.threshold, "less than or equal to"),
    };
    let (state, not) = if crosses { (State::Alarm, "") } else { (State::Ok, "not ") };
    Some((
        state,
        format!("Threshold Crossed: 1 datapoint [{sum:.1}] was {not}{words} the threshold ({:.1}).", alarm.threshold),
    ))
}

fn settle(alarm: &mut Alarm, told: &Recipients<'_>, at: Option<Seconds>, target: Option<(State, String)>) {
    if let Some((state, reason)) = target.filter(|(state, _)| *state != alarm.state) {
        turn(alarm, told, at, state, &reason);
    }
}

/// The change of state itself, with its entry, and the actions that run on it.
///
/// Source: CloudWatch User Guide, "Alarm actions": only on a change of state.
pub(super) fn turn(alarm: &mut Alarm, told: &Recipients<'_>, at: Option<Seconds>, to: State, reason: &str) {
    let from = alarm.state;
    (alarm.state, alarm.since) = (to, at);
    reason.clone_into(&mut alarm.reason);
    let Some(at) = at else { return };
    let word = |state: State| AlarmState::from(state).as_str();
    alarm.history.push(Entry {
        at,
        kind: "StateUpdate".into(),
        summary: format!("Alarm updated from {} to {}", word(from), word(to)),
        data: Some(json!({
            "oldState": { "stateValue": word(from) },
            "newState": { "stateValue": word(to), "stateReason": reason },
        })),
    });
    let actions = match to {
        _ if !alarm.actions_enabled || from == to => &[][..],
        State::Alarm => &alarm.actions,
        State::Ok => &alarm.ok_actions,
        State::InsufficientData => &alarm.insufficient_data_actions,
    };
    for arn in actions {
        let failure = refusal(arn, told);
        alarm.history.push(Entry {
            at,
            kind: "Action".into(),
            summary: match &failure {
                None => format!("Successfully executed action {arn}"),
                Some(why) => format!("Failed to execute action {arn}. Received error: \"{why}\""),
            },
            data: Some(json!({ "actionState": if failure.is_none() { "Succeeded" } else { "Failed" } })),
        });
    }
}

/// Why CloudWatch cannot publish there.
fn refusal(arn: &str, told: &Recipients<'_>) -> Option<&'static str> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let Some(topic) = told.topics.get(name) else { return Some("Topic does not exist") };
    let key = topic.kms_key.as_deref().map(|id| named_key(told.keys, id));
    let alarm = told.account_region.alarm_arn(told.alarm);
    let serves = |(key_arn, key): (&String, &Key)| {
        !key.disabled && key_serves_alarms(&key.policy, told.account_region, key_arn, arn, &alarm) != Decision::Denied
    };
    let closed = key.is_some_and(|key| !key.is_some_and(serves));
    if closed || silenced_by_key(topic.kms_key.as_deref()) {
        return Some("null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)");
    }
    // Without a policy of its own, a topic has the one that lets the account publish.
    let closed = topic.policy.as_ref().is_some_and(|p| topic_access(Some(p), arn, &alarm) == TopicAccess::NoAlarms);
    closed.then_some("CloudWatch Alarms is not authorized to perform: SNS:Publish on resource")
}

pub(super) fn history(alarm: Option<&Alarm>, scene: &AccountView) -> Vec<HistoryItem> {
    let entries = alarm.map(|alarm| alarm.history.iter().rev()).into_iter().flatten();
    entries
        .take(100)
        .map(|e| {
            HistoryItem::decode(
                scene.moment(e.at),
                &e.kind,
                &e.summary,
                &e.data.as_ref().map(Value::to_string).unwrap_or_default(),
            )
        })
        .collect()
}

pub(super) fn get_metric_data(
    account: &Account,
    scene: &AccountView,
    metric: &Metric,
    from: Timestamp,
    period: u32,
) -> Vec<Datapoint> {
    let Some(region) = account.regions.get(&scene.account_region.region) else { return Vec::new() };
    let period = i64::from(period.max(1));
    let after = from.duration_since(scene.start).as_secs().saturating_sub(period + 1);
    let mut get_metric_data: BTreeMap<i64, f64> = BTreeMap::new();
    for at in uses(&region.log_groups, &metric.namespace, &metric.name, Some(after)) {
        if scene.through(Some(at), account.timing.evaluated_after / 2) {
            let second = scene.moment(at).as_second();
            *get_metric_data.entry(second - second.rem_euclid(period)).or_default() += 1.0;
        }
    }
    let point = |(at, value)| Some(Datapoint { at: Timestamp::from_second(at).ok()?, value });
    get_metric_data.into_iter().filter_map(point).collect()
}

/// Pages of a hundred events, or of what lies in the time that a page covers. A page's token is `to/skip`: the moment that
/// it goes back from, in nanoseconds, and how many events of that time were read before.
pub(super) fn events(account: &Account, scene: &AccountView, search: &Search<'_>) -> Result<EventPage, Refusal> {
    const PAGE: usize = 100;
    let group = account.regions.get(&scene.account_region.region).and_then(|r| r.log_groups.get(search.log_group));
    let Some(group) = group else {
        return Err(Refusal::new(ErrorKind::NotFound, "The specified log group does not exist."));
    };
    let pattern = Pattern::parse(search.pattern)?;
    let invalid = || Refusal::new(ErrorKind::Invalid, "The specified nextToken is invalid.");
    let (to, skip) = match search.page.map(|page| page.split_once('/').ok_or_else(invalid)).transpose()? {
        Some((at, skip)) => {
            let at = at.parse().ok().and_then(|at| Timestamp::from_nanosecond(at).ok()).ok_or_else(invalid)?;
            (at.min(search.to), skip.parse::<usize>().map_err(|_| invalid())?)
        }
        None => (search.to, 0),
    };
    let covers = group.page_covers.map(|seconds| SignedDuration::from_secs(seconds.max(1)));
    let from = covers.map_or(search.from, |covers| to.saturating_sub(covers).unwrap_or(to).max(search.from));
    let found = |event: &&Event| {
        let at = scene.moment(event.at);
        from <= at
            && at <= to
            && scene.through(Some(event.at), account.timing.evaluated_after / 5)
            && pattern.matches(&line(event))
    };
    let mut all: Vec<&Event> = group.events.iter().filter(found).collect();
    all.sort_by_key(|event| std::cmp::Reverse(event.at));
    let here: Vec<&Event> = all.iter().skip(skip).take(PAGE).copied().collect();
    let next = if all.len() > skip + PAGE {
        Some(format!("{}/{}", to.as_nanosecond(), skip + PAGE))
    } else {
        (from > search.from).then(|| format!("{}/0", from.as_nanosecond()))
    };
    let reached = match here.as_slice() {
        [first, .., last] if next.is_some() && first.at > last.at => Some(scene.moment(last.at)),
        _ => None,
    };
    let decode = |event: &Event| {
        let at = scene.moment(event.at);
        let at = at.checked_sub(SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()))).unwrap_or(at);
        let mut whole = event.clone();
        whole.event.entry("eventTime".into()).or_insert_with(|| json!(at.to_string()));
        RootEvent::decode(&line(&whole), &format!("demo-event-{}", event.at), Some(at))
    };
    Ok(EventPage { events: here.into_iter().map(decode).collect(), next, reached })
}
