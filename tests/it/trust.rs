//! `--trust`: a destination that can't be checked from here, and that the user vouches for.

use std::path::Path;

use crate::support::program::{Ended, Program};

const CENTRAL_TOPIC: &str = "arn:aws:sns:eu-west-1:210987654321:ASEA-Notification-High";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:send_slack_notification";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:alerts";

/// One of the accounts in tests/setups.
fn account(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/setups/{name}.toml"));
    std::fs::read_to_string(path).unwrap()
}

fn on(account: &str, args: &[&str]) -> Ended {
    args.iter().fold(Program::new(&["--demo=./account.toml"]).file("account.toml", account), Program::arg).output()
}

/// Each account, and the destination in it that can't be checked.
const UNCHECKED: [(&str, &str); 3] =
    [("central-topic", CENTRAL_TOPIC), ("function-only", FUNCTION), ("queue-and-pending-email", QUEUE)];

#[test]
fn a_trusted_destination_makes_its_checks_ok_and_is_marked() {
    for (name, arn) in UNCHECKED {
        let account = account(name);
        on(&account, &["status"]).exits(3);
        let output = on(&account, &["status", "--trust", arn]).exits(0);
        assert!(output.stdout.contains(&format!("notifies {arn}, trusted by you")), "{name}: {output:#?}");
        assert!(!output.stdout.contains("Note: "), "{name}: {output:#?}");
        let output = on(&account, &["status", "--trust", arn, "--json"]).exits(0).json();
        assert_eq!(output["healthy"], true, "{name}");
        assert_eq!(output["trusted"], serde_json::json!([{ "arn": arn, "notified": true }]), "{name}");
        let checks = output["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == "subscription.confirmed").unwrap();
        assert_eq!((&check["verdict"], &check["trusted"]), (&"ok".into(), &arn.into()), "{name}");
        assert!(checks.iter().any(|check| check["trusted"].is_null()), "{name}");
    }
}

#[test]
fn plan_needs_no_topic_and_no_address_where_the_destination_is_trusted() {
    for (name, arn) in UNCHECKED {
        let output = on(&account(name), &["plan", "--trust", arn]).exits(0);
        assert!(output.stdout.contains("Nothing to change."), "{name}: {output:#?}");
        on(&account(name), &["apply", "--yes", "--trust", arn]).exits(0);
    }
    on(&account("central-topic"), &["plan"]).exits(1).stderr_contains("No one would be alerted.");
    // Somebody who names an address wants an email as well.
    let output = on(&account("central-topic"), &["plan", "--trust", CENTRAL_TOPIC, "--email", "bob@example.com"]);
    let planned = output.exits(3).stdout;
    assert!(
        planned.lines().any(|line| line.contains("+ subscription") && line.contains("bob@example.com")),
        "{planned}"
    );
}

#[test]
fn an_arn_that_nothing_notifies_is_reported_and_changes_no_verdict() {
    let (account, other) = (account("central-topic"), "arn:aws:sns:eu-west-1:210987654321:other");
    let note = format!("Nothing notifies {other}, so trusting it makes no difference.");
    let output = on(&account, &["status", "--trust", other]).exits(3);
    assert!(output.stdout.contains(&format!("Note: {note}")), "{output:#?}");
    let output = on(&account, &["status", "--trust", other, "--json"]).exits(3).json();
    assert_eq!(output["trusted"], serde_json::json!([{ "arn": other, "notified": false }]));
    let output = on(&account, &["plan", "--email", "bob@example.com", "--trust", other]).exits(3);
    assert!(output.stdout.contains(&note), "{output:#?}");
    on(&account, &["test", "--trust", other]).stderr_contains(&note);
}

#[test]
fn what_is_known_to_be_wrong_stays_wrong() {
    let muted = account("central-topic").replace("[regions.eu-west-1.alarms.root-use]", "\
        [regions.eu-west-1.mute_rules.night]\nalarms = [\"root-use\"]\nstatus = \"ACTIVE\"\n\n[regions.eu-west-1.alarms.root-use]");
    let disabled = account("central-topic") + "actions_enabled = false\n";
    let dropped = account("function-only")
        .replace("protocol = \"lambda\",", "protocol = \"lambda\", filter_policy = '{ \"severity\": [\"high\"] }',");
    for (name, account, arn) in
        [("muted", muted, CENTRAL_TOPIC), ("disabled", disabled, CENTRAL_TOPIC), ("dropped", dropped, FUNCTION)]
    {
        let output = on(&account, &["status", "--trust", arn, "--json"]).exits(3).json();
        assert_eq!(output["verdict"], "wrong", "{name}: {output:#}");
    }
    let gone = account("function-only").replace("security-alerts\"]", "deleted\"]");
    let output = on(&gone, &["status", "--trust", "arn:aws:sns:eu-west-1:123456789012:deleted", "--json"]).exits(3);
    assert_ne!(output.json()["verdict"], "ok");
}

#[test]
fn what_is_not_an_arn_is_rejected() {
    for command in ["status", "plan", "apply", "test"] {
        let output = on(&account("central-topic"), &[command, "--trust", "alerts"]).exits(2).with_empty_stdout();
        output.stderr_contains("`alerts` is not an ARN");
    }
}
