//! CloudWatch: alarms that don't simply watch one metric.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types::{
    AlarmType, CompositeAlarm, LogAlarm, Metric as SdkMetric, MetricAlarm, MetricDataQuery,
};

use super::convert::text;
use super::errors::Call;
use super::pages::Tokens;
use crate::cloud::{Answer, ErrorKind};
use crate::domain::Query;
use crate::domain::alarm::Metric;
use crate::domain::arn::Arn;
use crate::domain::indirect_alarm::{IndirectAlarm, IndirectKind};

/// How many pages of 100 alarms of one type are read.
const MOST_PAGES: usize = 50;

/// Composite alarms, alarms on expressions, and log alarms.
///
/// Source: CloudWatch API, DescribeAlarms, `AlarmTypes`. An endpoint that has no log alarms rejects that type.
pub(super) async fn describe(client: &Client) -> Answer<Vec<IndirectAlarm>> {
    let (composite, on_metrics, on_logs) = tokio::join!(
        describe_type(client, AlarmType::CompositeAlarm),
        describe_type(client, AlarmType::MetricAlarm),
        describe_type(client, AlarmType::LogAlarm),
    );
    let (mut all, on_logs) = (
        composite?,
        on_logs.or_else(|error| match error.kind {
            ErrorKind::Invalid | ErrorKind::Unsupported => Ok(Vec::new()),
            _ => Err(error),
        }),
    );
    all.extend(on_metrics?);
    all.extend(on_logs?);
    Ok(all)
}

async fn describe_type(client: &Client, of: AlarmType) -> Answer<Vec<IndirectAlarm>> {
    let call = Call::query(Query::Alarm, "");
    let (mut all, mut tokens) = (Vec::new(), Tokens::default());
    for _ in 0..MOST_PAGES {
        let request = client.describe_alarms().alarm_types(of.clone()).max_records(100);
        let page = call.answered(request.set_next_token(tokens.next()).send().await)?;
        all.extend(on_page(&page, &of));
        if !tokens.follow(page.next_token()) {
            break;
        }
    }
    Ok(all)
}

fn on_page(page: &DescribeAlarmsOutput, of: &AlarmType) -> Vec<IndirectAlarm> {
    match of {
        AlarmType::CompositeAlarm => page.composite_alarms().iter().map(composite).collect(),
        AlarmType::LogAlarm => page.log_alarms().iter().map(log).collect(),
        _ => page.metric_alarms().iter().filter_map(on_expression).collect(),
    }
}

fn alarm(name: Option<&str>, kind: IndirectKind, actions_enabled: Option<bool>, actions: &[String]) -> IndirectAlarm {
    IndirectAlarm {
        name: name.unwrap_or_default().to_owned(),
        kind,
        actions_enabled: actions_enabled.unwrap_or(true),
        actions: actions.iter().map(|arn| Arn::from(arn.as_str())).collect(),
    }
}

fn composite(sdk: &CompositeAlarm) -> IndirectAlarm {
    let rule = sdk.alarm_rule().unwrap_or_default().to_owned();
    let kind = IndirectKind::Composite { rule, suppressor: text(sdk.actions_suppressor()) };
    alarm(sdk.alarm_name(), kind, sdk.actions_enabled(), sdk.alarm_actions())
}

fn log(sdk: &LogAlarm) -> IndirectAlarm {
    let query = sdk.scheduled_query_configuration();
    let kind = IndirectKind::Log {
        query: query.and_then(|query| query.query_string()).unwrap_or_default().to_owned(),
        log_groups: query.map(|query| query.log_group_identifiers().to_vec()).unwrap_or_default(),
    };
    alarm(sdk.alarm_name(), kind, sdk.actions_enabled(), sdk.alarm_actions())
}

/// `None` for an alarm on a single metric.
fn on_expression(sdk: &MetricAlarm) -> Option<IndirectAlarm> {
    let metric = |metric: &SdkMetric| {
        Metric::new(metric.namespace().unwrap_or_default(), metric.metric_name().unwrap_or_default())
    };
    let read = |query: &MetricDataQuery| Some(metric(query.metric_stat()?.metric()?));
    let metrics: Vec<Metric> = sdk.metrics().iter().filter_map(read).collect();
    let expressions = sdk.metrics().iter().filter_map(|query| text(query.expression())).collect();
    let kind = IndirectKind::Expression { metrics, expressions };
    (!sdk.metrics().is_empty()).then(|| alarm(sdk.alarm_name(), kind, sdk.actions_enabled(), sdk.alarm_actions()))
}
