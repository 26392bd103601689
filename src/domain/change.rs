//! A change: one API call, as a value. The plan on screen, the dry run, the `aws` command, the required permissions and
//! the order of calls are all derived from it.

use super::email::Email;
use super::enum_map::{EnumMap, variants};
use jiff::Timestamp;

use super::added::{Additions, Recorded};
use super::alarm::{AlarmConfig, AlarmState};
use super::alert::AlertId;
use super::arn::{Arn, LogGroupArn};
use super::confirmation::ConfirmationToken;
use super::event_rule::RuleTarget;
use super::observed::MetricFilter;
use super::policy::PolicyDocument;
use super::role_purpose::RolePurpose;

mod command;
mod kind;
mod permission;
mod spec;
pub mod transient;

pub use command::quote;
pub use kind::{ChangeId, Resource, ResourceKind, Verb};
pub use permission::Permission;
pub use spec::{ChangeSpec, Instance, Need, Scope};

variants! {
    /// One of the four setup steps, and the part of the chain that it sets up.
    pub enum Step {
        Trail,
        Topic,
        Filter,
        Alarm,
    }
}

/// One value for each step.
pub type ByStep<T> = EnumMap<Step, T>;

impl Step {
    /// The value of `step` in JSON output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Trail => "trail",
            Self::Topic => "topic",
            Self::Filter => "filter",
            Self::Alarm => "alarm",
        }
    }

    /// The short label on screen.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Trail => "Trail",
            Self::Topic => "Notifications",
            Self::Filter => "Filter",
            Self::Alarm => "Alarm",
        }
    }

    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> usize {
        self as usize + 1
    }

    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    #[must_use]
    pub fn previous(self) -> Option<Self> {
        (self as usize).checked_sub(1).map(|i| Self::ALL[i])
    }
}

/// The log group that a trail delivers to, and the role it uses. CloudTrail requires both ARNs or neither.
///
/// Source: CloudTrail API, UpdateTrail, `CloudWatchLogsLogGroupArn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// With the trailing `:*`.
    pub log_group_arn: LogGroupArn,
    pub role_arn: Arn,
}

/// The settings of a trail that a call changes; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailUpdate {
    pub multi_region: Option<bool>,
    /// A trail that covers all Regions always includes global service events.
    ///
    /// Source: CloudTrail API, UpdateTrail, `InvalidParameterCombinationException`.
    pub global_events: Option<bool>,
    pub validation: Option<bool>,
    pub delivery: Option<Delivery>,
}

/// One API call that changes the account.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    CreateBucket {
        bucket: String,
    },
    PutBucketOwnershipControls {
        bucket: String,
    },
    PutPublicAccessBlock {
        bucket: String,
    },
    PutBucketVersioning {
        bucket: String,
    },
    /// All tags that the bucket should have: the call replaces the whole set.
    PutBucketTagging {
        bucket: String,
        tags: Vec<(String, String)>,
    },
    PutBucketPolicy {
        bucket: String,
        policy: PolicyDocument,
    },
    CreateLogGroup {
        log_group: String,
        /// What its tag records besides rootbell's.
        added: Additions,
    },
    PutRetentionPolicy {
        log_group: String,
        days: u32,
    },
    /// From then on, the log group's events never expire.
    DeleteRetentionPolicy {
        log_group: String,
    },
    SetLogGroupKey {
        log_group: String,
        key: Arn,
    },
    CreateRole {
        role: String,
        purpose: RolePurpose,
        trust: PolicyDocument,
    },
    UpdateAssumeRolePolicy {
        role: String,
        purpose: RolePurpose,
        trust: PolicyDocument,
    },
    PutRolePolicy {
        role: String,
        purpose: RolePurpose,
        policy: PolicyDocument,
    },
    CreateTrail {
        trail: String,
        bucket: String,
        delivery: Delivery,
    },
    UpdateTrail {
        trail: String,
        update: TrailUpdate,
    },
    /// Replaces the selectors by one that selects these management events.
    PutEventSelectors {
        trail: String,
        read: bool,
        write: bool,
    },
    /// Encrypts the log files with a KMS key.
    SetTrailKey {
        trail: String,
        key: Arn,
    },
    StartLogging {
        trail: String,
    },
    CreateTopic {
        topic: String,
        policy: PolicyDocument,
    },
    SetTopicPolicy {
        topic_arn: Arn,
        policy: PolicyDocument,
    },
    /// Encrypts the topic with a KMS key; `None` turns encryption off.
    SetTopicKey {
        topic_arn: Arn,
        key: Option<Arn>,
    },
    Subscribe {
        topic_arn: Arn,
        email: Email,
    },
    /// Confirms a subscription with the token from the email, in a way that only a signed call can end it.
    ConfirmSubscription {
        topic_arn: Arn,
        token: ConfirmationToken,
    },
    /// Creates a rule on the default event bus, or replaces its pattern and description and turns it on. Its targets stay.
    PutRule {
        rule: Arn,
        pattern: String,
        description: String,
    },
    /// Adds a target to a rule, or replaces the one with the same id.
    PutTarget {
        rule: Arn,
        target: RuleTarget,
    },
    PutMetricFilter {
        log_group: String,
        filter: MetricFilter,
    },
    /// Creates the alarm, or replaces its whole configuration.
    PutMetricAlarm {
        alert: AlertId,
        alarm: String,
        config: Box<AlarmConfig>,
    },
    /// For a test: the state lasts until the next evaluation.
    SetAlarmState {
        alarm: String,
        state: AlarmState,
        reason: String,
    },
    /// For a drill, which writes its event to a separate log stream.
    CreateLogStream {
        log_group: String,
        stream: String,
    },
    PutLogEvents {
        log_group: String,
        stream: String,
        at: Timestamp,
        message: String,
    },
    /// For a drill: puts its event on the default event bus.
    PutEvents {
        bus: Arn,
        at: Timestamp,
        detail: String,
    },
    DeleteAlarm {
        alarm: String,
    },
    DeleteMetricFilter {
        log_group: String,
        filter: String,
    },
    RemoveTarget {
        rule: Arn,
        target: String,
    },
    /// AWS refuses it while the rule has a target.
    DeleteRule {
        rule: Arn,
    },
    Unsubscribe {
        arn: Arn,
        endpoint: String,
    },
    DeleteTopic {
        topic_arn: Arn,
    },
    StopLogging {
        trail: String,
    },
    /// Records in a tag what rootbell adds to an unmanaged resource.
    RecordAdded {
        kind: Recorded,
        /// A log group's without the `:*`.
        arn: Arn,
        added: Additions,
    },
    /// Removes that tag.
    RemoveAdded {
        kind: Recorded,
        arn: Arn,
    },
    DeleteTrail {
        trail: String,
    },
    /// Stops an unmanaged trail's delivery to the log group.
    DetachLogs {
        trail: String,
    },
    DeleteRolePolicy {
        role: String,
        purpose: RolePurpose,
    },
    DeleteRole {
        role: String,
        purpose: RolePurpose,
    },
    DeleteLogGroup {
        log_group: String,
    },
    DeleteBucketPolicy {
        bucket: String,
    },
    /// Deletes every version of every object. The only change that takes several calls: one per thousand versions.
    EmptyBucket {
        bucket: String,
    },
    DeleteBucket {
        bucket: String,
    },
}

/// An API operation: the service's IAM prefix and the operation's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    pub service: &'static str,
    pub name: &'static str,
    /// The required IAM action: usually `service:name`, but S3's actions have other names.
    pub iam_action: &'static str,
}
