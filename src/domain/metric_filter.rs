//! A metric filter of a log group.

use serde::{Deserialize, Serialize};

use super::alarm::Metric;
use super::pattern;

/// A metric filter with its only transformation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricFilter {
    #[serde(skip)]
    pub name: String,
    pub pattern: String,
    #[serde(flatten)]
    pub metric: Metric,
    pub value: String,
    pub default: Option<f64>,
}

impl MetricFilter {
    /// The number that it publishes for each event; `None` if that isn't a number but, for example, a field of the event.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.value.trim().parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// Whether it counts 1 per event, however that is written.
    #[must_use]
    pub fn counts_one(&self) -> bool {
        self.number().is_some_and(|value| (value - 1.0).abs() < f64::EPSILON)
    }
}

impl Default for MetricFilter {
    fn default() -> Self {
        let (name, pattern) = (String::new(), String::new());
        Self { name, pattern, metric: Metric::default(), value: "1".into(), default: None }
    }
}

/// The filter that counts root use: preferably with the CIS pattern, else with an equivalent one, else with one that
/// tests for root at all.
#[must_use]
pub fn counts_root(filters: &[MetricFilter]) -> Option<&MetricFilter> {
    let find = |matches: fn(&str) -> bool| filters.iter().find(|f| matches(&f.pattern));
    find(pattern::is_cis_pattern)
        .or_else(|| find(|p| pattern::read(p) == pattern::Reading::Equivalent))
        .or_else(|| find(pattern::concerns_root))
}
