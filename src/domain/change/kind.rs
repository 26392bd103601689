//! What a change is about: the kind of resource, and what happens to it.

use std::cmp::Ordering;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::enum_map::variants;

variants! {
    /// A resource that rootbell sets up, with all of its parts. Each comes after those that it needs.
    pub enum Resource {
        Bucket,
        LogGroup,
        Role,
        Trail,
        /// With its subscriptions.
        Topic,
        MetricFilter,
        Alarm,
        /// With which EventBridge forwards events to another Region.
        EventRole,
        /// With its targets.
        EventRule,
    }
}

/// The kind of resource, or the part of a resource, that a row of the plan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    Bucket,
    BucketOwnership,
    PublicAccessBlock,
    BucketVersioning,
    BucketTags,
    BucketPolicy,
    LogFiles,
    LogGroup,
    LogGroupTags,
    LogRetention,
    LogEncryption,
    Role,
    RoleTrust,
    RolePolicy,
    Trail,
    TrailTags,
    TrailEvents,
    TrailEncryption,
    TrailLogging,
    Topic,
    TopicTags,
    TopicPolicy,
    TopicEncryption,
    Subscription,
    EventRole,
    EventRoleTrust,
    EventRolePolicy,
    EventRule,
    EventTarget,
    MetricFilter,
    Alarm,
    AlarmState,
    LogStream,
    DrillEvent,
    DrillBusEvent,
}

impl Resource {
    /// The words on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        let whole = match self {
            Self::Bucket => ResourceKind::Bucket,
            Self::LogGroup => ResourceKind::LogGroup,
            Self::Role => ResourceKind::Role,
            Self::Trail => ResourceKind::Trail,
            Self::Topic => ResourceKind::Topic,
            Self::EventRole => ResourceKind::EventRole,
            Self::EventRule => ResourceKind::EventRule,
            Self::MetricFilter => ResourceKind::MetricFilter,
            Self::Alarm => ResourceKind::Alarm,
        };
        whole.label()
    }
}

impl ResourceKind {
    /// The resource that it is, or that it is a part of.
    #[must_use]
    pub fn part_of(self) -> Resource {
        match self {
            Self::Bucket
            | Self::BucketOwnership
            | Self::PublicAccessBlock
            | Self::BucketVersioning
            | Self::BucketTags
            | Self::BucketPolicy
            | Self::LogFiles => Resource::Bucket,
            Self::LogGroup
            | Self::LogGroupTags
            | Self::LogRetention
            | Self::LogEncryption
            | Self::LogStream
            | Self::DrillEvent => Resource::LogGroup,
            Self::Role | Self::RoleTrust | Self::RolePolicy => Resource::Role,
            Self::Trail | Self::TrailTags | Self::TrailEvents | Self::TrailEncryption | Self::TrailLogging => {
                Resource::Trail
            }
            Self::Topic | Self::TopicTags | Self::TopicPolicy | Self::TopicEncryption | Self::Subscription => {
                Resource::Topic
            }
            Self::EventRole | Self::EventRoleTrust | Self::EventRolePolicy => Resource::EventRole,
            Self::EventRule | Self::EventTarget | Self::DrillBusEvent => Resource::EventRule,
            Self::MetricFilter => Resource::MetricFilter,
            Self::Alarm | Self::AlarmState => Resource::Alarm,
        }
    }

    /// Whether it belongs to the second path to the inbox.
    #[must_use]
    pub fn is_of_event_rules(self) -> bool {
        matches!(self.part_of(), Resource::EventRole | Resource::EventRule)
    }

    /// The value of `resource` in JSON output, and the words on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Bucket => "S3 bucket",
            Self::BucketOwnership => "bucket ownership",
            Self::PublicAccessBlock => "public access block",
            Self::BucketVersioning => "bucket versioning",
            Self::BucketTags => "bucket tags",
            Self::BucketPolicy => "bucket policy",
            Self::LogFiles => "log files",
            Self::LogGroup => "log group",
            Self::LogGroupTags => "log group tags",
            Self::LogRetention => "log retention",
            Self::LogEncryption => "log encryption",
            Self::Role => "IAM role",
            Self::RoleTrust => "role trust",
            Self::RolePolicy => "role policy",
            Self::Trail => "trail",
            Self::TrailTags => "trail tags",
            Self::TrailEvents => "trail events",
            Self::TrailEncryption => "trail encryption",
            Self::TrailLogging => "trail logging",
            Self::Topic => "SNS topic",
            Self::TopicTags => "topic tags",
            Self::TopicPolicy => "topic policy",
            Self::TopicEncryption => "topic encryption",
            Self::Subscription => "subscription",
            Self::EventRole => "event role",
            Self::EventRoleTrust => "event role trust",
            Self::EventRolePolicy => "event role policy",
            Self::EventRule => "event rule",
            Self::EventTarget => "rule target",
            Self::MetricFilter => "metric filter",
            Self::Alarm => "alarm",
            Self::AlarmState => "alarm state",
            Self::LogStream => "log stream",
            Self::DrillEvent => "drill event",
            Self::DrillBusEvent => "drill event on the event bus",
        }
    }

    /// How the id of a change of this kind begins. If the resource is kept, its row has this id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Bucket | Self::LogFiles => "bucket",
            Self::BucketOwnership => "bucket.ownership",
            Self::PublicAccessBlock => "bucket.public_access_block",
            Self::BucketVersioning => "bucket.versioning",
            Self::BucketTags => "bucket.tags",
            Self::BucketPolicy => "bucket.policy",
            Self::LogGroup => "log_group",
            Self::LogGroupTags => "log_group.tags",
            Self::LogRetention => "log_group.retention",
            Self::LogEncryption => "log_group.key",
            Self::Role => "role",
            Self::RoleTrust => "role.trust",
            Self::RolePolicy => "role.policy",
            Self::Trail | Self::TrailLogging => "trail",
            Self::TrailTags => "trail.tags",
            Self::TrailEvents => "trail.events",
            Self::TrailEncryption => "trail.key",
            Self::Topic => "topic",
            Self::TopicTags => "topic.tags",
            Self::TopicPolicy => "topic.policy",
            Self::TopicEncryption => "topic.key",
            Self::Subscription => "subscription",
            Self::EventRole => "event_role",
            Self::EventRoleTrust => "event_role.trust",
            Self::EventRolePolicy => "event_role.policy",
            Self::EventRule => "event_rule",
            Self::EventTarget => "event_rule.target",
            Self::MetricFilter => "filter",
            Self::Alarm => "alarm",
            Self::AlarmState => "alarm.state",
            Self::LogStream => "drill.stream",
            Self::DrillEvent => "drill.event",
            Self::DrillBusEvent => "drill.bus_event",
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// What a change does to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Create,
    Update,
    /// Creates it, or replaces its whole configuration.
    Put,
    /// Sets or adds the part of a resource that the kind names, so the id needs no other word.
    Set,
    /// Removes the part of a resource that the kind names, because the user asked for that.
    Remove,
    /// Confirms it with the token from the email.
    Confirm,
    Start,
    Stop,
    Detach,
    Empty,
    Delete,
    /// Nothing: it is only listed in the plan.
    Keep,
}

impl Verb {
    /// How the id ends, before the colon.
    fn id(self) -> Option<&'static str> {
        match self {
            Self::Create => Some("create"),
            Self::Update => Some("update"),
            Self::Put => Some("put"),
            Self::Set | Self::Keep => None,
            Self::Remove => Some("remove"),
            Self::Confirm => Some("confirm"),
            Self::Start => Some("start"),
            Self::Stop => Some("stop"),
            Self::Detach => Some("detach"),
            Self::Empty => Some("empty"),
            Self::Delete => Some("delete"),
        }
    }

    /// Whether only the teardown does it.
    #[must_use]
    pub fn deletes(self) -> bool {
        match self {
            Self::Create
            | Self::Update
            | Self::Put
            | Self::Set
            | Self::Remove
            | Self::Confirm
            | Self::Start
            | Self::Keep => false,
            Self::Stop | Self::Detach | Self::Empty | Self::Delete => true,
        }
    }
}

/// The id of a row within a plan, the same in every run: "bucket.create", "subscription.delete:alice@example.com". Ids
/// that read the same are equal: keeping a role's policy has the same id as setting it.
#[derive(Clone, Debug)]
pub struct ChangeId {
    pub kind: ResourceKind,
    pub verb: Verb,
    /// Tells several changes of one plan apart; `None` if a plan can contain only one.
    pub name: Option<String>,
}

impl ChangeId {
    fn parts(&self) -> (&'static str, Option<&'static str>, Option<&str>) {
        (self.kind.id(), self.verb.id(), self.name.as_deref())
    }
}

impl PartialEq for ChangeId {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for ChangeId {}

impl PartialOrd for ChangeId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ChangeId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

/// As text.
impl Serialize for ChangeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.id())?;
        if let Some(verb) = self.verb.id() {
            write!(f, ".{verb}")?;
        }
        if let Some(name) = &self.name {
            write!(f, ":{name}")?;
        }
        Ok(())
    }
}
