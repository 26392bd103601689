//! CloudWatch: the alarm.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, ComparisonOperator, MetricAlarm, StateValue, Statistic, Tag};

use super::errors::Call;
use super::pages::Tokens;
use super::time;
use crate::cloud::Answer;
use crate::domain::observed::{Alarm, AlarmState, Metric};
use crate::domain::settings::TAG;

pub(super) struct CloudWatch {
    pub(super) client: Client,
}

impl CloudWatch {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Source: CloudWatch API, DescribeAlarms: of all types only where they are named.
    pub(super) async fn alarm(&self, name: &str) -> Answer<Option<Alarm>> {
        let call = Call::new("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms", name);
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.describe_alarms().alarm_names(name).alarm_types(AlarmType::MetricAlarm);
            let page = request.set_next_token(tokens.next()).send().await.map_err(|e| call.failed(&e))?;
            if let Some(found) = page.metric_alarms().iter().find(|found| found.alarm_name() == Some(name)) {
                return Ok(Some(alarm(found)));
            }
            if !tokens.follow(page.next_token()) {
                return Ok(None);
            }
        }
    }

    /// Source: CloudWatch API, DescribeAlarmsForMetric: one answer, without pages.
    pub(super) async fn alarms_on(&self, metric: &Metric) -> Answer<Vec<Alarm>> {
        let call =
            Call::new("cloudwatch", "DescribeAlarmsForMetric", "cloudwatch:DescribeAlarmsForMetric", &metric.name);
        let request = self.client.describe_alarms_for_metric().namespace(&metric.namespace).metric_name(&metric.name);
        let found = request.send().await.map_err(|e| call.failed(&e))?;
        Ok(found.metric_alarms().iter().map(alarm).collect())
    }

    pub(super) async fn put(&self, call: &Call<'_>, alarm: &Alarm) -> Answer<()> {
        let number = |n: u32| i32::try_from(n).map_err(|e| call.unsendable(&e));
        let list = |arns: &[String]| (!arns.is_empty()).then(|| arns.to_vec());
        let request = self
            .client
            .put_metric_alarm()
            .alarm_name(&alarm.name)
            .alarm_description(&alarm.description)
            .namespace(&alarm.metric.namespace)
            .metric_name(&alarm.metric.name)
            .statistic(Statistic::from(alarm.statistic.as_str()))
            .period(number(alarm.period)?)
            .evaluation_periods(number(alarm.evaluation_periods)?)
            .datapoints_to_alarm(number(alarm.datapoints_to_alarm)?)
            .threshold(alarm.threshold)
            .comparison_operator(ComparisonOperator::from(alarm.comparison.as_str()))
            .treat_missing_data(&alarm.missing_data)
            .actions_enabled(true)
            .set_alarm_actions(list(&alarm.actions))
            .set_ok_actions(list(&alarm.ok_actions))
            .set_insufficient_data_actions(list(&alarm.insufficient_data_actions))
            .tags(Tag::builder().key(TAG.0).value(TAG.1).build());
        request.send().await.map(drop).map_err(|e| call.failed(&e))
    }
}

/// What is left out has a default. An alarm on a metric expression has no metric of its own, and none here.
///
/// Source: CloudWatch API, MetricAlarm and PutMetricAlarm.
fn alarm(sdk: &MetricAlarm) -> Alarm {
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let count = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok());
    let evaluation_periods = count(sdk.evaluation_periods()).unwrap_or_default();
    Alarm {
        name: owned(sdk.alarm_name()),
        metric: Metric { namespace: owned(sdk.namespace()), name: owned(sdk.metric_name()) },
        statistic: owned(sdk.statistic().map(Statistic::as_str).or(sdk.extended_statistic())),
        period: count(sdk.period()).unwrap_or_default(),
        evaluation_periods,
        datapoints_to_alarm: count(sdk.datapoints_to_alarm()).unwrap_or(evaluation_periods),
        threshold: sdk.threshold().unwrap_or_default(),
        comparison: owned(sdk.comparison_operator().map(ComparisonOperator::as_str)),
        missing_data: sdk.treat_missing_data().unwrap_or("missing").to_owned(),
        actions_enabled: sdk.actions_enabled().unwrap_or(true),
        actions: sdk.alarm_actions().to_vec(),
        ok_actions: sdk.ok_actions().to_vec(),
        insufficient_data_actions: sdk.insufficient_data_actions().to_vec(),
        description: owned(sdk.alarm_description()),
        state: match sdk.state_value() {
            Some(StateValue::Ok) => AlarmState::Ok,
            Some(StateValue::Alarm) => AlarmState::Alarm,
            _ => AlarmState::InsufficientData,
        },
        reason: owned(sdk.state_reason()),
        since: sdk.state_transitioned_timestamp().or(sdk.state_updated_timestamp()).and_then(time),
    }
}
