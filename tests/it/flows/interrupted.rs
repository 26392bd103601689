//! What an interrupted wizard says about what was in progress.

use std::time::Duration;

use rootbell::cloud::demo::{Account, InjectedFault};

use crate::support::tester::{Tester, scenario};

const PLACE: &str = "account 123456789012 (acme-demo), eu-west-1";

fn fresh() -> Tester {
    let mut account = Account::default();
    account.timing.latency_ms = 300;
    account.alias = Some("acme-demo".into());
    Tester::on(account, 80, 24)
}

#[test]
fn ctrl_c_is_an_interrupt_and_q_is_not() {
    let mut tester = fresh();
    tester.press("ctrl+c");
    assert!(tester.model.quit && tester.model.interrupted);
    assert_eq!(
        tester.model.interruption(),
        format!("Interrupted: no change was in progress. Still open in {PLACE}: Trail, Notifications, Filter, Alarm.")
    );
    let mut tester = fresh();
    tester.press("q");
    assert!(tester.model.quit && !tester.model.interrupted);
}

#[test]
fn an_interrupt_between_a_run_and_the_reread_reports_all_changes_as_made() {
    let mut tester = fresh();
    tester.press("enter enter");
    while tester.model.is_running() {
        tester.pass(Duration::from_millis(20));
    }
    tester.press("ctrl+c");
    let message = tester.model.interruption();
    let wanted = format!("Interrupted: all 10 changes were made in {PLACE}; the account was not read again.");
    assert_eq!(message, wanted);
    let mut tester = fresh();
    tester.press("enter enter").settle();
    let wanted = format!("Interrupted: no change was in progress. Set up in {PLACE}: ");
    assert!(!tester.model.interruption().contains("not read again"));
    tester.press("enter").settle();
    let message = tester.model.interruption();
    assert!(message.starts_with(&wanted) || message.contains("Still open in"), "{message}");
}

#[test]
fn an_interrupted_test_or_drill_says_how_to_set_the_alarm_back() {
    for (key, what) in [("t", "a test alarm"), ("d", "a drill")] {
        let mut tester = Tester::on(scenario("ringing"), 80, 24);
        tester.pass(Duration::from_secs(400)).press(key).press("enter").pass(Duration::from_secs(1));
        // Also after its window is closed.
        for keys in ["", "esc"] {
            let message = tester.press(keys).model.interruption();
            assert!(message.starts_with(&format!("Interrupted: {what} was in progress in {PLACE}.")), "{message}");
            assert!(message.contains("The alarm `rootbell-root-use` may be in ALARM."), "{message}");
            assert!(message.contains("aws cloudwatch set-alarm-state --alarm-name rootbell-root-use"), "{message}");
            assert!(message.contains("--state-value OK"), "{message}");
        }
    }
}

#[test]
fn an_interrupted_teardown_says_how_far_it_got() {
    let mut account = scenario("ringing");
    account.faults.insert("DeleteTopic".into(), InjectedFault::Hang);
    let mut tester = Tester::on(account, 80, 24);
    tester.pass(Duration::from_secs(2)).press("x").settle();
    tester.write("destroy").press("enter").pass(Duration::from_secs(30));
    let message = tester.model.interruption();
    assert!(
        message.starts_with("Interrupted: ") && message.contains(&format!("changes made in {PLACE}; ")),
        "{message}"
    );
    assert!(message.contains("1 in progress, outcome unknown"), "{message}");
}

#[test]
fn an_interrupt_during_a_single_call_names_that_call() {
    let mut account = scenario("ringing");
    account.faults.insert("SetAlarmState".into(), InjectedFault::Hang);
    let mut tester = Tester::on(account, 80, 24);
    tester.pass(Duration::from_secs(2)).press("o y").pass(Duration::from_secs(1));
    let message = tester.model.interruption();
    let wanted = format!("Interrupted: cloudwatch:SetAlarmState was in progress in {PLACE}; its result is unknown.");
    assert!(message.starts_with(&wanted), "{message}");
}
