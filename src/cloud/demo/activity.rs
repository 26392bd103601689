//! Alarm evaluation, alarm actions and history, the metric's values, and the search for log events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::account::{
    Account, Alarm, Event, HistoryEntry, KmsKey, LogGroup, MuteRule, Region, Seconds, Topic, find_key,
};
use super::error::DemoError;
use super::view::AccountView;
use crate::cloud::{ErrorKind, Search};
use crate::domain::AccountRegion;
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::alarm::{AlarmConfig, AlarmState, Comparison, EvaluationState, Metric, MissingData, Statistic};
use crate::domain::arn::Arn;
use crate::domain::event::RootEvent;
use crate::domain::filter_pattern::Pattern;
use crate::domain::health::is_aws_sns_key;
use crate::domain::key_state::KeyState;
use crate::domain::mute_rule::MuteStatus;
use crate::domain::observed::MetricFilter;
use crate::domain::policy::{Decision, TopicAccess, key_serves_alarms, topic_access};

/// Evaluates the alarms for each time since the last call when their state could have changed, so that the result does
/// not depend on when calls are made.
///
/// Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data".
pub(super) fn evaluate(
    region: &mut Region,
    keys: &BTreeMap<String, KmsKey>,
    foreign_topics: &[String],
    account_region: &AccountRegion,
    delay: Seconds,
    now: Seconds,
) {
    let Region { log_groups, topics, alarms, mute_rules, .. } = region;
    // An alarm never reacts to a change within the same second.
    let delay = delay.max(1);
    let filters = log_groups.values().flat_map(|group| group.filters.values());
    let fed_by_filters: BTreeSet<(&str, &str)> =
        filters.map(|f| (f.metric.namespace.as_str(), f.metric.name.as_str())).collect();
    for (name, alarm) in alarms.iter_mut().filter(|(_, alarm)| is_evaluated(alarm, now)) {
        let metric = &alarm.config.metric.clone();
        let context = ActionContext { alarm: name, topics, mute_rules, keys, foreign_topics, account_region };
        let window = Seconds::from(alarm.config.period.saturating_mul(alarm.config.evaluation_periods));
        let last_change = alarm.since.max(alarm.configured);
        let matches = if fed_by_filters.contains(&(metric.namespace.as_str(), metric.name.as_str())) {
            // Events that left the window before the alarm last changed no longer matter.
            let after = last_change.map(|change| change.saturating_sub(delay + window));
            let is_watched = |filter: &MetricFilter| reaches(filter, &alarm.config);
            match_times(log_groups, is_watched, after)
        } else {
            Vec::new()
        };
        let mut times: Vec<Seconds> = matches.iter().flat_map(|at| [at + delay, at + delay + window]).collect();
        times.extend(last_change.map(|at| at.saturating_add(delay)));
        times.sort_unstable();
        if times.is_empty() {
            // The alarm is old and nothing has happened since.
            set_state_if_changed(alarm, &context, None, target_state(&alarm.config, 0, window));
        }
        let is_due = |at: &Seconds| *at <= now && last_change.is_none_or(|change| *at > change);
        for time in times.into_iter().filter(is_due) {
            let count_until = |time: Seconds| matches.partition_point(|at| at + delay <= time);
            let counted = count_until(time) - count_until(time - window);
            set_state_if_changed(alarm, &context, Some(time), target_state(&alarm.config, counted, window));
        }
    }
}

/// The event as a line of the log.
fn event_json(event: &Event) -> String {
    json!(event.event).to_string()
}

/// Whether CloudWatch evaluates the alarm at that time.
///
/// Source: CloudWatch API, MetricAlarm, `EvaluationState`; WarmUpConfiguration.
fn is_evaluated(alarm: &Alarm, now: Seconds) -> bool {
    let warm_up = alarm.config.warm_up.as_ref().filter(|warm_up| warm_up.whole);
    let warms_up_until = alarm.configured.zip(warm_up).map(|(at, warm_up)| at + 60 * Seconds::from(warm_up.minutes));
    alarm.evaluation_state != Some(EvaluationState::Error) && warms_up_until.is_none_or(|until| until <= now)
}

/// Whether the filter's datapoints are those that the alarm watches.
///
/// Source: CloudWatch API, PutMetricAlarm, `Unit` and `Dimensions`.
fn reaches(filter: &MetricFilter, alarm: &AlarmConfig) -> bool {
    filter.metric == alarm.metric
        && filter.has_no_dimensions()
        && alarm.dimensions.is_empty()
        && alarm.unit.as_deref().is_none_or(|unit| unit == filter.published_unit())
}

/// The times after `after` of the events that some of the filters count, oldest first.
fn match_times(
    log_groups: &BTreeMap<String, LogGroup>,
    is_included: impl Fn(&MetricFilter) -> bool,
    after: Option<Seconds>,
) -> Vec<Seconds> {
    let mut times = Vec::new();
    for group in log_groups.values() {
        for filter in group.filters.values().filter(|filter| is_included(filter)) {
            let Ok(pattern) = Pattern::parse(&filter.pattern) else { continue };
            let recent = group.events.iter().filter(|event| after.is_none_or(|after| event.at > after));
            times.extend(recent.filter(|event| pattern.matches(&event_json(event))).map(|event| event.at));
        }
    }
    times.sort_unstable();
    times
}

/// What an alarm's actions depend on.
pub(super) struct ActionContext<'a> {
    /// The alarm's name.
    pub alarm: &'a str,
    pub topics: &'a BTreeMap<String, Topic>,
    pub mute_rules: &'a BTreeMap<String, MuteRule>,
    pub keys: &'a BTreeMap<String, KmsKey>,
    pub foreign_topics: &'a [String],
    pub account_region: &'a AccountRegion,
}

/// The alarm's state, with AWS's reason, after so many events in the window; `None`: the state is kept.
fn target_state(alarm: &AlarmConfig, counted: usize, window: Seconds) -> Option<(AlarmState, String)> {
    if counted == 0 {
        let (state, treated) = match alarm.missing_data {
            MissingData::Ignore => return None,
            MissingData::Breaching => (AlarmState::Alarm, "breaching"),
            MissingData::NotBreaching => (AlarmState::Ok, "not breaching"),
            MissingData::Missing | MissingData::Other(_) => (AlarmState::InsufficientData, "missing"),
        };
        return Some((state, format!("No datapoint in {window} s; missing data counts as {treated}.")));
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody uses root 2^52 times")]
    let sum = match alarm.statistic {
        Statistic::Sum | Statistic::SampleCount => counted as f64,
        // Each event adds a value of 1.
        Statistic::Average | Statistic::Minimum | Statistic::Maximum | Statistic::Extended(_) => 1.0,
    };
    let (is_crossed, relation) = match alarm.comparison {
        Comparison::GreaterThanOrEqualToThreshold => (sum >= alarm.threshold, "greater than or equal to"),
        Comparison::GreaterThanThreshold => (sum > alarm.threshold, "greater than"),
        Comparison::LessThanThreshold => (sum < alarm.threshold, "less than"),
        _ => (sum <= alarm.threshold, "less than or equal to"),
    };
    let (state, not) = if is_crossed { (AlarmState::Alarm, "") } else { (AlarmState::Ok, "not ") };
    Some((
        state,
        format!(
            "Threshold Crossed: 1 datapoint [{sum:.1}] was {not}{relation} the threshold ({:.1}).",
            alarm.threshold
        ),
    ))
}

fn set_state_if_changed(
    alarm: &mut Alarm,
    context: &ActionContext<'_>,
    at: Option<Seconds>,
    target: Option<(AlarmState, String)>,
) {
    if let Some((state, reason)) = target.filter(|(state, _)| *state != alarm.state) {
        set_state(alarm, context, at, state, &reason);
    }
}

/// Sets the state, adds it to the history, and runs the state's actions.
///
/// Source: CloudWatch User Guide, "Alarm actions": only on a change of state.
pub(super) fn set_state(
    alarm: &mut Alarm,
    context: &ActionContext<'_>,
    at: Option<Seconds>,
    to: AlarmState,
    reason: &str,
) {
    let from = alarm.state;
    (alarm.state, alarm.since) = (to, at);
    reason.clone_into(&mut alarm.reason);
    let Some(at) = at else { return };
    alarm.history.push(HistoryEntry {
        at,
        kind: "StateUpdate".into(),
        summary: format!("Alarm updated from {} to {}", from.as_str(), to.as_str()),
        data: Some(json!({
            "oldState": { "stateValue": from.as_str() },
            "newState": { "stateValue": to.as_str(), "stateReason": reason },
        })),
    });
    let mutes =
        |rule: &MuteRule| rule.status == MuteStatus::Active && rule.alarms.iter().any(|name| name == context.alarm);
    let is_muted = context.mute_rules.values().any(mutes);
    let actions = match to {
        _ if !alarm.config.actions_enabled || is_muted || from == to => &[][..],
        AlarmState::Alarm => &alarm.config.actions,
        AlarmState::Ok => &alarm.config.ok_actions,
        AlarmState::InsufficientData => &alarm.config.insufficient_data_actions,
    };
    for arn in actions {
        let failure = publish_error(arn, context);
        alarm.history.push(HistoryEntry {
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

/// The error if CloudWatch cannot publish to the topic.
fn publish_error(arn: &Arn, context: &ActionContext<'_>) -> Option<&'static str> {
    // The demo does not simulate topics in other accounts: publishing to them succeeds.
    if context.foreign_topics.iter().any(|foreign| *arn == foreign.as_str()) {
        return None;
    }
    let Some(topic) = arn.topic_name().and_then(|name| context.topics.get(name)) else {
        return Some("Topic does not exist");
    };
    let key = topic.config.kms_key.as_deref().map(|id| find_key(context.keys, id));
    let alarm = context.account_region.alarm_arn(context.alarm);
    let is_usable = |(key_arn, key): (&String, &KmsKey)| {
        key.state() == KeyState::Enabled
            && key_serves_alarms(&key.policy, context.account_region, key_arn, arn, &alarm) != Decision::Denied
    };
    let key_denies = key.is_some_and(|key| !key.is_some_and(is_usable));
    if key_denies || is_aws_sns_key(topic.config.kms_key.as_deref()) {
        return Some("null (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)");
    }
    // The default policy allows the account's alarms to publish.
    let policy_denies =
        topic.config.policy.as_ref().is_some_and(|p| topic_access(Some(p), arn, &alarm) == TopicAccess::NoAlarms);
    policy_denies.then_some("CloudWatch Alarms is not authorized to perform: SNS:Publish on resource")
}

pub(super) fn history(alarm: Option<&Alarm>, view: &AccountView) -> Vec<HistoryItem> {
    let entries = alarm.map(|alarm| alarm.history.iter().rev()).into_iter().flatten();
    entries
        .take(100)
        .map(|e| {
            HistoryItem::decode(
                view.time_at(e.at),
                &e.kind,
                &e.summary,
                &e.data.as_ref().map(Value::to_string).unwrap_or_default(),
            )
        })
        .collect()
}

pub(super) fn get_metric_statistics(
    account: &Account,
    view: &AccountView,
    metric: &Metric,
    from: Timestamp,
    period: u32,
) -> Vec<Datapoint> {
    let Some(region) = account.regions.get(view.account_region.region.as_str()) else { return Vec::new() };
    let period = i64::from(period.max(1));
    let after = from.duration_since(view.start).as_secs().saturating_sub(period + 1);
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    let is_published = |filter: &MetricFilter| filter.metric == *metric && filter.has_no_dimensions();
    for at in match_times(&region.log_groups, is_published, Some(after)) {
        if view.has_propagated(Some(at), account.timing.evaluated_after / 2) {
            let second = view.time_at(at).as_second();
            *sums.entry(second - second.rem_euclid(period)).or_default() += 1.0;
        }
    }
    let datapoint = |(at, value)| Some(Datapoint { at: Timestamp::from_second(at).ok()?, value });
    sums.into_iter().filter_map(datapoint).collect()
}

/// A page of up to 100 events, newest first, from the time range that `page_covers` allows. A page's token is `to/skip`:
/// the end of its range in nanoseconds, and how many events of that range are on the pages before it.
pub(super) fn events(account: &Account, view: &AccountView, search: &Search<'_>) -> Result<EventPage, DemoError> {
    const PAGE: usize = 100;
    let group =
        account.regions.get(view.account_region.region.as_str()).and_then(|r| r.log_groups.get(search.log_group));
    let Some(group) = group else {
        return Err(DemoError::new(ErrorKind::NotFound, "The specified log group does not exist."));
    };
    let pattern = Pattern::parse(search.pattern)?;
    let invalid = || DemoError::new(ErrorKind::Invalid, "The specified nextToken is invalid.");
    let (to, skip) = match search.page.map(|page| page.split_once('/').ok_or_else(invalid)).transpose()? {
        Some((at, skip)) => {
            let at = at.parse().ok().and_then(|at| Timestamp::from_nanosecond(at).ok()).ok_or_else(invalid)?;
            (at.min(search.to), skip.parse::<usize>().map_err(|_| invalid())?)
        }
        None => (search.to, 0),
    };
    let covers = group.page_covers.map(|seconds| SignedDuration::from_secs(seconds.max(1)));
    let from = covers.map_or(search.from, |covers| to.saturating_sub(covers).unwrap_or(to).max(search.from));
    let matches_search = |event: &&Event| {
        let at = view.time_at(event.at);
        from <= at
            && at <= to
            && view.has_propagated(Some(event.at), account.timing.evaluated_after / 5)
            && pattern.matches(&event_json(event))
    };
    let mut found: Vec<&Event> = group.events.iter().filter(matches_search).collect();
    found.sort_by_key(|event| std::cmp::Reverse(event.at));
    let page: Vec<&Event> = found.iter().skip(skip).take(PAGE).copied().collect();
    let next = if found.len() > skip + PAGE {
        Some(format!("{}/{}", to.as_nanosecond(), skip + PAGE))
    } else {
        (from > search.from).then(|| format!("{}/0", from.as_nanosecond()))
    };
    let reached = match page.as_slice() {
        [first, .., last] if next.is_some() && first.at > last.at => Some(view.time_at(last.at)),
        _ => None,
    };
    let decode = |event: &Event| {
        let at = view.time_at(event.at);
        let at = at.checked_sub(SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()))).unwrap_or(at);
        let mut complete = event.clone();
        complete.event.entry("eventTime".into()).or_insert_with(|| json!(at.to_string()));
        RootEvent::decode(&event_json(&complete), &format!("demo-event-{}", event.at), Some(at))
    };
    Ok(EventPage { events: page.into_iter().map(decode).collect(), next, reached })
}
