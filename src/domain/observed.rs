//! What an account contains, as far as it concerns the chain from trail to inbox.
//!
//! A demo account's file has the resources under their names: there, the fields for names and ARNs are left out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account_id::AccountId;
use super::account_region::AccountRegion;
use super::added::TagRecord;
use super::arn::{Arn, LogGroupArn};
use super::filter_output::FilterOutput;
use super::indirect_alarm::IndirectAlarm;
use super::key_state::KeyState;
use super::policy::PolicyDocument;
use super::problem::{Fix, Problem};
use super::region::Region;
use super::retention::RetentionDays;
use super::root_user::RootUser;

mod events;

pub use super::alarm::{Alarm, AlarmState, Metric};
pub use super::candidates::{Elsewhere, ElsewhereState, Found, FoundPath};
pub use super::metric_filter::MetricFilter;
pub use super::problem::ReadResult;
pub use super::session_times::SessionTimes;
pub use super::subscription::{Confirmation, Subscription, SubscriptionAttributes};
pub use events::{HIGH_VOLUME_SOURCES, ManagementEvents, NEEDED_SOURCES, read_write_type};

/// A trail from `cloudtrail:DescribeTrails` (shadow and organization trails included).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings of a trail, as AWS has them")]
pub struct Trail {
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub arn: Arn,
    #[serde(skip)]
    pub home_region: Region,
    pub multi_region: bool,
    pub organization: bool,
    /// Whether it records the events of services without Regions. A trail that covers all Regions always does.
    pub global_events: bool,
    pub log_file_validation: bool,
    pub bucket: String,
    /// What precedes `AWSLogs/` in the names of its log files.
    pub key_prefix: Option<String>,
    pub log_group_arn: Option<LogGroupArn>,
    pub role_arn: Option<Arn>,
    /// The KMS key that encrypts its log files.
    pub kms_key: Option<Arn>,
}

/// Whose trail it is, seen from an account and Region: it can only be changed by its own account, in its home Region.
///
/// Source: CloudTrail API, UpdateTrail, `InvalidHomeRegionException`; CloudTrail User Guide, "Creating a trail for an
/// organization".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailOwnership<'a> {
    /// This account owns the trail, and this is its home Region.
    Here,
    /// Another account, with this ID, owns it.
    OtherAccount(&'a str),
    /// Its home Region is this one.
    OtherRegion(&'a Region),
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            name: String::new(),
            arn: Arn::default(),
            home_region: Region::new(""),
            multi_region: false,
            organization: false,
            global_events: true,
            log_file_validation: false,
            bucket: String::new(),
            key_prefix: None,
            log_group_arn: None,
            role_arn: None,
            kms_key: None,
        }
    }
}

impl Trail {
    /// The name of the log group that it delivers to.
    #[must_use]
    pub fn log_group(&self) -> Option<&str> {
        self.log_group_arn.as_ref()?.name()
    }

    /// Where the trail can be changed: only in its home Region, by its own account.
    #[must_use]
    pub fn ownership(&self, account_region: &AccountRegion) -> TrailOwnership<'_> {
        if !self.arn.belongs_to(&account_region.account) {
            TrailOwnership::OtherAccount(self.arn.account().unwrap_or_default())
        } else if self.home_region != account_region.region {
            TrailOwnership::OtherRegion(&self.home_region)
        } else {
            TrailOwnership::Here
        }
    }

    /// Whether it can be changed from this account and Region.
    #[must_use]
    pub fn can_be_changed_from(&self, account_region: &AccountRegion) -> bool {
        self.ownership(account_region) == TrailOwnership::Here
    }

    /// Whether it delivers to this log group. A log group in another Region may have the same name.
    #[must_use]
    pub fn delivers_to(&self, log_group: &LogGroupArn) -> bool {
        self.log_group_arn.as_ref() == Some(log_group)
    }

    /// Describes which Regions it covers and whether it delivers to a log group in `account`.
    #[must_use]
    pub fn describe(&self, account: &AccountId) -> String {
        let kind = if self.organization { "organization trail" } else { "trail" };
        let reach = if self.multi_region { "covers all Regions" } else { "covers one Region" };
        let is_here = self.log_group_arn.as_ref().is_some_and(|arn| arn.belongs_to(account));
        let delivery = match (self.log_group(), is_here) {
            (Some(group), true) => format!("delivers to `{group}` in {}", self.home_region),
            _ => "does not deliver to a log group in this account".to_owned(),
        };
        format!("{kind} `{}` {reach}, {delivery}", self.name)
    }
}

/// The result of `cloudtrail:GetTrailStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailStatus {
    pub logging: bool,
    /// When it was last started; `None`: AWS did not say.
    pub started: Option<Timestamp>,
    /// The last delivery of log files to the bucket. Digest files don't count.
    pub bucket_delivery: Option<Timestamp>,
    pub bucket_error: Option<String>,
    /// The last delivery to the log group. Stopping and starting the trail does not clear it.
    pub logs_delivery: Option<Timestamp>,
    pub logs_error: Option<String>,
}

/// An S3 bucket in this account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bucket {
    #[serde(skip)]
    pub name: String,
    /// `None` if it isn't known.
    #[serde(skip)]
    pub region: Option<Region>,
    pub policy: Option<PolicyDocument>,
    /// `BucketOwnerEnforced`: ACLs are off.
    pub owner_enforced: bool,
    /// All four settings of the public access block are on.
    pub public_blocked: bool,
    pub versioned: bool,
    #[serde(skip)]
    pub tags: Vec<(String, String)>,
}

/// The result of looking up a bucket by name.
#[derive(Clone, Debug, PartialEq)]
pub enum BucketLookup {
    NotFound,
    Owned(Bucket),
    /// The bucket exists, but access was denied: it belongs to another account, or the caller lacks the permission.
    Forbidden,
    /// The bucket of an unmanaged trail: not read, and never changed.
    NotManaged,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogGroup {
    #[serde(skip)]
    pub name: String,
    pub retention_days: RetentionDays,
    /// The KMS key that encrypts it.
    pub kms_key: Option<Arn>,
    /// `INFREQUENT_ACCESS` or `DELIVERY`; `None`: `STANDARD`.
    pub class: Option<String>,
    /// CloudWatch Logs refuses to delete it.
    pub deletion_protection: bool,
    /// The size of its events in bytes, which CloudWatch Logs updates from time to time.
    #[serde(skip)]
    pub stored_bytes: u64,
}

impl LogGroup {
    /// Why it can't have metric filters, as a sentence; `None` if it can. A group's class can't be changed.
    ///
    /// Source: CloudWatch Logs User Guide, "Log classes": only `STANDARD` has metric filters; CloudWatch Logs API,
    /// CreateLogGroup, `logGroupClass`.
    #[must_use]
    pub fn without_filters(&self) -> Option<String> {
        let class = self.class.as_deref().filter(|class| *class != "STANDARD")?;
        Some(format!("The log group `{}` is of the class {class}, which has no metric filters.", self.name))
    }
}

/// A KMS key: its state, and who may use it.
#[derive(Clone, Debug, PartialEq)]
pub struct KmsKey {
    pub arn: Arn,
    pub state: KeyState,
    pub policy: PolicyDocument,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Role {
    #[serde(skip)]
    pub name: String,
    /// With its path, if it has one.
    #[serde(skip)]
    pub arn: Arn,
    pub trust: PolicyDocument,
    /// The inline policy named [`super::role_purpose::RolePurpose::policy_name`].
    pub policy: Option<PolicyDocument>,
    #[serde(skip)]
    pub tags: Vec<(String, String)>,
}

/// The contents of a bucket: all versions of all objects, and delete markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub objects: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Topic {
    #[serde(skip)]
    pub arn: Arn,
    pub policy: Option<PolicyDocument>,
    /// The ID, ARN or alias of the KMS key that encrypts it.
    pub kms_key: Option<String>,
}

impl Topic {
    #[must_use]
    pub fn name(&self) -> &str {
        self.arn.topic_name().unwrap_or(&self.arn)
    }
}

/// A log group with its filters.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDetails {
    pub log_group: ReadResult<Option<LogGroup>>,
    pub filters: ReadResult<Vec<MetricFilter>>,
}

/// A topic with the details that take separate calls.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicDetails {
    pub arn: Arn,
    /// `Ok(None)`: it does not exist.
    pub topic: ReadResult<Option<Topic>>,
    pub subscriptions: ReadResult<Vec<Subscription>>,
    /// The key that encrypts it; `None` if there is none, or if it wasn't read.
    pub key: Option<ReadResult<Option<KmsKey>>>,
}

/// A trail with the details that take separate calls.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailDetails {
    pub trail: Trail,
    pub status: ReadResult<TrailStatus>,
    pub events: ReadResult<ManagementEvents>,
    /// The log group that it delivers to, if that was read for this trail.
    pub group: Option<GroupDetails>,
}

/// What was read from the account: the chain trail → log group → filters → alarms → topic → subscriptions, and the
/// bucket and role that the trail needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The root user; an error if it was not read at all.
    pub root_user: ReadResult<RootUser>,
    /// All trails visible in this Region, shadow trails included.
    pub trails: ReadResult<Vec<Trail>>,
    /// The trail that the chain uses.
    pub trail: Option<TrailDetails>,
    /// Other trails that the chain could use.
    pub others: Vec<TrailDetails>,
    pub bucket: ReadResult<BucketLookup>,
    pub log_group: ReadResult<Option<LogGroup>>,
    pub filters: ReadResult<Vec<MetricFilter>>,
    pub role: ReadResult<Option<Role>>,
    /// The alarm with the configured name, and those on the metrics of the filters that count root use.
    pub alarms: ReadResult<Vec<Alarm>>,
    pub topic: ReadResult<Option<Topic>>,
    pub subscriptions: ReadResult<Vec<Subscription>>,
    /// What the tags of the trail, the log group, and the topic say about rootbell: only of those without rootbell's names,
    /// and only if a plan needs it.
    pub records: BTreeMap<Arn, ReadResult<TagRecord>>,
    /// The topics that the alarms notify, as far as they were needed to find the path.
    pub topics: Vec<TopicDetails>,
    /// The path that the checks judge.
    pub path: FoundPath,
    /// What the filters of the paths that were considered published.
    pub filter_outputs: Vec<FilterOutput>,
    /// The KMS keys that encrypt their log groups, by the ARN that the log group names.
    pub log_group_keys: Vec<(Arn, ReadResult<Option<KmsKey>>)>,
    /// Alarms that may notify somebody indirectly; `None`: not read, because a path works without them.
    pub indirect_alarms: Option<ReadResult<Vec<IndirectAlarm>>>,
    /// The path in another Region, if none works in this one.
    pub elsewhere: Option<Elsewhere>,
    /// What was left out because there is too much of it, a sentence each.
    pub left_out: Vec<String>,
    /// The KMS key from the settings, or else the one that encrypts the topic; `None`: there is no key to read.
    pub key: Option<ReadResult<Option<KmsKey>>>,
    pub session: SessionTimes,
}

impl Observed {
    /// An account without any of these resources.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            root_user: Err(root_user_not_read()),
            trails: Ok(Vec::new()),
            trail: None,
            others: Vec::new(),
            bucket: Ok(BucketLookup::NotFound),
            log_group: Ok(None),
            filters: Ok(Vec::new()),
            role: Ok(None),
            alarms: Ok(Vec::new()),
            topic: Ok(None),
            subscriptions: Ok(Vec::new()),
            records: BTreeMap::new(),
            topics: Vec::new(),
            path: FoundPath::default(),
            filter_outputs: Vec::new(),
            log_group_keys: Vec::new(),
            indirect_alarms: None,
            elsewhere: None,
            left_out: Vec::new(),
            key: None,
            session: SessionTimes::default(),
        }
    }

    /// Whether a topic that an alarm notifies does not exist.
    #[must_use]
    pub fn is_gone(&self, topic: &Arn) -> bool {
        self.topics.iter().any(|details| details.arn == *topic && details.topic == Ok(None))
    }

    /// Whether no part of the chain could be read.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.trails.is_err() && self.log_group.is_err() && self.alarms.is_err() && self.topic.is_err()
    }

    /// Whether the chain uses an organization trail.
    #[must_use]
    pub fn has_organization_trail(&self) -> bool {
        self.trail.as_ref().is_some_and(|t| t.trail.organization)
    }

    /// Every distinct error among the parts that a plan needs.
    #[must_use]
    pub fn unreadable(&self) -> Vec<&Problem> {
        // Without `..`, so that a new part is either in this list or known not to be needed.
        let Self {
            trails,
            trail,
            others: _,
            bucket,
            log_group,
            filters,
            role,
            alarms,
            topic,
            subscriptions,
            records: _,
            topics: _,
            path: _,
            elsewhere: _,
            left_out: _,
            key: _,
            filter_outputs: _,
            log_group_keys: _,
            indirect_alarms: _,
            root_user: _,
            session: _,
        } = self;
        let trail = trail.as_ref();
        let errors = [
            trails.as_ref().err(),
            trail.and_then(|t| t.status.as_ref().err()),
            trail.and_then(|t| t.events.as_ref().err()),
            bucket.as_ref().err(),
            log_group.as_ref().err(),
            filters.as_ref().err(),
            role.as_ref().err(),
            alarms.as_ref().err(),
            topic.as_ref().err(),
            subscriptions.as_ref().err(),
        ];
        let mut distinct: Vec<&Problem> = Vec::new();
        for error in errors.into_iter().flatten() {
            if !distinct.contains(&error) {
                distinct.push(error);
            }
        }
        distinct
    }
}

/// That the root user was not read, and where to look instead.
///
/// Source: IAM User Guide, "AWS account root user": the IAM dashboard has security recommendations about it.
#[must_use]
pub fn root_user_not_read() -> Problem {
    let advice = "Look at the security recommendations on the dashboard of the IAM console.";
    Problem::new("The root user was not read.", Fix::advice(advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{identity, sound};

    #[test]
    fn a_trail_can_be_changed_only_by_its_account_and_in_its_home_region() {
        let trail = sound().trail.unwrap().trail;
        let home = identity().in_region(&Region::new("eu-west-1"));
        let region = Region::new("us-east-1");
        let account = AccountRegion { account: "210987654321".into(), ..home.clone() };
        assert!(trail.can_be_changed_from(&home));
        let elsewhere = AccountRegion { region, ..home };
        assert_eq!(trail.ownership(&elsewhere), TrailOwnership::OtherRegion(&Region::new("eu-west-1")));
        assert_eq!(trail.ownership(&account), TrailOwnership::OtherAccount("123456789012"));
        let unnamed = Trail { arn: Arn::default(), ..trail };
        assert!(!unnamed.can_be_changed_from(&account), "a trail without an ARN belongs to nobody here");
    }

    #[test]
    fn a_trail_delivers_to_the_log_group_with_the_same_name_account_and_region() {
        let trail = sound().trail.unwrap().trail;
        let here = identity().in_region(&Region::new("eu-west-1"));
        let there = identity().in_region(&Region::new("us-east-1"));
        let name = trail.log_group().unwrap();
        assert!(trail.delivers_to(&here.log_group_arn(name)));
        assert!(!trail.delivers_to(&there.log_group_arn(name)));
        assert!(!trail.delivers_to(&here.log_group_arn("other")));
    }
}
