//! What comes before what, and what belongs to the tear-down.

use super::Change;

impl Change {
    /// Whether it belongs to the tear-down. That the thing is gone already is then as good as done.
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

    /// The changes that must be done before, where the plan has them: their ids, or the stems of their ids.
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
            // What is taken out of a standing policy, the trail needs to its end.
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
            // From the inbox back to the trail: nothing that is still there leads to nowhere.
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

    /// Whether the change of that id is one that `need` speaks of: by its id, or by the stem of it.
    #[must_use]
    pub fn meets(id: &str, need: &str) -> bool {
        id.strip_prefix(need).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_speaks_of_an_id_or_of_all_that_begin_with_it() {
        assert!(Change::meets("trail.delete", "trail.delete") && Change::meets("trail.delete:a.b", "trail.delete"));
        assert!(!Change::meets("role.policy.delete:r", "role.policy") && !Change::meets("trail", "trail.delete"));
    }
}
