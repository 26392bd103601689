//! Questions that need not wait for their turn: what is called the same in every account is asked while it is still
//! being found out which account it is, and a second look begins with the names that the first one found.

use std::ops::Deref;

use futures::future::{BoxFuture, FutureExt, OptionFuture, Shared, pending, ready};
use futures::join;

use super::{
    Group, ObserveScope, TopicAndSubscriptions, group, observe_bucket, observe_role, seen, topic_and_subscriptions,
    watch,
};
use crate::cloud::Cloud;
use crate::domain::observed::{Alarm, BucketLookup, ManagementEvents, Metric, ReadResult, Role, Trail, TrailStatus};
use crate::domain::settings::{DEFAULT_ALARM, DEFAULT_LOG_GROUP, default_metric};
use crate::domain::{Settings, SetupOptions};

/// A question that is asked once, whoever waits for the answer.
pub(in crate::engine) type SharedQuery<'c, T> = Shared<BoxFuture<'c, T>>;

/// What is asked of one trail.
pub(super) type TrailAnswers = (ReadResult<TrailStatus>, ReadResult<ManagementEvents>);

/// The questions of one look that may be asked at once. Nothing is asked before somebody waits for it, and nothing
/// twice: what was under way goes on in the look that it is handed to, and copies share the answers.
#[derive(Clone)]
pub struct Prefetch<'c> {
    pub(in crate::engine) trails: SharedQuery<'c, ReadResult<Vec<Trail>>>,
    pub(super) group: SharedQuery<'c, Group>,
    pub(super) alarm: SharedQuery<'c, ReadResult<Option<Alarm>>>,
    /// An alarm on our count may have another name than ours; not asked for where the user names one.
    pub(in crate::engine) on_metric: Option<SharedQuery<'c, ReadResult<Vec<Alarm>>>>,
    /// The trail that the chain is expected to hang on, by its ARN.
    pub(super) watched: Option<(String, SharedQuery<'c, TrailAnswers>)>,
    /// What an earlier look has made the settings, and what hangs on no trail.
    pub(super) known: Option<EarlierAnswers<'c>>,
}

/// What can be asked once the account is known.
#[derive(Clone)]
pub(super) struct EarlierAnswers<'c> {
    pub(super) settings: Settings,
    pub(super) bucket: SharedQuery<'c, ReadResult<BucketLookup>>,
    pub(super) role: SharedQuery<'c, ReadResult<Option<Role>>>,
    pub(super) topic_and_subscriptions: SharedQuery<'c, TopicAndSubscriptions>,
}

impl<'c> Prefetch<'c> {
    /// For a first look: what can be asked without an account id.
    pub fn first<C>(cloud: &C, setup: &SetupOptions) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let log_group = setup.log_group.as_deref().unwrap_or(DEFAULT_LOG_GROUP);
        let alarm = setup.alarm.as_deref().unwrap_or(DEFAULT_ALARM);
        Self::by_name(cloud, setup, log_group, alarm, default_metric())
    }

    /// For another look at what was found before, or made since: by the names that it had, and the trail of this ARN.
    pub fn again<C>(cloud: &C, setup: &SetupOptions, settings: &Settings, trail: String) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let (asked, arn) = (cloud.clone(), trail.clone());
        let watched = async move { watch(&*asked, &arn).await }.boxed().shared();
        let (asked, of) = (cloud.clone(), settings.clone());
        let bucket = async move { observe_bucket(&*asked, &of, ObserveScope::Everything).await }.boxed().shared();
        let (asked, of) = (cloud.clone(), settings.clone());
        let role = async move { observe_role(&*asked, &of, ObserveScope::Everything).await }.boxed().shared();
        let (asked, topic) = (cloud.clone(), settings.topic_arn());
        let topic_and_subscriptions = async move { topic_and_subscriptions(&*asked, &topic).await }.boxed().shared();
        Self {
            watched: Some((trail, watched)),
            known: Some(EarlierAnswers { settings: settings.clone(), bucket, role, topic_and_subscriptions }),
            ..Self::by_name(cloud, setup, &settings.log_group.value, &settings.alarm.value, settings.metric.clone())
        }
    }

    fn by_name<C>(cloud: &C, setup: &SetupOptions, log_group: &str, alarm: &str, metric: Metric) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let (log_group, alarm) = (log_group.to_owned(), alarm.to_owned());
        let (c1, c2, c3, c4) = (cloud.clone(), cloud.clone(), cloud.clone(), cloud.clone());
        let on_metric = async move { seen(c4.describe_alarms_for_metric(&metric).await) };
        Self {
            trails: async move { seen(c1.trails().await) }.boxed().shared(),
            group: async move { group(&*c2, &log_group).await }.boxed().shared(),
            alarm: async move { seen(c3.alarm(&alarm).await) }.boxed().shared(),
            on_metric: setup.alarm.is_none().then(|| on_metric.boxed().shared()),
            watched: None,
            known: None,
        }
    }

    /// Asks beside something that has to be known first, and is back as soon as that is there. Of what an earlier look
    /// knew, the trail is left for the look itself.
    pub async fn alongside<T>(&self, first: impl Future<Output = T>) -> T {
        self.alongside_from(ready(()), first).await
    }

    /// The same, from a moment on.
    pub async fn alongside_from<T>(&self, moment: impl Future<Output = ()>, first: impl Future<Output = T>) -> T {
        let rest = async {
            moment.await;
            // What the moment has brought about goes out first.
            tokio::task::yield_now().await;
            let known = self.known.as_ref();
            let _ = join!(
                OptionFuture::from(known.is_none().then(|| self.trails.clone())),
                self.group.clone(),
                self.alarm.clone(),
                OptionFuture::from(self.on_metric.clone()),
                OptionFuture::from(known.map(|known| known.bucket.clone())),
                OptionFuture::from(known.map(|known| known.role.clone())),
                OptionFuture::from(known.map(|known| known.topic_and_subscriptions.clone())),
            );
            pending::<T>().await
        };
        // In this order: what has to be known first goes out first.
        tokio::select! {
            biased;
            found = first => found,
            never = rest => never,
        }
    }
}
