//! The permissions that a change requires, including dependent actions, and the resources they apply to.
//!
//! Source: Service Authorization Reference, one page per service, columns "Resource types" and "Dependent actions".

use super::{Change, TrailUpdate};
use crate::domain::account_region::AccountRegion;
use crate::domain::arn::Arn;
use crate::domain::event_rule::RuleTarget;
use crate::domain::role_purpose::RolePurpose;

/// An IAM action on these resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    pub action: &'static str,
    /// ARNs; `*` if the action does not support resource-level permissions.
    pub on: Vec<String>,
    /// The only service that a role may be passed to.
    pub passed_to: Option<&'static str>,
}

impl Permission {
    #[must_use]
    pub fn new(action: &'static str, on: impl IntoIterator<Item = String>) -> Self {
        Self { action, on: on.into_iter().collect(), passed_to: None }
    }

    /// To pass a role to the service that it is for.
    ///
    /// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
    #[must_use]
    pub fn to_pass(role: &Arn, purpose: RolePurpose) -> Self {
        Self { passed_to: Some(purpose.service()), ..Self::new("iam:PassRole", [role.to_string()]) }
    }
}

impl Change {
    /// The ARNs of the resources that it acts on.
    #[must_use]
    pub fn arns(&self, account_region: &AccountRegion) -> Vec<String> {
        match self {
            Self::CreateBucket { bucket }
            | Self::PutBucketOwnershipControls { bucket }
            | Self::PutPublicAccessBlock { bucket }
            | Self::PutBucketVersioning { bucket }
            | Self::PutBucketTagging { bucket, .. }
            | Self::PutBucketPolicy { bucket, .. }
            | Self::DeleteBucketPolicy { bucket }
            | Self::DeleteBucket { bucket } => vec![account_region.bucket_arn(bucket).into()],
            Self::EmptyBucket { bucket } => vec![account_region.bucket_arn(&format!("{bucket}/*")).into()],
            Self::CreateLogGroup { log_group, .. }
            | Self::PutRetentionPolicy { log_group, .. }
            | Self::DeleteRetentionPolicy { log_group }
            | Self::SetLogGroupKey { log_group, .. }
            | Self::PutMetricFilter { log_group, .. }
            | Self::DeleteMetricFilter { log_group, .. }
            | Self::DeleteLogGroup { log_group } => vec![account_region.log_group_arn(log_group).into()],
            Self::CreateLogStream { log_group, stream } | Self::PutLogEvents { log_group, stream, .. } => {
                vec![account_region.arn("logs", &format!("log-group:{log_group}:log-stream:{stream}")).into()]
            }
            Self::CreateRole { role, .. }
            | Self::UpdateAssumeRolePolicy { role, .. }
            | Self::PutRolePolicy { role, .. }
            | Self::DeleteRolePolicy { role, .. }
            | Self::DeleteRole { role, .. } => vec![account_region.role_arn(role).into()],
            Self::CreateTrail { trail, .. }
            | Self::UpdateTrail { trail, .. }
            | Self::PutEventSelectors { trail, .. }
            | Self::SetTrailKey { trail, .. }
            | Self::StartLogging { trail }
            | Self::StopLogging { trail }
            | Self::DeleteTrail { trail }
            | Self::DetachLogs { trail } => vec![account_region.trail_arn(trail).into()],
            Self::CreateTopic { topic, .. } => vec![account_region.topic_arn(topic).into()],
            Self::SetTopicPolicy { topic_arn, .. }
            | Self::SetTopicKey { topic_arn, .. }
            | Self::Subscribe { topic_arn, .. }
            | Self::ConfirmSubscription { topic_arn, .. }
            | Self::DeleteTopic { topic_arn } => vec![topic_arn.into()],
            Self::RecordAdded { arn, .. } | Self::RemoveAdded { arn, .. } => vec![arn.into()],
            Self::PutRule { rule, .. }
            | Self::PutTarget { rule, .. }
            | Self::RemoveTarget { rule, .. }
            | Self::DeleteRule { rule } => vec![rule.into()],
            Self::PutEvents { bus, .. } => vec![bus.into()],
            Self::Unsubscribe { .. } => vec!["*".into()],
            Self::PutMetricAlarm { alarm, .. } | Self::SetAlarmState { alarm, .. } | Self::DeleteAlarm { alarm } => {
                vec![account_region.alarm_arn(alarm).into()]
            }
        }
    }

    /// All required permissions: a call that sets tags also needs the tagging action, and one that passes a role to
    /// CloudTrail needs `iam:PassRole`.
    #[must_use]
    pub fn permissions(&self, account_region: &AccountRegion) -> Vec<Permission> {
        let on = self.arns(account_region);
        let mut all = vec![Permission::new(self.operation().iam_action, on.clone())];
        let mut also = |action, on: Vec<String>| all.push(Permission::new(action, on));
        match self {
            // For the header that disables ACLs.
            Self::CreateBucket { .. } => also("s3:PutBucketOwnershipControls", on),
            // The tagging actions take a log group's ARN without the `:*`.
            Self::CreateLogGroup { log_group, .. } => {
                also("logs:TagResource", vec![account_region.log_group_tagging_arn(log_group).into()]);
            }
            Self::CreateRole { .. } => also("iam:TagRole", on),
            Self::CreateTrail { delivery, .. } => {
                also("cloudtrail:AddTags", on);
                all.push(Permission::to_pass(&delivery.role_arn, RolePurpose::Delivery));
            }
            Self::UpdateTrail { update: TrailUpdate { delivery: Some(delivery), .. }, .. } => {
                all.push(Permission::to_pass(&delivery.role_arn, RolePurpose::Delivery));
            }
            Self::CreateTopic { .. } => also("sns:TagResource", on),
            Self::PutRule { .. } => also("events:TagResource", on),
            Self::PutTarget { target: RuleTarget { role_arn: Some(role), .. }, .. } => {
                all.push(Permission::to_pass(role, RolePurpose::Forwarding));
            }
            Self::PutMetricAlarm { .. } => also("cloudwatch:TagResource", on),
            Self::EmptyBucket { bucket } => {
                also("s3:DeleteObject", on);
                also("s3:ListBucketVersions", vec![account_region.bucket_arn(bucket).into()]);
            }
            Self::PutBucketOwnershipControls { .. }
            | Self::PutPublicAccessBlock { .. }
            | Self::PutBucketVersioning { .. }
            | Self::PutBucketTagging { .. }
            | Self::PutBucketPolicy { .. }
            | Self::PutRetentionPolicy { .. }
            | Self::DeleteRetentionPolicy { .. }
            | Self::SetLogGroupKey { .. }
            | Self::UpdateAssumeRolePolicy { .. }
            | Self::PutRolePolicy { .. }
            | Self::UpdateTrail { update: TrailUpdate { delivery: None, .. }, .. }
            | Self::PutEventSelectors { .. }
            | Self::SetTrailKey { .. }
            | Self::StartLogging { .. }
            | Self::SetTopicPolicy { .. }
            | Self::SetTopicKey { .. }
            | Self::Subscribe { .. }
            | Self::ConfirmSubscription { .. }
            | Self::PutTarget { target: RuleTarget { role_arn: None, .. }, .. }
            | Self::RemoveTarget { .. }
            | Self::DeleteRule { .. }
            | Self::PutEvents { .. }
            | Self::PutMetricFilter { .. }
            | Self::SetAlarmState { .. }
            | Self::CreateLogStream { .. }
            | Self::PutLogEvents { .. }
            | Self::DeleteAlarm { .. }
            | Self::DeleteMetricFilter { .. }
            | Self::Unsubscribe { .. }
            | Self::DeleteTopic { .. }
            | Self::StopLogging { .. }
            | Self::RecordAdded { .. }
            | Self::RemoveAdded { .. }
            | Self::DeleteTrail { .. }
            | Self::DetachLogs { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DeleteRole { .. }
            | Self::DeleteLogGroup { .. }
            | Self::DeleteBucketPolicy { .. }
            | Self::DeleteBucket { .. } => {}
        }
        all
    }
}
