//! The contents of the demo account as plain data: the format of the TOML scenarios, and the state that tests compare.
//!
//! The resources are the domain's types plus what only the demo needs. They are keyed by their names (keys by their ARN),
//! so the fields for names and ARNs in the domain's types are empty here, and so are its lists of tags; the queries fill
//! them in.
//!
//! Times are in seconds since the start of the demo, negative for earlier; a time that is left out was long ago.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod alarms;

pub use super::seconds::Seconds;
pub use alarms::{Alarm, CompositeAlarm, HistoryEntry, LogAlarm, MuteRule};

use super::faults::InjectedFault;
use crate::domain::alarm::AlarmConfig;
use crate::domain::confirmation::ConfirmationToken;
use crate::domain::event_rule::{RuleState, RuleTarget};
use crate::domain::key_state::KeyState;
use crate::domain::observed::{self, Confirmation, ManagementEvents, MetricFilter, SubscriptionAttributes};
use crate::domain::policy::PolicyDocument;
use crate::domain::root_user::RootMfa;
use crate::domain::settings::TAG;
use crate::domain::{self, AccountId, AccountRegion, Identity};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// The ARN of the identity that is signed in.
    pub caller: String,
    pub alias: Option<String>,
    /// The default Region; empty: no Region is configured.
    pub region: String,
    pub profiles: Vec<String>,
    /// Names of buckets that belong to other accounts.
    pub foreign_buckets: Vec<String>,
    /// ARNs of topics that belong to other accounts: alarms can notify them, but the caller may not read them.
    pub foreign_topics: Vec<String>,
    /// The names of the accounts of the organization, by their IDs; empty: the caller may not list them.
    pub organization_accounts: BTreeMap<String, String>,
    pub root_user: RootUser,
    pub timing: Timing,
    /// By operation (`CreateRole`), or `*` for all of them.
    pub faults: BTreeMap<String, InjectedFault>,
    pub buckets: BTreeMap<String, Bucket>,
    pub roles: BTreeMap<String, Role>,
    /// KMS keys by their ARN.
    pub keys: BTreeMap<String, KmsKey>,
    /// CloudTrail assumes the role without sending `aws:SourceArn`, as one user has reported.
    pub source_arn_unsaid: bool,
    pub regions: BTreeMap<String, Region>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: "123456789012".into(),
            caller: "arn:aws:iam::123456789012:user/alice".into(),
            alias: None,
            region: "eu-west-1".into(),
            profiles: vec!["default".into(), "prod".into()],
            foreign_buckets: Vec::new(),
            foreign_topics: Vec::new(),
            organization_accounts: BTreeMap::new(),
            root_user: RootUser::default(),
            timing: Timing::default(),
            faults: BTreeMap::new(),
            buckets: BTreeMap::new(),
            roles: BTreeMap::new(),
            keys: BTreeMap::new(),
            source_arn_unsaid: false,
            regions: BTreeMap::new(),
        }
    }
}

impl Account {
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { account: self.id.clone(), arn: self.caller.as_str().into(), alias: self.alias.clone() }
    }

    #[must_use]
    pub fn in_region(&self, region: &domain::Region) -> AccountRegion {
        self.identity().in_region(region)
    }

    pub(in crate::cloud) fn region_mut(&mut self, region: impl AsRef<str>) -> &mut Region {
        self.regions.entry(region.as_ref().to_owned()).or_default()
    }

    /// The same account without times, empty Regions and pending orphaned subscriptions (AWS deletes those by itself),
    /// so that the results of two setups can be compared.
    #[must_use]
    pub fn without_times(mut self) -> Self {
        for region in self.regions.values_mut() {
            region.orphans.retain(|orphan| orphan.config.state != Confirmation::Pending);
            region.rule_runs.clear();
            region.topics.values_mut().for_each(|topic| topic.messages.clear());
        }
        self.regions.retain(|_, region| *region != Region::default());
        self.root_user.report = None;
        for bucket in self.buckets.values_mut() {
            bucket.policy_set = None;
        }
        for role in self.roles.values_mut() {
            role.created = None;
        }
        for region in self.regions.values_mut() {
            for trail in region.trails.values_mut() {
                (trail.started, trail.stopped, trail.attached) = (None, None, None);
                trail.delivered_before = None;
            }
            for group in region.log_groups.values_mut() {
                group.filters_created.clear();
            }
            for alarm in region.alarms.values_mut() {
                (alarm.since, alarm.configured) = (None, None);
                alarm.history.clear();
            }
            for subscription in region.topics.values_mut().flat_map(|t| &mut t.subscriptions) {
                subscription.sent = None;
            }
        }
        self
    }
}

/// The root user. By default, it has what AWS recommends: a password, MFA, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RootUser {
    pub password: bool,
    pub mfa: RootMfa,
    pub access_keys: u32,
    pub certificates: u32,
    /// When the password was last used; left out: never.
    pub password_last_used: Option<Seconds>,
    /// When an access key was last used; left out: never.
    pub access_key_last_used: Option<Seconds>,
    /// Whether the organization manages root access centrally; left out: this account can't tell.
    pub centralized: Option<bool>,
    /// When the credential report was last generated; left out: never.
    pub report: Option<Seconds>,
}

impl Default for RootUser {
    fn default() -> Self {
        Self {
            password: true,
            mfa: RootMfa::Other,
            access_keys: 0,
            certificates: 0,
            password_last_used: None,
            access_key_last_used: None,
            centralized: None,
            report: None,
        }
    }
}

/// How long things take. By default there are no delays, and nobody confirms the subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// Milliseconds that a query takes; a change takes twice as long.
    pub latency_ms: u64,
    /// Seconds until CloudTrail can assume a new role.
    pub role_ready_after: Seconds,
    /// Seconds until CloudTrail uses a new bucket policy.
    pub bucket_policy_ready_after: Seconds,
    /// Seconds until somebody opens the link in the email; left out: nobody does.
    pub confirm_after: Option<Seconds>,
    /// Seconds until a trail makes its first delivery to CloudWatch Logs.
    pub delivers_after: Seconds,
    /// Seconds until an alarm is evaluated. A search finds a log event after a fifth of that, and the metric counts it
    /// after half of that.
    pub evaluated_after: Seconds,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            role_ready_after: 0,
            bucket_policy_ready_after: 0,
            confirm_after: None,
            delivers_after: 0,
            evaluated_after: 60,
        }
    }
}

/// Bucket names are global, but each bucket is in one Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bucket {
    pub region: String,
    #[serde(flatten)]
    pub config: observed::Bucket,
    pub policy_set: Option<Seconds>,
    pub tags: BTreeMap<String, String>,
    /// The number of object versions and delete markers.
    pub objects: u64,
    pub bytes: u64,
}

/// A customer managed KMS key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct KmsKey {
    pub alias: Option<String>,
    pub disabled: bool,
    /// Its deletion is scheduled.
    pub pending_deletion: bool,
    pub policy: PolicyDocument,
}

impl KmsKey {
    #[must_use]
    pub fn state(&self) -> KeyState {
        match self {
            Self { pending_deletion: true, .. } => KeyState::PendingDeletion,
            Self { disabled: true, .. } => KeyState::Disabled,
            Self { .. } => KeyState::Enabled,
        }
    }
}

/// An IAM role. Roles are global.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Role {
    /// Such as `/` or `/service-role/`.
    pub path: String,
    #[serde(flatten)]
    pub config: observed::Role,
    pub created: Option<Seconds>,
    pub tags: BTreeMap<String, String>,
    /// The names of its other policies. A role that has any cannot be deleted.
    pub other_policies: BTreeSet<String>,
    /// Its inline policies other than rootbell's, by their names.
    pub inline_policies: BTreeMap<String, PolicyDocument>,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            path: "/".into(),
            config: observed::Role::default(),
            created: None,
            tags: BTreeMap::new(),
            other_policies: BTreeSet::new(),
            inline_policies: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Region {
    /// The trails whose home Region this is. Other Regions list the multi-Region ones as shadow trails.
    pub trails: BTreeMap<String, Trail>,
    pub log_groups: BTreeMap<String, LogGroup>,
    pub topics: BTreeMap<String, Topic>,
    pub alarms: BTreeMap<String, Alarm>,
    pub composite_alarms: BTreeMap<String, CompositeAlarm>,
    pub log_alarms: BTreeMap<String, LogAlarm>,
    pub mute_rules: BTreeMap<String, MuteRule>,
    /// The rules on the default event bus.
    pub event_rules: BTreeMap<String, EventRule>,
    /// What the rules did.
    pub rule_runs: Vec<RuleRun>,
    /// Subscriptions whose topic was deleted.
    pub orphans: Vec<Subscription>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trail {
    /// The account that owns the trail; left out: this one. The management account owns an organization trail, even one
    /// that a delegated administrator created.
    pub owner: Option<AccountId>,
    #[serde(flatten)]
    pub config: observed::Trail,
    #[serde(flatten)]
    pub events: ManagementEvents,
    pub logging: bool,
    pub started: Option<Seconds>,
    pub stopped: Option<Seconds>,
    /// When its log group was set.
    pub attached: Option<Seconds>,
    /// When it last delivered to the log group; left out: recently.
    pub delivered: Option<Seconds>,
    /// When it last delivered to the log group before it was last started.
    pub delivered_before: Option<Seconds>,
    /// When it last delivered log files to its bucket; left out: recently.
    pub bucket_delivered: Option<Seconds>,
    /// CloudTrail's error at its last attempt to deliver to the log group, reported only if the demo finds no other error.
    /// A delivery is reported next to it only with `delivered`.
    pub logs_error: Option<String>,
    /// CloudTrail's error at its last attempt to deliver to the bucket, likewise.
    pub bucket_error: Option<String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogGroup {
    #[serde(flatten)]
    pub config: observed::LogGroup,
    pub filters: BTreeMap<String, MetricFilter>,
    /// When each filter was created, by its name; left out: long ago.
    pub filters_created: BTreeMap<String, Seconds>,
    /// The names of filters that publish nothing, whatever arrives.
    pub silent_filters: BTreeSet<String>,
    pub streams: BTreeSet<String>,
    pub events: Vec<Event>,
    /// How many seconds of the log one page of search results covers. As on a large log group, pages are then often
    /// empty but have a token for the next one. Left out: one page covers the whole log.
    pub page_covers: Option<Seconds>,
    pub tags: BTreeMap<String, String>,
}

/// A log event. `eventTime` and `eventID` may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    pub at: Seconds,
    pub event: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Topic {
    /// Without a policy, it has the default one that SNS gives a new topic.
    #[serde(flatten)]
    pub config: observed::Topic,
    pub subscriptions: Vec<Subscription>,
    /// What event rules published to it, oldest first.
    pub messages: Vec<String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    #[serde(flatten)]
    pub config: observed::Subscription,
    /// Which messages it receives.
    #[serde(flatten)]
    pub attributes: SubscriptionAttributes,
    /// When the email with the confirmation link was sent.
    pub sent: Option<Seconds>,
}

impl Subscription {
    /// The token in the email.
    pub(in crate::cloud::demo) fn token(&self) -> ConfirmationToken {
        format!("demo-{}", self.config.endpoint).as_str().into()
    }
}

/// A rule on the default event bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventRule {
    pub state: RuleState,
    /// JSON; left out: the rule has a schedule.
    pub pattern: Option<String>,
    pub description: String,
    /// The service that manages it.
    pub managed_by: Option<String>,
    pub targets: Vec<RuleTarget>,
    pub tags: BTreeMap<String, String>,
}

/// A rule that matched an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRun {
    pub at: Seconds,
    pub rule: String,
    /// How many targets it invoked, and how many of these failed.
    pub invoked: u32,
    pub failed: u32,
}

/// Lets a resource be made from what the domain knows of it, with the defaults for the rest.
macro_rules! from_domain {
    ($($config:ty => $resource:ident,)+) => {
        $(impl From<$config> for $resource {
            fn from(config: $config) -> Self {
                Self { config, ..Self::default() }
            }
        })+
    };
}

from_domain! {
    observed::Bucket => Bucket,
    observed::Role => Role,
    observed::Trail => Trail,
    observed::LogGroup => LogGroup,
    observed::Topic => Topic,
    observed::Subscription => Subscription,
    AlarmConfig => Alarm,
}

/// Finds a key by its ARN, id, or alias.
pub(super) fn find_key<'a>(keys: &'a BTreeMap<String, KmsKey>, id: &str) -> Option<(&'a String, &'a KmsKey)> {
    keys.iter().find(|(arn, key)| {
        arn.as_str() == id || arn.ends_with(&format!("key/{id}")) || key.alias.as_deref() == Some(id)
    })
}

/// The tag that rootbell adds to everything that it creates.
pub(super) fn tag() -> BTreeMap<String, String> {
    BTreeMap::from([(TAG.0.to_owned(), TAG.1.to_owned())])
}
