//! The checks of the log group, the filter, and the alarm: is root use counted, and does the alarm fire and notify the topic?

use super::evidence::Evidence;
use super::filter::{FilterFaults, filter_faults};
use super::outcome::{Outcome, REPAIR, Verdict, check_existing, missing, ok, unknown, wrong};
use crate::domain::alarm::EvaluationState;
use crate::domain::change::{ResourceKind, quote};
use crate::domain::observed::{Alarm, LogGroup, Observed};
use crate::domain::pattern::{self, CisMatch, Matched, Reading};
use crate::domain::problem::{Fix, Goal, Input};
use crate::domain::settings::{AlertSettings, DEFAULT_LOG_GROUP, SettingId, Settings, TRAIL};
use crate::domain::text::age;

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
    on_log_group(evidence, |group| match group.without_filters() {
        Some(why) if evidence.settings.has_default_name(ResourceKind::Trail) => wrong(
            why,
            Fix::choose_value("Use another log group", Input::Setting(SettingId::LogGroup), DEFAULT_LOG_GROUP),
        ),
        // Others rely on what this trail delivers.
        Some(why) => wrong(why, Fix::choose_value("Use another trail", Input::Setting(SettingId::Trail), TRAIL)),
        None => ok(format!("`{}`", group.name)),
    })
}

/// Whether the filter counts root's sign-ins, successful and failed, and no other identity's; what else it counts or
/// misses is [`super::audit::cis_pattern`]'s matter.
pub(super) fn filter_pattern(evidence: &Evidence<'_>) -> Outcome {
    if let Err(unreadable) = &evidence.observed.filters {
        return unknown(unreadable);
    }
    let Some(filter) = evidence.filter() else {
        return missing(format!("No filter on `{}` counts root use.", evidence.settings.log_group.value));
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
    let FilterFaults { known, possible } = filter_faults(filter, evidence.alarm(), &evidence.settings.account_region);
    if !known.is_empty() {
        return wrong(format!("`{name}` {}.", known.join("; it ")), REPAIR);
    }
    if !possible.is_empty() {
        let why = possible.join("; it ");
        let detail = format!("rootbell can't tell whether `{name}` counts every use of root: it {why}.");
        return (Verdict::Unknown, detail, REPAIR);
    }
    ok(match coverage.cis {
        CisMatch::Exact => format!("`{name}`, the CIS pattern"),
        _ if coverage.counts_api_use() => format!("`{name}` counts root use"),
        _ => format!("`{name}` counts root sign-ins, but not all API use"),
    })
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
        if let Some(arn) = evidence.unchecked_destination() {
            let why = format!("`{}` notifies {arn}, which can't be checked from here.", alarm.name);
            return (Verdict::Unknown, why, Fix::Each(vec![Fix::SendTest, Fix::Apply(Goal::SetUp)]));
        }
        if let Some(fault) = action_fault(alarm, evidence.settings, evidence.observed) {
            return wrong(format!("{fault}."), REPAIR);
        }
        let rules = alarm.mute_rules.as_ref().map_or(Ok(&[][..]), |rules| rules.as_deref());
        if let Some(rule) = rules.ok().and_then(|rules| rules.iter().find(|rule| rule.is_active())) {
            let why = format!("{} mutes `{}`: no alert is sent.", sentence(&rule.describe()), alarm.name);
            let command = format!("aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name {}", quote(&rule.name));
            return wrong(why, Fix::Advice(format!("Wait until it ends, or delete it: {command}")));
        }
        let remark = match rules {
            Ok([]) => String::new(),
            Ok([rule, ..]) => format!("; {} will mute it", rule.describe()),
            Err(_) => "; whether a mute rule applies could not be read".to_owned(),
        };
        let count = alarm.config.actions.len();
        ok(format!("{count} action{}{remark}", if count == 1 { "" } else { "s" }))
    })
}

/// The text with a capital letter at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Why the alarm does not notify the topic, as part of a sentence; `None` if it does.
#[must_use]
pub fn action_fault(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, topic) = (&alarm.name, &settings.topic.value);
    if !alarm.config.actions_enabled {
        return Some(format!("The actions of `{name}` are disabled"));
    }
    if alarm.config.actions.is_empty() {
        return Some(format!("`{name}` has no action, so no alert is sent"));
    }
    if alarm.config.actions.contains(&settings.topic_arn()) {
        return None;
    }
    if let Some(gone) = alarm.config.actions.iter().find(|arn| observed.is_gone(arn)) {
        return Some(format!("`{name}` notifies {gone}, which does not exist"));
    }
    if let Some(other_region) =
        alarm.config.actions.iter().find(|arn| arn.is_topic_outside(&settings.account_region.region))
    {
        return Some(format!("`{name}` notifies {other_region}; an alarm can only notify topics in its own Region"));
    }
    Some(format!("`{name}` does not notify the topic `{topic}`"))
}
