//! CloudWatch: the alarm, its history, and its metric.

use std::cmp::Reverse;
use std::num::TryFromIntError;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder as PutMetricAlarm;
use aws_sdk_cloudwatch::types::{
    self as sdk, AlarmHistoryItem, AlarmMuteRuleStatus, AlarmMuteRuleSummary, AlarmType, ComparisonOperator,
    HistoryItemType, MetricAlarm, ScanBy, StateValue, Tag,
};
use futures::future::join_all;
use jiff::Timestamp;

use super::convert::{sdk_time, text, time};
use super::errors::Call;
use super::pages::Tokens;
use crate::cloud::{Answer, MetricTotal, TotalStatistic};
use crate::domain::Query;
use crate::domain::activity::{Datapoint, HistoryItem};
use crate::domain::alarm::{
    Alarm, AlarmConfig, AlarmState, Metric, Statistic, TagsInNotifications, WallClockWindow, WarmUp,
};
use crate::domain::arn::Arn;
use crate::domain::mute_rule::{MuteRule, MuteSchedule, MuteStatus};
use crate::domain::settings::TAG;

/// How many mute rules are read with their schedules.
const MOST_SCHEDULES: usize = 8;

pub(super) struct CloudWatch {
    pub(super) client: Client,
}

impl CloudWatch {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Source: CloudWatch API, DescribeAlarms: returns other types than metric alarms only if `AlarmTypes` names them.
    pub(super) async fn describe_alarms(&self, name: &str) -> Answer<Option<Alarm>> {
        let call = Call::query(Query::Alarm, name);
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.describe_alarms().alarm_names(name).alarm_types(AlarmType::MetricAlarm);
            let page = call.answered(request.set_next_token(tokens.next()).send().await)?;
            if let Some(found) = page.metric_alarms().iter().find(|found| found.alarm_name() == Some(name)) {
                return Ok(Some(alarm(found)));
            }
            if !tokens.follow(page.next_token()) {
                return Ok(None);
            }
        }
    }

    /// Source: CloudWatch API, DescribeAlarmsForMetric: one response, without pages.
    pub(super) async fn describe_alarms_for_metric(&self, metric: &Metric) -> Answer<Vec<Alarm>> {
        let call = Call::query(Query::AlarmsForMetric, &metric.name);
        let request = self.client.describe_alarms_for_metric().namespace(&metric.namespace).metric_name(&metric.name);
        let found = call.answered(request.send().await)?;
        Ok(found.metric_alarms().iter().map(alarm).collect())
    }

    /// Source: CloudWatch API, ListAlarmMuteRules; GetAlarmMuteRule has the schedule, which the list lacks.
    pub(super) async fn list_alarm_mute_rules(&self, alarm: &str) -> Answer<Vec<MuteRule>> {
        let call = Call::query(Query::MuteRules, alarm);
        let mut all = Vec::new();
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.list_alarm_mute_rules().alarm_name(alarm);
            let request = request.statuses(AlarmMuteRuleStatus::Active).statuses(AlarmMuteRuleStatus::Scheduled);
            let page = call.answered(request.set_next_token(tokens.next()).send().await)?;
            all.extend(page.alarm_mute_rule_summaries().iter().filter_map(mute_rule));
            if !tokens.follow(page.next_token()) {
                break;
            }
        }
        let schedules = join_all(all.iter().take(MOST_SCHEDULES).map(|rule| self.mute_schedule(&rule.name))).await;
        for (rule, schedule) in all.iter_mut().zip(schedules) {
            rule.schedule = schedule;
        }
        Ok(all)
    }

    async fn mute_schedule(&self, rule: &str) -> Option<MuteSchedule> {
        let call = Call::query(Query::MuteRule, rule);
        let found = call.answered(self.client.get_alarm_mute_rule().alarm_mute_rule_name(rule).send().await).ok()?;
        let schedule = found.rule()?.schedule()?;
        Some(MuteSchedule {
            expression: owned(schedule.expression()),
            duration: owned(schedule.duration()),
            timezone: text(schedule.timezone()),
        })
    }

    /// The newest 100 entries.
    ///
    /// Source: CloudWatch API, DescribeAlarmHistory, `ScanBy` and `MaxRecords`.
    pub(super) async fn describe_alarm_history(&self, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>> {
        let call = Call::query(Query::History, alarm);
        let request = self.client.describe_alarm_history().alarm_name(alarm).start_date(sdk_time(since));
        let request = request.scan_by(ScanBy::TimestampDescending).max_records(100);
        let found = call.answered(request.send().await)?;
        let item = |sdk: &AlarmHistoryItem| {
            let kind = sdk.history_item_type().map(HistoryItemType::as_str).unwrap_or_default();
            let at = sdk.timestamp().and_then(time)?;
            let data = sdk.history_data().unwrap_or_default();
            Some(HistoryItem::decode(at, kind, sdk.history_summary().unwrap_or_default(), data))
        };
        let mut items: Vec<HistoryItem> = found.alarm_history_items().iter().filter_map(item).collect();
        items.sort_by_key(|item| Reverse(item.at));
        Ok(items)
    }

    /// Sorted here, because AWS returns the datapoints in no particular order.
    ///
    /// Source: CloudWatch API, GetMetricStatistics: up to 1,440 datapoints in one response; CloudWatch User Guide,
    /// "CloudWatch billing and cost": part of the free tier, unlike GetMetricData.
    pub(super) async fn get_metric_statistics(
        &self,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>> {
        let call = Call::query(Query::MetricStatistics, &metric.name);
        let period = i32::try_from(period).map_err(|e| call.invalid_request(&e))?;
        let request = self.client.get_metric_statistics().namespace(&metric.namespace).metric_name(&metric.name);
        let request = request.start_time(sdk_time(from)).end_time(sdk_time(to)).period(period);
        let found = call.answered(request.statistics(sdk::Statistic::Sum).send().await)?;
        let point = |sdk: &sdk::Datapoint| Some(Datapoint { at: sdk.timestamp().and_then(time)?, value: sdk.sum()? });
        let mut points: Vec<Datapoint> = found.datapoints().iter().filter_map(point).collect();
        points.sort_by_key(|point| point.at);
        Ok(points)
    }

    /// The total over periods of an hour.
    ///
    /// Source: CloudWatch API, GetMetricStatistics, `Period`: a multiple of 60 seconds, for data of the last 15 days.
    pub(super) async fn metric_total(&self, total: &MetricTotal<'_>) -> Answer<f64> {
        let MetricTotal { metric, dimension, statistic, from, to } = *total;
        let call = Call::query(Query::MetricStatistics, &metric.name);
        let dimension = dimension.map(|(name, value)| sdk::Dimension::builder().name(name).value(value).build());
        let request = self.client.get_metric_statistics().namespace(&metric.namespace).metric_name(&metric.name);
        let request = request.set_dimensions(dimension.map(|dimension| vec![dimension]));
        let request = request.start_time(sdk_time(from)).end_time(sdk_time(to)).period(3600);
        let request = request.statistics(match statistic {
            TotalStatistic::Sum => sdk::Statistic::Sum,
            TotalStatistic::SampleCount => sdk::Statistic::SampleCount,
        });
        let found = call.answered(request.send().await)?;
        let value = |point: &sdk::Datapoint| match statistic {
            TotalStatistic::Sum => point.sum(),
            TotalStatistic::SampleCount => point.sample_count(),
        };
        Ok(found.datapoints().iter().filter_map(value).fold(0.0, |total, value| total + value))
    }

    pub(super) async fn set_alarm_state(
        &self,
        call: &Call<'_>,
        alarm: &str,
        state: AlarmState,
        reason: &str,
    ) -> Answer<()> {
        let request =
            self.client.set_alarm_state().alarm_name(alarm).state_value(sdk_state(state)).state_reason(reason);
        call.answered(request.send().await).map(drop)
    }

    /// Source: CloudWatch API, ListTagsForResource.
    pub(super) async fn list_tags_for_resource(&self, arn: &str) -> Answer<Vec<(String, String)>> {
        let call = Call::query(Query::AlarmTags, arn);
        let found = self.client.list_tags_for_resource().resource_arn(arn).send().await;
        let found = call.found(found, "ResourceNotFoundException")?;
        let tags = found.and_then(|found| found.tags).unwrap_or_default();
        Ok(tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect())
    }

    /// Source: CloudWatch API, DeleteAlarms.
    pub(super) async fn delete_alarms(&self, call: &Call<'_>, alarm: &str) -> Answer<()> {
        call.answered(self.client.delete_alarms().alarm_names(alarm).send().await).map(drop)
    }

    /// Source: CloudWatch API, PutMetricAlarm: either `Statistic` or `ExtendedStatistic`.
    pub(super) async fn put_metric_alarm(&self, call: &Call<'_>, alarm: &str, config: &AlarmConfig) -> Answer<()> {
        let request = self.client.put_metric_alarm().alarm_name(alarm);
        let request = with_config(request, config).map_err(|e| call.invalid_request(&e))?;
        call.answered(request.tags(Tag::builder().key(TAG.0).value(TAG.1).build()).send().await).map(drop)
    }
}

/// Adds every field of the configuration to the request.
fn with_config(request: PutMetricAlarm, config: &AlarmConfig) -> Result<PutMetricAlarm, TryFromIntError> {
    // Every field is named, so that the compiler points here when one is added.
    let AlarmConfig {
        metric,
        statistic,
        period,
        evaluation_periods,
        datapoints_to_alarm,
        threshold,
        comparison,
        missing_data,
        actions_enabled,
        actions,
        ok_actions,
        insufficient_data_actions,
        description,
        unit,
        dimensions,
        low_sample_count_percentile,
        warm_up,
        wall_clock_window,
        tags_in_notifications,
    } = config;
    let list = |arns: &[Arn]| (!arns.is_empty()).then(|| arns.iter().map(Arn::to_string).collect());
    let request = match statistic {
        Statistic::Extended(name) => request.extended_statistic(name),
        plain => request.statistic(sdk::Statistic::from(plain.as_str())),
    };
    let request = dimensions.iter().fold(request, |request, (name, value)| {
        request.dimensions(sdk::Dimension::builder().name(name).value(value).build())
    });
    let warm_up = warm_up.as_ref().map(sdk_warm_up).transpose()?;
    Ok(request
        .alarm_description(description)
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .period(i32::try_from(*period)?)
        .evaluation_periods(i32::try_from(*evaluation_periods)?)
        .datapoints_to_alarm(i32::try_from(*datapoints_to_alarm)?)
        .threshold(*threshold)
        .comparison_operator(ComparisonOperator::from(comparison.as_str()))
        .treat_missing_data(missing_data.as_str())
        .actions_enabled(*actions_enabled)
        .set_alarm_actions(list(actions))
        .set_ok_actions(list(ok_actions))
        .set_insufficient_data_actions(list(insufficient_data_actions))
        .set_unit(unit.as_deref().map(sdk::StandardUnit::from))
        .set_evaluate_low_sample_count_percentile(low_sample_count_percentile.clone())
        .set_warm_up_configuration(warm_up)
        .set_evaluation_window(wall_clock_window.as_ref().map(sdk_window))
        .set_action_configuration(tags_in_notifications.as_ref().map(sdk_tags_propagation)))
}

fn sdk_warm_up(warm_up: &WarmUp) -> Result<sdk::WarmUpConfiguration, TryFromIntError> {
    let minutes = i32::try_from(warm_up.minutes)?;
    let configuration = sdk::WarmUpConfiguration::builder().warm_up_period_duration_in_minutes(minutes);
    Ok(configuration.only_start_evaluating_after_warm_up_period_ends(warm_up.whole).build())
}

fn sdk_window(window: &WallClockWindow) -> sdk::EvaluationWindow {
    let window = sdk::WallClockWindow::builder().set_timezone(window.timezone.clone()).build();
    sdk::EvaluationWindow::WallClockWindow(window)
}

fn sdk_tags_propagation(tags: &TagsInNotifications) -> sdk::ActionConfiguration {
    let keys = |keys: &[String]| (!keys.is_empty()).then(|| keys.to_vec());
    let propagation = sdk::AlarmTagsPropagation::builder()
        .enabled(tags.enabled)
        .set_included_tag_keys(keys(&tags.included))
        .set_excluded_tag_keys(keys(&tags.excluded));
    sdk::ActionConfiguration::builder().alarm_tags_propagation(propagation.build()).build()
}

/// Converts our alarm state to the SDK's.
fn sdk_state(state: AlarmState) -> StateValue {
    match state {
        AlarmState::Ok => StateValue::Ok,
        AlarmState::Alarm => StateValue::Alarm,
        AlarmState::InsufficientData => StateValue::InsufficientData,
    }
}

fn arns(texts: &[String]) -> Vec<Arn> {
    texts.iter().map(|text| Arn::from(text.as_str())).collect()
}

fn owned(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// The ARN ends in the rule's name. An expired rule, or one with an unknown status, mutes nothing.
fn mute_rule(sdk: &AlarmMuteRuleSummary) -> Option<MuteRule> {
    let status = match sdk.status()? {
        AlarmMuteRuleStatus::Active => MuteStatus::Active,
        AlarmMuteRuleStatus::Scheduled => MuteStatus::Scheduled,
        _ => return None,
    };
    let arn = sdk.alarm_mute_rule_arn().unwrap_or_default();
    Some(MuteRule {
        name: arn.rsplit_once(":alarm-mute-rule:").map_or(arn, |(_, name)| name).to_owned(),
        status,
        recurring: sdk.mute_type() == Some("RECURRING"),
        expires: sdk.expire_date().and_then(time),
        schedule: None,
        mutes_until: None,
    })
}

fn alarm(sdk: &MetricAlarm) -> Alarm {
    Alarm {
        name: owned(sdk.alarm_name()),
        config: config(sdk),
        state: match sdk.state_value() {
            Some(StateValue::Ok) => AlarmState::Ok,
            Some(StateValue::Alarm) => AlarmState::Alarm,
            _ => AlarmState::InsufficientData,
        },
        reason: owned(sdk.state_reason()),
        since: sdk.state_transitioned_timestamp().or(sdk.state_updated_timestamp()).and_then(time),
        configured: sdk.alarm_configuration_updated_timestamp().and_then(time),
        evaluation: sdk.evaluation_state().map(|state| state.as_str().into()),
        mute_rules: None,
    }
}

/// Missing fields get AWS's defaults. An alarm on a metric expression has no metric name, so it has none here either.
///
/// Source: CloudWatch API, MetricAlarm and PutMetricAlarm.
fn config(sdk: &MetricAlarm) -> AlarmConfig {
    let count = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok());
    let evaluation_periods = count(sdk.evaluation_periods()).unwrap_or_default();
    let statistic = sdk.statistic().map(sdk::Statistic::as_str).or(sdk.extended_statistic());
    AlarmConfig {
        metric: Metric { namespace: owned(sdk.namespace()), name: owned(sdk.metric_name()) },
        statistic: Statistic::from(statistic.unwrap_or_default()),
        period: count(sdk.period()).unwrap_or_default(),
        evaluation_periods,
        datapoints_to_alarm: count(sdk.datapoints_to_alarm()).unwrap_or(evaluation_periods),
        threshold: sdk.threshold().unwrap_or_default(),
        comparison: sdk.comparison_operator().map(ComparisonOperator::as_str).unwrap_or_default().into(),
        missing_data: sdk.treat_missing_data().unwrap_or("missing").into(),
        actions_enabled: sdk.actions_enabled().unwrap_or(true),
        actions: arns(sdk.alarm_actions()),
        ok_actions: arns(sdk.ok_actions()),
        insufficient_data_actions: arns(sdk.insufficient_data_actions()),
        description: owned(sdk.alarm_description()),
        unit: sdk.unit().map(|unit| unit.as_str().to_owned()),
        dimensions: sdk.dimensions().iter().map(|d| (owned(d.name()), owned(d.value()))).collect(),
        low_sample_count_percentile: text(sdk.evaluate_low_sample_count_percentile()),
        warm_up: sdk.warm_up_configuration().map(|warm_up| WarmUp {
            minutes: count(warm_up.warm_up_period_duration_in_minutes()).unwrap_or_default(),
            whole: warm_up.only_start_evaluating_after_warm_up_period_ends().unwrap_or_default(),
        }),
        wall_clock_window: sdk
            .evaluation_window()
            .and_then(|window| window.as_wall_clock_window().ok())
            .map(|window| WallClockWindow { timezone: text(window.timezone()) }),
        tags_in_notifications: sdk.action_configuration().and_then(|c| c.alarm_tags_propagation()).map(|tags| {
            TagsInNotifications {
                enabled: tags.enabled().unwrap_or_default(),
                included: tags.included_tag_keys().to_vec(),
                excluded: tags.excluded_tag_keys().to_vec(),
            }
        }),
    }
}
