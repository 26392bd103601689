//! Queries that can start early: resources with default names are read while the account ID is still being fetched.

use std::ops::Deref;

use futures::future::{BoxFuture, FutureExt, OptionFuture, Shared, pending};
use futures::join;

use super::read::{group, to_read_result};
use crate::cloud::Cloud;
use crate::domain::observed::{Alarm, GroupDetails, ReadResult, Trail};
use crate::domain::settings::{DEFAULT_ALARM, DEFAULT_LOG_GROUP, default_metric};
use crate::domain::{Region, SetupOptions};

/// A query that runs once; everyone who awaits it gets the same answer.
pub(in crate::engine) type SharedQuery<'c, T> = Shared<BoxFuture<'c, T>>;

/// The queries of an observation that don't need the account ID. A query starts when it is first awaited, and never runs
/// twice: one that is running continues in the observation it is passed to, and clones share the answers.
#[derive(Clone)]
pub struct Prefetch<'c> {
    pub(in crate::engine) trails: SharedQuery<'c, ReadResult<Vec<Trail>>>,
    pub(super) group: SharedQuery<'c, GroupDetails>,
    pub(super) alarm: SharedQuery<'c, ReadResult<Option<Alarm>>>,
    /// The alarms on our metric, which may have other names; not queried if the user named the alarm.
    pub(in crate::engine) on_metric: Option<SharedQuery<'c, ReadResult<Vec<Alarm>>>>,
}

impl<'c> Prefetch<'c> {
    /// Asks for the resources that the user named, and for those with default names.
    pub fn new<C>(cloud: &C, region: &Region, setup: &SetupOptions) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let log_group = setup.log_group.as_deref().unwrap_or(DEFAULT_LOG_GROUP).to_owned();
        let alarm = setup.alarm.as_deref().unwrap_or(DEFAULT_ALARM).to_owned();
        let (c1, c2, c3, c4) = (cloud.clone(), cloud.clone(), cloud.clone(), cloud.clone());
        let (r1, r2, r3, r4) = (region.clone(), region.clone(), region.clone(), region.clone());
        let on_metric = async move { to_read_result(c4.describe_alarms_for_metric(&r4, &default_metric()).await) };
        Self {
            trails: async move { to_read_result(c1.trails(&r1).await) }.boxed().shared(),
            group: async move { group(&*c2, &r2, &log_group).await }.boxed().shared(),
            alarm: async move { to_read_result(c3.alarm(&r3, &alarm).await) }.boxed().shared(),
            on_metric: setup.alarm.is_none().then(|| on_metric.boxed().shared()),
        }
    }

    /// Runs the queries alongside `first`, and returns as soon as `first` is done.
    pub async fn alongside<T>(&self, first: impl Future<Output = T>) -> T {
        let queries = async {
            let _ = join!(
                self.trails.clone(),
                self.group.clone(),
                self.alarm.clone(),
                OptionFuture::from(self.on_metric.clone()),
            );
            pending::<T>().await
        };
        // `biased`, so that `first` sends its request first.
        tokio::select! {
            biased;
            found = first => found,
            never = queries => never,
        }
    }
}
