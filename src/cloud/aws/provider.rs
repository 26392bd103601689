//! What provides the credentials of a session.

use std::sync::Arc;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;

use super::cleaned::cleaned;
use super::profile_names::{as_written, for_sdk};
use super::roles::{MfaSessions, RoleChain};
use super::timeouts::Timeouts;
use crate::cloud::{CredentialSource, SignIn};

/// How long getting the credentials may take altogether. It is less than an attempt of a call may take, so that what is
/// reported is that this took too long, and not the call that needs them.
const PROVIDED_WITHIN: Duration = Duration::from_secs(11);

/// The timeouts of each call that gets credentials.
pub(super) fn timeouts() -> TimeoutConfig {
    let seconds = Duration::from_secs;
    Timeouts { read: seconds(9), attempt: seconds(10), operation: seconds(10), ..Timeouts::default() }.into()
}

/// Ends a provider that takes too long, such as a `credential_process` that waits for something.
#[derive(Debug)]
pub(super) struct Limited(pub(super) SharedCredentialsProvider);

impl Limited {
    async fn provide(&self) -> Provided {
        let provided = tokio::time::timeout(PROVIDED_WITHIN, self.0.provide_credentials()).await;
        provided.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(PROVIDED_WITHIN))).map(cleaned)
    }
}

impl ProvideCredentials for Limited {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

/// What the providers are made with.
pub(super) struct Sources {
    pub(super) settings: ProviderConfig,
    /// The files, with names that the SDK accepts.
    pub(super) files: EnvConfigFiles,
}

/// The provider for a profile that assumes roles; `None` if it assumes none, or if its settings are wrong.
pub(super) fn role_chain(
    sign_in: &SignIn,
    files: &EnvConfigSections,
    sources: &Sources,
    config: &SdkConfig,
    sessions: &MfaSessions,
) -> Option<Arc<RoleChain>> {
    if sign_in.roles.is_empty() || sign_in.fault.is_some() {
        return None;
    }
    let owner = sign_in.source_profile.as_deref();
    let base = match &sign_in.source {
        CredentialSource::Keys(_) => keys(files, &for_sdk(owner.or(sign_in.profile.as_deref())?))?,
        CredentialSource::Environment(_) => {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        }
        CredentialSource::Container => {
            SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(&sources.settings).build())
        }
        CredentialSource::Instance => {
            SharedCredentialsProvider::new(ImdsCredentialsProvider::builder().configure(&sources.settings).build())
        }
        CredentialSource::Sso
        | CredentialSource::Login
        | CredentialSource::Process(_)
        | CredentialSource::WebIdentity(_)
        | CredentialSource::Unknown => match sso_session(sign_in, files, sources) {
            Some(session) => session,
            None => of_profile(&for_sdk(owner?), sources),
        },
    };
    let config = config.to_builder().timeout_config(timeouts()).build();
    Some(Arc::new(RoleChain::new(base, &sign_in.roles, config, Arc::clone(sessions))))
}

/// The provider for a session of IAM Identity Center whose name the SDK doesn't accept: it looks for the cached token by
/// the hash of the name as it is written.
pub(super) fn sso_session(
    sign_in: &SignIn,
    files: &EnvConfigSections,
    sources: &Sources,
) -> Option<SharedCredentialsProvider> {
    let owner = sign_in.source_profile.as_deref().or(sign_in.profile.as_deref())?;
    let profile = files.get_profile(&for_sdk(owner)).filter(|_| sign_in.source == CredentialSource::Sso)?;
    let name = profile.get("sso_session").filter(|name| as_written(name) != *name)?;
    let session = files.sso_session(name)?;
    let provider = SsoCredentialsProvider::builder()
        .configure(&sources.settings)
        .account_id(profile.get("sso_account_id")?)
        .role_name(profile.get("sso_role_name")?)
        .start_url(session.get("sso_start_url")?)
        .region(Region::new(session.get("sso_region")?.to_owned()))
        .session_name(as_written(name));
    Some(SharedCredentialsProvider::new(provider.build()))
}

/// The SDK's provider for one profile, by the name that the SDK uses.
pub(super) fn of_profile(profile: &str, sources: &Sources) -> SharedCredentialsProvider {
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&sources.settings)
        .profile_files(sources.files.clone())
        .profile_name(profile)
        .build();
    SharedCredentialsProvider::new(provider)
}

/// The keys in a profile. The SDK's own provider would assume the role of that profile, if it has one too.
fn keys(files: &EnvConfigSections, profile: &str) -> Option<SharedCredentialsProvider> {
    let profile = files.get_profile(profile)?;
    let (id, secret) = (profile.get("aws_access_key_id")?, profile.get("aws_secret_access_key")?);
    let token = profile.get("aws_session_token").map(str::to_owned);
    Some(SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "ProfileFile")))
}
