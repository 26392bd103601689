//! CloudWatch Logs: the log group, its metric filters, and its events.

use std::cmp::Reverse;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{
    FilteredLogEvent, InputLogEvent, LogGroupClass, MetricFilterMatchRecord, MetricTransformation, StandardUnit,
};
use jiff::Timestamp;

use super::convert::text;
use super::errors::Call;
use super::pages::Tokens;
use crate::cloud::{Answer, Search};
use crate::domain::activity::EventPage;
use crate::domain::added::{ADDED, Additions};
use crate::domain::arn::Arn;
use crate::domain::event::RootEvent;
use crate::domain::observed::{LogGroup, Metric, MetricFilter};
use crate::domain::settings::TAG;
use crate::domain::{Query, RetentionDays};

/// How many messages a pattern can be tested on in one call.
///
/// Source: CloudWatch Logs API, TestMetricFilter, `logEventMessages`.
const MESSAGES_PER_CALL: usize = 50;

/// 2024-01-01 in milliseconds: events from before can't be read newest first.
///
/// Source: CloudWatch Logs API, FilterLogEvents, `startFromHead`.
const NEWEST_FIRST_SINCE: i64 = 1_704_067_200_000;

pub(super) struct Logs {
    pub(super) client: Client,
}

impl Logs {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Finds the group by using its name as a prefix, because no call returns exactly one group. The exact name sorts before
    /// all longer ones, so the first page that isn't empty is enough.
    ///
    /// Source: CloudWatch Logs API, DescribeLogGroups, `logGroupNamePrefix`: "The results are ASCII-sorted".
    pub(super) async fn describe_log_groups(&self, name: &str) -> Answer<Option<LogGroup>> {
        let call = Call::query(Query::LogGroup, name);
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.describe_log_groups().log_group_name_prefix(name).set_next_token(tokens.next());
            let page = call.answered(request.send().await)?;
            if let Some(group) = page.log_groups().iter().find(|group| group.log_group_name() == Some(name)) {
                let days = group.retention_in_days().and_then(|days| u32::try_from(days).ok());
                let retention_days = RetentionDays::from_days(days);
                let kms_key = text(group.kms_key_id()).map(Arn::from);
                let stored_bytes = group.stored_bytes().and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
                let class = group.log_group_class().filter(|class| **class != LogGroupClass::Standard);
                return Ok(Some(LogGroup {
                    name: name.to_owned(),
                    retention_days,
                    kms_key,
                    class: class.map(|class| class.as_str().to_owned()),
                    deletion_protection: group.deletion_protection_enabled().unwrap_or_default(),
                    stored_bytes,
                }));
            }
            if !page.log_groups().is_empty() || !tokens.follow(page.next_token()) {
                return Ok(None);
            }
        }
    }

    /// Source: CloudWatch Logs API, DescribeMetricFilters: pages of 50.
    pub(super) async fn describe_metric_filters(&self, log_group: &str) -> Answer<Vec<MetricFilter>> {
        let call = Call::query(Query::Filters, log_group);
        let mut all = Vec::new();
        let mut tokens = Tokens::default();
        loop {
            let request = self.client.describe_metric_filters().log_group_name(log_group);
            let page = request.set_next_token(tokens.next()).send().await;
            let Some(page) = call.found(page, "ResourceNotFoundException")? else { return Ok(all) };
            all.extend(page.metric_filters().iter().filter_map(filter));
            if !tokens.follow(page.next_token()) {
                return Ok(all);
            }
        }
    }

    /// Source: CloudWatch Logs API, TestMetricFilter.
    pub(super) async fn test_metric_filter(&self, pattern: &str, events: &[&str]) -> Answer<Vec<bool>> {
        let call = Call::query(Query::TestFilter, "");
        let mut all = Vec::with_capacity(events.len());
        for chunk in events.chunks(MESSAGES_PER_CALL) {
            let messages = chunk.iter().map(|&event| event.to_owned()).collect();
            let request =
                self.client.test_metric_filter().filter_pattern(pattern).set_log_event_messages(Some(messages));
            let found = call.answered(request.send().await)?;
            all.extend(matches_by_event(chunk, found.matches()));
        }
        Ok(all)
    }

    /// Newest first, which AWS supports for events since 2024. A page covers only what AWS scans in one call, so it may be
    /// empty although more pages follow.
    ///
    /// Source: CloudWatch Logs API, FilterLogEvents, `startFromHead`, `limit`, `nextToken`: "A returned page might only be
    /// partially full, or even empty".
    pub(super) async fn filter_log_events(&self, search: &Search<'_>) -> Answer<EventPage> {
        let call = Call::query(Query::RootEvents, search.log_group);
        let request = self
            .client
            .filter_log_events()
            .log_group_name(search.log_group)
            .filter_pattern(search.pattern)
            .start_time(search.from.as_millisecond().max(NEWEST_FIRST_SINCE))
            .end_time(search.to.as_millisecond())
            .limit(100)
            .start_from_head(false)
            .set_next_token(search.page.map(str::to_owned));
        let found = call.answered(request.send().await)?;
        let next = text(found.next_token());
        let reached = next.as_ref().and_then(|_| oldest_time(found.events()));
        let mut events: Vec<RootEvent> = found.events().iter().map(event).collect();
        events.sort_by_key(|event: &RootEvent| Reverse(event.time));
        Ok(EventPage { events, next, reached })
    }

    pub(super) async fn create_log_stream(&self, call: &Call<'_>, log_group: &str, stream: &str) -> Answer<()> {
        let request = self.client.create_log_stream().log_group_name(log_group).log_stream_name(stream);
        call.answered(request.send().await).map(drop)
    }

    /// An event that AWS accepts and then rejects in its response counts as an error.
    ///
    /// Source: CloudWatch Logs API, PutLogEvents, `rejectedLogEventsInfo`.
    pub(super) async fn put_log_events(
        &self,
        call: &Call<'_>,
        log_group: &str,
        stream: &str,
        at: Timestamp,
        message: &str,
    ) -> Answer<()> {
        let event = InputLogEvent::builder().timestamp(at.as_millisecond()).message(message).build();
        let event = event.map_err(|e| call.invalid_request(&e))?;
        let request = self.client.put_log_events().log_group_name(log_group).log_stream_name(stream).log_events(event);
        let response = call.answered(request.send().await)?;
        let Some(rejected) = response.rejected_log_events_info() else { return Ok(()) };
        let why = match rejected.too_new_log_event_start_index() {
            Some(_) => "its time is more than 2 hours ahead of AWS's",
            None => "its time is too old, or before the log group's retention period",
        };
        Err(call.rejected_in_answer(&format!("the event was rejected because {why}; check this computer's clock")))
    }

    pub(super) async fn create_log_group(&self, call: &Call<'_>, log_group: &str, added: &Additions) -> Answer<()> {
        let request = self.client.create_log_group().log_group_name(log_group).tags(TAG.0, TAG.1);
        let request = if added.is_empty() { request } else { request.tags(ADDED, added.to_string()) };
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn delete_retention_policy(&self, call: &Call<'_>, log_group: &str) -> Answer<()> {
        let request = self.client.delete_retention_policy().log_group_name(log_group);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn associate_kms_key(&self, call: &Call<'_>, log_group: &str, key: &str) -> Answer<()> {
        let request = self.client.associate_kms_key().log_group_name(log_group).kms_key_id(key);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_retention_policy(&self, call: &Call<'_>, log_group: &str, days: u32) -> Answer<()> {
        let days = i32::try_from(days).map_err(|e| call.invalid_request(&e))?;
        let request = self.client.put_retention_policy().log_group_name(log_group).retention_in_days(days);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_metric_filter(
        &self,
        call: &Call<'_>,
        log_group: &str,
        filter: &MetricFilter,
    ) -> Answer<()> {
        let transformation = MetricTransformation::builder()
            .metric_namespace(&filter.metric.namespace)
            .metric_name(&filter.metric.name)
            .metric_value(&filter.value)
            .set_unit(filter.unit.as_deref().map(StandardUnit::from))
            .set_default_value(filter.default)
            .set_dimensions((!filter.dimensions.is_empty()).then(|| filter.dimensions.clone().into_iter().collect()))
            .build()
            .map_err(|e| call.invalid_request(&e))?;
        let system_fields = &filter.emit_system_field_dimensions;
        let request = self
            .client
            .put_metric_filter()
            .log_group_name(log_group)
            .filter_name(&filter.name)
            .filter_pattern(&filter.pattern)
            .metric_transformations(transformation)
            .set_emit_system_field_dimensions((!system_fields.is_empty()).then(|| system_fields.clone()))
            .set_apply_on_transformed_logs(filter.apply_on_transformed_logs.then_some(true))
            .set_field_selection_criteria(filter.field_selection_criteria.clone());
        call.answered(request.send().await).map(drop)
    }

    /// Source: CloudWatch Logs API, TagResource: an existing tag with the key gets the new value.
    pub(super) async fn tag_resource(&self, call: &Call<'_>, arn: &str, (key, value): (&str, &str)) -> Answer<()> {
        call.answered(self.client.tag_resource().resource_arn(arn).tags(key, value).send().await).map(drop)
    }

    pub(super) async fn untag_resource(&self, call: &Call<'_>, arn: &str, key: &str) -> Answer<()> {
        call.answered(self.client.untag_resource().resource_arn(arn).tag_keys(key).send().await).map(drop)
    }

    /// Source: CloudWatch Logs API, ListTagsForResource: a log group's ARN without the `:*`.
    pub(super) async fn list_tags_for_resource(&self, arn: &str) -> Answer<Vec<(String, String)>> {
        let call = Call::query(Query::LogGroupTags, arn);
        let found = self.client.list_tags_for_resource().resource_arn(arn).send().await;
        let found = call.found(found, "ResourceNotFoundException")?;
        Ok(found.and_then(|found| found.tags).unwrap_or_default().into_iter().collect())
    }

    pub(super) async fn delete_metric_filter(&self, call: &Call<'_>, log_group: &str, filter: &str) -> Answer<()> {
        let request = self.client.delete_metric_filter().log_group_name(log_group).filter_name(filter);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn delete_log_group(&self, call: &Call<'_>, log_group: &str) -> Answer<()> {
        let request = self.client.delete_log_group().log_group_name(log_group);
        call.answered(request.send().await).map(drop)
    }
}

fn event(sdk: &FilteredLogEvent) -> RootEvent {
    let logged = sdk.timestamp().and_then(|at| Timestamp::from_millisecond(at).ok());
    RootEvent::decode(sdk.message().unwrap_or_default(), sdk.event_id().unwrap_or_default(), logged)
}

/// The time of the oldest event, if the newest came first. Endpoints that don't support `startFromHead` yet (added in
/// 2026) return the oldest first. With a single event, the order is unknown.
fn oldest_time(events: &[FilteredLogEvent]) -> Option<Timestamp> {
    let (first, last) = (events.first()?.timestamp()?, events.last()?.timestamp()?);
    (first > last).then(|| Timestamp::from_millisecond(last).ok()).flatten()
}

/// A filter has exactly one transformation; without one, it counts nothing.
///
/// Source: CloudWatch Logs API, PutMetricFilter, `metricTransformations`.
fn filter(sdk: &aws_sdk_cloudwatchlogs::types::MetricFilter) -> Option<MetricFilter> {
    let to = sdk.metric_transformations().first()?;
    Some(MetricFilter {
        name: sdk.filter_name().unwrap_or_default().to_owned(),
        pattern: sdk.filter_pattern().unwrap_or_default().to_owned(),
        metric: Metric { namespace: to.metric_namespace().to_owned(), name: to.metric_name().to_owned() },
        value: to.metric_value().to_owned(),
        default: to.default_value(),
        unit: to.unit().map(|unit| unit.as_str().to_owned()),
        dimensions: to.dimensions().into_iter().flatten().map(|(name, field)| (name.clone(), field.clone())).collect(),
        emit_system_field_dimensions: sdk.emit_system_field_dimensions().to_vec(),
        apply_on_transformed_logs: sdk.apply_on_transformed_logs(),
        field_selection_criteria: text(sdk.field_selection_criteria()),
        created: sdk.creation_time().and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}

/// Which events the match records refer to. The API reference calls the number only "the event number", so the message in
/// the record is compared first; the number counts from 1.
///
/// Source: CloudWatch Logs API, MetricFilterMatchRecord.
fn matches_by_event(events: &[&str], records: &[MetricFilterMatchRecord]) -> Vec<bool> {
    let has_message = |record: &MetricFilterMatchRecord| record.event_message().is_some_and(|m| events.contains(&m));
    let has_number = |record: &MetricFilterMatchRecord, index: usize| {
        usize::try_from(record.event_number()).is_ok_and(|number| number == index + 1)
    };
    let is_match = |(index, event): (usize, &&str)| {
        records.iter().any(|record| {
            if has_message(record) { record.event_message() == Some(event) } else { has_number(record, index) }
        })
    };
    events.iter().enumerate().map(is_match).collect()
}
