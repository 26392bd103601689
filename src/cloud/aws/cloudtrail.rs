//! CloudTrail: trails, their delivery status, and the events they record.

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::Builder;
use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType, Tag};

use super::convert::{text, time};
use super::empty::RejectEmptyAnswers;
use super::errors::Call;
use super::selectors::recorded_events;
use crate::cloud::Answer;
use crate::domain::arn::{Arn, LogGroupArn};
use crate::domain::change::{Delivery, TrailUpdate};
use crate::domain::observed::{ManagementEvents, Trail, TrailStatus, read_write_type};
use crate::domain::settings::TAG;
use crate::domain::{Query, Region};

pub(super) struct CloudTrail {
    pub(super) client: Client,
}

impl CloudTrail {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let settings = Builder::from(config).interceptor(RejectEmptyAnswers);
        Self { client: Client::from_conf(settings.build()) }
    }

    /// Source: CloudTrail API, DescribeTrails: one response, without pages.
    pub(super) async fn describe_trails(&self) -> Answer<Vec<Trail>> {
        let call = Call::query(Query::Trails, "");
        let request = self.client.describe_trails().include_shadow_trails(true);
        let found = call.answered(request.send().await)?;
        Ok(found.trail_list.unwrap_or_default().into_iter().map(trail).collect())
    }

    pub(super) async fn get_trail_status(&self, arn: &str) -> Answer<TrailStatus> {
        let call = Call::query(Query::TrailStatus, arn);
        let found = call.answered(self.client.get_trail_status().name(arn).send().await)?;
        Ok(TrailStatus {
            logging: found.is_logging.unwrap_or_default(),
            started: found.start_logging_time.as_ref().and_then(time),
            bucket_delivery: found.latest_delivery_time.as_ref().and_then(time),
            bucket_error: text(found.latest_delivery_error.as_deref()),
            logs_delivery: found.latest_cloud_watch_logs_delivery_time.as_ref().and_then(time),
            logs_error: text(found.latest_cloud_watch_logs_delivery_error.as_deref()),
        })
    }

    pub(super) async fn get_event_selectors(&self, arn: &str) -> Answer<ManagementEvents> {
        let call = Call::query(Query::Events, arn);
        let found = call.answered(self.client.get_event_selectors().trail_name(arn).send().await)?;
        Ok(recorded_events(found.event_selectors(), found.advanced_event_selectors()))
    }

    pub(super) async fn create_trail(&self, call: &Call<'_>, trail: &str, bucket: &str, to: &Delivery) -> Answer<()> {
        let tag = Tag::builder().key(TAG.0).value(TAG.1).build().map_err(|e| call.invalid_request(&e))?;
        let request = self
            .client
            .create_trail()
            .name(trail)
            .s3_bucket_name(bucket)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .cloud_watch_logs_log_group_arn(to.log_group_arn.as_str())
            .cloud_watch_logs_role_arn(to.role_arn.as_str())
            .tags_list(tag);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn update_trail(&self, call: &Call<'_>, trail: &str, update: &TrailUpdate) -> Answer<()> {
        let to = update.delivery.as_ref();
        let request = self
            .client
            .update_trail()
            .name(trail)
            .set_is_multi_region_trail(update.multi_region)
            .set_include_global_service_events(update.global_events)
            .set_enable_log_file_validation(update.validation)
            .set_cloud_watch_logs_log_group_arn(to.map(|d| d.log_group_arn.to_string()))
            .set_cloud_watch_logs_role_arn(to.map(|d| d.role_arn.to_string()));
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn update_trail_key(&self, call: &Call<'_>, trail: &str, key: &str) -> Answer<()> {
        call.answered(self.client.update_trail().name(trail).kms_key_id(key).send().await).map(drop)
    }

    pub(super) async fn put_event_selectors(
        &self,
        call: &Call<'_>,
        trail: &str,
        read: bool,
        write: bool,
    ) -> Answer<()> {
        let selector = EventSelector::builder()
            .read_write_type(ReadWriteType::from(read_write_type(read, write)))
            .include_management_events(read || write)
            .build();
        let request = self.client.put_event_selectors().trail_name(trail).event_selectors(selector);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn start_logging(&self, call: &Call<'_>, trail: &str) -> Answer<()> {
        call.answered(self.client.start_logging().name(trail).send().await).map(drop)
    }

    /// Source: CloudTrail API, ListTags.
    pub(super) async fn list_tags(&self, arn: &str) -> Answer<Vec<(String, String)>> {
        let call = Call::query(Query::TrailTags, arn);
        let found = self.client.list_tags().resource_id_list(arn).send().await;
        let found = call.found(found, "ResourceNotFoundException")?;
        let lists = found.and_then(|found| found.resource_tag_list).unwrap_or_default();
        let tags = lists.into_iter().flat_map(|list| list.tags_list.unwrap_or_default());
        Ok(tags.map(|tag| (tag.key, tag.value.unwrap_or_default())).collect())
    }

    /// Source: CloudTrail API, AddTags: an existing tag with the key gets the new value.
    pub(super) async fn add_tag(&self, call: &Call<'_>, arn: &str, (key, value): (&str, &str)) -> Answer<()> {
        let tag = Tag::builder().key(key).value(value).build().map_err(|e| call.invalid_request(&e))?;
        call.answered(self.client.add_tags().resource_id(arn).tags_list(tag).send().await).map(drop)
    }

    pub(super) async fn remove_tag(&self, call: &Call<'_>, arn: &str, key: &str) -> Answer<()> {
        let tag = Tag::builder().key(key).build().map_err(|e| call.invalid_request(&e))?;
        call.answered(self.client.remove_tags().resource_id(arn).tags_list(tag).send().await).map(drop)
    }

    pub(super) async fn stop_logging(&self, call: &Call<'_>, trail: &str) -> Answer<()> {
        call.answered(self.client.stop_logging().name(trail).send().await).map(drop)
    }

    /// Removes the log group from the trail: empty ARNs remove it, omitted ones leave it unchanged.
    ///
    /// Source: CloudTrail User Guide, "Stopping CloudTrail from sending events to CloudWatch Logs".
    pub(super) async fn update_trail_without_logs(&self, call: &Call<'_>, trail: &str) -> Answer<()> {
        let request = self.client.update_trail().name(trail).cloud_watch_logs_log_group_arn("");
        call.answered(request.cloud_watch_logs_role_arn("").send().await).map(drop)
    }

    pub(super) async fn delete_trail(&self, call: &Call<'_>, trail: &str) -> Answer<()> {
        call.answered(self.client.delete_trail().name(trail).send().await).map(drop)
    }
}

fn trail(sdk: aws_sdk_cloudtrail::types::Trail) -> Trail {
    Trail {
        name: sdk.name.unwrap_or_default(),
        arn: sdk.trail_arn.unwrap_or_default().into(),
        home_region: Region::new(sdk.home_region.unwrap_or_default()),
        multi_region: sdk.is_multi_region_trail.unwrap_or_default(),
        global_events: sdk.include_global_service_events.unwrap_or(true),
        organization: sdk.is_organization_trail.unwrap_or_default(),
        log_file_validation: sdk.log_file_validation_enabled.unwrap_or_default(),
        bucket: sdk.s3_bucket_name.unwrap_or_default(),
        key_prefix: text(sdk.s3_key_prefix.as_deref()),
        log_group_arn: text(sdk.cloud_watch_logs_log_group_arn.as_deref()).map(LogGroupArn::from),
        role_arn: text(sdk.cloud_watch_logs_role_arn.as_deref()).map(Arn::from),
        kms_key: text(sdk.kms_key_id.as_deref()).map(Arn::from),
    }
}
