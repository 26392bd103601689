//! Every query with its operation, required permission and resource: a single table for the AWS adapter, the demo and
//! the generated IAM policies.

use super::added::Recorded;
use super::change::{Operation, Permission};
use super::enum_map::variants;
use super::region::Region;
use super::settings::Settings;

variants! {
    /// A read-only API call. Details that a service returns in a separate call are a separate query.
    pub enum Query {
        Identity,
        Alias,
        OrganizationAccounts,
        RootCredentials,
        VirtualMfaDevices,
        OrganizationsFeatures,
        GenerateCredentialReport,
        CredentialReport,
        Trails,
        TrailStatus,
        Events,
        Bucket,
        BucketPolicy,
        BucketVersioning,
        BucketPublicAccess,
        BucketOwnership,
        BucketTags,
        BucketContents,
        LogGroup,
        Filters,
        TestFilter,
        RootEvents,
        Role,
        RolePolicy,
        Alarm,
        AlarmsForMetric,
        MuteRules,
        MuteRule,
        History,
        MetricStatistics,
        Topic,
        Subscriptions,
        SubscriptionAttributes,
        EventRules,
        RuleTargets,
        TestPattern,
        KmsKey,
        KeyPolicy,
        TrailTags,
        LogGroupTags,
        TopicTags,
        AlarmTags,
        RuleTags,
    }
}

impl Query {
    /// The operation that it calls, and the required permission.
    ///
    /// Source: Service Authorization Reference, one page per service.
    #[must_use]
    pub const fn operation(self) -> Operation {
        let (service, name, iam_action) = match self {
            Self::Identity => ("sts", "GetCallerIdentity", "sts:GetCallerIdentity"),
            Self::Alias => ("iam", "ListAccountAliases", "iam:ListAccountAliases"),
            Self::OrganizationAccounts => ("organizations", "ListAccounts", "organizations:ListAccounts"),
            Self::RootCredentials => ("iam", "GetAccountSummary", "iam:GetAccountSummary"),
            Self::VirtualMfaDevices => ("iam", "ListVirtualMFADevices", "iam:ListVirtualMFADevices"),
            Self::OrganizationsFeatures => ("iam", "ListOrganizationsFeatures", "iam:ListOrganizationsFeatures"),
            // It changes nothing in the account.
            Self::GenerateCredentialReport => ("iam", "GenerateCredentialReport", "iam:GenerateCredentialReport"),
            Self::CredentialReport => ("iam", "GetCredentialReport", "iam:GetCredentialReport"),
            Self::Trails => ("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
            Self::TrailStatus => ("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
            Self::Events => ("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
            Self::Bucket => ("s3", "HeadBucket", "s3:ListBucket"),
            Self::BucketPolicy => ("s3", "GetBucketPolicy", "s3:GetBucketPolicy"),
            Self::BucketVersioning => ("s3", "GetBucketVersioning", "s3:GetBucketVersioning"),
            Self::BucketPublicAccess => ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
            Self::BucketOwnership => ("s3", "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls"),
            Self::BucketTags => ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
            Self::BucketContents => ("s3", "ListObjectVersions", "s3:ListBucketVersions"),
            Self::LogGroup => ("logs", "DescribeLogGroups", "logs:DescribeLogGroups"),
            Self::Filters => ("logs", "DescribeMetricFilters", "logs:DescribeMetricFilters"),
            Self::TestFilter => ("logs", "TestMetricFilter", "logs:TestMetricFilter"),
            Self::RootEvents => ("logs", "FilterLogEvents", "logs:FilterLogEvents"),
            Self::Role => ("iam", "GetRole", "iam:GetRole"),
            Self::RolePolicy => ("iam", "GetRolePolicy", "iam:GetRolePolicy"),
            Self::Alarm => ("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms"),
            Self::AlarmsForMetric => ("cloudwatch", "DescribeAlarmsForMetric", "cloudwatch:DescribeAlarmsForMetric"),
            Self::MuteRules => ("cloudwatch", "ListAlarmMuteRules", "cloudwatch:ListAlarmMuteRules"),
            Self::MuteRule => ("cloudwatch", "GetAlarmMuteRule", "cloudwatch:GetAlarmMuteRule"),
            Self::History => ("cloudwatch", "DescribeAlarmHistory", "cloudwatch:DescribeAlarmHistory"),
            Self::MetricStatistics => ("cloudwatch", "GetMetricStatistics", "cloudwatch:GetMetricStatistics"),
            Self::Topic => ("sns", "GetTopicAttributes", "sns:GetTopicAttributes"),
            Self::Subscriptions => ("sns", "ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic"),
            Self::SubscriptionAttributes => ("sns", "GetSubscriptionAttributes", "sns:GetSubscriptionAttributes"),
            Self::EventRules => ("events", "ListRules", "events:ListRules"),
            Self::RuleTargets => ("events", "ListTargetsByRule", "events:ListTargetsByRule"),
            Self::TestPattern => ("events", "TestEventPattern", "events:TestEventPattern"),
            Self::KmsKey => ("kms", "DescribeKey", "kms:DescribeKey"),
            Self::KeyPolicy => ("kms", "GetKeyPolicy", "kms:GetKeyPolicy"),
            Self::TrailTags => ("cloudtrail", "ListTags", "cloudtrail:ListTags"),
            Self::LogGroupTags => ("logs", "ListTagsForResource", "logs:ListTagsForResource"),
            Self::TopicTags => ("sns", "ListTagsForResource", "sns:ListTagsForResource"),
            Self::AlarmTags => ("cloudwatch", "ListTagsForResource", "cloudwatch:ListTagsForResource"),
            Self::RuleTags => ("events", "ListTagsForResource", "events:ListTagsForResource"),
        };
        Operation { service, name, iam_action }
    }

    /// The required permission, with the resources named in `settings`; `None` if no permission is required.
    ///
    /// Source: Service Authorization Reference, column "Resource types"; STS API, GetCallerIdentity: "No permissions
    /// are required".
    #[must_use]
    pub fn permission(self, settings: &Settings, trail_arn: &str, role_arn: &str) -> Option<Permission> {
        let account_region = &settings.account_region;
        let resource = match self {
            Self::Identity => return None,
            Self::Alias
            | Self::OrganizationAccounts
            | Self::RootCredentials
            | Self::VirtualMfaDevices
            | Self::OrganizationsFeatures
            | Self::GenerateCredentialReport
            | Self::CredentialReport
            | Self::Trails
            | Self::LogGroup
            | Self::TestPattern
            | Self::TestFilter
            | Self::AlarmsForMetric
            | Self::MetricStatistics
            | Self::SubscriptionAttributes => "*".into(),
            Self::TrailStatus | Self::Events => trail_arn.into(),
            // The tags of all trails are read, to find the ones that rootbell created.
            Self::TrailTags => account_region.trail_arn("*"),
            Self::Bucket
            | Self::BucketPolicy
            | Self::BucketVersioning
            | Self::BucketPublicAccess
            | Self::BucketOwnership
            | Self::BucketTags
            | Self::BucketContents => account_region.bucket_arn(&settings.bucket.value),
            Self::Filters | Self::RootEvents => account_region.log_group_arn(&settings.log_group.value).into(),
            Self::LogGroupTags => account_region.log_group_tagging_arn(&settings.log_group.value),
            Self::Role | Self::RolePolicy => role_arn.into(),
            Self::MuteRules | Self::MuteRule => account_region.arn("cloudwatch", "alarm-mute-rule:*"),
            Self::History => account_region.alarm_arn(&settings.root_use().alarm.value),
            // The call is for several names, so CloudWatch checks the permission for all alarms; also, the alarms on the
            // filter's metric can have any name.
            Self::Alarm | Self::AlarmTags => account_region.alarm_arn("*"),
            // Any rule may pass root's events on, also one in the Region where sign-ins are recorded.
            Self::EventRules | Self::RuleTargets | Self::RuleTags => {
                account_region.in_region(&Region::new("*")).rule_arn("*")
            }
            Self::Topic | Self::Subscriptions | Self::TopicTags => settings.topic_arn(),
            // The ID of the key that encrypts the topic is only known once the topic has been read.
            Self::KmsKey | Self::KeyPolicy => {
                settings.kms_key.clone().unwrap_or_else(|| account_region.arn("kms", "key/*"))
            }
        };
        Some(Permission::new(self.operation().iam_action, [resource.into()]))
    }
}

/// A kind of resource whose tags take a separate call, by ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagged {
    Trail,
    LogGroup,
    Topic,
    Alarm,
    EventRule,
}

impl Tagged {
    #[must_use]
    pub const fn query(self) -> Query {
        match self {
            Self::Trail => Query::TrailTags,
            Self::LogGroup => Query::LogGroupTags,
            Self::Topic => Query::TopicTags,
            Self::Alarm => Query::AlarmTags,
            Self::EventRule => Query::RuleTags,
        }
    }
}

impl From<Recorded> for Tagged {
    fn from(kind: Recorded) -> Self {
        match kind {
            Recorded::Trail => Self::Trail,
            Recorded::LogGroup => Self::LogGroup,
            Recorded::Topic => Self::Topic,
        }
    }
}
