//! What the checks judge.

use jiff::Timestamp;

use crate::domain::observed::{Alarm, Metric, Observed};
use crate::domain::pattern;
use crate::domain::settings::Settings;

/// What the checks judge.
pub(super) struct Evidence<'a> {
    pub settings: &'a Settings,
    pub observed: &'a Observed,
    pub now: Timestamp,
    /// The metric that the alarm should watch.
    pub metric: &'a Metric,
    pub alarm: Option<&'a Alarm>,
}

impl Evidence<'_> {
    /// Whether the filter counts root's API use; `None` if it can't be read, or its pattern can't be parsed.
    pub(super) fn counts_api_use(&self) -> Option<bool> {
        self.observed.filters.as_ref().ok()?;
        let Some(filter) = self.observed.root_filter(Some(&self.settings.filter.value)) else { return Some(false) };
        let coverage = pattern::coverage(&filter.pattern).ok()?;
        Some(coverage.counts_api_use() && filter.value == "1")
    }
}
