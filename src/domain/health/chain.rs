//! The checks of the log group, the filter, and the alarm: is root use counted, and does the alarm fire and notify the topic?

use super::datapoints::value_fault;
use super::registry::Evidence;
use super::{
    Outcome, REPAIR, Verdict, action_fault, alarm_faults, alarm_remark, check_existing, missing, ok, unknown, wrong,
};
use crate::domain::observed::{Alarm, LogGroup};
use crate::domain::pattern::{self, Reading};
use crate::domain::problem::{Fix, Goal, Input};
use crate::domain::retention::RetentionDays;
use crate::domain::settings::{RETENTION, SettingId};

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
        RetentionDays::Days(days) => wrong(
            format!("Events are kept for {days} days; the audit baseline is {RETENTION}."),
            Fix::ApplyWith { input: Input::Setting(SettingId::Retention), value: RETENTION.to_string() },
        ),
    })
}

pub(super) fn filter_pattern(evidence: &Evidence<'_>) -> Outcome {
    let (settings, observed) = (evidence.settings, evidence.observed);
    if let Err(unreadable) = &observed.filters {
        return unknown(unreadable);
    }
    let filter = evidence.filter;
    if let Some(f) = filter {
        match pattern::read(&f.pattern) {
            Reading::CisPattern => {}
            Reading::Equivalent => {
                return wrong(
                    format!(
                        "`{}` counts root use, but not with the exact CIS pattern that audit tools accept.",
                        f.name
                    ),
                    REPAIR,
                );
            }
            Reading::Other(faults) => {
                let faults = faults.join("; ");
                return wrong(format!("The pattern of `{}` is not the CIS pattern: {faults}.", f.name), REPAIR);
            }
            Reading::Unjudged(why) => {
                return (
                    Verdict::Unknown,
                    format!("rootbell can't tell whether `{}` counts every use of root: {why}.", f.name),
                    Fix::Apply(Goal::ReplacePattern),
                );
            }
        }
    }
    match filter {
        None => missing(format!("No filter on `{}` counts root use.", settings.log_group.value)),
        Some(f) => match value_fault(f) {
            Some(fault) => wrong(format!("`{}` {fault}.", f.name), REPAIR),
            None => ok(format!("`{}`, the CIS pattern", f.name)),
        },
    }
}

pub(super) fn watches_metric(evidence: &Evidence<'_>) -> Outcome {
    on_alarm(evidence, |alarm| {
        let faults = alarm_faults(alarm, evidence.counting);
        if faults.is_empty() {
            let remark = alarm_remark(alarm).map_or_else(String::new, |remark| format!("; {remark}"));
            return ok(format!("`{}` is {}{remark}", alarm.name, alarm.state.as_str()));
        }
        wrong(format!("`{}`: {}.", alarm.name, faults.join("; ")), REPAIR)
    })
}

pub(super) fn notifies_topic(evidence: &Evidence<'_>) -> Outcome {
    on_alarm(evidence, |alarm| match action_fault(alarm, evidence.settings, evidence.observed) {
        Some(fault) => wrong(format!("{fault}."), REPAIR),
        None => ok(format!(
            "{} action{}",
            alarm.config.actions.len(),
            if alarm.config.actions.len() == 1 { "" } else { "s" }
        )),
    })
}
