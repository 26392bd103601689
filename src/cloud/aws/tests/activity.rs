//! The calls of the dashboard, the test, and the drill.

use aws_sdk_cloudwatch::operation::describe_alarm_history::DescribeAlarmHistoryOutput;
use aws_sdk_cloudwatch::operation::get_metric_statistics::GetMetricStatisticsOutput;
use aws_sdk_cloudwatch::operation::set_alarm_state::{SetAlarmStateError, SetAlarmStateOutput};
use aws_sdk_cloudwatch::types::error::{InvalidFormatFault, ResourceNotFound};
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, Datapoint, HistoryItemType, ScanBy, StateValue, Statistic};
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::operation::put_log_events::PutLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, RejectedLogEventsInfo};
use aws_smithy_mocks::mock;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use jiff::Timestamp;

use super::answers::{of_alarms, of_logs};
use super::*;
use crate::cloud::{Cloud, ErrorKind, Search};
use crate::domain::activity::HistoryKind;

const FROM: &str = "2026-11-23T08:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn entry(second: i64, kind: HistoryItemType, summary: &str, data: &str) -> AlarmHistoryItem {
    AlarmHistoryItem::builder()
        .alarm_name("root")
        .timestamp(DateTime::from_secs(at(FROM).as_second() + second))
        .history_item_type(kind)
        .history_summary(summary)
        .history_data(data)
        .build()
}

#[tokio::test]
async fn an_alarms_history_is_read_newest_first_since_the_given_time() {
    let changed = json!({
        "version": "1.0",
        "oldState": { "stateValue": "OK", "stateReason": "quiet" },
        "newState": { "stateValue": "ALARM", "stateReason": "Test alarm\u{1b}[2J by rootbell" }
    });
    let failed = json!({ "actionState": "Failed", "notificationResource": TOPIC, "error": "null" });
    let rule = mock!(aws_sdk_cloudwatch::Client::describe_alarm_history)
        .match_requests(|asked| {
            asked.alarm_name() == Some("root")
                && asked.start_date().map(DateTime::secs) == Some(at(FROM).as_second())
                && asked.scan_by() == Some(&ScanBy::TimestampDescending)
                && asked.max_records() == Some(100)
        })
        .then_output(move || {
            let failure = format!("Failed to execute action {TOPIC}. Received error: \"null\"");
            DescribeAlarmHistoryOutput::builder()
                .alarm_history_items(entry(0, HistoryItemType::ConfigurationUpdate, "Alarm \"root\" created", "{}"))
                .alarm_history_items(entry(2, HistoryItemType::Action, &failure, &failed.to_string()))
                .alarm_history_items(entry(
                    1,
                    HistoryItemType::StateUpdate,
                    "Alarm updated from OK to ALARM",
                    &changed.to_string(),
                ))
                // An entry without a time is skipped.
                .alarm_history_items(AlarmHistoryItem::builder().history_summary("?").build())
                .build()
        });
    let found = of_alarms(mocked!(aws_sdk_cloudwatch, rule))
        .describe_alarm_history(&eu_west_1(), "root", at(FROM))
        .await
        .unwrap();
    let kinds: Vec<_> = found.iter().map(|item| item.kind.clone()).collect();
    let changed = HistoryKind::StateUpdate {
        from: Some(AlarmState::Ok),
        to: AlarmState::Alarm,
        reason: r"Test alarm\u001b[2J by rootbell".into(),
    };
    assert_eq!(kinds, [HistoryKind::Action { ok: false }, changed, HistoryKind::Configuration]);
    assert!(found[0].summary.starts_with("Failed to execute action arn:aws:sns:"));
    assert_eq!(found[1].at, at("2026-11-23T08:00:01Z"));
}

fn search(page: Option<&str>) -> Search<'_> {
    Search { log_group: "g", pattern: "{ $.x = 1 }", from: at(FROM), to: at("2026-11-23T09:00:00Z"), page }
}

fn event(second: i64, name: &str) -> FilteredLogEvent {
    let millis = (at(FROM).as_second() + second) * 1000;
    FilteredLogEvent::builder()
        .event_id(format!("log-{second}"))
        .timestamp(millis)
        .message(json!({ "eventName": name }).to_string())
        .build()
}

#[tokio::test]
async fn events_come_newest_first_with_the_next_token_and_the_time_reached() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::filter_log_events)
        .match_requests(|asked| {
            asked.next_token().is_none()
                && asked.log_group_name() == Some("g")
                && asked.filter_pattern() == Some("{ $.x = 1 }")
                && asked.start_time() == Some(at(FROM).as_millisecond())
                && asked.end_time() == Some(at("2026-11-23T09:00:00Z").as_millisecond())
                && asked.limit() == Some(100)
                && asked.start_from_head() == Some(false)
        })
        .then_output(|| {
            FilterLogEventsOutput::builder()
                .events(event(20, "Newer"))
                .events(event(10, "Older"))
                .next_token("more")
                .build()
        });
    let page =
        of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).filter_log_events(&eu_west_1(), &search(None)).await.unwrap();
    let names: Vec<_> = page.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["Newer", "Older"]);
    assert_eq!(page.events[0].time, Some(at("2026-11-23T08:00:20Z")), "the log's time, where the event has none");
    assert_eq!(page.events[0].id, "log-20");
    assert_eq!((page.next.as_deref(), page.reached), (Some("more"), Some(at("2026-11-23T08:00:10Z"))));
}

#[tokio::test]
async fn a_page_that_is_not_newest_first_is_sorted_and_has_no_time_reached() {
    // From an endpoint that doesn't support `startFromHead`, and a single event, which shows no order.
    let pages: [fn() -> FilterLogEventsOutput; 2] = [
        || {
            let page = FilterLogEventsOutput::builder().events(event(10, "Older")).events(event(20, "Newer"));
            page.next_token("more").build()
        },
        || FilterLogEventsOutput::builder().events(event(20, "Newer")).next_token("more").build(),
    ];
    for answer in pages {
        let rule = mock!(aws_sdk_cloudwatchlogs::Client::filter_log_events).then_output(answer);
        let page = of_logs(mocked!(aws_sdk_cloudwatchlogs, rule))
            .filter_log_events(&eu_west_1(), &search(None))
            .await
            .unwrap();
        assert_eq!((page.events[0].name.as_str(), page.reached), ("Newer", None));
    }
}

#[tokio::test]
async fn a_page_is_requested_by_its_token() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::filter_log_events)
        .match_requests(|asked| asked.next_token() == Some("there"))
        .then_output(|| FilterLogEventsOutput::builder().events(event(1, "One")).build());
    let page = of_logs(mocked!(aws_sdk_cloudwatchlogs, rule))
        .filter_log_events(&eu_west_1(), &search(Some("there")))
        .await
        .unwrap();
    assert_eq!((page.events.len(), page.next), (1, None));
}

#[tokio::test]
async fn an_empty_page_is_returned_with_its_token_after_one_request() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::filter_log_events)
        .then_output(|| FilterLogEventsOutput::builder().next_token("on and on").build());
    let page =
        of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).filter_log_events(&eu_west_1(), &search(None)).await.unwrap();
    assert_eq!((page.events.len(), page.next.as_deref(), page.reached), (0, Some("on and on"), None));
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn no_events_from_before_2024_are_requested() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::filter_log_events)
        .match_requests(|asked| asked.start_time() == Some(at("2024-01-01T00:00:00Z").as_millisecond()))
        .then_output(|| FilterLogEventsOutput::builder().build());
    let long_ago = Search { from: at("2019-01-01T00:00:00Z"), ..search(None) };
    assert!(
        of_logs(mocked!(aws_sdk_cloudwatchlogs, rule))
            .filter_log_events(&eu_west_1(), &long_ago)
            .await
            .unwrap()
            .events
            .is_empty()
    );
}

#[tokio::test]
async fn a_metric_is_requested_as_sums_and_returned_oldest_first() {
    let rule = mock!(aws_sdk_cloudwatch::Client::get_metric_statistics)
        .match_requests(|asked| {
            (asked.namespace(), asked.metric_name()) == (Some("LogMetrics"), Some("RootUse"))
                && (asked.statistics(), asked.period()) == (&[Statistic::Sum][..], Some(300))
                && asked.start_time().map(DateTime::secs) == Some(at(FROM).as_second())
                && asked.end_time().map(DateTime::secs) == Some(at(FROM).as_second() + 3600)
        })
        .then_output(|| {
            let point = |seconds, sum| {
                let time = DateTime::from_secs(at(FROM).as_second() + seconds);
                Datapoint::builder().timestamp(time).sum(sum).build()
            };
            // AWS returns them in no particular order.
            GetMetricStatisticsOutput::builder().datapoints(point(300, 2.0)).datapoints(point(0, 0.0)).build()
        });
    let cloud = of_alarms(mocked!(aws_sdk_cloudwatch, rule));
    let found =
        cloud.get_metric_statistics(&eu_west_1(), &metric(), at(FROM), at("2026-11-23T09:00:00Z"), 300).await.unwrap();
    let points: Vec<_> = found.iter().map(|point| (point.at.to_string(), point.value)).collect();
    assert_eq!(points, [("2026-11-23T08:00:00Z".to_owned(), 0.0), ("2026-11-23T08:05:00Z".to_owned(), 2.0)]);
}

fn state() -> Change {
    Change::SetAlarmState { alarm: "root".into(), state: AlarmState::Alarm, reason: "Test alarm".into() }
}

#[tokio::test]
async fn an_alarms_state_is_set_with_its_reason() {
    let rule = mock!(aws_sdk_cloudwatch::Client::set_alarm_state)
        .match_requests(|asked| {
            (asked.alarm_name(), asked.state_value(), asked.state_reason())
                == (Some("root"), Some(&StateValue::Alarm), Some("Test alarm"))
        })
        .then_output(|| SetAlarmStateOutput::builder().build());
    of_alarms(mocked!(aws_sdk_cloudwatch, rule)).apply(&eu_west_1(), &state()).await.unwrap();
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn an_alarm_state_that_cannot_be_set_says_why() {
    let gone = mock!(aws_sdk_cloudwatch::Client::set_alarm_state).then_error(|| {
        let meta = ErrorMetadata::builder().code("ResourceNotFound").message("Alarm root does not exist").build();
        SetAlarmStateError::ResourceNotFound(ResourceNotFound::builder().meta(meta).build())
    });
    let error = of_alarms(mocked!(aws_sdk_cloudwatch, gone)).apply(&eu_west_1(), &state()).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (ErrorKind::NotFound, "SetAlarmState"));
    let wrong = mock!(aws_sdk_cloudwatch::Client::set_alarm_state).then_error(|| {
        let meta = ErrorMetadata::builder().code("InvalidFormat").message("StateReasonData is no JSON").build();
        SetAlarmStateError::InvalidFormatFault(InvalidFormatFault::builder().meta(meta).build())
    });
    let error = of_alarms(mocked!(aws_sdk_cloudwatch, wrong)).apply(&eu_west_1(), &state()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    let denied = wire(|asked| refusal(asked, 403, "AccessDenied", "not authorized"));
    let error = denied.apply(&eu_west_1(), &state()).await.unwrap_err();
    assert_eq!((error.kind, error.iam_action), (ErrorKind::AccessDenied, "cloudwatch:SetAlarmState"));
}

fn drill_event() -> Change {
    Change::PutLogEvents { log_group: "g".into(), stream: "s".into(), at: at(FROM), message: "{}".into() }
}

#[tokio::test]
async fn a_drills_event_is_sent_with_its_time_to_its_stream() {
    let rule = mock!(aws_sdk_cloudwatchlogs::Client::put_log_events)
        .match_requests(|asked| {
            let events: Vec<_> = asked.log_events().iter().map(|e| (e.timestamp(), e.message())).collect();
            (asked.log_group_name(), asked.log_stream_name()) == (Some("g"), Some("s"))
                && events == [(at(FROM).as_millisecond(), "{}")]
        })
        .then_output(|| PutLogEventsOutput::builder().build());
    of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).apply(&eu_west_1(), &drill_event()).await.unwrap();
}

#[tokio::test]
async fn an_event_that_aws_accepts_but_rejects_in_its_response_is_an_error() {
    type Rejected = fn() -> RejectedLogEventsInfo;
    let cases: [(Rejected, &str); 3] = [
        (|| RejectedLogEventsInfo::builder().too_new_log_event_start_index(0).build(), "ahead of AWS's"),
        (|| RejectedLogEventsInfo::builder().too_old_log_event_end_index(1).build(), "too old"),
        (|| RejectedLogEventsInfo::builder().expired_log_event_end_index(1).build(), "too old"),
    ];
    for (left_out, said) in cases {
        let rule = mock!(aws_sdk_cloudwatchlogs::Client::put_log_events)
            .then_output(move || PutLogEventsOutput::builder().rejected_log_events_info(left_out()).build());
        let error =
            of_logs(mocked!(aws_sdk_cloudwatchlogs, rule)).apply(&eu_west_1(), &drill_event()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains(said) && error.message.contains("clock"), "{error}");
        assert!(!error.message.contains('{'), "no debug string: {error}");
    }
}
