//! Why there are no credentials, as an error for the user.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_signin::operation::create_o_auth2_token::CreateOAuth2TokenError;
use aws_sdk_signin::types::OAuth2ErrorCode;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::causes::{cause, causes};
use super::classify::{kind_and_message, network, no_answer, not_aws, service_error};
use super::roles::CodeNeeded;
use crate::cloud::ErrorKind;
use crate::domain::change::Operation;

/// The error, and the call that it comes from, if any.
pub(super) type Failure = (ErrorKind, String, Option<Operation>);

/// Why there are no credentials if they could have come from anywhere.
pub(super) const NOTHING_FOUND: &str =
    "none in the environment, the shared configuration, the container, or the instance";

const ASSUME_ROLE: Operation = Operation { service: "sts", name: "AssumeRole", iam_action: "sts:AssumeRole" };
const WITH_WEB_IDENTITY: Operation =
    Operation { service: "sts", name: "AssumeRoleWithWebIdentity", iam_action: "sts:AssumeRoleWithWebIdentity" };
const GET_ROLE_CREDENTIALS: Operation =
    Operation { service: "sso", name: "GetRoleCredentials", iam_action: "sso:GetRoleCredentials" };

const RENEW_LOGIN: Operation =
    Operation { service: "signin", name: "CreateOAuth2Token", iam_action: "signin:CreateOAuth2Token" };

pub(super) fn failure(error: &CredentialsError, waited: Duration) -> Failure {
    let error_of_call = error_of_call::<AssumeRoleError>(error, ASSUME_ROLE, waited)
        .or_else(|| error_of_call::<AssumeRoleWithWebIdentityError>(error, WITH_WEB_IDENTITY, waited))
        .or_else(|| error_of_call::<GetRoleCredentialsError>(error, GET_ROLE_CREDENTIALS, waited))
        .or_else(|| error_of_call::<CreateOAuth2TokenError>(error, RENEW_LOGIN, waited))
        .or_else(|| error_of_renewal(error));
    if let Some(failure) = error_of_call {
        return failure;
    }
    if let Some(needed) = causes(error).find_map(|e| e.downcast_ref::<CodeNeeded>()) {
        return (ErrorKind::MfaRequired, needed.role.clone(), Some(ASSUME_ROLE));
    }
    let (kind, message) = error_without_call(error, waited);
    (kind, message, None)
}

/// The error of a call that gets credentials.
fn error_of_call<E>(error: &CredentialsError, operation: Operation, waited: Duration) -> Option<Failure>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let sdk = causes(error).find_map(|e| e.downcast_ref::<SdkError<E, HttpResponse>>())?;
    let (kind, message) = kind_and_message(&[], sdk, waited);
    let kind = match kind {
        // IAM Identity Center returns this if it doesn't accept the token, such as after a sign-out.
        ErrorKind::AccessDenied if sdk.code() == Some("UnauthorizedException") => ErrorKind::InvalidCredentials,
        ErrorKind::AccessDenied if is_wrong_code(&message) => ErrorKind::MfaRejected,
        ErrorKind::AccessDenied | ErrorKind::Invalid | ErrorKind::NotFound => ErrorKind::RoleDenied,
        kind => kind,
    };
    Some((kind, message, Some(operation)))
}

/// The error of the call that renews a sign-in with `aws login`. The SDK drops the status, and passes only AWS's code and
/// message; an expired session is left to [`error_without_call`].
///
/// Source: AWS Sign-In API, CreateOAuth2Token, errors.
fn error_of_renewal(error: &CredentialsError) -> Option<Failure> {
    let renewal = causes(error).find_map(|e| e.downcast_ref::<CreateOAuth2TokenError>())?;
    let (mut kind, mut message) = service_error(&[], renewal.code(), renewal.message(), None);
    match renewal {
        CreateOAuth2TokenError::TooManyRequestsError(_) => kind = ErrorKind::Throttled,
        CreateOAuth2TokenError::InternalServerException(_) => kind = ErrorKind::Unavailable,
        CreateOAuth2TokenError::AccessDeniedException(denied)
            if denied.error() == &OAuth2ErrorCode::InsufficientPermissions =>
        {
            kind = ErrorKind::AccessDenied;
        }
        CreateOAuth2TokenError::AccessDeniedException(denied)
            if denied.error() == &OAuth2ErrorCode::UserCredentialsChanged =>
        {
            (kind, message) =
                (ErrorKind::InvalidCredentials, "the password has been changed since the sign-in".to_owned());
        }
        _ if renewal.code().is_none() => (kind, message) = (ErrorKind::NotAws, not_aws(None)),
        _ if kind == ErrorKind::WrongClock => {}
        _ => return None,
    }
    Some((kind, message, Some(RENEW_LOGIN)))
}

/// Whether AWS doesn't accept the MFA code, rather than missing it.
///
/// Source: aws/aws-cli issues 2279 ("invalid MFA one time pass code") and 6325 ("unable to validate MFA code").
fn is_wrong_code(message: &str) -> bool {
    let reasons = ["invalid MFA one time pass code", "unable to validate MFA code"];
    reasons.iter().any(|reason| message.contains(reason))
}

/// An error that doesn't come from such a call.
fn error_without_call(error: &CredentialsError, waited: Duration) -> (ErrorKind, String) {
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    let all = texts.join(": ");
    if let Some(process_error) = process_error(&all) {
        return (ErrorKind::ProcessFailed, process_error);
    }
    if let Some(network) = network(error, waited) {
        return network;
    }
    let lower = all.to_lowercase().replace('\\', "/");
    let expired = ["expired", "sso token", "login token", "unauthorizedexception", "session token not found"];
    // Nobody has signed in, or somebody has signed out, which deletes the file.
    let cached = ["sso/cache/", "login/cache/"].into_iter().find(|cache| lower.contains(cache));
    match error {
        CredentialsError::CredentialsNotLoaded(_) if all.contains("found in chain") => {
            (ErrorKind::NoCredentials, NOTHING_FOUND.to_owned())
        }
        CredentialsError::CredentialsNotLoaded(_) if error.source().is_none() => {
            (ErrorKind::NoCredentials, "the profile doesn't say where to get them".to_owned())
        }
        CredentialsError::ProviderTimedOut(_) => (ErrorKind::Timeout, no_answer(error, waited)),
        _ if cached.is_some() && causes(error).any(is_not_found) => {
            let cache = cached.unwrap_or_default().trim_end_matches('/');
            (ErrorKind::NoCredentials, format!("no token in ~/.aws/{cache}"))
        }
        // The SDK hides why, but it isn't that the token has expired, which it says in other words.
        _ if lower.contains("failed to load the cached sso token") => {
            (ErrorKind::NoCredentials, "no token that can be read in ~/.aws/sso/cache".to_owned())
        }
        _ if expired.iter().any(|sign| lower.contains(sign)) || cached.is_some() => {
            (ErrorKind::ExpiredCredentials, all)
        }
        CredentialsError::InvalidConfiguration(_) => (ErrorKind::BadProfile, cause(error)),
        _ => (ErrorKind::NoCredentials, container_error(&all).unwrap_or_else(|| cause(error))),
    }
}

fn is_not_found(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound)
}

/// How the `credential_process` ended. The SDK returns only text that contains the status and what the process printed.
fn process_error(text: &str) -> Option<String> {
    const ENDED: &str = "external process exited with code ";
    const UNREADABLE: &str = "external process, could not parse response: ";
    if let Some((_, ended)) = text.split_once(ENDED) {
        let (container_error, printed) = ended.split_once(". Stderr: ").unwrap_or((ended, ""));
        let container_error = container_error.trim_start_matches("exit status: ").trim_start_matches("exit code: ");
        let how = match container_error {
            "127" => "was not found (exit status 127)".to_owned(),
            "126" => "could not be executed (exit status 126)".to_owned(),
            container_error if container_error.starts_with("signal: ") => {
                format!("was ended by a {}", container_error.replacen(": ", " ", 1))
            }
            container_error => format!("ended with exit status {container_error}"),
        };
        let printed = printed.trim();
        return Some(if printed.is_empty() { how } else { format!("{how}: {printed}") });
    }
    if let Some((_, why)) = text.split_once(UNREADABLE) {
        // The rest may contain parts of what was printed, which may be secret.
        let field = why.split('`').nth(1).filter(|_| why.starts_with("Expected field"));
        return Some(match field {
            Some(field) => format!("printed credentials without `{field}`"),
            None => "did not print credentials as JSON".to_owned(),
        });
    }
    text.contains("credentials from external process").then(|| "could not be run".to_owned())
}

/// What a container's credential endpoint returned. The SDK returns only text.
fn container_error(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("HTTP credential provider: StatusCode(")?;
    let container_error = rest.split(')').next()?;
    Some(format!("the endpoint for the container's credentials returned HTTP {container_error}"))
}
