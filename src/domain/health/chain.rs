//! The checks of the log group, the filter, and the alarm: is root use counted, and does the alarm fire and notify the topic?

use super::registry::Evidence;
use super::{
    FilterFaults, Outcome, REPAIR, Verdict, action_fault, age, check_existing, filter_faults, missing, ok, unknown,
    wrong,
};
use crate::domain::alarm::EvaluationState;
use crate::domain::observed::{Alarm, LogGroup, MetricFilter};
use crate::domain::pattern::{self, Reading};
use crate::domain::problem::{Fix, Goal, Input};
use crate::domain::retention::RetentionDays;
use crate::domain::settings::{AlertSettings, RETENTION, SettingId};

fn on_log_group(evidence: &Evidence<'_>, judge: impl FnOnce(&LogGroup) -> Outcome) -> Outcome {
    let none = || missing(format!("There is no log group `{}`.", evidence.settings.log_group.value));
    check_existing(&evidence.observed.log_group, none, judge)
}

fn on_alarm(evidence: &Evidence<'_>, alert: &AlertSettings, judge: impl FnOnce(&Alarm) -> Outcome) -> Outcome {
    match (&evidence.observed.alarms, alert.existing_alarm(evidence.observed)) {
        (Err(unreadable), _) => unknown(unreadable),
        (Ok(_), None) => missing(format!(
            "There is no alarm `{}` in {}; an alarm in another Region can't watch this metric.",
            alert.alarm.value, evidence.settings.account_region.region
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
    if let Err(unreadable) = &evidence.observed.filters {
        return unknown(unreadable);
    }
    let Some(f) = evidence.settings.root_use().existing_filter(evidence.observed) else {
        return missing(format!("No filter on `{}` counts root use.", evidence.settings.log_group.value));
    };
    match pattern::read(&f.pattern) {
        Reading::CisPattern => check_filter_settings(f, evidence),
        Reading::Equivalent => wrong(
            format!("`{}` counts root use, but not with the exact CIS pattern that audit tools accept.", f.name),
            REPAIR,
        ),
        Reading::Other(faults) => {
            wrong(format!("The pattern of `{}` is not the CIS pattern: {}.", f.name, faults.join("; ")), REPAIR)
        }
        Reading::Unjudged(why) => (
            Verdict::Unknown,
            format!("rootbell can't tell whether `{}` counts every use of root: {why}.", f.name),
            Fix::Apply(Goal::ReplacePattern),
        ),
    }
}

fn check_filter_settings(filter: &MetricFilter, evidence: &Evidence<'_>) -> Outcome {
    let alarm = evidence.settings.root_use().existing_alarm(evidence.observed);
    let FilterFaults { known, possible } = filter_faults(filter, alarm, &evidence.settings.account_region);
    if !known.is_empty() {
        return wrong(format!("`{}` {}.", filter.name, known.join("; it ")), REPAIR);
    }
    if !possible.is_empty() {
        let why = format!(
            "rootbell can't tell whether `{}` counts every use of root: it {}.",
            filter.name,
            possible.join("; it ")
        );
        return (Verdict::Unknown, why, REPAIR);
    }
    ok(format!("`{}`, the CIS pattern", filter.name))
}

pub(super) fn watches_metric(evidence: &Evidence<'_>) -> Outcome {
    let alert = evidence.settings.root_use();
    on_alarm(evidence, alert, |alarm| {
        let faults = alert.faults(alarm, evidence.observed);
        if !faults.is_empty() {
            return wrong(format!("`{}`: {}.", alarm.name, faults.join("; ")), REPAIR);
        }
        if let Some(until) = alarm.warms_up_until().filter(|until| *until > evidence.now) {
            let left = age(until.duration_since(evidence.now));
            let why = format!("`{}` is warming up: it notifies nobody for another {left}.", alarm.name);
            return (Verdict::Pending, why, Fix::advice("It starts by itself after that."));
        }
        if alarm.evaluation == Some(EvaluationState::Failure) {
            let why = format!("CloudWatch has a temporary problem evaluating `{}`, so it may not fire.", alarm.name);
            return (Verdict::Unknown, why, Fix::advice("Check again later."));
        }
        let remark = (alert.alert.spec().remark)(alarm).map_or_else(String::new, |remark| format!("; {remark}"));
        ok(format!("`{}` is {}{remark}", alarm.name, alarm.state.as_str()))
    })
}

pub(super) fn notifies_topic(evidence: &Evidence<'_>) -> Outcome {
    on_alarm(evidence, evidence.settings.root_use(), |alarm| {
        match action_fault(alarm, evidence.settings, evidence.observed) {
            Some(fault) => wrong(format!("{fault}."), REPAIR),
            None => ok(format!(
                "{} action{}",
                alarm.config.actions.len(),
                if alarm.config.actions.len() == 1 { "" } else { "s" }
            )),
        }
    })
}
