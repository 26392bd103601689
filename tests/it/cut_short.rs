//! Real HTTP: an `apply` that is interrupted, and one that waits.

use std::time::Duration;

use serde_json::json;

use crate::support::World;
use crate::support::program::Running;
use crate::support::read::Names;
use crate::wire::{EMAILS, apply, wanted};

#[test]
fn interrupted_it_says_what_is_done_and_how_to_go_on() {
    let world = World::new("us-east-1");
    world.proxy.hold_after_writes(5);
    let running = apply(&world).arg("--json").start();
    world.proxy.wait_until_held();
    // The answers before that are on their way.
    std::thread::sleep(Duration::from_millis(500));
    running.signal("INT");
    let said = running.wait_within(Duration::from_secs(2)).exits(1);
    let result = said.json();
    let [applied, skipped, unknown] =
        ["applied", "skipped", "unknown"].map(|key| result[key].as_array().unwrap().len());
    assert_eq!(applied + skipped + unknown, 16, "{result}");
    assert!(applied >= 3 && unknown >= 1, "{result}");
    assert!(result["open"].as_array().unwrap().iter().any(|o| o.as_str().unwrap().contains("goes on from there")));
    world.proxy.clear();
    apply(&world).output().exits(0);
    assert_eq!(world.account(&Names::default_in("us-east-1")), wanted("us-east-1"));
}

#[test]
fn interrupted_it_still_says_what_had_failed_and_what_was_under_way() {
    let world = World::new("us-east-1");
    world.proxy.deny("CreateTopic");
    world.proxy.hang("CreateLogGroup");
    let interrupted = |args: &[&str]| {
        world.proxy.forget();
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
    assert!(said.stderr.contains("stopped   + log group rootbell/cloudtrail: under way, not known how"), "{said:#?}");
    assert!(said.stdout.contains("; 1 failed; 1 under way, not known how it ended; "), "{said:#?}");
}

#[test]
fn waiting_ends_when_everybody_has_confirmed() {
    let world = World::new("us-east-1");
    world.proxy.nobody_confirms(true);
    let said = apply(&world).output().exits(0);
    assert!(said.stdout.contains("Open the link in the e-mail from AWS Notifications to a@example.com"), "{said:#?}");
    assert!(said.stdout.contains("to b@example.com"), "{said:#?}");
    let waiting = world.rootbell(&["apply", "--yes", "--wait"]).args(EMAILS).start();
    world.proxy.forget();
    world.proxy.wait_for_call("ListSubscriptionsByTopic");
    std::thread::sleep(Duration::from_millis(500));
    world.proxy.nobody_confirms(false);
    let said = waiting.wait_within(Duration::from_secs(20)).exits(0);
    assert!(said.stderr.contains("waiting   for a@example.com, b@example.com"), "{said:#?}");
    assert!(!said.stdout.contains("Open the link"), "{said:#?}");
}

#[test]
fn a_poll_that_is_throttled_does_not_end_the_waiting() {
    let world = World::new("us-east-1");
    let waiting = waiting(&world);
    // One call with all tries of the SDK, and the first try of the next.
    world.proxy.refuse("ListSubscriptionsByTopic", 4, 400, "Throttling", "Rate exceeded");
    world.proxy.nobody_confirms(false);
    let said = waiting.wait_within(Duration::from_secs(30)).exits(0);
    assert!(said.stderr.contains("throttled by AWS"), "{said:#?}");
    assert_eq!(said.json()["failed"], json!([]));
}

#[test]
fn a_poll_that_is_denied_ends_the_waiting_and_not_the_result() {
    let world = World::new("us-east-1");
    let waiting = waiting(&world);
    world.proxy.deny("ListSubscriptionsByTopic");
    let said = waiting.wait_within(Duration::from_secs(20)).exits(1);
    assert!(said.stderr.contains("sns:ListSubscriptionsByTopic"), "{said:#?}");
    let result = said.json();
    assert_eq!(result["applied"].as_array().unwrap().len(), 0, "{result}");
    assert!(result["open"].as_array().is_some_and(|open| !open.is_empty()), "{result}");
}

/// `apply --wait --json` on an account that is set up, while it waits for somebody.
fn waiting(world: &World) -> Running {
    world.proxy.nobody_confirms(true);
    apply(world).output().exits(0);
    world.proxy.forget();
    let waiting = apply(world).args(["--wait", "--json"]).start();
    world.proxy.wait_for_call("ListSubscriptionsByTopic");
    std::thread::sleep(Duration::from_millis(500));
    waiting
}
