//! What kind of error it is that a call failed with.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::causes::{cause, causes};
use super::http::{Recipient, Undelivered};
use crate::cloud::{ErrorKind, KeyProblem, OrganizationProblem};
use crate::domain::change::transient::{TransientError, is_transient};
use crate::domain::key_state::KeyState;

/// The kind of error, and the message from AWS or the network. `eventual` has the errors of this call that waiting resolves,
/// and `waited` is how long it took.
pub(super) fn kind_and_message<E>(
    eventual: &[TransientError],
    error: &SdkError<E, HttpResponse>,
    waited: Duration,
) -> (ErrorKind, String)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let response = error.raw_response();
    let status = response.map(|raw| raw.status().as_u16());
    match error {
        SdkError::TimeoutError(_) => (ErrorKind::Timeout, no_answer(error, waited)),
        _ if error.code().is_none()
            && let Some(page) = response.and_then(web_page) =>
        {
            (ErrorKind::WebPage, page)
        }
        SdkError::ServiceError(_) => {
            let (kind, message) = service_error(eventual, error.code(), error.message(), status);
            let times = response.filter(|_| kind == ErrorKind::WrongClock).and_then(times_of_request);
            (kind, times.map_or(message.clone(), |times| format!("{} ({times})", message.trim_end_matches('.'))))
        }
        SdkError::ResponseError(_) => response_error(error, status),
        _ => dispatch_error(error, waited),
    }
}

pub(super) fn service_error(
    eventual: &[TransientError],
    code: Option<&str>,
    message: Option<&str>,
    status: Option<u16>,
) -> (ErrorKind, String) {
    // AWS appends the whole request, including the session token.
    let text = message.and_then(|m| m.split("The Canonical String").next()).filter(|m| !m.trim().is_empty());
    let kind = kind(eventual, code.unwrap_or_default(), text.unwrap_or_default(), status);
    let without_message = || match (code, status) {
        (Some(code), _) => code.to_owned(),
        (None, Some(200..300)) => not_aws(status),
        (None, Some(status)) => format!("HTTP {status} without an explanation"),
        (None, None) => "refused without an explanation".to_owned(),
    };
    (kind, text.map_or_else(without_message, str::to_owned))
}

fn kind(eventual: &[TransientError], code: &str, message: &str, status: Option<u16>) -> ErrorKind {
    if is_transient(eventual, code, message) {
        return ErrorKind::EventualConsistency;
    }
    // This is how emulators say it.
    if ["Unknown action", "Unknown operation"].iter().any(|start| message.starts_with(start)) {
        return ErrorKind::Unsupported;
    }
    if clock_is_wrong(code, message) {
        return ErrorKind::WrongClock;
    }
    if let Some(problem) = key_problem(code, message) {
        return ErrorKind::Key(problem);
    }
    if let Some(problem) = OrganizationProblem::from_code(code) {
        return ErrorKind::Organization(problem);
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
        "OptInRequired" | "RegionDisabledException" | "SubscriptionRequiredException" => ErrorKind::RegionDisabled,
        "ValidationException" if is_protected(message) => ErrorKind::DeletionProtected,
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "UnauthorizedOperation"
        | "UnauthorizedAccess"
        | "NotAuthorized" => ErrorKind::AccessDenied,
        "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown" | "PriorRequestNotComplete" => {
            ErrorKind::Throttled
        }
        "ServiceUnavailable" | "ServiceUnavailableException" | "Unavailable" => ErrorKind::Unavailable,
        "MaximumNumberOfTrailsExceededException" | "TooManyBuckets" => ErrorKind::Quota,
        "InvalidAction" | "UnknownOperation" | "UnknownOperationException" | "NotImplemented" => ErrorKind::Unsupported,
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

/// The kind by HTTP status, if the error code doesn't tell.
fn by_status(code: &str, status: Option<u16>) -> ErrorKind {
    match status {
        Some(200..300) if code.is_empty() => ErrorKind::NotAws,
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

/// Why a KMS key can't be used: the codes of SNS, S3, CloudTrail, and KMS itself, and the message of CloudWatch Logs,
/// whose code is that of a missing permission.
///
/// Source: SNS API, Publish, errors; S3 User Guide, "Troubleshoot Access Denied errors", `KMS.` codes; CloudTrail API,
/// UpdateTrail, errors; AWS KMS Developer Guide, "Key states of AWS KMS keys", messages; for the message of CloudWatch
/// Logs, hashicorp/terraform-provider-aws issue 29282.
fn key_problem(code: &str, message: &str) -> Option<KeyProblem> {
    if message.contains("KMS key does not exist or is not allowed to be used") {
        return Some(KeyProblem::NotAllowed);
    }
    let is_pending = message.contains("is pending deletion");
    let name = code.strip_prefix("KMS.").unwrap_or(code).trim_end_matches("Exception");
    Some(match name {
        "KMSDisabled" | "KmsKeyDisabled" | "Disabled" | "KMSInvalidState" if is_pending => {
            KeyProblem::State(KeyState::PendingDeletion)
        }
        "KMSDisabled" | "KmsKeyDisabled" | "Disabled" => KeyProblem::State(KeyState::Disabled),
        "KMSInvalidState" if message.contains("is disabled") => KeyProblem::State(KeyState::Disabled),
        "KMSInvalidState" | "KeyUnavailable" => KeyProblem::State(KeyState::Unavailable),
        "KMSNotFound" | "KmsKeyNotFound" => KeyProblem::NotFound,
        "KMSAccessDenied" | "InsufficientEncryptionPolicy" => KeyProblem::NotAllowed,
        _ => return None,
    })
}

/// The times of the request and of AWS, which S3 puts next to its message about a wrong clock.
///
/// Source: versity/versitygw issue 1514 and aws/aws-sdk-php issue 612, answers of S3.
fn times_of_request(response: &HttpResponse) -> Option<String> {
    let body = String::from_utf8_lossy(response.body().bytes()?);
    let element = |name: &str| {
        let (_, text) = body.split_once(&format!("<{name}>"))?;
        text.split_once("</").map(|(text, _)| text.to_owned())
    };
    Some(format!("request {}, AWS {}", element("RequestTime")?, element("ServerTime")?))
}

/// Whether a deletion is refused because the resource is protected from it.
///
/// Source: CloudWatch Logs User Guide, "Protecting log groups from deletion", error handling.
fn is_protected(message: &str) -> bool {
    message.contains("deletion protection")
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
    let who = match response.extension::<Recipient>() {
        Some(Recipient { host, proxy: Some(proxy), .. }) => format!("{host} (through the proxy {proxy})"),
        Some(Recipient { host, proxy: None, .. }) => host.clone(),
        None => "the endpoint".to_owned(),
    };
    Some(format!("{who} answered with a web page (HTTP {status}) instead of AWS's answer"))
}

/// The answer was cut off, or isn't from AWS.
fn response_error(error: &(dyn Error + 'static), status: Option<u16>) -> (ErrorKind, String) {
    if causes(error).any(<dyn Error>::is::<io::Error>) {
        return (ErrorKind::Offline, cause(error));
    }
    let kind = match by_status("", status) {
        ErrorKind::Other => ErrorKind::NotAws,
        kind => kind,
    };
    (kind, not_aws(status))
}

pub(super) fn not_aws(status: Option<u16>) -> String {
    let status = status.map(|s| format!(" (HTTP {s})")).unwrap_or_default();
    format!("the answer{status} is not one that AWS gives")
}

/// The request wasn't delivered: no credentials, no connection, or a timeout.
fn dispatch_error(error: &(dyn Error + 'static), waited: Duration) -> (ErrorKind, String) {
    if let Some(network) = network(error, waited) {
        return network;
    }
    let text = cause(error);
    // The SDK's own type for this is private.
    if text.starts_with("identity resolver timed out") {
        return (ErrorKind::Timeout, no_answer(error, waited));
    }
    (ErrorKind::Other, text)
}

/// The error, if there was no answer: it took too long, or there was no connection.
pub(super) fn network(error: &(dyn Error + 'static), waited: Duration) -> Option<(ErrorKind, String)> {
    let connector = causes(error).filter_map(|e| e.downcast_ref::<ConnectorError>()).last();
    if timeout_text(error).is_some() || connector.is_some_and(ConnectorError::is_timeout) {
        return Some((ErrorKind::Timeout, no_answer(error, waited)));
    }
    if let Some(why) = proxy_problem(error) {
        return Some((ErrorKind::Proxy, why));
    }
    // A connection that is closed before the response is complete isn't an I/O error, but one that may pass.
    let is_lost = |error: &ConnectorError| error.is_io() || error.as_other().is_some();
    connector.is_some_and(is_lost).then(|| {
        let host = recipient(error).map(|to| to.host.as_str()).filter(|_| is_about_a_name(error));
        let why = host.map_or_else(|| cause(error), |host| format!("the name {host} could not be resolved"));
        (ErrorKind::Offline, why)
    })
}

fn recipient<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Recipient> {
    causes(error).find_map(|e| e.downcast_ref::<Undelivered>()).map(|undelivered| &undelivered.to)
}

fn timeout_text(error: &(dyn Error + 'static)) -> Option<String> {
    causes(error).map(ToString::to_string).filter(|text| text.contains("timeout") && text.contains("occurred")).last()
}

fn is_about_a_name(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|e| e.to_string().contains("dns error"))
}

/// "no answer from HOST in 32 s (3 attempts)", as far as that is known.
pub(super) fn no_answer(error: &(dyn Error + 'static), waited: Duration) -> String {
    let waited = match waited.as_secs() {
        0 => format!("{} ms", waited.as_millis()),
        seconds => format!("{seconds} s"),
    };
    let Some(Recipient { host, proxy, attempt }) = recipient(error) else { return format!("no answer in {waited}") };
    let through = proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
    let is_unconnected = timeout_text(error).is_some_and(|text| text.contains("connect timeout"));
    let what = if is_unconnected { "no connection to" } else { "no answer from" };
    let attempts = if *attempt > 1 { format!(" ({attempt} attempts)") } else { String::new() };
    format!("{what} {host}{through} in {waited}{attempts}")
}

/// What is wrong with the proxy, if it is the proxy that failed.
fn proxy_problem(error: &(dyn Error + 'static)) -> Option<String> {
    let Recipient { host, proxy, .. } = recipient(error)?;
    let proxy = proxy.as_ref()?;
    // The text of an error whose type is private.
    let tunnel =
        causes(error).map(ToString::to_string).find_map(|text| Some(text.strip_prefix("tunnel error: ")?.to_owned()));
    Some(match tunnel.as_deref() {
        Some("proxy authorization required") => {
            format!("the proxy {proxy} asks for a user name and a password (HTTP 407)")
        }
        Some("unsuccessful") => format!("the proxy {proxy} refuses to connect to {host}"),
        Some("unexpected end of file") => format!("the proxy {proxy} closed the connection before it answered"),
        Some("failed to create underlying connection") => unreachable_proxy(proxy, error),
        Some(_) => format!("the proxy {proxy} does not answer as a proxy does"),
        // A request without TLS has no tunnel.
        None if is_about_a_name(error) || is_refused(error) => unreachable_proxy(proxy, error),
        None => return None,
    })
}

fn unreachable_proxy(proxy: &str, error: &(dyn Error + 'static)) -> String {
    let why = if is_about_a_name(error) { "its name could not be resolved".to_owned() } else { cause(error) };
    format!("the proxy {proxy} cannot be reached: {why}")
}

fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let io = causes(error).filter_map(|e| e.downcast_ref::<io::Error>()).last();
    io.is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
}
