//! The interface to a cloud: queries about the resources of the chain, and a call that applies a [`Change`].
//!
//! [`aws`] talks to AWS, [`demo`] simulates an account in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::event_rule::{EventRule, RuleTarget};
use crate::domain::indirect_alarm::IndirectAlarm;
use crate::domain::mute_rule::MuteRule;
use crate::domain::observed::{
    Alarm, BucketLookup, Contents, KmsKey, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription,
    SubscriptionAttributes, Topic, Trail, TrailStatus,
};
use crate::domain::profile::Profile;
use crate::domain::query::Tagged;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::root_user::{RootCredentials, RootLastUse};
use crate::domain::{Change, Identity, Region};

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(test)]
#[cfg(feature = "aws")]
mod contract;
pub mod demo;
pub mod diagnosis;
mod error;
mod mfa;
mod sign_in;
mod sign_in_problem;

use diagnosis::{Origins, Reached};
pub use error::{
    CloudError, Denial, DenialCause, ErrorKind, KeyProblem, OrganizationProblem, PolicyKind, clock_error_in_words,
};
pub use mfa::MfaCode;
pub use sign_in::{AssumedRole, CredentialSource, KeyKind, SignIn};

/// How long a call may take, with all its attempts.
pub const CALL_LIMIT: Duration = Duration::from_secs(45);

/// The answer to one query.
pub type Answer<T> = Result<T, CloudError>;

/// One account, with one caller's permissions. Each method is one query or one change. Those that concern a regional service
/// take the Region that they happen in; the others are about the whole account. Apart from the SDK's own retries of
/// throttled calls and lost connections, nothing is retried here; the engine does that, visibly.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Who is signed in, including the account's alias if it can be read.
    async fn identity(&self) -> Answer<Identity>;

    /// The names of the accounts of the organization, by their IDs. Only its management account and delegated administrators
    /// may ask for them.
    async fn organization_accounts(&self) -> Answer<BTreeMap<String, String>>;

    /// Which credentials the root user has.
    async fn root_credentials(&self) -> Answer<RootCredentials>;

    /// Whether one of the root user's MFA devices is virtual.
    async fn has_virtual_root_mfa(&self) -> Answer<bool>;

    /// Whether the organization can remove its members' root credentials; `None` if this account is not told, because it
    /// is neither the management account nor a delegated administrator.
    async fn is_root_access_centralized(&self) -> Answer<Option<bool>>;

    /// Makes AWS generate a credential report, unless there is one of the last four hours. Whether it can be read now.
    async fn generate_credential_report(&self) -> Answer<bool>;

    /// What the credential report says about the root user; `None` if there is no report now.
    async fn root_last_use(&self) -> Answer<Option<RootLastUse>>;

    /// Every trail visible in the Region, including shadow and organization trails.
    async fn trails(&self, region: &Region) -> Answer<Vec<Trail>>;

    /// By ARN, because a shadow trail's name alone isn't enough.
    async fn trail_status(&self, region: &Region, arn: &str) -> Answer<TrailStatus>;

    /// Which management events the trail of this ARN records.
    async fn management_events(&self, region: &Region, arn: &str) -> Answer<ManagementEvents>;

    /// The bucket of that name, in whichever Region it is.
    async fn bucket(&self, name: &str) -> Answer<BucketLookup>;

    async fn log_group(&self, region: &Region, name: &str) -> Answer<Option<LogGroup>>;

    /// Every filter on a log group (at most 100 by AWS's quota); empty if the group doesn't exist.
    async fn metric_filters(&self, region: &Region, log_group: &str) -> Answer<Vec<MetricFilter>>;

    /// Including rootbell's inline policy for this purpose, if it has that.
    async fn role(&self, name: &str, purpose: RolePurpose) -> Answer<Option<Role>>;

    async fn alarm(&self, region: &Region, name: &str) -> Answer<Option<Alarm>>;

    /// All alarms on a metric, whatever their names.
    async fn describe_alarms_for_metric(&self, region: &Region, metric: &Metric) -> Answer<Vec<Alarm>>;

    /// All composite alarms, alarms on expressions, and log alarms: whom these notify of what can't be told by metric.
    async fn indirect_alarms(&self, region: &Region) -> Answer<Vec<IndirectAlarm>>;

    /// The alarm mute rules that name this alarm and are active or scheduled, with their schedules if these can be read.
    async fn alarm_mute_rules(&self, region: &Region, alarm: &str) -> Answer<Vec<MuteRule>>;

    async fn topic(&self, region: &Region, arn: &str) -> Answer<Option<Topic>>;

    /// Every subscription of a topic; empty if the topic doesn't exist.
    async fn subscriptions(&self, region: &Region, topic_arn: &str) -> Answer<Vec<Subscription>>;

    /// The attributes of a confirmed subscription. [`ErrorKind::NotFound`] if it doesn't exist.
    async fn subscription_attributes(&self, region: &Region, arn: &str) -> Answer<SubscriptionAttributes>;

    /// Every rule on the default event bus, without its targets.
    async fn event_rules(&self, region: &Region) -> Answer<Vec<EventRule>>;

    /// The targets of a rule on the default event bus.
    async fn rule_targets(&self, region: &Region, rule: &str) -> Answer<Vec<RuleTarget>>;

    /// Whether an event pattern matches an event, as AWS evaluates it. [`ErrorKind::Unsupported`] if the endpoint doesn't
    /// have this call.
    async fn test_event_pattern(&self, region: &Region, pattern: &str, event: &str) -> Answer<bool>;

    /// By ID, ARN, or alias; includes the key policy.
    async fn key(&self, region: &Region, id: &str) -> Answer<Option<KmsKey>>;

    /// Whether the pattern matches, for each event. [`ErrorKind::Unsupported`] if the endpoint doesn't have this call.
    async fn test_metric_filter(&self, region: &Region, pattern: &str, events: &[&str]) -> Answer<Vec<bool>>;

    /// The alarm's history since that time, newest first; one page of at most 100 entries.
    async fn describe_alarm_history(&self, region: &Region, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>>;

    /// The sums of a metric, oldest first: one for each period of `period` seconds that has data.
    async fn get_metric_statistics(
        &self,
        region: &Region,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>>;

    /// The total of a statistic over that time, in periods of an hour; zero if there are no datapoints.
    async fn metric_total(&self, region: &Region, total: &MetricTotal<'_>) -> Answer<f64>;

    /// The events of a log group that match the pattern, newest first: the first page of at most 100, or the one with the
    /// token `page`. An empty page may be followed by another one. [`ErrorKind::NotFound`] if the group doesn't exist.
    async fn filter_log_events(&self, region: &Region, search: &Search<'_>) -> Answer<EventPage>;

    /// The tags of a resource, by its ARN (a log group's without the `:*`); empty if it doesn't exist.
    async fn tags(&self, region: &Region, kind: Tagged, arn: &str) -> Answer<Vec<(String, String)>>;

    /// How many objects a bucket holds and their size, including every version: one call per thousand. Zero if the bucket
    /// doesn't exist.
    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents>;

    /// Makes the API call of a change in that Region. A bucket is changed where it is, if that is known; an IAM role has no
    /// Region.
    async fn apply(&self, region: &Region, change: &Change) -> Answer<()>;
}

/// Which events to search for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub log_group: &'a str,
    pub pattern: &'a str,
    pub from: Timestamp,
    pub to: Timestamp,
    pub page: Option<&'a str>,
}

/// What to add up.
#[derive(Clone, Copy, Debug)]
pub struct MetricTotal<'a> {
    pub metric: &'a Metric,
    /// The name and value of the metric's only dimension; `None`: it has none.
    pub dimension: Option<(&'a str, &'a str)>,
    pub statistic: TotalStatistic,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A statistic whose values can be added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalStatistic {
    Sum,
    SampleCount,
}

/// Which account and Region to connect to; `None` leaves it to the SDK's default chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub profile: Option<String>,
    pub region: Option<Region>,
    pub endpoint_url: Option<String>,
}

/// A connection to a cloud, and where its settings came from.
#[derive(Clone)]
pub struct Session {
    pub cloud: Arc<dyn Cloud>,
    pub region: Region,
    /// Where the Region came from, as in "profile `prod`".
    pub region_from: String,
    /// The profile in use, unless it is the default one.
    pub profile: Option<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("region", &self.region).field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// The state of the files that a sign-in changes, for comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInFiles(pub(in crate::cloud) Vec<(PathBuf, Option<SystemTime>, u64)>);

/// Creates sessions; the wizard creates a new one each time the user picks a profile or Region.
#[async_trait]
pub trait Connector: Send + Sync {
    /// # Errors
    /// [`ErrorKind::NoRegion`], [`ErrorKind::NoProfile`] for a profile that doesn't exist, [`ErrorKind::Invalid`] for an
    /// invalid setting, [`ErrorKind::MfaRequired`] if a role needs an MFA code: then [`Self::enter_code`] comes first. No
    /// AWS API is called yet.
    async fn connect(&self, target: &Target) -> Answer<Session>;

    /// Assumes the role that needs a code, and keeps its session in memory, so that [`Self::connect`] needs none.
    ///
    /// # Errors
    /// [`ErrorKind::MfaRejected`] if AWS doesn't accept the code, and what else a call can fail with.
    async fn enter_code(&self, _target: &Target, _code: &MfaCode) -> Answer<()> {
        Ok(())
    }

    /// A value that changes as soon as the user has signed in elsewhere, or has changed the configuration: it depends on
    /// the files' sizes and times. Nothing asks AWS. `None` if there are no such files.
    async fn sign_in_files(&self) -> Option<SignInFiles> {
        None
    }

    /// The profiles of the shared configuration, in alphabetical order. Reads only files.
    async fn profiles(&self) -> Vec<Profile>;

    /// Where the settings come from. Nothing is sent to AWS.
    async fn origins(&self, target: &Target) -> Origins;

    /// Sends an unsigned request to the endpoint of each service in the Region, all at the same time and each with a time
    /// limit. `now` reads the clock.
    ///
    /// # Errors
    /// No request can be made at all.
    async fn reach(&self, target: &Target, now: fn() -> Timestamp) -> Answer<Vec<Reached>>;

    /// Opens the links in all confirmation emails; only a demo account can do that.
    fn open_links(&self) {}
}
