//! Keys pressed before the account is known, and what the wizard says until then.

use std::time::Duration;

use rootbell::app::Screen;
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::Step;

use crate::support::tester::{Tester, scenario};

/// A fresh account with slow responses.
fn slow() -> Account {
    let mut account = Account::default();
    account.timing.latency_ms = 300;
    account
}

#[test]
fn enter_while_connecting_takes_effect_once_the_account_is_known() {
    let mut tester = Tester::before_any_answer(slow(), 80, 24);
    tester.press("enter").sees("Still signing in; your key press takes effect after that.");
    tester.pass(Duration::from_millis(450)).sees("Signed in as").does_not_see("Still signing in");
    tester.sees("Still reading the account");
    tester.settle();
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    tester.does_not_see("Still").sees("apply 10");
    // The early key applied nothing.
    tester.pass(Duration::from_secs(5)).sees("apply 10");
    assert!(tester.model.account().runs[Step::Trail].is_none());
}

#[test]
fn any_other_key_cancels_an_early_key() {
    let mut tester = Tester::before_any_answer(slow(), 80, 24);
    tester.press("enter down").does_not_see("Still").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    let mut tester = Tester::before_any_answer(slow(), 80, 24);
    tester.press("enter d").settle();
    assert_eq!(tester.model.screen, Screen::Dashboard);
}

#[test]
fn an_error_cancels_an_early_key() {
    let mut tester = Tester::before_any_answer(slow(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("GetCallerIdentity", InjectedFault::Expired(1)));
    tester.press("enter").sees("Still signing in").settle();
    tester.sees("expired").does_not_see("Still");
    tester.on_account(|cloud| cloud.clear_fault("GetCallerIdentity"));
    tester.press("r").settle();
    assert_eq!(tester.model.screen, Screen::Account);
}

#[test]
fn enter_while_rereading_after_a_run_continues_when_nothing_is_left() {
    let mut tester = Tester::on(slow(), 80, 24);
    tester.press("enter enter");
    while tester.model.is_running() {
        tester.pass(Duration::from_millis(20));
    }
    assert!(tester.model.is_observing());
    tester.press("enter").sees("Still reading the account").settle();
    tester.does_not_see("Still");
    assert_eq!(tester.model.screen, Screen::Step(Step::Topic));
}

#[test]
fn enter_before_the_plan_is_ready_applies_nothing() {
    let mut tester = Tester::on(slow(), 80, 24);
    tester.press("enter").sees("apply 10");
    tester.press("tab").fill("another-trail").press("enter").sees("Still reading the account").settle();
    tester.does_not_see("Still").sees("another-trail").sees("apply 10");
    assert!(tester.model.account().runs[Step::Trail].is_none());
    tester.on_account(|cloud| assert!(!cloud.calls().iter().any(|call| call == "CreateBucket")));
}

#[test]
fn early_enter_after_a_failed_run_retries_nothing() {
    let mut account = slow();
    account.faults = scenario("denied").faults;
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter enter");
    while tester.model.is_running() {
        tester.pass(Duration::from_millis(20));
    }
    let calls =
        |tester: &Tester| tester.on_account(|cloud| cloud.calls().iter().filter(|c| *c == "CreateRole").count());
    let before = calls(&tester);
    tester.press("enter").settle();
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    assert_eq!(calls(&tester), before);
    tester.sees("try again");
}

#[test]
fn the_in_progress_note_disappears_when_the_calls_end() {
    let mut tester = Tester::on(slow(), 80, 24);
    tester.press("enter enter").pass(Duration::from_millis(100));
    tester.press("enter").sees("The calls are still running.").settle();
    tester.does_not_see("still running").sees("10 of 10 done");
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
}
