//! Creates a session from options, environment, and shared configuration. Only `aws-config` gets credentials.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig, imds};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::os_shim_internal::{Env, Fs};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::causes::{cause, short_line};
use super::credentials::NOTHING_FOUND;
use super::endpoints::{check_endpoints, check_url};
use super::errors::without_credentials;
use super::http::{Http, trust};
use super::profile;
use super::profile_list::describe_all;
use super::profile_names::{as_written, for_sdk, shared_files};
use super::provider::{self, Limited, Sources, of_profile, role_chain, sso_session};
use super::roles::{CodeNeeded, MfaSessions, RoleChain};
use super::timeouts::Timeouts;
use super::{AwsCloud, add_sign_in, sign_in_files};
use crate::cloud::diagnosis::{Origins, Reached};
use crate::cloud::{Answer, CloudError, Connector, ErrorKind, MfaCode, Session, SignIn, SignInFiles, Target};
use crate::domain::profile::Profile;
use crate::domain::text;

/// How many times a call is attempted at most, including the first.
const ATTEMPTS: u32 = 3;

/// The profile that doesn't need a section in the files.
pub(super) const DEFAULT: &str = "default";

/// Creates sessions with AWS. Like the AWS CLI, it uses options first, then the environment, then the files.
pub struct AwsConnector {
    pub(super) env: Env,
    pub(super) fs: Fs,
    /// Created with the first session, and shared by all of them.
    http: OnceCell<Http>,
    mfa_sessions: MfaSessions,
}

/// What a session is made from.
struct Prepared {
    config: SdkConfig,
    region: crate::domain::Region,
    region_from: String,
    /// Unless it is the default one.
    profile: Option<String>,
    sign_in: Arc<SignIn>,
    /// The roles to assume, if the profile has some.
    roles: Option<Arc<RoleChain>>,
}

impl Default for AwsConnector {
    fn default() -> Self {
        Self::new()
    }
}

impl AwsConnector {
    /// Uses the environment and files of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::with_env(Env::real(), Fs::real())
    }

    pub(super) fn with_env(env: Env, fs: Fs) -> Self {
        Self { env, fs, http: OnceCell::new(), mfa_sessions: MfaSessions::default() }
    }

    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.env.get(name).ok().filter(|value| !value.is_empty())
    }

    /// The shared configuration, with the profile in use selected.
    pub(super) async fn sections(&self, target: &Target) -> Answer<EnvConfigSections> {
        let shared = shared_files(&self.env, &self.fs).await;
        if let Some([file, why]) = shared.unreadable.filter(|_| !self.uses_environment(target)) {
            return Err(cannot_read(&format!("`{file}`"), &why));
        }
        let load = source::load(&self.env, &self.fs, &shared.for_sdk).await;
        let mut files = load.map_err(|e| cannot_read("The shared configuration", &cause(&e)))?;
        let from_variable = profile::from_variable(&self.env).map(|(_, name)| name);
        let profile = target.profile.clone().filter(|name| !name.is_empty()).or(from_variable);
        files.profile = Cow::Owned(for_sdk(profile.as_deref().unwrap_or(DEFAULT)).into_owned());
        EnvConfigSections::parse(files).map_err(|e| cannot_read("The shared configuration", &e.to_string()))
    }

    /// Whether the keys come from the environment, so that the files are needed only for the Region.
    fn uses_environment(&self, target: &Target) -> bool {
        target.profile.is_none() && profile::environment_keys(&self.env).is_some()
    }

    pub(super) async fn http(&self) -> Answer<Http> {
        let client = self.http.get_or_try_init(|| async {
            let bundle = match self.variable("AWS_CA_BUNDLE") {
                Some(path) => {
                    let pem = self
                        .fs
                        .read_to_end(&path)
                        .await
                        .map_err(|e| cannot_read(&format!("AWS_CA_BUNDLE: `{path}`"), &cause(&e)))?;
                    Some((path, pem))
                }
                None => None,
            };
            let pem = bundle.as_ref().map(|(_, pem)| pem.as_slice());
            let tls = trust(pem).map_err(|why| {
                let path = bundle.as_ref().map_or("", |(path, _)| path);
                invalid(format!("AWS_CA_BUNDLE: `{path}` {why}."))
            })?;
            Ok(Http::new(tls, ProxyConfig::from_env()))
        });
        client.await.cloned()
    }

    /// The Region, and where it came from.
    pub(super) async fn region(
        &self,
        target: &Target,
        files: &EnvConfigSections,
    ) -> Answer<(crate::domain::Region, String)> {
        let profile = as_written(files.selected_profile());
        let from_files = || {
            profile::region_of(files, files.selected_profile()).map(|region| (region, format!("profile `{profile}`")))
        };
        let from_env = |name: &str| self.variable(name).map(|region| (region, name.to_owned()));
        let from_option = target.region.as_ref().map(|region| (region.to_string(), "your selection".to_owned()));
        let found = from_option
            .or_else(|| from_env("AWS_REGION"))
            .or_else(|| from_env("AWS_DEFAULT_REGION"))
            .or_else(from_files);
        let use_metadata = !self.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let found = match found {
            None if use_metadata => self.region_of_instance().await?.map(|region| (region, "EC2 metadata".to_owned())),
            found => found,
        };
        let Some((region, from)) = found else {
            let checked = if use_metadata {
                format!("the profile `{profile}`, and EC2 metadata")
            } else {
                format!("and the profile `{profile}`")
            };
            return Err(CloudError::local(
                ErrorKind::NoRegion,
                format!("No Region is selected or set: checked AWS_REGION, AWS_DEFAULT_REGION, {checked}"),
            ));
        };
        let region = crate::domain::Region::parse(&region).map_err(|why| invalid(format!("{from}: {why}")))?;
        Ok((region, from))
    }

    /// Asks the EC2 metadata service, the only request before a session. Outside of EC2 there is no answer, so it is tried
    /// only once, with a short timeout.
    async fn region_of_instance(&self) -> Answer<Option<String>> {
        const PATIENCE: Duration = Duration::from_secs(1);
        let config = ProviderConfig::without_region().with_http_client(self.http().await?);
        let client = imds::Client::builder()
            .configure(&config)
            .max_attempts(1)
            .connect_timeout(PATIENCE)
            .read_timeout(PATIENCE)
            .operation_timeout(2 * PATIENCE)
            .build();
        let provider = ImdsRegionProvider::builder().configure(&config).imds_client(client).build();
        Ok(provider.region().await.map(|region| region.to_string()))
    }

    /// The settings of the clients, and those of the providers of credentials.
    pub(super) async fn load(&self, target: &Target, profile: &str, region: String) -> Answer<(SdkConfig, Sources)> {
        let http = self.http().await?;
        let shared = shared_files(&self.env, &self.fs).await.for_sdk;
        // The loader's own providers get their credentials with the settings that it has.
        let timeouts = provider::timeouts();
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .profile_name(profile)
            .profile_files(shared.clone())
            .region(Region::new(region.clone()))
            .http_client(http.clone())
            .timeout_config(timeouts.clone())
            .retry_config(retries.clone());
        if let Some(url) = &target.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let calls = TimeoutConfig::from(Timeouts::default());
        let config = loader.load().await.into_builder().timeout_config(calls).build();
        let settings = ProviderConfig::without_region()
            .with_region(Some(Region::new(region)))
            .with_http_client(http)
            .with_timeout_config(timeouts)
            .with_retry_config(retries)
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_use_fips(config.use_fips())
            .with_use_dual_stack(config.use_dual_stack());
        Ok((config, Sources { settings, files: shared }))
    }
}

#[async_trait]
impl Connector for AwsConnector {
    async fn connect(&self, target: &Target) -> Answer<Session> {
        let session = self.session(target).await;
        session.inspect_err(|error| tracing::error!(why = error.why(), "no session"))
    }

    async fn enter_code(&self, target: &Target, code: &MfaCode) -> Answer<()> {
        let Prepared { sign_in, roles, .. } = self.prepare(target).await?;
        let Some(roles) = roles else { return Ok(()) };
        let began = Instant::now();
        let entered = roles.enter_code(code).await;
        entered.map_err(|error| add_sign_in(without_credentials(&error, began.elapsed(), None), &sign_in))
    }

    async fn sign_in_files(&self) -> Option<SignInFiles> {
        let env = self.env.clone();
        tokio::task::spawn_blocking(move || sign_in_files::state(&env)).await.ok()
    }

    async fn profiles(&self) -> Vec<Profile> {
        match self.sections(&Target::default()).await {
            Ok(files) => describe_all(&files, &self.env, &self.fs).await,
            Err(_) => Vec::new(),
        }
    }

    async fn origins(&self, target: &Target) -> Origins {
        self.describe_origins(target).await
    }

    async fn reach(&self, target: &Target, now: fn() -> Timestamp) -> Answer<Vec<Reached>> {
        self.reach_endpoints(target, now).await
    }
}

impl AwsConnector {
    async fn session(&self, target: &Target) -> Answer<Session> {
        let Prepared { config, region, region_from, profile, sign_in, roles } = self.prepare(target).await?;
        if let Some(role) = roles.as_ref().and_then(|roles| roles.needs_code()) {
            let needed = CredentialsError::provider_error(CodeNeeded { role: role.arn.clone() });
            return Err(add_sign_in(without_credentials(&needed, Duration::ZERO, None), &sign_in));
        }
        let cloud = Arc::new(AwsCloud::new(config, region.clone(), sign_in));
        Ok(Session { cloud, region, region_from, profile })
    }

    /// Everything that a session needs. Nothing asks AWS yet.
    async fn prepare(&self, target: &Target) -> Answer<Prepared> {
        let files = self.sections(target).await?;
        let profile = files.selected_profile().to_owned();
        self.check_profile(&files, &profile, target).await?;
        let endpoint = match &target.endpoint_url {
            Some(url) => Some((url.clone(), "The endpoint")),
            None => self.variable("AWS_ENDPOINT_URL").map(|url| (url, "AWS_ENDPOINT_URL")),
        };
        if let Some((url, from)) = endpoint {
            check_url(&url).map_err(|why| invalid(format!("{from}: {why}")))?;
        }
        let is_named = target.profile.is_some();
        let region = self.region(target, &files).await;
        let region_from = region.as_ref().map(|(_, from)| from.as_str()).unwrap_or_default();
        let tried_from = match (&target.region, region_from == format!("profile `{}`", as_written(&profile))) {
            (Some(_), _) => String::new(),
            (None, true) => "from the profile".to_owned(),
            (None, false) => format!("from {region_from}"),
        };
        let sign_in = Arc::new(SignIn {
            region: region.as_ref().ok().map(|(region, _)| region.clone()),
            region_from: tried_from,
            ..profile::sign_in(&files, &self.env, is_named)
        });
        // If nobody chose the profile, the credentials may come from elsewhere.
        if let Some(fault) = sign_in.fault.as_ref().filter(|_| is_named || sign_in.profile_from.is_some()) {
            return Err(add_sign_in(CloudError::local(ErrorKind::BadProfile, fault), &sign_in));
        }
        let (region, region_from) = match region {
            // Without credentials, they are what is missing first: signing in sets the Region too.
            Err(error) if error.kind == ErrorKind::NoRegion && !is_named && sign_in.is_last_resort() => {
                return Err(add_sign_in(CloudError::local(ErrorKind::NoCredentials, NOTHING_FOUND), &sign_in));
            }
            answer => answer?,
        };
        let (config, sources) = self.load(target, &profile, region.to_string()).await?;
        check_endpoints(&config).map_err(invalid)?;
        let roles = role_chain(&sign_in, &files, &sources, &config, &self.mfa_sessions);
        let credentials = match (&roles, sso_session(&sign_in, &files, &sources)) {
            (Some(roles), _) => {
                let provider: Arc<dyn ProvideCredentials> = Arc::<RoleChain>::clone(roles);
                Some(SharedCredentialsProvider::from(provider))
            }
            (None, Some(session)) => Some(session),
            // The SDK's default chain prefers keys in the environment, which is wrong if --profile names a profile.
            (None, None) if is_named => Some(of_profile(&profile, &sources)),
            (None, None) => config.credentials_provider(),
        };
        let credentials = credentials.map(|credentials| SharedCredentialsProvider::new(Limited(credentials)));
        let mut config = config.into_builder();
        config.set_credentials_provider(credentials);
        let config = config.build();
        let profile = Some(as_written(&profile).into_owned()).filter(|name| name != DEFAULT);
        Ok(Prepared { config, region, region_from, profile, sign_in, roles })
    }

    /// Checks that the profile exists, unless it is the default one.
    pub(super) async fn check_profile(&self, files: &EnvConfigSections, profile: &str, target: &Target) -> Answer<()> {
        if profile == DEFAULT || files.get_profile(profile).is_some() {
            return Ok(());
        }
        let path = |variable: &str, default: &str| self.variable(variable).unwrap_or_else(|| default.to_owned());
        let config = path("AWS_CONFIG_FILE", "~/.aws/config");
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
        let variable = profile::from_variable(&self.env).filter(|_| target.profile.is_none());
        let from = variable.map(|(variable, _)| format!(" (from {variable})")).unwrap_or_default();
        let profile = as_written(profile);
        if shared_files(&self.env, &self.fs).await.lacks_prefix(&profile) {
            return Err(CloudError::local(
                ErrorKind::NoProfile,
                format!(
                    "there is no profile `{profile}`{from}: {config} has a section [{profile}], which must be written as \
                     [profile {profile}]"
                ),
            ));
        }
        let written: Vec<Cow<'_, str>> = files.profiles().map(as_written).collect();
        let mut names: Vec<&str> = written.iter().map(AsRef::as_ref).collect();
        names.sort_unstable();
        let missing = match names.len() {
            0 => format!("there is no profile `{profile}`{from}, and no other one, in {config} or {credentials}"),
            1 => format!("there is no profile `{profile}`{from} in {config} or {credentials}"),
            n => format!("there is no profile `{profile}`{from} among the {n} in {config} and {credentials}"),
        };
        let similar = text::closest(&profile, names.iter().copied(), 3);
        let why = match (similar.as_slice(), names.len()) {
            ([], 0) => missing,
            ([], _) => format!("{missing}; {}", existing_profiles(&names)),
            (similar, _) => format!("{missing}; did you mean {}?", text::alternatives(similar)),
        };
        Err(CloudError::local(ErrorKind::NoProfile, why))
    }
}

/// The existing profiles, a few of them by name.
fn existing_profiles(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len() {
        n if n > SHOWN => format!("{} and {} more exist there", quoted.join(", "), n - SHOWN),
        1 => format!("only {} exists there", quoted.join("")),
        _ => format!("{} exist there", quoted.join(", ")),
    }
}

fn invalid(message: String) -> CloudError {
    CloudError::local(ErrorKind::Invalid, message)
}

fn cannot_read(what: &str, why: &str) -> CloudError {
    invalid(format!("{what} cannot be read: {}.", short_line(why)))
}
