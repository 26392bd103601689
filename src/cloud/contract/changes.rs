//! What each change answers, and the refusals that matter.

use serde_json::json;

use super::*;
use crate::domain::observed::AlarmState;

fn done(says: &'static str, change: Change, reply: Reply) -> Case {
    let name = match change.operation().service {
        "s3" => "PUT",
        _ => change.operation().name,
    };
    Case::make(says, change).aws(name, reply)
}

fn refused(says: &'static str, change: Change, code: &'static str, kind: ErrorKind) -> Case {
    let name = match &change {
        Change::PutBucketPolicy { .. } => "PUT policy",
        Change::PutBucketVersioning { .. } => "PUT versioning",
        change if change.operation().service == "s3" => "PUT",
        change => change.operation().name,
    };
    Case::make(says, change).refused(name, code, kind)
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
    Change::UpdateTrail { trail: "rootbell".into(), delivery: None }
}

/// A policy that AWS takes, and one that it does not.
fn policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": "*", "Resource": "*" },
    ] })
}

fn malformed() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Sometimes", "Action": "*", "Resource": "*" }] })
}

fn trust(policy: Value) -> Change {
    Change::UpdateAssumeRolePolicy { role: ROLE.into(), trust: policy }
}

fn topic_policy(policy: Value) -> Change {
    Change::SetTopicPolicy { topic_arn: TOPIC.into(), policy }
}

/// One of each kind.
pub(super) fn every() -> Vec<Request> {
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
    let events = Change::PutEventSelectors { trail: "rootbell".into() };
    let others = [
        versioning,
        ownership,
        public,
        events,
        update(),
        trust(policy()),
        topic_policy(policy()),
        state(ALARM, "a test"),
        stream(),
        log(),
    ];
    planned.into_iter().map(change).chain(others).map(|change| Request::Make(Box::new(change))).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [buckets(), logs(), roles(), trails(), topics(), filters_and_alarms()].into_iter().flatten().collect()
}

fn buckets() -> Vec<Case> {
    let foreign = |account: &mut Account| account.foreign_buckets.push("acme-logs".into());
    let put = |name: &str, policy| Change::PutBucketPolicy { bucket: name.into(), policy };
    let versions = |name: &str| Change::PutBucketVersioning { bucket: name.into() };
    let owned = Reply::Refuses(409, "BucketAlreadyOwnedByYou", "yours");
    vec![
        done("a bucket is made", bucket(BUCKET), Reply::Bare(200)),
        done("one's own bucket is made again", bucket(BUCKET), owned).set_up(),
        refused("somebody has the bucket's name", bucket("acme-logs"), "BucketAlreadyExists", ErrorKind::AlreadyExists)
            .demo(foreign),
        refused("a bucket with a name that cannot be", bucket("a_b"), "InvalidBucketName", ErrorKind::Invalid),
        refused("policy of no bucket", put("b00", policy()), "NoSuchBucket", ErrorKind::EventualConsistency),
        refused("a malformed policy of a bucket", put(BUCKET, malformed()), "MalformedPolicy", ErrorKind::Invalid)
            .set_up(),
        refused("versions of no bucket", versions("b00"), "NoSuchBucket", ErrorKind::EventualConsistency),
        refused("policy of a stranger's bucket", put("acme-logs", policy()), "AccessDenied", ErrorKind::AccessDenied)
            .demo(foreign),
    ]
}

fn logs() -> Vec<Case> {
    let group = |name: &str| Change::CreateLogGroup { log_group: name.into() };
    let keep = |days| Change::PutRetentionPolicy { log_group: GROUP.into(), days };
    let nothing = || Reply::Says(json!({}));
    let missing = "ResourceNotFoundException";
    let already = "ResourceAlreadyExistsException";
    let invalid = "InvalidParameterException";
    let stream_there = |account: &mut Account| {
        account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap().streams.insert("rootbell-drill".into());
    };
    vec![
        done("a log group is made", group(GROUP), nothing()),
        refused("a log group is made again", group(GROUP), already, ErrorKind::AlreadyExists).set_up(),
        refused("a log group with a blank in its name", group("a b"), invalid, ErrorKind::Invalid),
        done("a retention is set", keep(365), nothing()).set_up(),
        refused("a retention of no log group", keep(365), missing, ErrorKind::NotFound),
        refused("a retention that is none of AWS's", keep(42), invalid, ErrorKind::Invalid).set_up(),
        done("a log stream is made", stream(), nothing()).set_up(),
        refused("a log stream is made again", stream(), already, ErrorKind::AlreadyExists).set_up().demo(stream_there),
        refused("a log stream of no group", stream(), missing, ErrorKind::NotFound),
        done("an event is logged", log(), nothing()).set_up().demo(stream_there),
        refused("an event of no stream", log(), missing, ErrorKind::NotFound).set_up(),
    ]
}

fn roles() -> Vec<Case> {
    let role = |name: &str| Change::CreateRole { role: name.into(), trust: policy() };
    let badly = "MalformedPolicyDocument";
    let own = Change::PutRolePolicy { role: ROLE.into(), policy: malformed() };
    let trusting_badly = Change::CreateRole { role: ROLE.into(), trust: malformed() };
    let made = format!(
        "<Role><Path>/</Path><RoleName>{ROLE}</RoleName><RoleId>AROA</RoleId><Arn>a</Arn>\
         <CreateDate>{START}</CreateDate></Role>"
    );
    vec![
        done("a role is made", change("role.create"), Reply::Xml(made)),
        refused("a role is made again", role(ROLE), "EntityAlreadyExists", ErrorKind::AlreadyExists).set_up(),
        refused("a role with a slash in its name", role("a/b"), "ValidationError", ErrorKind::Invalid),
        done("a role's policy is set", change("role.policy"), Reply::Xml(String::new())).set_up(),
        refused("policy of no role yet", change("role.policy"), "NoSuchEntity", ErrorKind::EventualConsistency),
        refused("a role with a malformed trust", trusting_badly, badly, ErrorKind::Invalid),
        refused("a malformed trust", trust(malformed()), badly, ErrorKind::Invalid).set_up(),
        refused("a malformed policy of a role", own, badly, ErrorKind::Invalid).set_up(),
        refused("trust of no role yet", trust(policy()), "NoSuchEntity", ErrorKind::EventualConsistency),
    ]
}

fn trails() -> Vec<Case> {
    use ErrorKind::EventualConsistency;
    let create = || change("trail.create");
    let named = |name: &str| match create() {
        Change::CreateTrail { bucket, delivery, .. } => Change::CreateTrail { trail: name.into(), bucket, delivery },
        other => other,
    };
    let without_trail = |account: &mut Account| account.region_mut("eu-west-1").trails.clear();
    let five = |account: &mut Account| {
        let trails = &mut account.region_mut("eu-west-1").trails;
        let one = trails.remove("rootbell").unwrap();
        trails.extend((0..5).map(|n| (format!("trail-{n}"), one.clone())));
    };
    let abroad = |account: &mut Account| {
        let trails = std::mem::take(&mut account.region_mut("eu-west-1").trails);
        account.region_mut("us-east-1").trails = trails;
    };
    let of_organization = |account: &mut Account| {
        let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
        (trail.owner, trail.organization) = (Some("210987654321".into()), true);
    };
    let nothing = || Reply::Says(json!({}));
    vec![
        done("a trail is made", create(), nothing()).set_up().demo(without_trail),
        refused("a trail is made again", create(), "TrailAlreadyExistsException", ErrorKind::AlreadyExists).set_up(),
        refused("a sixth trail", create(), "MaximumNumberOfTrailsExceededException", ErrorKind::Quota)
            .set_up()
            .demo(five),
        refused("a trail with a blank in its name", named("a b"), "InvalidTrailNameException", ErrorKind::Invalid),
        refused("a trail before its bucket is seen", create(), "S3BucketDoesNotExistException", EventualConsistency),
        refused(
            "a trail before its bucket's policy is seen",
            create(),
            "InsufficientS3BucketPolicyException",
            EventualConsistency,
        )
        .set_up()
        .demo(without_trail)
        .demo(|account| account.buckets.get_mut(BUCKET).unwrap().policy = None),
        refused(
            "a trail before its log group is seen",
            create(),
            "InvalidCloudWatchLogsLogGroupArnException",
            EventualConsistency,
        )
        .set_up()
        .demo(without_trail)
        .demo(|account| account.region_mut("eu-west-1").log_groups.clear()),
        refused(
            "a trail before its role is seen",
            create(),
            "InvalidCloudWatchLogsRoleArnException",
            EventualConsistency,
        )
        .set_up()
        .demo(without_trail)
        .demo(|account| account.roles.clear()),
        done("a trail is altered", update(), nothing()).set_up(),
        refused("no trail is altered", update(), "TrailNotFoundException", ErrorKind::NotFound),
        refused("a trail is altered abroad", update(), "InvalidHomeRegionException", ErrorKind::Invalid)
            .set_up()
            .demo(abroad),
        refused(
            "an organization's trail is altered by a member",
            update(),
            "NotOrganizationMasterAccountException",
            ErrorKind::AccessDenied,
        )
        .set_up()
        .demo(of_organization),
        done("a trail is started", change("trail.start"), nothing()).set_up(),
        refused(
            "a trail not seen yet is started",
            change("trail.start"),
            "TrailNotFoundException",
            EventualConsistency,
        ),
        refused(
            "events of no trail",
            Change::PutEventSelectors { trail: "rootbell".into() },
            "TrailNotFoundException",
            ErrorKind::NotFound,
        ),
    ]
}

fn topics() -> Vec<Case> {
    let topic = |name: &str| Change::CreateTopic { topic: name.into(), policy: policy() };
    let badly = Change::CreateTopic { topic: "other".into(), policy: malformed() };
    let mail = |email: &str| Change::Subscribe { topic_arn: TOPIC.into(), email: email.into() };
    let arn = || Reply::Xml(format!("<TopicArn>{TOPIC}</TopicArn>"));
    let pending = || Reply::Xml(format!("<SubscriptionArn>{TOPIC}:1</SubscriptionArn>"));
    vec![
        done("a topic is made", change("topic.create"), arn()),
        done("the same topic is made again", change("topic.create"), arn()).set_up(),
        refused("a topic with other attributes", topic("rootbell-alerts"), "InvalidParameter", ErrorKind::Invalid)
            .set_up(),
        refused("a topic with a blank in its name", topic("a b"), "InvalidParameter", ErrorKind::Invalid),
        refused("a topic with a malformed policy", badly, "InvalidParameter", ErrorKind::Invalid),
        refused("a malformed policy of a topic", topic_policy(malformed()), "InvalidParameter", ErrorKind::Invalid)
            .set_up(),
        done("a topic's policy is set", topic_policy(policy()), Reply::Xml(String::new())).set_up(),
        refused("policy of no topic", topic_policy(policy()), "NotFound", ErrorKind::NotFound),
        done("an address is told", mail(EMAIL), pending()).set_up(),
        refused("no topic tells an address", mail(EMAIL), "NotFound", ErrorKind::NotFound),
        refused("what is no address is told", mail("alice"), "InvalidParameter", ErrorKind::Invalid).set_up(),
    ]
}

fn filters_and_alarms() -> Vec<Case> {
    let with_pattern = |form: &str| match change("filter.put") {
        Change::PutMetricFilter { log_group, mut filter } => {
            filter.pattern = form.into();
            Change::PutMetricFilter { log_group, filter }
        }
        other => other,
    };
    let with_period = |period| Change::PutMetricAlarm { alarm: Box::new(Alarm { period, ..alarm() }) };
    let hundred = |account: &mut Account| {
        let filters = &mut account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap().filters;
        let one = filters.remove(ALARM).unwrap();
        filters.extend((0..100).map(|n| (format!("filter-{n}"), one.clone())));
    };
    let nothing = || Reply::Says(json!({}));
    let filter = || change("filter.put");
    vec![
        done("a filter is made", filter(), nothing()).set_up(),
        refused("a filter on no log group", filter(), "ResourceNotFoundException", ErrorKind::NotFound),
        refused("a filter too many", filter(), "LimitExceededException", ErrorKind::Quota).set_up().demo(hundred),
        refused(
            "a filter with curly quotes",
            with_pattern("{ $.a = “b” }"),
            "InvalidParameterException",
            ErrorKind::Invalid,
        )
        .set_up(),
        done("an alarm is made", change("alarm.put"), nothing()),
        done("an alarm is made again", change("alarm.put"), nothing()).set_up(),
        refused("an alarm with a period of 7 s", with_period(7), "ValidationError", ErrorKind::Invalid),
        done("an alarm is set off by hand", state(ALARM, "a test"), nothing()).set_up(),
        refused("no alarm is set off", state("nobody", "a test"), "ResourceNotFound", ErrorKind::NotFound),
        refused("with too long a reason", state(ALARM, &"x".repeat(1024)), "ValidationError", ErrorKind::Invalid)
            .set_up(),
    ]
}
