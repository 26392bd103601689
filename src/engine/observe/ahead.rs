//! Questions that need not wait for their turn: what is called the same in every account is asked while it is still
//! being found out which account it is, and a second look begins with the names that the first one found.

use std::ops::Deref;

use futures::future::{BoxFuture, FutureExt, OptionFuture, Shared, pending, ready};
use futures::join;

use super::{Group, Look, Tellers, group, look_at_bucket, look_at_role, seen, tellers, watch};
use crate::cloud::Cloud;
use crate::domain::observed::{Alarm, BucketName, ManagementEvents, Metric, Role, Seen, Trail, TrailStatus};
use crate::domain::settings::{DEFAULT_ALARM, DEFAULT_LOG_GROUP, default_metric};
use crate::domain::{Settings, Wishes};

/// A question that is asked once, whoever waits for the answer.
pub(in crate::engine) type Asked<'c, T> = Shared<BoxFuture<'c, T>>;

/// What is asked of one trail.
pub(super) type Watch = (Seen<TrailStatus>, Seen<ManagementEvents>);

/// The questions of one look that may be asked at once. Nothing is asked before somebody waits for it, and nothing
/// twice: what was under way goes on in the look that it is handed to, and copies share the answers.
#[derive(Clone)]
pub struct Ahead<'c> {
    pub(in crate::engine) trails: Asked<'c, Seen<Vec<Trail>>>,
    pub(super) group: Asked<'c, Group>,
    pub(super) alarm: Asked<'c, Seen<Option<Alarm>>>,
    /// An alarm on our count may have another name than ours; not asked for where the user names one.
    pub(in crate::engine) on_metric: Option<Asked<'c, Seen<Vec<Alarm>>>>,
    /// The trail that the chain is expected to hang on, by its ARN.
    pub(super) watched: Option<(String, Asked<'c, Watch>)>,
    /// What an earlier look has made the settings, and what hangs on no trail.
    pub(super) known: Option<Known<'c>>,
}

/// What can be asked once the account is known.
#[derive(Clone)]
pub(super) struct Known<'c> {
    pub(super) settings: Settings,
    pub(super) bucket: Asked<'c, Seen<BucketName>>,
    pub(super) role: Asked<'c, Seen<Option<Role>>>,
    pub(super) tellers: Asked<'c, Tellers>,
}

impl<'c> Ahead<'c> {
    /// For a first look: what can be asked without an account id.
    pub fn first<C>(cloud: &C, wishes: &Wishes) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let log_group = wishes.log_group.as_deref().unwrap_or(DEFAULT_LOG_GROUP);
        let alarm = wishes.alarm.as_deref().unwrap_or(DEFAULT_ALARM);
        Self::by_name(cloud, wishes, log_group, alarm, default_metric())
    }

    /// For another look at what was found before, or made since: by the names that it had, and the trail of this ARN.
    pub fn again<C>(cloud: &C, wishes: &Wishes, settings: &Settings, trail: String) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let (asked, arn) = (cloud.clone(), trail.clone());
        let watched = async move { watch(&*asked, &arn).await }.boxed().shared();
        let (asked, of) = (cloud.clone(), settings.clone());
        let bucket = async move { look_at_bucket(&*asked, &of, Look::Everything).await }.boxed().shared();
        let (asked, of) = (cloud.clone(), settings.clone());
        let role = async move { look_at_role(&*asked, &of, Look::Everything).await }.boxed().shared();
        let (asked, topic) = (cloud.clone(), settings.topic_arn());
        let tellers = async move { tellers(&*asked, &topic).await }.boxed().shared();
        Self {
            watched: Some((trail, watched)),
            known: Some(Known { settings: settings.clone(), bucket, role, tellers }),
            ..Self::by_name(cloud, wishes, &settings.log_group.value, &settings.alarm.value, settings.metric.clone())
        }
    }

    fn by_name<C>(cloud: &C, wishes: &Wishes, log_group: &str, alarm: &str, metric: Metric) -> Self
    where
        C: Deref<Target = dyn Cloud + 'c> + Clone + Send + Sync + 'c,
    {
        let (log_group, alarm) = (log_group.to_owned(), alarm.to_owned());
        let (c1, c2, c3, c4) = (cloud.clone(), cloud.clone(), cloud.clone(), cloud.clone());
        let on_metric = async move { seen(c4.alarms_on(&metric).await) };
        Self {
            trails: async move { seen(c1.trails().await) }.boxed().shared(),
            group: async move { group(&*c2, &log_group).await }.boxed().shared(),
            alarm: async move { seen(c3.alarm(&alarm).await) }.boxed().shared(),
            on_metric: wishes.alarm.is_none().then(|| on_metric.boxed().shared()),
            watched: None,
            known: None,
        }
    }

    /// Asks beside something that has to be known first, and is back as soon as that is there. Of what an earlier look
    /// knew, the trail is left for the look itself.
    pub async fn beside<T>(&self, first: impl Future<Output = T>) -> T {
        self.beside_once(ready(()), first).await
    }

    /// The same, from a moment on.
    pub async fn beside_once<T>(&self, moment: impl Future<Output = ()>, first: impl Future<Output = T>) -> T {
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
                OptionFuture::from(known.map(|known| known.tellers.clone())),
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
