//! The real cloud, through the AWS SDK: SDK type ↔ domain type, nothing else. The only place that names `aws_*` crates.
#![allow(
    clippy::result_large_err,
    reason = "an error is made once a call at most, and the trait hands it out as it is"
)]

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::{Answer, Cloud, CloudError, ErrorKind, Search, SignIn};
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::observed::{
    Alarm, BucketLookup, Contents, Key, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription, Topic,
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

mod cloudtrail;
mod cloudwatch;
mod connect;
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

/// One account in one region. Made by [`AwsConnector`].
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

    /// The answer, with the sign-in in an error: what to do about it depends on that.
    async fn told<T>(&self, answer: impl Future<Output = Answer<T>> + Send) -> Answer<T> {
        answer.await.map_err(|error| self.signed(error))
    }

    fn signed(&self, error: CloudError) -> CloudError {
        let sign_in = &self.sign_in;
        let role = sign_in.role(&error.message);
        let kind = match error.kind {
            // AWS does not always say that the code is what it misses.
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

    async fn make(&self, change: &Change) -> Answer<()> {
        let call = Call::of(change);
        match change {
            Change::CreateBucket { bucket } => self.s3.create(&call, bucket).await,
            Change::PutBucketOwnershipControls { bucket } => self.s3.put_bucket_ownership_controls(&call, bucket).await,
            Change::PutPublicAccessBlock { bucket } => self.s3.put_public_access_block(&call, bucket).await,
            Change::PutBucketVersioning { bucket } => self.s3.put_bucket_versioning(&call, bucket).await,
            Change::PutBucketTagging { bucket, tags } => self.s3.tag(&call, bucket, tags).await,
            Change::PutBucketPolicy { bucket, policy } => self.s3.put_policy(&call, bucket, policy).await,
            Change::CreateLogGroup { log_group } => self.logs.create(&call, log_group).await,
            Change::PutRetentionPolicy { log_group, days } => self.logs.retain(&call, log_group, *days).await,
            Change::SetLogGroupKey { log_group, key } => self.logs.put_key(&call, log_group, key).await,
            Change::CreateRole { role, trust } => self.iam.create(&call, role, trust).await,
            Change::UpdateAssumeRolePolicy { role, trust } => self.iam.put_trust(&call, role, trust).await,
            Change::PutRolePolicy { role, policy } => self.iam.put_policy(&call, role, policy).await,
            Change::CreateTrail { trail, bucket, delivery } => {
                self.cloudtrail.create(&call, trail, bucket, delivery).await
            }
            Change::UpdateTrail { trail, delivery } => self.cloudtrail.update(&call, trail, delivery.as_ref()).await,
            Change::PutEventSelectors { trail } => self.cloudtrail.select_all(&call, trail).await,
            Change::SetTrailKey { trail, key } => self.cloudtrail.put_key(&call, trail, key).await,
            Change::StartLogging { trail } => self.cloudtrail.start(&call, trail).await,
            Change::CreateTopic { topic, policy } => self.sns.create(&call, topic, policy).await,
            Change::SetTopicPolicy { topic_arn, policy } => self.sns.put_policy(&call, topic_arn, policy).await,
            Change::SetTopicKey { topic_arn, key } => self.sns.put_key(&call, topic_arn, key.as_deref()).await,
            Change::Subscribe { topic_arn, email } => self.sns.subscribe(&call, topic_arn, email).await,
            Change::PutMetricFilter { log_group, filter } => self.logs.put_filter(&call, log_group, filter).await,
            Change::PutMetricAlarm { alarm } => self.cloudwatch.put(&call, alarm).await,
            Change::SetAlarmState { alarm, state, reason } => {
                self.cloudwatch.set_state(&call, alarm, *state, reason).await
            }
            Change::CreateLogStream { log_group, stream } => self.logs.create_stream(&call, log_group, stream).await,
            Change::PutLogEvents { log_group, stream, at, message } => {
                self.logs.put_event(&call, log_group, stream, *at, message).await
            }
            Change::DeleteAlarm { alarm } => self.cloudwatch.delete(&call, alarm).await,
            Change::DeleteMetricFilter { log_group, filter } => self.logs.delete_filter(&call, log_group, filter).await,
            Change::Unsubscribe { arn, .. } => self.sns.unsubscribe(&call, arn).await,
            Change::DeleteTopic { topic_arn } => self.sns.delete(&call, topic_arn).await,
            Change::StopLogging { trail } => self.cloudtrail.stop(&call, trail).await,
            Change::DeleteTrail { trail } => self.cloudtrail.delete(&call, trail).await,
            Change::DetachLogs { trail } => self.cloudtrail.detach(&call, trail).await,
            Change::DeleteRolePolicy { role } => self.iam.delete_policy(&call, role).await,
            Change::DeleteRole { role } => self.iam.delete(&call, role).await,
            Change::DeleteLogGroup { log_group } => self.logs.delete(&call, log_group).await,
            Change::DeleteBucketPolicy { bucket } => self.s3.drop_policy(&call, bucket).await,
            Change::EmptyBucket { bucket } => Box::pin(self.s3.empty(&call, bucket)).await,
            Change::DeleteBucket { bucket } => self.s3.delete(&call, bucket).await,
        }
    }
}

#[async_trait]
impl Cloud for AwsCloud {
    async fn identity(&self) -> Answer<Identity> {
        let both = async { tokio::try_join!(self.sts.caller(), self.iam.alias()) };
        let (caller, alias) = self.told(Box::pin(both)).await?;
        Ok(Identity { alias, ..caller })
    }

    async fn trails(&self) -> Answer<Vec<Trail>> {
        self.told(self.cloudtrail.trails()).await
    }

    async fn trail_status(&self, arn: &str) -> Answer<TrailStatus> {
        self.told(self.cloudtrail.status(arn)).await
    }

    async fn management_events(&self, arn: &str) -> Answer<ManagementEvents> {
        self.told(self.cloudtrail.management_events(arn)).await
    }

    async fn bucket(&self, name: &str) -> Answer<BucketLookup> {
        self.told(Box::pin(self.s3.bucket(name))).await
    }

    async fn log_group(&self, name: &str) -> Answer<Option<LogGroup>> {
        self.told(self.logs.group(name)).await
    }

    async fn metric_filters(&self, log_group: &str) -> Answer<Vec<MetricFilter>> {
        self.told(self.logs.filters(log_group)).await
    }

    async fn role(&self, name: &str) -> Answer<Option<Role>> {
        self.told(Box::pin(self.iam.role(name))).await
    }

    async fn alarm(&self, name: &str) -> Answer<Option<Alarm>> {
        self.told(self.cloudwatch.alarm(name)).await
    }

    async fn describe_alarms_for_metric(&self, metric: &Metric) -> Answer<Vec<Alarm>> {
        self.told(self.cloudwatch.describe_alarms_for_metric(metric)).await
    }

    async fn topic(&self, arn: &str) -> Answer<Option<Topic>> {
        self.told(self.sns.topic(arn)).await
    }

    async fn subscriptions(&self, topic_arn: &str) -> Answer<Vec<Subscription>> {
        self.told(self.sns.subscriptions(topic_arn)).await
    }

    async fn key(&self, id: &str) -> Answer<Option<Key>> {
        self.told(Box::pin(self.kms.key(id))).await
    }

    async fn test_metric_filter(&self, pattern: &str, events: &[&str]) -> Answer<Vec<bool>> {
        self.told(self.logs.test(pattern, events)).await
    }

    async fn describe_alarm_history(&self, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>> {
        self.told(self.cloudwatch.history(alarm, since)).await
    }

    async fn get_metric_data(
        &self,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>> {
        self.told(self.cloudwatch.get_metric_data(metric, from, to, period)).await
    }

    async fn filter_log_events(&self, search: &Search<'_>) -> Answer<EventPage> {
        self.told(self.logs.events(search)).await
    }

    async fn tags(&self, of: Tagged, arn: &str) -> Answer<Vec<(String, String)>> {
        match of {
            Tagged::Trail => self.told(self.cloudtrail.tags(arn)).await,
            Tagged::LogGroup => self.told(self.logs.tags(arn)).await,
            Tagged::Topic => self.told(self.sns.tags(arn)).await,
            Tagged::Alarm => self.told(self.cloudwatch.tags(arn)).await,
        }
    }

    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents> {
        self.told(Box::pin(self.s3.contents(bucket))).await
    }

    async fn apply(&self, change: &Change) -> Answer<()> {
        self.told(Box::pin(self.make(change))).await
    }
}

/// An SDK time as ours; `None` for one that no calendar has.
fn time(sdk: &DateTime) -> Option<Timestamp> {
    Timestamp::new(sdk.secs(), i32::try_from(sdk.subsec_nanos()).ok()?).ok()
}

/// Our time as the SDK's.
fn sdk_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// Text that says something: services answer some absent fields with an empty string.
fn text(sdk: Option<&str>) -> Option<String> {
    sdk.filter(|s| !s.is_empty()).map(str::to_owned)
}
