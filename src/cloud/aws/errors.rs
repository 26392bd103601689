//! SDK errors as errors for the person. Every answer passes here, so this is where the log hears of it.

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
use serde_json::Value;

use super::credentials;
use super::http::AnsweredBy;

use crate::cloud::{Answer, CloudError, ErrorKind};
use crate::domain::change::Operation;
use crate::domain::change::transient::is_transient;
use crate::domain::{Change, Query};

/// No call at all.
const NONE: Operation = Operation { service: "", name: "", iam_action: "" };

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

    /// A call that the SDK makes by itself, to get credentials.
    pub(super) fn of_credentials(operation: Operation) -> Self {
        Self { operation, resource: "" }
    }

    /// Why it failed.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let request_id = error.request_id().map(one_line);
        let Some(of) = causes(error).find_map(|e| e.downcast_ref::<CredentialsError>()) else {
            let (kind, message) = self.judged(error);
            return self.error_of(kind, &message, request_id);
        };
        let (kind, message, call) = credentials::failure(of);
        // It never came to this call: what the error is about is the one before it, if there was one.
        let Operation { service, name, iam_action } = call.unwrap_or(NONE);
        let error = self.error_of(kind, &message, request_id);
        CloudError { service, operation: name, iam_action, resource: String::new(), ..error }
    }

    /// What kind of failure it is, and AWS's or the network's words.
    pub(super) fn judged<E>(&self, error: &SdkError<E, HttpResponse>) -> (ErrorKind, String)
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
            SdkError::ServiceError(_) => self.refused(error.code(), error.message(), status),
            SdkError::ResponseError(_) => unreadable(error, status),
            _ => undelivered(error),
        }
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
            message: one_line(&readable(message)),
            request_id,
            sign_in: None,
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
        if is_transient(self.operation, code, message) {
            return ErrorKind::EventualConsistency;
        }
        // An emulator's way to say so.
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

/// What is left to go by where the code says nothing.
fn by_status(code: &str, status: Option<u16>) -> ErrorKind {
    match status {
        Some(401 | 403) => ErrorKind::AccessDenied,
        Some(429) => ErrorKind::Throttled,
        Some(503 | 504) => ErrorKind::Unavailable,
        // An endpoint that knows the call says what it did not find.
        Some(404 | 405 | 501) if code.is_empty() => ErrorKind::Unsupported,
        Some(404) => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    }
}

/// Whether AWS found the time of the request too far from its own.
///
/// Source: IAM User Guide, "Troubleshooting signed requests for AWS APIs", expired signatures; S3 API, "Error
/// responses"; Amazon EC2 API, "Error codes", `RequestExpired`.
fn clock_is_wrong(code: &str, message: &str) -> bool {
    let signature = ["Signature expired", "Signature not yet current"].iter().any(|start| message.starts_with(start));
    signature || ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"].contains(&code)
}

/// Who answered with a web page, where AWS never does: not with success, not with a redirection, and not with a denial
/// that has no code in it. Load balancers of AWS itself have pages for other failures.
fn web_page(response: &HttpResponse) -> Option<String> {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").unwrap_or_default();
    let body = response.body().bytes().unwrap_or_default();
    let start = String::from_utf8_lossy(&body[..body.len().min(256)]).trim_start().to_lowercase();
    let html = kind.starts_with("text/html") || start.starts_with("<!doctype html") || start.starts_with("<html");
    let redirected = (300..400).contains(&status) && response.headers().get("location").is_some();
    if !(redirected || html && matches!(status, 200..=399 | 401 | 403 | 407 | 511)) {
        return None;
    }
    let who = response.extension::<AnsweredBy>().map_or("the endpoint", |AnsweredBy(host)| host);
    Some(format!("{who} answered with a web page (HTTP {status}) instead of AWS's answer"))
}

/// The text up to where it turns into a value in Rust's own notation, which no person should have to read: a name in
/// capitals with a brace or parenthesis after it.
fn readable(text: &str) -> Cow<'_, str> {
    let notation = NOTATION.get_or_init(|| Regex::new(r"\b[A-Z][A-Za-z]*(\(| \{)").ok());
    let Some(found) = notation.as_ref().and_then(|notation| notation.find(text)) else { return text.into() };
    tracing::debug!(text, "not shown as it is");
    let start = text[..found.start()].trim_end_matches([' ', ':', ',', '(', '"']);
    if start.is_empty() { "the AWS SDK failed without a reason that can be read".into() } else { start.into() }
}

static NOTATION: OnceLock<Option<Regex>> = OnceLock::new();

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

pub(super) fn network(error: &(dyn Error + 'static)) -> Option<(ErrorKind, String)> {
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

/// The error and what is behind it. An I/O error hides the one it carries from `source`.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// The innermost cause, in words.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    let Some(inner) = causes(error).last() else { return String::new() };
    if let Some(said) = inner.downcast_ref::<ErrorMetadata>() {
        return said.message().or(said.code()).unwrap_or("refused without a word why").to_owned();
    }
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
