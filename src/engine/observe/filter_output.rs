//! What a filter published while events arrived in its log group.

use jiff::Timestamp;

use super::read::to_read_result;
use crate::cloud::{Answer, Cloud, MetricTotal, TotalStatistic};
use crate::domain::Region;
use crate::domain::filter_output::{FilterOutput, OutputCounts, incoming_events, must_publish, settled_range};
use crate::domain::observed::MetricFilter;

/// What a filter of the log group published; `None` if it needn't have published anything.
pub(super) async fn filter_output(
    cloud: &dyn Cloud,
    region: &Region,
    log_group: &str,
    filter: &MetricFilter,
    now: Option<Timestamp>,
) -> Option<FilterOutput> {
    let now = now.filter(|now| must_publish(filter, *now))?;
    let counts = to_read_result(output_counts(cloud, region, log_group, filter, now).await);
    Some(FilterOutput { log_group: log_group.to_owned(), filter: filter.name.clone(), counts })
}

/// Counts what the filter published and, if that is nothing, what arrived.
async fn output_counts(
    cloud: &dyn Cloud,
    region: &Region,
    log_group: &str,
    filter: &MetricFilter,
    now: Timestamp,
) -> Answer<OutputCounts> {
    let (from, settled) = settled_range(now);
    let published =
        MetricTotal { metric: &filter.metric, dimension: None, statistic: TotalStatistic::SampleCount, from, to: now };
    if cloud.metric_total(region, &published).await? > 0.0 {
        return Ok(OutputCounts::Published);
    }
    let arrived = MetricTotal {
        metric: &incoming_events(),
        dimension: Some(("LogGroupName", log_group)),
        statistic: TotalStatistic::Sum,
        from,
        to: settled,
    };
    let events = cloud.metric_total(region, &arrived).await?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    Ok(OutputCounts::Nothing { events: events.max(0.0) as u64 })
}
