//! The result of each change, and its most important errors.

use crate::domain::AlertId;
use crate::domain::role_purpose::RolePurpose;
use serde_json::json;

use super::*;
use crate::cloud::OrganizationProblem;
use crate::domain::added::{Additions, Recorded};
use crate::domain::alarm::{AlarmConfig, AlarmState};
use crate::domain::change::TrailUpdate;
use crate::domain::policy::PolicyDocument;

fn succeeds(case: &'static str, change: Change, reply: AwsReply) -> ContractCase {
    let name = match change.operation().service {
        "s3" => "PUT",
        _ => change.operation().name,
    };
    ContractCase::of_change(case, change).aws(name, reply)
}

fn fails(case: &'static str, change: Change, code: &'static str, kind: ErrorKind) -> ContractCase {
    let name = match &change {
        Change::PutBucketPolicy { .. } => "PUT policy",
        Change::PutBucketVersioning { .. } => "PUT versioning",
        change if change.operation().service == "s3" => "PUT",
        change => change.operation().name,
    };
    ContractCase::of_change(case, change).fails(name, code, kind)
}

fn bucket(name: &str) -> Change {
    Change::CreateBucket { bucket: name.into() }
}

fn state(alarm: &str, reason: &str) -> Change {
    Change::SetAlarmState { alarm: alarm.into(), state: AlarmState::Alarm, reason: reason.into() }
}

fn stream() -> Change {
    Change::CreateLogStream { log_group: GROUP.into(), stream: "rootbell-drill".into() }
}

fn log() -> Change {
    let (log_group, stream, message) = (GROUP.to_owned(), "rootbell-drill".to_owned(), "{}".to_owned());
    Change::PutLogEvents { log_group, stream, at: START.parse().unwrap(), message }
}

fn update() -> Change {
    Change::UpdateTrail { trail: "rootbell".into(), update: TrailUpdate::default() }
}

fn selectors() -> Change {
    Change::PutEventSelectors { trail: "rootbell".into(), read: true, write: true }
}

fn record(kind: Recorded, arn: &str) -> Change {
    Change::RecordAdded { kind, arn: arn.into(), added: Additions::parse("logging") }
}

fn remove_record(kind: Recorded, arn: &str) -> Change {
    Change::RemoveAdded { kind, arn: arn.into() }
}

/// A policy that AWS accepts.
fn policy() -> PolicyDocument {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": "*", "Resource": "*" },
    ] })
    .into()
}

/// A policy that AWS rejects as malformed.
fn malformed() -> PolicyDocument {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Sometimes", "Action": "*", "Resource": "*" }] }).into()
}

fn trust(policy: PolicyDocument) -> Change {
    Change::UpdateAssumeRolePolicy { role: ROLE.into(), purpose: RolePurpose::Delivery, trust: policy }
}

fn topic_policy(policy: PolicyDocument) -> Change {
    Change::SetTopicPolicy { topic_arn: TOPIC.into(), policy }
}

/// One change of each kind.
pub(super) fn one_of_each() -> Vec<CloudCall> {
    let versioning = Change::PutBucketVersioning { bucket: BUCKET.into() };
    let ownership = Change::PutBucketOwnershipControls { bucket: BUCKET.into() };
    let public = Change::PutPublicAccessBlock { bucket: BUCKET.into() };
    let planned = [
        "bucket.create",
        "bucket.tags",
        "bucket.policy",
        "log_group.create",
        "log_group.retention",
        "role.create",
        "role.policy",
        "trail.create",
        "trail.start",
        "topic.create",
        "subscription",
        "filter.put",
        "alarm.put",
    ];
    let events = selectors();
    let others = [
        versioning,
        ownership,
        public,
        events,
        Change::DeleteRetentionPolicy { log_group: GROUP.into() },
        update(),
        trust(policy()),
        topic_policy(policy()),
        state(ALARM, "a test"),
        stream(),
        log(),
        record(Recorded::Trail, TRAIL),
        record(Recorded::LogGroup, GROUP_ARN.strip_suffix(":*").unwrap()),
        record(Recorded::Topic, TOPIC),
        remove_record(Recorded::Trail, TRAIL),
        remove_record(Recorded::LogGroup, GROUP_ARN.strip_suffix(":*").unwrap()),
        remove_record(Recorded::Topic, TOPIC),
    ];
    planned.into_iter().map(change).chain(others).map(|change| CloudCall::Apply(Box::new(change))).collect()
}

pub(super) fn cases() -> Vec<ContractCase> {
    [buckets(), logs(), roles(), trails(), topics(), filters_and_alarms(), records()].into_iter().flatten().collect()
}

fn buckets() -> Vec<ContractCase> {
    let add_foreign = |account: &mut Account| account.foreign_buckets.push("acme-logs".into());
    let put = |name: &str, policy| Change::PutBucketPolicy { bucket: name.into(), policy };
    let versioning = |name: &str| Change::PutBucketVersioning { bucket: name.into() };
    let already_owned = AwsReply::Error(409, "BucketAlreadyOwnedByYou", "owned by you");
    vec![
        succeeds("a bucket is created", bucket(BUCKET), AwsReply::Status(200)),
        succeeds("an owned bucket is created again", bucket(BUCKET), already_owned).set_up(),
        fails(
            "the bucket name belongs to another account",
            bucket("acme-logs"),
            "BucketAlreadyExists",
            ErrorKind::AlreadyExists,
        )
        .demo(add_foreign),
        fails("a bucket with an invalid name", bucket("a_b"), "InvalidBucketName", ErrorKind::Invalid),
        fails(
            "policy of a bucket that does not exist",
            put("b00", policy()),
            "NoSuchBucket",
            ErrorKind::EventualConsistency,
        ),
        fails("a malformed bucket policy", put(BUCKET, malformed()), "MalformedPolicy", ErrorKind::Invalid).set_up(),
        fails(
            "versioning of a bucket that does not exist",
            versioning("b00"),
            "NoSuchBucket",
            ErrorKind::EventualConsistency,
        ),
        fails(
            "policy of another account's bucket",
            put("acme-logs", policy()),
            "AccessDenied",
            ErrorKind::AccessDenied,
        )
        .demo(add_foreign),
    ]
}

fn logs() -> Vec<ContractCase> {
    let group = |name: &str| Change::CreateLogGroup { log_group: name.into(), added: Additions::default() };
    let retention = |days| Change::PutRetentionPolicy { log_group: GROUP.into(), days };
    let no_retention = || Change::DeleteRetentionPolicy { log_group: GROUP.into() };
    let nothing = || AwsReply::Json(json!({}));
    let missing = "ResourceNotFoundException";
    let already = "ResourceAlreadyExistsException";
    let invalid = "InvalidParameterException";
    let add_stream = |account: &mut Account| {
        account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap().streams.insert("rootbell-drill".into());
    };
    vec![
        succeeds("a log group is created", group(GROUP), nothing()),
        fails("a log group is created again", group(GROUP), already, ErrorKind::AlreadyExists).set_up(),
        fails("a log group with a space in its name", group("a b"), invalid, ErrorKind::Invalid),
        succeeds("a retention is set", retention(365), nothing()).set_up(),
        fails("retention of a log group that does not exist", retention(365), missing, ErrorKind::NotFound),
        fails("a retention that AWS does not offer", retention(42), invalid, ErrorKind::Invalid).set_up(),
        succeeds("a retention is deleted", no_retention(), nothing()).set_up(),
        fails("no retention for a log group that does not exist", no_retention(), missing, ErrorKind::NotFound),
        succeeds("a log stream is created", stream(), nothing()).set_up(),
        fails("a log stream is created again", stream(), already, ErrorKind::AlreadyExists).set_up().demo(add_stream),
        fails("a log stream in a log group that does not exist", stream(), missing, ErrorKind::NotFound),
        succeeds("an event is written", log(), nothing()).set_up().demo(add_stream),
        fails("an event for a log stream that does not exist", log(), missing, ErrorKind::NotFound).set_up(),
    ]
}

fn roles() -> Vec<ContractCase> {
    let role = |name: &str| Change::CreateRole { role: name.into(), purpose: RolePurpose::Delivery, trust: policy() };
    let code = "MalformedPolicyDocument";
    let inline_policy =
        Change::PutRolePolicy { role: ROLE.into(), purpose: RolePurpose::Delivery, policy: malformed() };
    let malformed_trust = Change::CreateRole { role: ROLE.into(), purpose: RolePurpose::Delivery, trust: malformed() };
    let role_xml = format!(
        "<Role><Path>/</Path><RoleName>{ROLE}</RoleName><RoleId>AROA</RoleId><Arn>a</Arn>\
         <CreateDate>{START}</CreateDate></Role>"
    );
    vec![
        succeeds("a role is created", change("role.create"), AwsReply::Xml(role_xml)),
        fails("a role is created again", role(ROLE), "EntityAlreadyExists", ErrorKind::AlreadyExists).set_up(),
        fails("a role with a slash in its name", role("a/b"), "ValidationError", ErrorKind::Invalid),
        succeeds("a role's policy is set", change("role.policy"), AwsReply::Xml(String::new())).set_up(),
        fails(
            "policy of a role that is not visible yet",
            change("role.policy"),
            "NoSuchEntity",
            ErrorKind::EventualConsistency,
        ),
        fails("a role with a malformed trust policy", malformed_trust, code, ErrorKind::Invalid),
        fails("a malformed trust policy", trust(malformed()), code, ErrorKind::Invalid).set_up(),
        fails("a malformed role policy", inline_policy, code, ErrorKind::Invalid).set_up(),
        fails(
            "trust policy of a role that is not visible yet",
            trust(policy()),
            "NoSuchEntity",
            ErrorKind::EventualConsistency,
        ),
    ]
}

fn trails() -> Vec<ContractCase> {
    use ErrorKind::EventualConsistency;
    let create = || change("trail.create");
    let create_named = |name: &str| match create() {
        Change::CreateTrail { bucket, delivery, .. } => Change::CreateTrail { trail: name.into(), bucket, delivery },
        other => other,
    };
    let remove_trail = |account: &mut Account| account.region_mut("eu-west-1").trails.clear();
    let add_five_trails = |account: &mut Account| {
        let trails = &mut account.region_mut("eu-west-1").trails;
        let trail = trails.remove("rootbell").unwrap();
        trails.extend((0..5).map(|n| (format!("trail-{n}"), trail.clone())));
    };
    let move_to_another_region = |account: &mut Account| {
        let trails = std::mem::take(&mut account.region_mut("eu-west-1").trails);
        account.region_mut("us-east-1").trails = trails;
    };
    let give_to_organization = |account: &mut Account| {
        let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
        (trail.owner, trail.config.organization) = (Some("210987654321".into()), true);
    };
    let nothing = || AwsReply::Json(json!({}));
    vec![
        succeeds("a trail is created", create(), nothing()).set_up().demo(remove_trail),
        fails("a trail is created again", create(), "TrailAlreadyExistsException", ErrorKind::AlreadyExists).set_up(),
        fails("a sixth trail", create(), "MaximumNumberOfTrailsExceededException", ErrorKind::Quota)
            .set_up()
            .demo(add_five_trails),
        fails("a trail with a space in its name", create_named("a b"), "InvalidTrailNameException", ErrorKind::Invalid),
        fails(
            "a trail whose bucket is not visible yet",
            create(),
            "S3BucketDoesNotExistException",
            EventualConsistency,
        ),
        fails(
            "a trail whose bucket policy is not visible yet",
            create(),
            "InsufficientS3BucketPolicyException",
            EventualConsistency,
        )
        .set_up()
        .demo(remove_trail)
        .demo(|account| account.buckets.get_mut(BUCKET).unwrap().config.policy = None),
        fails(
            "a trail whose log group is not visible yet",
            create(),
            "InvalidCloudWatchLogsLogGroupArnException",
            EventualConsistency,
        )
        .set_up()
        .demo(remove_trail)
        .demo(|account| account.region_mut("eu-west-1").log_groups.clear()),
        fails(
            "a trail whose role is not visible yet",
            create(),
            "InvalidCloudWatchLogsRoleArnException",
            EventualConsistency,
        )
        .set_up()
        .demo(remove_trail)
        .demo(|account| account.roles.clear()),
        succeeds("a trail is updated", update(), nothing()).set_up(),
        fails("a trail that does not exist is updated", update(), "TrailNotFoundException", ErrorKind::NotFound),
        fails("a trail is updated outside its home Region", update(), "InvalidHomeRegionException", ErrorKind::Invalid)
            .set_up()
            .demo(move_to_another_region),
        fails(
            "an organization trail is updated by a member account",
            update(),
            "NotOrganizationMasterAccountException",
            ErrorKind::Organization(OrganizationProblem::NotManagementAccount),
        )
        .set_up()
        .demo(give_to_organization),
        succeeds("a trail is started", change("trail.start"), nothing()).set_up(),
        fails(
            "a trail that is not visible yet is started",
            change("trail.start"),
            "TrailNotFoundException",
            EventualConsistency,
        ),
        fails(
            "event selectors of a trail that does not exist",
            selectors(),
            "TrailNotFoundException",
            ErrorKind::NotFound,
        ),
    ]
}

fn records() -> Vec<ContractCase> {
    let group = GROUP_ARN.strip_suffix(":*").unwrap();
    let nothing = || AwsReply::Json(json!({}));
    let done = || AwsReply::Xml(String::new());
    let all = |change: fn(Recorded, &str) -> Change| {
        let missing = |reply| (reply, ErrorKind::NotFound);
        [
            (change(Recorded::Trail, TRAIL), nothing(), missing("ResourceNotFoundException")),
            (change(Recorded::LogGroup, group), nothing(), missing("ResourceNotFoundException")),
            (change(Recorded::Topic, TOPIC), done(), missing("ResourceNotFound")),
        ]
    };
    let cases = |(change, reply, (code, kind)): (Change, AwsReply, (&'static str, ErrorKind))| {
        [
            succeeds("a record is set or removed", change.clone(), reply).set_up(),
            fails("a record of a resource that does not exist", change, code, kind),
        ]
    };
    all(record).into_iter().chain(all(remove_record)).flat_map(cases).collect()
}

fn topics() -> Vec<ContractCase> {
    let topic = |name: &str| Change::CreateTopic { topic: name.into(), policy: policy() };
    let malformed_topic = Change::CreateTopic { topic: "other".into(), policy: malformed() };
    let subscribe = |email: &str| Change::Subscribe { topic_arn: TOPIC.into(), email: email.into() };
    let confirm = |token: &str| Change::ConfirmSubscription { topic_arn: TOPIC.into(), token: token.into() };
    let arn = || AwsReply::Xml(format!("<TopicArn>{TOPIC}</TopicArn>"));
    let pending = || AwsReply::Xml(format!("<SubscriptionArn>{TOPIC}:1</SubscriptionArn>"));
    vec![
        succeeds("a topic is created", change("topic.create"), arn()),
        succeeds("an identical topic is created again", change("topic.create"), arn()).set_up(),
        fails(
            "an existing topic is created with other attributes",
            topic("rootbell-alerts"),
            "InvalidParameter",
            ErrorKind::Invalid,
        )
        .set_up(),
        fails("a topic with a space in its name", topic("a b"), "InvalidParameter", ErrorKind::Invalid),
        fails("a topic with a malformed policy", malformed_topic, "InvalidParameter", ErrorKind::Invalid),
        fails("a malformed topic policy", topic_policy(malformed()), "InvalidParameter", ErrorKind::Invalid).set_up(),
        succeeds("a topic's policy is set", topic_policy(policy()), AwsReply::Xml(String::new())).set_up(),
        fails("policy of a topic that does not exist", topic_policy(policy()), "NotFound", ErrorKind::NotFound),
        succeeds("an address is subscribed", subscribe(EMAIL), pending()).set_up(),
        fails(
            "an address is subscribed to a topic that does not exist",
            subscribe(EMAIL),
            "NotFound",
            ErrorKind::NotFound,
        ),
        succeeds("a subscription is confirmed", confirm("demo-alice@example.com"), pending()).set_up(),
        fails("a subscription is confirmed with a wrong token", confirm("x"), "InvalidParameter", ErrorKind::Invalid)
            .set_up(),
        fails(
            "a subscription to a topic that does not exist is confirmed",
            confirm("demo-alice@example.com"),
            "NotFound",
            ErrorKind::NotFound,
        ),
        fails("an invalid address is subscribed", subscribe("alice"), "InvalidParameter", ErrorKind::Invalid).set_up(),
    ]
}

fn filters_and_alarms() -> Vec<ContractCase> {
    let with_pattern = |pattern: &str| match change("filter.put") {
        Change::PutMetricFilter { log_group, mut filter } => {
            filter.pattern = pattern.into();
            Change::PutMetricFilter { log_group, filter }
        }
        other => other,
    };
    let with_period = |period| {
        let config = Box::new(AlarmConfig { period, ..alarm().config });
        Change::PutMetricAlarm { alert: AlertId::RootUse, alarm: ALARM.into(), config }
    };
    let add_hundred_filters = |account: &mut Account| {
        let filters = &mut account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap().filters;
        let existing = filters.remove(ALARM).unwrap();
        filters.extend((0..100).map(|n| (format!("filter-{n}"), existing.clone())));
    };
    let nothing = || AwsReply::Json(json!({}));
    let filter = || change("filter.put");
    vec![
        succeeds("a filter is created", filter(), nothing()).set_up(),
        fails(
            "a filter on a log group that does not exist",
            filter(),
            "ResourceNotFoundException",
            ErrorKind::NotFound,
        ),
        fails("one filter more than the quota", filter(), "LimitExceededException", ErrorKind::Quota)
            .set_up()
            .demo(add_hundred_filters),
        fails(
            "a filter with curly quotes",
            with_pattern("{ $.a = “b” }"),
            "InvalidParameterException",
            ErrorKind::Invalid,
        )
        .set_up(),
        succeeds("an alarm is created", change("alarm.put"), nothing()),
        succeeds("an alarm is updated", change("alarm.put"), nothing()).set_up(),
        fails("an alarm with a period of 7 s", with_period(7), "ValidationError", ErrorKind::Invalid),
        succeeds("the state of an alarm is set", state(ALARM, "a test"), nothing()).set_up(),
        fails(
            "the state of an alarm that does not exist is set",
            state("nobody", "a test"),
            "ResourceNotFound",
            ErrorKind::NotFound,
        ),
        fails(
            "the state of an alarm is set with too long a reason",
            state(ALARM, &"x".repeat(1024)),
            "ValidationError",
            ErrorKind::Invalid,
        )
        .set_up(),
    ]
}
