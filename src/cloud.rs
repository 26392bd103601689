//! What rootbell asks of a cloud: a handful of look-ups along the chain, and to apply a [`Change`].
//!
//! [`aws`] is the real one, [`demo`] an account in memory.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::observed::{
    Alarm, BucketLookup, Contents, Key, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription, Topic,
    Trail, TrailStatus,
};
use crate::domain::query::Tagged;
use crate::domain::{Change, Identity};

pub mod aws;
#[cfg(test)]
mod contract;
pub mod demo;
mod error;
mod sign_in;

pub use error::{CloudError, ErrorKind};
pub use sign_in::{AssumedRole, CredentialSource, KeyKind, SignIn};

/// The answer to one question.
pub type Answer<T> = Result<T, CloudError>;

/// One account in one region, seen through one caller's eyes. Every call is one look-up or one change; none retries
/// what a wait could cure (the engine does, visibly), beyond the SDK's own retries of throttling and lost connections.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Who is signed in. The alias comes along where it may be read.
    async fn identity(&self) -> Answer<Identity>;

    /// Every trail this region shows, shadow and organization trails too.
    async fn trails(&self) -> Answer<Vec<Trail>>;

    /// By ARN, since a shadow trail is known by nothing else.
    async fn trail_status(&self, arn: &str) -> Answer<TrailStatus>;

    /// Which management events the trail of this ARN records.
    async fn management_events(&self, arn: &str) -> Answer<ManagementEvents>;

    async fn bucket(&self, name: &str) -> Answer<BucketLookup>;

    async fn log_group(&self, name: &str) -> Answer<Option<LogGroup>>;

    /// Every filter on a log group (at most 100 by AWS's quota); none where the group is not there.
    async fn metric_filters(&self, log_group: &str) -> Answer<Vec<MetricFilter>>;

    /// With the inline policy of our name, where it has that.
    async fn role(&self, name: &str) -> Answer<Option<Role>>;

    async fn alarm(&self, name: &str) -> Answer<Option<Alarm>>;

    /// The alarms on a metric, whatever their name.
    async fn describe_alarms_for_metric(&self, metric: &Metric) -> Answer<Vec<Alarm>>;

    async fn topic(&self, arn: &str) -> Answer<Option<Topic>>;

    /// Every subscription of a topic; none where the topic is not there.
    async fn subscriptions(&self, topic_arn: &str) -> Answer<Vec<Subscription>>;

    /// By id, ARN or alias; with its policy.
    async fn key(&self, id: &str) -> Answer<Option<Key>>;

    /// For each event whether the pattern matches it. [`ErrorKind::Unsupported`] where the endpoint has no such call.
    async fn test_metric_filter(&self, pattern: &str, events: &[&str]) -> Answer<Vec<bool>>;

    /// What the alarm did since then, newest first; one page of at most 100.
    async fn describe_alarm_history(&self, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>>;

    /// The sums of a metric, one for each `period` seconds that have any, oldest first.
    async fn get_metric_data(
        &self,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>>;

    /// The events of a log group that match the pattern, newest first: a page of at most 100, or the one that `page`
    /// leads to. An empty page may lead on to another one. [`ErrorKind::NotFound`] where the group is not there.
    async fn filter_log_events(&self, search: &Search<'_>) -> Answer<EventPage>;

    /// The tags of a thing, by its ARN (a log group's without the `:*`); none where it is not there.
    async fn tags(&self, of: Tagged, arn: &str) -> Answer<Vec<(String, String)>>;

    /// How much is in a bucket, every version counted: a call for each thousand. Nothing where there is no bucket.
    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents>;

    /// Makes the one API call that the change is.
    async fn apply(&self, change: &Change) -> Answer<()>;
}

/// Where to look for events, and for which.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub log_group: &'a str,
    pub pattern: &'a str,
    pub from: Timestamp,
    pub to: Timestamp,
    pub page: Option<&'a str>,
}

/// Which account and region to talk to; `None` leaves it to the SDK's own chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
}

/// A cloud to talk to, and how it was chosen.
#[derive(Clone)]
pub struct Session {
    pub cloud: Arc<dyn Cloud>,
    pub region: String,
    /// Where the region came from, as in "profile `prod`".
    pub region_from: String,
    /// The profile in use, where it is not the default one.
    pub profile: Option<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("region", &self.region).field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// What makes sessions; the wizard makes another one each time the user picks a profile or region.
#[async_trait]
pub trait Connector: Send + Sync {
    /// # Errors
    /// [`ErrorKind::NoRegion`], [`ErrorKind::NoProfile`] for a profile that is not there, [`ErrorKind::Invalid`] for
    /// a setting that cannot be. No request is sent yet.
    async fn connect(&self, target: &Target) -> Answer<Session>;

    /// The profiles of the shared configuration, in alphabetical order.
    async fn profiles(&self) -> Vec<String>;

    /// Opens the links in all confirmation e-mails, which only a demo account's owner can do from here.
    fn open_links(&self) {}
}
