//! What the files say about each kind of profile.

use aws_types::os_shim_internal::{Env, Fs};

use super::super::connect::AwsConnector;
use crate::cloud::Connector;
use crate::domain::profile::{ProfileKind, SsoToken};

const CONFIG: &str = "
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
[profile broken]
role_arn = arn:aws:iam::111122223333:role/x
[profile ci]
role_arn = arn:aws:iam::111122223333:role/ci
web_identity_token_file = /token
[profile keys]
aws_access_key_id = AKIA1
aws_secret_access_key = s
aws_account_id = 444455556666
[profile legacy]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
sso_account_id = 123456789012
sso_role_name = Reader
[profile login]
login_session = arn:aws:iam::123456789012:user/alice
[profile mfa]
role_arn = arn:aws:iam::111122223333:role/path/Admin
source_profile = keys
mfa_serial = arn:aws:iam::444455556666:mfa/alice
[profile on-ec2]
role_arn = arn:aws:iam::111122223333:role/x
credential_source = Ec2InstanceMetadata
[profile process]
credential_process = /opt/keys --secret x
[profile role]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = sso
[profile sso]
region = eu-north-1
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin
[profile temporary]
aws_access_key_id = ASIA1
aws_secret_access_key = s
aws_session_token = t
[profile unset]
output = json
";

/// The SHA-1 of `corp`.
const TOKEN: &str = "/home/alice/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

fn connector(token: &str) -> AwsConnector {
    let files = [("/home/alice/.aws/config", CONFIG), (TOKEN, token)];
    AwsConnector::with_env(Env::from_slice(&[("HOME", "/home/alice")]), Fs::from_slice(&files))
}

#[tokio::test]
async fn every_kind_of_profile_is_described_from_its_settings() {
    use ProfileKind::*;
    let admin = Some("Admin");
    let rows = [
        ("broken", Unknown, None, None, None),
        ("ci", WebIdentity, Some("111122223333"), Some("ci"), None),
        ("keys", Keys, Some("444455556666"), None, None),
        ("legacy", Sso, Some("123456789012"), Some("Reader"), None),
        ("login", Login, Some("123456789012"), None, None),
        ("mfa", Role { mfa: true }, Some("111122223333"), admin, None),
        ("on-ec2", Role { mfa: false }, Some("111122223333"), Some("x"), None),
        ("process", Process, None, None, None),
        ("role", Role { mfa: false }, Some("111122223333"), admin, Some("eu-north-1")),
        ("sso", Sso, Some("123456789012"), admin, Some("eu-north-1")),
        ("temporary", TemporaryKeys, None, None, None),
        ("unset", Unknown, None, None, None),
    ];
    let profiles = connector("").profiles().await;
    let described = profiles
        .iter()
        .map(|p| (p.name.as_str(), p.kind, p.account.as_deref(), p.role.as_deref(), p.region.as_deref()));
    assert_eq!(described.collect::<Vec<_>>(), rows);
    let faults: Vec<&str> = profiles.iter().filter(|p| p.fault.is_some()).map(|p| p.name.as_str()).collect();
    assert_eq!(faults, ["broken"]);
}

#[tokio::test]
async fn the_session_of_identity_center_says_how_long_its_token_is_valid() {
    let token = r#"{"accessToken":"t","expiresAt":"2026-11-30T12:00:00Z","refreshToken":"r","clientId":"c",
                    "clientSecret":"s","registrationExpiresAt":"2027-01-01T00:00:00Z"}"#;
    let (expires, until) = ("2026-11-30T12:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
    let plain = r#"{"accessToken":"t","expiresAt":"2026-11-30T12:00:00Z"}"#;
    for (json, expected) in [
        (token, Some(SsoToken { expires, renewable_until: Some(until) })),
        (plain, Some(SsoToken { expires, renewable_until: None })),
        ("{", None),
    ] {
        let profiles = connector(json).profiles().await;
        let sso = |name: &str| profiles.iter().find(|p| p.name == name).and_then(|p| p.sso.clone()).unwrap();
        for name in ["sso", "role"] {
            assert_eq!((sso(name).name.as_deref(), sso(name).token), (Some("corp"), expected), "{json}");
        }
        assert_eq!((sso("legacy").name, sso("legacy").token), (None, None), "its token is named after its URL");
    }
}
