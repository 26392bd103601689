//! What the checks judge.

use jiff::Timestamp;

use super::action::action_fault;
use super::filter::filter_faults;
use super::outcome::{Outcome, Verdict, missing};
use crate::domain::arn::Arn;
use crate::domain::indirect_alarm::IndirectAlarm;
use crate::domain::observed::{Alarm, MetricFilter, Observed};
use crate::domain::pattern;
use crate::domain::problem::{Fix, Input};
use crate::domain::settings::{Origin, SettingId, Settings};

/// What the checks judge.
pub(super) struct Evidence<'a> {
    pub settings: &'a Settings,
    pub observed: &'a Observed,
    pub now: Timestamp,
}

impl<'a> Evidence<'a> {
    /// The filter that counts root use, if there is one.
    pub(super) fn filter(&self) -> Option<&'a MetricFilter> {
        self.settings.root_use().existing_filter(self.observed)
    }

    /// The alarm on root use, if there is one.
    pub(super) fn alarm(&self) -> Option<&'a Alarm> {
        self.settings.root_use().existing_alarm(self.observed)
    }

    /// What the alarm notifies although it can't be checked from here, if it doesn't notify the topic: a topic of another
    /// account, a function, an incident, or an operations item.
    ///
    /// Source: CloudWatch API, PutMetricAlarm, `AlarmActions`.
    pub(super) fn unchecked_destination(&self) -> Option<&'a Arn> {
        self.unchecked_action().or_else(|| self.indirect_alarm()?.destination())
    }

    /// The same, notified by the alarm itself.
    pub(super) fn unchecked_action(&self) -> Option<&'a Arn> {
        let config = &self.alarm()?.config;
        if !config.actions_enabled || config.actions.contains(&self.settings.topic_arn()) {
            return None;
        }
        config.actions.iter().find(|arn| self.is_unchecked(arn))
    }

    /// Whether an alarm here can notify it, but it can't be checked from here.
    pub(super) fn is_unchecked(&self, arn: &Arn) -> bool {
        let here = &self.settings.account_region;
        match arn.service() {
            Some("sns") => !arn.belongs_to(&here.account) && !arn.is_topic_outside(&here.region),
            Some("lambda" | "ssm" | "ssm-incidents" | "aiops") => true,
            _ => false,
        }
    }

    /// Whether the user set it.
    pub(super) fn is_named(&self, id: SettingId) -> bool {
        self.settings.text(id).1 == Origin::Given
    }

    /// The result for a resource that doesn't exist. If the user named it, the name may be wrong.
    pub(super) fn absent(&self, id: SettingId, otherwise: impl FnOnce() -> String) -> Outcome {
        if !self.is_named(id) {
            return missing(otherwise());
        }
        let create = Fix::ApplyWith { input: Input::Setting(id), value: self.settings.text(id).0 };
        let fix = Fix::Each(vec![Fix::advice("Check the name, or create it."), create]);
        (Verdict::Missing, self.settings.no_such(id), fix)
    }

    /// An alarm that tells somebody about root use in a way that can't be checked from here, if no alarm on the filter's
    /// metric notifies the topic.
    pub(super) fn indirect_alarm(&self) -> Option<&'a IndirectAlarm> {
        let all = self.observed.indirect_alarms.as_ref()?.as_deref().ok()?;
        let (settings, filter, alarm) = (self.settings, self.filter(), self.alarm());
        let here = &settings.account_region;
        let works = |alarm: &Alarm| {
            action_fault(alarm, settings, self.observed).is_none()
                && settings.root_use().faults(alarm, self.observed).is_empty()
        };
        if alarm.is_some_and(works) {
            return None;
        }
        let log_group = &settings.log_group.value;
        let concerns_root = |indirect: &&IndirectAlarm| {
            alarm.is_some_and(|alarm| indirect.is_above(&alarm.name, &here.alarm_arn(&alarm.name)))
                || filter.is_some_and(|filter| indirect.watches(&filter.metric))
                || indirect.asks_for_root(log_group, &here.log_group_tagging_arn(log_group))
        };
        all.iter().filter(|indirect| indirect.destination().is_some()).find(concerns_root)
    }

    /// Whether the filter counts root's API use; `None` if it can't be read, or its pattern can't be parsed.
    pub(super) fn counts_api_use(&self) -> Option<bool> {
        self.observed.filters.as_ref().ok()?;
        let Some(filter) = self.filter() else { return Some(false) };
        let coverage = pattern::coverage(&filter.pattern, &self.settings.account_region.account).ok()?;
        let faults = filter_faults(filter, self.alarm(), &self.settings.account_region);
        if !coverage.counts_api_use() || !faults.known.is_empty() {
            return Some(false);
        }
        faults.possible.is_empty().then_some(true)
    }
}
