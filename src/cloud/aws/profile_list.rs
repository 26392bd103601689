//! What the files say about each profile, for choosing one. Nothing here asks AWS.

use std::borrow::Cow;
use std::path::Path;

use aws_runtime::env_config::section::{EnvConfigSections, Profile};
use aws_runtime::fs_util::{Os, home_dir};
use aws_types::os_shim_internal::{Env, Fs};
use jiff::Timestamp;
use serde_json::Value;
use sha1::{Digest, Sha1};

use super::profile::{follow, region_of};
use super::profile_names::as_written;
use crate::cloud::{CredentialSource, KeyKind, SignIn};
use crate::domain::arn::Arn;
use crate::domain::profile::{self, ProfileKind, SsoSession, SsoToken};

/// Every profile of the configuration, in alphabetical order.
pub(super) async fn describe_all(files: &EnvConfigSections, env: &Env, fs: &Fs) -> Vec<profile::Profile> {
    let names: Vec<&str> = files.profiles().collect();
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let profile = describe(files, name, env, fs).await;
        let written = as_written(&profile.name).into_owned();
        let fault = profile.fault.as_deref().map(|fault| as_written(fault).into_owned());
        all.push(profile::Profile { name: written, fault, ..profile });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

async fn describe(files: &EnvConfigSections, name: &str, env: &Env, fs: &Fs) -> profile::Profile {
    let mut sign_in = SignIn { profile: Some(name.to_owned()), ..SignIn::default() };
    let found = follow(files, name, &mut sign_in);
    let (source, fault) = match found {
        Ok(source) => (source, None),
        Err(fault) => (CredentialSource::Unknown, Some(fault)),
    };
    let setting = |key: &str| files.get_profile(name).and_then(|profile| profile.get(key)).filter(|v| !v.is_empty());
    let account_of = |arn: &str| Arn::from(arn).account().map(str::to_owned);
    let (kind, account, role) = match (sign_in.roles.first(), &source) {
        (Some(role), _) => {
            let mfa = sign_in.roles.iter().any(|role| role.mfa_serial.is_some());
            (ProfileKind::Role { mfa }, account_of(&role.arn), role_name(&role.arn))
        }
        (None, CredentialSource::WebIdentity(_)) => {
            let role = setting("role_arn");
            (ProfileKind::WebIdentity, role.and_then(account_of), role.and_then(role_name))
        }
        (None, CredentialSource::Sso) => (
            ProfileKind::Sso,
            setting("sso_account_id").map(str::to_owned),
            setting("sso_role_name").map(str::to_owned),
        ),
        (None, CredentialSource::Login) => (ProfileKind::Login, setting("login_session").and_then(account_of), None),
        (None, source) => (kind_of(source), None, None),
    };
    let account = account.or_else(|| setting("aws_account_id").map(str::to_owned));
    let source_profile = sign_in.source_profile.as_deref().unwrap_or(name);
    let sso = match (&source, files.get_profile(source_profile)) {
        (CredentialSource::Sso, Some(profile)) => sso_session(profile, env, fs).await,
        _ => None,
    };
    profile::Profile { name: name.to_owned(), kind, account, role, region: region_of(files, name), sso, fault }
}

/// The kind of a profile that assumes no role.
fn kind_of(source: &CredentialSource) -> ProfileKind {
    match source {
        CredentialSource::Keys(KeyKind::LongTerm) | CredentialSource::Environment(KeyKind::LongTerm) => {
            ProfileKind::Keys
        }
        CredentialSource::Keys(_) | CredentialSource::Environment(_) => ProfileKind::TemporaryKeys,
        CredentialSource::Sso => ProfileKind::Sso,
        CredentialSource::Login => ProfileKind::Login,
        CredentialSource::Process(_) => ProfileKind::Process,
        CredentialSource::WebIdentity(_) => ProfileKind::WebIdentity,
        CredentialSource::Container => ProfileKind::Container,
        CredentialSource::Instance => ProfileKind::Instance,
        CredentialSource::Unknown => ProfileKind::Unknown,
    }
}

fn role_name(arn: &str) -> Option<String> {
    Arn::from(arn).role_name().map(str::to_owned)
}

/// The session of a profile that signs in with IAM Identity Center.
///
/// Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider", cached tokens.
pub(super) async fn sso_session(profile: &Profile, env: &Env, fs: &Fs) -> Option<SsoSession> {
    let name = profile.get("sso_session").map(as_written);
    let cached_under = name.as_deref().or_else(|| profile.get("sso_start_url"))?;
    let file = format!("{:x}", Sha1::digest(cached_under));
    let token = async {
        let home = home_dir(env, Os::real())?;
        let path = Path::new(&home).join(".aws/sso/cache").join(file).with_extension("json");
        token(&fs.read_to_end(path).await.ok()?)
    };
    Some(SsoSession { name: name.map(Cow::into_owned), token: token.await })
}

/// What a cached token says about itself; `None` if it can't be read.
fn token(json: &[u8]) -> Option<SsoToken> {
    let cached: Value = serde_json::from_slice(json).ok()?;
    let time = |name: &str| cached.get(name)?.as_str()?.parse::<Timestamp>().ok();
    let can_renew = ["refreshToken", "clientId", "clientSecret"].iter().all(|name| cached.get(name).is_some());
    let renewable_until = time("registrationExpiresAt").filter(|_| can_renew);
    Some(SsoToken { expires: time("expiresAt")?, renewable_until })
}
