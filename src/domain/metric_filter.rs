//! A metric filter of a log group.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::alarm::Metric;

/// A metric filter with its only transformation.
///
/// Source: CloudWatch Logs API, MetricFilter and MetricTransformation.
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
    /// The unit of its datapoints; `None`: AWS's unit `None`.
    pub unit: Option<String>,
    /// The dimensions of its datapoints, each with the field of the event that has the value. The metric exists only with
    /// them.
    pub dimensions: BTreeMap<String, String>,
    /// The system fields that are further dimensions.
    pub emit_system_field_dimensions: Vec<String>,
    /// It is applied to the events as the log group's transformer rewrote them, if it has one.
    pub apply_on_transformed_logs: bool,
    /// The condition on the system fields of the events that it is applied to.
    pub field_selection_criteria: Option<String>,
    /// When it was created; `None`: it is only planned.
    #[serde(skip)]
    pub created: Option<Timestamp>,
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
        Self {
            name: String::new(),
            pattern: String::new(),
            metric: Metric::default(),
            value: "1".into(),
            default: None,
            unit: None,
            dimensions: BTreeMap::new(),
            emit_system_field_dimensions: Vec::new(),
            apply_on_transformed_logs: false,
            field_selection_criteria: None,
            created: None,
        }
    }
}

impl MetricFilter {
    /// The unit of its datapoints, as AWS names it.
    #[must_use]
    pub fn published_unit(&self) -> &str {
        self.unit.as_deref().unwrap_or("None")
    }

    /// Whether its datapoints have no dimensions, as those of rootbell's filter.
    #[must_use]
    pub fn has_no_dimensions(&self) -> bool {
        self.dimensions.is_empty() && self.emit_system_field_dimensions.is_empty()
    }
}
