//! What is said if the credentials of a profile cannot be had or don't work: one row for each kind of profile and each
//! failure.

use super::support::program::{Ended, Program};
use super::support::stand_in::{Response, StandIn, refusal, web_page};

mod configuration;
mod grid;
mod machine;
mod mfa;
mod waiting;

/// What the stand-in for STS and the SSO portal answers to each action, or to each path.
type Answer = fn(&str) -> Response;

const KEYS: &str = "[profile keys]\nregion = eu-west-1\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
const TEMPORARY: &str = "[profile temporary]\nregion = eu-west-1\naws_access_key_id = ASIA1\n\
                         aws_secret_access_key = s\naws_session_token = t\n";
const NO_TOKEN: &str = "[profile no-token]\nregion = eu-west-1\naws_access_key_id = ASIA1\naws_secret_access_key = s\n";
const ROLE: &str = "[profile base]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n\
                    [profile role]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Admin\n\
                    source_profile = base\n";
const MFA: &str = "[profile base]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n\
                   [profile assume-mfa]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Admin\n\
                   source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
const SSO: &str = "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n\
                   [profile sso]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\n\
                   sso_role_name = Admin\n";
const ROLE_OF_SSO: &str = "[sso-session corp]\nsso_region = eu-west-1\n\
                           sso_start_url = https://corp.awsapps.com/start\n\
                           [profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n\
                           [profile from-sso]\nregion = eu-west-1\nsource_profile = sso\n\
                           role_arn = arn:aws:iam::123456789012:role/Admin\n";
const LOGIN: &str = "[profile login]\nregion = eu-west-1\nlogin_session = arn:aws:iam::123456789012:user/alice\n";
const WEB_IDENTITY: &str = "[profile web]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Ci\n\
                            web_identity_token_file = token\n";
const AFRICA: &str = "[profile africa]\nregion = af-south-1\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";

/// The cached token of the SSO session `corp`: the file is named by the SHA-1 of that.
const TOKEN: (&str, &str) = (
    ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
    r#"{"accessToken":"t","expiresAt":"2999-01-01T00:00:00Z","startUrl":"https://corp.awsapps.com/start"}"#,
);

/// The portal of IAM Identity Center hands out keys, and STS denies the role.
fn denied_behind_the_portal(action: &str) -> Response {
    if action != "/federation/credentials" {
        return denied(action);
    }
    let keys = r#"{"accessKeyId":"ASIA1","secretAccessKey":"s","sessionToken":"t","expiration":32503680000000}"#;
    (200, "application/json", format!("{{\"roleCredentials\":{keys}}}"))
}

fn denied(_: &str) -> Response {
    refusal(
        403,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::123456789012:role/Admin",
    )
}

fn no_such_key(_: &str) -> Response {
    refusal(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn expired(_: &str) -> Response {
    refusal(403, "ExpiredToken", "The security token included in the request is expired")
}

fn never(action: &str) -> Response {
    refusal(400, "NeverAsked", &format!("nobody should ask for {action}"))
}

struct Row {
    profile: &'static str,
    config: &'static str,
    answer: Answer,
    /// What is said of why, and what to do; each in this order.
    said: &'static [&'static str],
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn rows() -> Vec<Row> {
    let row = |profile, config, answer, said| Row { profile, config, answer, said };
    vec![
        // Roles.
        row(
            "assume-mfa",
            MFA,
            never,
            &[
                "rootbell: The role `arn:aws:iam::123456789012:role/Admin` cannot be assumed: it needs an MFA code (profile `assume-mfa`, Region eu-west-1 from the profile). ",
                "Run this in a terminal, where rootbell asks for the code. ",
                "run `eval \"$(aws configure export-credentials --profile assume-mfa --format env)\"`",
                "start rootbell in the same shell without choosing a profile.",
            ],
        ),
        // The profile doesn't say that the role needs a code.
        row(
            "role",
            ROLE,
            |_| {
                let why =
                    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
                refusal(403, "AccessDenied", why)
            },
            &[
                "The role `arn:aws:iam::123456789012:role/Admin` cannot be assumed: it needs an MFA code, and the profile names \
                 no MFA device (profile `role`, Region eu-west-1 from the profile). ",
                "Add mfa_serial with the ARN of your MFA device to profile `role`",
            ],
        ),
        row(
            "role",
            ROLE,
            |_| {
                let why = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
                refusal(400, "ValidationError", why)
            },
            &["cannot be assumed: The requested DurationSeconds exceeds", "Lower duration_seconds of the profile"],
        ),
        row(
            "long",
            "[profile long]\nregion = eu-west-1\nrole_arn = a\nsource_profile = b\nduration_seconds = 1h\n\
             [profile b]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n",
            never,
            &["The profile `long` cannot be used: its duration_seconds `1h` is not a number of seconds"],
        ),
        row(
            "role",
            ROLE,
            denied,
            &[
                "The role `arn:aws:iam::123456789012:role/Admin` cannot be assumed: ",
                "arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole",
                "(profile `role`, Region eu-west-1 from the profile). ",
                "the role's trust policy must allow that identity",
            ],
        ),
        row(
            "role",
            ROLE,
            |_| {
                refusal(
                    403,
                    "AccessDenied",
                    "User: u is not authorized to perform: sts:AssumeRole on resource: \
                     arn:aws:iam::123456789012:role/Admin with an explicit deny in a service control policy: \
                     arn:aws:organizations::1:policy/o-1/p",
                )
            },
            &[
                "with an explicit deny in a service control policy",
                "An administrator of the organization, in its management account, has to remove that policy's Deny, or \
                 make an exception: an Allow for this identity does not override a Deny.",
            ],
        ),
        row(
            "role",
            ROLE,
            |_| web_page(),
            &[
                "AssumeRole (sts) on `arn:aws:iam::123456789012:role/Admin`: 127.0.0.1:",
                "answered with a web page (HTTP 200) instead of AWS's answer (profile `role`, Region eu-west-1 from the profile). ",
                "open any page in a browser and sign in to the network",
            ],
        ),
        row(
            "role",
            ROLE,
            |_| refusal(400, "Throttling", "Rate exceeded"),
            &[
                "AssumeRole (sts) on `arn:",
                "throttled by AWS (profile `role`, Region eu-west-1 from the profile). ",
                "Wait a moment",
            ],
        ),
        row(
            "role",
            ROLE,
            |_| refusal(503, "ServiceUnavailable", "Service is unavailable"),
            &["AssumeRole (sts) on `arn:", "the service is not available at the moment", "Try again in a few minutes"],
        ),
        row(
            "role",
            ROLE,
            no_such_key,
            &[
                "AssumeRole (sts)",
                "AWS does not accept the access key of profile `base`",
                "; profile `role`, Region eu-west-1 from the profile). ",
                "Check aws_access_key_id and aws_secret_access_key of profile `base`",
            ],
        ),
        row(
            "from-sso",
            ROLE_OF_SSO,
            denied_behind_the_portal,
            &["The role `arn:aws:iam::123456789012:role/Admin` cannot be assumed", "trust policy"],
        ),
        // Keys.
        row(
            "keys",
            KEYS,
            no_such_key,
            &[
                "GetCallerIdentity (sts): AWS does not accept the access key of profile `keys` (The security token \
                 included in the request is invalid; profile `keys`, Region eu-west-1 from the profile). ",
                "Check aws_access_key_id and aws_secret_access_key of profile `keys`",
                "create a new access key",
            ],
        ),
        row(
            "temporary",
            TEMPORARY,
            expired,
            &["the session token of profile `temporary` has expired", "Get new temporary keys and replace"],
        ),
        row("temporary", TEMPORARY, no_such_key, &["belong together and are still valid"]),
        row(
            "no-token",
            NO_TOKEN,
            no_such_key,
            &["needs its session token: set aws_session_token of profile `no-token`"],
        ),
        row(
            "africa",
            AFRICA,
            no_such_key,
            &[
                "this account has not enabled the Region af-south-1, or AWS does not accept the access key",
                "Enable af-south-1 in this account",
                "or choose another Region (--region). If it is enabled: check aws_access_key_id",
            ],
        ),
        row(
            "africa",
            AFRICA,
            |_| refusal(403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service"),
            &[
                "this account has not enabled the Region af-south-1 (",
                "; profile `africa`, Region af-south-1 from the profile). ",
                "Enable af-south-1 in this account (in the console, on the page Account",
            ],
        ),
        // The clock.
        row(
            "keys",
            KEYS,
            |_| {
                let why = "Signature expired: 20261124T120000Z is now earlier than 20261124T125500Z \
                           (20261124T130000Z - 5 min.)";
                refusal(403, "SignatureDoesNotMatch", why)
            },
            &[
                "this computer's clock is about 60 minutes slow (Signature expired: 20261124T120000Z is now earlier than",
                "Set the clock",
            ],
        ),
        row(
            "keys",
            KEYS,
            |_| {
                let why = "Signature not yet current: 20261124T140000Z is still later than 20261124T130500Z \
                           (20261124T130000Z + 5 min.)";
                refusal(403, "SignatureDoesNotMatch", why)
            },
            &["this computer's clock is about 60 minutes fast", "Set the clock"],
        ),
        row(
            "role",
            ROLE,
            |_| refusal(400, "RequestExpired", "Request has expired."),
            &[
                "AssumeRole (sts)",
                "this computer's clock is wrong (Request has expired; profile `role`, Region eu-west-1 from the profile). ",
                "Set the clock",
            ],
        ),
        // IAM Identity Center.
        row(
            "sso",
            SSO,
            |_| {
                (
                    401,
                    "application/json",
                    r#"{"__type":"UnauthorizedException","message":"Session token not found"}"#.into(),
                )
            },
            &[
                "GetRoleCredentials (sso): IAM Identity Center does not accept the sign-in any more (Session token not found; \
                 profile `sso`, Region eu-west-1 from the profile). ",
                "Sign in again with `aws sso login --profile sso`, then try again.",
            ],
        ),
        row(
            "sso",
            SSO,
            |_| (403, "application/json", r#"{"__type":"ForbiddenException","message":"No access"}"#.into()),
            &[
                "rootbell: IAM Identity Center doesn't provide the profile's role: No access (profile `sso`, Region eu-west-1 from the profile). ",
                "Check sso_account_id and sso_role_name",
            ],
        ),
        row("sso", SSO, |_| web_page(), &["GetRoleCredentials (sso): 127.0.0.1:", "answered with a web page"]),
        // Commands, tokens, and nothing.
        row(
            "process",
            "[profile process]\nregion = eu-west-1\ncredential_process = sh -c 'echo no luck >&2; exit 1' hush\n",
            never,
            &[
                "The credential_process of profile `process` (`sh`) ended with exit status 1: no luck (profile \
                 `process`, Region eu-west-1 from the profile). ",
                "Run the credential_process of profile `process` by hand",
            ],
        ),
        row(
            "process",
            "[profile process]\nregion = eu-west-1\ncredential_process = /opt/no-such-thing --user hush\n",
            never,
            &["(`/opt/no-such-thing`) was not found (exit status 127): ", "Run the credential_process"],
        ),
        row(
            "process",
            "[profile process]\nregion = eu-west-1\ncredential_process = echo '{\"hush\": 1'\n",
            never,
            &["(`echo`) did not print credentials as JSON (profile", "it must print credentials as JSON"],
        ),
        row(
            "process",
            "[profile process]\nregion = eu-west-1\ncredential_process = echo '{\"Version\": 1}'\n",
            never,
            &["(`echo`) printed credentials without `AccessKeyId` (profile"],
        ),
        row(
            "login",
            LOGIN,
            never,
            &["Profile `login` is not signed in with `aws login` (", "Sign in with `aws login --profile login`"],
        ),
        row(
            "web",
            WEB_IDENTITY,
            |_| refusal(400, "InvalidIdentityToken", "No OpenIDConnect provider found"),
            &["cannot be assumed: No OpenIDConnect provider found", "the identity in the token file `token`"],
        ),
        row(
            "web",
            WEB_IDENTITY,
            |_| refusal(400, "ExpiredTokenException", "Token expired"),
            &["the web identity token in `token` has expired", "must write a new token"],
        ),
        row(
            "loop",
            "[profile loop]\nregion = eu-west-1\nrole_arn = a\nsource_profile = b\n\
             [profile b]\nrole_arn = b\nsource_profile = loop\n",
            never,
            &[
                "The profile `loop` cannot be used: its source_profiles lead back to `loop`",
                "Correct the profile's settings",
            ],
        ),
        row(
            "lost",
            "[profile lost]\nregion = eu-west-1\nrole_arn = a\nsource_profile = gone\n",
            never,
            &["The profile `lost` cannot be used: `lost` names the source_profile `gone`, which does not exist"],
        ),
        row(
            "half",
            "[profile half]\nregion = eu-west-1\naws_secret_access_key = hush\n",
            never,
            &["The profile `half` cannot be used: `half` has an aws_secret_access_key, but no aws_access_key_id"],
        ),
        row(
            "empty",
            "[profile empty]\nregion = eu-west-1\n",
            never,
            &[
                "There are no credentials",
                "; profile `empty`, Region eu-west-1 from the profile). ",
                "`aws login --profile empty`",
                "`rootbell --demo`",
            ],
        ),
        row(
            "nope",
            "[profile nape]\nregion = eu-west-1\n",
            never,
            &["There is no profile `nope` in ~/.aws/config or ~/.aws/credentials; did you mean `nape`? Create it with"],
        ),
    ]
}

/// Nobody should have to read how Rust writes values down.
#[track_caller]
fn readable(said: &Ended) {
    for notation in
        ["Error {", "StartEl", "Some(", "None,", "Unhandled", "StatusCode", "Name {", "\\\"", "?.", "..", "!."]
    {
        assert!(!said.stderr.contains(notation), "{notation} in {said:#?}");
    }
    assert!(!said.stderr.contains("hush"), "{said:#?}");
}

#[test]
fn every_kind_of_profile_gets_the_reason_and_the_advice_that_fit_it() {
    std::thread::scope(|scope| {
        for Row { profile, config, answer, said: expected } in rows() {
            scope.spawn(move || {
                let aws = StandIn::start(move |asked| answer(&asked.action));
                let program = Program::new(&["status", "--profile", profile])
                    .env("AWS_ENDPOINT_URL", aws.url())
                    .file(".aws/config", config)
                    .file(TOKEN.0, TOKEN.1)
                    .file("token", "a.b.c");
                let said = program.output().exits(1).with_empty_stdout();
                readable(&said);
                let mut rest = said.stderr.as_str();
                for part in expected {
                    let Some(at) = rest.find(part) else { panic!("{profile}: no {part:?} in {said:#?}") };
                    rest = &rest[at + part.len()..];
                }
                let sso = said.stderr.contains("aws sso login");
                assert!(!sso || config.contains("sso_session"), "advice for another kind of profile: {said:#?}");
            });
        }
    });
}

#[test]
fn keys_in_the_environment_get_advice_about_the_environment() {
    let aws = StandIn::start(|asked| no_such_key(&asked.action));
    let program = Program::new(&["status", "--region", "eu-west-1", "--endpoint-url", &aws.url()]);
    let said = program.signed_in().output().exits(1).with_empty_stdout();
    readable(&said);
    let said = said.stderr_contains("AWS does not accept the access key in AWS_ACCESS_KEY_ID");
    said.stderr_contains(
        "; keys from AWS_ACCESS_KEY_ID, Region eu-west-1). Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and",
    );

    let aws = StandIn::start(|asked| expired(&asked.action));
    let program = Program::new(&["status", "--region", "eu-west-1", "--endpoint-url", &aws.url()]);
    let said = program.signed_in().env("AWS_SESSION_TOKEN", "t").output().exits(1);
    said.stderr_contains("the session token in AWS_SESSION_TOKEN has expired")
        .stderr_contains("Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN together");
}

#[test]
fn without_any_credentials_the_ways_to_sign_in_are_named() {
    let said = Program::new(&["status", "--region", "eu-west-1"]).output().exits(1).with_empty_stdout();
    readable(&said);
    said.stderr_contains("There are no credentials (none in the environment")
        .stderr_contains("`aws login`")
        .stderr_contains("`rootbell --demo`");
}

#[test]
fn a_mistyped_region_is_answered_with_one_question_mark() {
    let said = Program::new(&["status"]).env("AWS_REGION", "eu-wst-1").signed_in().output().exits(2);
    said.stderr_contains("did you mean `eu-west-1`? Correct that, then try again.");
}

#[test]
fn failures_are_in_the_log_as_warnings_and_errors() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("log");
    let aws = StandIn::start(|asked| no_such_key(&asked.action));
    let program = Program::new(&["status", "--region", "eu-west-1", "--endpoint-url", &aws.url()]);
    program.signed_in().arg("--log-file").arg(&path).output().exits(1);
    let log = std::fs::read_to_string(&path).unwrap();
    let read = log.lines().find(|line| line.contains("failed operation=\"GetCallerIdentity\"")).unwrap_or_default();
    assert!(read.contains(" WARN "), "{log}");
    let end = log.lines().find(|line| line.contains("AWS does not accept the access key in")).unwrap_or_default();
    assert!(end.contains(" ERROR "), "{log}");
}
