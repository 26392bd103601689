//! Reads that the observation and its early queries share.

use futures::join;

use crate::cloud::{Answer, Cloud};
use crate::domain::Region;
use crate::domain::observed::{LogGroup, MetricFilter, ReadError, ReadResult};

/// A log group and its filters.
pub(super) type Group = (ReadResult<Option<LogGroup>>, ReadResult<Vec<MetricFilter>>);

pub(in crate::engine) fn to_read_result<T>(answer: Answer<T>) -> ReadResult<T> {
    answer.map_err(ReadError::from)
}

pub(super) async fn group(cloud: &dyn Cloud, region: &Region, name: &str) -> Group {
    let (group, filters) = join!(cloud.log_group(region, name), cloud.metric_filters(region, name));
    (to_read_result(group), to_read_result(filters))
}
