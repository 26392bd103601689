//! The checks of the log group, the filter, and the alarm: is root use counted, and does the alarm fire and notify the topic?

use super::action::action_fault;
use super::evidence::Evidence;
use super::filter::{FilterFaults, counts_others_along, filter_faults};
use super::outcome::{Outcome, REPAIR, Verdict, check_existing, ok, unknown, wrong};
use super::trail::{RETRIED_WITHIN, is_younger};
use crate::domain::alarm::EvaluationState;
use crate::domain::change::{Resource, quote};
use crate::domain::filter_output::OutputCounts;
use crate::domain::indirect_alarm::{IndirectAlarm, IndirectKind};
use crate::domain::mute_rule::MuteRule;
use crate::domain::observed::{Alarm, LogGroup};
use crate::domain::pattern::{self, CisMatch, Matched, Reading};
use crate::domain::problem::{Fix, Goal, Input};
use crate::domain::settings::{AlertSettings, DEFAULT_LOG_GROUP, SettingId, TRAIL};
use crate::domain::text::age;

fn on_log_group(evidence: &Evidence<'_>, judge: impl FnOnce(&LogGroup) -> Outcome) -> Outcome {
    let name = &evidence.settings.log_group.value;
    let none = || evidence.absent(SettingId::LogGroup, || format!("There is no log group `{name}`."));
    check_existing(&evidence.observed.log_group, none, judge)
}

fn on_alarm(evidence: &Evidence<'_>, alert: &AlertSettings, judge: impl FnOnce(&Alarm) -> Outcome) -> Outcome {
    match (&evidence.observed.alarms, alert.existing_alarm(evidence.observed)) {
        (Err(unreadable), _) => unknown(unreadable),
        (Ok(_), None) => match evidence.indirect_alarm() {
            Some(indirect) if !evidence.is_named(SettingId::Alarm) => unchecked(indirect),
            Some(_) | None => evidence.absent(SettingId::Alarm, || {
                format!(
                    "There is no alarm `{}` in {}; an alarm in another Region can't watch this metric.",
                    alert.alarm.value, evidence.settings.account_region.region
                )
            }),
        },
        (Ok(_), Some(alarm)) => judge(alarm),
    }
}

pub(super) fn log_group_exists(evidence: &Evidence<'_>) -> Outcome {
    on_log_group(evidence, |group| match group.without_filters() {
        Some(why) if evidence.settings.has_default_name(Resource::Trail) => wrong(
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
    let Some(filter) = evidence.filter() else { return no_filter(evidence) };
    let name = &filter.name;
    let coverage = match pattern::coverage(&filter.pattern, &evidence.settings.account_region.account) {
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
    let all = evidence.observed.filters.as_deref().unwrap_or_default();
    if let Some(other) = counts_others_along(filter, all, &evidence.settings.account_region.account) {
        let detail = format!(
            "`{name}` counts into the same metric as `{}`, which counts more than root use: the alarm can't tell them apart.",
            other.name
        );
        // Next to a filter of others, a setup creates one with a metric of its own.
        let fix = if evidence.settings.root_use().filter_has_default_name() {
            Fix::Advice(format!("Have `{}` count into another metric.", other.name))
        } else {
            REPAIR
        };
        return wrong(detail, fix);
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

/// The result if an alarm that can't be checked tells somebody about root use.
fn unchecked(indirect: &IndirectAlarm) -> Outcome {
    let test = format!(
        "To see whether an alert arrives, set that alarm to ALARM: aws cloudwatch set-alarm-state --alarm-name {} \
         --state-value ALARM --state-reason Test",
        quote(&indirect.name)
    );
    (Verdict::Unknown, indirect.describe(), Fix::Each(vec![Fix::Advice(test), Fix::Apply(Goal::SetUp)]))
}

/// An alarm that doesn't depend on the one that is judged.
fn instead_of_alarm<'a>(evidence: &Evidence<'a>) -> Option<&'a IndirectAlarm> {
    evidence.indirect_alarm().filter(|indirect| !matches!(indirect.kind, IndirectKind::Composite { .. }))
}

fn no_filter(evidence: &Evidence<'_>) -> Outcome {
    let on_logs = evidence.indirect_alarm().filter(|indirect| matches!(indirect.kind, IndirectKind::Log { .. }));
    if let Some(indirect) = on_logs.filter(|_| !evidence.is_named(SettingId::Filter)) {
        return unchecked(indirect);
    }
    let group = &evidence.settings.log_group.value;
    evidence.absent(SettingId::Filter, || format!("No filter on `{group}` counts root use."))
}

/// Whether the filter published anything while events arrived. Its settings may look right, and yet it may never count.
pub(super) fn publishes(evidence: &Evidence<'_>) -> Outcome {
    if let Err(unreadable) = &evidence.observed.filters {
        return unknown(unreadable);
    }
    let Some(filter) = evidence.filter() else { return no_filter(evidence) };
    let (name, log_group) = (&filter.name, &evidence.settings.log_group.value);
    if filter.default.is_none() {
        return ok(format!("`{name}` has no default value, so it only publishes when root is used"));
    }
    let mut outputs = evidence.observed.filter_outputs.iter();
    let Some(output) = outputs.find(|output| output.filter == *name && output.log_group == *log_group) else {
        return ok(format!("`{name}` is too new to tell"));
    };
    match &output.counts {
        Err(unreadable) => unknown(unreadable),
        Ok(OutputCounts::Published) => ok("in the last 24 hours"),
        Ok(OutputCounts::Nothing { events: 0 }) => ok("nothing to publish: no event arrived in the last 24 hours"),
        Ok(OutputCounts::Nothing { events }) => {
            let why = format!(
                "`{name}` published nothing in the last 24 hours, although {events} event{} arrived in `{log_group}`.",
                if *events == 1 { "" } else { "s" }
            );
            if is_younger(evidence.observed.session.filter_changed, RETRIED_WITHIN, evidence.now) {
                let wait = "It was just changed: check again in 15 minutes.";
                return (Verdict::Pending, why, Fix::advice(wait));
            }
            let advice = "Check that the log group has no transformer and that its events are CloudTrail's. A drill, which \
                          writes an event, shows whether the filter counts it.";
            let is_ours = evidence.settings.root_use().filter_has_default_name();
            wrong(why, if is_ours { Fix::advice(advice) } else { Fix::Each(vec![Fix::advice(advice), REPAIR]) })
        }
    }
}

pub(super) fn watches_metric(evidence: &Evidence<'_>) -> Outcome {
    let alert = evidence.settings.root_use();
    on_alarm(evidence, alert, |alarm| {
        let faults = alert.faults(alarm, evidence.observed);
        if !faults.is_empty() {
            if let Some(indirect) = instead_of_alarm(evidence) {
                return unchecked(indirect);
            }
            return wrong(format!("`{}`: {}.", alarm.name, faults.join("; ")), REPAIR);
        }
        if let Some(until) = alarm.warms_up_until().filter(|until| *until > evidence.now) {
            let left = age(until.duration_since(evidence.now));
            let why = format!("`{}` is warming up: it notifies nobody for another {left}.", alarm.name);
            return (Verdict::Pending, why, Fix::advice("It starts by itself after that."));
        }
        let doubts = alert.doubts(alarm, evidence.observed);
        if !doubts.is_empty() {
            let why = format!("Whether `{}` fires on a single use is unknown: {}.", alarm.name, doubts.join("; "));
            let fix = if alert.alarm_has_default_name() {
                REPAIR
            } else {
                Fix::advice("Use the statistic Sum, and treat missing data as notBreaching.")
            };
            return (Verdict::Unknown, why, fix);
        }
        if alarm.config.is_high_resolution() {
            let why = format!(
                "`{}` looks at periods of {} s, but the metric has one datapoint a minute, which the alarm may miss.",
                alarm.name, alarm.config.period
            );
            let fix = if alert.alarm_has_default_name() {
                REPAIR
            } else {
                Fix::advice("Set the alarm's period to 60 seconds or more.")
            };
            return (Verdict::Unknown, why, fix);
        }
        if alarm.evaluation == Some(EvaluationState::Failure) {
            let why = format!("CloudWatch has a temporary problem evaluating `{}`, so it may not fire.", alarm.name);
            return (Verdict::Unknown, why, Fix::advice("Check again later."));
        }
        let remark = alert.remark(alarm, evidence.observed).map_or_else(String::new, |remark| format!("; {remark}"));
        ok(format!("`{}` is {}{remark}", alarm.name, alarm.state.as_str()))
    })
}

pub(super) fn notifies_topic(evidence: &Evidence<'_>) -> Outcome {
    on_alarm(evidence, evidence.settings.root_use(), |alarm| {
        let rules = alarm.mute_rules.as_ref().map_or(Ok(&[][..]), |rules| rules.as_deref());
        let active = rules.ok().and_then(|rules| rules.iter().find(|rule| rule.is_active()));
        if let Some(arn) = evidence.unchecked_action().filter(|_| active.is_none()) {
            let why = format!("`{}` notifies {arn}, which can't be checked from here.", alarm.name);
            return (Verdict::Unknown, why, Fix::Each(vec![Fix::SendTest, Fix::Apply(Goal::SetUp)]));
        }
        let fault = action_fault(alarm, evidence.settings, evidence.observed);
        if let Some(fault) = fault.filter(|_| evidence.unchecked_action().is_none()) {
            if let Some(indirect) = evidence.indirect_alarm() {
                return unchecked(indirect);
            }
            return wrong(format!("{fault}."), REPAIR);
        }
        if let Some(rule) = active {
            let until = rule.mutes_until.map(|at| format!(" until {}", at.strftime("%Y-%m-%d %H:%M UTC")));
            let until = until.unwrap_or_default();
            let why = format!("{} mutes `{}`{until}: no alert is sent.", sentence(&rule.describe()), alarm.name);
            return wrong(why, Fix::Advice(format!("Wait until it ends, or delete it: {}", delete_command(rule))));
        }
        let remark = if rules.is_err() { "; whether a mute rule applies could not be read" } else { "" };
        let count = alarm.config.actions.len();
        ok(format!("{count} action{}{remark}", if count == 1 { "" } else { "s" }))
    })
}

/// Whether a mute rule will keep the alarm from notifying anyone for a time. One that does so now is
/// [`notifies_topic`]'s matter.
pub(super) fn mute_rules(evidence: &Evidence<'_>) -> Outcome {
    let Some(alarm) = evidence.alarm() else { return ok("there is no alarm yet") };
    let rules = match alarm.mute_rules.as_ref() {
        None => return ok("none"),
        Some(Err(unreadable)) => return unknown(unreadable),
        Some(Ok(rules)) => rules,
    };
    let scheduled: Vec<_> = rules.iter().filter(|rule| !rule.is_active()).collect();
    if scheduled.is_empty() {
        return ok("none");
    }
    let described: Vec<String> = scheduled.iter().map(|rule| rule.describe()).collect();
    let verb = if scheduled.len() == 1 { "will mute" } else { "mute" };
    let why = format!("{} {verb} `{}`: no alert is sent then.", sentence(&described.join(" and ")), alarm.name);
    let commands: Vec<String> = scheduled.iter().map(|rule| delete_command(rule)).collect();
    wrong(
        why,
        Fix::Advice(format!("If root use must be reported at that time too, delete it: {}", commands.join("; "))),
    )
}

fn delete_command(rule: &MuteRule) -> String {
    format!("aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name {}", quote(&rule.name))
}

/// The text with a capital letter at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
