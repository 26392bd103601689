//! The registry of the checks: one row each. A new check is a row here and the function that judges it; everything else
//! follows from the row.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::evidence::Evidence;
use super::outcome::Outcome;
use super::{audit, chain, events, recipients, root_user, topic, trail};
use crate::domain::change::Step;

/// What a check counts toward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Would a root sign-in reach someone?
    Alerting,
    /// Would CIS, Security Hub, and Prowler accept the setup?
    Audit,
    /// Recommended, but nobody requires it.
    Advice,
}

impl Counts {
    /// Everything that a check can count toward, in the order in which the checks are shown.
    pub const ALL: [Self; 3] = [Self::Alerting, Self::Audit, Self::Advice];

    /// Its text in JSON output. Stable, because scripts rely on it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alerting => "alerting",
            Self::Audit => "audit",
            Self::Advice => "advice",
        }
    }
}

/// The path from root's sign-in to the inbox that a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertPath {
    /// Log group, filter, and alarm.
    Alarm,
    /// Event rules.
    Events,
    Both,
}

impl AlertPath {
    /// Its text in JSON output. Stable, because scripts rely on it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Events => "events",
            Self::Both => "both",
        }
    }
}

/// The part of the account that a check is about: the links of the chain, from the trail to the inbox, and the root user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Trail,
    LogGroup,
    Filter,
    Alarm,
    Topic,
    Inbox,
    RootUser,
    /// The event rules: the second path.
    Events,
}

impl Part {
    /// The step of the wizard that sets it up; `None`: none does.
    fn step(self) -> Option<Step> {
        match self {
            Self::Trail | Self::LogGroup => Some(Step::Trail),
            Self::Filter => Some(Step::Filter),
            Self::Alarm => Some(Step::Alarm),
            Self::Topic | Self::Inbox | Self::Events => Some(Step::Topic),
            Self::RootUser => None,
        }
    }
}

/// A row of the registry.
pub(super) struct CheckSpec {
    pub id: &'static str,
    pub part: Part,
    pub title: &'static str,
    pub counts: Counts,
    pub path: AlertPath,
    /// For a check that counts for the audit: the controls that fail if the check does.
    pub required_by: &'static [&'static str],
    pub judge: fn(&Evidence<'_>) -> Outcome,
}

macro_rules! registry {
    ($($check:ident: $id:literal $part:ident $counts:ident $path:ident $judge:path, $title:literal
        $(, [$($control:literal),+])?;)+) => {
        /// A check. Its text, as in `trail.exists`, is part of the JSON contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CheckId {
            $(#[doc = $title] $check),+
        }

        impl CheckId {
            /// Every check, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$check),+];

            pub(super) fn spec(self) -> CheckSpec {
                match self {
                    $(Self::$check => CheckSpec {
                        id: $id,
                        part: Part::$part,
                        title: $title,
                        counts: Counts::$counts,
                        path: AlertPath::$path,
                        required_by: &[$($($control),+)?],
                        judge: $judge,
                    }),+
                }
            }
        }
    };
}

// The numbers of the controls differ between the versions of the CIS benchmark.
//
// Source: Prowler's mappings of the CIS AWS Foundations Benchmark (compliance/aws/cis_*.json) and its checks; Security Hub
// User Guide, "Security Hub CSPM controls reference".
registry! {
    TrailExists: "trail.exists" Trail Alerting Both trail::exists, "Trail exists";
    TrailMultiRegion: "trail.multi_region" Trail Alerting Both trail::multi_region, "Trail covers root sign-ins";
    TrailLogging: "trail.logging" Trail Alerting Both trail::logging, "Trail is logging";
    TrailManagementEvents: "trail.management_events" Trail Alerting Both trail::management_events,
        "Trail records write events";
    TrailDelivers: "trail.delivers" Trail Alerting Alarm trail::delivers, "Trail delivers to CloudWatch Logs";
    TrailAllRegions: "trail.all_regions" Trail Audit Both audit::all_regions,
        "All Regions, reads and writes",
        ["CIS AWS Foundations 3.1 (v1.4–v5.0), 4.1 (v6.0, v7.0)", "Security Hub CloudTrail.1",
            "Prowler cloudtrail_multi_region_enabled_logging_management_events"];
    TrailValidation: "trail.validation" Trail Audit Both audit::validation, "Log file validation is on",
        ["CIS AWS Foundations 3.2 (v1.4–v5.0), 4.2 (v6.0, v7.0)", "Security Hub CloudTrail.4",
            "Prowler cloudtrail_log_file_validation_enabled"];
    BucketPrivate: "bucket.private" Trail Audit Both audit::bucket_private,
        "Bucket is private, gets log files",
        ["CIS AWS Foundations 2.1.1 (TLS) and 2.1.4 (public access) (v2.0–v5.0), 3.1.1 and 3.1.4 (v6.0, v7.0)",
            "Security Hub S3.5 (TLS), S3.8 (public access), S3.12 (ACLs), S3.14 (versioning)",
            "Prowler s3_bucket_secure_transport_policy, s3_bucket_level_public_access_block, s3_bucket_acl_prohibited, \
             s3_bucket_object_versioning"];
    RoleScope: "role.scope" Trail Audit Alarm audit::role_scope, "Role is limited to delivery",
        ["IAM best practices, least privilege",
            "Prowler iam_inline_policy_no_administrative_privileges (if the role may do everything)"];
    LogGroupExists: "log_group.exists" LogGroup Alerting Alarm chain::log_group_exists, "Log group exists";
    LogGroupRetention: "log_group.retention" LogGroup Audit Alarm audit::retention, "Retention is at least 365 days",
        ["Security Hub CloudWatch.16", "Prowler cloudwatch_log_group_retention_policy_specific_days_enabled"];
    FilterPattern: "filter.pattern" Filter Alerting Alarm chain::filter_pattern, "Filter counts root sign-ins";
    FilterPublishes: "filter.publishes" Filter Alerting Alarm chain::publishes, "Filter publishes to its metric";
    FilterCisPattern: "filter.cis_pattern" Filter Audit Alarm audit::cis_pattern, "Filter has the CIS pattern",
        ["CIS AWS Foundations 3.3 (v1.2), 4.3 (v1.3–v5.0), 5.3 (v6.0, v7.0)", "Security Hub CloudWatch.1",
            "Prowler cloudwatch_log_metric_filter_root_usage"];
    AlarmExists: "alarm.exists" Alarm Alerting Alarm chain::watches_metric, "Alarm watches the metric";
    AlarmActions: "alarm.actions" Alarm Alerting Alarm chain::notifies_topic, "Alarm notifies a topic";
    AlarmMuteRules: "alarm.mute_rules" Alarm Advice Alarm chain::mute_rules, "No mute rule is scheduled";
    TopicExists: "topic.exists" Topic Alerting Both topic::exists, "Topic exists";
    TopicPolicy: "topic.policy" Topic Alerting Alarm topic::publishable, "CloudWatch can publish to the topic";
    TopicPublic: "topic.public" Topic Audit Both topic::public, "Topic is not public",
        ["CIS AWS Foundations 2.21 (v7.0)", "Security Hub SNS.4", "Prowler sns_topics_not_publicly_accessible"];
    TopicEncryption: "topic.encryption" Topic Alerting Alarm topic::encryption, "Topic encryption allows CloudWatch";
    SubscriptionConfirmed: "subscription.confirmed" Inbox Alerting Both recipients::confirmed, "Subscription confirmed";
    SubscriptionSigned: "subscription.signed" Inbox Advice Both recipients::signed, "Only you can unsubscribe";
    EventsRule: "events.rule" Events Advice Events events::rule, "Event rule reports sign-ins";
    EventsForwarded: "events.forwarded" Events Advice Events events::forwarded, "Events reach this Region";
    EventsHomeRule: "events.home_rule" Events Advice Events events::home_rule, "Event rule notifies a topic";
    EventsTopic: "events.topic" Events Advice Events events::topic, "Event rules can publish to the topic";
    EventsInbox: "events.inbox" Events Advice Events events::inbox, "Their emails reach someone";
    EventsDeliveries: "events.deliveries" Events Advice Events events::deliveries, "No event failed to be delivered";
    RootMfa: "root.mfa" RootUser Audit Both root_user::mfa, "Root user has MFA",
        ["CIS AWS Foundations 1.13 (v1.2), 1.5 (v1.3–v4.0), 1.4 (v5.0), 2.4 (v6.0), 2.5 (v7.0)", "Security Hub IAM.9",
            "Prowler iam_root_mfa_enabled"];
    RootHardwareMfa: "root.hardware_mfa" RootUser Advice Both root_user::hardware_mfa, "Root user's MFA isn't virtual";
    RootAccessKeys: "root.access_keys" RootUser Audit Both root_user::access_keys, "Root user has no access keys",
        ["CIS AWS Foundations 1.12 (v1.2), 1.4 (v1.3–v4.0), 1.3 (v5.0), 2.3 (v6.0), 2.4 (v7.0)", "Security Hub IAM.4",
            "Prowler iam_no_root_access_key"];
    RootCertificates: "root.certificates" RootUser Advice Both root_user::certificates,
        "Root user has no certificates";
}

impl CheckId {
    /// Its text in JSON output. Stable, because scripts rely on it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.spec().id
    }

    /// The part of the account that it is about.
    #[must_use]
    pub fn part(self) -> Part {
        self.spec().part
    }

    /// The step of the wizard that sets it up; `None`: none does.
    #[must_use]
    pub fn step(self) -> Option<Step> {
        self.part().step()
    }

    /// Whether a notification may reach no one if it fails.
    #[must_use]
    pub fn concerns_notification(self) -> bool {
        let is_after_alarm = matches!(self.part(), Part::Topic | Part::Inbox) && self.counts() == Counts::Alerting;
        self == Self::AlarmActions || is_after_alarm
    }

    /// Whether events may be missing from the log group if it fails.
    #[must_use]
    pub fn concerns_recording(self) -> bool {
        let is_before_filter = matches!(self.part(), Part::Trail | Part::LogGroup) && self.counts() == Counts::Alerting;
        self == Self::TrailAllRegions || is_before_filter
    }

    /// What is right if the check is ok, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.spec().title
    }

    #[must_use]
    pub fn counts(self) -> Counts {
        self.spec().counts
    }

    /// For a check that counts for the audit: the controls that fail if the check does.
    #[must_use]
    pub fn required_by(self) -> &'static [&'static str] {
        self.spec().required_by
    }

    #[must_use]
    pub fn path(self) -> AlertPath {
        self.spec().path
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CheckId {
    type Err = String;

    /// # Errors
    /// If there is no check with this id.
    fn from_str(id: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|check| check.as_str() == id).ok_or_else(|| format!("There is no check `{id}`."))
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
