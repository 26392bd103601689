//! What a filter published while events arrived in its log group: the one thing that no list of settings proves.

use jiff::{SignedDuration, Timestamp};

use super::alarm::Metric;
use super::metric_filter::MetricFilter;
use super::problem::ReadResult;

/// The time over which a filter's datapoints are counted.
pub const COUNTED_OVER: SignedDuration = SignedDuration::from_hours(24);

/// Events that arrived later than this ago may not have become datapoints yet.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What one filter of a log group published.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterOutput {
    pub log_group: String,
    pub filter: String,
    pub counts: ReadResult<OutputCounts>,
}

/// What arrived and what was published in the last 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputCounts {
    /// The filter published datapoints.
    Published,
    /// It published none. So many events arrived in its log group, not counting those of the last hour.
    Nothing { events: u64 },
}

/// The number of events that arrive in a log group, by its dimension `LogGroupName`.
///
/// Source: CloudWatch Logs User Guide, "Monitoring usage with CloudWatch metrics".
#[must_use]
pub fn incoming_events() -> Metric {
    Metric::new("AWS/Logs", "IncomingLogEvents")
}

/// The start and the end of the time in which events must have become datapoints by now.
#[must_use]
pub fn settled_range(now: Timestamp) -> (Timestamp, Timestamp) {
    let minus = |span| now.saturating_sub(span).unwrap_or(now);
    (minus(COUNTED_OVER), minus(SETTLED_AFTER))
}

/// Whether the filter must have published datapoints in the last 24 hours if events arrived then: it has a default value,
/// which it publishes for each minute with events of which none matches, and it is old enough.
///
/// Source: CloudWatch Logs User Guide, "Creating metrics from log events using filters": default value; filters are not
/// retroactive.
#[must_use]
pub fn must_publish(filter: &MetricFilter, now: Timestamp) -> bool {
    filter.default.is_some()
        && filter.has_no_dimensions()
        && filter.created.is_some_and(|at| at <= settled_range(now).0)
}
