//! The errors that waiting resolves. The table of changes says which change can fail with which of them; the adapter, the
//! engine and the script go by that table.

/// An error that goes away by itself: what the call depends on was created a moment ago and isn't visible everywhere
/// yet, or another call is changing the same resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransientError {
    pub code: &'static str,
    /// Lower-case words of which the message must contain one; empty if the code is enough.
    pub words: &'static [&'static str],
}

const fn code(code: &'static str) -> TransientError {
    TransientError { code, words: &[] }
}

/// No error of the call goes away by itself.
pub(super) const NONE: &[TransientError] = &[];

const ROLE_ARN: TransientError = code("InvalidCloudWatchLogsRoleArnException");
const LOG_GROUP_ARN: TransientError = TransientError {
    // A wrong ARN has the same code, and stays wrong.
    words: &["access denied", "permission", "authorized"],
    ..code("InvalidCloudWatchLogsLogGroupArnException")
};
const BUCKET_POLICY: TransientError = code("InsufficientS3BucketPolicyException");
const NO_BUCKET: TransientError = code("S3BucketDoesNotExistException");
const CONFLICT: TransientError = code("ConflictException");
const CONCURRENT: TransientError = code("ConcurrentModificationException");

/// For calls on a trail.
///
/// Source: CloudTrail API, errors of CreateTrail and UpdateTrail.
pub(super) const TRAIL: &[TransientError] = &[ROLE_ARN, LOG_GROUP_ARN, BUCKET_POLICY, NO_BUCKET, CONFLICT, CONCURRENT];

/// For calls on a trail that may be new.
pub(super) const NEW_TRAIL: &[TransientError] =
    &[ROLE_ARN, LOG_GROUP_ARN, BUCKET_POLICY, NO_BUCKET, CONFLICT, CONCURRENT, code("TrailNotFoundException")];

const ROLE_CHANGES: TransientError = code("ConcurrentModification");

/// For calls on a role.
pub(super) const ROLE: &[TransientError] = &[ROLE_CHANGES, CONCURRENT];

/// For calls that put something on a role, which may be new.
///
/// Source: IAM User Guide, "Changes that I make are not always immediately visible".
pub(super) const NEW_ROLE: &[TransientError] =
    &[ROLE_CHANGES, CONCURRENT, code("NoSuchEntity"), code("NoSuchEntityException")];

const BUCKET_CHANGES: TransientError = code("OperationAborted");

/// For calls on a bucket itself. Its contents are deleted by many calls, which are not repeated.
///
/// Source: S3 API, "Error responses", `OperationAborted`.
pub(super) const BUCKET: &[TransientError] = &[BUCKET_CHANGES];

/// For calls that configure a bucket, which may be new.
///
/// Source: S3 User Guide, "Amazon S3 data consistency model", bucket configurations.
pub(super) const NEW_BUCKET: &[TransientError] = &[BUCKET_CHANGES, code("NoSuchBucket")];

/// For calls on a log group.
///
/// Source: CloudWatch Logs API, `OperationAbortedException`.
pub(super) const LOGS: &[TransientError] = &[code("OperationAbortedException")];

/// For calls on a rule.
///
/// Source: EventBridge API, errors of PutRule, PutTargets, RemoveTargets and DeleteRule.
pub(super) const RULE: &[TransientError] = &[CONCURRENT];

/// For calls that add a target to a rule, which may be new, and so may the role with which EventBridge reaches the target.
///
/// Source: EventBridge User Guide, "Troubleshooting": "Provided role cannot be assumed by principal 'events.amazonaws.com'";
/// IAM User Guide, "Changes that I make are not always immediately visible".
pub(super) const NEW_RULE: &[TransientError] = &[
    CONCURRENT,
    code("ResourceNotFoundException"),
    TransientError { words: &["cannot be assumed", "could not be assumed"], ..code("ValidationException") },
];

/// Whether waiting resolves the error that a call answered with, according to its row in the table of changes.
#[must_use]
pub fn is_transient(eventual: &[TransientError], code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    eventual.iter().any(|error| {
        error.code == code && (error.words.is_empty() || error.words.iter().any(|word| message.contains(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Change;
    use crate::domain::change::TrailUpdate;
    use crate::domain::role_purpose::RolePurpose;

    fn is_transient_for(change: &Change, code: &str, message: &str) -> bool {
        is_transient(change.spec().eventual, code, message)
    }

    #[test]
    fn an_error_is_transient_for_the_changes_whose_row_names_it() {
        let policy = serde_json::Value::Null;
        let put_role_policy =
            Change::PutRolePolicy { role: "r".into(), purpose: RolePurpose::Delivery, policy: policy.clone().into() };
        assert!(is_transient_for(&put_role_policy, "NoSuchEntity", ""));
        assert!(!is_transient_for(
            &Change::DeleteRole { role: "r".into(), purpose: RolePurpose::Delivery },
            "NoSuchEntity",
            ""
        ));
        let put_bucket_policy = Change::PutBucketPolicy { bucket: "b".into(), policy: policy.clone().into() };
        assert!(is_transient_for(&put_bucket_policy, "NoSuchBucket", ""));
        assert!(!is_transient_for(&Change::DeleteBucket { bucket: "b".into() }, "NoSuchBucket", ""));
        let create_topic = Change::CreateTopic { topic: "t".into(), policy: policy.into() };
        assert!(!is_transient_for(&create_topic, "ConflictException", ""));
    }

    #[test]
    fn a_log_group_that_is_not_visible_yet_is_told_from_a_wrong_one_by_the_message() {
        let update = Change::UpdateTrail { trail: "t".into(), update: TrailUpdate::default() };
        let code = "InvalidCloudWatchLogsLogGroupArnException";
        assert!(is_transient_for(&update, code, "Access denied. Check it."));
        assert!(!is_transient_for(&update, code, "No such format of an ARN."));
    }
}
