//! The table of all changes: which operation each one calls, on what, for which step, after which other changes,
//! in which Region, and which of its errors waiting resolves.

use super::ResourceKind::{
    Alarm, AlarmState, Bucket, BucketOwnership, BucketPolicy, BucketTags, BucketVersioning, DrillBusEvent, DrillEvent,
    EventRole, EventRolePolicy, EventRoleTrust, EventRule, EventTarget, LogEncryption, LogFiles, LogGroup,
    LogGroupTags, LogRetention, LogStream, MetricFilter, PublicAccessBlock, Role, RolePolicy, RoleTrust, Subscription,
    Topic, TopicEncryption, TopicPolicy, TopicTags, Trail, TrailEncryption, TrailEvents, TrailLogging, TrailTags,
};
use super::Verb::{Confirm, Create, Delete, Detach, Empty, Put, Remove, Set, Start, Stop, Update};
use super::transient::{
    BUCKET, LOGS, NEW_BUCKET, NEW_ROLE, NEW_RULE, NEW_TRAIL, NONE, ROLE, RULE, TRAIL, TransientError,
};
use super::{Change, ChangeId, Operation, ResourceKind, Step, Verb};
use crate::domain::added::Recorded;
use crate::domain::alert::AlertId;
use crate::domain::arn::Arn;
use crate::domain::role_purpose::RolePurpose;
use Instance::{InLogGroup, One, Only};

#[cfg(test)]
mod tests;

/// Everything about a change that depends only on which call it is, and the name of its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeSpec<'a> {
    /// The operation that it calls, and the required permission.
    pub operation: Operation,
    /// The kind of resource that it creates, changes or deletes.
    pub kind: ResourceKind,
    pub verb: Verb,
    /// The step that it belongs to.
    pub step: Step,
    pub instance: Instance<'a>,
    /// The changes in the same plan that must be done first.
    pub needs: &'static [Need],
    /// The changes in the same plan that must have ended first, even if they failed.
    pub after: &'static [Need],
    /// The errors that waiting resolves: what the call depends on was created a moment ago, for example.
    pub eventual: &'static [TransientError],
    /// Where the call is made.
    pub scope: Scope,
}

/// In which Region a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the Region of the resource.
    Regional,
    /// The service has no Regions.
    Global,
    /// In the bucket's Region: bucket names are global, but S3 accepts calls only there.
    Bucket,
}

impl Scope {
    /// Source: IAM User Guide, "AWS services that work with IAM", "IAM is a global service"; S3 User Guide, "Buckets
    /// overview", bucket Regions.
    const fn of(operation: Operation) -> Self {
        match operation.service.as_bytes() {
            b"iam" => Self::Global,
            b"s3" => Self::Bucket,
            _ => Self::Regional,
        }
    }
}

/// The resource's name, and whether the id contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instance<'a> {
    /// A plan contains at most one such change, so its id goes without the name.
    Only(&'a str),
    /// A plan can contain several.
    One(&'a str),
    /// A plan can contain several, and the name is unique only within its log group.
    InLogGroup(&'a str, &'a str),
}

/// A change that must be done first: every change of this kind and verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need(pub ResourceKind, pub Verb);

/// An operation whose IAM action has the same name, or the given one.
macro_rules! op {
    ($service:literal, $name:literal) => {
        op!($service, $name, $name)
    };
    ($service:literal, $name:literal, $action:literal) => {
        Operation { service: $service, name: $name, iam_action: concat!($service, ":", $action) }
    };
}

fn row<'a>(
    operation: Operation,
    (kind, verb): (ResourceKind, Verb),
    step: Step,
    instance: Instance<'a>,
    needs: &'static [Need],
    eventual: &'static [TransientError],
) -> ChangeSpec<'a> {
    ChangeSpec { operation, kind, verb, step, instance, needs, after: &[], eventual, scope: Scope::of(operation) }
}

impl ChangeSpec<'_> {
    fn after(self, after: &'static [Need]) -> Self {
        Self { after, ..self }
    }
}

/// The name in a topic's ARN.
fn topic_name(arn: &Arn) -> &str {
    arn.topic_name().unwrap_or(arn)
}

/// The name in a rule's ARN.
fn rule_name(arn: &Arn) -> &str {
    arn.rule_name().unwrap_or(arn)
}

/// What the rows of a role depend on.
struct RoleRows {
    kind: ResourceKind,
    trust: ResourceKind,
    policy: ResourceKind,
    step: Step,
    /// The role exists, and nothing uses what the teardown removes from it.
    unused: &'static [Need],
    /// What uses it is gone.
    gone: &'static [Need],
    /// It has no policy any more.
    deletable: &'static [Need],
}

fn role_rows(purpose: RolePurpose) -> RoleRows {
    match purpose {
        RolePurpose::Delivery => RoleRows {
            kind: Role,
            trust: RoleTrust,
            policy: RolePolicy,
            step: Step::Trail,
            unused: &[Need(Role, Create), Need(Trail, Delete), Need(Trail, Detach)],
            gone: TRAIL_GONE,
            deletable: &[Need(Trail, Delete), Need(Trail, Detach), Need(RolePolicy, Delete)],
        },
        RolePurpose::Forwarding => RoleRows {
            kind: EventRole,
            trust: EventRoleTrust,
            policy: EventRolePolicy,
            step: Step::Topic,
            unused: &[Need(EventRole, Create), Need(EventTarget, Delete)],
            gone: &[Need(EventTarget, Delete)],
            deletable: &[Need(EventTarget, Delete), Need(EventRolePolicy, Delete)],
        },
    }
}

/// The rule, and all that its target is or that EventBridge reaches it with.
const TARGET_EXISTS: &[Need] = &[
    Need(EventRule, Put),
    Need(EventRole, Create),
    Need(EventRoleTrust, Set),
    Need(EventRolePolicy, Set),
    Need(Topic, Create),
];
const CREATE_BUCKET: &[Need] = &[Need(Bucket, Create)];
const CREATE_LOG_GROUP: &[Need] = &[Need(LogGroup, Create)];
/// What is added to a trail is recorded first, so that an interruption leaves no change without a record.
const TRAIL_RECORDED: &[Need] = &[Need(TrailTags, Set)];
const TRAIL_EXISTS: &[Need] = &[Need(Trail, Create), Need(Trail, Update)];
/// All that a trail delivers to or acts with.
const TRAIL_TARGETS: &[Need] = &[
    Need(Bucket, Create),
    Need(BucketPolicy, Set),
    Need(LogGroup, Create),
    Need(Role, Create),
    Need(RoleTrust, Set),
    Need(RolePolicy, Set),
];
/// What rootbell added to a trail is reverted.
const TRAIL_REVERTED: &[Need] =
    &[Need(TrailLogging, Stop), Need(Trail, Update), Need(Trail, Detach), Need(TrailEvents, Set)];
const TRAIL_GONE: &[Need] = &[Need(Trail, Delete), Need(Trail, Detach)];

impl Change {
    /// Everything that depends on which call it is: one row for each.
    ///
    /// Source: for operations and IAM actions, Service Authorization Reference, one page per service.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one row per call, in the same order as the enum")]
    pub fn spec(&self) -> ChangeSpec<'_> {
        match self {
            Self::CreateBucket { bucket } => {
                row(op!("s3", "CreateBucket"), (Bucket, Create), Step::Trail, Only(bucket), &[], BUCKET)
            }
            Self::PutBucketOwnershipControls { bucket } => {
                let op = op!("s3", "PutBucketOwnershipControls");
                row(op, (BucketOwnership, Set), Step::Trail, Only(bucket), CREATE_BUCKET, NEW_BUCKET)
            }
            Self::PutPublicAccessBlock { bucket } => {
                let op = op!("s3", "PutPublicAccessBlock", "PutBucketPublicAccessBlock");
                row(op, (PublicAccessBlock, Set), Step::Trail, Only(bucket), CREATE_BUCKET, NEW_BUCKET)
            }
            Self::PutBucketVersioning { bucket } => {
                let op = op!("s3", "PutBucketVersioning");
                row(op, (BucketVersioning, Set), Step::Trail, Only(bucket), CREATE_BUCKET, NEW_BUCKET)
            }
            Self::PutBucketTagging { bucket, tags: _ } => row(
                op!("s3", "PutBucketTagging"),
                (BucketTags, Set),
                Step::Trail,
                Only(bucket),
                CREATE_BUCKET,
                NEW_BUCKET,
            ),
            Self::PutBucketPolicy { bucket, policy: _ } => {
                // The trail needs the statements that are removed from an existing policy until it is deleted.
                let needs = &[Need(Bucket, Create), Need(Trail, Delete)];
                row(op!("s3", "PutBucketPolicy"), (BucketPolicy, Set), Step::Trail, Only(bucket), needs, NEW_BUCKET)
            }
            Self::CreateLogGroup { log_group, added: _ } => {
                row(op!("logs", "CreateLogGroup"), (LogGroup, Create), Step::Trail, Only(log_group), &[], LOGS)
            }
            Self::PutRetentionPolicy { log_group, days: _ } => {
                let op = op!("logs", "PutRetentionPolicy");
                row(op, (LogRetention, Set), Step::Trail, Only(log_group), CREATE_LOG_GROUP, LOGS)
                    .after(&[Need(LogGroupTags, Set)])
            }
            Self::DeleteRetentionPolicy { log_group } => {
                let op = op!("logs", "DeleteRetentionPolicy");
                row(op, (LogRetention, Remove), Step::Trail, Only(log_group), CREATE_LOG_GROUP, LOGS)
                    .after(&[Need(LogGroupTags, Set)])
            }
            Self::SetLogGroupKey { log_group, key: _ } => {
                let op = op!("logs", "AssociateKmsKey");
                row(op, (LogEncryption, Set), Step::Trail, Only(log_group), CREATE_LOG_GROUP, LOGS)
            }
            Self::CreateRole { role, purpose, trust: _ } => {
                let RoleRows { kind, step, .. } = role_rows(*purpose);
                row(op!("iam", "CreateRole"), (kind, Create), step, Only(role), &[], ROLE)
            }
            Self::UpdateAssumeRolePolicy { role, purpose, trust: _ } => {
                let RoleRows { trust, step, unused, .. } = role_rows(*purpose);
                row(op!("iam", "UpdateAssumeRolePolicy"), (trust, Set), step, Only(role), unused, NEW_ROLE)
            }
            Self::PutRolePolicy { role, purpose, policy: _ } => {
                let RoleRows { policy, step, unused, .. } = role_rows(*purpose);
                row(op!("iam", "PutRolePolicy"), (policy, Set), step, Only(role), unused, NEW_ROLE)
            }
            Self::CreateTrail { trail, bucket: _, delivery: _ } => {
                row(op!("cloudtrail", "CreateTrail"), (Trail, Create), Step::Trail, Only(trail), TRAIL_TARGETS, TRAIL)
            }
            Self::UpdateTrail { trail, update: _ } => {
                row(op!("cloudtrail", "UpdateTrail"), (Trail, Update), Step::Trail, Only(trail), TRAIL_TARGETS, TRAIL)
                    .after(TRAIL_RECORDED)
            }
            Self::PutEventSelectors { trail, read: _, write: _ } => {
                let op = op!("cloudtrail", "PutEventSelectors");
                row(op, (TrailEvents, Set), Step::Trail, Only(trail), TRAIL_EXISTS, TRAIL).after(TRAIL_RECORDED)
            }
            Self::SetTrailKey { trail, key: _ } => row(
                op!("cloudtrail", "UpdateTrail"),
                (TrailEncryption, Set),
                Step::Trail,
                Only(trail),
                TRAIL_EXISTS,
                TRAIL,
            ),
            Self::StartLogging { trail } => {
                let needs = &[Need(Trail, Create), Need(Trail, Update), Need(BucketPolicy, Set)];
                row(
                    op!("cloudtrail", "StartLogging"),
                    (TrailLogging, Start),
                    Step::Trail,
                    Only(trail),
                    needs,
                    NEW_TRAIL,
                )
                .after(TRAIL_RECORDED)
            }
            Self::CreateTopic { topic, policy: _ } => {
                row(op!("sns", "CreateTopic"), (Topic, Create), Step::Topic, Only(topic), &[], NONE)
            }
            Self::SetTopicPolicy { topic_arn, policy: _ } => {
                let needs = &[Need(Topic, Create), Need(Alarm, Delete), Need(EventTarget, Delete)];
                let topic = topic_name(topic_arn);
                row(op!("sns", "SetTopicAttributes"), (TopicPolicy, Set), Step::Topic, Only(topic), needs, NONE)
            }
            Self::SetTopicKey { topic_arn, key: _ } => {
                let needs = &[Need(Topic, Create)];
                let topic = topic_name(topic_arn);
                row(op!("sns", "SetTopicAttributes"), (TopicEncryption, Set), Step::Topic, Only(topic), needs, NONE)
            }
            Self::Subscribe { topic_arn: _, email } => {
                // An address that is confirmed already would get no email.
                let needs = &[Need(Topic, Create), Need(Subscription, Delete)];
                row(op!("sns", "Subscribe"), (Subscription, Create), Step::Topic, One(email), needs, NONE)
                    .after(&[Need(TopicTags, Set)])
            }
            Self::ConfirmSubscription { topic_arn, token: _ } => {
                let (needs, topic) = (&[Need(Subscription, Create)], topic_name(topic_arn));
                row(op!("sns", "ConfirmSubscription"), (Subscription, Confirm), Step::Topic, Only(topic), needs, NONE)
            }
            Self::PutRule { rule, pattern: _, description: _ } => {
                row(op!("events", "PutRule"), (EventRule, Put), Step::Topic, One(rule_name(rule)), &[], RULE)
            }
            Self::PutTarget { rule, target: _ } => {
                let name = One(rule_name(rule));
                row(op!("events", "PutTargets"), (EventTarget, Set), Step::Topic, name, TARGET_EXISTS, NEW_RULE)
            }
            Self::PutMetricFilter { log_group: _, filter } => {
                let op = op!("logs", "PutMetricFilter");
                row(op, (MetricFilter, Put), Step::Filter, Only(&filter.name), CREATE_LOG_GROUP, LOGS)
            }
            Self::PutMetricAlarm { alert, alarm, config: _ } => {
                let alarm = match alert {
                    // Its id goes without the name, as it did before there were other alerts.
                    AlertId::RootUse => Only(alarm),
                };
                // CloudWatch does not check that its action's target exists.
                let needs = &[Need(Topic, Create), Need(MetricFilter, Put)];
                row(op!("cloudwatch", "PutMetricAlarm"), (Alarm, Put), Step::Alarm, alarm, needs, NONE)
            }
            Self::SetAlarmState { alarm, state: _, reason: _ } => {
                let needs = &[Need(Alarm, Put)];
                row(op!("cloudwatch", "SetAlarmState"), (AlarmState, Set), Step::Alarm, Only(alarm), needs, NONE)
            }
            Self::CreateLogStream { log_group: _, stream } => {
                row(op!("logs", "CreateLogStream"), (LogStream, Set), Step::Alarm, Only(stream), &[], LOGS)
            }
            Self::PutLogEvents { log_group: _, stream, at: _, message: _ } => {
                let needs = &[Need(LogStream, Set)];
                row(op!("logs", "PutLogEvents"), (DrillEvent, Set), Step::Alarm, Only(stream), needs, LOGS)
            }
            Self::PutEvents { bus, at: _, detail: _ } => {
                let bus = bus.last_part().unwrap_or(bus);
                row(op!("events", "PutEvents"), (DrillBusEvent, Set), Step::Topic, Only(bus), &[], NONE)
            }
            // From here on in the reverse order of setup: no remaining resource refers to a deleted one.
            Self::DeleteAlarm { alarm } => {
                row(op!("cloudwatch", "DeleteAlarms"), (Alarm, Delete), Step::Alarm, One(alarm), &[], NONE)
            }
            Self::DeleteMetricFilter { log_group, filter } => {
                let (needs, filter) = (&[Need(Alarm, Delete)], InLogGroup(log_group, filter));
                row(op!("logs", "DeleteMetricFilter"), (MetricFilter, Delete), Step::Filter, filter, needs, LOGS)
            }
            Self::RemoveTarget { rule, target: _ } => {
                let name = One(rule_name(rule));
                row(op!("events", "RemoveTargets"), (EventTarget, Delete), Step::Topic, name, &[], RULE)
            }
            Self::DeleteRule { rule } => {
                let needs = &[Need(EventTarget, Delete)];
                row(op!("events", "DeleteRule"), (EventRule, Delete), Step::Topic, One(rule_name(rule)), needs, RULE)
            }
            Self::Unsubscribe { arn: _, endpoint } => {
                let needs = &[Need(Alarm, Delete), Need(Alarm, Put)];
                row(op!("sns", "Unsubscribe"), (Subscription, Delete), Step::Topic, One(endpoint), needs, NONE)
            }
            Self::DeleteTopic { topic_arn } => {
                let needs =
                    &[Need(Alarm, Delete), Need(Alarm, Put), Need(EventTarget, Delete), Need(Subscription, Delete)];
                row(op!("sns", "DeleteTopic"), (Topic, Delete), Step::Topic, One(topic_name(topic_arn)), needs, NONE)
            }
            Self::StopLogging { trail } => {
                row(op!("cloudtrail", "StopLogging"), (TrailLogging, Stop), Step::Trail, One(trail), &[], TRAIL)
            }
            Self::RecordAdded { kind, arn, added: _ } => {
                let (op, resource, step, eventual) = match kind {
                    Recorded::Trail => (op!("cloudtrail", "AddTags"), TrailTags, Step::Trail, TRAIL),
                    Recorded::LogGroup => (op!("logs", "TagResource"), LogGroupTags, Step::Trail, LOGS),
                    Recorded::Topic => (op!("sns", "TagResource"), TopicTags, Step::Topic, NONE),
                };
                row(op, (resource, Set), step, Only(kind.name(arn)), &[], eventual)
            }
            Self::RemoveAdded { kind, arn } => {
                // The record is needed until everything in it is reverted.
                let (op, resource, step, needs, eventual) = match kind {
                    Recorded::Trail => (op!("cloudtrail", "RemoveTags"), TrailTags, Step::Trail, TRAIL_REVERTED, TRAIL),
                    Recorded::LogGroup => {
                        let needs: &[Need] = &[Need(LogRetention, Set), Need(LogRetention, Remove)];
                        (op!("logs", "UntagResource"), LogGroupTags, Step::Trail, needs, LOGS)
                    }
                    Recorded::Topic => {
                        let needs: &[Need] = &[Need(Subscription, Delete)];
                        (op!("sns", "UntagResource"), TopicTags, Step::Topic, needs, NONE)
                    }
                };
                row(op, (resource, Delete), step, One(kind.name(arn)), needs, eventual)
            }
            Self::DeleteTrail { trail } => {
                let needs = &[Need(TrailLogging, Stop)];
                row(op!("cloudtrail", "DeleteTrail"), (Trail, Delete), Step::Trail, One(trail), needs, TRAIL)
            }
            Self::DetachLogs { trail } => {
                row(op!("cloudtrail", "UpdateTrail"), (Trail, Detach), Step::Trail, One(trail), &[], TRAIL)
            }
            Self::DeleteRolePolicy { role, purpose } => {
                let RoleRows { policy, step, gone, .. } = role_rows(*purpose);
                row(op!("iam", "DeleteRolePolicy"), (policy, Delete), step, One(role), gone, ROLE)
            }
            Self::DeleteRole { role, purpose } => {
                let RoleRows { kind, step, deletable, .. } = role_rows(*purpose);
                row(op!("iam", "DeleteRole"), (kind, Delete), step, One(role), deletable, ROLE)
            }
            Self::DeleteLogGroup { log_group } => {
                let needs = &[Need(Trail, Delete), Need(Trail, Detach), Need(MetricFilter, Delete)];
                row(op!("logs", "DeleteLogGroup"), (LogGroup, Delete), Step::Trail, One(log_group), needs, LOGS)
            }
            Self::DeleteBucketPolicy { bucket } => row(
                op!("s3", "DeleteBucketPolicy"),
                (BucketPolicy, Delete),
                Step::Trail,
                One(bucket),
                TRAIL_GONE,
                BUCKET,
            ),
            Self::EmptyBucket { bucket } => {
                let op = op!("s3", "DeleteObjects", "DeleteObjectVersion");
                row(op, (LogFiles, Empty), Step::Trail, One(bucket), TRAIL_GONE, NONE)
            }
            Self::DeleteBucket { bucket } => {
                let needs = &[Need(Trail, Delete), Need(LogFiles, Empty)];
                row(op!("s3", "DeleteBucket"), (Bucket, Delete), Step::Trail, One(bucket), needs, BUCKET)
            }
        }
    }

    /// The operation that it calls, and the required permission.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.spec().operation
    }

    /// The step that it belongs to.
    #[must_use]
    pub fn step(&self) -> Step {
        self.spec().step
    }

    /// The kind of resource that it creates, changes or deletes.
    #[must_use]
    pub fn resource(&self) -> ResourceKind {
        self.spec().kind
    }

    /// The name of that resource.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.spec().instance {
            Only(name) | One(name) | InLogGroup(_, name) => name,
        }
    }

    /// Its id within a plan.
    #[must_use]
    pub fn id(&self) -> ChangeId {
        let spec = self.spec();
        let name = match spec.instance {
            Only(_) => None,
            One(name) => Some(name.to_owned()),
            InLogGroup(log_group, name) => Some(format!("{log_group}:{name}")),
        };
        ChangeId { kind: spec.kind, verb: spec.verb, name }
    }

    /// Whether it belongs to the teardown. If the resource no longer exists, such a change counts as done.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.spec().verb.deletes()
    }

    /// Whether `other`, if it is in the same plan, must have ended first, even if it failed.
    #[must_use]
    pub fn is_after(&self, other: &Self) -> bool {
        let other = other.spec();
        self.spec().after.contains(&Need(other.kind, other.verb))
    }

    /// Whether everything else works without it: it only records something.
    #[must_use]
    pub fn is_record(&self) -> bool {
        matches!(self, Self::RecordAdded { .. })
    }

    /// What follows if it fails, besides what its error says; `None`: nothing else.
    #[must_use]
    pub fn if_it_fails(&self) -> Option<&'static str> {
        self.is_record().then_some("What is added is not recorded, so it can't be undone later.")
    }

    /// Whether `other`, if it is in the same plan, must be done first.
    #[must_use]
    pub fn needs(&self, other: &Self) -> bool {
        let other = other.spec();
        self.spec().needs.contains(&Need(other.kind, other.verb))
    }
}
