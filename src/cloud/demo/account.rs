//! The contents of the demo account as plain data: the format of the TOML scenarios, and the state that tests compare.
//!
//! Times are in seconds since the start of the demo, negative for earlier; a time that is left out was long ago.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::faults::InjectedFault;
use crate::domain::arn::{Arn, LogGroupArn};
use crate::domain::observed::{AlarmState, Confirmation};
use crate::domain::{self, AccountRegion, Identity};

/// A time in seconds since the start of the demo, or a duration in seconds.
pub type Seconds = i64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The ARN of the identity that is signed in.
    pub caller: String,
    pub alias: Option<String>,
    /// The default Region; empty: no Region is configured.
    pub region: String,
    pub profiles: Vec<String>,
    /// Names of buckets that belong to other accounts.
    pub foreign_buckets: Vec<String>,
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
            region.orphans.retain(|orphan| orphan.state != SubscriptionState::Pending);
        }
        self.regions.retain(|_, region| *region != Region::default());
        for bucket in self.buckets.values_mut() {
            bucket.policy_set = None;
        }
        for role in self.roles.values_mut() {
            role.created = None;
        }
        for region in self.regions.values_mut() {
            for trail in region.trails.values_mut() {
                (trail.started, trail.stopped, trail.attached) = (None, None, None);
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
#[serde(default, deny_unknown_fields)]
pub struct Bucket {
    pub region: String,
    pub policy: Option<Value>,
    pub policy_set: Option<Seconds>,
    pub owner_enforced: bool,
    pub public_blocked: bool,
    pub versioned: bool,
    pub tags: BTreeMap<String, String>,
    /// The number of object versions and delete markers.
    pub objects: u64,
    pub bytes: u64,
}

/// A customer managed KMS key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KmsKey {
    pub alias: Option<String>,
    pub disabled: bool,
    pub policy: Value,
}

impl Default for KmsKey {
    fn default() -> Self {
        Self { alias: None, disabled: false, policy: serde_json::json!({}) }
    }
}

/// An IAM role. Roles are global.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Role {
    /// Such as `/` or `/service-role/`.
    pub path: String,
    pub trust: Value,
    /// The inline policy with rootbell's name.
    pub policy: Option<Value>,
    pub created: Option<Seconds>,
    pub tags: BTreeMap<String, String>,
    /// The names of its other policies. A role that has any cannot be deleted.
    pub other_policies: BTreeSet<String>,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            path: "/".into(),
            trust: serde_json::json!({}),
            policy: None,
            created: None,
            tags: BTreeMap::new(),
            other_policies: BTreeSet::new(),
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
    /// Subscriptions whose topic was deleted.
    pub orphans: Vec<Subscription>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "CloudTrail's own flags")]
pub struct Trail {
    /// The account that owns the trail; left out: this one. The management account owns an organization trail.
    pub owner: Option<String>,
    pub organization: bool,
    pub multi_region: bool,
    pub log_file_validation: bool,
    pub bucket: String,
    pub log_group_arn: Option<LogGroupArn>,
    pub role_arn: Option<Arn>,
    pub kms_key: Option<Arn>,
    pub logging: bool,
    pub started: Option<Seconds>,
    pub stopped: Option<Seconds>,
    /// When its log group was set.
    pub attached: Option<Seconds>,
    /// Whether it records management events that read.
    pub read: bool,
    /// Whether it records management events that write.
    pub write: bool,
    /// Whether it has selectors for other events.
    pub other_selectors: bool,
    /// When it last delivered to the log group; left out: recently.
    pub delivered: Option<Seconds>,
    /// CloudTrail's error at the last delivery to the log group, reported only if the demo finds no other error.
    pub logs_error: Option<String>,
    pub tags: BTreeMap<String, String>,
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            owner: None,
            organization: false,
            multi_region: false,
            log_file_validation: false,
            bucket: String::new(),
            log_group_arn: None,
            role_arn: None,
            kms_key: None,
            logging: false,
            started: None,
            stopped: None,
            attached: None,
            read: true,
            write: true,
            other_selectors: false,
            delivered: None,
            logs_error: None,
            tags: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogGroup {
    pub retention_days: Option<u32>,
    pub kms_key: Option<Arn>,
    pub filters: BTreeMap<String, Filter>,
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    pub pattern: String,
    pub namespace: String,
    pub metric: String,
    pub value: String,
    pub default: Option<f64>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            pattern: String::new(),
            namespace: String::new(),
            metric: String::new(),
            value: "1".into(),
            default: None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Topic {
    /// Left out: the default policy that SNS gives a new topic.
    pub policy: Option<Value>,
    pub kms_key: Option<String>,
    pub subscriptions: Vec<Subscription>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subscription {
    pub endpoint: String,
    pub protocol: String,
    pub state: SubscriptionState,
    /// When the email with the confirmation link was sent.
    pub sent: Option<Seconds>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self { endpoint: String::new(), protocol: "email".into(), state: SubscriptionState::Pending, sent: None }
    }
}

/// Whether a subscription is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionState {
    Pending,
    Confirmed,
    Deleted,
}

impl From<SubscriptionState> for Confirmation {
    fn from(link: SubscriptionState) -> Self {
        match link {
            SubscriptionState::Pending => Self::Pending,
            SubscriptionState::Confirmed => Self::Confirmed,
            SubscriptionState::Deleted => Self::Deleted,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alarm {
    pub namespace: String,
    pub metric: String,
    pub statistic: String,
    pub period: u32,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: u32,
    pub threshold: f64,
    pub comparison: String,
    pub missing_data: String,
    pub actions_enabled: bool,
    pub actions: Vec<Arn>,
    pub ok_actions: Vec<Arn>,
    pub insufficient_data_actions: Vec<Arn>,
    pub description: String,
    pub state: StateValue,
    pub reason: String,
    pub since: Option<Seconds>,
    /// When `PutMetricAlarm` last wrote it.
    pub configured: Option<Seconds>,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    pub tags: BTreeMap<String, String>,
}

/// One entry of an alarm's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    pub at: Seconds,
    /// As AWS names it: `StateUpdate`, `Action`, `ConfigurationUpdate`.
    pub kind: String,
    pub summary: String,
    pub data: Option<Value>,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            namespace: String::new(),
            metric: String::new(),
            statistic: "Sum".into(),
            period: 300,
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            threshold: 1.0,
            comparison: "GreaterThanOrEqualToThreshold".into(),
            missing_data: "notBreaching".into(),
            actions_enabled: true,
            actions: Vec::new(),
            ok_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            description: String::new(),
            state: StateValue::Ok,
            reason: String::new(),
            since: None,
            configured: None,
            history: Vec::new(),
            tags: BTreeMap::new(),
        }
    }
}

/// An alarm's state, as in the field `StateValue` of AWS's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StateValue {
    Ok,
    Alarm,
    InsufficientData,
}

impl From<AlarmState> for StateValue {
    fn from(state: AlarmState) -> Self {
        match state {
            AlarmState::Ok => Self::Ok,
            AlarmState::Alarm => Self::Alarm,
            AlarmState::InsufficientData => Self::InsufficientData,
        }
    }
}

impl From<StateValue> for AlarmState {
    fn from(state: StateValue) -> Self {
        match state {
            StateValue::Ok => Self::Ok,
            StateValue::Alarm => Self::Alarm,
            StateValue::InsufficientData => Self::InsufficientData,
        }
    }
}

/// Finds a key by its ARN, id, or alias.
pub(super) fn find_key<'a>(keys: &'a BTreeMap<String, KmsKey>, id: &str) -> Option<(&'a String, &'a KmsKey)> {
    keys.iter().find(|(arn, key)| {
        arn.as_str() == id || arn.ends_with(&format!("key/{id}")) || key.alias.as_deref() == Some(id)
    })
}
