//! Where the settings come from, and which of AWS's endpoints answer.

use std::time::Duration;

use ::http::Uri;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use futures::future::join_all;
use jiff::{Timestamp, fmt::rfc2822};

use super::causes::cause;
use super::classify::network;
use super::connect::{AwsConnector, DEFAULT};
use super::endpoints::{check_url, endpoints};
use super::http::host;
use super::profile;
use super::profile_list::sso_session;
use super::profile_names::{as_written, for_sdk};
use crate::cloud::diagnosis::{Answered, Origins, Reached, Sourced};
use crate::cloud::{Answer, CloudError, CredentialSource, ErrorKind, KeyKind, SignIn, Target};
use crate::domain::Region;

/// How long an endpoint may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// The Region whose endpoints are asked if none is set: whether AWS can be reached can be found out anyway.
const FALLBACK: &str = "us-east-1";

/// The variables that the HTTP client reads, in its order. Of two spellings, the first one that is set counts.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

impl AwsConnector {
    /// Where each setting came from.
    pub(super) async fn describe_origins(&self, target: &Target) -> Origins {
        let files = self.sections(target).await;
        let certificates = self.http().await.map(|_| self.certificates());
        let endpoint = self.endpoint(target);
        let proxy = self.first_of(&PROXY).map(|proxy| Sourced { value: without_secrets(&proxy.value), ..proxy });
        let no_proxy = self.first_of(&NO_PROXY);
        let all = match files {
            Ok(files) => {
                let profile = files.selected_profile();
                let from = match &target.profile {
                    Some(_) => "your selection",
                    None => profile::from_variable(&self.env).map_or("default", |(variable, _)| variable),
                };
                let exists = self.check_profile(&files, profile, target).await;
                let region = self.region(target, &files).await;
                let sign_in = SignIn {
                    region: region.as_ref().ok().map(|(region, _)| region.clone()),
                    ..profile::sign_in(&files, &self.env, target.profile.is_some())
                };
                let owner = sign_in.source_profile.as_deref().unwrap_or(as_written(profile).as_ref()).to_owned();
                let sso = match (&sign_in.source, files.get_profile(&for_sdk(&owner))) {
                    (CredentialSource::Sso, Some(profile)) => sso_session(profile, &self.env, &self.fs).await,
                    _ => None,
                };
                let credentials = match exists.clone() {
                    Ok(()) => credentials(sign_in),
                    Err(error) => Err(error),
                };
                let profiles = files.profiles().count();
                (
                    Ok(self.files(profiles).await),
                    exists.map(|()| Sourced::new(as_written(profile), from)),
                    region.map(|(region, from)| Sourced::new(region.as_str(), from)),
                    (credentials, sso),
                )
            }
            Err(error) => (Err(error.clone()), Err(error.clone()), Err(error.clone()), (Err(error), None)),
        };
        let (files, profile, region, (credentials, sso)) = all;
        Origins { files, profile, region, credentials, sso, endpoint, proxy, no_proxy, certificates }
    }

    /// Sends an unsigned request to each service, all at the same time.
    ///
    /// # Errors
    /// No request can be made, for example because the certificates can't be read.
    pub(super) async fn reach_endpoints(&self, target: &Target, now: fn() -> Timestamp) -> Answer<Vec<Reached>> {
        let endpoint = self.endpoint(target)?;
        let http = self.http().await?;
        let (profile, region) = match self.sections(target).await {
            Ok(files) => {
                let region = self.region(target, &files).await.map(|(region, _)| region).ok();
                (files.selected_profile().to_owned(), region)
            }
            Err(_) => (DEFAULT.to_owned(), target.region.clone()),
        };
        let region = region.unwrap_or_else(|| Region::new(FALLBACK));
        tracing::debug!(%region, endpoint = ?endpoint.map(|sourced| sourced.value), "asking the endpoints");
        let (config, _) = self.load(target, &profile, region.to_string()).await?;
        let settings = HttpConnectorSettings::builder().connect_timeout(LIMIT).read_timeout(LIMIT).build();
        let connector = http.connector(&settings, config.sleep_impl());
        let asked = endpoints(&config, &region).await.into_iter().map(|(service, url)| {
            let connector = connector.clone();
            async move {
                match url {
                    Ok(url) => Reached { service, host: host(&url), answer: ask(&connector, &url, now).await },
                    Err(why) => Reached {
                        service,
                        host: String::new(),
                        answer: Err(CloudError::local(ErrorKind::Invalid, why)),
                    },
                }
            }
        });
        Ok(join_all(asked).await)
    }

    /// The URL that replaces AWS's endpoints.
    ///
    /// # Errors
    /// It isn't a URL.
    fn endpoint(&self, target: &Target) -> Answer<Option<Sourced>> {
        let (url, from) = match (&target.endpoint_url, self.variable("AWS_ENDPOINT_URL")) {
            (Some(url), _) => (url.clone(), "your selection"),
            (None, Some(url)) => (url, "AWS_ENDPOINT_URL"),
            (None, None) => return Ok(None),
        };
        match check_url(&url) {
            Ok(()) => Ok(Some(Sourced::new(without_secrets(&url), from))),
            Err(why) => Err(CloudError::local(ErrorKind::Invalid, format!("{from}: {why}"))),
        }
    }

    /// The first of these variables that is set.
    fn first_of(&self, names: &[&str]) -> Option<Sourced> {
        names.iter().find_map(|name| Some(Sourced::new(self.variable(name)?, *name)))
    }

    /// The certificates that are trusted.
    ///
    /// Source: the documentation of the crate rustls-native-certs for SSL_CERT_FILE and SSL_CERT_DIR.
    fn certificates(&self) -> Sourced {
        let system = match self.first_of(&["SSL_CERT_FILE", "SSL_CERT_DIR"]) {
            Some(replaced) => format!("`{}` ({})", replaced.value, replaced.from),
            None => "the system's".to_owned(),
        };
        match self.variable("AWS_CA_BUNDLE") {
            Some(path) => Sourced::new(format!("{system}, and those in `{path}`"), "AWS_CA_BUNDLE"),
            None => Sourced::new(system, "default"),
        }
    }

    /// The files, and whether they exist.
    async fn files(&self, profiles: usize) -> Vec<Sourced> {
        let mut files = Vec::new();
        for (variable, default) in
            [("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")]
        {
            let (path, from) = match self.variable(variable) {
                Some(path) => (path, variable),
                None => (default.to_owned(), "default"),
            };
            let home = self.variable("HOME").or_else(|| self.variable("USERPROFILE")).unwrap_or_default();
            let expanded = path.strip_prefix("~/").map_or(path.clone(), |rest| format!("{home}/{rest}"));
            let state = match self.fs.read_to_end(&expanded).await {
                Ok(_) => String::new(),
                Err(error) => format!(" ({})", cause(&error)),
            };
            files.push(Sourced::new(format!("{path}{state}"), from));
        }
        files.push(Sourced::new(format!("{profiles} profile{}", if profiles == 1 { "" } else { "s" }), "both"));
        files
    }
}

/// What kind of credentials they are, and what they come from.
fn credentials(sign_in: SignIn) -> Answer<Sourced> {
    if sign_in.fault.is_some() {
        let error = CloudError::local(ErrorKind::BadProfile, "");
        return Err(CloudError { sign_in: Some(std::sync::Arc::new(sign_in)), ..error });
    }
    let keys = |kind: KeyKind| match kind {
        KeyKind::LongTerm => "a long-term access key",
        KeyKind::Temporary => "temporary keys",
        KeyKind::WithoutToken => "temporary keys without their session token",
    };
    let profile = sign_in.source_profile.as_deref().or(sign_in.profile.as_deref()).unwrap_or("default");
    let of_profile = format!("profile `{profile}`");
    let source = match &sign_in.source {
        CredentialSource::Environment(kind) => Sourced::new(keys(*kind), "AWS_ACCESS_KEY_ID"),
        CredentialSource::Keys(kind) => Sourced::new(keys(*kind), of_profile),
        CredentialSource::Sso => Sourced::new("IAM Identity Center", of_profile),
        CredentialSource::Login => Sourced::new("`aws login`", of_profile),
        CredentialSource::Process(program) => Sourced::new(format!("credential_process `{program}`"), of_profile),
        CredentialSource::WebIdentity(file) => Sourced::new(format!("web identity token in `{file}`"), "its role"),
        CredentialSource::Container => Sourced::new("the container's role", "AWS_CONTAINER_CREDENTIALS_…"),
        CredentialSource::Instance => Sourced::new("the EC2 instance's role, if there is one", "EC2 metadata"),
        CredentialSource::Unknown => {
            let message = format!("none in the environment and none in the {of_profile}");
            let error = CloudError::local(ErrorKind::NoCredentials, message);
            return Err(CloudError { sign_in: Some(std::sync::Arc::new(sign_in)), ..error });
        }
    };
    let roles: Vec<&str> = sign_in.roles.iter().rev().map(|role| role.arn.as_str()).collect();
    Ok(match roles.as_slice() {
        [] => source,
        roles => Sourced { value: format!("{}, to assume {}", source.value, roles.join(", then ")), ..source },
    })
}

/// Sends an unsigned GET.
async fn ask(connector: &SharedHttpConnector, url: &str, now: fn() -> Timestamp) -> Answer<Answered> {
    let request = HttpRequest::get(url).map_err(|e| CloudError::local(ErrorKind::Invalid, cause(&e)))?;
    let began = tokio::time::Instant::now();
    let answer = tokio::time::timeout(LIMIT, connector.call(request)).await;
    let took = began.elapsed();
    match answer {
        Ok(Ok(response)) => {
            let date = response.headers().get("date").and_then(|date| rfc2822::parse(date).ok());
            let date = date.map(|date| date.timestamp());
            Ok(Answered { status: response.status().as_u16(), took, at: now(), date })
        }
        Ok(Err(error)) => Err(match network(&error, took) {
            Some((ErrorKind::Timeout, _)) => too_late(),
            Some((kind, message)) => CloudError::local(kind, message),
            None => CloudError::local(ErrorKind::Offline, cause(&error)),
        }),
        Err(_) => Err(too_late()),
    }
}

fn too_late() -> CloudError {
    CloudError::local(ErrorKind::Timeout, format!("No answer within {} s", LIMIT.as_secs()))
}

/// A URL's scheme, host, and port: a user name, a password, or a token may be anywhere else in it.
fn without_secrets(url: &str) -> String {
    let has_scheme = url.contains("://");
    let scheme = url.parse::<Uri>().ok().and_then(|uri| uri.scheme_str().map(|scheme| format!("{scheme}://")));
    match (scheme, host(url)) {
        (_, host) if host.is_empty() => "(not a URL)".to_owned(),
        (Some(scheme), host) if has_scheme => format!("{scheme}{host}"),
        (_, host) => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_scheme_host_and_port_are_shown() {
        for (url, shown) in [
            ("http://me:hush@proxy.example:3128/hush?hush#hush", "http://proxy.example:3128"),
            ("me:hush@proxy.example:3128", "proxy.example:3128"),
            ("proxy.example:3128", "proxy.example:3128"),
            ("https://hush@[::1]:8080", "https://[::1]:8080"),
            ("hush hush", "(not a URL)"),
            ("", "(not a URL)"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}
