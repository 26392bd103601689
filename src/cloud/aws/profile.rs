//! What a profile's settings say about where its credentials come from. The SDK reads the same settings and gets the
//! credentials; this module only helps to say what to do if it can't.

use aws_runtime::env_config::section::{EnvConfigSections, Profile};
use aws_types::os_shim_internal::Env;

use super::profile_names::as_written;
use crate::cloud::{AssumedRole, CredentialSource, KeyKind, SignIn};

/// Where the credentials come from, following the SDK's chain in order. Unless the command line names a profile, keys in
/// the environment come first.
///
/// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers" and "Assume role credential provider".
pub(super) fn sign_in(files: &EnvConfigSections, env: &Env, named: bool) -> SignIn {
    let variable = |name: &str| variable(env, name);
    if let Some(keys) = environment_keys(env).filter(|_| !named) {
        return SignIn { source: CredentialSource::Environment(keys), ..SignIn::default() };
    }
    let selected = files.selected_profile();
    let mut sign_in = SignIn {
        profile: Some(selected.to_owned()),
        profile_from: from_variable(env).map(|(variable, _)| variable).filter(|_| !named),
        ..SignIn::default()
    };
    match follow(files, selected, &mut sign_in) {
        Ok(source) => sign_in.source = source,
        Err(fault) => sign_in.fault = Some(fault),
    }
    // The names are for people from here on.
    let written = |name: Option<String>| name.map(|name| as_written(&name).into_owned());
    sign_in.profile = written(sign_in.profile);
    sign_in.source_profile = written(sign_in.source_profile);
    sign_in.fault = written(sign_in.fault);
    if sign_in.source == CredentialSource::Unknown && !named && sign_in.fault.is_none() {
        sign_in.source = machine_source(&variable);
        sign_in.incomplete = incomplete(&variable).filter(|_| sign_in.is_last_resort());
    }
    sign_in
}

fn variable(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|value| !value.trim().is_empty())
}

/// The variable that selects the profile, and the profile's name.
///
/// Source: boto/botocore issue 1725, on the order in which the AWS CLI's own botocore reads both.
pub(super) fn from_variable(env: &Env) -> Option<(&'static str, String)> {
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find_map(|name| Some((name, variable(env, name)?)))
}

/// The kind of the keys in the environment, if it has both of their parts.
///
/// Source: aws-config, `EnvironmentVariableCredentialsProvider`, also for the second name of the secret part.
pub(super) fn environment_keys(env: &Env) -> Option<KeyKind> {
    let id = variable(env, "AWS_ACCESS_KEY_ID")?;
    let secret = ["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"];
    let is_complete = secret.into_iter().any(|name| variable(env, name).is_some());
    is_complete.then(|| key_kind(&id, variable(env, "AWS_SESSION_TOKEN").is_some()))
}

/// A variable that is of no use without another one, which isn't set.
fn incomplete(variable: &dyn Fn(&str) -> Option<String>) -> Option<[&'static str; 2]> {
    const PAIRS: [[&str; 2]; 4] = [
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
        ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"],
        ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"],
        ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"],
    ];
    PAIRS.into_iter().find(|[set, missing]| variable(set).is_some() && variable(missing).is_none())
}

/// Follows the `source_profile`s to the source of the credentials.
///
/// # Errors
/// What is wrong with the settings.
pub(super) fn follow(
    files: &EnvConfigSections,
    selected: &str,
    sign_in: &mut SignIn,
) -> Result<CredentialSource, String> {
    let mut visited: Vec<&str> = Vec::new();
    let mut name = selected;
    loop {
        let Some(profile) = files.get_profile(name) else {
            return match visited.last() {
                Some(previous) => Err(format!("`{previous}` names the source_profile `{name}`, which does not exist")),
                None => Ok(CredentialSource::Unknown),
            };
        };
        if visited.contains(&name) {
            return Err(format!("its source_profiles lead back to `{name}`"));
        }
        visited.push(name);
        if name != selected {
            sign_in.source_profile = Some(name.to_owned());
        }
        let keys = keys_of(profile);
        if visited.len() > 1
            && let Some(keys) = &keys
        {
            return Ok(keys.clone());
        }
        let role = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
        let source_profile = match (role, profile.get("source_profile"), profile.get("credential_source")) {
            (None, ..) => None,
            (Some(_), Some(_), Some(_)) => {
                return Err(format!("`{name}` has both source_profile and credential_source"));
            }
            (Some(_), None, None) => {
                return Err(format!("`{name}` has a role_arn, but neither source_profile nor credential_source"));
            }
            (Some(_), source_profile, _) => source_profile.filter(|source_profile| *source_profile != name),
        };
        if let Some(arn) = role {
            sign_in.roles.push(assumed_role(profile, arn)?);
        }
        if let Some(source_profile) = source_profile {
            name = source_profile;
            continue;
        }
        return match source_without_keys(files, profile)?.or(keys) {
            None if let Some([has, lacks]) = half_of_the_keys(profile) => {
                Err(format!("`{name}` has an {has}, but no {lacks}"))
            }
            None if visited.len() > 1 || role.is_some() => {
                Err(format!("`{name}`, which it gets its credentials from, has none"))
            }
            source => Ok(source.unwrap_or_default()),
        };
    }
}

/// The settings for assuming the role of a profile.
///
/// Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
fn assumed_role(profile: &Profile, arn: &str) -> Result<AssumedRole, String> {
    let setting = |name: &str| profile.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let seconds = |text: String| {
        let number = text.trim().parse::<i32>().ok().filter(|seconds| *seconds > 0);
        number.ok_or_else(|| format!("its duration_seconds `{text}` is not a number of seconds"))
    };
    Ok(AssumedRole {
        arn: arn.to_owned(),
        mfa_serial: setting("mfa_serial"),
        external_id: setting("external_id"),
        session_name: setting("role_session_name"),
        duration_seconds: setting("duration_seconds").map(seconds).transpose()?,
    })
}

/// The source of a profile's credentials, other than keys.
fn source_without_keys(files: &EnvConfigSections, profile: &Profile) -> Result<Option<CredentialSource>, String> {
    if let Some(source) = profile.get("credential_source") {
        return match source.to_ascii_lowercase().as_str() {
            "environment" => Ok(Some(CredentialSource::Environment(KeyKind::Temporary))),
            "ec2instancemetadata" => Ok(Some(CredentialSource::Instance)),
            "ecscontainer" => Ok(Some(CredentialSource::Container)),
            _ => Err(format!("there is no credential_source `{source}`")),
        };
    }
    if let Some(file) = profile.get("web_identity_token_file") {
        return Ok(Some(CredentialSource::WebIdentity(file.to_owned())));
    }
    let session = profile.get("sso_session");
    if let Some(session) = session.filter(|session| files.sso_session(session).is_none()) {
        return Err(format!("there is no [sso-session {session}] in the configuration"));
    }
    if session.is_some() || ["sso_start_url", "sso_account_id"].iter().any(|name| profile.get(name).is_some()) {
        let missing = ["sso_account_id", "sso_role_name"].into_iter().find(|name| profile.get(name).is_none());
        if let Some(name) = missing {
            return Err(format!("it signs in with IAM Identity Center, but has no {name}"));
        }
        let in_session = |name: &str| match session.and_then(|session| files.sso_session(session)) {
            Some(session) => session.get(name).is_some(),
            None => profile.get(name).is_some(),
        };
        let missing = ["sso_region", "sso_start_url"].into_iter().find(|name| !in_session(name));
        return match (missing, session) {
            (Some(name), Some(session)) => Err(format!("its [sso-session {}] has no {name}", as_written(session))),
            (Some(name), None) => Err(format!("it signs in with IAM Identity Center, but has no {name}")),
            (None, _) => Ok(Some(CredentialSource::Sso)),
        };
    }
    if profile.get("login_session").is_some() {
        return Ok(Some(CredentialSource::Login));
    }
    Ok(profile.get("credential_process").map(|command| CredentialSource::Process(program(command))))
}

/// The profile's own Region, or that of its source profile.
///
/// Source: AWS SDKs and Tools Reference Guide, "AWS Region".
pub(super) fn region_of(files: &EnvConfigSections, profile: &str) -> Option<String> {
    let mut name = profile;
    let mut visited = Vec::new();
    loop {
        let profile = files.get_profile(name)?;
        if let Some(region) = profile.get("region").filter(|region| !region.is_empty()) {
            return Some(region.to_owned());
        }
        visited.push(name);
        name = profile.get("source_profile").filter(|next| !visited.contains(next))?;
    }
}

fn keys_of(profile: &Profile) -> Option<CredentialSource> {
    let id = profile.get("aws_access_key_id")?;
    let token = profile.get("aws_session_token").is_some();
    profile.get("aws_secret_access_key").map(|_| CredentialSource::Keys(key_kind(id, token)))
}

/// The setting of a profile's keys that is there, and the one that is missing.
fn half_of_the_keys(profile: &Profile) -> Option<[&'static str; 2]> {
    const BOTH: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];
    match BOTH.map(|name| profile.get(name).is_some()) {
        [true, false] => Some(BOTH),
        [false, true] => Some([BOTH[1], BOTH[0]]),
        [true, true] | [false, false] => None,
    }
}

fn key_kind(id: &str, token: bool) -> KeyKind {
    match token {
        true => KeyKind::Temporary,
        false if id.starts_with("ASIA") => KeyKind::WithoutToken,
        false => KeyKind::LongTerm,
    }
}

/// The source that the machine provides, if no profile sets one.
fn machine_source(variable: &dyn Fn(&str) -> Option<String>) -> CredentialSource {
    let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    let web_identity = variable("AWS_WEB_IDENTITY_TOKEN_FILE").filter(|_| variable("AWS_ROLE_ARN").is_some());
    if let Some(file) = web_identity {
        CredentialSource::WebIdentity(file)
    } else if container.iter().any(|name| variable(name).is_some()) {
        CredentialSource::Container
    } else if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        CredentialSource::Unknown
    } else {
        CredentialSource::Instance
    }
}

/// The first word of a command; the others may be secret.
fn program(command: &str) -> String {
    let command = command.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| command.strip_prefix(quote)?.split(quote).next());
    quoted.or_else(|| command.split_whitespace().next()).unwrap_or_default().to_owned()
}
