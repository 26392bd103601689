//! After a sign-in in another terminal, the wizard continues by itself.

use super::{KEYS, LOGIN, SSO, TOKEN};
use crate::support::program::Program;
use crate::support::stand_in::{Asked, Response, StandIn, signed_in};

/// The portal of IAM Identity Center hands out keys, and STS knows them.
fn answer(asked: &Asked) -> Response {
    if asked.action != "/federation/credentials" {
        return signed_in(asked);
    }
    let keys = r#"{"accessKeyId":"ASIA1","secretAccessKey":"s","sessionToken":"t","expiration":32503680000000}"#;
    (200, "application/json", format!("{{\"roleCredentials\":{keys}}}"))
}

#[test]
fn the_wizard_continues_after_a_sign_in_or_a_change_of_the_configuration_elsewhere() {
    let rows: [(&str, &str, &str, &str, &str); 3] = [
        ("sso", SSO, "aws sso login --profile sso", TOKEN.0, TOKEN.1),
        ("keys", "[profile other]\nregion = eu-west-1\n", "There is no profile `keys`", ".aws/config", KEYS),
        ("login", LOGIN, "aws login --profile login", ".aws/config", &KEYS.replace("keys", "login")),
    ];
    for (profile, config, before, path, text) in rows {
        let aws = StandIn::start(answer);
        let program = Program::new(&["--profile", profile]).env("AWS_ENDPOINT_URL", aws.url());
        let mut wizard = program.file(".aws/config", config).pty(80, 24);
        wizard.wait_for(before);
        wizard.wait_for("Waiting for you to sign in");
        assert!(aws.asked("GetCallerIdentity").is_empty(), "nothing to ask AWS about");
        wizard.write(path, text);
        wizard.wait_for("Signed in as");
        wizard.press("q");
        assert_eq!(wizard.wait_exit().code, 0);
    }
}

#[test]
fn a_command_in_a_terminal_says_that_aws_does_not_answer() {
    // It accepts connections, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut status = Program::new(&["status", "--region", "eu-west-1", "--endpoint-url", &url]).signed_in().pty(80, 24);
    status.wait_for("No answer from AWS for 5 s (who is signed in).");
    status.wait_for("Ctrl+C ends it now.");
    status.press(crate::support::pty::key::CTRL_C);
    status.wait_exit();
}

#[test]
fn the_wizard_does_not_wait_for_what_no_file_can_change() {
    let aws = StandIn::start(|_| crate::support::stand_in::refusal(403, "InvalidClientTokenId", "invalid"));
    let program = Program::new(&["--region", "eu-west-1", "--endpoint-url", &aws.url()]).signed_in();
    let wizard = program.pty(80, 24);
    wizard.wait_for("Press r to try again");
    assert!(!wizard.screen().contains("Waiting for you"), "{}", wizard.screen());
}
