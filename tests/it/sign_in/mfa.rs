//! Roles that need an MFA code: the wizard and the commands ask for it, and the role is assumed as its profile says.

use crate::support::program::{PATIENCE, Program};
use crate::support::pty::{Pty, key};
use crate::support::stand_in::{Asked, Response, StandIn, refusal, signed_in};

const CONFIG: &str = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = hush\n\
     [profile mfa]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Admin\nsource_profile = base\n\
     mfa_serial = arn:aws:iam::123456789012:mfa/alice\nexternal_id = id-1\nrole_session_name = alice\n\
     duration_seconds = 7200\n\
     [profile behind-mfa]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111122223333:role/Audit\nsource_profile = mfa\n\
     [profile env]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Admin\n\
     credential_source = Environment\nmfa_serial = GAHT12345678\n";

/// Accepts the code 123456 only.
fn answer(asked: &Asked) -> Response {
    match asked.field("TokenCode") {
        Some("123456") | None => signed_in(asked),
        Some(_) => {
            refusal(403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
        }
    }
}

fn terminal(args: &[&str], aws: &StandIn, columns: u16, rows: u16) -> Pty {
    let program = Program::new(args).env("AWS_ENDPOINT_URL", aws.url()).file(".aws/config", CONFIG);
    program.env("AWS_ACCESS_KEY_ID", "AKIAENV").env("AWS_SECRET_ACCESS_KEY", "hush").pty(columns, rows)
}

#[test]
fn a_command_asks_for_the_code_until_aws_accepts_it() {
    let aws = StandIn::start(answer);
    let mut status = terminal(&["status", "--profile", "mfa"], &aws, 120, 40);
    status.wait_for(
        "Code of the MFA device arn:aws:iam::123456789012:mfa/alice for arn:aws:iam::123456789012:role/Admin:",
    );
    status.press("12345\r");
    status.wait_for("A code has six digits.");
    status.press("000000\r");
    status.wait_for("does not accept the MFA code (MultiFactorAuthenti");
    status.wait_for("check mfa_serial of the profile");
    status.press("123456\r");
    status.wait_for("123456789012");
    assert_eq!(status.wait_exit().code, 3, "the account cannot be read");
    let roles = aws.asked("AssumeRole");
    assert_eq!(roles.len(), 2, "{roles:#?}");
    let field = |name| roles[1].field(name);
    assert_eq!(field("TokenCode"), Some("123456"));
    assert_eq!(field("SerialNumber"), Some("arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Falice"));
    assert_eq!(field("DurationSeconds"), Some("7200"));
    assert_eq!(field("ExternalId"), Some("id-1"));
    assert_eq!(field("RoleSessionName"), Some("alice"));
    assert_eq!(roles[1].key, "AKIABASE");
    assert_eq!(aws.asked("GetCallerIdentity")[0].key, "ASIAROLE");
}

#[test]
fn after_three_wrong_codes_the_command_fails() {
    let aws = StandIn::start(answer);
    let mut status = terminal(&["status", "--profile", "mfa"], &aws, 120, 40);
    for (earlier, code) in ["000001", "000002", "000003"].into_iter().enumerate() {
        // The question comes again below the reason.
        let is_asked = |screen: &str| screen.matches("Code of the MFA device").count() > earlier;
        status.wait_until("the question", PATIENCE, is_asked);
        status.press(code);
        status.press("\r");
    }
    assert_eq!(status.wait_exit().code, 1);
    assert_eq!(aws.asked("AssumeRole").len(), 3);
    assert!(aws.asked("GetCallerIdentity").is_empty());
}

#[test]
fn ctrl_c_at_the_question_ends_the_command() {
    let aws = StandIn::start(answer);
    let mut status = terminal(&["status", "--profile", "mfa"], &aws, 120, 40);
    status.wait_for("role/Admin:");
    status.press(key::CTRL_C);
    status.wait_exit();
    assert!(aws.asked("AssumeRole").is_empty());
}

#[test]
fn a_role_behind_a_role_with_a_code_is_assumed_with_its_session() {
    let aws = StandIn::start(answer);
    let mut status = terminal(&["status", "--profile", "behind-mfa"], &aws, 120, 40);
    status.wait_for("for arn:aws:iam::123456789012:role/Admin:");
    status.press("123456\r");
    status.wait_exit();
    let roles = aws.asked("AssumeRole");
    let asked: Vec<_> =
        roles.iter().map(|role| (role.field("RoleArn").unwrap(), role.key.as_str(), role.field("TokenCode"))).collect();
    let expected = [
        ("arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FAdmin", "AKIABASE", Some("123456")),
        ("arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FAudit", "ASIAROLE", None),
    ];
    assert_eq!(asked, expected);
    assert_eq!(roles[1].field("DurationSeconds"), None, "a setting of the other profile");
}

#[test]
fn a_credential_source_and_a_hardware_device_work_too() {
    let aws = StandIn::start(answer);
    let mut status = terminal(&["status", "--profile", "env"], &aws, 120, 40);
    status.wait_for("Code of the MFA device GAHT12345678 for");
    status.press("123456\r");
    status.wait_exit();
    let roles = aws.asked("AssumeRole");
    assert_eq!((roles[0].key.as_str(), roles[0].field("SerialNumber")), ("AKIAENV", Some("GAHT12345678")));
}

#[test]
fn the_wizard_asks_for_the_code_once_and_says_why_it_asks_again() {
    let aws = StandIn::start(answer);
    for (columns, rows) in [(80, 24), (60, 20)] {
        let mut wizard = terminal(&["--profile", "mfa"], &aws, columns, rows);
        wizard.wait_for("MFA code");
        wizard.press("12x34\r");
        wizard.wait_for("Code: 1234_");
        wizard.wait_for("A code has six digits.");
        wizard.press("56");
        wizard.press(key::CTRL_U);
        wizard.press("000000\r");
        wizard.wait_for("does not accept the MFA code");
        // Also the last words fit.
        wizard.wait_for("device.");
        wizard.press("123 456\r");
        wizard.wait_for("Signed in as");
        let before = aws.asked("AssumeRole").len();
        wizard.press("g");
        wizard.wait_for("Type to filter");
        wizard.press("eu-north-1\r");
        wizard.wait_for("from your selection");
        assert_eq!(aws.asked("AssumeRole").len(), before, "another Region takes no other code");
        wizard.press("q");
        wizard.wait_exit();
    }
}

#[test]
fn the_question_of_the_wizard_can_be_left_and_comes_back() {
    let aws = StandIn::start(answer);
    let mut wizard = terminal(&["--profile", "mfa"], &aws, 80, 24);
    wizard.wait_for("MFA code");
    wizard.press(key::ESC);
    wizard.wait_for("On the first screen, press `r` to enter it.");
    wizard.press("r");
    wizard.wait_for("Code: _");
    wizard.press("123456\r");
    wizard.wait_for("Signed in as");
}
