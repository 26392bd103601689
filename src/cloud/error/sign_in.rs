//! Which errors are about the sign-in.

use super::{CloudError, ErrorKind};
use crate::cloud::sign_in_problem::SignInFailure;
use crate::domain::problem::Problem;

impl CloudError {
    /// Whether the sentence names the role, so that it doesn't have to name the call.
    pub(super) fn is_about_a_role(&self) -> bool {
        matches!(self.kind, ErrorKind::RoleDenied | ErrorKind::MfaRequired | ErrorKind::MfaRejected)
    }

    /// The failure, if what is said about it depends on the kind of credentials.
    fn sign_in_failure(&self) -> Option<SignInFailure> {
        let no_device = || {
            let sign_in = self.sign_in.as_deref();
            let role = sign_in.and_then(|sign_in| sign_in.role(&self.message));
            self.message.contains("MultiFactorAuthentication") && role.is_none_or(|role| role.mfa_serial.is_none())
        };
        match self.kind {
            ErrorKind::NoCredentials | ErrorKind::ProcessFailed => Some(SignInFailure::Missing),
            ErrorKind::ExpiredCredentials => Some(SignInFailure::Expired),
            ErrorKind::InvalidCredentials if self.operation == "GetRoleCredentials" => Some(SignInFailure::SignedOut),
            // This session is not one of a Region.
            ErrorKind::InvalidCredentials if self.service == "signin" => Some(SignInFailure::Rejected),
            ErrorKind::InvalidCredentials if self.opt_in_region().is_none() => Some(SignInFailure::Rejected),
            // A timeout of any other call names the call.
            ErrorKind::Timeout if self.operation.is_empty() => Some(SignInFailure::TimedOut),
            ErrorKind::MfaRequired => Some(SignInFailure::CodeNeeded),
            ErrorKind::MfaRejected => Some(SignInFailure::CodeRejected),
            ErrorKind::RoleDenied if self.operation == "GetRoleCredentials" => None,
            ErrorKind::RoleDenied if self.message.contains("DurationSeconds") => Some(SignInFailure::SessionTooLong),
            ErrorKind::RoleDenied if no_device() => Some(SignInFailure::NoDevice),
            ErrorKind::RoleDenied => Some(SignInFailure::RoleDenied),
            _ => None,
        }
    }

    /// What is said about a failure of the sign-in, if it is one.
    pub(super) fn sign_in_problem(&self) -> Option<Problem> {
        let failure = self.sign_in_failure()?;
        let sign_in = self.sign_in.as_deref().cloned().unwrap_or_default();
        let message = self.message.trim().trim_end_matches('.');
        let time = message.strip_prefix("no answer ").unwrap_or("in time");
        let detail = if failure == SignInFailure::TimedOut { time } else { message };
        Some(sign_in.problem(failure, detail))
    }

    /// Whether the problem is the credentials, or getting them.
    pub(super) fn is_about_the_sign_in(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::ExpiredCredentials
                | ErrorKind::InvalidCredentials
                | ErrorKind::NoCredentials
                | ErrorKind::RoleDenied
                | ErrorKind::MfaRequired
                | ErrorKind::MfaRejected
                | ErrorKind::ProcessFailed
                | ErrorKind::BadProfile
                | ErrorKind::RegionDisabled
                | ErrorKind::WrongClock
        ) || self.operation.is_empty() && self.sign_in.is_some()
            || ["sts", "sso", "signin"].contains(&self.service)
    }

    /// Whether a sign-in elsewhere, or a change of the configuration, may be all that is needed to continue.
    #[must_use]
    pub fn awaits_sign_in(&self) -> bool {
        let sign_in = self.sign_in.as_deref().cloned().unwrap_or_default();
        match self.kind {
            ErrorKind::NoProfile | ErrorKind::BadProfile => true,
            ErrorKind::ExpiredCredentials
            | ErrorKind::InvalidCredentials
            | ErrorKind::NoCredentials
            | ErrorKind::RoleDenied
            | ErrorKind::ProcessFailed => sign_in.comes_from_files(),
            _ => false,
        }
    }
}
