//! A change is one API call, as a value. The plan on screen, the dry run, the `aws` command, the permission and the
//! order all follow from it.

use jiff::Timestamp;
use serde_json::Value;

use super::observed::{Alarm, AlarmState, MetricFilter};
use super::place::Place;

mod command;

pub use command::quote;

/// One of the four screens, and the part of the chain that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Trail,
    Topic,
    Filter,
    Alarm,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Trail, Self::Topic, Self::Filter, Self::Alarm];

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Trail => "Trail",
            Self::Topic => "Topic",
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

/// Where a trail delivers besides its bucket. CloudTrail takes both ARNs or neither.
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
    /// All tags the bucket shall have: the call replaces the whole set.
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
    /// The key that the log files are encrypted with.
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
    /// The key that the topic is encrypted with; `None` takes the encryption off.
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
    /// A test: it lasts until the next evaluation.
    SetAlarmState {
        alarm: String,
        state: AlarmState,
        reason: String,
    },
    /// A drill: its event goes into a stream of its own.
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
}

/// What the field calls a change: the service as in IAM, the operation as in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    pub service: &'static str,
    pub name: &'static str,
    /// The permission it takes; mostly `service:name`, but S3 has its own words.
    pub iam_action: &'static str,
}

impl Change {
    /// The operation it calls, and the permission that takes.
    ///
    /// Source: Service Authorization Reference, one page a service.
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
            Self::UpdateTrail { .. } | Self::SetTrailKey { .. } => {
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
        }
    }

    /// The screen it belongs to.
    #[must_use]
    pub fn step(&self) -> Step {
        match self {
            Self::CreateTopic { .. }
            | Self::SetTopicPolicy { .. }
            | Self::SetTopicKey { .. }
            | Self::Subscribe { .. } => Step::Topic,
            Self::PutMetricFilter { .. } => Step::Filter,
            Self::PutMetricAlarm { .. }
            | Self::SetAlarmState { .. }
            | Self::CreateLogStream { .. }
            | Self::PutLogEvents { .. } => Step::Alarm,
            _ => Step::Trail,
        }
    }

    /// Its name within a plan, stable from run to run.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
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
            Self::Subscribe { email, .. } => return format!("subscription.create:{email}"),
            Self::PutMetricFilter { .. } => "filter.put",
            Self::PutMetricAlarm { .. } => "alarm.put",
            Self::SetAlarmState { .. } => "alarm.state",
            Self::CreateLogStream { .. } => "drill.stream",
            Self::PutLogEvents { .. } => "drill.event",
        }
        .to_owned()
    }

    /// The ids of the changes that must be done before, where the plan has them.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::CreateBucket { .. }
            | Self::CreateLogGroup { .. }
            | Self::CreateRole { .. }
            | Self::CreateTopic { .. }
            | Self::CreateLogStream { .. } => &[],
            Self::PutBucketOwnershipControls { .. }
            | Self::PutPublicAccessBlock { .. }
            | Self::PutBucketVersioning { .. }
            | Self::PutBucketTagging { .. }
            | Self::PutBucketPolicy { .. } => &["bucket.create"],
            Self::PutRetentionPolicy { .. } | Self::SetLogGroupKey { .. } | Self::PutMetricFilter { .. } => {
                &["log_group.create"]
            }
            Self::UpdateAssumeRolePolicy { .. } | Self::PutRolePolicy { .. } => &["role.create"],
            Self::CreateTrail { .. } | Self::UpdateTrail { .. } => {
                &["bucket.create", "bucket.policy", "log_group.create", "role.create", "role.trust", "role.policy"]
            }
            Self::PutEventSelectors { .. } | Self::SetTrailKey { .. } => &["trail.create", "trail.update"],
            Self::StartLogging { .. } => &["trail.create", "trail.update", "bucket.policy"],
            Self::SetTopicPolicy { .. } | Self::SetTopicKey { .. } | Self::Subscribe { .. } => &["topic.create"],
            // CloudWatch does not check that its action's target exists.
            Self::PutMetricAlarm { .. } => &["topic.create", "filter.put"],
            Self::SetAlarmState { .. } => &["alarm.put"],
            Self::PutLogEvents { .. } => &["drill.stream"],
        }
    }

    /// What kind of thing it makes or alters, in the user's words.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        match self {
            Self::CreateBucket { .. } => "S3 bucket",
            Self::PutBucketOwnershipControls { .. } => "bucket ownership",
            Self::PutPublicAccessBlock { .. } => "public access block",
            Self::PutBucketVersioning { .. } => "bucket versioning",
            Self::PutBucketTagging { .. } => "bucket tags",
            Self::PutBucketPolicy { .. } => "bucket policy",
            Self::CreateLogGroup { .. } => "log group",
            Self::PutRetentionPolicy { .. } => "log retention",
            Self::SetLogGroupKey { .. } => "log encryption",
            Self::CreateRole { .. } => "IAM role",
            Self::UpdateAssumeRolePolicy { .. } => "role trust",
            Self::PutRolePolicy { .. } => "role policy",
            Self::CreateTrail { .. } | Self::UpdateTrail { .. } => "trail",
            Self::PutEventSelectors { .. } => "trail events",
            Self::SetTrailKey { .. } => "trail encryption",
            Self::StartLogging { .. } => "trail logging",
            Self::CreateTopic { .. } => "SNS topic",
            Self::SetTopicPolicy { .. } => "topic policy",
            Self::SetTopicKey { .. } => "topic encryption",
            Self::Subscribe { .. } => "subscription",
            Self::PutMetricFilter { .. } => "metric filter",
            Self::PutMetricAlarm { .. } => "alarm",
            Self::SetAlarmState { .. } => "alarm state",
            Self::CreateLogStream { .. } => "log stream",
            Self::PutLogEvents { .. } => "drill event",
        }
    }

    /// The name of that thing.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::CreateBucket { bucket }
            | Self::PutBucketOwnershipControls { bucket }
            | Self::PutPublicAccessBlock { bucket }
            | Self::PutBucketVersioning { bucket }
            | Self::PutBucketTagging { bucket, .. }
            | Self::PutBucketPolicy { bucket, .. } => bucket,
            Self::CreateLogGroup { log_group }
            | Self::PutRetentionPolicy { log_group, .. }
            | Self::SetLogGroupKey { log_group, .. } => log_group,
            Self::CreateRole { role, .. }
            | Self::UpdateAssumeRolePolicy { role, .. }
            | Self::PutRolePolicy { role, .. } => role,
            Self::CreateTrail { trail, .. }
            | Self::UpdateTrail { trail, .. }
            | Self::PutEventSelectors { trail }
            | Self::SetTrailKey { trail, .. }
            | Self::StartLogging { trail } => trail,
            Self::CreateTopic { topic, .. } => topic,
            Self::SetTopicPolicy { topic_arn, .. } | Self::SetTopicKey { topic_arn, .. } => {
                topic_arn.rsplit(':').next().unwrap_or(topic_arn)
            }
            Self::Subscribe { email, .. } => email,
            Self::PutMetricFilter { filter, .. } => &filter.name,
            Self::PutMetricAlarm { alarm } => &alarm.name,
            Self::SetAlarmState { alarm, .. } => alarm,
            Self::CreateLogStream { stream, .. } | Self::PutLogEvents { stream, .. } => stream,
        }
    }

    /// Whether a while of waiting can cure the refusal: what was made a moment ago is not yet seen everywhere.
    ///
    /// Source: CloudTrail API, CreateTrail errors; IAM User Guide, "Changes that I make are not always immediately visible".
    #[must_use]
    pub fn leans_on_something_new(&self) -> bool {
        matches!(
            self,
            Self::CreateTrail { .. }
                | Self::UpdateTrail { .. }
                | Self::SetTrailKey { .. }
                | Self::StartLogging { .. }
                | Self::PutRolePolicy { .. }
        ) || self.operation().service == "s3"
    }

    /// The same call as a command of the AWS CLI, quoted for `sh`.
    #[must_use]
    pub fn aws_cli(&self, place: &Place) -> String {
        command::render(self, place)
    }
}
