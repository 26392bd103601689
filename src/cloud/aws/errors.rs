//! Converts SDK errors to errors for the user. Every answer passes through here, so answers are logged here too.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use tokio::time::Instant;

use super::causes::{causes, long_line, short_line, without_debug_output};
use super::classify::{kind_and_message, service_error};
use super::credentials;
use crate::cloud::{Answer, CloudError, ErrorKind};
use crate::domain::change::Operation;
use crate::domain::change::transient::TransientError;
use crate::domain::{Change, Query};

/// Not a call.
const NO_CALL: Operation = Operation { service: "", name: "", iam_action: "" };

/// The error about the call for the credentials, if there was one.
/// `waited` is how long it took.
pub(super) fn without_credentials(
    error: &CredentialsError,
    waited: Duration,
    request_id: Option<String>,
) -> CloudError {
    let (kind, message, call) = credentials::failure(error, waited);
    Call::new(call.unwrap_or(NO_CALL), "", &[]).error_of(kind, &message, request_id)
}

/// One call, as an error names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    operation: Operation,
    resource: &'a str,
    /// The errors that waiting resolves.
    eventual: &'static [TransientError],
    began: Instant,
}

impl<'a> Call<'a> {
    pub(super) fn query(query: Query, resource: &'a str) -> Self {
        Self::new(query.operation(), resource, &[])
    }

    fn new(operation: Operation, resource: &'a str, eventual: &'static [TransientError]) -> Self {
        Self { operation, resource, eventual, began: Instant::now() }
    }

    /// The call that makes a change.
    pub(super) fn change(change: &'a Change) -> Self {
        let spec = change.spec();
        Self::new(spec.operation, change.name(), spec.eventual)
    }

    /// The error of a failed call.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let request_id = error.request_id().map(short_line);
        let Some(credentials_error) = causes(error).find_map(|e| e.downcast_ref::<CredentialsError>()) else {
            let (kind, message) = kind_and_message(self.eventual, error, self.began.elapsed());
            return self.error_of(kind, &message, request_id);
        };
        // This call was never sent.
        without_credentials(credentials_error, self.began.elapsed(), request_id)
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
        let (kind, message) = service_error(self.eventual, code, message, None);
        self.error(kind, &message)
    }

    /// An error that follows from what was answered.
    pub(super) fn error(&self, kind: ErrorKind, message: &str) -> CloudError {
        self.error_of(kind, message, None)
    }

    fn error_of(&self, kind: ErrorKind, message: &str, request_id: Option<String>) -> CloudError {
        let message = without_debug_output(message);
        // Nothing can be done without a sign-in, which every endpoint of AWS has.
        let (kind, message) = match (kind, self.operation.service) {
            (ErrorKind::Unsupported, "sts" | "sso" | "signin") => {
                (ErrorKind::NotAws, format!("the endpoint does not answer as AWS does ({message})").into())
            }
            (kind, _) => (kind, message),
        };
        let is_denial = matches!(kind, ErrorKind::AccessDenied | ErrorKind::RoleDenied);
        let error = CloudError {
            kind,
            service: self.operation.service,
            operation: self.operation.name,
            iam_action: self.operation.iam_action,
            resource: self.resource.to_owned(),
            message: if is_denial { long_line(&message) } else { short_line(&message) },
            request_id,
            sign_in: None,
        };
        let CloudError { operation, resource, message, request_id, .. } = &error;
        tracing::warn!(operation, resource, ?kind, why = message, request_id, "failed");
        error
    }
}
