//! Why there are no credentials, as an error for the person.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::errors::{Call, cause, causes, network};
use crate::cloud::ErrorKind;
use crate::domain::change::Operation;

/// What went wrong, and in which call, if it was one.
pub(super) type Failure = (ErrorKind, String, Option<Operation>);

const ASSUME_ROLE: Operation = Operation { service: "sts", name: "AssumeRole", iam_action: "sts:AssumeRole" };
const WITH_WEB_IDENTITY: Operation =
    Operation { service: "sts", name: "AssumeRoleWithWebIdentity", iam_action: "sts:AssumeRoleWithWebIdentity" };
const GET_ROLE_CREDENTIALS: Operation =
    Operation { service: "sso", name: "GetRoleCredentials", iam_action: "sso:GetRoleCredentials" };

pub(super) fn failure(error: &CredentialsError) -> Failure {
    let called = called::<AssumeRoleError>(error, ASSUME_ROLE)
        .or_else(|| called::<AssumeRoleWithWebIdentityError>(error, WITH_WEB_IDENTITY))
        .or_else(|| called::<GetRoleCredentialsError>(error, GET_ROLE_CREDENTIALS));
    if let Some(failure) = called {
        return failure;
    }
    let (kind, message) = uncalled(error);
    (kind, message, None)
}

/// The failure of a call on the way to the credentials.
fn called<E>(error: &CredentialsError, operation: Operation) -> Option<Failure>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let sdk = causes(error).find_map(|e| e.downcast_ref::<SdkError<E, HttpResponse>>())?;
    let (kind, message) = Call::of_credentials(operation).judged(sdk);
    let kind = match kind {
        // The portal's word for a sign-in that is over.
        ErrorKind::AccessDenied if sdk.code() == Some("UnauthorizedException") => ErrorKind::ExpiredCredentials,
        ErrorKind::AccessDenied if message.contains("MultiFactorAuthentication") => ErrorKind::MfaRequired,
        ErrorKind::AccessDenied | ErrorKind::Invalid | ErrorKind::NotFound => ErrorKind::RoleDenied,
        kind => kind,
    };
    Some((kind, message, Some(operation)))
}

/// A failure that no such call had part in.
fn uncalled(error: &CredentialsError) -> (ErrorKind, String) {
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    let all = texts.join(": ");
    if let Some(process) = process(&all) {
        return (ErrorKind::ProcessFailed, process);
    }
    if let Some(network) = network(error) {
        return network;
    }
    let low = all.to_lowercase().replace('\\', "/");
    // For someone who has never signed in, the remedy is the same as for someone whose sign-in has expired.
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
        CredentialsError::InvalidConfiguration(_) => (ErrorKind::BadProfile, cause(error)),
        _ => (ErrorKind::NoCredentials, status(&all).unwrap_or_else(|| cause(error))),
    }
}

/// How the `credential_process` ended. The SDK has it in words only, around the status and what the process printed.
fn process(text: &str) -> Option<String> {
    const ENDED: &str = "external process exited with code ";
    const UNREADABLE: &str = "external process, could not parse response: ";
    if let Some((_, ended)) = text.split_once(ENDED) {
        let (status, printed) = ended.split_once(". Stderr: ").unwrap_or((ended, ""));
        let status = status.trim_start_matches("exit status: ").trim_start_matches("exit code: ");
        let how = match status {
            "127" => "was not found (exit status 127)".to_owned(),
            "126" => "could not be executed (exit status 126)".to_owned(),
            status if status.starts_with("signal: ") => format!("was ended by a {}", status.replacen(": ", " ", 1)),
            status => format!("ended with exit status {status}"),
        };
        let printed = printed.trim();
        return Some(if printed.is_empty() { how } else { format!("{how}: {printed}") });
    }
    if let Some((_, why)) = text.split_once(UNREADABLE) {
        // Anything else in it may be a part of what was printed, which may be a secret.
        let field = why.split('`').nth(1).filter(|_| why.starts_with("Expected field"));
        return Some(match field {
            Some(field) => format!("printed credentials without `{field}`"),
            None => "did not print credentials as JSON".to_owned(),
        });
    }
    text.contains("credentials from external process").then(|| "could not be run".to_owned())
}

/// What a container's credential endpoint answered. The SDK has it in words only.
fn status(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("HTTP credential provider: StatusCode(")?;
    let status = rest.split(')').next()?;
    Some(format!("the endpoint for the container's credentials answered HTTP {status}"))
}
