//! What each look-up finds, and what it says where there is nothing.

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::cloud::demo::account::{self, Link};
use crate::domain::Identity;
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::event::RootEvent;
use crate::domain::observed::{
    AlarmState, Bucket, BucketLookup, Confirmation, LogGroup, ManagementEvents, MetricFilter, Role, Subscription,
    Topic, Trail, TrailStatus,
};
use crate::domain::pattern::CIS_PATTERN;

/// One of each kind.
pub(super) fn every() -> Vec<Request> {
    vec![
        Request::Identity,
        Request::Trails,
        Request::TrailStatus(TRAIL),
        Request::ManagementEvents(TRAIL),
        Request::Bucket(BUCKET),
        Request::LogGroup(GROUP),
        Request::MetricFilters(GROUP),
        Request::Role(ROLE),
        Request::Alarm(ALARM),
        Request::AlarmsOn,
        Request::Topic(TOPIC),
        Request::Subscriptions(TOPIC),
        Request::TestFilter(CIS_PATTERN, vec!["{}"]),
        Request::History(ALARM),
        Request::Sums,
        Request::RootEvents(GROUP),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [who(), trails(), buckets(), logs(), roles(), alarms(), watching(), topics()].into_iter().flatten().collect()
}

/// The moment that many seconds before the start.
fn ago(seconds: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap().checked_sub(SignedDuration::from_secs(seconds)).unwrap()
}

fn who() -> Vec<Case> {
    let arn = "arn:aws:iam::123456789012:user/alice";
    let caller = || Reply::Xml(format!("<Account>123456789012</Account><Arn>{arn}</Arn>"));
    let identity = |alias: Option<&str>| Identity {
        account: "123456789012".into(),
        arn: arn.into(),
        alias: alias.map(str::to_owned),
    };
    let aliases = Reply::Xml("<AccountAliases><member>acme</member></AccountAliases>".into());
    vec![
        Case::new("who is signed in", Request::Identity).aws("GetCallerIdentity", caller()).finds(&identity(None)),
        Case::new("who, with an alias", Request::Identity)
            .demo(|account| account.alias = Some("acme".into()))
            .aws("GetCallerIdentity", caller())
            .aws("ListAccountAliases", aliases)
            .finds(&identity(Some("acme"))),
    ]
}

fn trails() -> Vec<Case> {
    let role = format!("arn:aws:iam::123456789012:role/{ROLE}");
    let ours = Trail {
        name: "rootbell".into(),
        arn: TRAIL.into(),
        home_region: "eu-west-1".into(),
        multi_region: true,
        organization: false,
        log_file_validation: true,
        bucket: BUCKET.into(),
        log_group_arn: Some(GROUP_ARN.into()),
        role_arn: Some(role.clone()),
        kms_key: None,
    };
    let listed = json!({ "trailList": [{
        "Name": "rootbell", "TrailARN": TRAIL, "HomeRegion": "eu-west-1", "S3BucketName": BUCKET,
        "IsMultiRegionTrail": true, "IsOrganizationTrail": false, "LogFileValidationEnabled": true,
        "CloudWatchLogsLogGroupArn": GROUP_ARN, "CloudWatchLogsRoleArn": role,
    }] });
    let shadow = Trail {
        name: "org".into(),
        arn: "arn:aws:cloudtrail:us-east-1:210987654321:trail/org".into(),
        home_region: "us-east-1".into(),
        multi_region: true,
        organization: true,
        log_file_validation: false,
        bucket: "acme-org".into(),
        log_group_arn: None,
        role_arn: None,
        kms_key: None,
    };
    let shadowed = json!({ "trailList": [{
        "Name": "org", "TrailARN": shadow.arn, "HomeRegion": "us-east-1", "S3BucketName": "acme-org",
        "IsMultiRegionTrail": true, "IsOrganizationTrail": true,
    }] });
    let of_organization = |account: &mut Account| {
        let trail = account::Trail {
            owner: Some("210987654321".into()),
            organization: true,
            multi_region: true,
            bucket: "acme-org".into(),
            ..account::Trail::default()
        };
        account.region_mut("us-east-1").trails.insert("org".into(), trail);
    };
    let stopped = |account: &mut Account| {
        let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
        (trail.logging, trail.stopped, trail.write) = (false, Some(-600), false);
    };
    let status = json!({ "IsLogging": false, "LatestCloudWatchLogsDeliveryTime": ago(780).as_second() });
    let known = TrailStatus { logs_delivery: Some(ago(780)), ..TrailStatus::default() };
    let reads = json!({ "TrailARN": TRAIL, "EventSelectors": [
        { "ReadWriteType": "ReadOnly", "IncludeManagementEvents": true, "DataResources": [] },
    ] });
    let missing = "TrailNotFoundException";
    vec![
        Case::new("no trail", Request::Trails)
            .aws("DescribeTrails", Reply::Says(json!({ "trailList": [] })))
            .finds(&Vec::<Trail>::new()),
        Case::new("a trail", Request::Trails).set_up().aws("DescribeTrails", Reply::Says(listed)).finds(&vec![ours]),
        Case::new("an organization's shadow", Request::Trails)
            .demo(of_organization)
            .aws("DescribeTrails", Reply::Says(shadowed))
            .finds(&vec![shadow]),
        Case::new("status of a trail that was stopped", Request::TrailStatus(TRAIL))
            .set_up()
            .demo(stopped)
            .aws("GetTrailStatus", Reply::Says(status))
            .finds(&known),
        Case::new("status of no trail", Request::TrailStatus(TRAIL)).refused(
            "GetTrailStatus",
            missing,
            ErrorKind::NotFound,
        ),
        Case::new("a trail that records reads only", Request::ManagementEvents(TRAIL))
            .set_up()
            .demo(stopped)
            .aws("GetEventSelectors", Reply::Says(reads))
            .finds(&ManagementEvents { read: true, write: false, others: false }),
        Case::new("a trail that records everything", Request::ManagementEvents(TRAIL))
            .set_up()
            .aws("GetEventSelectors", Reply::Says(json!({ "TrailARN": TRAIL })))
            .finds(&ManagementEvents::ALL),
        Case::new("events of no trail", Request::ManagementEvents(TRAIL)).refused(
            "GetEventSelectors",
            missing,
            ErrorKind::NotFound,
        ),
    ]
}

fn buckets() -> Vec<Case> {
    let bare = |account: &mut Account| {
        account.buckets.insert("bare".into(), account::Bucket::default());
    };
    let policed = |account: &mut Account| {
        let policy = Some(json!({ "Version": "2012-10-17", "Statement": [] }));
        let tags = [("team".to_owned(), "audit".to_owned())].into();
        account.buckets.insert("bare".into(), account::Bucket { policy, versioned: true, tags, ..Default::default() });
    };
    let found = Bucket { name: "bare".into(), ..Bucket::default() };
    let more = Bucket {
        policy: Some(json!({ "Version": "2012-10-17", "Statement": [] })),
        versioned: true,
        tags: vec![("team".into(), "audit".into())],
        ..found.clone()
    };
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>audit</Value></Tag></TagSet></Tagging>";
    let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    vec![
        Case::new("a free bucket name", Request::Bucket("free"))
            .aws("HEAD", Reply::Bare(404))
            .finds(&BucketLookup::NotFound),
        Case::new("somebody else's bucket", Request::Bucket("acme-logs"))
            .demo(|account| account.foreign_buckets.push("acme-logs".into()))
            .aws("HEAD", Reply::Bare(403))
            .finds(&BucketLookup::Forbidden),
        Case::new("a bucket that may not be looked at", Request::Bucket("bare"))
            .demo(bare)
            .demo(|account| {
                account.faults.insert("HeadBucket".into(), InjectedFault::Deny);
            })
            .aws("HEAD", Reply::Bare(403))
            .finds(&BucketLookup::Forbidden),
        Case::new("a bare bucket", Request::Bucket("bare"))
            .demo(bare)
            .aws("HEAD", Reply::Bare(200))
            .finds(&BucketLookup::Owned(found)),
        Case::new("a bucket with a policy", Request::Bucket("bare"))
            .demo(policed)
            .aws("HEAD", Reply::Bare(200))
            .aws("GET policy", Reply::Xml(r#"{ "Version": "2012-10-17", "Statement": [] }"#.into()))
            .aws("GET versioning", Reply::Xml(versions.into()))
            .aws("GET tagging", Reply::Xml(tags.into()))
            .finds(&BucketLookup::Owned(more)),
    ]
}

fn logs() -> Vec<Case> {
    let group = json!({ "logGroups": [{ "logGroupName": GROUP, "arn": GROUP_ARN, "retentionInDays": 365 }] });
    let longer = json!({ "logGroups": [{ "logGroupName": format!("{GROUP}-2") }] });
    let filter = json!({ "metricFilters": [{
        "filterName": ALARM, "filterPattern": CIS_PATTERN, "logGroupName": GROUP,
        "metricTransformations": [{
            "metricNamespace": "rootbell", "metricName": "RootUse", "metricValue": "1", "defaultValue": 0.0,
        }],
    }] });
    let made = MetricFilter {
        name: ALARM.into(),
        pattern: CIS_PATTERN.into(),
        metric: metric(),
        value: "1".into(),
        default: Some(0.0),
    };
    let (yes, no) = (r#"{"a":1}"#, r#"{"a":2}"#);
    let matched = json!({ "matches": [{ "eventNumber": 1, "eventMessage": yes, "extractedValues": {} }] });
    // More than one call of AWS takes; to the one who asks it is one question.
    let every_50th = |n: usize| (0..n).map(|i| i % 50 == 0).collect::<Vec<bool>>();
    let many: Vec<&str> = every_50th(60).into_iter().map(|first| if first { yes } else { no }).collect();
    let refused = "InvalidParameterException";
    vec![
        Case::new("a log group", Request::LogGroup(GROUP))
            .set_up()
            .aws("DescribeLogGroups", Reply::Says(group))
            .finds(&Some(LogGroup { name: GROUP.into(), retention_days: Some(365), kms_key: None, stored_bytes: 0 })),
        Case::new("no log group, but one whose name begins so", Request::LogGroup(GROUP))
            .demo(|account| {
                let groups = &mut account.region_mut("eu-west-1").log_groups;
                groups.insert(format!("{GROUP}-2"), account::LogGroup::default());
            })
            .aws("DescribeLogGroups", Reply::Says(longer))
            .finds(&None::<LogGroup>),
        Case::new("filters", Request::MetricFilters(GROUP))
            .set_up()
            .aws("DescribeMetricFilters", Reply::Says(filter))
            .finds(&vec![made]),
        Case::new("filters of no log group", Request::MetricFilters(GROUP))
            .aws("DescribeMetricFilters", Reply::Refuses(400, "ResourceNotFoundException", "no"))
            .finds(&Vec::<MetricFilter>::new()),
        Case::new("a pattern is tried", Request::TestFilter("{ $.a = 1 }", vec![yes, no]))
            .aws("TestMetricFilter", Reply::Says(matched.clone()))
            .finds(&every_50th(2)),
        Case::new("a pattern is tried on many events", Request::TestFilter("{ $.a = 1 }", many))
            .aws("TestMetricFilter", Reply::Says(matched))
            .finds(&every_50th(60)),
        Case::new("a pattern is tried on nothing", Request::TestFilter("{ $.a = 1 }", vec![])).finds(&every_50th(0)),
        Case::new("a wrong pattern is tried", Request::TestFilter("{ $.a = “1” }", vec![yes])).refused(
            "TestMetricFilter",
            refused,
            ErrorKind::Invalid,
        ),
    ]
}

fn roles() -> Vec<Case> {
    let policy = json!({ "Version": "2012-10-17", "Statement": [] });
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    let role = Role {
        name: "r".into(),
        arn: "arn:aws:iam::123456789012:role/service-role/r".into(),
        trust: policy.clone(),
        policy: Some(policy.clone()),
        tags: Vec::new(),
    };
    let with = |own: Option<Value>| {
        let trust = policy.clone();
        move |account: &mut Account| {
            let path = "/service-role/".to_owned();
            account.roles.insert("r".into(), account::Role { path, trust, policy: own, ..account::Role::default() });
        }
    };
    let xml = format!(
        "<Role><Path>/service-role/</Path><RoleName>r</RoleName><RoleId>A</RoleId><Arn>{}</Arn>\
         <CreateDate>{START}</CreateDate><AssumeRolePolicyDocument>{encoded}</AssumeRolePolicyDocument></Role>",
        role.arn
    );
    let own = format!("<RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>{encoded}</PolicyDocument>");
    let none = || Reply::Refuses(404, "NoSuchEntity", "no");
    vec![
        Case::new("a role", Request::Role("r"))
            .demo(with(Some(policy.clone())))
            .aws("GetRole", Reply::Xml(xml.clone()))
            .aws("GetRolePolicy", Reply::Xml(own))
            .finds(&Some(role.clone())),
        Case::new("a role without our policy", Request::Role("r"))
            .demo(with(None))
            .aws("GetRole", Reply::Xml(xml))
            .aws("GetRolePolicy", none())
            .finds(&Some(Role { policy: None, ..role })),
        Case::new("no role", Request::Role("r"))
            .aws("GetRole", none())
            .aws("GetRolePolicy", none())
            .finds(&None::<Role>),
    ]
}

fn alarms() -> Vec<Case> {
    let ringing = |account: &mut Account| {
        let alarm = account.region_mut("eu-west-1").alarms.get_mut(ALARM).unwrap();
        (alarm.state, alarm.since) = (account::State::Alarm, Some(-10));
        alarm.reason = "Threshold Crossed".into();
    };
    let made = alarm();
    let described = json!({ "MetricAlarms": [{
        "AlarmName": ALARM, "AlarmDescription": made.description, "ActionsEnabled": true, "AlarmActions": [TOPIC],
        "OKActions": [], "InsufficientDataActions": [], "StateValue": "ALARM", "StateReason": "Threshold Crossed",
        "StateUpdatedTimestamp": ago(10).as_second(), "MetricName": "RootUse", "Namespace": "rootbell",
        "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "DatapointsToAlarm": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
    }] });
    let found = Alarm { state: AlarmState::Alarm, since: Some(ago(10)), reason: "Threshold Crossed".into(), ..made };
    let none = || Reply::Says(json!({ "MetricAlarms": [] }));
    vec![
        Case::new("an alarm", Request::Alarm(ALARM))
            .set_up()
            .demo(ringing)
            .aws("DescribeAlarms", Reply::Says(described.clone()))
            .finds(&Some(found.clone())),
        Case::new("no alarm", Request::Alarm(ALARM)).aws("DescribeAlarms", none()).finds(&None::<Alarm>),
        Case::new("alarms on a metric", Request::AlarmsOn)
            .set_up()
            .demo(ringing)
            .aws("DescribeAlarmsForMetric", Reply::Says(described))
            .finds(&vec![found]),
        Case::new("no alarm on a metric", Request::AlarmsOn)
            .aws("DescribeAlarmsForMetric", none())
            .finds(&Vec::<Alarm>::new()),
    ]
}

fn watching() -> Vec<Case> {
    let log = |account: &mut Account| {
        let group = account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap();
        group.filters.get_mut(ALARM).unwrap().pattern = "{ $.a = 1 }".into();
        let event = [("a".to_owned(), json!(1)), ("eventID".to_owned(), json!("e1"))].into();
        group.events.push(account::Event { at: -600, event });
    };
    let line = json!({ "a": 1, "eventID": "e1", "eventTime": ago(600).to_string() }).to_string();
    let page = EventPage { events: vec![RootEvent::decode(&line, "x", Some(ago(600)))], ..EventPage::default() };
    let logged = json!({ "events": [{ "eventId": "x", "timestamp": ago(600).as_millisecond(), "message": line }] });
    let token = format!("{}/0", ago(300).as_nanosecond());
    let entry = ("ConfigurationUpdate", format!("Alarm \"{ALARM}\" created"));
    let history = HistoryItem::decode(ago(60), entry.0, &entry.1, "");
    let remembered = json!({ "AlarmHistoryItems": [{
        "AlarmName": ALARM, "Timestamp": ago(60).as_second(), "HistoryItemType": entry.0, "HistorySummary": entry.1,
    }] });
    let created = |account: &mut Account| {
        let alarm = account.region_mut("eu-west-1").alarms.get_mut(ALARM).unwrap();
        alarm.since = Some(-60);
        let (kind, summary) = ("ConfigurationUpdate".into(), format!("Alarm \"{ALARM}\" created"));
        alarm.history = vec![account::Entry { at: -60, kind, summary, data: None }];
        account.timing.evaluated_after = 3600;
    };
    let sum = json!({ "MetricDataResults": [{
        "Id": "sum", "Timestamps": [ago(600).as_second()], "Values": [1.0],
    }] });
    vec![
        Case::new("root events", Request::RootEvents(GROUP))
            .set_up()
            .demo(log)
            .aws("FilterLogEvents", Reply::Says(logged))
            .finds(&page),
        Case::new("no root events", Request::RootEvents(GROUP))
            .set_up()
            .aws("FilterLogEvents", Reply::Says(json!({ "events": [] })))
            .finds(&EventPage::default()),
        Case::new("an empty page of root events that leads on", Request::RootEvents(GROUP))
            .set_up()
            .demo(log)
            .demo(|account| {
                // The last five minutes, which the event is not in.
                let group = account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap();
                group.page_covers = Some(300);
            })
            .aws("FilterLogEvents", Reply::Says(json!({ "events": [], "nextToken": token })))
            .finds(&EventPage { next: Some(token.clone()), ..EventPage::default() }),
        Case::new("events of no log group", Request::RootEvents(GROUP)).refused(
            "FilterLogEvents",
            "ResourceNotFoundException",
            ErrorKind::NotFound,
        ),
        Case::new("an alarm's history", Request::History(ALARM))
            .set_up()
            .demo(created)
            .aws("DescribeAlarmHistory", Reply::Says(remembered))
            .finds(&vec![history]),
        Case::new("history of no alarm", Request::History(ALARM))
            .aws("DescribeAlarmHistory", Reply::Says(json!({ "AlarmHistoryItems": [] })))
            .finds(&Vec::<HistoryItem>::new()),
        Case::new("root use, counted", Request::Sums)
            .set_up()
            .demo(log)
            .aws("GetMetricData", Reply::Says(sum))
            .finds(&vec![Datapoint { at: ago(600), value: 1.0 }]),
        Case::new("a metric without a value", Request::Sums)
            .aws("GetMetricData", Reply::Says(json!({ "MetricDataResults": [{ "Id": "sum" }] })))
            .finds(&Vec::<Datapoint>::new()),
    ]
}

fn topics() -> Vec<Case> {
    let policy = json!({ "Version": "2012-10-17", "Statement": [] });
    let keyed = |account: &mut Account| {
        let topic = account::Topic {
            policy: Some(json!({ "Version": "2012-10-17", "Statement": [] })),
            kms_key: Some("alias/aws/sns".into()),
            ..account::Topic::default()
        };
        account.region_mut("eu-west-1").topics.insert("rootbell-alerts".into(), topic);
    };
    let attributes = format!(
        "<Attributes><entry><key>Policy</key><value>{policy}</value></entry>\
         <entry><key>KmsMasterKeyId</key><value>alias/aws/sns</value></entry></Attributes>"
    );
    let told = [
        ("gone@example.com", Link::Deleted, "Deleted".to_owned()),
        ("dora@example.com", Link::Confirmed, format!("{TOPIC}:00000000-0000-4000-8000-000000000002")),
        ("alice@example.com", Link::Pending, "PendingConfirmation".to_owned()),
    ];
    let subscribed = told.clone().map(|(endpoint, state, _)| account::Subscription {
        endpoint: endpoint.into(),
        state,
        ..account::Subscription::default()
    });
    let member = |(endpoint, _, arn): &(&str, Link, String)| {
        format!(
            "<member><Endpoint>{endpoint}</Endpoint><Protocol>email</Protocol>\
             <SubscriptionArn>{arn}</SubscriptionArn></member>"
        )
    };
    let members = told.each_ref().map(member).concat();
    let one = |endpoint: &str, state, arn: Option<&str>| Subscription {
        endpoint: endpoint.into(),
        protocol: "email".into(),
        state,
        arn: arn.map(str::to_owned),
    };
    let listed = vec![
        one("alice@example.com", Confirmation::Pending, None),
        one("dora@example.com", Confirmation::Confirmed, Some(&told[1].2)),
        one("gone@example.com", Confirmation::Deleted, None),
    ];
    vec![
        Case::new("a topic", Request::Topic(TOPIC))
            .demo(keyed)
            .aws("GetTopicAttributes", Reply::Xml(attributes))
            .finds(&Some(Topic { arn: TOPIC.into(), policy: Some(policy), kms_key: Some("alias/aws/sns".into()) })),
        Case::new("no topic", Request::Topic(TOPIC))
            .aws("GetTopicAttributes", Reply::Refuses(404, "NotFound", "no"))
            .finds(&None::<Topic>),
        Case::new("who is told", Request::Subscriptions(TOPIC))
            .demo(keyed)
            .demo(|account| {
                let topic = account.region_mut("eu-west-1").topics.get_mut("rootbell-alerts").unwrap();
                topic.subscriptions = subscribed.into();
            })
            .aws("ListSubscriptionsByTopic", Reply::Xml(format!("<Subscriptions>{members}</Subscriptions>")))
            .finds(&listed),
        Case::new("nobody is told by no topic", Request::Subscriptions(TOPIC))
            .aws("ListSubscriptionsByTopic", Reply::Refuses(404, "NotFound", "no"))
            .finds(&Vec::<Subscription>::new()),
    ]
}
