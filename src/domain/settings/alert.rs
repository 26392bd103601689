//! The settings of one alert.

use super::field::{Field, Origin};
use crate::domain::alert::AlertId;
use crate::domain::observed::{Alarm, Metric, MetricFilter, Observed};
use crate::domain::pattern;

/// The names that the user chose for an alert, and the pattern; for `None`, rootbell chooses.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertOptions<'a> {
    pub filter: Option<&'a str>,
    pub pattern: Option<&'a str>,
    pub alarm: Option<&'a str>,
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
    /// For each setting: the user's option, else the existing value, else the default of the alert's entry.
    pub(super) fn resolve(alert: AlertId, options: AlertOptions<'_>, observed: &Observed) -> Self {
        let spec = alert.spec();
        let owned = |option: Option<&str>| option.map(str::to_owned);
        let found = find_filter(alert, observed, options.filter.unwrap_or(spec.filter.name));
        // A filter that the user named takes precedence over one that only has the pattern.
        let found = found.filter(|filter| options.filter.is_none_or(|name| name == filter.name));
        let filter = Field::pick(
            owned(options.filter),
            found.map(|filter| filter.name.clone()),
            || spec.filter.name.to_owned(),
            "default",
        );
        let pattern = match options.pattern {
            Some(pattern) => Field { value: pattern::normalize_quotes(pattern), origin: Origin::Given },
            None => Field {
                value: spec.filter.pattern.to_owned(),
                origin: Origin::Default("required by CIS 4.3 and Security Hub"),
            },
        };
        let metric = found.map_or_else(|| spec.filter.metric(), |filter| filter.metric.clone());
        let alarms = observed.alarms.as_deref().unwrap_or_default();
        let found = alert.find_alarm(alarms, &metric, options.alarm.unwrap_or(spec.alarm));
        // So does an alarm that the user named.
        let found = found.filter(|alarm| options.alarm.is_none_or(|name| name == alarm.name));
        let alarm = Field::pick(
            owned(options.alarm),
            found.map(|alarm| alarm.name.clone()),
            || spec.alarm.to_owned(),
            "default",
        );
        Self { alert, filter, pattern, metric, alarm }
    }

    /// The filter that counts for this alert on the chain's log group: the one with the configured name, else the best
    /// match.
    #[must_use]
    pub fn existing_filter<'a>(&self, observed: &'a Observed) -> Option<&'a MetricFilter> {
        find_filter(self.alert, observed, &self.filter.value)
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

    /// The alarm with the configured name, else one on the metric.
    #[must_use]
    pub fn existing_alarm<'a>(&self, observed: &'a Observed) -> Option<&'a Alarm> {
        let alarms = observed.alarms.as_deref().unwrap_or_default();
        // The alarm should watch the metric of the existing filter or, if there is none, of the one to be created.
        let metric = self.existing_filter(observed).map_or(&self.metric, |filter| &filter.metric);
        self.alert.find_alarm(alarms, metric, &self.alarm.value)
    }

    /// The alarm with exactly the configured name.
    #[must_use]
    pub fn named_alarm<'a>(&self, observed: &'a Observed) -> Option<&'a Alarm> {
        observed.alarms.as_deref().unwrap_or_default().iter().find(|alarm| alarm.name == self.alarm.value)
    }

    /// What keeps the alarm from firing whenever it should, each as part of a sentence; empty if nothing does.
    #[must_use]
    pub fn faults(&self, alarm: &Alarm, observed: &Observed) -> Vec<String> {
        let existing = self.existing_filter(observed);
        (self.alert.spec().faults)(alarm, existing.unwrap_or(&self.wanted_filter()))
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

fn find_filter<'a>(alert: AlertId, observed: &'a Observed, name: &str) -> Option<&'a MetricFilter> {
    let filters = observed.filters.as_deref().ok()?;
    filters.iter().find(|filter| filter.name == name).or_else(|| (alert.spec().filter.find)(filters))
}
