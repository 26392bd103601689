//! Configurations as people have them: half of a pair of variables, files that can't be read, misspelled sections, and
//! settings that the SDK would panic at.

use super::readable;
use crate::support::program::{Ended, Program};
use crate::support::stand_in::{StandIn, signed_in};

const KEYS: &str = "region = eu-west-1\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n";

/// `rootbell status` with these variables and files.
fn status(args: &[&str], env: &[(&str, &str)], files: &[(&str, &str)]) -> (StandIn, Ended) {
    let aws = StandIn::start(signed_in);
    let program = args.iter().fold(Program::new(&["status"]).env("AWS_ENDPOINT_URL", aws.url()), Program::arg);
    let program = files.iter().fold(program, |program, (path, text)| program.file(path, text));
    let ended = env.iter().fold(program, |program, (name, value)| program.env(name, value)).output();
    (aws, ended)
}

/// The arguments, variables, and configuration; the exit status, and parts of what is printed.
type Refused<'a> = (&'a [&'a str], Variables<'a>, String, i32, &'a [&'a str]);

type Variables<'a> = &'a [(&'a str, &'a str)];

/// Whose key signed the first call.
fn signer(aws: &StandIn) -> Option<String> {
    aws.asked("GetCallerIdentity").first().map(|asked| asked.key.clone())
}

#[test]
fn what_is_missing_is_named() {
    refused(vec![
        (
            &[],
            &[("AWS_ACCESS_KEY_ID", "AKIA1"), ("AWS_REGION", "eu-west-1")],
            String::new(),
            1,
            &[
                "There are no credentials (AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not;",
                "Set AWS_SECRET_ACCESS_KEY too, or unset AWS_ACCESS_KEY_ID",
            ],
        ),
        (
            &[],
            &[("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "eu-west-1")],
            String::new(),
            1,
            &["(AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not;"],
        ),
        (
            &[],
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "token"), ("AWS_REGION", "eu-west-1")],
            String::new(),
            1,
            &["(AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not;", "Set AWS_ROLE_ARN too"],
        ),
        // Signing in comes before the Region, which it sets.
        (&[], &[], String::new(), 1, &["There are no credentials (none in the environment", "`aws configure sso`"]),
        (
            &[],
            &[],
            "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n".into(),
            2,
            &["No Region is selected or set"],
        ),
    ]);
}

#[test]
fn a_profile_that_cannot_be_used_is_said_before_a_region_is_asked_for() {
    let role = "role_arn = arn:aws:iam::123456789012:role/A\nsource_profile =";
    let account = "sso_account_id = 123456789012\nsso_role_name = Admin\n";
    refused(vec![
        (
            &["--profile", "a"],
            &[],
            format!("[profile a]\n{role}b\n[profile b]\n{role}a\n"),
            1,
            &["The profile `a` cannot be used: its source_profiles lead back to `a` (profile `a`)."],
        ),
        (
            &["--profile", "x"],
            &[],
            format!("[x]\n{KEYS}"),
            1,
            &["There is no profile `x`: ~/.aws/config has a section [x], which must be written as [profile x]."],
        ),
        (
            &["--profile", "a"],
            &[],
            format!(
                "[sso-session c]\nsso_start_url = https://c\n[profile a]\nregion = eu-west-1\nsso_session = c\n{account}"
            ),
            1,
            &["The profile `a` cannot be used: its [sso-session c] has no sso_region"],
        ),
        (
            &["--profile", "a"],
            &[],
            format!("[profile a]\nregion = eu-west-1\nsso_start_url = https://c\n{account}"),
            1,
            &["it signs in with IAM Identity Center, but has no sso_region"],
        ),
    ]);
}

#[test]
fn what_cannot_be_read_or_is_no_url_is_named() {
    let default = format!("[default]\n{KEYS}");
    refused(vec![
        (
            &[],
            &[("AWS_CONFIG_FILE", ".")],
            String::new(),
            2,
            &["`.` cannot be read: ", "Correct that, then try again."],
        ),
        (
            &[],
            &[("AWS_ENDPOINT_URL", "")],
            default.replace("region", "endpoint_url =\nregion"),
            2,
            &["endpoint_url of the profile: an empty value isn't a URL; an endpoint looks like http://127.0.0.1:4566."],
        ),
        (&[], &[("AWS_ENDPOINT_URL", "")], default.clone(), 2, &["AWS_ENDPOINT_URL", "an empty value isn't a URL"]),
        (
            &[],
            &[("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "localhost:4566")],
            default.clone(),
            2,
            &["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "`localhost:4566` isn't a URL"],
        ),
    ]);
}

/// What is wrong is said, and AWS isn't asked.
#[track_caller]
fn refused(rows: Vec<Refused<'_>>) {
    for (args, env, config, status_code, expected) in rows {
        let (aws, said) = status(args, env, &[(".aws/config", &config)]);
        let said = said.exits(status_code).with_empty_stdout();
        readable(&said);
        for part in expected {
            assert!(said.stderr.contains(part), "{args:?} {env:?} {config}: no {part:?} in {said:#?}");
        }
        assert_eq!(signer(&aws), None, "{said:#?}");
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_named() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config");
    std::fs::write(&path, b"[default]\nregion = eu-west-1\n# caf\xe9\n").unwrap();
    let path = path.to_str().unwrap();
    let (_, said) = status(&[], &[("AWS_CONFIG_FILE", path)], &[]);
    said.exits(2).stderr_contains("cannot be read: it is not text in UTF-8.");
    // It isn't needed if the keys come from the environment.
    let env = [("AWS_ACCESS_KEY_ID", "AKIA1"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "eu-west-1")];
    let (aws, _) = status(&[], &[&env[..], &[("AWS_CONFIG_FILE", path)]].concat(), &[]);
    assert_eq!(signer(&aws).as_deref(), Some("AKIA1"));
}

#[test]
fn what_looks_unusual_but_works_signs_in() {
    let default = format!("[default]\n{KEYS}");
    let lines = |text: &str| text.replace('\n', "\r\n");
    let rows: Vec<(&str, Variables<'_>, String, &str)> = vec![
        ("a byte order mark", &[], format!("\u{feff}{default}"), "AKIAFILE"),
        ("line ends of Windows", &[], lines(&default), "AKIAFILE"),
        ("a section in two parts", &[], format!("[default]\nregion = eu-west-1\n{default}"), "AKIAFILE"),
        ("an empty AWS_PROFILE", &[("AWS_PROFILE", "")], default.clone(), "AKIAFILE"),
        ("AWS_DEFAULT_PROFILE", &[("AWS_DEFAULT_PROFILE", "a")], format!("[profile a]\n{KEYS}"), "AKIAFILE"),
        (
            "AWS_PROFILE before AWS_DEFAULT_PROFILE",
            &[("AWS_DEFAULT_PROFILE", "b"), ("AWS_PROFILE", "a")],
            format!("[profile a]\n{KEYS}"),
            "AKIAFILE",
        ),
        // The SDK goes on to the profile, and so does what is said about it.
        ("half of the keys in the environment", &[("AWS_ACCESS_KEY_ID", "AKIAENV")], default.clone(), "AKIAFILE"),
        (
            "line breaks from a secret store",
            &[("AWS_ACCESS_KEY_ID", "AKIAENV\n"), ("AWS_SECRET_ACCESS_KEY", "s\n"), ("AWS_SESSION_TOKEN", "t\n")],
            default.clone(),
            "AKIAENV",
        ),
        (
            "a line break in what a program prints",
            &[],
            "[default]\nregion = eu-west-1\ncredential_process = printf '{\"Version\":1,\"AccessKeyId\":\"AKIAPROC\",\
             \"SecretAccessKey\":\"s\",\"SessionToken\":\"t\\\\n\"}'\n"
                .to_owned(),
            "AKIAPROC",
        ),
    ];
    for (what, env, config, key) in rows {
        let (aws, said) = status(&[], env, &[(".aws/config", &config)]);
        assert_eq!(signer(&aws).as_deref(), Some(key), "{what}: {said:#?}");
        // The stand-in denies everything else.
        said.exits(3);
    }
}

#[test]
fn a_failure_with_half_of_the_keys_in_the_environment_is_about_the_profile_in_use() {
    let aws = StandIn::start(|asked| super::no_such_key(&asked.action));
    let program = Program::new(&["status"]).env("AWS_ENDPOINT_URL", aws.url()).env("AWS_ACCESS_KEY_ID", "AKIAENV");
    let said = program.file(".aws/config", &format!("[default]\n{KEYS}")).output().exits(1);
    said.stderr_contains("AWS does not accept the access key of profile `default`");
}

#[test]
fn the_variable_that_names_a_missing_profile_is_named() {
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let (_, said) = status(&[], &[(variable, "prd")], &[(".aws/config", &format!("[profile prod]\n{KEYS}"))]);
        said.exits(1).stderr_contains(&format!("There is no profile `prd` (from {variable}) in "));
    }
}
