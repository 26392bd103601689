//! The teardown in the wizard: it shows what will be deleted, asks for a word, and leaves the account as it was.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::{Msg, Overlay, Screen};
use rootbell::cloud::demo::account::Trail;
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::observed::{self, Confirmation};

use crate::support::tester::{Tester, scenario};

const EMAIL: &str = "alice@example.com";
const BUCKET: &str = "rootbell-123456789012-eu-west-1";

/// A complete setup with a confirmed subscription and log files.
fn working_account() -> Account {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    let topic = account.regions.get_mut("eu-west-1").unwrap().topics.get_mut("rootbell-alerts").unwrap();
    topic.subscriptions[0].config.state = Confirmation::Confirmed;
    let bucket = account.buckets.get_mut(BUCKET).unwrap();
    (bucket.objects, bucket.bytes) = (2_500, 1_000_000);
    account
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn current_account(tester: &Tester) -> Account {
    let mut account = tester.on_account(|cloud| cloud.snapshot().without_times());
    account.faults.clear();
    account
}

fn calls(tester: &Tester, operation: &str) -> usize {
    tester.on_account(|cloud| cloud.calls().iter().filter(|c| *c == operation).count())
}

/// The number of calls that delete something.
fn deletions(tester: &Tester) -> usize {
    let deletes = |call: &&String| {
        ["Delete", "Unsubscribe", "StopLogging", "EmptyBucket"].iter().any(|begin| call.starts_with(begin))
    };
    tester.on_account(|cloud| cloud.calls().iter().filter(deletes).count())
}

fn is_closed(tester: &Tester) -> bool {
    tester.model.overlay.is_none()
}

#[test]
fn the_teardown_plan_is_shown_before_anything_is_deleted() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(working_account(), width, height);
        tester.press("x").settle();
        assert_snapshot!(format!("teardown-{width}x{height}"), tester.screen());
        tester.press("f3").settle();
        assert_snapshot!(format!("teardown-logs-{width}x{height}"), tester.screen());
        assert_eq!(deletions(&tester), 0, "nothing is deleted before the word is typed");
    }
}

#[test]
fn a_log_group_that_becomes_protected_is_kept_and_the_command_that_changes_that_is_shown() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(working_account(), width, height);
        tester.on_account(|cloud| cloud.inject_fault("DeleteLogGroup", InjectedFault::DeletionProtected));
        tester.press("x").settle().press("f3").settle().write("destroy").press("enter").settle();
        assert_snapshot!(format!("protected-{width}x{height}"), tester.screen());
        tester.resize(120, 40).sees("Not all deleted: ").sees("aws logs put-log-group-deletion-protection");
        tester.on_account(|cloud| cloud.clear_fault("DeleteLogGroup"));
        tester.press("enter").settle().sees("Deleted ");
    }
}

#[test]
fn a_teardown_with_logs_leaves_the_account_as_it_was() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(seconds(2)).press("x").settle().sees("The logs are kept.").sees("Enter delete 8");
    tester.press("f3").settle().sees("2,500 objects, 1.0 MB").sees("Permanently deleted");
    tester.write("destroy").press("enter").settle().sees("Deleted 11 of 11.");
    assert_snapshot!("deleted-80x24", tester.screen());
    assert_eq!(current_account(&tester), Account::default().without_times());
    tester.press("enter").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    tester.sees("missing  trail, notifications, filter, alarm").does_not_see("x delete");
    tester.press("x").settle().sees("rootbell has created nothing").press("enter");
    assert!(is_closed(&tester));
}

#[test]
fn logs_are_neither_deleted_nor_counted_unless_chosen() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("x").settle().write("123456789012").press("enter").settle().sees("Deleted 8 of 8.");
    let account = current_account(&tester);
    assert_eq!(account.buckets.keys().collect::<Vec<_>>(), [BUCKET]);
    assert_eq!(account.buckets[BUCKET].objects, 2_500);
    let region = &account.regions["eu-west-1"];
    assert!(region.log_groups.contains_key("rootbell/cloudtrail"));
    assert!(account.roles.is_empty() && region.trails.is_empty() && region.topics.is_empty());
    assert_eq!(calls(&tester, "ListObjectVersions"), 0);
}

#[test]
fn undoing_the_choice_keeps_the_logs_and_needs_the_word_again() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("x").settle().press("f3").settle().write("destroy").press("f3").settle().sees("The logs are kept.");
    tester.press("enter").settle().sees("Nothing was changed");
    assert_eq!(deletions(&tester), 0);
}

#[test]
fn a_wrong_word_does_nothing_and_letters_are_text() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("x").settle();
    for word in ["", "yes", "Destroy", "q", "destroyx", "210987654321"] {
        tester.press("ctrl+u").write(word).press("enter").settle().sees("Nothing was changed");
        assert!(!tester.model.quit && matches!(tester.model.overlay, Some(Overlay::Teardown)), "{word}");
    }
    assert_eq!(deletions(&tester), 0);
    tester.press("ctrl+u");
    tester.send(Msg::Paste(" destroy\n".into()));
    tester.press("enter").settle().sees("Deleted ");
}

#[test]
fn closing_before_confirming_changes_nothing() {
    let mut tester = Tester::on(working_account(), 80, 24);
    let before = current_account(&tester);
    tester.press("x esc");
    assert!(is_closed(&tester), "also while it is still reading");
    tester.settle();
    assert!(is_closed(&tester), "a late response opens nothing");
    tester.press("x").settle().write("destroy").press("esc").settle().sees("root use is monitored");
    assert_eq!((deletions(&tester), current_account(&tester)), (0, before));
}

#[test]
fn after_a_denied_call_enter_continues_from_there() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("DeleteTopic", InjectedFault::Deny));
    tester.press("x").settle().press("f3").settle().write("destroy").press("enter").settle();
    tester.sees("Not all deleted: 10 of 11 done").sees("failed").sees("sns:DeleteTopic").sees("Enter try again");
    let before = deletions(&tester);
    tester.on_account(|cloud| cloud.clear_fault("DeleteTopic"));
    tester.press("enter").settle().sees("Deleted 11 of 11.");
    assert_eq!(deletions(&tester), before + 1, "completed changes are not repeated");
    assert_eq!(current_account(&tester), Account::default().without_times());
}

#[test]
fn changes_that_need_a_failed_one_are_skipped_and_say_why() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("DeleteAlarms", InjectedFault::Deny));
    tester.press("x").settle().write("destroy").press("enter").settle();
    tester.sees("skipped").sees("needs the alarm").sees("cloudwatch:DeleteAlarms");
    assert_eq!(calls(&tester, "DeleteTopic"), 0);
}

#[test]
fn closing_a_running_teardown_asks_first_and_the_next_one_continues_it() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("DeleteTrail", InjectedFault::Hang));
    tester.press("x").settle().press("f3").settle().write("destroy").press("enter").pass(seconds(5)).sees("running");
    tester.press("enter").sees("still running");
    tester.press("esc").sees("Stop?").press("n").does_not_see("Stop?").sees("running");
    tester.press("esc enter").settle();
    assert!(is_closed(&tester));
    tester.on_account(|cloud| cloud.clear_fault("DeleteTrail"));
    tester.press("x").settle().press("f3").settle().write("destroy").press("enter").settle().sees("Deleted ");
    assert_eq!(current_account(&tester), Account::default().without_times());
}

#[test]
fn custom_names_not_yet_linked_to_a_chain_are_found_in_the_same_session() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter e").fill("mine").settle().press("enter").settle().press("enter").settle();
    tester.press("e").fill(EMAIL).press("backtab").fill("my-topic").settle().press("enter").settle();
    tester.on_account(|cloud| cloud.confirm(&EMAIL.into()));
    tester.press("esc esc").settle().press("x").settle().sees("mine").press("pgdn").sees("my-topic");
    tester.press("f3").settle().write("destroy").press("enter").settle().sees("Deleted ");
    assert_eq!(current_account(&tester), Account::default().without_times());
}

#[test]
fn a_pending_subscription_is_explained() {
    for (width, height) in [(60, 20), (80, 24)] {
        let account = Account::default().set_up_for(&[EMAIL]).unwrap();
        let mut tester = Tester::on(account, width, height);
        tester.press("x").settle().sees("never confirmed").sees("within a few days");
    }
}

#[test]
fn a_denied_read_blocks_the_teardown_whatever_is_typed() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("ListTags", InjectedFault::Deny));
    tester.press("x").settle().sees("so nothing is deleted").sees("cloudtrail:ListTags").does_not_see("Type");
    tester.write("destroy").press("enter f3").settle();
    assert_eq!(deletions(&tester), 0);
    tester.press("esc");
    assert!(is_closed(&tester));
}

#[test]
fn logs_that_cannot_be_counted_can_be_kept_instead() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("ListObjectVersions", InjectedFault::Deny));
    tester.press("x").settle().press("f3").settle().sees("s3:ListBucketVersions").sees("keep the logs");
    tester.press("f3").settle().write("destroy").press("enter").settle().sees("Deleted 8 of 8.");
}

#[test]
fn an_unmanaged_trail_gets_its_previous_settings_back() {
    let mut account = Account { caller: scenario("fresh").caller, ..Account::default() };
    let theirs = Trail {
        config: observed::Trail {
            multi_region: true,
            log_file_validation: true,
            bucket: "audit".into(),
            ..observed::Trail::default()
        },
        logging: true,
        ..Trail::default()
    };
    account.regions.entry("eu-west-1".into()).or_default().trails.insert("audit".into(), theirs);
    let before = account.clone().without_times();
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter").settle();
    while tester.model.screen != Screen::Dashboard {
        tester.press("enter").settle();
    }
    tester.press("esc").settle();
    tester.on_account(|cloud| cloud.confirm(&EMAIL.into()));
    assert_ne!(current_account(&tester), before);
    tester.press("x").settle().press("pgdn").sees("unmanaged; delivers to").press("f3").settle();
    tester.write("destroy").press("enter").settle().sees("Deleted ");
    assert_eq!(current_account(&tester), before);
}

#[test]
fn a_half_finished_setup_can_be_deleted_from_the_account_screen() {
    let mut tester = Tester::on(scenario("half-done"), 100, 24);
    tester.sees("x delete").press("x").settle().sees("S3 bucket").press("f3").settle();
    tester.write("destroy").press("enter").settle().sees("Deleted ").press("esc").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    let account = current_account(&tester);
    assert!(account.buckets.is_empty() && account.roles.is_empty());
    assert!(account.regions.get("eu-west-1").is_none_or(|region| region.topics.is_empty()));
}
