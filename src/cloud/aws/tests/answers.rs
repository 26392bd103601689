//! AWS's answers as domain types.

use crate::domain::role_purpose::RolePurpose;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types::builders::AdvancedFieldSelectorBuilder;
use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector, ReadWriteType,
};
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm, StateValue, Statistic};
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_cloudwatchlogs::operation::describe_metric_filters::DescribeMetricFiltersOutput;
use aws_sdk_cloudwatchlogs::operation::test_metric_filter::TestMetricFilterOutput;
use aws_sdk_cloudwatchlogs::types::{LogGroup, MetricFilterMatchRecord, MetricTransformation, StandardUnit};
use aws_sdk_sns::operation::list_subscriptions_by_topic::ListSubscriptionsByTopicOutput;
use aws_sdk_sns::types::Subscription;
use aws_smithy_mocks::mock;
use aws_smithy_types::DateTime;

use super::*;
use crate::cloud::{Cloud, ErrorKind, KeyProblem};
use crate::domain::RetentionDays;
use crate::domain::alarm::{Comparison, MissingData};
use crate::domain::key_state::KeyState;
use crate::domain::observed::{BucketLookup, Confirmation, ManagementEvents};

fn silent() -> AwsCloud {
    wire(|asked| panic!("unexpected request {} {}", asked.operation, asked.url))
}

pub(super) fn of_logs(client: aws_sdk_cloudwatchlogs::Client) -> AwsCloud {
    silent().with(|services| services.logs = super::super::logs::Logs { client })
}

pub(super) fn of_alarms(client: aws_sdk_cloudwatch::Client) -> AwsCloud {
    silent().with(|services| services.cloudwatch = super::super::cloudwatch::CloudWatch { client })
}

fn of_sns(client: aws_sdk_sns::Client) -> AwsCloud {
    silent().with(|services| services.sns = super::super::sns::Sns { client })
}

fn subscribed(arn: &str, email: &str) -> Subscription {
    Subscription::builder().subscription_arn(arn).protocol("email").endpoint(email).build()
}

#[tokio::test]
async fn a_pending_subscription_has_no_arn() {
    let rule = mock!(aws_sdk_sns::Client::list_subscriptions_by_topic).then_output(|| {
        ListSubscriptionsByTopicOutput::builder()
            .subscriptions(subscribed("PendingConfirmation", "pending@example.com"))
            .subscriptions(subscribed("Deleted", "gone@example.com"))
            .subscriptions(subscribed("arn:aws:sns:eu-west-1:123456789012:rootbell:1", "here@example.com"))
            .build()
    });
    let found = of_sns(mocked!(aws_sdk_sns, rule)).subscriptions(&eu_west_1(), TOPIC).await.unwrap();
    let states: Vec<_> = found.iter().map(|s| (s.state, s.arn.is_some())).collect();
    assert_eq!(
        states,
        [(Confirmation::Deleted, false), (Confirmation::Confirmed, true), (Confirmation::Pending, false)]
    );
}

#[tokio::test]
async fn an_empty_page_with_a_token_is_not_the_end() {
    let first = mock!(aws_sdk_sns::Client::list_subscriptions_by_topic)
        .match_requests(|asked| asked.next_token().is_none())
        .then_output(|| ListSubscriptionsByTopicOutput::builder().next_token("more").build());
    let second = mock!(aws_sdk_sns::Client::list_subscriptions_by_topic)
        .match_requests(|asked| asked.next_token() == Some("more"))
        .then_output(|| {
            ListSubscriptionsByTopicOutput::builder()
                .subscriptions(subscribed("PendingConfirmation", "a@example.com"))
                .build()
        });
    let found = of_sns(mocked!(aws_sdk_sns, first, second)).subscriptions(&eu_west_1(), TOPIC).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_repeated_token_ends_the_read() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::describe_metric_filters)
        .then_output(|| DescribeMetricFiltersOutput::builder().next_token("again").build());
    let cloud = of_logs(mocked!(aws_sdk_cloudwatchlogs, rule));
    assert!(cloud.metric_filters(&eu_west_1(), "g").await.unwrap().is_empty());
    assert_eq!(rule.num_calls(), 2);
}

#[tokio::test]
async fn a_log_group_is_found_by_its_full_name_on_the_first_page_that_is_not_empty() {
    let group = |name: &str| LogGroup::builder().log_group_name(name).retention_in_days(365).build();
    let first = mock!(aws_sdk_cloudwatchlogs::Client::describe_log_groups)
        .match_requests(|asked| asked.next_token().is_none() && asked.log_group_name_prefix() == Some("trail"))
        .then_output(|| DescribeLogGroupsOutput::builder().next_token("more").build());
    let second = mock!(aws_sdk_cloudwatchlogs::Client::describe_log_groups)
        .match_requests(|asked| asked.next_token() == Some("more"))
        .then_output(move || DescribeLogGroupsOutput::builder().log_groups(group("trail")).build());
    let found = of_logs(mocked!(aws_sdk_cloudwatchlogs, first, second))
        .log_group(&eu_west_1(), "trail")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.name.as_str(), found.retention_days), ("trail", RetentionDays::Days(365)));
}

#[tokio::test]
async fn pages_of_groups_with_longer_names_are_not_read() {
    let longer = mock!(aws_sdk_cloudwatchlogs::Client::describe_log_groups).then_output(|| {
        let group = LogGroup::builder().log_group_name("trail-2").build();
        DescribeLogGroupsOutput::builder().log_groups(group).next_token("more").build()
    });
    let cloud = of_logs(mocked!(aws_sdk_cloudwatchlogs, longer));
    assert_eq!(cloud.log_group(&eu_west_1(), "trail").await.unwrap(), None);
    assert_eq!(longer.num_calls(), 1);
}

#[tokio::test]
async fn filters_have_their_metric_and_default_value() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::describe_metric_filters).then_output(|| {
        let to = MetricTransformation::builder()
            .metric_namespace("LogMetrics")
            .metric_name("RootUse")
            .metric_value("1")
            .default_value(0.0)
            .unit(StandardUnit::Count)
            .build()
            .unwrap();
        let filter = aws_sdk_cloudwatchlogs::types::MetricFilter::builder()
            .filter_name("root")
            .filter_pattern("{ $.x = 1 }")
            .metric_transformations(to)
            .build();
        DescribeMetricFiltersOutput::builder().metric_filters(filter).build()
    });
    let found = of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).metric_filters(&eu_west_1(), "g").await.unwrap();
    assert_eq!(found, [filter()]);
}

fn record(number: i64, message: Option<&str>) -> MetricFilterMatchRecord {
    MetricFilterMatchRecord::builder().event_number(number).set_event_message(message.map(str::to_owned)).build()
}

async fn tested(records: Vec<MetricFilterMatchRecord>, events: &[&str]) -> Vec<bool> {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::test_metric_filter)
        .then_output(move || TestMetricFilterOutput::builder().set_matches(Some(records.clone())).build());
    of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).test_metric_filter(&eu_west_1(), "x", events).await.unwrap()
}

#[tokio::test]
async fn a_pattern_test_numbers_events_from_one() {
    assert_eq!(tested(vec![record(1, None), record(3, None)], &["a", "b", "c"]).await, [true, false, true]);
}

#[tokio::test]
async fn a_pattern_test_that_repeats_the_message_is_matched_by_message() {
    assert_eq!(tested(vec![record(0, Some("b"))], &["a", "b"]).await, [false, true]);
    assert_eq!(tested(Vec::new(), &["a", "b"]).await, [false, false]);
}

#[tokio::test]
async fn a_pattern_test_of_many_events_sends_fifty_at_a_time() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::test_metric_filter).then_compute_output(|asked| {
        assert!(asked.log_event_messages().len() <= 50);
        TestMetricFilterOutput::builder().matches(record(1, None)).build()
    });
    let events = vec!["e"; 51];
    let found =
        of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).test_metric_filter(&eu_west_1(), "x", &events).await.unwrap();
    assert_eq!(found.iter().filter(|hit| **hit).count(), 2, "the first of each call");
    assert!(found[0] && found[50]);
}

#[tokio::test]
async fn an_alarm_is_found_by_name_and_missing_fields_get_defaults() {
    let rule = mock!(aws_sdk_cloudwatch::Client::describe_alarms)
        .match_requests(|asked| {
            asked.alarm_names() == ["root"]
                && asked.alarm_types() == [aws_sdk_cloudwatch::types::AlarmType::MetricAlarm]
        })
        .then_output(|| {
            let found = MetricAlarm::builder()
                .alarm_name("root")
                .namespace("LogMetrics")
                .metric_name("RootUse")
                .statistic(Statistic::Sum)
                .period(300)
                .evaluation_periods(3)
                .threshold(1.0)
                .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
                .actions_enabled(false)
                .alarm_actions(TOPIC)
                .alarm_actions("not an ARN")
                .state_value(StateValue::Alarm)
                .state_reason("crossed")
                .state_updated_timestamp(DateTime::from_secs(1_700_000_000))
                .build();
            DescribeAlarmsOutput::builder().metric_alarms(found).build()
        });
    let found = of_alarms(mocked!(aws_sdk_cloudwatch, rule)).alarm(&eu_west_1(), "root").await.unwrap().unwrap();
    assert_eq!((found.config.datapoints_to_alarm, found.config.missing_data), (3, MissingData::Missing));
    assert_eq!((found.state, found.config.actions_enabled), (AlarmState::Alarm, false));
    assert_eq!(found.config.comparison, Comparison::GreaterThanOrEqualToThreshold);
    assert_eq!(found.config.actions, [TOPIC, "not an ARN"], "an action that is no ARN is kept as it is");
    assert_eq!(found.since.unwrap().as_second(), 1_700_000_000);
}

async fn events(output: GetEventSelectorsOutput) -> ManagementEvents {
    let rule = mock!(aws_sdk_cloudtrail::Client::get_event_selectors).then_output(move || output.clone());
    let client = mocked!(aws_sdk_cloudtrail, rule);
    let cloud = silent().with(|services| services.cloudtrail = super::super::cloudtrail::CloudTrail { client });
    cloud.management_events(&eu_west_1(), TRAIL).await.unwrap()
}

fn basic(selector: EventSelector) -> GetEventSelectorsOutput {
    GetEventSelectorsOutput::builder().event_selectors(selector).build()
}

fn advanced(selectors: &[&[(&str, &str)]]) -> GetEventSelectorsOutput {
    let field = |(name, value): &(&str, &str)| match name.strip_prefix('!') {
        Some(name) => AdvancedFieldSelector::builder().field(name).not_equals(*value).build().unwrap(),
        None => AdvancedFieldSelector::builder().field(*name).equals(*value).build().unwrap(),
    };
    let selector = |fields: &&[(&str, &str)]| {
        let fields = fields.iter().map(field).collect();
        AdvancedEventSelector::builder().set_field_selectors(Some(fields)).build().unwrap()
    };
    let all = selectors.iter().map(selector).collect();
    GetEventSelectorsOutput::builder().set_advanced_event_selectors(Some(all)).build()
}

const MANAGEMENT: (&str, &str) = ("eventCategory", "Management");

#[tokio::test]
async fn basic_selectors_determine_which_management_events_are_recorded() {
    let all = || ManagementEvents::ALL;
    assert_eq!(events(GetEventSelectorsOutput::builder().build()).await, all());
    assert_eq!(events(basic(EventSelector::builder().build())).await, all());
    let writes = EventSelector::builder().read_write_type(ReadWriteType::WriteOnly);
    assert_eq!(events(basic(writes.build())).await, ManagementEvents { read: false, ..all() });
    let reads = EventSelector::builder().read_write_type(ReadWriteType::ReadOnly);
    assert_eq!(events(basic(reads.build())).await, ManagementEvents { write: false, ..all() });
    let none = EventSelector::builder().include_management_events(false);
    assert_eq!(
        events(basic(none.build())).await,
        ManagementEvents { read: false, write: false, ..ManagementEvents::ALL }
    );
    let two = GetEventSelectorsOutput::builder()
        .event_selectors(EventSelector::builder().read_write_type(ReadWriteType::ReadOnly).build())
        .event_selectors(EventSelector::builder().include_management_events(false).build());
    assert_eq!(events(two.build()).await, ManagementEvents { write: false, others: true, ..all() });
    let data = EventSelector::builder().data_resources(DataResource::builder().r#type("AWS::S3::Object").build());
    assert_eq!(events(basic(data.build())).await, ManagementEvents { others: true, ..all() });
    let without = EventSelector::builder().exclude_management_event_sources("kms.amazonaws.com");
    let without_kms = ManagementEvents { excluded: vec!["kms.amazonaws.com".into()], others: true, ..all() };
    assert_eq!(events(basic(without.build())).await, without_kms);
    assert_eq!((without_kms.missing(), without_kms.missing_sign_ins()), (None, None));
}

#[tokio::test]
async fn advanced_selectors_determine_which_management_events_are_recorded() {
    let all = || ManagementEvents::ALL;
    let none = ManagementEvents { read: false, write: false, others: true, ..ManagementEvents::ALL };
    assert_eq!(events(advanced(&[&[MANAGEMENT]])).await, all());
    assert_eq!(
        events(advanced(&[&[MANAGEMENT, ("readOnly", "false")]])).await,
        ManagementEvents { read: false, others: true, ..all() },
        "a name and other fields of the selector could not be restored"
    );
    assert_eq!(
        events(advanced(&[&[MANAGEMENT, ("readOnly", "true")]])).await,
        ManagementEvents { write: false, others: true, ..all() }
    );
    let both: &[&[(&str, &str)]] = &[&[MANAGEMENT, ("readOnly", "true")], &[MANAGEMENT, ("readOnly", "false")]];
    assert_eq!(events(advanced(both)).await, all());
    assert_eq!(events(advanced(&[&[("eventCategory", "Data")]])).await, none.clone());
    assert_eq!(events(advanced(&[&[("eventCategory", "NetworkActivity")]])).await, none.clone());
    let without_kms = &[MANAGEMENT, ("!eventSource", "kms.amazonaws.com")];
    let excluded = vec!["kms.amazonaws.com".to_owned()];
    assert_eq!(events(advanced(&[without_kms])).await, ManagementEvents { excluded, others: true, ..all() });
    let without_rds = &[MANAGEMENT, ("!eventSource", "rdsdata.amazonaws.com")];
    let found = events(advanced(&[without_rds])).await;
    assert_eq!(found.missing_high_volume().as_deref(), Some("the events of rdsdata.amazonaws.com"));
    let writes_without_kms = &[MANAGEMENT, ("readOnly", "false"), ("!eventSource", "kms.amazonaws.com")];
    let found = events(advanced(&[writes_without_kms])).await;
    assert_eq!((found.missing().as_deref(), found.missing_sign_ins()), (Some("reads"), None));
    let kms_only = &[MANAGEMENT, ("eventSource", "kms.amazonaws.com")];
    assert_eq!(events(advanced(&[kms_only])).await, none.clone(), "a single service excludes sign-ins");
}

/// A field of an advanced selector.
fn by_source(
    condition: impl Fn(AdvancedFieldSelectorBuilder) -> AdvancedFieldSelectorBuilder,
) -> AdvancedFieldSelector {
    condition(AdvancedFieldSelector::builder().field("eventSource")).build().unwrap()
}

fn management(field: AdvancedFieldSelector) -> AdvancedEventSelector {
    let category = AdvancedFieldSelector::builder().field("eventCategory").equals("Management").build().unwrap();
    AdvancedEventSelector::builder().field_selectors(category).field_selectors(field).build().unwrap()
}

async fn recorded(selectors: &[AdvancedEventSelector]) -> ManagementEvents {
    let selectors = Some(selectors.to_vec());
    events(GetEventSelectorsOutput::builder().set_advanced_event_selectors(selectors).build()).await
}

#[tokio::test]
async fn selectors_that_exclude_sign_ins_or_iam_do_not_record_everything() {
    let (sign_in, iam) = ("signin.amazonaws.com", "iam.amazonaws.com");
    let (kms, rds) = ("kms.amazonaws.com", "rdsdata.amazonaws.com");
    for (field, excluded) in [
        (by_source(|f| f.not_equals(sign_in)), vec![sign_in]),
        (by_source(|f| f.not_equals(kms).not_equals(iam)), vec![iam, kms]),
        (by_source(|f| f.not_starts_with("signin.").not_starts_with("ia")), vec![sign_in, iam]),
        (by_source(|f| f.not_ends_with("in.amazonaws.com")), vec![sign_in]),
        (by_source(|f| f.starts_with("other").starts_with("sign")), vec![iam, kms, rds]),
        (by_source(|f| f.ends_with(".amazonaws.com")), vec![]),
        (by_source(|f| f.not_equals(kms)), vec![kms]),
    ] {
        let found = recorded(&[management(field.clone())]).await;
        assert_eq!(found.excluded, excluded, "{field:?}");
        assert!(found.read && found.write && found.others && found.unjudged.is_none(), "{field:?}: {found:?}");
        let is_needed = excluded.iter().any(|source| [sign_in, iam].contains(source));
        assert_eq!(found.missing().is_some(), is_needed, "{field:?}");
    }
    let without = management(by_source(|f| f.not_equals(sign_in)));
    let only = management(by_source(|f| f.equals(sign_in)));
    assert_eq!(recorded(&[without, only]).await.missing(), None, "together they record everything");
    let basic = EventSelector::builder().exclude_management_event_sources(iam).build();
    let found = events(GetEventSelectorsOutput::builder().event_selectors(basic).build()).await;
    assert_eq!(found.missing().as_deref(), Some("the events of iam.amazonaws.com"));
}

#[tokio::test]
async fn a_field_that_cannot_be_judged_is_named_unless_another_selector_records_everything() {
    let by_arn = AdvancedFieldSelector::builder().field("userIdentity.arn").not_ends_with(":root").build().unwrap();
    let found = recorded(&[management(by_arn.clone())]).await;
    assert_eq!((found.unjudged.as_deref(), found.missing()), (Some("userIdentity.arn"), None));
    let all = AdvancedFieldSelector::builder().field("eventCategory").equals("Management").build().unwrap();
    let all = AdvancedEventSelector::builder().field_selectors(all).build().unwrap();
    assert_eq!(recorded(&[management(by_arn), all]).await.unjudged, None);
}

#[tokio::test]
async fn an_empty_arn_in_a_trail_is_none() {
    let cloud = wire(|_| {
        ok(json!({ "trailList": [{
            "Name": "main", "TrailARN": TRAIL, "HomeRegion": "eu-west-1", "S3BucketName": "b",
            "IsMultiRegionTrail": true, "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": null
        }] })
        .to_string())
    });
    let found = cloud.trails(&eu_west_1()).await.unwrap();
    assert_eq!(found[0].log_group_arn, None);
    assert_eq!(found[0].role_arn, None);
    assert!(found[0].multi_region && !found[0].organization);
}

#[tokio::test]
async fn the_trail_status_has_deliveries_and_errors() {
    let cloud = wire(|_| {
        ok(json!({ "IsLogging": true, "LatestDeliveryError": "",
            "LatestCloudWatchLogsDeliveryError": "Access denied" })
        .to_string())
    });
    let found = cloud.trail_status(&eu_west_1(), TRAIL).await.unwrap();
    assert!(found.logging);
    assert_eq!(found.bucket_error, None);
    assert_eq!(found.logs_delivery, None);
    assert_eq!(found.logs_error.as_deref(), Some("Access denied"));
}

#[tokio::test]
async fn an_alias_that_cannot_be_read_is_omitted_without_an_error() {
    let cloud = wire(|asked| match asked.operation.as_str() {
        "GetCallerIdentity" => {
            ok("<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
             <Arn>arn:aws:iam::123456789012:user/alice</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>")
        }
        _ => refusal(asked, 403, "AccessDenied", "no"),
    });
    let found = cloud.identity().await.unwrap();
    assert_eq!((found.account.as_str(), found.alias), ("123456789012", None));
}

#[tokio::test]
async fn a_policy_of_a_role_is_decoded() {
    let document = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    let cloud = wire(move |asked| match asked.operation.as_str() {
        "GetRole" => ok(format!(
            "<GetRoleResponse><GetRoleResult><Role><Path>/x/</Path><RoleName>r</RoleName><RoleId>1</RoleId>\
             <Arn>arn:aws:iam::123456789012:role/x/r</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>\
             <AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>"
        )),
        _ => refusal(asked, 404, "NoSuchEntity", "no policy"),
    });
    let found = cloud.role("r", RolePurpose::Delivery).await.unwrap().unwrap();
    assert_eq!(found.trust.as_json()["Version"], "2012-10-17");
    assert_eq!(found.policy, None);
    assert_eq!(found.arn, "arn:aws:iam::123456789012:role/x/r");
}

#[tokio::test]
async fn a_missing_resource_is_none_rather_than_an_error() {
    let cloud = wire(|asked| match asked.protocol {
        Protocol::Json => refusal(asked, 400, "ResourceNotFoundException", "no"),
        _ if asked.url.contains("sns") => refusal(asked, 404, "NotFound", "no"),
        _ => refusal(asked, 404, "NoSuchEntity", "no"),
    });
    assert_eq!(cloud.topic(&eu_west_1(), TOPIC).await.unwrap(), None);
    assert!(cloud.subscriptions(&eu_west_1(), TOPIC).await.unwrap().is_empty());
    assert_eq!(cloud.role("r", RolePurpose::Delivery).await.unwrap(), None);
    assert!(cloud.metric_filters(&eu_west_1(), "g").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_missing_role_is_none_even_if_its_policy_cannot_be_read() {
    let cloud = wire(|asked| match asked.operation.as_str() {
        "GetRole" => refusal(asked, 404, "NoSuchEntity", "no"),
        _ => refusal(asked, 403, "AccessDenied", "no"),
    });
    assert_eq!(cloud.role("r", RolePurpose::Delivery).await.unwrap(), None);
}

#[tokio::test]
async fn a_bucket_of_ours_without_settings_has_nothing_set() {
    let BucketLookup::Owned(found) = wire(never_set).bucket("b").await.unwrap() else { panic!("ours") };
    assert_eq!(
        found,
        crate::domain::observed::Bucket { name: "b".into(), region: Some(eu_west_1()), ..Default::default() }
    );
}

#[tokio::test]
async fn the_status_shows_whether_a_bucket_name_is_free_or_forbidden() {
    let status = |status| wire(move |_| (status, Vec::new(), Vec::new()));
    assert_eq!(status(404).bucket("b").await.unwrap(), BucketLookup::NotFound);
    assert_eq!(status(403).bucket("b").await.unwrap(), BucketLookup::Forbidden);
}

#[tokio::test]
async fn a_bucket_in_another_region_is_read_and_changed_there() {
    let cloud = wire(|asked| {
        if asked.url.contains("us-west-2") {
            return never_set(asked);
        }
        (301, vec![("x-amz-bucket-region", "us-west-2".to_owned())], Vec::new())
    });
    assert!(matches!(cloud.bucket("b").await.unwrap(), BucketLookup::Owned(_)));
    cloud.apply(&eu_west_1(), &Change::PutBucketVersioning { bucket: "b".into() }).await.unwrap();
}

/// KMS with a single key.
fn with_key(state: &'static str) -> AwsCloud {
    wire(move |asked| match asked.operation.as_str() {
        "DescribeKey" => {
            let enabled = state == "Enabled";
            let key = json!({ "KeyMetadata": { "KeyId": "1", "Arn": KEY, "Enabled": enabled, "KeyState": state } });
            ok(key.to_string())
        }
        // GetKeyPolicy doesn't accept an alias.
        "GetKeyPolicy" if asked.body.contains("alias/") => refusal(asked, 400, "InvalidArnException", "Invalid keyId"),
        "GetKeyPolicy" => ok(json!({ "Policy": "{\"Statement\":[]}", "PolicyName": "default" }).to_string()),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn a_key_is_found_by_arn_and_by_alias_with_its_policy() {
    for id in [KEY, "alias/mine"] {
        let key = with_key("Enabled").key(&eu_west_1(), id).await.unwrap().unwrap();
        assert_eq!((key.arn.as_str(), key.state), (KEY, KeyState::Enabled), "{id}");
        assert_eq!(key.policy, json!({ "Statement": [] }).into());
    }
    for (name, state) in [
        ("Disabled", KeyState::Disabled),
        ("PendingDeletion", KeyState::PendingDeletion),
        ("PendingImport", KeyState::Unavailable),
    ] {
        assert_eq!(with_key(name).key(&eu_west_1(), KEY).await.unwrap().unwrap().state, state, "{name}");
    }
    let of_another_account = wire(|asked| match asked.operation.as_str() {
        "DescribeKey" => ok(json!({ "KeyMetadata": { "KeyId": "1", "Arn": KEY, "KeyState": "Enabled" } }).to_string()),
        _ => refusal(asked, 400, "NotFoundException", "no such key"),
    });
    let error = of_another_account.key(&eu_west_1(), KEY).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Key(KeyProblem::OfAnotherAccount));
    let advice = error.fix().content();
    assert!(advice.contains("belongs to another account") && !advice.contains("Allow"), "{advice}");
    let none = wire(|asked| refusal(asked, 400, "NotFoundException", "no such key"));
    assert_eq!(none.key(&eu_west_1(), KEY).await.unwrap(), None);
    assert_eq!(none.key(&eu_west_1(), "alias/mine").await.unwrap(), None);
}
