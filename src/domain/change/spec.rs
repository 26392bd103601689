//! The table of all changes: which operation each one calls, on what, for which step, after which other changes,
//! in which Region, and which of its errors waiting resolves.

use super::ResourceKind::{
    Alarm, AlarmState, Bucket, BucketOwnership, BucketPolicy, BucketTags, BucketVersioning, DrillEvent, LogEncryption,
    LogFiles, LogGroup, LogGroupTags, LogRetention, LogStream, MetricFilter, PublicAccessBlock, Role, RolePolicy,
    RoleTrust, Subscription, Topic, TopicEncryption, TopicPolicy, TopicTags, Trail, TrailEncryption, TrailEvents,
    TrailLogging, TrailTags,
};
use super::Verb::{Confirm, Create, Delete, Detach, Empty, Put, Remove, Set, Start, Stop, Update};
use super::transient::{BUCKET, LOGS, NEW_BUCKET, NEW_ROLE, NEW_TRAIL, NONE, ROLE, TRAIL, TransientError};
use super::{Change, ChangeId, Operation, ResourceKind, Step, Verb};
use crate::domain::added::Recorded;
use crate::domain::alert::AlertId;
use crate::domain::arn::Arn;
use Instance::{InLogGroup, One, Only};

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
/// The role exists, and no trail uses what the teardown removes from it.
const ROLE_UNUSED: &[Need] = &[Need(Role, Create), Need(Trail, Delete), Need(Trail, Detach)];

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
            Self::CreateRole { role, trust: _ } => {
                row(op!("iam", "CreateRole"), (Role, Create), Step::Trail, Only(role), &[], ROLE)
            }
            Self::UpdateAssumeRolePolicy { role, trust: _ } => row(
                op!("iam", "UpdateAssumeRolePolicy"),
                (RoleTrust, Set),
                Step::Trail,
                Only(role),
                ROLE_UNUSED,
                NEW_ROLE,
            ),
            Self::PutRolePolicy { role, policy: _ } => {
                row(op!("iam", "PutRolePolicy"), (RolePolicy, Set), Step::Trail, Only(role), ROLE_UNUSED, NEW_ROLE)
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
                let needs = &[Need(Topic, Create), Need(Alarm, Delete)];
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
            // From here on in the reverse order of setup: no remaining resource refers to a deleted one.
            Self::DeleteAlarm { alarm } => {
                row(op!("cloudwatch", "DeleteAlarms"), (Alarm, Delete), Step::Alarm, One(alarm), &[], NONE)
            }
            Self::DeleteMetricFilter { log_group, filter } => {
                let (needs, filter) = (&[Need(Alarm, Delete)], InLogGroup(log_group, filter));
                row(op!("logs", "DeleteMetricFilter"), (MetricFilter, Delete), Step::Filter, filter, needs, LOGS)
            }
            Self::Unsubscribe { arn: _, endpoint } => {
                let needs = &[Need(Alarm, Delete), Need(Alarm, Put)];
                row(op!("sns", "Unsubscribe"), (Subscription, Delete), Step::Topic, One(endpoint), needs, NONE)
            }
            Self::DeleteTopic { topic_arn } => {
                let needs = &[Need(Alarm, Delete), Need(Alarm, Put), Need(Subscription, Delete)];
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
            Self::DeleteRolePolicy { role } => {
                row(op!("iam", "DeleteRolePolicy"), (RolePolicy, Delete), Step::Trail, One(role), TRAIL_GONE, ROLE)
            }
            Self::DeleteRole { role } => {
                let needs = &[Need(Trail, Delete), Need(Trail, Detach), Need(RolePolicy, Delete)];
                row(op!("iam", "DeleteRole"), (Role, Delete), Step::Trail, One(role), needs, ROLE)
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

    /// Whether `other`, if it is in the same plan, must be done first.
    #[must_use]
    pub fn needs(&self, other: &Self) -> bool {
        let other = other.spec();
        self.spec().needs.contains(&Need(other.kind, other.verb))
    }
}

#[cfg(test)]
mod tests {
    use super::super::TrailUpdate;
    use super::*;

    fn id(kind: ResourceKind, verb: Verb, name: Option<&str>) -> String {
        ChangeId { kind, verb, name: name.map(str::to_owned) }.to_string()
    }

    #[test]
    fn an_id_says_what_is_done_to_which_resource() {
        assert_eq!(id(Bucket, Create, None), "bucket.create");
        assert_eq!(id(RolePolicy, Set, None), "role.policy");
        assert_eq!(id(RolePolicy, Delete, Some("r")), "role.policy.delete:r");
        assert_eq!(id(Subscription, Create, Some("a@b.de")), "subscription.create:a@b.de");
        let filter = |log_group: &str| {
            let change = Change::DeleteMetricFilter { log_group: log_group.into(), filter: "f".into() };
            (change.id().to_string(), change.name().to_owned())
        };
        assert_eq!(id(RolePolicy, Verb::Keep, None), "role.policy");
        assert_eq!(filter("g"), ("filter.delete:g:f".to_owned(), "f".to_owned()));
    }

    #[test]
    fn only_calls_to_iam_have_no_region_and_only_those_to_s3_go_to_the_buckets() {
        let scope = |change: Change| change.spec().scope;
        assert_eq!(scope(Change::DeleteRole { role: "r".into() }), Scope::Global);
        assert_eq!(scope(Change::DeleteBucket { bucket: "b".into() }), Scope::Bucket);
        assert_eq!(scope(Change::DeleteAlarm { alarm: "a".into() }), Scope::Regional);
        assert_eq!(scope(Change::StopLogging { trail: "t".into() }), Scope::Regional);
    }

    #[test]
    fn a_change_needs_every_change_of_that_kind_and_verb_and_no_other() {
        let delete_bucket = Change::DeleteBucket { bucket: "b".into() };
        for trail in ["a", "b.c"] {
            assert!(delete_bucket.needs(&Change::DeleteTrail { trail: trail.into() }), "{trail}");
        }
        assert!(!delete_bucket.needs(&Change::StopLogging { trail: "a".into() }));
        let update_trail = Change::UpdateTrail { trail: "a".into(), update: TrailUpdate::default() };
        let put = Change::PutRolePolicy { role: "r".into(), policy: crate::domain::policy::PolicyDocument::default() };
        assert!(update_trail.needs(&put) && !update_trail.needs(&Change::DeleteRolePolicy { role: "r".into() }));
    }
}
