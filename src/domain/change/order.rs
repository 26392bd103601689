//! The order of changes, and which belong to the teardown.

use super::Change;

impl Change {
    /// Whether it belongs to the teardown. If the resource no longer exists, such a change counts as done.
    #[must_use]
    pub fn deletes(&self) -> bool {
        matches!(
            self,
            Self::DeleteAlarm { .. }
                | Self::DeleteMetricFilter { .. }
                | Self::Unsubscribe { .. }
                | Self::DeleteTopic { .. }
                | Self::StopLogging { .. }
                | Self::DeleteTrail { .. }
                | Self::DetachLogs { .. }
                | Self::DeleteRolePolicy { .. }
                | Self::DeleteRole { .. }
                | Self::DeleteLogGroup { .. }
                | Self::DeleteBucketPolicy { .. }
                | Self::EmptyBucket { .. }
                | Self::DeleteBucket { .. }
        )
    }

    /// The changes in the same plan that must be done first: their IDs, or the part of their IDs before the colon.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::CreateBucket { .. }
            | Self::CreateLogGroup { .. }
            | Self::CreateRole { .. }
            | Self::CreateTopic { .. }
            | Self::CreateLogStream { .. }
            | Self::DeleteAlarm { .. }
            | Self::StopLogging { .. }
            | Self::DetachLogs { .. } => &[],
            Self::PutBucketOwnershipControls { .. }
            | Self::PutPublicAccessBlock { .. }
            | Self::PutBucketVersioning { .. }
            | Self::PutBucketTagging { .. } => &["bucket.create"],
            // The trail needs the statements that are removed from an existing policy until it is deleted.
            Self::PutBucketPolicy { .. } => &["bucket.create", "trail.delete"],
            Self::PutRetentionPolicy { .. } | Self::SetLogGroupKey { .. } | Self::PutMetricFilter { .. } => {
                &["log_group.create"]
            }
            Self::UpdateAssumeRolePolicy { .. } | Self::PutRolePolicy { .. } => {
                &["role.create", "trail.delete", "trail.detach"]
            }
            Self::CreateTrail { .. } | Self::UpdateTrail { .. } => {
                &["bucket.create", "bucket.policy", "log_group.create", "role.create", "role.trust", "role.policy"]
            }
            Self::PutEventSelectors { .. } | Self::SetTrailKey { .. } => &["trail.create", "trail.update"],
            Self::StartLogging { .. } => &["trail.create", "trail.update", "bucket.policy"],
            Self::SetTopicPolicy { .. } => &["topic.create", "alarm.delete"],
            Self::SetTopicKey { .. } | Self::Subscribe { .. } => &["topic.create"],
            // CloudWatch does not check that its action's target exists.
            Self::PutMetricAlarm { .. } => &["topic.create", "filter.put"],
            Self::SetAlarmState { .. } => &["alarm.put"],
            Self::PutLogEvents { .. } => &["drill.stream"],
            // In the reverse order of setup: no remaining resource refers to a deleted one.
            Self::DeleteMetricFilter { .. } => &["alarm.delete"],
            Self::Unsubscribe { .. } => &["alarm.delete", "alarm.put"],
            Self::DeleteTopic { .. } => &["alarm.delete", "alarm.put", "subscription.delete"],
            Self::DeleteTrail { .. } => &["trail.stop"],
            Self::DeleteRolePolicy { .. } | Self::DeleteBucketPolicy { .. } | Self::EmptyBucket { .. } => {
                &["trail.delete", "trail.detach"]
            }
            Self::DeleteRole { .. } => &["trail.delete", "trail.detach", "role.policy.delete"],
            Self::DeleteLogGroup { .. } => &["trail.delete", "trail.detach", "filter.delete"],
            Self::DeleteBucket { .. } => &["trail.delete", "bucket.empty"],
        }
    }

    /// Whether `need` refers to the change with this ID: by the whole ID, or by the part before the colon.
    #[must_use]
    pub fn matches_need(id: &str, need: &str) -> bool {
        id.strip_prefix(need).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_refers_to_one_id_or_to_all_ids_with_that_prefix() {
        assert!(
            Change::matches_need("trail.delete", "trail.delete")
                && Change::matches_need("trail.delete:a.b", "trail.delete")
        );
        assert!(
            !Change::matches_need("role.policy.delete:r", "role.policy")
                && !Change::matches_need("trail", "trail.delete")
        );
    }
}
