//! What a filter published while events arrived in its log group.

use jiff::Timestamp;

use super::read::to_read_result;
use crate::cloud::{Cloud, MetricTotal, TotalStatistic};
use crate::domain::Region;
use crate::domain::filter_output::{FilterOutput, OutputCounts, incoming_events, must_publish, settled_range};
use crate::domain::observed::MetricFilter;

/// A filter that published nothing: whether it should have depends on what arrived in its log group.
pub(super) struct SilentFilter {
    pub(super) log_group: String,
    pub(super) filter: String,
}

/// What a filter of the log group published, as far as one query tells; `None` if it needn't have published anything.
pub(super) async fn published(
    cloud: &dyn Cloud,
    region: &Region,
    log_group: &str,
    filter: &MetricFilter,
    now: Option<Timestamp>,
) -> Option<Result<FilterOutput, SilentFilter>> {
    let now = now.filter(|now| must_publish(filter, *now))?;
    let (from, _) = settled_range(now);
    let published =
        MetricTotal { metric: &filter.metric, dimension: None, statistic: TotalStatistic::SampleCount, from, to: now };
    let (log_group, filter) = (log_group.to_owned(), filter.name.clone());
    Some(match cloud.metric_total(region, &published).await {
        Ok(total) if total > 0.0 => Ok(FilterOutput { log_group, filter, counts: Ok(OutputCounts::Published) }),
        Ok(_) => Err(SilentFilter { log_group, filter }),
        Err(error) => Ok(FilterOutput { log_group, filter, counts: to_read_result(Err(error)) }),
    })
}

/// What arrived for a filter that published nothing.
pub(super) async fn arrived(cloud: &dyn Cloud, region: &Region, silent: SilentFilter, now: Timestamp) -> FilterOutput {
    let SilentFilter { log_group, filter } = silent;
    let (from, to) = settled_range(now);
    let dimension = Some(("LogGroupName", log_group.as_str()));
    let arrived = MetricTotal { metric: &incoming_events(), dimension, statistic: TotalStatistic::Sum, from, to };
    let total = cloud.metric_total(region, &arrived).await;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let counts = total.map(|events| OutputCounts::Nothing { events: events.max(0.0) as u64 });
    FilterOutput { log_group, filter, counts: to_read_result(counts) }
}
