//! AWS through its SDK: converts between SDK types and domain types, nothing else. Only this module uses the `aws_*` crates.
#![allow(clippy::result_large_err, reason = "a call creates at most one error, and the trait returns it by value")]

use crate::domain::event_rule::{EventRule, RuleTarget};
use crate::domain::role_purpose::RolePurpose;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_config::SdkConfig;
use jiff::Timestamp;

use super::{Answer, Cloud, CloudError, ErrorKind, MetricTotal, Search, SignIn};
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::added::{ADDED, Recorded};
use crate::domain::indirect_alarm::IndirectAlarm;
use crate::domain::mute_rule::MuteRule;
use crate::domain::observed::{
    Alarm, BucketLookup, Contents, KmsKey, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription,
    SubscriptionAttributes, Topic, Trail, TrailStatus,
};
use crate::domain::query::Tagged;
use crate::domain::root_user::{RootCredentials, RootLastUse};
use crate::domain::{Change, Identity, Region};

use cloudtrail::CloudTrail;
use cloudwatch::CloudWatch;
use errors::Call;
use eventbridge::EventBridge;
use iam::Iam;
use kms::Kms;
use logs::Logs;
use organizations::Organizations;
use s3::{KnownBuckets, S3};
use sns::Sns;
use sts::Sts;

mod causes;
mod classify;
mod cleaned;
mod cloudtrail;
mod cloudwatch;
mod connect;
mod convert;
mod credentials;
mod diagnosis;
mod empty;
mod endpoints;
mod errors;
mod eventbridge;
mod http;
mod iam;
mod indirect_alarms;
mod kms;
mod logs;
mod organizations;
mod pages;
mod profile;
mod profile_list;
mod profile_names;
mod provider;
mod roles;
mod root_user;
mod s3;
mod selectors;
mod sign_in_files;
mod sns;
mod sts;
#[cfg(test)]
pub(super) mod tests;
mod timeouts;

pub use connect::AwsConnector;

/// One account. Created by [`AwsConnector`].
pub struct AwsCloud {
    /// The settings of all clients, apart from the Region. They share its HTTP client, and with it the connections, and its
    /// credentials.
    config: SdkConfig,
    /// The session's Region, which is also where calls to services without Regions start.
    region: Region,
    /// One set of clients for each Region used so far.
    services: Mutex<BTreeMap<Region, Arc<Services>>>,
    known_buckets: KnownBuckets,
    sign_in: Arc<SignIn>,
}

/// The clients for one Region.
struct Services {
    sts: Sts,
    iam: Iam,
    cloudtrail: CloudTrail,
    s3: S3,
    logs: Logs,
    sns: Sns,
    kms: Kms,
    organizations: Organizations,
    cloudwatch: CloudWatch,
    eventbridge: EventBridge,
}

impl Services {
    fn new(config: &SdkConfig, known_buckets: &KnownBuckets) -> Self {
        Self {
            sts: Sts::new(config),
            iam: Iam::new(config),
            cloudtrail: CloudTrail::new(config),
            s3: S3::new(config, known_buckets.clone()),
            logs: Logs::new(config),
            sns: Sns::new(config),
            kms: Kms::new(config),
            organizations: Organizations::new(config),
            cloudwatch: CloudWatch::new(config),
            eventbridge: EventBridge::new(config),
        }
    }
}

impl AwsCloud {
    fn new(config: SdkConfig, region: Region, sign_in: impl Into<Arc<SignIn>>) -> Self {
        Self {
            config,
            region,
            services: Mutex::default(),
            known_buckets: KnownBuckets::default(),
            sign_in: sign_in.into(),
        }
    }

    /// The clients for a Region, which are created when they are first needed.
    fn services(&self, region: &Region) -> Arc<Services> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(existing) = services.get(region) {
            return Arc::clone(existing);
        }
        let there = aws_config::Region::new(region.to_string());
        let config = self.config.clone().into_builder().region(there).build();
        let new = Arc::new(Services::new(&config, &self.known_buckets));
        services.insert(region.clone(), Arc::clone(&new));
        new
    }

    /// The clients for services without Regions.
    fn global(&self) -> Arc<Services> {
        self.services(&self.region)
    }

    /// Adds the sign-in to an error: what to do about the error depends on it.
    async fn with_sign_in<T>(&self, answer: impl Future<Output = Answer<T>> + Send) -> Answer<T> {
        answer.await.map_err(|error| add_sign_in(error, &self.sign_in))
    }

    #[expect(clippy::too_many_lines, reason = "one arm per call, in the same order as the enum")]
    async fn call(&self, region: &Region, change: &Change) -> Answer<()> {
        let call = Call::change(change);
        let services = self.services(region);
        match change {
            Change::CreateBucket { bucket } => services.s3.create_bucket(&call, bucket).await,
            Change::PutBucketOwnershipControls { bucket } => {
                services.s3.put_bucket_ownership_controls(&call, bucket).await
            }
            Change::PutPublicAccessBlock { bucket } => services.s3.put_public_access_block(&call, bucket).await,
            Change::PutBucketVersioning { bucket } => services.s3.put_bucket_versioning(&call, bucket).await,
            Change::PutBucketTagging { bucket, tags } => services.s3.put_bucket_tagging(&call, bucket, tags).await,
            Change::PutBucketPolicy { bucket, policy } => services.s3.put_bucket_policy(&call, bucket, policy).await,
            Change::CreateLogGroup { log_group, added } => {
                services.logs.create_log_group(&call, log_group, added).await
            }
            Change::PutRetentionPolicy { log_group, days } => {
                services.logs.put_retention_policy(&call, log_group, *days).await
            }
            Change::DeleteRetentionPolicy { log_group } => {
                services.logs.delete_retention_policy(&call, log_group).await
            }
            Change::SetLogGroupKey { log_group, key } => services.logs.associate_kms_key(&call, log_group, key).await,
            Change::CreateRole { role, purpose: _, trust } => services.iam.create_role(&call, role, trust).await,
            Change::UpdateAssumeRolePolicy { role, purpose: _, trust } => {
                services.iam.update_assume_role_policy(&call, role, trust).await
            }
            Change::PutRolePolicy { role, purpose, policy } => {
                services.iam.put_role_policy(&call, role, *purpose, policy).await
            }
            Change::CreateTrail { trail, bucket, delivery } => {
                services.cloudtrail.create_trail(&call, trail, bucket, delivery).await
            }
            Change::UpdateTrail { trail, update } => services.cloudtrail.update_trail(&call, trail, update).await,
            Change::PutEventSelectors { trail, read, write } => {
                services.cloudtrail.put_event_selectors(&call, trail, *read, *write).await
            }
            Change::SetTrailKey { trail, key } => services.cloudtrail.update_trail_key(&call, trail, key).await,
            Change::StartLogging { trail } => services.cloudtrail.start_logging(&call, trail).await,
            Change::CreateTopic { topic, policy } => services.sns.create_topic(&call, topic, policy).await,
            Change::SetTopicPolicy { topic_arn, policy } => {
                services.sns.set_topic_policy(&call, topic_arn, policy).await
            }
            Change::SetTopicKey { topic_arn, key } => {
                services.sns.set_topic_key(&call, topic_arn, key.as_deref()).await
            }
            Change::Subscribe { topic_arn, email } => services.sns.subscribe(&call, topic_arn, email).await,
            Change::PutRule { rule, pattern, description } => {
                services.eventbridge.put_rule(&call, rule, pattern, description).await
            }
            Change::PutTarget { rule, target } => services.eventbridge.put_target(&call, rule, target).await,
            Change::RemoveTarget { rule, target } => services.eventbridge.remove_target(&call, rule, target).await,
            Change::DeleteRule { rule } => services.eventbridge.delete_rule(&call, rule).await,
            Change::PutEvents { bus, at, detail } => services.eventbridge.put_events(&call, bus, *at, detail).await,
            Change::PutMetricFilter { log_group, filter } => {
                services.logs.put_metric_filter(&call, log_group, filter).await
            }
            Change::PutMetricAlarm { alert: _, alarm, config } => {
                services.cloudwatch.put_metric_alarm(&call, alarm, config).await
            }
            Change::SetAlarmState { alarm, state, reason } => {
                services.cloudwatch.set_alarm_state(&call, alarm, *state, reason).await
            }
            Change::CreateLogStream { log_group, stream } => {
                services.logs.create_log_stream(&call, log_group, stream).await
            }
            Change::PutLogEvents { log_group, stream, at, message } => {
                services.logs.put_log_events(&call, log_group, stream, *at, message).await
            }
            Change::DeleteAlarm { alarm } => services.cloudwatch.delete_alarms(&call, alarm).await,
            Change::DeleteMetricFilter { log_group, filter } => {
                services.logs.delete_metric_filter(&call, log_group, filter).await
            }
            Change::ConfirmSubscription { topic_arn, token } => {
                services.sns.confirm_subscription(&call, topic_arn, token.reveal()).await
            }
            Change::Unsubscribe { arn, .. } => services.sns.unsubscribe(&call, arn).await,
            Change::DeleteTopic { topic_arn } => services.sns.delete_topic(&call, topic_arn).await,
            Change::RecordAdded { kind, arn, added } => {
                let value = added.to_string();
                match kind {
                    Recorded::Trail => services.cloudtrail.add_tag(&call, arn, (ADDED, &value)).await,
                    Recorded::LogGroup => services.logs.tag_resource(&call, arn, (ADDED, &value)).await,
                    Recorded::Topic => services.sns.tag_resource(&call, arn, (ADDED, &value)).await,
                }
            }
            Change::RemoveAdded { kind, arn } => match kind {
                Recorded::Trail => services.cloudtrail.remove_tag(&call, arn, ADDED).await,
                Recorded::LogGroup => services.logs.untag_resource(&call, arn, ADDED).await,
                Recorded::Topic => services.sns.untag_resource(&call, arn, ADDED).await,
            },
            Change::StopLogging { trail } => services.cloudtrail.stop_logging(&call, trail).await,
            Change::DeleteTrail { trail } => services.cloudtrail.delete_trail(&call, trail).await,
            Change::DetachLogs { trail } => services.cloudtrail.update_trail_without_logs(&call, trail).await,
            Change::DeleteRolePolicy { role, purpose } => services.iam.delete_role_policy(&call, role, *purpose).await,
            Change::DeleteRole { role, purpose: _ } => services.iam.delete_role(&call, role).await,
            Change::DeleteLogGroup { log_group } => services.logs.delete_log_group(&call, log_group).await,
            Change::DeleteBucketPolicy { bucket } => services.s3.delete_bucket_policy(&call, bucket).await,
            Change::EmptyBucket { bucket } => Box::pin(services.s3.delete_objects(&call, bucket)).await,
            Change::DeleteBucket { bucket } => services.s3.delete_bucket(&call, bucket).await,
        }
    }
}

/// Adds the sign-in to an error: what to do about the error depends on it.
fn add_sign_in(error: CloudError, sign_in: &Arc<SignIn>) -> CloudError {
    let role = sign_in.role(&error.message);
    let kind = match error.kind {
        ErrorKind::NoCredentials if sign_in.fault.is_some() => ErrorKind::BadProfile,
        kind => kind,
    };
    let resource = match (error.operation, role) {
        ("AssumeRole", Some(role)) => role.arn.clone(),
        _ => error.resource,
    };
    CloudError { kind, resource, sign_in: Some(Arc::clone(sign_in)), ..error }
}

#[async_trait]
impl Cloud for AwsCloud {
    async fn identity(&self) -> Answer<Identity> {
        let services = self.global();
        let both = async { tokio::try_join!(services.sts.get_caller_identity(), services.iam.list_account_aliases()) };
        let (caller, alias) = self.with_sign_in(Box::pin(both)).await?;
        Ok(Identity { alias, ..caller })
    }

    async fn organization_accounts(&self) -> Answer<BTreeMap<String, String>> {
        self.with_sign_in(self.global().organizations.list_accounts()).await
    }

    async fn root_credentials(&self) -> Answer<RootCredentials> {
        self.with_sign_in(self.global().iam.get_account_summary()).await
    }

    async fn has_virtual_root_mfa(&self) -> Answer<bool> {
        self.with_sign_in(self.global().iam.list_virtual_mfa_devices()).await
    }

    async fn is_root_access_centralized(&self) -> Answer<Option<bool>> {
        self.with_sign_in(self.global().iam.list_organizations_features()).await
    }

    async fn generate_credential_report(&self) -> Answer<bool> {
        self.with_sign_in(self.global().iam.generate_credential_report()).await
    }

    async fn root_last_use(&self) -> Answer<Option<RootLastUse>> {
        self.with_sign_in(self.global().iam.get_credential_report()).await
    }

    async fn trails(&self, region: &Region) -> Answer<Vec<Trail>> {
        self.with_sign_in(self.services(region).cloudtrail.describe_trails()).await
    }

    async fn trail_status(&self, region: &Region, arn: &str) -> Answer<TrailStatus> {
        self.with_sign_in(self.services(region).cloudtrail.get_trail_status(arn)).await
    }

    async fn management_events(&self, region: &Region, arn: &str) -> Answer<ManagementEvents> {
        self.with_sign_in(self.services(region).cloudtrail.get_event_selectors(arn)).await
    }

    async fn bucket(&self, name: &str) -> Answer<BucketLookup> {
        self.with_sign_in(Box::pin(self.global().s3.bucket(name))).await
    }

    async fn log_group(&self, region: &Region, name: &str) -> Answer<Option<LogGroup>> {
        self.with_sign_in(self.services(region).logs.describe_log_groups(name)).await
    }

    async fn metric_filters(&self, region: &Region, log_group: &str) -> Answer<Vec<MetricFilter>> {
        self.with_sign_in(self.services(region).logs.describe_metric_filters(log_group)).await
    }

    async fn role(&self, name: &str, purpose: RolePurpose) -> Answer<Option<Role>> {
        self.with_sign_in(Box::pin(self.global().iam.get_role(name, purpose))).await
    }

    async fn alarm(&self, region: &Region, name: &str) -> Answer<Option<Alarm>> {
        self.with_sign_in(self.services(region).cloudwatch.describe_alarms(name)).await
    }

    async fn describe_alarms_for_metric(&self, region: &Region, metric: &Metric) -> Answer<Vec<Alarm>> {
        self.with_sign_in(self.services(region).cloudwatch.describe_alarms_for_metric(metric)).await
    }

    async fn indirect_alarms(&self, region: &Region) -> Answer<Vec<IndirectAlarm>> {
        let services = self.services(region);
        self.with_sign_in(Box::pin(indirect_alarms::describe(&services.cloudwatch.client))).await
    }

    async fn alarm_mute_rules(&self, region: &Region, alarm: &str) -> Answer<Vec<MuteRule>> {
        self.with_sign_in(self.services(region).cloudwatch.list_alarm_mute_rules(alarm)).await
    }

    async fn topic(&self, region: &Region, arn: &str) -> Answer<Option<Topic>> {
        self.with_sign_in(self.services(region).sns.get_topic_attributes(arn)).await
    }

    async fn subscriptions(&self, region: &Region, topic_arn: &str) -> Answer<Vec<Subscription>> {
        self.with_sign_in(self.services(region).sns.list_subscriptions_by_topic(topic_arn)).await
    }

    async fn subscription_attributes(&self, region: &Region, arn: &str) -> Answer<SubscriptionAttributes> {
        self.with_sign_in(self.services(region).sns.get_subscription_attributes(arn)).await
    }

    async fn event_rules(&self, region: &Region) -> Answer<Vec<EventRule>> {
        self.with_sign_in(self.services(region).eventbridge.list_rules()).await
    }

    async fn rule_targets(&self, region: &Region, rule: &str) -> Answer<Vec<RuleTarget>> {
        self.with_sign_in(self.services(region).eventbridge.list_targets_by_rule(rule)).await
    }

    async fn test_event_pattern(&self, region: &Region, pattern: &str, event: &str) -> Answer<bool> {
        self.with_sign_in(self.services(region).eventbridge.test_event_pattern(pattern, event)).await
    }

    async fn key(&self, region: &Region, id: &str) -> Answer<Option<KmsKey>> {
        self.with_sign_in(Box::pin(self.services(region).kms.describe_key(id))).await
    }

    async fn test_metric_filter(&self, region: &Region, pattern: &str, events: &[&str]) -> Answer<Vec<bool>> {
        self.with_sign_in(self.services(region).logs.test_metric_filter(pattern, events)).await
    }

    async fn describe_alarm_history(&self, region: &Region, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>> {
        self.with_sign_in(self.services(region).cloudwatch.describe_alarm_history(alarm, since)).await
    }

    async fn get_metric_statistics(
        &self,
        region: &Region,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>> {
        self.with_sign_in(self.services(region).cloudwatch.get_metric_statistics(metric, from, to, period)).await
    }

    async fn metric_total(&self, region: &Region, total: &MetricTotal<'_>) -> Answer<f64> {
        self.with_sign_in(self.services(region).cloudwatch.metric_total(total)).await
    }

    async fn filter_log_events(&self, region: &Region, search: &Search<'_>) -> Answer<EventPage> {
        self.with_sign_in(self.services(region).logs.filter_log_events(search)).await
    }

    async fn tags(&self, region: &Region, kind: Tagged, arn: &str) -> Answer<Vec<(String, String)>> {
        match kind {
            Tagged::Trail => self.with_sign_in(self.services(region).cloudtrail.list_tags(arn)).await,
            Tagged::LogGroup => self.with_sign_in(self.services(region).logs.list_tags_for_resource(arn)).await,
            Tagged::Topic => self.with_sign_in(self.services(region).sns.list_tags_for_resource(arn)).await,
            Tagged::Alarm => self.with_sign_in(self.services(region).cloudwatch.list_tags_for_resource(arn)).await,
            Tagged::EventRule => self.with_sign_in(self.services(region).eventbridge.list_tags_for_resource(arn)).await,
        }
    }

    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents> {
        self.with_sign_in(Box::pin(self.global().s3.list_object_versions(bucket))).await
    }

    async fn apply(&self, region: &Region, change: &Change) -> Answer<()> {
        self.with_sign_in(Box::pin(self.call(region, change))).await
    }
}
