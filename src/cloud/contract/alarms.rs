//! What is read of filters and alarms.

use serde_json::json;

use super::queries::ago;
use super::*;
use crate::cloud::demo::account;
use crate::domain::alarm::{AlarmConfig, EvaluationState, TagsInNotifications, WallClockWindow, WarmUp};
use crate::domain::arn::Arn;
use crate::domain::indirect_alarm::{IndirectAlarm, IndirectKind};
use crate::domain::mute_rule::{MuteRule, MuteSchedule, MuteStatus};
use crate::domain::observed::MetricFilter;
use crate::domain::pattern::CIS_PATTERN;

pub(super) fn cases() -> Vec<ContractCase> {
    [filters(), alarms(), indirect_alarms(), mute_rules()].into_iter().flatten().collect()
}

/// A filter and an alarm with every setting that rootbell does not use itself.
fn filters() -> Vec<ContractCase> {
    let unusual = MetricFilter {
        name: "f".into(),
        pattern: CIS_PATTERN.into(),
        metric: metric(),
        unit: Some("Seconds".into()),
        dimensions: [("Account".to_owned(), "$.recipientAccountId".to_owned())].into(),
        emit_system_field_dimensions: vec!["@aws.region".into()],
        apply_on_transformed_logs: true,
        field_selection_criteria: Some("@aws.account = \"111122223333\"".into()),
        created: Some(ago(600)),
        ..MetricFilter::default()
    };
    let in_demo = MetricFilter { name: String::new(), created: None, ..unusual.clone() };
    let described = json!({ "metricFilters": [{
        "filterName": "f", "filterPattern": CIS_PATTERN, "logGroupName": GROUP, "applyOnTransformedLogs": true,
        "fieldSelectionCriteria": "@aws.account = \"111122223333\"", "emitSystemFieldDimensions": ["@aws.region"],
        "creationTime": ago(600).as_millisecond(),
        "metricTransformations": [{
            "metricNamespace": "rootbell", "metricName": "RootUse", "metricValue": "1", "unit": "Seconds",
            "dimensions": { "Account": "$.recipientAccountId" },
        }],
    }] });
    vec![
        ContractCase::new("a metric filter with unusual settings", CloudCall::MetricFilters(GROUP))
            .demo(move |account| {
                let group = account.region_mut("eu-west-1").log_groups.entry(GROUP.into()).or_default();
                group.filters.insert("f".into(), in_demo);
                group.filters_created.insert("f".into(), -600);
            })
            .aws("DescribeMetricFilters", AwsReply::Json(described))
            .returns(&vec![unusual]),
    ]
}

fn alarms() -> Vec<ContractCase> {
    let set_to_alarm = |account: &mut Account| {
        let alarm = account.region_mut("eu-west-1").alarms.get_mut(ALARM).unwrap();
        (alarm.state, alarm.since) = (AlarmState::Alarm, Some(-10));
        alarm.reason = "Threshold Crossed".into();
    };
    let created = alarm();
    let described = json!({ "MetricAlarms": [{
        "AlarmName": ALARM, "AlarmDescription": created.config.description, "ActionsEnabled": true, "AlarmActions": [TOPIC],
        "OKActions": [], "InsufficientDataActions": [], "StateValue": "ALARM", "StateReason": "Threshold Crossed",
        "StateUpdatedTimestamp": ago(10).as_second(), "MetricName": "RootUse", "Namespace": "rootbell",
        "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "DatapointsToAlarm": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
    }] });
    let found = Alarm { state: AlarmState::Alarm, since: Some(ago(10)), reason: "Threshold Crossed".into(), ..created };
    let configured = AlarmConfig {
        unit: Some("Percent".into()),
        dimensions: [("Account".to_owned(), "1".to_owned())].into(),
        low_sample_count_percentile: Some("ignore".into()),
        warm_up: Some(WarmUp { minutes: 10, whole: true }),
        wall_clock_window: Some(WallClockWindow { timezone: Some("Europe/Berlin".into()) }),
        tags_in_notifications: Some(TagsInNotifications {
            enabled: true,
            included: vec!["team".into()],
            excluded: Vec::new(),
        }),
        ..found.config.clone()
    };
    let unusual = Alarm {
        config: configured.clone(),
        configured: Some(ago(60)),
        evaluation: Some(EvaluationState::Error),
        ..found.clone()
    };
    let mut with_all_fields = described.clone();
    for (name, value) in [
        ("Unit", json!("Percent")),
        ("Dimensions", json!([{ "Name": "Account", "Value": "1" }])),
        ("EvaluateLowSampleCountPercentile", json!("ignore")),
        (
            "WarmUpConfiguration",
            json!({ "WarmUpPeriodDurationInMinutes": 10, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": true }),
        ),
        ("EvaluationWindow", json!({ "WallClockWindow": { "Timezone": "Europe/Berlin" } })),
        ("ActionConfiguration", json!({ "AlarmTagsPropagation": { "Enabled": true, "IncludedTagKeys": ["team"] } })),
        ("AlarmConfigurationUpdatedTimestamp", json!(ago(60).as_second())),
        ("EvaluationState", json!("EVALUATION_ERROR")),
    ] {
        with_all_fields["MetricAlarms"][0][name] = value;
    }
    let none = || AwsReply::Json(json!({ "MetricAlarms": [] }));
    vec![
        ContractCase::new("an alarm", CloudCall::Alarm(ALARM))
            .set_up()
            .demo(set_to_alarm)
            .aws("DescribeAlarms", AwsReply::Json(described.clone()))
            .returns(&Some(found.clone())),
        ContractCase::new("an alarm with unusual settings", CloudCall::Alarm(ALARM))
            .set_up()
            .demo(set_to_alarm)
            .demo(move |account| {
                let alarm = account.region_mut("eu-west-1").alarms.get_mut(ALARM).unwrap();
                (alarm.config, alarm.configured) = (configured, Some(-60));
                alarm.evaluation_state = Some(EvaluationState::Error);
            })
            .aws("DescribeAlarms", AwsReply::Json(with_all_fields))
            .returns(&Some(unusual)),
        ContractCase::new("an alarm that does not exist", CloudCall::Alarm(ALARM))
            .aws("DescribeAlarms", none())
            .returns(&None::<Alarm>),
        ContractCase::new("the alarms of a metric", CloudCall::AlarmsForMetric)
            .set_up()
            .demo(set_to_alarm)
            .aws("DescribeAlarmsForMetric", AwsReply::Json(described))
            .returns(&vec![found]),
        ContractCase::new("a metric whose alarms all watch one with dimensions", CloudCall::AlarmsForMetric)
            .set_up()
            .demo(|account| {
                let alarm = account.region_mut("eu-west-1").alarms.get_mut(ALARM).unwrap();
                alarm.config.dimensions = [("Account".to_owned(), "1".to_owned())].into();
            })
            .aws("DescribeAlarmsForMetric", none())
            .returns(&Vec::<Alarm>::new()),
        ContractCase::new("a metric without alarms", CloudCall::AlarmsForMetric)
            .aws("DescribeAlarmsForMetric", none())
            .returns(&Vec::<Alarm>::new()),
    ]
}

/// AWS returns each type for a request that names it. The same response answers all three requests here.
fn indirect_alarms() -> Vec<ContractCase> {
    let alarm = |name: &str, kind| IndirectAlarm {
        name: name.into(),
        kind,
        actions_enabled: true,
        actions: vec![TOPIC.into()],
    };
    let rule = format!("ALARM(\"{ALARM}\")");
    let query = "filter userIdentity.type = \"Root\"";
    let found = vec![
        alarm("security", IndirectKind::Composite { rule: rule.clone(), suppressor: Some("maintenance".into()) }),
        alarm("rate", IndirectKind::Expression { metrics: vec![metric()], expressions: vec!["FILL(m1, 0)".into()] }),
        alarm("logs", IndirectKind::Log { query: query.into(), log_groups: vec![GROUP.into()] }),
    ];
    let described = json!({
        "CompositeAlarms": [{
            "AlarmName": "security", "AlarmRule": rule, "ActionsEnabled": true, "AlarmActions": [TOPIC],
            "ActionsSuppressor": "maintenance",
        }],
        "MetricAlarms": [
            {
                "AlarmName": "rate", "ActionsEnabled": true, "AlarmActions": [TOPIC],
                "Metrics": [
                    { "Id": "e1", "Expression": "FILL(m1, 0)", "ReturnData": true },
                    { "Id": "m1", "ReturnData": false, "MetricStat": {
                        "Metric": { "Namespace": "rootbell", "MetricName": "RootUse" }, "Period": 300, "Stat": "Sum",
                    } },
                ],
            },
            { "AlarmName": ALARM, "MetricName": "RootUse", "Namespace": "rootbell" },
        ],
        "LogAlarms": [{
            "AlarmName": "logs", "ActionsEnabled": true, "AlarmActions": [TOPIC],
            "ScheduledQueryConfiguration": { "QueryString": query, "LogGroupIdentifiers": [GROUP] },
        }],
    });
    vec![
        ContractCase::new("alarms on alarms, on expressions, and on logs", CloudCall::IndirectAlarms)
            .set_up()
            .demo(move |account| {
                let region = account.region_mut("eu-west-1");
                let actions = vec![Arn::from(TOPIC)];
                let suppressor = Some("maintenance".into());
                let composite =
                    account::CompositeAlarm { rule, actions: actions.clone(), suppressor, ..Default::default() };
                region.composite_alarms.insert("security".into(), composite);
                let config = AlarmConfig { actions: actions.clone(), ..AlarmConfig::default() };
                let (expression, metrics) = (Some("FILL(m1, 0)".into()), vec![metric()]);
                region
                    .alarms
                    .insert("rate".into(), account::Alarm { config, expression, metrics, ..Default::default() });
                let log_groups = vec![GROUP.into()];
                let on_logs = account::LogAlarm { query: query.into(), log_groups, actions, ..Default::default() };
                region.log_alarms.insert("logs".into(), on_logs);
            })
            .aws("DescribeAlarms", AwsReply::Json(described))
            .returns(&found),
        ContractCase::new("no other alarms than those on a metric", CloudCall::IndirectAlarms)
            .set_up()
            .aws("DescribeAlarms", AwsReply::Json(json!({ "MetricAlarms": [{ "AlarmName": ALARM }] })))
            .returns(&Vec::<IndirectAlarm>::new()),
    ]
}

fn mute_rules() -> Vec<ContractCase> {
    let expires = START.parse::<Timestamp>().unwrap();
    let schedule = MuteSchedule {
        expression: "cron(0 18 * * FRI)".into(),
        duration: "P2DT12H".into(),
        timezone: Some("Europe/Berlin".into()),
    };
    let rule = |name: &str, status, recurring, expires| MuteRule {
        name: name.into(),
        status,
        recurring,
        expires,
        schedule: Some(schedule.clone()),
        mutes_until: None,
    };
    let in_demo = schedule.clone();
    let with_schedule = json!({ "Rule": { "Schedule": {
        "Expression": schedule.expression, "Duration": schedule.duration, "Timezone": schedule.timezone,
    } } });
    let found = vec![
        rule("holiday", MuteStatus::Active, false, Some(expires)),
        rule("weekends", MuteStatus::Scheduled, true, None),
    ];
    let arn = |name: &str| format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:{name}");
    let listed = json!({ "AlarmMuteRuleSummaries": [
        {
            "AlarmMuteRuleArn": arn("holiday"), "Status": "ACTIVE", "MuteType": "ONE_TIME",
            "ExpireDate": expires.as_second(),
        },
        { "AlarmMuteRuleArn": arn("weekends"), "Status": "SCHEDULED", "MuteType": "RECURRING" },
    ] });
    vec![
        ContractCase::new("mute rules", CloudCall::MuteRules(ALARM))
            .demo(move |account| {
                let rules = &mut account.region_mut("eu-west-1").mute_rules;
                let rule = |alarm: &str, status, recurring, expires| account::MuteRule {
                    alarms: vec![alarm.into()],
                    status,
                    recurring,
                    expires,
                    schedule: Some(in_demo.clone()),
                };
                rules.insert("holiday".into(), rule(ALARM, MuteStatus::Active, false, Some(0)));
                rules.insert("others".into(), rule("other", MuteStatus::Active, false, None));
                rules.insert("past".into(), rule(ALARM, MuteStatus::Expired, false, None));
                rules.insert("weekends".into(), rule(ALARM, MuteStatus::Scheduled, true, None));
            })
            .aws("ListAlarmMuteRules", AwsReply::Json(listed))
            .aws("GetAlarmMuteRule", AwsReply::Json(with_schedule))
            .returns(&found),
        ContractCase::new("no mute rules", CloudCall::MuteRules(ALARM))
            .aws("ListAlarmMuteRules", AwsReply::Json(json!({ "AlarmMuteRuleSummaries": [] })))
            .returns(&Vec::<MuteRule>::new()),
    ]
}
