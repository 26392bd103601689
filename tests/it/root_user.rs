//! What `status` says about the root user itself.

use serde_json::{Value, json};

use crate::support::program::Program;
use crate::support::working;

fn status(root_user: &str) -> Value {
    working::demo(&format!("[root_user]\n{root_user}")).args(["status", "--json"]).output().exits(0).json()
}

#[test]
fn status_shows_the_root_user_in_json_without_the_credential_report() {
    for (root_user, expected) in [
        ("", json!({ "password": true, "mfa": "other", "access_keys": 0, "centralized": null })),
        (
            "mfa = \"virtual\"\npassword_last_used = -60\nreport = -30\ncentralized = true",
            json!({ "password": true, "mfa": "virtual", "access_keys": 0, "centralized": true }),
        ),
        (
            "mfa = \"none\"\naccess_keys = 1\ncentralized = false",
            json!({ "password": true, "mfa": "none", "access_keys": 1, "centralized": false }),
        ),
        (
            "password = false\nmfa = \"none\"",
            json!({ "password": false, "mfa": "none", "access_keys": 0, "centralized": null }),
        ),
    ] {
        let mut expected = expected;
        (expected["password_last_used"], expected["as_of"]) = (Value::Null, Value::Null);
        assert_eq!(status(root_user)["root_user"], expected, "{root_user}");
    }
}

#[test]
fn a_root_user_that_may_not_be_read_is_null_and_its_checks_are_unknown() {
    let denied = "[faults]\nGetAccountSummary = \"deny\"";
    let document = working::demo(denied).args(["status", "--json"]).output().exits(0).json();
    assert_eq!(document["root_user"], Value::Null);
    assert_eq!((&document["healthy"], &document["audit_ok"]), (&json!(true), &Value::Null));
    let checks = document["checks"].as_array().unwrap();
    let root: Vec<&Value> = checks.iter().filter(|check| check["id"].as_str().unwrap().starts_with("root.")).collect();
    assert!(root.len() == 4 && root.iter().all(|check| check["verdict"] == "unknown"), "{root:?}");
    assert!(root[0]["fix"].as_str().unwrap().contains("iam:GetAccountSummary"), "{:?}", root[0]);

    let kind = working::demo("[faults]\nListVirtualMFADevices = \"deny\"").args(["status", "--json"]).output().exits(0);
    let document = kind.json();
    assert_eq!(document["root_user"]["mfa"], Value::Null);
    assert_eq!(document["audit_ok"], true, "MFA is on, of whatever kind");
}

#[test]
fn status_shows_the_root_user_in_a_line_and_what_auditors_require() {
    let output = working::demo("").arg("status").output().exits(0);
    assert!(output.stdout.contains("\nRoot user: MFA on · no access keys\n"), "{}", output.stdout);
    let output = working::demo("[root_user]\nmfa = \"none\"\naccess_keys = 1").arg("status").output().exits(0);
    for line in [
        "OK: root use is monitored.\n2 audit findings, listed below.\n",
        "\nRoot user: MFA off · has access keys\n",
        "required by CIS AWS Foundations 1.13 (v1.2), 1.5 (v1.3–v4.0), 1.4 (v5.0), 2.4 (v6.0), 2.5 (v7.0); Security Hub IAM.9",
        "required by CIS AWS Foundations 1.12 (v1.2), 1.4 (v1.3–v4.0), 1.3 (v5.0), 2.3 (v6.0), 2.4 (v7.0); Security Hub IAM.4",
        "-> Sign in as the root user, open Security credentials",
    ] {
        assert!(output.stdout.contains(line), "{line}\n{}", output.stdout);
    }
    working::demo("[root_user]\nmfa = \"none\"").args(["status", "--audit"]).output().exits(3);
}

#[test]
fn what_apply_leaves_open_is_not_about_the_root_user() {
    let output =
        working::demo("[root_user]\nmfa = \"none\"").args(["apply", "--yes", "--email", "a@example.com"]).output();
    assert!(!output.exits(0).stdout.contains("Root user"), "apply can't change the root user");
}

#[test]
fn a_member_account_without_root_credentials_is_in_order() {
    let output = Program::new(&["status", "--demo=organization"]).output().exits(3);
    assert!(output.stdout.contains("\nRoot user: no credentials: nobody can sign in with it\n"), "{}", output.stdout);
    let ok = output.stdout.lines().filter(|line| line.starts_with("ok ") && line.contains("Root user"));
    assert_eq!(ok.count(), 2, "advice that is followed isn't listed: {}", output.stdout);
}
