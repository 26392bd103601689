//! Real HTTP: an interrupted `apply`, and `apply --wait`.

use std::time::Duration;

use serde_json::json;

use crate::support::EmulatedAws;
use crate::support::program::Running;
use crate::support::read::Names;
use crate::wire::{EMAILS, apply, wanted};

#[test]
fn an_interrupted_apply_says_what_is_done_and_how_to_continue() {
    let world = EmulatedAws::new("us-east-1");
    world.proxy.hold_after_writes(5);
    let running = apply(&world).arg("--json").start();
    world.proxy.wait_until_held();
    // Give the earlier responses time to arrive.
    std::thread::sleep(Duration::from_millis(500));
    running.signal("INT");
    let said = running.wait_within(Duration::from_secs(2)).exits(1);
    let result = said.json();
    let [applied, skipped, unknown] =
        ["applied", "skipped", "unknown"].map(|key| result[key].as_array().unwrap().len());
    assert_eq!(applied + skipped + unknown, 16, "{result}");
    assert!(applied >= 3 && unknown >= 1, "{result}");
    assert!(result["open"].as_array().unwrap().iter().any(|o| o.as_str().unwrap().contains("Run the same command again to continue")));
    world.proxy.clear_faults();
    apply(&world).output().exits(0);
    assert_eq!(world.account(&Names::default_in("us-east-1")), wanted("us-east-1"));
}

#[test]
fn an_interrupted_apply_lists_what_failed_and_what_was_in_progress() {
    let world = EmulatedAws::new("us-east-1");
    world.proxy.deny("CreateTopic");
    world.proxy.hang("CreateLogGroup");
    let interrupted = |args: &[&str]| {
        world.proxy.forget_calls();
        let running = world.rootbell(args).args(EMAILS).start();
        world.proxy.wait_for_call("CreateTopic");
        world.proxy.wait_for_call("CreateLogGroup");
        std::thread::sleep(Duration::from_millis(500));
        running.signal("INT");
        running.wait_within(Duration::from_secs(2)).exits(1)
    };
    let result = interrupted(&["apply", "--yes", "--json"]).json();
    assert_eq!(result["failed"][0]["id"], "topic.create", "{result}");
    assert!(result["failed"][0]["why"].as_str().unwrap().contains("permission denied"), "{result}");
    assert!(result["failed"][0]["fix"].as_str().unwrap().contains("sns:CreateTopic"), "{result}");
    assert_eq!(result["unknown"], json!(["log_group.create"]), "{result}");
    let skipped = result["skipped"].as_array().unwrap();
    assert!(skipped.contains(&json!("trail.create")) && skipped.contains(&json!("alarm.put")), "{result}");
    let said = interrupted(&["apply", "--yes"]);
    assert!(said.stderr.contains("stopped   + log group rootbell/cloudtrail: it was in progress, outcome unknown"), "{said:#?}");
    assert!(said.stdout.contains("; 1 failed; 1 in progress, outcome unknown; "), "{said:#?}");
}

#[test]
fn apply_wait_ends_when_every_address_is_confirmed() {
    let world = EmulatedAws::new("us-east-1");
    world.proxy.set_pending(true);
    let said = apply(&world).output().exits(0);
    assert!(said.stdout.contains("Open the link in the email from AWS Notifications to a@example.com"), "{said:#?}");
    assert!(said.stdout.contains("to b@example.com"), "{said:#?}");
    let waiting = world.rootbell(&["apply", "--yes", "--wait"]).args(EMAILS).start();
    world.proxy.forget_calls();
    world.proxy.wait_for_call("ListSubscriptionsByTopic");
    std::thread::sleep(Duration::from_millis(500));
    world.proxy.set_pending(false);
    let said = waiting.wait_within(Duration::from_secs(20)).exits(0);
    assert!(said.stderr.contains("waiting   for a@example.com, b@example.com"), "{said:#?}");
    assert!(!said.stdout.contains("Open the link"), "{said:#?}");
}

#[test]
fn a_throttled_poll_does_not_end_the_wait() {
    let world = EmulatedAws::new("us-east-1");
    let waiting = waiting(&world);
    // All attempts of the SDK for one call, and the first attempt of the next call.
    world.proxy.refuse("ListSubscriptionsByTopic", 4, 400, "Throttling", "Rate exceeded");
    world.proxy.set_pending(false);
    let said = waiting.wait_within(Duration::from_secs(30)).exits(0);
    assert!(said.stderr.contains("throttled by AWS"), "{said:#?}");
    assert_eq!(said.json()["failed"], json!([]));
}

#[test]
fn a_denied_poll_ends_the_wait_but_the_result_is_still_printed() {
    let world = EmulatedAws::new("us-east-1");
    let waiting = waiting(&world);
    world.proxy.deny("ListSubscriptionsByTopic");
    let said = waiting.wait_within(Duration::from_secs(20)).exits(1);
    assert!(said.stderr.contains("sns:ListSubscriptionsByTopic"), "{said:#?}");
    let result = said.json();
    assert_eq!(result["applied"].as_array().unwrap().len(), 0, "{result}");
    assert!(result["open"].as_array().is_some_and(|open| !open.is_empty()), "{result}");
}

/// `apply --wait --json` on an account with a setup, while it waits for a confirmation.
fn waiting(world: &EmulatedAws) -> Running {
    world.proxy.set_pending(true);
    apply(world).output().exits(0);
    world.proxy.forget_calls();
    let waiting = apply(world).args(["--wait", "--json"]).start();
    world.proxy.wait_for_call("ListSubscriptionsByTopic");
    std::thread::sleep(Duration::from_millis(500));
    waiting
}
