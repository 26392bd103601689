//! The checks of the log group, the filter, and the alarm: is root use counted, and does the alarm fire and notify the topic?

use super::registry::Evidence;
use super::{APPLY, Outcome, Verdict, check_existing, missing, ok, unknown, wrong};
use crate::domain::observed::{Alarm, LogGroup, Metric, Observed};
use crate::domain::pattern::{self, Reading};
use crate::domain::retention::RetentionDays;
use crate::domain::settings::{RETENTION, Settings};

fn on_log_group(evidence: &Evidence<'_>, judge: impl FnOnce(&LogGroup) -> Outcome) -> Outcome {
    let none = || missing(format!("There is no log group `{}`.", evidence.settings.log_group.value));
    check_existing(&evidence.observed.log_group, none, judge)
}

fn on_alarm(evidence: &Evidence<'_>, judge: impl FnOnce(&Alarm) -> Outcome) -> Outcome {
    match (&evidence.observed.alarms, evidence.alarm) {
        (Err(unreadable), _) => unknown(unreadable),
        (Ok(_), None) => missing(format!(
            "There is no alarm `{}` in {}; an alarm in another Region can't watch this metric.",
            evidence.settings.alarm.value, evidence.settings.account_region.region
        )),
        (Ok(_), Some(alarm)) => judge(alarm),
    }
}

pub(super) fn log_group_exists(evidence: &Evidence<'_>) -> Outcome {
    on_log_group(evidence, |group| ok(format!("`{}`", group.name)))
}

pub(super) fn retention(evidence: &Evidence<'_>) -> Outcome {
    on_log_group(evidence, |group| match group.retention_days {
        RetentionDays::Never => ok("events never expire"),
        days if days >= RETENTION => ok(days.describe()),
        days => wrong(
            format!("Events are kept for {days} days; the audit baseline is {RETENTION}."),
            format!("Run `rootbell apply --retention-days {RETENTION}`."),
        ),
    })
}

pub(super) fn filter_pattern(evidence: &Evidence<'_>) -> Outcome {
    let (settings, observed) = (evidence.settings, evidence.observed);
    if let Err(unreadable) = &observed.filters {
        return unknown(unreadable);
    }
    let filter = observed.root_filter(Some(&settings.filter.value));
    if let Some(f) = filter {
        match pattern::read(&f.pattern) {
            Reading::CisPattern => {}
            Reading::Equivalent => {
                return wrong(
                    format!(
                        "`{}` counts root use, but not with the exact CIS pattern that audit tools accept.",
                        f.name
                    ),
                    APPLY,
                );
            }
            Reading::Other(faults) => {
                let faults = faults.join("; ");
                return wrong(format!("The pattern of `{}` is not the CIS pattern: {faults}.", f.name), APPLY);
            }
            Reading::Unjudged(why) => {
                return (
                    Verdict::Unknown,
                    format!("rootbell can't tell whether `{}` counts every use of root: {why}.", f.name),
                    "Run `rootbell apply` or use the wizard to replace the pattern with the CIS pattern.".into(),
                );
            }
        }
    }
    match filter {
        None => missing(format!("No filter on `{}` counts root use.", settings.log_group.value)),
        Some(f) if f.value != "1" => wrong(format!("`{}` counts {} per event instead of 1.", f.name, f.value), APPLY),
        Some(f) => ok(format!("`{}`, the CIS pattern", f.name)),
    }
}

pub(super) fn watches_metric(evidence: &Evidence<'_>) -> Outcome {
    on_alarm(evidence, |alarm| {
        let faults = alarm_faults(alarm, evidence.metric);
        if faults.is_empty() {
            return ok(format!("`{}` is {}", alarm.name, alarm.state.as_str()));
        }
        wrong(format!("`{}`: {}.", alarm.name, faults.join("; ")), APPLY)
    })
}

pub(super) fn notifies_topic(evidence: &Evidence<'_>) -> Outcome {
    on_alarm(evidence, |alarm| match action_fault(alarm, evidence.settings, evidence.observed) {
        Some(fault) => wrong(format!("{fault}."), APPLY),
        None => ok(format!("{} action{}", alarm.actions.len(), if alarm.actions.len() == 1 { "" } else { "s" })),
    })
}

/// Why the alarm does not notify the topic, as part of a sentence; `None` if it does.
#[must_use]
pub fn action_fault(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, topic) = (&alarm.name, &settings.topic.value);
    if !alarm.actions_enabled {
        return Some(format!("The actions of `{name}` are disabled"));
    }
    if alarm.actions.is_empty() {
        return Some(format!("`{name}` has no action, so no alert is sent"));
    }
    if alarm.actions.contains(&settings.topic_arn()) {
        return None;
    }
    if let Some(gone) = alarm.actions.iter().find(|arn| observed.gone.contains(arn)) {
        return Some(format!("`{name}` notifies {gone}, which does not exist"));
    }
    if let Some(other_region) = alarm.actions.iter().find(|arn| arn.is_topic_outside(&settings.account_region.region)) {
        return Some(format!("`{name}` notifies {other_region}; an alarm can only notify topics in its own Region"));
    }
    Some(format!("`{name}` does not notify the topic `{topic}`"))
}

/// What keeps an alarm from firing on every use of root, each as part of a sentence; empty if nothing does.
#[must_use]
pub fn alarm_faults(alarm: &Alarm, metric: &Metric) -> Vec<String> {
    let mut faults = Vec::new();
    if alarm.metric != *metric {
        faults.push(format!(
            "it watches {}/{}, but the filter counts {}/{}",
            alarm.metric.namespace, alarm.metric.name, metric.namespace, metric.name
        ));
    }
    if !matches!(alarm.statistic.as_str(), "Sum" | "Maximum") {
        faults.push(format!("it uses {} instead of Sum, which can hide a single use", alarm.statistic));
    }
    let first_use_counts = match alarm.comparison.as_str() {
        "GreaterThanOrEqualToThreshold" => alarm.threshold > 0.0 && alarm.threshold <= 1.0,
        "GreaterThanThreshold" => alarm.threshold >= 0.0 && alarm.threshold < 1.0,
        _ => false,
    };
    if !first_use_counts {
        let sign = match alarm.comparison.as_str() {
            "GreaterThanOrEqualToThreshold" => ">=",
            "GreaterThanThreshold" => ">",
            "LessThanThreshold" => "<",
            "LessThanOrEqualToThreshold" => "<=",
            other => other,
        };
        faults.push(format!("it fires at a count {sign} {}, not on the first use", alarm.threshold));
    }
    if alarm.datapoints_to_alarm > 1 {
        faults.push(format!("it waits for {} datapoints", alarm.datapoints_to_alarm));
    }
    if alarm.period.saturating_mul(alarm.evaluation_periods) > 900 {
        let minutes = alarm.period.saturating_mul(alarm.evaluation_periods) / 60;
        faults.push(format!("it stays in ALARM for at least {minutes} minutes and hides the next use"));
    }
    if matches!(alarm.missing_data.as_str(), "breaching" | "ignore") {
        faults.push(format!("missing data is treated as {}, so it may never return to OK", alarm.missing_data));
    }
    faults
}
