//! Sessions from options, environment, and files, and endpoints that don't answer.

use std::net::TcpListener;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::test_util::NeverClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::super::connect::AwsConnector;
use super::super::http::{Http, trust};
use super::super::timeouts::Timeouts;
use super::*;
use crate::cloud::{Cloud, CloudError, Connector, ErrorKind, Target};

const CONFIG: &str = "
[default]
region = eu-north-1
[profile prod]
region = us-west-2
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = prod
[profile circle]
source_profile = circle
";

/// With its own home directory, and not on an EC2 instance.
fn connector(env: &[(&str, &str)]) -> AwsConnector {
    let mut all = vec![("HOME", "/home/alice"), ("AWS_EC2_METADATA_DISABLED", "true")];
    all.extend(env);
    let files = [("/home/alice/.aws/config", CONFIG), ("/home/alice/.aws/credentials", "[keys]\nregion = eu-west-3\n")];
    AwsConnector::with_env(Env::from_slice(&all), Fs::from_slice(&files))
}

fn profile(name: &str) -> Target {
    Target { profile: Some(name.into()), ..Target::default() }
}

async fn region(env: &[(&str, &str)], target: &Target) -> Result<(String, String), CloudError> {
    let connector = connector(env);
    let files = connector.sections(target).await?;
    connector.region(target, &files).await.map(|(region, from)| (region.to_string(), from))
}

#[tokio::test]
async fn the_region_comes_from_the_first_source_that_sets_one_and_names_it() {
    let env: &[(&str, &str)] = &[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")];
    let here = Target { region: Some(domain::Region::new("eu-central-1")), ..profile("prod") };
    for (env, target, expected) in [
        (env, here, ("eu-central-1", "your selection")),
        (env, profile("prod"), ("eu-west-1", "AWS_REGION")),
        (&env[1..], profile("prod"), ("eu-west-2", "AWS_DEFAULT_REGION")),
        (&[], profile("prod"), ("us-west-2", "profile `prod`")),
        (&[], profile("role"), ("us-west-2", "profile `role`")),
        (&[], profile("keys"), ("eu-west-3", "profile `keys`")),
        (&[("AWS_PROFILE", "prod")], Target::default(), ("us-west-2", "profile `prod`")),
        (&[("AWS_PROFILE", "")], Target::default(), ("eu-north-1", "profile `default`")),
        (&[("AWS_REGION", "")], Target::default(), ("eu-north-1", "profile `default`")),
    ] {
        let (region, from) = region(env, &target).await.unwrap();
        assert_eq!((region.as_str(), from.as_str()), expected);
    }
}

#[tokio::test]
async fn a_missing_region_error_lists_the_places_that_were_checked() {
    let error = connector(&[]).connect(&profile("circle")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoRegion);
    for origin in ["selected", "AWS_REGION", "AWS_DEFAULT_REGION", "`circle`"] {
        assert!(error.message.contains(origin), "{origin} in {}", error.message);
    }
}

#[tokio::test]
async fn a_mistyped_region_is_rejected_with_its_source() {
    let error = connector(&[("AWS_REGION", "eu-wst-1")]).connect(&Target::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.starts_with("AWS_REGION: "), "{}", error.message);
    assert!(error.message.contains("`eu-west-1`"), "{}", error.message);
}

#[tokio::test]
async fn a_missing_profile_is_rejected_with_a_similar_one_or_a_few_that_exist() {
    for (connector, target) in
        [(connector(&[]), profile("prd")), (connector(&[("AWS_PROFILE", "prd")]), Target::default())]
    {
        let error = connector.connect(&target).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoProfile);
        let said = format!("{} {}", error.why(), error.fix().content());
        assert!(said.starts_with("There is no profile `prd`"), "{said}");
        assert!(said.contains(" among the 5 in ~/.aws/config and ~/.aws/credentials; did you mean `prod`? "), "{said}");
    }
    let error = connector(&[("AWS_PROFILE", "elsewhere")]).connect(&Target::default()).await.unwrap_err();
    let why = error.why();
    assert!(why.contains("`elsewhere` (from AWS_PROFILE)"), "{why}");
    assert!(why.ends_with("; `circle`, `default`, `keys`, `prod`, `role` exist there."), "{why}");
}

#[tokio::test]
async fn names_in_other_scripts_and_in_quotes_are_listed_and_usable_as_written() {
    let config = "[profile ünïcode-émoji-🚀]\nregion = eu-west-2\naws_access_key_id = AKIA1\naws_secret_access_key = s\n[profile \"my prod\"]\nregion = eu-west-3\n\
                  [profile 'quoted']\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = ünïcode-émoji-🚀\n\
                  [profile lost]\nrole_arn = a\nsource_profile = 名前\n";
    let files = [("/home/alice/.aws/config", config), ("/home/alice/.aws/credentials", "[Zoë]\nregion = eu-west-1\n")];
    let named = |env: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = [("HOME", "/home/alice"), ("AWS_EC2_METADATA_DISABLED", "true")]
            .into_iter()
            .chain(env.iter().copied())
            .collect();
        AwsConnector::with_env(Env::from_slice(&all), Fs::from_slice(&files))
    };
    let connector = named(&[]);
    let listed: Vec<String> = connector.profiles().await.into_iter().map(|profile| profile.name).collect();
    assert_eq!(listed, ["Zoë", "lost", "my prod", "quoted", "ünïcode-émoji-🚀"]);
    for (name, region) in
        [("ünïcode-émoji-🚀", "eu-west-2"), ("my prod", "eu-west-3"), ("quoted", "eu-west-2"), ("Zoë", "eu-west-1")]
    {
        for session in
            [connector.connect(&profile(name)).await, named(&[("AWS_PROFILE", name)]).connect(&Target::default()).await]
        {
            let session = session.unwrap();
            assert_eq!((session.profile.as_deref(), session.region.as_str()), (Some(name), region));
            assert_eq!(session.region_from, format!("profile `{name}`"));
        }
    }
    let missing = connector.connect(&profile("zoé")).await.unwrap_err().why();
    assert!(missing.contains("no profile `zoé` among the 5") && missing.contains("did you mean `Zoë`?"), "{missing}");
    let lost = connector.profiles().await.into_iter().find(|profile| profile.name == "lost").unwrap();
    assert!(lost.fault.as_deref().is_some_and(|fault| fault.contains("source_profile `名前`")), "{lost:?}");
}

#[tokio::test]
async fn with_many_profiles_only_a_few_are_named_but_all_are_counted() {
    let many: String = (1..=29).map(|n| format!("[profile team-{n:02}-admin]")).collect::<Vec<_>>().join("\n");
    let files = [("/home/alice/.aws/config", many.as_str())];
    let connector = AwsConnector::with_env(Env::from_slice(&[("HOME", "/home/alice")]), Fs::from_slice(&files));
    let why = connector.connect(&profile("team-03-admn")).await.unwrap_err().why();
    assert!(why.contains("among the 29 in") && why.ends_with('?') && why.matches('`').count() == 8, "{why}");
    assert!(why.contains("did you mean `team-03-admin`, "), "{why}");
    let why = connector.connect(&profile("elsewhere")).await.unwrap_err().why();
    assert!(why.contains("among the 29 in") && why.matches('`').count() == 12, "{why}");
    assert!(why.ends_with(" and 24 more exist there."), "{why}");
    let nothing = AwsConnector::with_env(Env::from_slice(&[("HOME", "/home/bob")]), Fs::from_slice(&[]));
    let why = nothing.connect(&profile("x")).await.unwrap_err().why();
    assert!(why.ends_with("`x`, and no other one, in ~/.aws/config or ~/.aws/credentials."), "{why}");
}

#[tokio::test]
async fn profiles_of_both_files_are_listed_in_order() {
    let names: Vec<String> = connector(&[]).profiles().await.into_iter().map(|profile| profile.name).collect();
    assert_eq!(names, ["circle", "default", "keys", "prod", "role"]);
    let elsewhere = connector(&[("AWS_CONFIG_FILE", "/nowhere"), ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")]);
    assert!(elsewhere.profiles().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_not_a_url_is_rejected() {
    let target = Target { endpoint_url: Some("localhost".into()), ..profile("prod") };
    let error = connector(&[]).connect(&target).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.starts_with("The endpoint: `localhost`"), "{}", error.message);
    let empty = Target { endpoint_url: Some(String::new()), ..profile("prod") };
    let error = connector(&[]).connect(&empty).await.unwrap_err();
    assert!(error.message.starts_with("The endpoint: an empty value isn't a URL"), "{}", error.message);
    for url in ["localhost:4566", "ftp://localhost", "http:///path", "http://:4566", "http://a b", "http://[::1"] {
        let target = Target { endpoint_url: Some(url.into()), ..profile("prod") };
        let error = connector(&[]).connect(&target).await.unwrap_err();
        assert!(error.message.starts_with(&format!("The endpoint: `{url}` isn't a URL")), "{url}: {}", error.message);
    }
    for url in
        ["http://127.0.0.1:4566", "https://localhost/", "http://[::1]:4566", "https://me:secret@proxy.example/aws"]
    {
        let target = Target { endpoint_url: Some(url.into()), ..profile("prod") };
        assert!(connector(&[]).connect(&target).await.is_ok(), "{url}");
    }
    let error = connector(&[("AWS_ENDPOINT_URL", "http://")]).connect(&profile("prod")).await.unwrap_err();
    assert!(error.message.starts_with("AWS_ENDPOINT_URL: "), "{}", error.message);
}

#[tokio::test]
async fn an_unusable_certificate_bundle_is_rejected() {
    for (path, why) in [("/nowhere.pem", "not found"), ("/home/alice/.aws/config", "no certificate")] {
        let error = connector(&[("AWS_CA_BUNDLE", path)]).connect(&profile("prod")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains(path) && error.message.contains(why), "{}", error.message);
    }
}

#[test]
fn an_invalid_certificate_does_not_crash_the_program() {
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(trust(Some(pem.as_bytes())).is_err());
    assert!(trust(None).is_ok());
}

/// A cloud that connects to a local port through real sockets.
fn reaching(port: u16, timeouts: Timeouts) -> AwsCloud {
    let http = SharedHttpClient::new(Http::new(trust(None).unwrap(), ProxyConfig::disabled()));
    let settings = settings(http, "eu-west-1")
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .timeout_config(TimeoutConfig::from(timeouts));
    AwsCloud::new(settings.build(), eu_west_1(), SignIn::default())
}

#[tokio::test]
async fn a_refused_connection_is_reported_in_plain_words() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let cloud = reaching(port, Timeouts::default());
    for error in [
        cloud.trails(&eu_west_1()).await.unwrap_err(),
        cloud.alarm(&eu_west_1(), "a").await.unwrap_err(),
        cloud.bucket("b").await.unwrap_err(),
        cloud.identity().await.unwrap_err(),
    ] {
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Offline, "connection refused"));
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (short, long) = (Duration::from_millis(50), Duration::from_secs(20));
    let patient = Timeouts { connect: long, read: long, attempt: long, operation: long };
    for timeouts in [
        Timeouts { read: short, ..patient },
        Timeouts { attempt: short, ..patient },
        Timeouts { operation: short, ..patient },
    ] {
        let error = reaching(port, timeouts).trails(&eu_west_1()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout, "{error:?}");
        assert!(error.message.starts_with("no answer ") && error.message.ends_with(" ms"), "{}", error.message);
    }
}

/// The error of a call without credentials.
async fn without_credentials(why: fn() -> CredentialsError) -> CloudError {
    let http = SharedHttpClient::new(NeverClient::new());
    let none = SharedCredentialsProvider::new(provide_credentials_fn(move || async move { Err(why()) }));
    let settings = settings(http, "eu-west-1").credentials_provider(none);
    AwsCloud::new(settings.build(), eu_west_1(), SignIn::sso(Some("prod"), &eu_west_1()))
        .trails(&eu_west_1())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn an_expired_sign_in_names_the_command_to_sign_in_again() {
    let expired: [fn() -> CredentialsError; 3] = [
        || CredentialsError::provider_error("the SSO token has expired and cannot be refreshed"),
        || CredentialsError::unhandled("cached Login token is expired"),
        || CredentialsError::provider_error("UnauthorizedException: Session token not found or invalid"),
    ];
    for why in expired {
        let error = without_credentials(why).await;
        assert_eq!(error.kind, ErrorKind::ExpiredCredentials, "{error:?}");
        assert!(error.fix().content().contains("--profile prod"), "{}", error.fix().content());
    }
    let missing = without_credentials(|| CredentialsError::provider_error("failed to load the cached SSO token")).await;
    assert_eq!(missing.kind, ErrorKind::NoCredentials, "nothing says that it has expired");
    assert!(missing.fix().content().contains("--profile prod"), "{}", missing.fix().content());
}

#[tokio::test]
async fn no_error_of_a_provider_shows_rust_debug_output() {
    let failures: [fn() -> CredentialsError; 6] = [
        || CredentialsError::provider_error("Error { code: \"AccessDenied\", message: \"no\" }"),
        || CredentialsError::unhandled("error parsing XML: got StartEl { name: Name { prefix: \"\" } }"),
        || CredentialsError::invalid_configuration("first Some(\"a\"), then None"),
        || CredentialsError::provider_error("Unhandled(Unhandled { source: X })"),
        || CredentialsError::provider_error("from HTTP credential provider: StatusCode(403)"),
        || CredentialsError::provider_error(aws_smithy_types::error::ErrorMetadata::builder().code("Odd").build()),
    ];
    for failure in failures {
        let said = without_credentials(failure).await.to_string();
        for notation in ["Error {", "StartEl", "Some(", "Unhandled", "StatusCode", "Name {", "\""] {
            assert!(!said.contains(notation), "{notation} in {said}");
        }
    }
}

#[tokio::test]
async fn missing_credentials_are_reported_in_plain_words() {
    let none = without_credentials(CredentialsError::not_loaded_no_source).await;
    assert_eq!(none.kind, ErrorKind::NoCredentials);
    let denied = without_credentials(|| CredentialsError::provider_error("not authorized to perform: sts:AssumeRole"));
    let denied = denied.await;
    assert_eq!(denied.kind, ErrorKind::NoCredentials, "the call itself was not denied");
    assert_eq!(denied.message, "not authorized to perform: sts:AssumeRole");
    let late = without_credentials(|| CredentialsError::provider_timed_out(Duration::from_secs(5))).await;
    assert_eq!((late.kind, late.operation), (ErrorKind::Timeout, ""));
    // How long it took depends on the machine.
    let why = late.why();
    assert!(why.contains("did not answer in ") && why.contains(" ms (profile `prod`"), "{why}");
}
