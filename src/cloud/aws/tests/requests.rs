//! The requests that are sent for a change.

use crate::domain::AlertId;
use crate::domain::role_purpose::RolePurpose;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmOutput;
use aws_sdk_cloudwatchlogs::operation::put_metric_filter::PutMetricFilterOutput;
use aws_smithy_mocks::mock;

use super::*;
use crate::cloud::Cloud;
use crate::domain::alarm::{Statistic, TagsInNotifications, WallClockWindow, WarmUp};
use crate::domain::arn::Arn;
use crate::domain::change::Need;

/// The request of one change, answered with an empty response.
async fn sent_in(region: &'static str, change: &Change) -> Asked {
    let asked: Arc<Mutex<Option<Asked>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let cloud = wire_in(region, move |request| {
        let answer = match request.protocol {
            Protocol::Json => "{}",
            _ => "",
        };
        assert!(seen.lock().unwrap().replace(request.clone()).is_none(), "a change is a single call");
        ok(answer)
    });
    // Not every service accepts an empty response; only the request matters here.
    let _ = cloud.apply(&domain::Region::new(region), change).await;
    let sent = asked.lock().unwrap().take();
    sent.unwrap()
}

async fn sent(id: &str) -> Asked {
    let change = every_change().into_iter().find(|c| c.id().to_string().starts_with(id)).unwrap();
    sent_in("eu-west-1", &change).await
}

fn parsed(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap()
}

fn form(asked: &Asked) -> Vec<String> {
    let decode = |pair: &str| percent_encoding::percent_decode_str(pair).decode_utf8_lossy().into_owned();
    asked.body.split('&').map(decode).collect()
}

#[tokio::test]
async fn each_change_makes_the_one_call_that_it_names() {
    for change in every_change() {
        let asked = sent_in("eu-west-1", &change).await;
        if asked.protocol != Protocol::S3 {
            assert_eq!(asked.operation, change.operation().name);
        }
    }
}

#[tokio::test]
async fn a_key_can_be_set_on_trail_log_group_and_topic_and_removed_from_the_topic() {
    let trail = parsed(&sent("trail.key").await);
    assert_eq!(trail, json!({ "Name": "rootbell", "KmsKeyId": KEY }), "nothing else of the trail is changed");
    assert_eq!(parsed(&sent("log_group.key").await), json!({ "logGroupName": "g", "kmsKeyId": KEY }));
    let topic = form(&sent("topic.key").await);
    assert!(topic.contains(&"AttributeName=KmsMasterKeyId".to_owned()), "{topic:?}");
    assert!(topic.contains(&format!("AttributeValue={KEY}")), "{topic:?}");
    let off = sent_in("eu-west-1", &Change::SetTopicKey { topic_arn: TOPIC.into(), key: None }).await;
    assert!(form(&off).contains(&"AttributeValue=".to_owned()), "{:?}", off.body);
}

#[tokio::test]
async fn a_confirmed_subscription_can_be_ended_only_by_a_signed_call() {
    let confirmed = form(&sent("subscription.confirm").await);
    for parameter in ["Token=token-of-the-email", "AuthenticateOnUnsubscribe=true"] {
        assert!(confirmed.contains(&parameter.to_owned()), "{confirmed:?}");
    }
}

#[tokio::test]
async fn us_east_1_is_requested_by_omitting_the_location_constraint() {
    let create = Change::CreateBucket { bucket: "b".into() };
    let there = sent_in("us-east-1", &create).await;
    assert!(!there.body.contains("LocationConstraint"), "{}", there.body);
    let elsewhere = sent_in("eu-west-1", &create).await;
    assert!(elsewhere.body.contains("<LocationConstraint>eu-west-1</LocationConstraint>"), "{}", elsewhere.body);
    assert_eq!(elsewhere.method, "PUT");
}

#[tokio::test]
async fn all_four_public_access_settings_of_a_bucket_are_blocked() {
    let body = sent("bucket.public").await.body;
    for way in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] {
        assert!(body.contains(&format!("<{way}>true</{way}>")), "{way}");
    }
    assert!(sent("bucket.versioning").await.body.contains("<Status>Enabled</Status>"));
    assert!(sent("bucket.ownership").await.body.contains("BucketOwnerEnforced"));
    assert!(sent("bucket.tags").await.body.contains("<Tag><Key>a</Key><Value>b</Value></Tag>"));
}

#[tokio::test]
async fn a_trail_is_created_for_all_regions_with_validation_and_our_tag() {
    assert_eq!(
        parsed(&sent("trail.create").await),
        json!({
            "Name": "rootbell",
            "S3BucketName": "b",
            "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true,
            "EnableLogFileValidation": true,
            "CloudWatchLogsLogGroupArn": delivery().log_group_arn,
            "CloudWatchLogsRoleArn": delivery().role_arn,
            "TagsList": [{ "Key": "rootbell", "Value": "managed" }]
        })
    );
}

#[tokio::test]
async fn an_update_sends_only_what_it_changes() {
    let update = TrailUpdate { multi_region: Some(true), global_events: Some(true), ..TrailUpdate::default() };
    let asked = sent_in("eu-west-1", &Change::UpdateTrail { trail: "t".into(), update }).await;
    assert_eq!(parsed(&asked), json!({ "Name": "t", "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true }));
    let update = TrailUpdate { validation: Some(false), ..TrailUpdate::default() };
    let asked = sent_in("eu-west-1", &Change::UpdateTrail { trail: "t".into(), update }).await;
    assert_eq!(parsed(&asked), json!({ "Name": "t", "EnableLogFileValidation": false }));
}

#[tokio::test]
async fn event_selectors_include_reads_and_writes() {
    assert_eq!(
        parsed(&sent("trail.events").await),
        json!({ "TrailName": "rootbell",
            "EventSelectors": [{ "ReadWriteType": "All", "IncludeManagementEvents": true }] })
    );
}

#[tokio::test]
async fn a_filter_counts_one_for_each_event_and_zero_otherwise() {
    assert_eq!(
        parsed(&sent("filter.put").await),
        json!({
            "logGroupName": "g",
            "filterName": "root",
            "filterPattern": "{ $.x = 1 }",
            "metricTransformations": [{
                "metricName": "RootUse",
                "metricNamespace": "LogMetrics",
                "metricValue": "1",
                "defaultValue": 0.0,
                "unit": "Count"
            }]
        })
    );
}

#[tokio::test]
async fn a_log_group_has_our_tag() {
    assert_eq!(
        parsed(&sent("log_group.create").await),
        json!({ "logGroupName": "g", "tags": { "rootbell": "managed" } })
    );
    assert_eq!(parsed(&sent("log_group.retention").await), json!({ "logGroupName": "g", "retentionInDays": 365 }));
    let delete_retention = Change::DeleteRetentionPolicy { log_group: "g".into() };
    assert_eq!(parsed(&sent_in("eu-west-1", &delete_retention).await), json!({ "logGroupName": "g" }));
}

#[tokio::test]
async fn a_topic_is_created_with_its_policy_and_our_tag() {
    let sent = form(&sent("topic.create").await);
    for pair in [
        "Name=rootbell",
        "Attributes.entry.1.key=Policy",
        &format!("Attributes.entry.1.value={}", policy()),
        "Tags.member.1.Key=rootbell",
        "Tags.member.1.Value=managed",
    ] {
        assert!(sent.iter().any(|s| s == pair), "{pair} in {sent:?}");
    }
}

fn texts(arns: &[Arn]) -> Vec<&str> {
    arns.iter().map(Arn::as_str).collect()
}

#[tokio::test]
async fn a_subscription_requests_its_arn() {
    let sent = form(&sent("subscription").await);
    for pair in ["Protocol=email", "Endpoint=alice@example.com", "ReturnSubscriptionArn=true"] {
        assert!(sent.iter().any(|s| s == pair), "{pair} in {sent:?}");
    }
}

#[tokio::test]
async fn a_role_has_our_tag_and_its_policy_has_our_name() {
    let role = form(&sent("role.create").await);
    assert!(role.iter().any(|s| s == "Tags.member.1.Key=rootbell"), "{role:?}");
    let policy = form(&sent("role.policy").await);
    assert!(policy.iter().any(|s| s == "PolicyName=rootbell-deliver-to-logs"), "{policy:?}");
}

#[tokio::test]
async fn an_alarm_is_sent_with_every_field() {
    let rule = mock!(aws_sdk_cloudwatch::Client::put_metric_alarm)
        .match_requests(|sent| {
            let wanted = alarm_config();
            sent.alarm_name() == Some("root")
                && sent.alarm_description() == Some(&wanted.description)
                && sent.namespace() == Some("LogMetrics")
                && sent.metric_name() == Some("RootUse")
                && sent.statistic().is_some_and(|s| s.as_str() == "Sum")
                && sent.period() == Some(300)
                && sent.evaluation_periods() == Some(1)
                && sent.datapoints_to_alarm() == Some(1)
                && sent.threshold() == Some(1.0)
                && sent.comparison_operator().is_some_and(|c| c.as_str() == wanted.comparison.as_str())
                && sent.treat_missing_data() == Some("notBreaching")
                && sent.actions_enabled() == Some(true)
                && sent.alarm_actions() == texts(&wanted.actions)
                && sent.ok_actions().is_empty()
                && sent.insufficient_data_actions() == texts(&wanted.insufficient_data_actions)
                && sent.dimensions().is_empty()
                && sent.tags().iter().any(|t| (t.key(), t.value()) == (Some("rootbell"), Some("managed")))
        })
        .then_output(|| PutMetricAlarmOutput::builder().build());
    let client = mocked!(aws_sdk_cloudwatch, rule);
    let no_other_service = wire(|_| panic!("only CloudWatch is called"));
    let cloud = no_other_service.with(|services| services.cloudwatch = super::super::cloudwatch::CloudWatch { client });
    cloud
        .apply(
            &eu_west_1(),
            &Change::PutMetricAlarm { alert: AlertId::RootUse, alarm: "root".into(), config: Box::new(alarm_config()) },
        )
        .await
        .unwrap();
    assert_eq!(rule.num_calls(), 1);
}

/// `PutMetricAlarm` replaces the whole alarm, so a setting that rootbell doesn't know would be lost.
#[test]
fn every_field_of_an_alarm_is_sent_or_known_to_be_left_out() {
    use aws_sdk_cloudwatch::operation::put_metric_alarm::PutMetricAlarmInput;
    let sent = "alarm_name alarm_description actions_enabled ok_actions alarm_actions insufficient_data_actions \
        metric_name namespace statistic extended_statistic dimensions period unit evaluation_periods datapoints_to_alarm \
        threshold comparison_operator treat_missing_data evaluate_low_sample_count_percentile tags evaluation_window \
        warm_up_configuration action_configuration";
    // They are for alarms on metric math, anomaly detection, and PromQL, which watch no single metric.
    let left_out = "metrics threshold_metric_id evaluation_criteria evaluation_interval";
    let known: BTreeSet<&str> = sent.split_whitespace().chain(left_out.split_whitespace()).collect();
    let shown = format!("{:?}", PutMetricAlarmInput::builder().build().unwrap());
    let fields = shown.split_once('{').unwrap().1.trim_end_matches(['}', ' ']);
    let fields: BTreeSet<&str> = fields.split(',').map(|field| field.split(':').next().unwrap().trim()).collect();
    assert_eq!(fields, known, "the SDK has another field: read it and send it, or list it as left out");
}

#[tokio::test]
async fn a_percentile_is_sent_as_an_extended_statistic() {
    let rule = mock!(aws_sdk_cloudwatch::Client::put_metric_alarm)
        .match_requests(|sent| sent.statistic().is_none() && sent.extended_statistic() == Some("p90"))
        .then_output(|| PutMetricAlarmOutput::builder().build());
    let client = mocked!(aws_sdk_cloudwatch, rule);
    let no_other_service = wire(|_| panic!("only CloudWatch is called"));
    let cloud = no_other_service.with(|services| services.cloudwatch = super::super::cloudwatch::CloudWatch { client });
    let config = Box::new(AlarmConfig { statistic: Statistic::Extended("p90".into()), ..alarm_config() });
    let change = Change::PutMetricAlarm { alert: AlertId::RootUse, alarm: "root".into(), config };
    cloud.apply(&eu_west_1(), &change).await.unwrap();
    assert_eq!(rule.num_calls(), 1);
    let command =
        change.aws_cli(&crate::domain::fixtures::identity().in_region(&crate::domain::Region::new("eu-west-1")));
    assert!(command.contains("--extended-statistic p90") && !command.contains("--statistic"), "{command}");
}

#[tokio::test]
async fn an_alarm_and_a_filter_are_sent_with_the_settings_that_rootbell_does_not_use_itself() {
    let config = AlarmConfig {
        unit: Some("Percent".into()),
        dimensions: [("Account".to_owned(), "1".to_owned())].into(),
        low_sample_count_percentile: Some("ignore".into()),
        warm_up: Some(WarmUp { minutes: 10, whole: true }),
        wall_clock_window: Some(WallClockWindow { timezone: Some("Europe/Berlin".into()) }),
        tags_in_notifications: Some(TagsInNotifications { enabled: true, ..TagsInNotifications::default() }),
        ..alarm_config()
    };
    let filter = MetricFilter {
        unit: Some("Seconds".into()),
        dimensions: [("Account".to_owned(), "$.recipientAccountId".to_owned())].into(),
        emit_system_field_dimensions: vec!["@aws.region".into()],
        apply_on_transformed_logs: true,
        field_selection_criteria: Some("@aws.account = \"1\"".into()),
        default: None,
        ..filter()
    };
    let alarm_rule = mock!(aws_sdk_cloudwatch::Client::put_metric_alarm)
        .match_requests(|sent| {
            let warm_up = sent.warm_up_configuration().unwrap();
            let window = sent.evaluation_window().unwrap().as_wall_clock_window().unwrap();
            let tags = sent.action_configuration().unwrap().alarm_tags_propagation().unwrap();
            sent.unit().is_some_and(|unit| unit.as_str() == "Percent")
                && sent.dimensions().iter().map(|d| (d.name(), d.value())).eq([(Some("Account"), Some("1"))])
                && sent.evaluate_low_sample_count_percentile() == Some("ignore")
                && warm_up.warm_up_period_duration_in_minutes() == Some(10)
                && warm_up.only_start_evaluating_after_warm_up_period_ends() == Some(true)
                && window.timezone() == Some("Europe/Berlin")
                && tags.enabled() == Some(true)
                && tags.included_tag_keys.is_none()
        })
        .then_output(|| PutMetricAlarmOutput::builder().build());
    let filter_rule = mock!(aws_sdk_cloudwatchlogs::Client::put_metric_filter)
        .match_requests(|sent| {
            let to = &sent.metric_transformations()[0];
            to.unit().is_some_and(|unit| unit.as_str() == "Seconds")
                && to.dimensions().unwrap()["Account"] == "$.recipientAccountId"
                && to.default_value().is_none()
                && sent.emit_system_field_dimensions() == ["@aws.region"]
                && sent.apply_on_transformed_logs() == Some(true)
                && sent.field_selection_criteria() == Some("@aws.account = \"1\"")
        })
        .then_output(|| PutMetricFilterOutput::builder().build());
    let (alarm_client, logs_client) =
        (mocked!(aws_sdk_cloudwatch, alarm_rule), mocked!(aws_sdk_cloudwatchlogs, filter_rule));
    let no_other_service = wire(|_| panic!("only CloudWatch is called"));
    let cloud = no_other_service.with(|services| {
        services.cloudwatch = super::super::cloudwatch::CloudWatch { client: alarm_client };
        services.logs = super::super::logs::Logs { client: logs_client };
    });
    let alarm_change =
        Change::PutMetricAlarm { alert: AlertId::RootUse, alarm: "root".into(), config: Box::new(config) };
    let filter_change = Change::PutMetricFilter { log_group: "g".into(), filter };
    for change in [&alarm_change, &filter_change] {
        cloud.apply(&eu_west_1(), change).await.unwrap();
    }
    assert_eq!((alarm_rule.num_calls(), filter_rule.num_calls()), (1, 1));
    let here = crate::domain::fixtures::identity().in_region(&crate::domain::Region::new("eu-west-1"));
    let command = alarm_change.aws_cli(&here);
    for option in [
        "--unit Percent",
        r#"--dimensions '[{"Name":"Account","Value":"1"}]'"#,
        "--evaluate-low-sample-count-percentile ignore",
        r#""WarmUpPeriodDurationInMinutes":10"#,
        r#"--evaluation-window '{"WallClockWindow":{"Timezone":"Europe/Berlin"}}'"#,
        r#"--action-configuration '{"AlarmTagsPropagation":{"Enabled":true}}'"#,
    ] {
        assert!(command.contains(option), "{option}: {command}");
    }
    let command = filter_change.aws_cli(&here);
    for option in [
        r#""unit":"Seconds""#,
        r#""dimensions":{"Account":"$.recipientAccountId"}"#,
        r#"--emit-system-field-dimensions '["@aws.region"]'"#,
        "--apply-on-transformed-logs",
        "--field-selection-criteria ",
    ] {
        assert!(command.contains(option), "{option}: {command}");
    }
}

#[test]
fn no_two_changes_have_the_same_id_and_every_need_is_a_change() {
    let mut all = every_change();
    all.push(Change::EmptyBucket { bucket: "b".into() });
    let ids: BTreeSet<_> = all.iter().map(Change::id).collect();
    assert_eq!(ids.len(), all.len(), "{ids:?}");
    for change in &all {
        for Need(kind, verb) in change.spec().needs {
            let is_needed = |other: &Change| (other.spec().kind, other.spec().verb) == (*kind, *verb);
            assert!(all.iter().any(is_needed), "{} needs {kind} {verb:?}", change.id());
        }
    }
}

/// The Regions and services that the requests of one session were signed for, in order.
type Signatures = Arc<Mutex<Vec<(String, String)>>>;

/// A session in eu-west-1 that answers every request with nothing, and what its requests were signed for.
fn recording() -> (AwsCloud, Signatures) {
    let signatures = Signatures::default();
    let seen = Arc::clone(&signatures);
    let cloud = wire(move |asked| {
        seen.lock().unwrap().push((asked.region.clone(), asked.service.clone()));
        ok(if asked.protocol == Protocol::Json { "{}" } else { "" })
    });
    (cloud, signatures)
}

#[tokio::test]
async fn one_session_makes_each_regional_call_in_the_region_that_the_call_names() {
    let (cloud, signatures) = recording();
    for region in ["us-east-1", "eu-west-1", "us-east-1", "ap-south-1"] {
        let there = domain::Region::new(region);
        signatures.lock().unwrap().clear();
        // Not every service accepts an empty response; only the requests matter here.
        let _ = cloud.trails(&there).await;
        let _ = cloud.log_group(&there, "g").await;
        let _ = cloud.topic(&there, TOPIC).await;
        let _ = cloud.alarm(&there, "a").await;
        let _ = cloud.apply(&there, &Change::StartLogging { trail: "t".into() }).await;
        let _ = cloud.apply(&there, &Change::DeleteAlarm { alarm: "a".into() }).await;
        let _ = cloud.key(&there, "alias/mine").await;
        let signed = signatures.lock().unwrap().clone();
        let services: Vec<&str> = signed.iter().map(|(_, service)| service.as_str()).collect();
        assert_eq!(services, ["cloudtrail", "logs", "sns", "monitoring", "cloudtrail", "monitoring", "kms"]);
        assert!(signed.iter().all(|(signed_for, _)| signed_for == region), "{region}: {signed:?}");
    }
}

#[tokio::test]
async fn calls_to_iam_are_the_same_in_every_region() {
    let (cloud, signatures) = recording();
    for region in ["eu-west-1", "ap-south-1"] {
        let _ = cloud
            .apply(
                &domain::Region::new(region),
                &Change::DeleteRole { role: "r".into(), purpose: RolePurpose::Delivery },
            )
            .await;
    }
    let signed = signatures.lock().unwrap().clone();
    assert_eq!(signed, vec![("us-east-1".to_owned(), "iam".to_owned()); 2]);
}

#[tokio::test]
async fn a_bucket_is_created_in_the_region_of_its_call_and_then_changed_there() {
    let (cloud, signatures) = recording();
    let there = domain::Region::new("us-west-2");
    cloud.apply(&there, &Change::CreateBucket { bucket: "b".into() }).await.unwrap();
    // Where the bucket is matters, not where the caller believes it to be.
    cloud.apply(&eu_west_1(), &Change::PutBucketVersioning { bucket: "b".into() }).await.unwrap();
    let signed = signatures.lock().unwrap().clone();
    assert_eq!(signed, vec![("us-west-2".to_owned(), "s3".to_owned()); 2]);
}
