//! Queries that can start early: resources with default names are read while the account ID is still being fetched.

use std::ops::Deref;

use futures::future::{BoxFuture, FutureExt, Shared, join_all, pending, ready};
use futures::join;

use super::read::{group, to_read_result};
use super::root_user::root_user;
use crate::cloud::Cloud;
use crate::domain::alert::{AlertId, ByAlert, default_metrics};
use crate::domain::enum_map::Variants;
use crate::domain::observed::{Alarm, GroupDetails, Metric, ReadResult, Trail, root_user_not_read};
use crate::domain::root_user::RootUser;
use crate::domain::settings::DEFAULT_LOG_GROUP;
use crate::domain::{Region, SetupOptions};

/// A query that runs once; everyone who awaits it gets the same answer.
pub(in crate::engine) type SharedQuery<'c, T> = Shared<BoxFuture<'c, T>>;

/// The queries of an observation that don't need the account ID. A query starts when it is first awaited, and never runs
/// twice: one that is running continues in the observation it is passed to, and clones share the answers.
#[derive(Clone)]
pub struct Prefetch<'c> {
    pub(super) root_user: SharedQuery<'c, ReadResult<RootUser>>,
    pub(in crate::engine) trails: SharedQuery<'c, ReadResult<Vec<Trail>>>,
    /// Trails that are known without a query, because they were seen from another Region.
    pub(super) known_trails: Vec<Trail>,
    pub(super) group: SharedQuery<'c, GroupDetails>,
    pub(super) alarms: ByAlert<SharedQuery<'c, ReadResult<Option<Alarm>>>>,
    /// The alarms on the default metrics, which may have other names; not queried if the user named all alarms.
    pub(in crate::engine) on_metrics: Vec<SharedQuery<'c, ReadResult<Vec<Alarm>>>>,
}

impl<'c> Prefetch<'c> {
    /// Asks for the resources that the user named, and for those with default names.
    pub fn new<C>(cloud: &C, region: &Region, setup: &SetupOptions) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let log_group = setup.log_group.as_deref().unwrap_or(DEFAULT_LOG_GROUP).to_owned();
        let (c1, c2, r1, r2) = (cloud.clone(), cloud.clone(), region.clone(), region.clone());
        let alarm = |alert: AlertId| {
            let (cloud, region) = (cloud.clone(), region.clone());
            let name = setup.alert(alert).alarm.unwrap_or(alert.spec().alarm).to_owned();
            async move { to_read_result(cloud.alarm(&region, &name).await) }.boxed().shared()
        };
        let on_metric = |metric: Metric| {
            let (cloud, region) = (cloud.clone(), region.clone());
            async move { to_read_result(cloud.describe_alarms_for_metric(&region, &metric).await) }.boxed().shared()
        };
        let has_unnamed_alarm = AlertId::ALL.iter().any(|alert| setup.alert(*alert).alarm.is_none());
        Self {
            root_user: ready(Err(root_user_not_read())).boxed().shared(),
            trails: async move { to_read_result(c1.trails(&r1).await) }.boxed().shared(),
            known_trails: Vec::new(),
            group: async move { group(&*c2, &r2, &log_group).await }.boxed().shared(),
            alarms: ByAlert::from_fn(alarm),
            on_metrics: default_metrics().into_iter().filter(|_| has_unnamed_alarm).map(on_metric).collect(),
        }
    }

    /// Asks for the root user too. Otherwise, it isn't read.
    #[must_use]
    pub fn with_root_user<C>(self, cloud: &C) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let cloud = cloud.clone();
        Self { root_user: async move { Ok(root_user(&*cloud).await) }.boxed().shared(), ..self }
    }

    /// With trails that are known already. Those of all Regions are seen from every Region.
    #[must_use]
    pub(super) fn with_known_trails(self, known_trails: Vec<Trail>) -> Self {
        Self { known_trails, ..self }
    }

    /// Runs the queries alongside `first`, and returns as soon as `first` is done.
    pub async fn alongside<T>(&self, first: impl Future<Output = T>) -> T {
        let queries = async {
            let _ = join!(
                self.root_user.clone(),
                self.trails.clone(),
                self.group.clone(),
                join_all(self.alarms.values().cloned()),
                join_all(self.on_metrics.iter().cloned()),
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
