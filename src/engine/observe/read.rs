//! Reads that the observation and its early queries share.

use futures::join;

use crate::cloud::{Answer, Cloud};
use crate::domain::Region;
use crate::domain::observed::{GroupDetails, ReadResult};
use crate::domain::problem::Problem;

pub(in crate::engine) fn to_read_result<T>(answer: Answer<T>) -> ReadResult<T> {
    answer.map_err(Problem::from)
}

pub(super) async fn group(cloud: &dyn Cloud, region: &Region, name: &str) -> GroupDetails {
    let (log_group, filters) = join!(cloud.log_group(region, name), cloud.metric_filters(region, name));
    GroupDetails { log_group: to_read_result(log_group), filters: to_read_result(filters) }
}
