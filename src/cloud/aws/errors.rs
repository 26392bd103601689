//! SDK errors as errors for the person. Every answer passes here, so this is where the log hears of it.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use serde_json::Value;

use crate::cloud::{Answer, CloudError, ErrorKind};
use crate::domain::change::Operation;
use crate::domain::{Change, Query};

/// One call, as an error names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    operation: Operation,
    resource: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn look(query: Query, resource: &'a str) -> Self {
        Self { operation: query.operation(), resource }
    }

    /// The call that a change is.
    pub(super) fn of(change: &'a Change) -> Self {
        Self { operation: change.operation(), resource: change.name() }
    }

    /// Why it failed.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        let (kind, message) = match error {
            SdkError::TimeoutError(_) => (ErrorKind::Timeout, cause(error)),
            SdkError::ServiceError(_) => self.refused(error.code(), error.message(), status),
            SdkError::ResponseError(_) => unreadable(error, status),
            _ => undelivered(error),
        };
        self.error_of(kind, &message, error.request_id().map(one_line))
    }

    /// The answer, or why there is none.
    pub(super) fn answered<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>) -> Answer<T>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let answer = answer.map_err(|error| self.failed(&error))?;
        self.done();
        Ok(answer)
    }

    /// It was answered, be it that there is no such thing.
    pub(super) fn done(&self) {
        tracing::debug!(operation = self.operation.name, resource = self.resource, "answered");
    }

    /// The answer; `None` where AWS says by this code that there is no such thing.
    pub(super) fn found<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>, absent: &str) -> Answer<Option<T>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match answer {
            Err(error) if error.code() == Some(absent) => {
                self.done();
                Ok(None)
            }
            answer => self.answered(answer).map(Some),
        }
    }

    /// A policy document in the answer.
    pub(super) fn document(&self, text: &str) -> Answer<Value> {
        serde_json::from_str(text).map_err(|_| self.misunderstood("the policy in the answer is no JSON"))
    }

    /// An answer that came and says nothing that we know.
    pub(super) fn misunderstood(&self, why: &str) -> CloudError {
        self.error(ErrorKind::Other, why)
    }

    /// A request that cannot be put together.
    pub(super) fn unsendable(&self, error: &(dyn Error + 'static)) -> CloudError {
        self.error(ErrorKind::Invalid, &error.to_string())
    }

    /// The call was answered, and the answer is no.
    pub(super) fn denied_in_answer(&self, message: &str) -> CloudError {
        self.error(ErrorKind::Invalid, message)
    }

    /// One thing of several could not be done, and the answer says why as an error would.
    pub(super) fn refused_in_answer(&self, code: Option<&str>, message: Option<&str>) -> CloudError {
        let (kind, message) = self.refused(code, message, None);
        self.error(kind, &message)
    }

    fn error(&self, kind: ErrorKind, message: &str) -> CloudError {
        self.error_of(kind, message, None)
    }

    fn error_of(&self, kind: ErrorKind, message: &str, request_id: Option<String>) -> CloudError {
        let error = CloudError {
            kind,
            service: self.operation.service,
            operation: self.operation.name,
            iam_action: self.operation.iam_action,
            resource: self.resource.to_owned(),
            message: one_line(message),
            request_id,
            profile: None,
        };
        let CloudError { operation, resource, message, request_id, .. } = &error;
        tracing::warn!(operation, resource, ?kind, why = message, request_id, "failed");
        error
    }

    fn refused(&self, code: Option<&str>, message: Option<&str>, status: Option<u16>) -> (ErrorKind, String) {
        // Behind it comes the whole request, with the session's token.
        let said = message.and_then(|m| m.split("The Canonical String").next()).filter(|m| !m.trim().is_empty());
        let kind = self.kind(code.unwrap_or_default(), said.unwrap_or_default(), status);
        let bare = || match (code, status) {
            (Some(code), _) => code.to_owned(),
            (None, Some(200..300)) => not_aws(status),
            (None, Some(status)) => format!("HTTP {status} without a word why"),
            (None, None) => "refused without a word why".to_owned(),
        };
        (kind, said.map_or_else(bare, str::to_owned))
    }

    fn kind(&self, code: &str, message: &str, status: Option<u16>) -> ErrorKind {
        if self.will_pass(code, message) {
            return ErrorKind::EventualConsistency;
        }
        // An emulator's way to say so.
        if ["Unknown action", "Unknown operation"].iter().any(|start| message.starts_with(start)) {
            return ErrorKind::Unsupported;
        }
        match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
                ErrorKind::ExpiredCredentials
            }
            _ if message.contains("security token included in the request is expired") => ErrorKind::ExpiredCredentials,
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "AuthFailure"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => ErrorKind::NoCredentials,
            "AccessDenied"
            | "AccessDeniedException"
            | "AuthorizationError"
            | "AuthorizationErrorException"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "NotAuthorized"
            | "NotOrganizationMasterAccountException"
            | "InsufficientDependencyServiceAccessPermissionException" => ErrorKind::AccessDenied,
            "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown" | "PriorRequestNotComplete" => {
                ErrorKind::Throttled
            }
            "MaximumNumberOfTrailsExceededException" | "TooManyBuckets" => ErrorKind::Quota,
            "InvalidAction" | "UnknownOperation" | "UnknownOperationException" | "NotImplemented" => {
                ErrorKind::Unsupported
            }
            "BucketAlreadyOwnedByYou" => ErrorKind::AlreadyExists,
            "PermanentRedirect" | "IllegalLocationConstraintException" => ErrorKind::Invalid,
            _ if code.starts_with("Throttl") || code.starts_with("RequestThrottl") => ErrorKind::Throttled,
            _ if code.contains("LimitExceeded") || code.contains("QuotaExceeded") => ErrorKind::Quota,
            _ if code.contains("AlreadyExists") => ErrorKind::AlreadyExists,
            _ if code.contains("NotFound") || code.starts_with("NoSuch") => ErrorKind::NotFound,
            _ if ["Invalid", "Validation", "Malformed"].iter().any(|start| code.starts_with(start))
                || code.ends_with("InvalidException") =>
            {
                ErrorKind::Invalid
            }
            _ => by_status(code, status),
        }
    }

    /// Whether waiting cures it: what the call leans on was made a moment ago.
    ///
    /// Source: CloudTrail API, CreateTrail errors; S3 User Guide, "Amazon S3 data consistency model", bucket
    /// configurations; IAM User Guide, "Changes that I make are not always immediately visible".
    fn will_pass(&self, code: &str, message: &str) -> bool {
        let message = message.to_lowercase();
        match (self.operation.name, code) {
            (
                _,
                "InvalidCloudWatchLogsRoleArnException"
                | "InsufficientS3BucketPolicyException"
                | "S3BucketDoesNotExistException"
                | "ConflictException"
                | "ConcurrentModification"
                | "ConcurrentModificationException"
                | "OperationAborted"
                | "OperationAbortedException",
            )
            | ("PutRolePolicy" | "UpdateAssumeRolePolicy", "NoSuchEntity" | "NoSuchEntityException")
            | ("StartLogging", "TrailNotFoundException") => true,
            (_, "InvalidCloudWatchLogsLogGroupArnException") => {
                ["access denied", "permission", "authorized"].iter().any(|word| message.contains(word))
            }
            // A bucket just made may be unknown to the next call.
            (name, "NoSuchBucket") => name.starts_with("Put"),
            _ => false,
        }
    }
}

/// What is left to go by where the code says nothing.
fn by_status(code: &str, status: Option<u16>) -> ErrorKind {
    match status {
        Some(401 | 403) => ErrorKind::AccessDenied,
        Some(429) => ErrorKind::Throttled,
        // An endpoint that knows the call says what it did not find.
        Some(404 | 405 | 501) if code.is_empty() => ErrorKind::Unsupported,
        Some(404) => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    }
}

/// The answer broke off, or is none of AWS's.
fn unreadable(error: &(dyn Error + 'static), status: Option<u16>) -> (ErrorKind, String) {
    if causes(error).any(<dyn Error>::is::<io::Error>) {
        return (ErrorKind::Offline, cause(error));
    }
    (by_status("", status), not_aws(status))
}

fn not_aws(status: Option<u16>) -> String {
    let status = status.map(|s| format!(" (HTTP {s})")).unwrap_or_default();
    format!("the answer{status} is not one that AWS gives; is the endpoint the right one?")
}

/// The request did not get through: no credentials, no connection, no time.
fn undelivered(error: &(dyn Error + 'static)) -> (ErrorKind, String) {
    if let Some(of) = causes(error).find_map(|e| e.downcast_ref::<CredentialsError>()) {
        return credentials(of);
    }
    if let Some(network) = network(error) {
        return network;
    }
    let text = cause(error);
    // The SDK's own type for this is private.
    if text.starts_with("identity resolver timed out") {
        return (ErrorKind::NoCredentials, "no credentials came in time".to_owned());
    }
    (ErrorKind::Other, text)
}

fn network(error: &(dyn Error + 'static)) -> Option<(ErrorKind, String)> {
    let connector = causes(error).filter_map(|e| e.downcast_ref::<ConnectorError>()).last();
    let late = causes(error)
        .map(ToString::to_string)
        .filter(|text| text.contains("timeout") && text.contains("occurred"))
        .last();
    if late.is_some() || connector.is_some_and(ConnectorError::is_timeout) {
        return Some((ErrorKind::Timeout, late.unwrap_or_else(|| "no answer in time".to_owned())));
    }
    connector.is_some_and(ConnectorError::is_io).then(|| (ErrorKind::Offline, cause(error)))
}

fn credentials(error: &CredentialsError) -> (ErrorKind, String) {
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    let all = texts.join(": ");
    let low = all.to_lowercase().replace('\\', "/");
    // Someone who never signed in mends it as someone does whose time is up.
    let signed_out =
        ["expired", "sso token", "login token", "login/cache", "unauthorizedexception", "session token not found"];
    match error {
        CredentialsError::CredentialsNotLoaded(_) if all.contains("found in chain") => (
            ErrorKind::NoCredentials,
            "none in the environment, the shared configuration, the container or the instance".to_owned(),
        ),
        CredentialsError::CredentialsNotLoaded(_) if error.source().is_none() => {
            (ErrorKind::NoCredentials, "the profile says nothing of where they come from".to_owned())
        }
        CredentialsError::ProviderTimedOut(_) => (ErrorKind::NoCredentials, "no credentials came in time".to_owned()),
        _ if signed_out.iter().any(|sign| low.contains(sign)) => (ErrorKind::ExpiredCredentials, all),
        CredentialsError::ProviderError(_) | CredentialsError::Unhandled(_) => {
            network(error).unwrap_or((ErrorKind::NoCredentials, cause(error)))
        }
        _ => (ErrorKind::NoCredentials, cause(error)),
    }
}

/// The error and what is behind it. An I/O error hides the one it carries from `source`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// The innermost cause, in words.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let Some(inner) = causes(error).last() else { return String::new() };
    let words = match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
            "the connection was cut off".to_owned()
        }
        Some(io::ErrorKind::UnexpectedEof) => "the connection was closed before an answer came".to_owned(),
        Some(io::ErrorKind::NotFound) => "not found".to_owned(),
        Some(io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
        // The number is for programmers.
        _ => inner.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    };
    if words.contains("InvalidContentType") {
        return "no TLS at the other end; is the endpoint http:// rather than https://?".to_owned();
    }
    if causes(error).any(|e| e.to_string().contains("dns error")) {
        return format!("dns error: {words}");
    }
    words
}

/// One line without control characters, of a length that fits on a screen.
pub(super) fn one_line(text: &str) -> String {
    const LENGTH: usize = 300;
    // Other invisible characters are escaped where the message is shown.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
