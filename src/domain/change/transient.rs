//! The errors that waiting resolves, in the one table that the adapter, the engine and the script go by.

use super::{Change, Operation};

/// An error that goes away by itself: what the call depends on was created a moment ago and isn't visible everywhere
/// yet, or another call is changing the same resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransientError {
    pub code: &'static str,
    /// The service that answers with it, named as in IAM.
    service: &'static str,
    operations: Operations,
    /// Lower-case words of which the message must contain one; empty if the code is enough.
    pub words: &'static [&'static str],
}

/// Which calls of a service a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operations {
    All,
    Named(&'static [&'static str]),
    /// Those whose name begins with this.
    Starting(&'static str),
}

const fn row(service: &'static str, code: &'static str, operations: Operations) -> TransientError {
    TransientError { code, service, operations, words: &[] }
}

use Operations::{All, Named, Starting};

/// Calls that put something on a role.
const ON_A_ROLE: Operations = Named(&["PutRolePolicy", "UpdateAssumeRolePolicy"]);

/// Calls on a bucket itself. Its contents are deleted by many calls, which are not repeated.
const ON_A_BUCKET: Operations = Named(&[
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutPublicAccessBlock",
]);

/// Every transient error.
///
/// Source: CloudTrail API, errors of CreateTrail and UpdateTrail; S3 API, "Error responses", `OperationAborted`; S3 User
/// Guide, "Amazon S3 data consistency model", bucket configurations; IAM User Guide, "Changes that I make are not always
/// immediately visible"; CloudWatch Logs API, `OperationAbortedException`.
pub const TRANSIENT: &[TransientError] = &[
    row("cloudtrail", "InvalidCloudWatchLogsRoleArnException", All),
    // A wrong ARN has the same code, and stays wrong.
    TransientError {
        words: &["access denied", "permission", "authorized"],
        ..row("cloudtrail", "InvalidCloudWatchLogsLogGroupArnException", All)
    },
    row("cloudtrail", "InsufficientS3BucketPolicyException", All),
    row("cloudtrail", "S3BucketDoesNotExistException", All),
    row("cloudtrail", "ConflictException", All),
    row("cloudtrail", "ConcurrentModificationException", All),
    row("cloudtrail", "TrailNotFoundException", Named(&["StartLogging"])),
    row("iam", "ConcurrentModification", All),
    row("iam", "ConcurrentModificationException", All),
    row("iam", "NoSuchEntity", ON_A_ROLE),
    row("iam", "NoSuchEntityException", ON_A_ROLE),
    row("s3", "OperationAborted", ON_A_BUCKET),
    row("s3", "NoSuchBucket", Starting("Put")),
    row("logs", "OperationAbortedException", All),
];

impl TransientError {
    /// Whether the call can answer with it.
    #[must_use]
    pub fn concerns(&self, operation: Operation) -> bool {
        self.service == operation.service
            && match self.operations {
                All => true,
                Named(names) => names.contains(&operation.name),
                Starting(with) => operation.name.starts_with(with),
            }
    }

    fn matches(&self, code: &str, message: &str) -> bool {
        let message = message.to_lowercase();
        self.code == code && (self.words.is_empty() || self.words.iter().any(|word| message.contains(word)))
    }
}

/// Whether waiting resolves the error that a call answered with.
#[must_use]
pub fn is_transient(operation: Operation, code: &str, message: &str) -> bool {
    TRANSIENT.iter().any(|error| error.concerns(operation) && error.matches(code, message))
}

impl Change {
    /// The errors of this change that waiting resolves.
    pub fn transient_errors(&self) -> impl Iterator<Item = &'static TransientError> {
        let operation = self.operation();
        TRANSIENT.iter().filter(move |error| error.concerns(operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(service: &'static str, name: &'static str) -> Operation {
        Operation { service, name, iam_action: "" }
    }

    #[test]
    fn an_error_is_transient_for_the_calls_that_its_row_names() {
        assert!(is_transient(operation("iam", "PutRolePolicy"), "NoSuchEntity", ""));
        assert!(!is_transient(operation("iam", "GetRole"), "NoSuchEntity", ""));
        assert!(is_transient(operation("s3", "PutBucketPolicy"), "NoSuchBucket", ""));
        assert!(!is_transient(operation("s3", "DeleteBucket"), "NoSuchBucket", ""));
        assert!(!is_transient(operation("sns", "CreateTopic"), "ConflictException", ""));
    }

    #[test]
    fn a_log_group_that_is_not_visible_yet_is_told_from_a_wrong_one_by_the_message() {
        let create = operation("cloudtrail", "CreateTrail");
        let code = "InvalidCloudWatchLogsLogGroupArnException";
        assert!(is_transient(create, code, "Access denied. Check it."));
        assert!(!is_transient(create, code, "No such format of an ARN."));
    }
}
