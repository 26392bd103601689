//! Converts SDK errors to errors for the user. Every answer passes through here, so answers are logged here too.

use std::borrow::Cow;
use std::error::Error;
use std::io;
use std::sync::OnceLock;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use regex_lite::Regex;

use super::credentials;
use super::http::AnsweredBy;

use crate::cloud::{Answer, CloudError, ErrorKind};
use crate::domain::change::Operation;
use crate::domain::change::transient::is_transient;
use crate::domain::{Change, Query};

/// Not a call.
const NO_CALL: Operation = Operation { service: "", name: "", iam_action: "" };

/// One call, as an error names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    operation: Operation,
    resource: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn query(query: Query, resource: &'a str) -> Self {
        Self { operation: query.operation(), resource }
    }

    /// The call that makes a change.
    pub(super) fn change(change: &'a Change) -> Self {
        Self { operation: change.operation(), resource: change.name() }
    }

    /// A call that the SDK makes by itself, to get credentials.
    pub(super) fn of_credentials(operation: Operation) -> Self {
        Self { operation, resource: "" }
    }

    /// The error of a failed call.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let request_id = error.request_id().map(short_line);
        let Some(credentials_error) = causes(error).find_map(|e| e.downcast_ref::<CredentialsError>()) else {
            let (kind, message) = self.kind_and_message(error);
            return self.error_of(kind, &message, request_id);
        };
        let (kind, message, call) = credentials::failure(credentials_error);
        // This call was never sent. The error is about the call for the credentials, if there was one.
        let Operation { service, name, iam_action } = call.unwrap_or(NO_CALL);
        let error = self.error_of(kind, &message, request_id);
        CloudError { service, operation: name, iam_action, resource: String::new(), ..error }
    }

    /// The kind of error, and the message from AWS or the network.
    pub(super) fn kind_and_message<E>(&self, error: &SdkError<E, HttpResponse>) -> (ErrorKind, String)
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|raw| raw.status().as_u16());
        match error {
            SdkError::TimeoutError(_) => (ErrorKind::Timeout, cause(error)),
            _ if error.code().is_none()
                && let Some(page) = response.and_then(web_page) =>
            {
                (ErrorKind::WebPage, page)
            }
            SdkError::ServiceError(_) => self.service_error(error.code(), error.message(), status),
            SdkError::ResponseError(_) => response_error(error, status),
            _ => dispatch_error(error),
        }
    }

    /// Logs and returns the answer, or the error.
    pub(super) fn answered<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>) -> Answer<T>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let answer = answer.map_err(|error| self.failed(&error))?;
        self.log_answered();
        Ok(answer)
    }

    /// Logs that the call was answered, even if only to say that the resource doesn't exist.
    pub(super) fn log_answered(&self) {
        tracing::debug!(operation = self.operation.name, resource = self.resource, "answered");
    }

    /// The answer; `None` if AWS returns the error code for a resource that doesn't exist.
    pub(super) fn found<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>, absent: &str) -> Answer<Option<T>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match answer {
            Err(error) if error.code() == Some(absent) => {
                self.log_answered();
                Ok(None)
            }
            answer => self.answered(answer).map(Some),
        }
    }

    /// An answer with unexpected content.
    pub(super) fn unexpected_answer(&self, why: &str) -> CloudError {
        self.error(ErrorKind::Other, why)
    }

    /// A request that can't be built.
    pub(super) fn invalid_request(&self, error: &(dyn Error + 'static)) -> CloudError {
        self.error(ErrorKind::Invalid, &error.to_string())
    }

    /// The call succeeded, but its answer reports a rejection.
    pub(super) fn rejected_in_answer(&self, message: &str) -> CloudError {
        self.error(ErrorKind::Invalid, message)
    }

    /// The call succeeded, but its answer reports an error for one of several items.
    pub(super) fn error_in_answer(&self, code: Option<&str>, message: Option<&str>) -> CloudError {
        let (kind, message) = self.service_error(code, message, None);
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
            message: short_line(&without_debug_output(message)),
            request_id,
            sign_in: None,
        };
        let CloudError { operation, resource, message, request_id, .. } = &error;
        tracing::warn!(operation, resource, ?kind, why = message, request_id, "failed");
        error
    }

    fn service_error(&self, code: Option<&str>, message: Option<&str>, status: Option<u16>) -> (ErrorKind, String) {
        // AWS appends the whole request, including the session token.
        let text = message.and_then(|m| m.split("The Canonical String").next()).filter(|m| !m.trim().is_empty());
        let kind = self.kind(code.unwrap_or_default(), text.unwrap_or_default(), status);
        let without_message = || match (code, status) {
            (Some(code), _) => code.to_owned(),
            (None, Some(200..300)) => not_aws(status),
            (None, Some(status)) => format!("HTTP {status} without an explanation"),
            (None, None) => "refused without an explanation".to_owned(),
        };
        (kind, text.map_or_else(without_message, str::to_owned))
    }

    fn kind(&self, code: &str, message: &str, status: Option<u16>) -> ErrorKind {
        if is_transient(self.operation, code, message) {
            return ErrorKind::EventualConsistency;
        }
        // This is how emulators say it.
        if ["Unknown action", "Unknown operation"].iter().any(|start| message.starts_with(start)) {
            return ErrorKind::Unsupported;
        }
        if clock_is_wrong(code, message) {
            return ErrorKind::WrongClock;
        }
        match code {
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => ErrorKind::ExpiredCredentials,
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
            | "MissingAuthenticationTokenException" => ErrorKind::InvalidCredentials,
            "OptInRequired" | "RegionDisabledException" => ErrorKind::RegionDisabled,
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
            "ServiceUnavailable" | "ServiceUnavailableException" | "Unavailable" => ErrorKind::Unavailable,
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
}

/// The kind by HTTP status, if the error code doesn't tell.
fn by_status(code: &str, status: Option<u16>) -> ErrorKind {
    match status {
        Some(401 | 403) => ErrorKind::AccessDenied,
        Some(429) => ErrorKind::Throttled,
        Some(503 | 504) => ErrorKind::Unavailable,
        // An endpoint that supports the call returns a code for what it didn't find.
        Some(404 | 405 | 501) if code.is_empty() => ErrorKind::Unsupported,
        Some(404) => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    }
}

/// Whether AWS rejected the request because its time is too far from AWS's clock.
///
/// Source: IAM User Guide, "Troubleshooting signed requests for AWS APIs", expired signatures; S3 API, "Error
/// responses"; Amazon EC2 API, "Error codes", `RequestExpired`.
fn clock_is_wrong(code: &str, message: &str) -> bool {
    let signature = ["Signature expired", "Signature not yet current"].iter().any(|start| message.starts_with(start));
    signature || ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"].contains(&code)
}

/// A message that names who answered with a web page, for statuses with which AWS never sends one: success, redirection, or
/// a denial without an error code. For other failures, AWS's own load balancers send pages too.
fn web_page(response: &HttpResponse) -> Option<String> {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").unwrap_or_default();
    let body = response.body().bytes().unwrap_or_default();
    let start = String::from_utf8_lossy(&body[..body.len().min(256)]).trim_start().to_lowercase();
    let is_html = kind.starts_with("text/html") || start.starts_with("<!doctype html") || start.starts_with("<html");
    let is_redirect = (300..400).contains(&status) && response.headers().get("location").is_some();
    if !(is_redirect || is_html && matches!(status, 200..=399 | 401 | 403 | 407 | 511)) {
        return None;
    }
    let who = response.extension::<AnsweredBy>().map_or("the endpoint", |AnsweredBy(host)| host);
    Some(format!("{who} answered with a web page (HTTP {status}) instead of AWS's answer"))
}

/// The text before any Rust debug output, which users shouldn't have to read: a capitalized name followed by a brace or
/// parenthesis.
fn without_debug_output(text: &str) -> Cow<'_, str> {
    let notation = NOTATION.get_or_init(|| Regex::new(r"\b[A-Z][A-Za-z]*(\(| \{)").ok());
    let Some(found) = notation.as_ref().and_then(|notation| notation.find(text)) else { return text.into() };
    tracing::debug!(text, "shortened");
    let start = text[..found.start()].trim_end_matches([' ', ':', ',', '(', '"']);
    if start.is_empty() { "the AWS SDK failed without a readable reason".into() } else { start.into() }
}

static NOTATION: OnceLock<Option<Regex>> = OnceLock::new();

/// The answer was cut off, or isn't from AWS.
fn response_error(error: &(dyn Error + 'static), status: Option<u16>) -> (ErrorKind, String) {
    if causes(error).any(<dyn Error>::is::<io::Error>) {
        return (ErrorKind::Offline, cause(error));
    }
    (by_status("", status), not_aws(status))
}

fn not_aws(status: Option<u16>) -> String {
    let status = status.map(|s| format!(" (HTTP {s})")).unwrap_or_default();
    format!("the answer{status} is not one that AWS gives; is this the right endpoint?")
}

/// The request wasn't delivered: no credentials, no connection, or a timeout.
fn dispatch_error(error: &(dyn Error + 'static)) -> (ErrorKind, String) {
    if let Some(network) = network(error) {
        return network;
    }
    let text = cause(error);
    // The SDK's own type for this is private.
    if text.starts_with("identity resolver timed out") {
        return (ErrorKind::NoCredentials, "timed out while getting them".to_owned());
    }
    (ErrorKind::Other, text)
}

pub(super) fn network(error: &(dyn Error + 'static)) -> Option<(ErrorKind, String)> {
    let connector = causes(error).filter_map(|e| e.downcast_ref::<ConnectorError>()).last();
    let timeout_text = causes(error)
        .map(ToString::to_string)
        .filter(|text| text.contains("timeout") && text.contains("occurred"))
        .last();
    if timeout_text.is_some() || connector.is_some_and(ConnectorError::is_timeout) {
        return Some((ErrorKind::Timeout, timeout_text.unwrap_or_else(|| "timed out".to_owned())));
    }
    connector.is_some_and(ConnectorError::is_io).then(|| (ErrorKind::Offline, cause(error)))
}

/// The error and its causes. The `source` of an I/O error skips the error that it wraps.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// The innermost cause, in plain words.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let Some(inner) = causes(error).last() else { return String::new() };
    if let Some(text) = inner.downcast_ref::<ErrorMetadata>() {
        return text.message().or(text.code()).unwrap_or("refused without an explanation").to_owned();
    }
    let words = match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
            "the connection was reset".to_owned()
        }
        Some(io::ErrorKind::UnexpectedEof) => "the connection was closed before a response arrived".to_owned(),
        Some(io::ErrorKind::NotFound) => "not found".to_owned(),
        Some(io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
        // Without the error number, which means nothing to users.
        _ => inner.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    };
    if words.contains("InvalidContentType") {
        return "the endpoint doesn't use TLS; should it be http:// instead of https://?".to_owned();
    }
    if causes(error).any(|e| e.to_string().contains("dns error")) {
        return format!("dns error: {words}");
    }
    words
}

/// A single line without control characters, cut to a length that fits on a screen.
pub(super) fn short_line(text: &str) -> String {
    const LENGTH: usize = 300;
    // Other invisible characters are escaped where the message is shown.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
