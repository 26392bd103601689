//! The roles that a profile assumes, one after the other. The SDK's own provider neither sends an MFA code nor respects
//! `duration_seconds`, so the calls are made here.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use aws_sdk_sts::Client;

use super::cleaned::cleaned;
use crate::cloud::{AssumedRole, MfaCode};

/// Sessions of roles that took an MFA code. They are kept in memory only, until they end, so that choosing another Region
/// takes no other code. The secret parts of [`Credentials`] aren't in its debug output.
pub(super) type MfaSessions = Arc<Mutex<HashMap<AssumedRole, Credentials>>>;

/// Assumes roles, the first with the credentials of `base`, and each other one with those of the role before it.
pub(super) struct RoleChain {
    base: SharedCredentialsProvider,
    /// The profile's own role comes last.
    roles: Vec<AssumedRole>,
    /// The settings for STS. The credentials in it aren't used.
    config: SdkConfig,
    sessions: MfaSessions,
}

/// A session of a role that would take an MFA code, which can't be asked for in the middle of a call.
#[derive(Debug)]
pub(super) struct CodeNeeded {
    pub(super) role: String,
}

impl fmt::Display for CodeNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role {} needs an MFA code", self.role)
    }
}

impl Error for CodeNeeded {}

impl RoleChain {
    /// `roles` begins with the profile's own.
    pub(super) fn new(
        base: SharedCredentialsProvider,
        roles: &[AssumedRole],
        config: SdkConfig,
        sessions: MfaSessions,
    ) -> Self {
        Self { base, roles: roles.iter().rev().cloned().collect(), config, sessions }
    }

    /// The role that needs a code now, if there is one.
    pub(super) fn needs_code(&self) -> Option<&AssumedRole> {
        let (_, rest) = self.valid_session();
        rest.iter().find(|role| role.mfa_serial.is_some())
    }

    /// Assumes the role that needs a code, and keeps its session.
    pub(super) async fn enter_code(&self, code: &MfaCode) -> Result<(), CredentialsError> {
        self.walk(Some(code)).await.map(|_| ())
    }

    /// Assumes what has to be assumed: without a code all roles, and with a code those up to the one that needs it.
    async fn walk(&self, code: Option<&MfaCode>) -> Provided {
        let (session, rest) = self.valid_session();
        let mut credentials = match session {
            Some(session) => session,
            None => cleaned(self.base.provide_credentials().await?),
        };
        for role in rest {
            match (&role.mfa_serial, code) {
                (Some(_), None) => {
                    return Err(CredentialsError::provider_error(CodeNeeded { role: role.arn.clone() }));
                }
                (Some(_), Some(_)) => {
                    credentials = self.assume(role, credentials, code).await?;
                    self.sessions().insert(role.clone(), credentials.clone());
                    return Ok(credentials);
                }
                (None, _) => credentials = self.assume(role, credentials, None).await?,
            }
        }
        Ok(credentials)
    }

    /// The session of the last role in the chain that took a code and whose session hasn't ended, and the roles after it.
    fn valid_session(&self) -> (Option<Credentials>, &[AssumedRole]) {
        let soon = self.now() + Duration::from_secs(5);
        let sessions = self.sessions();
        let valid = |role: &AssumedRole| {
            sessions.get(role).filter(|session| session.expiry().is_none_or(|expiry| expiry > soon)).cloned()
        };
        let found = self.roles.iter().enumerate().rev().find_map(|(i, role)| Some((i, valid(role)?)));
        match found {
            Some((i, session)) => (Some(session), &self.roles[i + 1..]),
            None => (None, &self.roles),
        }
    }

    async fn assume(&self, role: &AssumedRole, with: Credentials, code: Option<&MfaCode>) -> Provided {
        let config = self.config.to_builder().credentials_provider(SharedCredentialsProvider::new(with)).build();
        let default_name = || {
            let since_1970 = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
            format!("rootbell-{}", since_1970.as_secs())
        };
        let answer = Client::new(&config)
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(role.session_name.clone().unwrap_or_else(default_name))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration_seconds)
            .set_serial_number(role.mfa_serial.clone().filter(|_| code.is_some()))
            .set_token_code(code.map(|code| code.as_str().to_owned()))
            .send()
            .await
            .map_err(CredentialsError::provider_error)?;
        let keys = answer.credentials.ok_or_else(|| CredentialsError::unhandled("the answer has no credentials"))?;
        let expiry = SystemTime::try_from(keys.expiration).map_err(CredentialsError::unhandled)?;
        let token = Some(keys.session_token);
        Ok(Credentials::new(keys.access_key_id, keys.secret_access_key, token, Some(expiry), "AssumeRole"))
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<AssumedRole, Credentials>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        self.config.time_source().map_or(UNIX_EPOCH, |source| source.now())
    }
}

impl fmt::Debug for RoleChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleChain").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl ProvideCredentials for RoleChain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.walk(None))
    }
}
