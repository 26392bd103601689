//! What AWS would refuse: why, and an alternative, for the plan to say before anything is created.

use super::record;
use crate::domain::added::Recorded;
use crate::domain::alarm::{Alarm, AlarmConfig};
use crate::domain::change::quote;
use crate::domain::cost::new_trail;
use crate::domain::observed::{LogGroup, MetricFilter, Observed};
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::settings::{
    AlertSettings, DEFAULT_LOG_GROUP, DEFAULT_TOPIC, Origin, SettingId, Settings, TRAIL, TrailChoice, trail_candidates,
};

/// Source: CloudWatch API, PutMetricAlarm, `AlarmActions`.
pub(super) const MAX_ACTIONS: usize = 5;

/// Source: CloudTrail User Guide, "Quotas in AWS CloudTrail": it can't be increased.
const MAX_TRAILS: usize = 5;

/// Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas": it can't be increased.
const MAX_FILTERS: usize = 100;

pub(super) fn has_too_many_actions(config: &AlarmConfig) -> bool {
    config.actions.len() > MAX_ACTIONS
}

/// Why an alarm with as many actions as AWS allows blocks the plan; `None` if rootbell's own can be created next to it,
/// because the user hasn't named this one.
pub(super) fn full_alarm(wanted: &Settings, alert: &AlertSettings, existing: &Alarm) -> Option<Problem> {
    let (name, own) = (&existing.name, alert.alert.spec().alarm);
    if alert.alarm.origin == Origin::Found && name != own {
        return None;
    }
    let why = format!(
        "The alarm `{name}` has {MAX_ACTIONS} actions, which is the maximum, so it can't notify the topic `{}` as well.",
        wanted.topic.value
    );
    let another = if name == own { format!("{own}-2") } else { own.to_owned() };
    let advice = "Remove one of its actions, or use another alarm";
    Some(Problem::new(why, Fix::choose_value(advice, Input::Setting(SettingId::Alarm), another)))
}

/// Why no email address can be subscribed to the topic, if it is a FIFO topic.
///
/// Source: SNS Developer Guide, "Amazon SNS FIFO topics", message delivery: only to SQS queues.
pub(super) fn email_on_fifo_topic(wanted: &Settings) -> Option<Problem> {
    let name = &wanted.topic.value;
    let why = format!("The topic `{name}` is a FIFO topic: an email address can't be subscribed to it.");
    let advice = "Use another topic, which the alarm then notifies as well";
    let fix = Fix::choose_value(advice, Input::Setting(SettingId::Topic), DEFAULT_TOPIC);
    name.strip_suffix(".fifo").map(|_| Problem::new(why, fix))
}

/// Why no trail can be created, if the Region has as many as AWS allows. Whether another account's organization trails
/// count is not documented, so only this account's do.
pub(super) fn sixth_trail(wanted: &Settings, observed: &Observed) -> Option<Problem> {
    let account_region = &wanted.account_region;
    let all = observed.trails.as_deref().unwrap_or_default();
    if all.iter().filter(|trail| trail.arn.belongs_to(&account_region.account)).count() < MAX_TRAILS {
        return None;
    }
    let is_usable = |choice| !matches!(choice, TrailChoice::Create | TrailChoice::Unavailable);
    let usable = trail_candidates(observed, account_region).into_iter().filter(|trail| is_usable(trail.choice));
    let why = format!("{} already has {MAX_TRAILS} trails, which is the maximum.", account_region.region);
    let fix = Fix::Choose {
        advice: "Use one of them, or delete one that isn't needed".into(),
        input: Input::Setting(SettingId::Trail),
        values: usable.map(|trail| trail.name).collect(),
    };
    Some(Problem::new(why, fix))
}

/// Why the log group can't have a filter, if its class has none. The trail can deliver to another one instead, unless it
/// serves others.
pub(super) fn filter_on_class(wanted: &Settings, observed: &Observed, group: &LogGroup) -> Option<Problem> {
    let why = group.without_filters()?;
    let is_of_others = observed.trail.is_some() && !record::is_managed(wanted, observed, Recorded::Trail);
    let fix = if is_of_others {
        let advice = format!(
            "Use another trail, because rootbell doesn't manage this one; a new one costs {}",
            new_trail(observed)
        );
        Fix::choose_value(advice, Input::Setting(SettingId::Trail), TRAIL)
    } else {
        let advice = "Use another log group, to which the trail then delivers instead";
        Fix::choose_value(advice, Input::Setting(SettingId::LogGroup), DEFAULT_LOG_GROUP)
    };
    Some(Problem::new(why, fix))
}

/// Why a log group can't be deleted, if it is protected.
///
/// Source: CloudWatch Logs API, DeleteLogGroup and PutLogGroupDeletionProtection.
pub(super) fn deletion(group: &LogGroup) -> Option<Problem> {
    let name = &group.name;
    let advice = format!(
        "Turn it off: aws logs put-log-group-deletion-protection --log-group-identifier {} \
         --no-deletion-protection-enabled. Or keep the log group.",
        quote(name)
    );
    let why = format!("The log group `{name}` has deletion protection, so it can't be deleted.");
    group.deletion_protection.then(|| Problem::new(why, Fix::Advice(advice)))
}

/// Why no filter can be created, if the log group has as many as AWS allows.
pub(super) fn another_filter(wanted: &Settings, filters: &[MetricFilter]) -> Option<Problem> {
    let group = &wanted.log_group.value;
    let why = format!("The log group `{group}` already has {MAX_FILTERS} metric filters, which is the maximum.");
    let advice = "Delete one that isn't needed, or have rootbell change one of them";
    let fix = Fix::choose(advice, Input::Setting(SettingId::Filter));
    (filters.len() >= MAX_FILTERS).then(|| Problem::new(why, fix))
}
