//! A change: one API call, as a value. The plan on screen, the dry run, the `aws` command, the required permissions and
//! the order of calls are all derived from it.

use jiff::Timestamp;
use serde_json::Value;

use super::account_region::AccountRegion;
use super::observed::{Alarm, AlarmState, MetricFilter};

mod command;
mod order;
mod permission;
pub mod transient;

pub use command::quote;
pub use permission::Permission;

/// One of the four setup steps, and the part of the chain that it sets up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Trail,
    Topic,
    Filter,
    Alarm,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Trail, Self::Topic, Self::Filter, Self::Alarm];

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
    pub log_group_arn: String,
    pub role_arn: String,
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
        policy: Value,
    },
    CreateLogGroup {
        log_group: String,
    },
    PutRetentionPolicy {
        log_group: String,
        days: u32,
    },
    SetLogGroupKey {
        log_group: String,
        key: String,
    },
    CreateRole {
        role: String,
        trust: Value,
    },
    UpdateAssumeRolePolicy {
        role: String,
        trust: Value,
    },
    PutRolePolicy {
        role: String,
        policy: Value,
    },
    CreateTrail {
        trail: String,
        bucket: String,
        delivery: Delivery,
    },
    UpdateTrail {
        trail: String,
        delivery: Option<Delivery>,
    },
    PutEventSelectors {
        trail: String,
    },
    /// Encrypts the log files with a KMS key.
    SetTrailKey {
        trail: String,
        key: String,
    },
    StartLogging {
        trail: String,
    },
    CreateTopic {
        topic: String,
        policy: Value,
    },
    SetTopicPolicy {
        topic_arn: String,
        policy: Value,
    },
    /// Encrypts the topic with a KMS key; `None` turns encryption off.
    SetTopicKey {
        topic_arn: String,
        key: Option<String>,
    },
    Subscribe {
        topic_arn: String,
        email: String,
    },
    PutMetricFilter {
        log_group: String,
        filter: MetricFilter,
    },
    PutMetricAlarm {
        alarm: Box<Alarm>,
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
    DeleteAlarm {
        alarm: String,
    },
    DeleteMetricFilter {
        log_group: String,
        filter: String,
    },
    Unsubscribe {
        arn: String,
        endpoint: String,
    },
    DeleteTopic {
        topic_arn: String,
    },
    StopLogging {
        trail: String,
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
    },
    DeleteRole {
        role: String,
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

impl Change {
    /// The operation that it calls, and the required permission.
    ///
    /// Source: Service Authorization Reference, one page per service.
    #[must_use]
    pub fn operation(&self) -> Operation {
        let op = |service, name, iam_action| Operation { service, name, iam_action };
        match self {
            Self::CreateBucket { .. } => op("s3", "CreateBucket", "s3:CreateBucket"),
            Self::PutBucketOwnershipControls { .. } => {
                op("s3", "PutBucketOwnershipControls", "s3:PutBucketOwnershipControls")
            }
            Self::PutPublicAccessBlock { .. } => op("s3", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
            Self::PutBucketVersioning { .. } => op("s3", "PutBucketVersioning", "s3:PutBucketVersioning"),
            Self::PutBucketTagging { .. } => op("s3", "PutBucketTagging", "s3:PutBucketTagging"),
            Self::PutBucketPolicy { .. } => op("s3", "PutBucketPolicy", "s3:PutBucketPolicy"),
            Self::CreateLogGroup { .. } => op("logs", "CreateLogGroup", "logs:CreateLogGroup"),
            Self::PutRetentionPolicy { .. } => op("logs", "PutRetentionPolicy", "logs:PutRetentionPolicy"),
            Self::SetLogGroupKey { .. } => op("logs", "AssociateKmsKey", "logs:AssociateKmsKey"),
            Self::CreateRole { .. } => op("iam", "CreateRole", "iam:CreateRole"),
            Self::UpdateAssumeRolePolicy { .. } => op("iam", "UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy"),
            Self::PutRolePolicy { .. } => op("iam", "PutRolePolicy", "iam:PutRolePolicy"),
            Self::CreateTrail { .. } => op("cloudtrail", "CreateTrail", "cloudtrail:CreateTrail"),
            Self::UpdateTrail { .. } | Self::SetTrailKey { .. } | Self::DetachLogs { .. } => {
                op("cloudtrail", "UpdateTrail", "cloudtrail:UpdateTrail")
            }
            Self::PutEventSelectors { .. } => op("cloudtrail", "PutEventSelectors", "cloudtrail:PutEventSelectors"),
            Self::StartLogging { .. } => op("cloudtrail", "StartLogging", "cloudtrail:StartLogging"),
            Self::CreateTopic { .. } => op("sns", "CreateTopic", "sns:CreateTopic"),
            Self::SetTopicPolicy { .. } | Self::SetTopicKey { .. } => {
                op("sns", "SetTopicAttributes", "sns:SetTopicAttributes")
            }
            Self::Subscribe { .. } => op("sns", "Subscribe", "sns:Subscribe"),
            Self::PutMetricFilter { .. } => op("logs", "PutMetricFilter", "logs:PutMetricFilter"),
            Self::PutMetricAlarm { .. } => op("cloudwatch", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
            Self::SetAlarmState { .. } => op("cloudwatch", "SetAlarmState", "cloudwatch:SetAlarmState"),
            Self::CreateLogStream { .. } => op("logs", "CreateLogStream", "logs:CreateLogStream"),
            Self::PutLogEvents { .. } => op("logs", "PutLogEvents", "logs:PutLogEvents"),
            Self::DeleteAlarm { .. } => op("cloudwatch", "DeleteAlarms", "cloudwatch:DeleteAlarms"),
            Self::DeleteMetricFilter { .. } => op("logs", "DeleteMetricFilter", "logs:DeleteMetricFilter"),
            Self::Unsubscribe { .. } => op("sns", "Unsubscribe", "sns:Unsubscribe"),
            Self::DeleteTopic { .. } => op("sns", "DeleteTopic", "sns:DeleteTopic"),
            Self::StopLogging { .. } => op("cloudtrail", "StopLogging", "cloudtrail:StopLogging"),
            Self::DeleteTrail { .. } => op("cloudtrail", "DeleteTrail", "cloudtrail:DeleteTrail"),
            Self::DeleteRolePolicy { .. } => op("iam", "DeleteRolePolicy", "iam:DeleteRolePolicy"),
            Self::DeleteRole { .. } => op("iam", "DeleteRole", "iam:DeleteRole"),
            Self::DeleteLogGroup { .. } => op("logs", "DeleteLogGroup", "logs:DeleteLogGroup"),
            Self::DeleteBucketPolicy { .. } => op("s3", "DeleteBucketPolicy", "s3:DeleteBucketPolicy"),
            Self::EmptyBucket { .. } => op("s3", "DeleteObjects", "s3:DeleteObjectVersion"),
            Self::DeleteBucket { .. } => op("s3", "DeleteBucket", "s3:DeleteBucket"),
        }
    }

    /// The step that it belongs to.
    #[must_use]
    pub fn step(&self) -> Step {
        match self {
            Self::CreateTopic { .. }
            | Self::SetTopicPolicy { .. }
            | Self::SetTopicKey { .. }
            | Self::Subscribe { .. }
            | Self::Unsubscribe { .. }
            | Self::DeleteTopic { .. } => Step::Topic,
            Self::PutMetricFilter { .. } | Self::DeleteMetricFilter { .. } => Step::Filter,
            Self::PutMetricAlarm { .. }
            | Self::DeleteAlarm { .. }
            | Self::SetAlarmState { .. }
            | Self::CreateLogStream { .. }
            | Self::PutLogEvents { .. } => Step::Alarm,
            _ => Step::Trail,
        }
    }

    /// Its ID within a plan, the same in every run. If a plan can contain several, the resource's name follows after a
    /// colon.
    #[must_use]
    pub fn id(&self) -> String {
        let prefix = match self {
            Self::CreateBucket { .. } => "bucket.create",
            Self::PutBucketOwnershipControls { .. } => "bucket.ownership",
            Self::PutPublicAccessBlock { .. } => "bucket.public_access_block",
            Self::PutBucketVersioning { .. } => "bucket.versioning",
            Self::PutBucketTagging { .. } => "bucket.tags",
            Self::PutBucketPolicy { .. } => "bucket.policy",
            Self::CreateLogGroup { .. } => "log_group.create",
            Self::PutRetentionPolicy { .. } => "log_group.retention",
            Self::SetLogGroupKey { .. } => "log_group.key",
            Self::CreateRole { .. } => "role.create",
            Self::UpdateAssumeRolePolicy { .. } => "role.trust",
            Self::PutRolePolicy { .. } => "role.policy",
            Self::CreateTrail { .. } => "trail.create",
            Self::UpdateTrail { .. } => "trail.update",
            Self::PutEventSelectors { .. } => "trail.events",
            Self::SetTrailKey { .. } => "trail.key",
            Self::StartLogging { .. } => "trail.start",
            Self::CreateTopic { .. } => "topic.create",
            Self::SetTopicPolicy { .. } => "topic.policy",
            Self::SetTopicKey { .. } => "topic.key",
            Self::Subscribe { .. } => "subscription.create",
            Self::PutMetricFilter { .. } => "filter.put",
            Self::PutMetricAlarm { .. } => "alarm.put",
            Self::SetAlarmState { .. } => "alarm.state",
            Self::CreateLogStream { .. } => "drill.stream",
            Self::PutLogEvents { .. } => "drill.event",
            Self::DeleteAlarm { .. } => "alarm.delete",
            Self::DeleteMetricFilter { log_group, filter } => return format!("filter.delete:{log_group}:{filter}"),
            Self::Unsubscribe { .. } => "subscription.delete",
            Self::DeleteTopic { .. } => "topic.delete",
            Self::StopLogging { .. } => "trail.stop",
            Self::DeleteTrail { .. } => "trail.delete",
            Self::DetachLogs { .. } => "trail.detach",
            Self::DeleteRolePolicy { .. } => "role.policy.delete",
            Self::DeleteRole { .. } => "role.delete",
            Self::DeleteLogGroup { .. } => "log_group.delete",
            Self::DeleteBucketPolicy { .. } => "bucket.policy.delete",
            Self::EmptyBucket { .. } => "bucket.empty",
            Self::DeleteBucket { .. } => "bucket.delete",
        };
        if self.deletes() || matches!(self, Self::Subscribe { .. }) {
            format!("{prefix}:{}", self.name())
        } else {
            prefix.to_owned()
        }
    }

    /// The kind of resource that it creates, changes or deletes, for display.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        match self {
            Self::CreateBucket { .. } | Self::DeleteBucket { .. } => "S3 bucket",
            Self::PutBucketOwnershipControls { .. } => "bucket ownership",
            Self::PutPublicAccessBlock { .. } => "public access block",
            Self::PutBucketVersioning { .. } => "bucket versioning",
            Self::PutBucketTagging { .. } => "bucket tags",
            Self::PutBucketPolicy { .. } | Self::DeleteBucketPolicy { .. } => "bucket policy",
            Self::EmptyBucket { .. } => "log files",
            Self::CreateLogGroup { .. } | Self::DeleteLogGroup { .. } => "log group",
            Self::PutRetentionPolicy { .. } => "log retention",
            Self::SetLogGroupKey { .. } => "log encryption",
            Self::CreateRole { .. } | Self::DeleteRole { .. } => "IAM role",
            Self::UpdateAssumeRolePolicy { .. } => "role trust",
            Self::PutRolePolicy { .. } | Self::DeleteRolePolicy { .. } => "role policy",
            Self::CreateTrail { .. }
            | Self::UpdateTrail { .. }
            | Self::DeleteTrail { .. }
            | Self::DetachLogs { .. } => "trail",
            Self::PutEventSelectors { .. } => "trail events",
            Self::SetTrailKey { .. } => "trail encryption",
            Self::SetTopicKey { .. } => "topic encryption",
            Self::StartLogging { .. } | Self::StopLogging { .. } => "trail logging",
            Self::CreateTopic { .. } | Self::DeleteTopic { .. } => "SNS topic",
            Self::SetTopicPolicy { .. } => "topic policy",
            Self::Subscribe { .. } | Self::Unsubscribe { .. } => "subscription",
            Self::PutMetricFilter { .. } | Self::DeleteMetricFilter { .. } => "metric filter",
            Self::PutMetricAlarm { .. } | Self::DeleteAlarm { .. } => "alarm",
            Self::SetAlarmState { .. } => "alarm state",
            Self::CreateLogStream { .. } => "log stream",
            Self::PutLogEvents { .. } => "drill event",
        }
    }

    /// The name of that resource.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::CreateBucket { bucket }
            | Self::PutBucketOwnershipControls { bucket }
            | Self::PutPublicAccessBlock { bucket }
            | Self::PutBucketVersioning { bucket }
            | Self::PutBucketTagging { bucket, .. }
            | Self::PutBucketPolicy { bucket, .. }
            | Self::DeleteBucketPolicy { bucket }
            | Self::EmptyBucket { bucket }
            | Self::DeleteBucket { bucket } => bucket,
            Self::CreateLogGroup { log_group }
            | Self::PutRetentionPolicy { log_group, .. }
            | Self::SetLogGroupKey { log_group, .. }
            | Self::DeleteLogGroup { log_group } => log_group,
            Self::CreateRole { role, .. }
            | Self::UpdateAssumeRolePolicy { role, .. }
            | Self::PutRolePolicy { role, .. }
            | Self::DeleteRolePolicy { role }
            | Self::DeleteRole { role } => role,
            Self::CreateTrail { trail, .. }
            | Self::UpdateTrail { trail, .. }
            | Self::PutEventSelectors { trail }
            | Self::SetTrailKey { trail, .. }
            | Self::StartLogging { trail }
            | Self::StopLogging { trail }
            | Self::DeleteTrail { trail }
            | Self::DetachLogs { trail } => trail,
            Self::CreateTopic { topic, .. } => topic,
            Self::SetTopicPolicy { topic_arn, .. }
            | Self::SetTopicKey { topic_arn, .. }
            | Self::DeleteTopic { topic_arn } => topic_arn.rsplit(':').next().unwrap_or(topic_arn),
            Self::Subscribe { email, .. } => email,
            Self::PutMetricFilter { filter, .. } => &filter.name,
            Self::PutMetricAlarm { alarm } => &alarm.name,
            Self::Unsubscribe { endpoint, .. } => endpoint,
            Self::DeleteMetricFilter { filter, .. } => filter,
            Self::SetAlarmState { alarm, .. } | Self::DeleteAlarm { alarm } => alarm,
            Self::CreateLogStream { stream, .. } | Self::PutLogEvents { stream, .. } => stream,
        }
    }

    /// The same call as an AWS CLI command, quoted for `sh`.
    #[must_use]
    pub fn aws_cli(&self, account_region: &AccountRegion) -> String {
        command::render(self, account_region)
    }
}
