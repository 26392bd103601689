//! What AWS would refuse. The plan says so, with an alternative, before anything is created.

use super::{Action, Plan};
use crate::domain::alarm::{Alarm, AlarmConfig};
use crate::domain::change::{Change, ResourceKind, Step};
use crate::domain::observed::{MetricFilter, Observed};
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::settings::{
    DEFAULT_ALARM, DEFAULT_TOPIC, Origin, SettingId, Settings, TrailChoice, trail_candidates,
};

/// Source: CloudWatch API, PutMetricAlarm, `AlarmActions`.
const MAX_ACTIONS: usize = 5;

/// Source: CloudTrail User Guide, "Quotas in AWS CloudTrail": it can't be increased.
const MAX_TRAILS: usize = 5;

/// Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas": it can't be increased.
const MAX_FILTERS: usize = 100;

/// If the alarm has as many actions as AWS allows, so that it can't notify the topic as well: plans rootbell's own alarm next
/// to it, or blocks the plan if the user has named the alarm. Returns whether that is so.
pub(super) fn sixth_action(
    plan: &mut Plan,
    wanted: &Settings,
    existing: &Alarm,
    repaired: &AlarmConfig,
    own: &AlarmConfig,
) -> bool {
    if repaired.actions.len() <= MAX_ACTIONS {
        return false;
    }
    let name = &existing.name;
    if wanted.alarm.origin == Origin::Found && name != DEFAULT_ALARM {
        plan.keep(Step::Alarm, ResourceKind::Alarm, name, format!("has {MAX_ACTIONS} actions, which is the maximum"));
        let change = Change::PutMetricAlarm { alarm: DEFAULT_ALARM.to_owned(), config: Box::new(own.clone()) };
        plan.put(wanted, Action::Create, change, "at least 1 root event in 5 minutes → the topic");
        return true;
    }
    let why = format!(
        "The alarm `{name}` has {MAX_ACTIONS} actions, which is the maximum, so it can't notify the topic `{}` as well.",
        wanted.topic.value
    );
    let another = if name == DEFAULT_ALARM { format!("{DEFAULT_ALARM}-2") } else { DEFAULT_ALARM.to_owned() };
    let advice = "Remove one of its actions, or use another alarm";
    plan.block(Step::Alarm, Problem::new(why, Fix::choose_value(advice, Input::Setting(SettingId::Alarm), another)));
    true
}

/// Blocks the plan if the topic is a FIFO topic, to which no email address can be subscribed. Returns whether that is so.
///
/// Source: SNS Developer Guide, "Amazon SNS FIFO topics", message delivery: only to SQS queues.
pub(super) fn email_on_fifo_topic(plan: &mut Plan, wanted: &Settings) -> bool {
    let name = &wanted.topic.value;
    if !name.ends_with(".fifo") {
        return false;
    }
    let why = format!("The topic `{name}` is a FIFO topic: an email address can't be subscribed to it.");
    let advice = "Use another topic, which the alarm then notifies as well";
    let fix = Fix::choose_value(advice, Input::Setting(SettingId::Topic), DEFAULT_TOPIC);
    plan.block(Step::Topic, Problem::new(why, fix));
    true
}

/// Blocks the plan if the Region has as many trails as AWS allows. Whether another account's organization trails count is
/// not documented, so only this account's do.
pub(super) fn sixth_trail(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let account_region = &wanted.account_region;
    let all = observed.trails.as_deref().unwrap_or_default();
    if all.iter().filter(|trail| trail.arn.belongs_to(&account_region.account)).count() < MAX_TRAILS {
        return;
    }
    let is_usable = |choice| !matches!(choice, TrailChoice::Create | TrailChoice::Unavailable);
    let usable = trail_candidates(observed, account_region).into_iter().filter(|trail| is_usable(trail.choice));
    let why = format!("{} already has {MAX_TRAILS} trails, which is the maximum.", account_region.region);
    let fix = Fix::Choose {
        advice: "Use one of them, or delete one that isn't needed".into(),
        input: Input::Setting(SettingId::Trail),
        values: usable.map(|trail| trail.name).collect(),
    };
    plan.block(Step::Trail, Problem::new(why, fix));
}

/// Blocks the plan if the log group has as many metric filters as AWS allows.
pub(super) fn another_filter(plan: &mut Plan, wanted: &Settings, filters: &[MetricFilter]) {
    if filters.len() < MAX_FILTERS {
        return;
    }
    let group = &wanted.log_group.value;
    let why = format!("The log group `{group}` already has {MAX_FILTERS} metric filters, which is the maximum.");
    let advice = "Delete one that isn't needed, or have rootbell change one of them";
    plan.block(Step::Filter, Problem::new(why, Fix::choose(advice, Input::Setting(SettingId::Filter))));
}
