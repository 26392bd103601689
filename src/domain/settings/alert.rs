//! The settings of one alert.

use super::field::{Field, Origin};
use crate::domain::alarm::AlarmConfig;
use crate::domain::alert::{AlertId, ROOT_USE_FILTER};
use crate::domain::arn::Arn;
use crate::domain::observed::{Alarm, Found, Metric, MetricFilter, Observed};
use crate::domain::pattern;

/// The names that the user chose for an alert, and the pattern; for `None`, rootbell chooses.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertOptions<'a> {
    pub filter: Option<&'a str>,
    pub pattern: Option<&'a str>,
    pub alarm: Option<&'a str>,
    /// Whether the filter must have the pattern that auditors look for.
    pub audit: bool,
    /// The destinations that it may notify instead of the topic.
    pub trust: &'a [Arn],
}

/// The complete settings of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSettings {
    pub alert: AlertId,
    pub filter: Field<String>,
    pub pattern: Field<String>,
    pub metric: Metric,
    pub alarm: Field<String>,
}

impl AlertSettings {
    /// For each setting: the user's option, else the existing resource if it does its job, else the default of the alert's
    /// entry. `topic` is the one that the alarm should notify.
    pub(super) fn resolve(alert: AlertId, options: AlertOptions<'_>, observed: &Observed, topic: &Arn) -> Self {
        let spec = alert.spec();
        let owned = |option: Option<&str>| option.map(str::to_owned);
        let pattern = match options.pattern {
            Some(pattern) => Field { value: pattern::normalize_quotes(pattern), origin: Origin::Given },
            None => Field {
                value: spec.filter.pattern.to_owned(),
                origin: Origin::Default("required by CIS 4.3 and Security Hub"),
            },
        };
        // Another pattern is set on a filter of ours, not on an existing one. Beside a filter that auditors don't accept,
        // rootbell creates its own, for the same metric.
        let has_pattern = |f: &&MetricFilter| {
            (options.pattern.is_none() || f.pattern == pattern.value)
                && (!options.audit || pattern::is_cis_pattern(&f.pattern))
        };
        let on_path = path_filter(alert, observed, Found::usable);
        let found = on_path.filter(has_pattern).or_else(|| named_filter(observed, spec.filter.name));
        let filter = Field::pick(
            owned(options.filter),
            found.map(|filter| filter.name.clone()),
            || spec.filter.name.to_owned(),
            "default",
        );
        let existing = named_filter(observed, &filter.value);
        let metric = existing
            .or(on_path.filter(|_| options.audit))
            .map_or_else(|| spec.filter.metric(), |filter| filter.metric.clone());
        let does_its_job = |alarm: &&Alarm| {
            alarm.config.metric == metric
                && (alarm.config.actions.contains(topic) || alarm.config.notifies_any(options.trust))
        };
        let found = path_alarm(alert, observed, Found::usable)
            .filter(does_its_job)
            .or_else(|| named_alarm(observed, spec.alarm));
        let alarm = Field::pick(
            owned(options.alarm),
            found.map(|alarm| alarm.name.clone()),
            || spec.alarm.to_owned(),
            "default",
        );
        Self { alert, filter, pattern, metric, alarm }
    }

    /// The filter that counts for this alert on the chain's log group: the one with the configured name, else that of the
    /// path.
    #[must_use]
    pub fn existing_filter<'a>(&self, observed: &'a Observed) -> Option<&'a MetricFilter> {
        named_filter(observed, &self.filter.value).or_else(|| path_filter(self.alert, observed, Found::any))
    }

    /// The filter according to the settings.
    #[must_use]
    pub fn wanted_filter(&self) -> MetricFilter {
        MetricFilter {
            name: self.filter.value.clone(),
            pattern: self.pattern.value.clone(),
            metric: self.metric.clone(),
            default: Some(0.0),
            unit: Some("Count".into()),
            ..MetricFilter::default()
        }
    }

    /// The configuration of a new alarm that notifies the topic.
    #[must_use]
    pub fn wanted_alarm(&self, topic: &Arn) -> AlarmConfig {
        let spec = self.alert.spec();
        AlarmConfig {
            metric: self.metric.clone(),
            actions: vec![topic.clone()],
            description: spec.description.into(),
            ..(spec.config)()
        }
    }

    /// The alarm with the configured name, else that of the path.
    #[must_use]
    pub fn existing_alarm<'a>(&self, observed: &'a Observed) -> Option<&'a Alarm> {
        self.named_alarm(observed).or_else(|| path_alarm(self.alert, observed, Found::any))
    }

    /// The alarm with exactly the configured name.
    #[must_use]
    pub fn named_alarm<'a>(&self, observed: &'a Observed) -> Option<&'a Alarm> {
        named_alarm(observed, &self.alarm.value)
    }

    /// What keeps the alarm from firing whenever it should, each as part of a sentence; empty if nothing does.
    #[must_use]
    pub fn faults(&self, alarm: &Alarm, observed: &Observed) -> Vec<String> {
        let existing = self.existing_filter(observed);
        (self.alert.spec().faults)(alarm, existing.unwrap_or(&self.wanted_filter()))
    }

    /// Why it can't be told whether an alarm without faults fires, each as part of a sentence.
    #[must_use]
    pub fn doubts(&self, alarm: &Alarm, observed: &Observed) -> Vec<String> {
        let existing = self.existing_filter(observed);
        (self.alert.spec().doubts)(alarm, existing.unwrap_or(&self.wanted_filter()))
    }

    /// What an alarm that fires could do better, as part of a sentence.
    #[must_use]
    pub fn remark(&self, alarm: &Alarm, observed: &Observed) -> Option<String> {
        let existing = self.existing_filter(observed);
        (self.alert.spec().remark)(alarm, existing.unwrap_or(&self.wanted_filter()))
    }

    /// Whether the filter has its default name.
    #[must_use]
    pub fn filter_has_default_name(&self) -> bool {
        self.filter.value == self.alert.spec().filter.name
    }

    /// Whether the alarm has its default name.
    #[must_use]
    pub fn alarm_has_default_name(&self) -> bool {
        self.alarm.value == self.alert.spec().alarm
    }
}

fn named_filter<'a>(observed: &'a Observed, name: &str) -> Option<&'a MetricFilter> {
    observed.filters.as_deref().ok()?.iter().find(|filter| filter.name == name)
}

/// The path's filter, if the alert uses the filter for root use.
fn path_filter(
    alert: AlertId,
    observed: &Observed,
    take: fn(Option<&Found<String>>) -> Option<&String>,
) -> Option<&MetricFilter> {
    let name = take(observed.path.filter.as_ref()).filter(|_| alert.spec().filter.name == ROOT_USE_FILTER.name)?;
    named_filter(observed, name)
}

/// The path's alarm, if it is this alert's.
fn path_alarm(
    alert: AlertId,
    observed: &Observed,
    take: fn(Option<&Found<String>>) -> Option<&String>,
) -> Option<&Alarm> {
    let name = take(observed.path.alarm.as_ref()).filter(|_| alert == AlertId::RootUse)?;
    named_alarm(observed, name)
}

fn named_alarm<'a>(observed: &'a Observed, name: &str) -> Option<&'a Alarm> {
    observed.alarms.as_deref().ok()?.iter().find(|alarm| alarm.name == name)
}
