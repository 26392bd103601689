//! AWS through its SDK: converts between SDK types and domain types, nothing else. Only this module uses the `aws_*` crates.
#![allow(clippy::result_large_err, reason = "a call creates at most one error, and the trait returns it by value")]

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use jiff::Timestamp;

use super::{Answer, Cloud, CloudError, ErrorKind, Search, SignIn};
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::observed::{
    Alarm, BucketLookup, Contents, KmsKey, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription, Topic,
    Trail, TrailStatus,
};
use crate::domain::query::Tagged;
use crate::domain::{Change, Identity};

use cloudtrail::CloudTrail;
use cloudwatch::CloudWatch;
use errors::Call;
use iam::Iam;
use kms::Kms;
use logs::Logs;
use s3::S3;
use sns::Sns;
use sts::Sts;

mod causes;
mod classify;
mod cloudtrail;
mod cloudwatch;
mod connect;
mod convert;
mod credentials;
mod errors;
mod http;
mod iam;
mod kms;
mod logs;
mod pages;
mod profile;
mod s3;
mod sns;
mod sts;
#[cfg(test)]
pub(super) mod tests;

pub use connect::AwsConnector;

/// One account in one Region. Created by [`AwsConnector`].
pub struct AwsCloud {
    sts: Sts,
    iam: Iam,
    cloudtrail: CloudTrail,
    s3: S3,
    logs: Logs,
    sns: Sns,
    kms: Kms,
    cloudwatch: CloudWatch,
    sign_in: Arc<SignIn>,
}

impl AwsCloud {
    fn new(config: &SdkConfig, sign_in: SignIn) -> Self {
        Self {
            sts: Sts::new(config),
            iam: Iam::new(config),
            cloudtrail: CloudTrail::new(config),
            s3: S3::new(config),
            logs: Logs::new(config),
            sns: Sns::new(config),
            kms: Kms::new(config),
            cloudwatch: CloudWatch::new(config),
            sign_in: Arc::new(sign_in),
        }
    }

    /// Adds the sign-in to an error: what to do about the error depends on it.
    async fn with_sign_in<T>(&self, answer: impl Future<Output = Answer<T>> + Send) -> Answer<T> {
        answer.await.map_err(|error| self.add_sign_in(error))
    }

    fn add_sign_in(&self, error: CloudError) -> CloudError {
        let sign_in = &self.sign_in;
        let role = sign_in.role(&error.message);
        let kind = match error.kind {
            // AWS doesn't always say that the MFA code is missing.
            ErrorKind::RoleDenied if role.is_some_and(|role| role.mfa) => ErrorKind::MfaRequired,
            ErrorKind::NoCredentials if sign_in.fault.is_some() => ErrorKind::BadProfile,
            kind => kind,
        };
        let resource = match (error.operation, role) {
            ("AssumeRole", Some(role)) => role.arn.clone(),
            _ => error.resource,
        };
        CloudError { kind, resource, sign_in: Some(Arc::clone(sign_in)), ..error }
    }

    async fn call(&self, change: &Change) -> Answer<()> {
        let call = Call::change(change);
        match change {
            Change::CreateBucket { bucket } => self.s3.create_bucket(&call, bucket).await,
            Change::PutBucketOwnershipControls { bucket } => self.s3.put_bucket_ownership_controls(&call, bucket).await,
            Change::PutPublicAccessBlock { bucket } => self.s3.put_public_access_block(&call, bucket).await,
            Change::PutBucketVersioning { bucket } => self.s3.put_bucket_versioning(&call, bucket).await,
            Change::PutBucketTagging { bucket, tags } => self.s3.put_bucket_tagging(&call, bucket, tags).await,
            Change::PutBucketPolicy { bucket, policy } => self.s3.put_bucket_policy(&call, bucket, policy).await,
            Change::CreateLogGroup { log_group } => self.logs.create_log_group(&call, log_group).await,
            Change::PutRetentionPolicy { log_group, days } => {
                self.logs.put_retention_policy(&call, log_group, *days).await
            }
            Change::DeleteRetentionPolicy { log_group } => self.logs.delete_retention_policy(&call, log_group).await,
            Change::SetLogGroupKey { log_group, key } => self.logs.associate_kms_key(&call, log_group, key).await,
            Change::CreateRole { role, trust } => self.iam.create_role(&call, role, trust).await,
            Change::UpdateAssumeRolePolicy { role, trust } => {
                self.iam.update_assume_role_policy(&call, role, trust).await
            }
            Change::PutRolePolicy { role, policy } => self.iam.put_role_policy(&call, role, policy).await,
            Change::CreateTrail { trail, bucket, delivery } => {
                self.cloudtrail.create_trail(&call, trail, bucket, delivery).await
            }
            Change::UpdateTrail { trail, delivery } => {
                self.cloudtrail.update_trail(&call, trail, delivery.as_ref()).await
            }
            Change::PutEventSelectors { trail } => self.cloudtrail.put_event_selectors(&call, trail).await,
            Change::SetTrailKey { trail, key } => self.cloudtrail.update_trail_key(&call, trail, key).await,
            Change::StartLogging { trail } => self.cloudtrail.start_logging(&call, trail).await,
            Change::CreateTopic { topic, policy } => self.sns.create_topic(&call, topic, policy).await,
            Change::SetTopicPolicy { topic_arn, policy } => self.sns.set_topic_policy(&call, topic_arn, policy).await,
            Change::SetTopicKey { topic_arn, key } => self.sns.set_topic_key(&call, topic_arn, key.as_deref()).await,
            Change::Subscribe { topic_arn, email } => self.sns.subscribe(&call, topic_arn, email).await,
            Change::PutMetricFilter { log_group, filter } => {
                self.logs.put_metric_filter(&call, log_group, filter).await
            }
            Change::PutMetricAlarm { alarm, config } => self.cloudwatch.put_metric_alarm(&call, alarm, config).await,
            Change::SetAlarmState { alarm, state, reason } => {
                self.cloudwatch.set_alarm_state(&call, alarm, *state, reason).await
            }
            Change::CreateLogStream { log_group, stream } => {
                self.logs.create_log_stream(&call, log_group, stream).await
            }
            Change::PutLogEvents { log_group, stream, at, message } => {
                self.logs.put_log_events(&call, log_group, stream, *at, message).await
            }
            Change::DeleteAlarm { alarm } => self.cloudwatch.delete_alarms(&call, alarm).await,
            Change::DeleteMetricFilter { log_group, filter } => {
                self.logs.delete_metric_filter(&call, log_group, filter).await
            }
            Change::Unsubscribe { arn, .. } => self.sns.unsubscribe(&call, arn).await,
            Change::DeleteTopic { topic_arn } => self.sns.delete_topic(&call, topic_arn).await,
            Change::StopLogging { trail } => self.cloudtrail.stop_logging(&call, trail).await,
            Change::DeleteTrail { trail } => self.cloudtrail.delete_trail(&call, trail).await,
            Change::DetachLogs { trail } => self.cloudtrail.update_trail_without_logs(&call, trail).await,
            Change::DeleteRolePolicy { role } => self.iam.delete_role_policy(&call, role).await,
            Change::DeleteRole { role } => self.iam.delete_role(&call, role).await,
            Change::DeleteLogGroup { log_group } => self.logs.delete_log_group(&call, log_group).await,
            Change::DeleteBucketPolicy { bucket } => self.s3.delete_bucket_policy(&call, bucket).await,
            Change::EmptyBucket { bucket } => Box::pin(self.s3.delete_objects(&call, bucket)).await,
            Change::DeleteBucket { bucket } => self.s3.delete_bucket(&call, bucket).await,
        }
    }
}

#[async_trait]
impl Cloud for AwsCloud {
    async fn identity(&self) -> Answer<Identity> {
        let both = async { tokio::try_join!(self.sts.get_caller_identity(), self.iam.list_account_aliases()) };
        let (caller, alias) = self.with_sign_in(Box::pin(both)).await?;
        Ok(Identity { alias, ..caller })
    }

    async fn trails(&self) -> Answer<Vec<Trail>> {
        self.with_sign_in(self.cloudtrail.describe_trails()).await
    }

    async fn trail_status(&self, arn: &str) -> Answer<TrailStatus> {
        self.with_sign_in(self.cloudtrail.get_trail_status(arn)).await
    }

    async fn management_events(&self, arn: &str) -> Answer<ManagementEvents> {
        self.with_sign_in(self.cloudtrail.get_event_selectors(arn)).await
    }

    async fn bucket(&self, name: &str) -> Answer<BucketLookup> {
        self.with_sign_in(Box::pin(self.s3.bucket(name))).await
    }

    async fn log_group(&self, name: &str) -> Answer<Option<LogGroup>> {
        self.with_sign_in(self.logs.describe_log_groups(name)).await
    }

    async fn metric_filters(&self, log_group: &str) -> Answer<Vec<MetricFilter>> {
        self.with_sign_in(self.logs.describe_metric_filters(log_group)).await
    }

    async fn role(&self, name: &str) -> Answer<Option<Role>> {
        self.with_sign_in(Box::pin(self.iam.get_role(name))).await
    }

    async fn alarm(&self, name: &str) -> Answer<Option<Alarm>> {
        self.with_sign_in(self.cloudwatch.describe_alarms(name)).await
    }

    async fn describe_alarms_for_metric(&self, metric: &Metric) -> Answer<Vec<Alarm>> {
        self.with_sign_in(self.cloudwatch.describe_alarms_for_metric(metric)).await
    }

    async fn topic(&self, arn: &str) -> Answer<Option<Topic>> {
        self.with_sign_in(self.sns.get_topic_attributes(arn)).await
    }

    async fn subscriptions(&self, topic_arn: &str) -> Answer<Vec<Subscription>> {
        self.with_sign_in(self.sns.list_subscriptions_by_topic(topic_arn)).await
    }

    async fn key(&self, id: &str) -> Answer<Option<KmsKey>> {
        self.with_sign_in(Box::pin(self.kms.describe_key(id))).await
    }

    async fn test_metric_filter(&self, pattern: &str, events: &[&str]) -> Answer<Vec<bool>> {
        self.with_sign_in(self.logs.test_metric_filter(pattern, events)).await
    }

    async fn describe_alarm_history(&self, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>> {
        self.with_sign_in(self.cloudwatch.describe_alarm_history(alarm, since)).await
    }

    async fn get_metric_data(
        &self,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>> {
        self.with_sign_in(self.cloudwatch.get_metric_data(metric, from, to, period)).await
    }

    async fn filter_log_events(&self, search: &Search<'_>) -> Answer<EventPage> {
        self.with_sign_in(self.logs.filter_log_events(search)).await
    }

    async fn tags(&self, kind: Tagged, arn: &str) -> Answer<Vec<(String, String)>> {
        match kind {
            Tagged::Trail => self.with_sign_in(self.cloudtrail.list_tags(arn)).await,
            Tagged::LogGroup => self.with_sign_in(self.logs.list_tags_for_resource(arn)).await,
            Tagged::Topic => self.with_sign_in(self.sns.list_tags_for_resource(arn)).await,
            Tagged::Alarm => self.with_sign_in(self.cloudwatch.list_tags_for_resource(arn)).await,
        }
    }

    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents> {
        self.with_sign_in(Box::pin(self.s3.list_object_versions(bucket))).await
    }

    async fn apply(&self, change: &Change) -> Answer<()> {
        self.with_sign_in(Box::pin(self.call(change))).await
    }
}
