//! The checks of the log group, the filter, and the alarm: is root use counted, and does the alarm fire and notify the topic?

use super::datapoints::value_fault;
use super::evidence::Evidence;
use super::outcome::{Outcome, REPAIR, Verdict, check_existing, missing, ok, unknown, wrong};
use super::{action_fault, alarm_faults, alarm_remark};
use crate::domain::observed::{Alarm, LogGroup};
use crate::domain::pattern::{self, CisMatch, Matched, Reading};
use crate::domain::problem::{Fix, Goal};

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

/// Whether the filter counts root's sign-ins, successful and failed, and no other identity's; what else it counts or
/// misses is [`super::audit::cis_pattern`]'s matter.
pub(super) fn filter_pattern(evidence: &Evidence<'_>) -> Outcome {
    let (settings, observed) = (evidence.settings, evidence.observed);
    if let Err(unreadable) = &observed.filters {
        return unknown(unreadable);
    }
    let Some(filter) = evidence.filter else {
        return missing(format!("No filter on `{}` counts root use.", settings.log_group.value));
    };
    let name = &filter.name;
    let coverage = match pattern::coverage(&filter.pattern) {
        Ok(coverage) => coverage,
        Err(error) => {
            let detail = format!(
                "rootbell can't tell whether `{name}` counts root sign-ins: it can't parse its pattern (character {}: {}).",
                error.at, error.message
            );
            return (Verdict::Unknown, detail, Fix::Apply(Goal::ReplacePattern));
        }
    };
    if !coverage.fires_for_sign_in() {
        let what = if coverage.sign_ins == Matched::All { "counts more than root use" } else { "misses root sign-ins" };
        let faults = match pattern::read(&filter.pattern) {
            Reading::Other(faults) => format!(": {}", faults.join("; ")),
            Reading::CisPattern | Reading::Equivalent | Reading::Unjudged(_) => String::new(),
        };
        return wrong(format!("`{name}` {what}{faults}."), REPAIR);
    }
    if let Some(fault) = value_fault(filter) {
        return wrong(format!("`{name}` {fault}."), REPAIR);
    }
    ok(match coverage.cis {
        CisMatch::Exact => format!("`{name}`, the CIS pattern"),
        _ if coverage.counts_api_use() => format!("`{name}` counts root use"),
        _ => format!("`{name}` counts root sign-ins, but not all API use"),
    })
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
