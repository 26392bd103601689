//! An account whose texts are chosen by an attacker: no control characters reach the terminal unescaped.

use rootbell::cloud::demo::Account;
use rootbell::domain::text::is_escaped;

use crate::support::program::Program;
use crate::support::tester::Tester;

/// C0 and C1 controls, bidirectional overrides and isolates, invisible characters, and a line that imitates ours.
const EVIL: &str =
    r"X\u001B]0;owned\u0007\u001B[2J\u009B31m\u202Egpj\u2066\u200F\u061C\u200B\u007F\r\nok       forged\tZ";

fn account() -> String {
    format!(
        r#"alias = "{EVIL}"
[set_up]
emails = ["alice@example.com"]
[regions.eu-west-1.topics.rootbell-alerts]
subscriptions = [{{ endpoint = "{EVIL}", state = "confirmed" }}]
tags = {{ "rootbell" = "managed", "{EVIL}" = "{EVIL}" }}
[regions.eu-west-1.alarms.rootbell-root-use]
namespace = "rootbell"
metric = "RootUse"
state = "ALARM"
reason = "{EVIL}"
description = "{EVIL}"
since = -60
actions = ["arn:aws:sns:eu-west-1:123456789012:{EVIL}", "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts"]
[[regions.eu-west-1.log_groups."rootbell/cloudtrail".events]]
at = -60
[regions.eu-west-1.log_groups."rootbell/cloudtrail".events.event]
eventName = "{EVIL}"
userAgent = "{EVIL}"
errorMessage = "{EVIL}"
sourceIPAddress = "{EVIL}"
awsRegion = "{EVIL}"
eventSource = "{EVIL}"
eventID = "{EVIL}"
eventType = "AwsApiCall"
userIdentity = {{ type = "Root" }}
"#
    )
}

#[test]
fn no_command_prints_control_characters_from_the_account() {
    let mut shown = 0;
    for args in [
        "status",
        "status --json",
        "events",
        "events --json",
        "plan",
        "plan --format json",
        "plan --format aws-cli",
        "apply --yes",
        "apply --yes --json",
        "test --yes",
        "test --yes --json",
        "destroy --format text",
        "destroy --format json",
        "destroy --format aws-cli",
        "policy",
    ] {
        let program = Program::new(&["--demo=./account.toml"]).file("account.toml", &account());
        let output = args.split(' ').fold(program, Program::arg).output();
        for (name, text) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            assert!(!text.chars().any(|c| is_escaped(c) && c != '\n'), "{args}, {name}: {text:?}");
            // In a script, a line break in quotes is part of a word.
            let forged = text.lines().any(|line| line.starts_with("ok       forged"));
            assert!(!forged || args.ends_with("aws-cli"), "{args}, {name}: {text}");
            shown += usize::from(text.contains(r"\u202e"));
        }
    }
    assert!(shown >= 6, "the texts are shown, with visible escapes: {shown}");
}

#[test]
fn no_screen_shows_control_characters_from_the_account() {
    for (width, height) in [(80, 24), (120, 40)] {
        let account = Account::read(&account()).unwrap();
        let mut tester = Tester::on(account, width, height);
        for keys in ["", "down enter", "esc", "e", "esc", "?", "esc", "1", "2", "3", "4", "t", "esc", "d", "esc", "x"] {
            tester.press(keys).pass(std::time::Duration::from_secs(2));
            let is_control = |c: char| is_escaped(c) && c != '\n';
            let found = tester.buffer().content.iter().find(|cell| cell.symbol().contains(is_control));
            assert_eq!(found.map(|cell| cell.symbol().to_owned()), None, "after {keys:?}");
        }
    }
}
