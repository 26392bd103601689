//! What provides the credentials of a session.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;

use super::profile_names::for_sdk;
use super::roles::{MfaSessions, RoleChain};
use crate::cloud::{CredentialSource, SignIn};

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
        | CredentialSource::Unknown => of_profile(&for_sdk(owner?), sources),
    };
    Some(Arc::new(RoleChain::new(base, &sign_in.roles, config.clone(), Arc::clone(sessions))))
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
