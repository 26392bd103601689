//! Real HTTP: an interrupted `apply`, and `apply --wait`.

use serde_json::json;

use crate::support::EmulatedAws;
use crate::support::program::{PATIENCE, Running, SOON};
use crate::support::read::Names;
use crate::wire::{EMAILS, apply, wanted};

#[test]
fn an_interrupted_apply_says_what_is_done_and_how_to_continue() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.hold_after_writes(5);
    let running = apply(&aws).arg("--json").start();
    aws.proxy.wait_until_held();
    // All responses but the one held back.
    running.wait_for_stderr("done   ", 4);
    running.signal("INT");
    let output = running.wait_within(SOON).exits(1);
    let result = output.json();
    let [applied, skipped, unknown] =
        ["applied", "skipped", "unknown"].map(|key| result[key].as_array().unwrap().len());
    assert_eq!(applied + skipped + unknown, 19, "{result}");
    assert!(applied >= 3 && unknown >= 1, "{result}");
    assert!(
        result["open"]
            .as_array()
            .unwrap()
            .iter()
            .any(|o| o.as_str().unwrap().contains("Run the same command again to continue"))
    );
    aws.proxy.clear_faults();
    apply(&aws).output().exits(0);
    assert_eq!(aws.account(&Names::default_in("us-east-1")), wanted("us-east-1"));
}

#[test]
fn an_interrupted_apply_lists_what_failed_and_what_was_in_progress() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.deny("CreateTopic");
    aws.proxy.hang("CreateLogGroup");
    let interrupted = |args: &[&str], possible: usize| {
        aws.proxy.forget_calls();
        let running = aws.rootbell(args).args(EMAILS).start();
        aws.proxy.wait_for_call("CreateTopic");
        aws.proxy.wait_for_call("CreateLogGroup");
        running.wait_for_stderr("failed    + SNS topic", 1);
        running.wait_for_stderr("done   ", possible);
        running.signal("INT");
        running.wait_within(SOON).exits(1)
    };
    let result = interrupted(&["apply", "--yes", "--json"], 8).json();
    assert_eq!(result["failed"][0]["id"], "topic.create", "{result}");
    assert!(result["failed"][0]["why"].as_str().unwrap().contains("permission denied"), "{result}");
    assert!(result["failed"][0]["fix"].as_str().unwrap().contains("sns:CreateTopic"), "{result}");
    assert_eq!(result["unknown"], json!(["log_group.create"]), "{result}");
    let skipped = result["skipped"].as_array().unwrap();
    assert!(skipped.contains(&json!("trail.create")) && skipped.contains(&json!("alarm.put")), "{result}");
    let output = interrupted(&["apply", "--yes"], 0);
    assert!(
        output.stderr.contains("stopped   + log group rootbell/cloudtrail: it was in progress, outcome unknown"),
        "{output:#?}"
    );
    assert!(output.stdout.contains("; 1 failed; 1 in progress, outcome unknown; "), "{output:#?}");
}

#[test]
fn apply_wait_ends_when_every_address_is_confirmed() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.set_pending(true);
    let output = apply(&aws).output().exits(0);
    assert!(
        output.stdout.contains("Open the link in the email from AWS Notifications to a@example.com"),
        "{output:#?}"
    );
    assert!(output.stdout.contains("to b@example.com"), "{output:#?}");
    let waiting = aws.rootbell(&["apply", "--yes", "--wait"]).args(EMAILS).start();
    waiting.wait_for_stderr("waiting   for a@example.com, b@example.com", 1);
    aws.proxy.set_pending(false);
    let output = waiting.wait_within(PATIENCE).exits(0);
    assert!(output.stderr.contains("waiting   for a@example.com, b@example.com"), "{output:#?}");
    assert!(!output.stdout.contains("Open the link"), "{output:#?}");
}

#[test]
fn a_throttled_poll_does_not_end_the_wait() {
    let aws = EmulatedAws::new("us-east-1");
    let waiting = waiting(&aws);
    // All attempts of the SDK for one call, and the first attempt of the next call.
    aws.proxy.refuse("ListSubscriptionsByTopic", 4, 400, "Throttling", "Rate exceeded");
    aws.proxy.set_pending(false);
    let output = waiting.wait_within(PATIENCE).exits(0);
    assert!(output.stderr.contains("throttled by AWS"), "{output:#?}");
    assert_eq!(output.json()["failed"], json!([]));
}

#[test]
fn a_denied_poll_ends_the_wait_but_the_result_is_still_printed() {
    let aws = EmulatedAws::new("us-east-1");
    let waiting = waiting(&aws);
    aws.proxy.deny("ListSubscriptionsByTopic");
    let output = waiting.wait_within(PATIENCE).exits(1);
    assert!(output.stderr.contains("sns:ListSubscriptionsByTopic"), "{output:#?}");
    let result = output.json();
    assert_eq!(result["applied"].as_array().unwrap().len(), 0, "{result}");
    assert!(result["open"].as_array().is_some_and(|open| !open.is_empty()), "{result}");
}

/// `apply --wait --json` on an account with a setup, while it waits for a confirmation.
fn waiting(aws: &EmulatedAws) -> Running {
    aws.proxy.set_pending(true);
    apply(aws).output().exits(0);
    let waiting = apply(aws).args(["--wait", "--json"]).start();
    waiting.wait_for_stderr("waiting   for", 1);
    waiting
}
