//! What each query returns, also if the resource does not exist.

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::cloud::demo::account;
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::event::RootEvent;
use crate::domain::observed::{Bucket, BucketLookup, LogGroup, MetricFilter, Role};
use crate::domain::pattern::CIS_PATTERN;
use crate::domain::policy::PolicyDocument;
use crate::domain::retention::RetentionDays::Days;

/// One call of each kind.
pub(super) fn one_of_each() -> Vec<CloudCall> {
    vec![
        CloudCall::Identity,
        CloudCall::OrganizationAccounts,
        CloudCall::RootCredentials,
        CloudCall::VirtualRootMfa,
        CloudCall::CentralizedRootAccess,
        CloudCall::GenerateCredentialReport,
        CloudCall::RootLastUse,
        CloudCall::Trails,
        CloudCall::TrailStatus(TRAIL),
        CloudCall::ManagementEvents(TRAIL),
        CloudCall::Bucket(BUCKET),
        CloudCall::LogGroup(GROUP),
        CloudCall::MetricFilters(GROUP),
        CloudCall::Role(ROLE),
        CloudCall::Alarm(ALARM),
        CloudCall::AlarmsForMetric,
        CloudCall::IndirectAlarms,
        CloudCall::MuteRules(ALARM),
        CloudCall::Topic(TOPIC),
        CloudCall::Subscriptions(TOPIC),
        CloudCall::SubscriptionAttributes(SUBSCRIPTION),
        CloudCall::TestFilter(CIS_PATTERN, vec!["{}"]),
        CloudCall::History(ALARM),
        CloudCall::MetricStatistics,
        CloudCall::Datapoints,
        CloudCall::IncomingEvents(GROUP),
        CloudCall::RootEvents(GROUP),
        CloudCall::EventRules,
        CloudCall::RuleTargets("rootbell-root-sign-ins"),
        CloudCall::TestEventPattern("{}", "{}"),
    ]
}

pub(super) fn cases() -> Vec<ContractCase> {
    let tables = [identity::identities(), identity::organization(), buckets(), logs(), roles(), activity()];
    tables.into_iter().flatten().collect()
}

/// The time that many seconds before the start.
pub(super) fn ago(seconds: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap().checked_sub(SignedDuration::from_secs(seconds)).unwrap()
}

fn buckets() -> Vec<ContractCase> {
    let add_bare = |account: &mut Account| {
        let region = "eu-west-1".to_owned();
        account.buckets.insert("bare".into(), account::Bucket { region, ..Default::default() });
    };
    let add_with_policy = |account: &mut Account| {
        let policy = Some(json!({ "Version": "2012-10-17", "Statement": [] }).into());
        let tags = [("team".to_owned(), "audit".to_owned())].into();
        account.buckets.insert(
            "bare".into(),
            account::Bucket {
                config: Bucket { policy, versioned: true, ..Bucket::default() },
                region: "eu-west-1".into(),
                tags,
                ..account::Bucket::default()
            },
        );
    };
    let bare = Bucket { name: "bare".into(), region: Some(home()), ..Bucket::default() };
    let with_policy = Bucket {
        policy: Some(json!({ "Version": "2012-10-17", "Statement": [] }).into()),
        versioned: true,
        tags: vec![("team".into(), "audit".into())],
        ..bare.clone()
    };
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>audit</Value></Tag></TagSet></Tagging>";
    let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    vec![
        ContractCase::new("a bucket that does not exist", CloudCall::Bucket("free"))
            .aws("HEAD", AwsReply::Status(404))
            .returns(&BucketLookup::NotFound),
        ContractCase::new("a bucket of another account", CloudCall::Bucket("acme-logs"))
            .demo(|account| account.foreign_buckets.push("acme-logs".into()))
            .aws("HEAD", AwsReply::Status(403))
            .returns(&BucketLookup::Forbidden),
        ContractCase::new("a bucket without permission to read it", CloudCall::Bucket("bare"))
            .demo(add_bare)
            .demo(|account| {
                account.faults.insert("HeadBucket".into(), InjectedFault::Deny);
            })
            .aws("HEAD", AwsReply::Status(403))
            .returns(&BucketLookup::Forbidden),
        ContractCase::new("a bucket with nothing configured", CloudCall::Bucket("bare"))
            .demo(add_bare)
            .aws("HEAD", AwsReply::Status(200))
            .returns(&BucketLookup::Owned(bare)),
        ContractCase::new("a bucket with a policy, versioning and tags", CloudCall::Bucket("bare"))
            .demo(add_with_policy)
            .aws("HEAD", AwsReply::Status(200))
            .aws("GET policy", AwsReply::Xml(r#"{ "Version": "2012-10-17", "Statement": [] }"#.into()))
            .aws("GET versioning", AwsReply::Xml(versions.into()))
            .aws("GET tagging", AwsReply::Xml(tags.into()))
            .returns(&BucketLookup::Owned(with_policy)),
    ]
}

fn logs() -> Vec<ContractCase> {
    let group = json!({ "logGroups": [{ "logGroupName": GROUP, "arn": GROUP_ARN, "retentionInDays": 365 }] });
    let longer = json!({ "logGroups": [{ "logGroupName": format!("{GROUP}-2") }] });
    let filter = json!({ "metricFilters": [{
        "filterName": ALARM, "filterPattern": CIS_PATTERN, "logGroupName": GROUP,
        "metricTransformations": [{
            "metricNamespace": "rootbell", "metricName": "RootUse", "metricValue": "1", "defaultValue": 0.0,
            "unit": "Count",
        }],
        "creationTime": ago(7 * 86_400).as_millisecond(),
    }] });
    let existing = MetricFilter {
        name: ALARM.into(),
        pattern: CIS_PATTERN.into(),
        metric: metric(),
        default: Some(0.0),
        unit: Some("Count".into()),
        created: Some(ago(7 * 86_400)),
        ..MetricFilter::default()
    };
    let (yes, no) = (r#"{"a":1}"#, r#"{"a":2}"#);
    let matched = json!({ "matches": [{ "eventNumber": 1, "eventMessage": yes, "extractedValues": {} }] });
    let every_50th = |n: usize| (0..n).map(|i| i % 50 == 0).collect::<Vec<bool>>();
    let many: Vec<&str> = every_50th(60).into_iter().map(|matches| if matches { yes } else { no }).collect();
    let invalid = "InvalidParameterException";
    let found = LogGroup { name: GROUP.into(), retention_days: Days(365), ..LogGroup::default() };
    let archive = LogGroup { class: Some("INFREQUENT_ACCESS".into()), deletion_protection: true, ..found.clone() };
    let archived = json!({ "logGroups": [{ "logGroupName": GROUP, "retentionInDays": 365,
        "logGroupClass": "INFREQUENT_ACCESS", "deletionProtectionEnabled": true }] });
    let archive_in_demo = archive.clone();
    vec![
        ContractCase::new("a log group", CloudCall::LogGroup(GROUP))
            .set_up()
            .aws("DescribeLogGroups", AwsReply::Json(group))
            .returns(&Some(found)),
        ContractCase::new("a log group without metric filters that can't be deleted", CloudCall::LogGroup(GROUP))
            .set_up()
            .demo(move |account| {
                account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap().config = archive_in_demo.clone();
            })
            .aws("DescribeLogGroups", AwsReply::Json(archived))
            .returns(&Some(archive)),
        ContractCase::new("no log group, but one whose name begins with the same text", CloudCall::LogGroup(GROUP))
            .demo(|account| {
                let groups = &mut account.region_mut("eu-west-1").log_groups;
                groups.insert(format!("{GROUP}-2"), account::LogGroup::default());
            })
            .aws("DescribeLogGroups", AwsReply::Json(longer))
            .returns(&None::<LogGroup>),
        ContractCase::new("metric filters", CloudCall::MetricFilters(GROUP))
            .set_up()
            .demo(|account| {
                let group = account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap();
                group.filters_created.insert(ALARM.into(), -7 * 86_400);
            })
            .aws("DescribeMetricFilters", AwsReply::Json(filter))
            .returns(&vec![existing]),
        ContractCase::new("metric filters of a log group that does not exist", CloudCall::MetricFilters(GROUP))
            .aws("DescribeMetricFilters", AwsReply::Error(400, "ResourceNotFoundException", "no"))
            .returns(&Vec::<MetricFilter>::new()),
        ContractCase::new("a pattern is tested", CloudCall::TestFilter("{ $.a = 1 }", vec![yes, no]))
            .aws("TestMetricFilter", AwsReply::Json(matched.clone()))
            .returns(&every_50th(2)),
        ContractCase::new("a pattern is tested on many events", CloudCall::TestFilter("{ $.a = 1 }", many))
            .aws("TestMetricFilter", AwsReply::Json(matched))
            .returns(&every_50th(60)),
        ContractCase::new("a pattern is tested on no events", CloudCall::TestFilter("{ $.a = 1 }", vec![]))
            .returns(&every_50th(0)),
        ContractCase::new("an invalid pattern is tested", CloudCall::TestFilter("{ $.a = “1” }", vec![yes])).fails(
            "TestMetricFilter",
            invalid,
            ErrorKind::Invalid,
        ),
    ]
}

fn roles() -> Vec<ContractCase> {
    let policy = PolicyDocument::from(json!({ "Version": "2012-10-17", "Statement": [] }));
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    let role = Role {
        name: "r".into(),
        arn: "arn:aws:iam::123456789012:role/service-role/r".into(),
        trust: policy.clone(),
        policy: Some(policy.clone()),
        tags: Vec::new(),
    };
    let add_role = |inline_policy: Option<PolicyDocument>| {
        let trust = policy.clone();
        move |account: &mut Account| {
            let path = "/service-role/".to_owned();
            account.roles.insert(
                "r".into(),
                account::Role {
                    path,
                    config: Role { trust, policy: inline_policy, ..Role::default() },
                    ..account::Role::default()
                },
            );
        }
    };
    let xml = format!(
        "<Role><Path>/service-role/</Path><RoleName>r</RoleName><RoleId>A</RoleId><Arn>{}</Arn>\
         <CreateDate>{START}</CreateDate><AssumeRolePolicyDocument>{encoded}</AssumeRolePolicyDocument></Role>",
        role.arn
    );
    let policy_xml =
        format!("<RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>{encoded}</PolicyDocument>");
    let not_found = || AwsReply::Error(404, "NoSuchEntity", "no");
    vec![
        ContractCase::new("a role", CloudCall::Role("r"))
            .demo(add_role(Some(policy.clone())))
            .aws("GetRole", AwsReply::Xml(xml.clone()))
            .aws("GetRolePolicy", AwsReply::Xml(policy_xml))
            .returns(&Some(role.clone())),
        ContractCase::new("a role without rootbell's policy", CloudCall::Role("r"))
            .demo(add_role(None))
            .aws("GetRole", AwsReply::Xml(xml))
            .aws("GetRolePolicy", not_found())
            .returns(&Some(Role { policy: None, ..role })),
        ContractCase::new("a role that does not exist", CloudCall::Role("r"))
            .aws("GetRole", not_found())
            .aws("GetRolePolicy", not_found())
            .returns(&None::<Role>),
    ]
}

fn activity() -> Vec<ContractCase> {
    let add_event = |account: &mut Account| {
        let group = account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap();
        group.filters.get_mut(ALARM).unwrap().pattern = "{ $.a = 1 }".into();
        let event = [("a".to_owned(), json!(1)), ("eventID".to_owned(), json!("e1"))].into();
        group.events.push(account::Event { at: -600, event });
    };
    let line = json!({ "a": 1, "eventID": "e1", "eventTime": ago(600).to_string() }).to_string();
    let page = EventPage { events: vec![RootEvent::decode(&line, "x", Some(ago(600)))], ..EventPage::default() };
    let events_json =
        json!({ "events": [{ "eventId": "x", "timestamp": ago(600).as_millisecond(), "message": line }] });
    let token = format!("{}/0", ago(300).as_nanosecond());
    let (kind, summary) = ("ConfigurationUpdate", format!("Alarm \"{ALARM}\" created"));
    let history = HistoryItem::decode(ago(60), kind, &summary, "");
    let history_json = json!({ "AlarmHistoryItems": [{
        "AlarmName": ALARM, "Timestamp": ago(60).as_second(), "HistoryItemType": kind, "HistorySummary": summary,
    }] });
    let add_history = |account: &mut Account| {
        let alarm = account.region_mut("eu-west-1").alarms.get_mut(ALARM).unwrap();
        alarm.since = Some(-60);
        let (kind, summary) = ("ConfigurationUpdate".into(), format!("Alarm \"{ALARM}\" created"));
        alarm.history = vec![account::HistoryEntry { at: -60, kind, summary, data: None }];
        account.timing.evaluated_after = 3600;
    };
    let points = |statistic: &str, values: &[f64]| {
        let at = ago(600).as_second();
        let points: Vec<_> = values.iter().map(|value| json!({ "Timestamp": at, statistic: value })).collect();
        AwsReply::Json(json!({ "Label": "x", "Datapoints": points }))
    };
    let sum = json!({ "Label": "RootUse", "Datapoints": [{ "Timestamp": ago(600).as_second(), "Sum": 1.0 }] });
    vec![
        ContractCase::new("root events", CloudCall::RootEvents(GROUP))
            .set_up()
            .demo(add_event)
            .aws("FilterLogEvents", AwsReply::Json(events_json))
            .returns(&page),
        ContractCase::new("no root events", CloudCall::RootEvents(GROUP))
            .set_up()
            .aws("FilterLogEvents", AwsReply::Json(json!({ "events": [] })))
            .returns(&EventPage::default()),
        ContractCase::new("an empty page of root events with a token for the next page", CloudCall::RootEvents(GROUP))
            .set_up()
            .demo(add_event)
            .demo(|account| {
                // The page covers the last five minutes; the event is older.
                let group = account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap();
                group.page_covers = Some(300);
            })
            .aws("FilterLogEvents", AwsReply::Json(json!({ "events": [], "nextToken": token })))
            .returns(&EventPage { next: Some(token.clone()), ..EventPage::default() }),
        ContractCase::new("root events of a log group that does not exist", CloudCall::RootEvents(GROUP)).fails(
            "FilterLogEvents",
            "ResourceNotFoundException",
            ErrorKind::NotFound,
        ),
        ContractCase::new("an alarm's history", CloudCall::History(ALARM))
            .set_up()
            .demo(add_history)
            .aws("DescribeAlarmHistory", AwsReply::Json(history_json))
            .returns(&vec![history]),
        ContractCase::new("history of an alarm that does not exist", CloudCall::History(ALARM))
            .aws("DescribeAlarmHistory", AwsReply::Json(json!({ "AlarmHistoryItems": [] })))
            .returns(&Vec::<HistoryItem>::new()),
        ContractCase::new("the metric's sum", CloudCall::MetricStatistics)
            .set_up()
            .demo(add_event)
            .aws("GetMetricStatistics", AwsReply::Json(sum))
            .returns(&vec![Datapoint { at: ago(600), value: 1.0 }]),
        ContractCase::new("how many datapoints a filter published", CloudCall::Datapoints)
            .set_up()
            .aws("GetMetricStatistics", points("SampleCount", &[1000.0, 437.0]))
            .returns(&1437.0),
        ContractCase::new("a filter that publishes nothing", CloudCall::Datapoints)
            .set_up()
            .demo(|account| {
                let group = account.region_mut("eu-west-1").log_groups.get_mut(GROUP).unwrap();
                group.silent_filters.insert(ALARM.into());
            })
            .aws("GetMetricStatistics", points("SampleCount", &[]))
            .returns(&0.0),
        ContractCase::new("how many events arrived", CloudCall::IncomingEvents(GROUP))
            .set_up()
            .aws("GetMetricStatistics", points("Sum", &[4311.0]))
            .returns(&4311.0),
        ContractCase::new("no event arrived", CloudCall::IncomingEvents(GROUP))
            .set_up()
            .demo(|account| {
                let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
                trail.delivered = Some(-30 * 3600);
            })
            .aws("GetMetricStatistics", points("Sum", &[]))
            .returns(&0.0),
        ContractCase::new("a metric without datapoints", CloudCall::MetricStatistics)
            .aws("GetMetricStatistics", AwsReply::Json(json!({ "Label": "RootUse", "Datapoints": [] })))
            .returns(&Vec::<Datapoint>::new()),
    ]
}
