//! Queries that can start early: resources with default names are read while the account ID is still being fetched, and
//! a repeated observation starts with the names that the previous one found.

use std::ops::Deref;

use futures::future::{BoxFuture, FutureExt, OptionFuture, Shared, pending, ready};
use futures::join;

use super::{
    Group, ObserveScope, TopicAndSubscriptions, group, observe_bucket, observe_role, to_read_result,
    topic_and_subscriptions, trail_answers,
};
use crate::cloud::Cloud;
use crate::domain::observed::{Alarm, BucketLookup, ManagementEvents, Metric, ReadResult, Role, Trail, TrailStatus};
use crate::domain::settings::{DEFAULT_ALARM, DEFAULT_LOG_GROUP, default_metric};
use crate::domain::{Settings, SetupOptions};

/// A query that runs once; everyone who awaits it gets the same answer.
pub(in crate::engine) type SharedQuery<'c, T> = Shared<BoxFuture<'c, T>>;

/// The answers of the queries about one trail.
pub(super) type TrailAnswers = (ReadResult<TrailStatus>, ReadResult<ManagementEvents>);

/// The queries of one observation that can run at once. A query starts when it is first awaited, and never runs twice: one
/// that is running continues in the observation it is passed to, and clones share the answers.
#[derive(Clone)]
pub struct Prefetch<'c> {
    pub(in crate::engine) trails: SharedQuery<'c, ReadResult<Vec<Trail>>>,
    pub(super) group: SharedQuery<'c, Group>,
    pub(super) alarm: SharedQuery<'c, ReadResult<Option<Alarm>>>,
    /// The alarms on our metric, which may have other names; not queried if the user named the alarm.
    pub(in crate::engine) on_metric: Option<SharedQuery<'c, ReadResult<Vec<Alarm>>>>,
    /// The ARN of the trail that the setup is expected to use, and the queries about it.
    pub(super) expected_trail: Option<(String, SharedQuery<'c, TrailAnswers>)>,
    /// The settings from an earlier observation, and the queries that don't depend on the trail.
    pub(super) earlier: Option<EarlierAnswers<'c>>,
}

/// The queries that need the account ID.
#[derive(Clone)]
pub(super) struct EarlierAnswers<'c> {
    pub(super) settings: Settings,
    pub(super) bucket: SharedQuery<'c, ReadResult<BucketLookup>>,
    pub(super) role: SharedQuery<'c, ReadResult<Option<Role>>>,
    pub(super) topic_and_subscriptions: SharedQuery<'c, TopicAndSubscriptions>,
}

impl<'c> Prefetch<'c> {
    /// For the first observation: the queries that don't need the account ID.
    pub fn first<C>(cloud: &C, setup: &SetupOptions) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let log_group = setup.log_group.as_deref().unwrap_or(DEFAULT_LOG_GROUP);
        let alarm = setup.alarm.as_deref().unwrap_or(DEFAULT_ALARM);
        Self::by_name(cloud, setup, log_group, alarm, default_metric())
    }

    /// For a repeated observation: the resources named in `settings`, and the trail with this ARN.
    pub fn again<C>(cloud: &C, setup: &SetupOptions, settings: &Settings, trail: String) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let (client, arn) = (cloud.clone(), trail.clone());
        let expected_trail = async move { trail_answers(&*client, &arn).await }.boxed().shared();
        let (client, wanted) = (cloud.clone(), settings.clone());
        let bucket = async move { observe_bucket(&*client, &wanted, ObserveScope::Everything).await }.boxed().shared();
        let (client, wanted) = (cloud.clone(), settings.clone());
        let role = async move { observe_role(&*client, &wanted, ObserveScope::Everything).await }.boxed().shared();
        let (client, topic) = (cloud.clone(), settings.topic_arn());
        let topic_and_subscriptions = async move { topic_and_subscriptions(&*client, &topic).await }.boxed().shared();
        Self {
            expected_trail: Some((trail, expected_trail)),
            earlier: Some(EarlierAnswers { settings: settings.clone(), bucket, role, topic_and_subscriptions }),
            ..Self::by_name(cloud, setup, &settings.log_group.value, &settings.alarm.value, settings.metric.clone())
        }
    }

    fn by_name<C>(cloud: &C, setup: &SetupOptions, log_group: &str, alarm: &str, metric: Metric) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let (log_group, alarm) = (log_group.to_owned(), alarm.to_owned());
        let (c1, c2, c3, c4) = (cloud.clone(), cloud.clone(), cloud.clone(), cloud.clone());
        let on_metric = async move { to_read_result(c4.describe_alarms_for_metric(&metric).await) };
        Self {
            trails: async move { to_read_result(c1.trails().await) }.boxed().shared(),
            group: async move { group(&*c2, &log_group).await }.boxed().shared(),
            alarm: async move { to_read_result(c3.alarm(&alarm).await) }.boxed().shared(),
            on_metric: setup.alarm.is_none().then(|| on_metric.boxed().shared()),
            expected_trail: None,
            earlier: None,
        }
    }

    /// Runs the queries alongside `first`, and returns as soon as `first` is done. After an earlier observation, the queries
    /// about trails are left to the observation itself.
    pub async fn alongside<T>(&self, first: impl Future<Output = T>) -> T {
        self.alongside_from(ready(()), first).await
    }

    /// Like [`Self::alongside`], but the queries start only after `start`.
    pub async fn alongside_from<T>(&self, start: impl Future<Output = ()>, first: impl Future<Output = T>) -> T {
        let queries = async {
            start.await;
            // Let the task that triggered `start` send its request first.
            tokio::task::yield_now().await;
            let earlier = self.earlier.as_ref();
            let _ = join!(
                OptionFuture::from(earlier.is_none().then(|| self.trails.clone())),
                self.group.clone(),
                self.alarm.clone(),
                OptionFuture::from(self.on_metric.clone()),
                OptionFuture::from(earlier.map(|earlier| earlier.bucket.clone())),
                OptionFuture::from(earlier.map(|earlier| earlier.role.clone())),
                OptionFuture::from(earlier.map(|earlier| earlier.topic_and_subscriptions.clone())),
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
