//! The wizard on a fresh account, from the first frame to the dashboard.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::Screen;
use rootbell::cloud::demo::Account;
use rootbell::domain::Step;

use crate::support::tester::{Tester, scenario};

/// Goes through all four steps, and calls `visit` for each screen before and after applying.
fn walk(tester: &mut Tester, mut visit: impl FnMut(&str, &Tester)) {
    visit("account", tester);
    tester.press("enter");
    visit("trail", tester);
    tester.press("enter").settle();
    visit("trail-done", tester);
    tester.press("enter e");
    tester.fill("alice@example.com").settle();
    visit("topic", tester);
    tester.press("enter").settle();
    visit("topic-done", tester);
    tester.press("enter").settle();
    visit("filter", tester);
    tester.press("enter").settle();
    visit("filter-done", tester);
    tester.press("enter");
    visit("alarm", tester);
    tester.press("enter").settle();
    visit("alarm-done", tester);
    tester.press("enter").settle();
    visit("alarm-test", tester);
    tester.press("esc").settle();
    visit("dashboard", tester);
}

#[test]
fn the_wizard_sets_up_a_fresh_account_and_every_screen_matches_its_snapshot() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut tester = Tester::on(scenario("fresh"), width, height);
        walk(&mut tester, |name, tester| {
            assert_snapshot!(format!("{name}-{width}x{height}"), tester.screen());
        });
        assert_eq!(tester.model.screen, Screen::Dashboard);
    }
}

#[test]
fn the_wizard_creates_the_same_resources_as_apply() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    walk(&mut tester, |_, _| {});
    let made = tester.on_account(|cloud| cloud.snapshot().without_times());
    let expected = Account::default().set_up_with_events_for(&["alice@example.com"]).unwrap();
    assert_eq!(made, expected);
}

#[test]
fn the_first_frame_is_drawn_before_the_first_response() {
    let mut tester = Tester::before_any_answer(scenario("fresh"), 80, 24);
    tester.sees("asking AWS who you are");
    tester.on_account(|cloud| assert!(cloud.calls().is_empty()));
}

#[test]
fn the_wizard_continues_while_waiting_for_the_confirmation() {
    let mut account = Account::default();
    account.timing.confirm_after = None;
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter enter").settle().press("enter e").fill("alice@example.com").press("enter").settle();
    tester.sees("waiting").sees("open the link");
    tester.pass(Duration::from_secs(42)).sees("0:4");
    tester.press("enter").settle();
    tester.sees("waiting for alice@example.com to confirm");
    tester.on_account(|cloud| cloud.confirm(&"alice@example.com".into()));
    tester.pass(Duration::from_secs(5));
    tester.does_not_see("to confirm").sees("2 Notifications ok");
    tester.press("esc").sees("confirmed");
}

#[test]
fn a_demo_is_labeled_and_still_shows_who_has_to_confirm() {
    for width in [60, 80] {
        let mut tester = Tester::on_demo("fresh", width, 24);
        tester.press("enter").sees("DEMO `fresh`: nothing here is real");
        tester.press("enter").settle().press("enter").settle().press("enter").settle();
        tester.pass(Duration::from_secs(12)).sees("DEMO · waiting for alice@example.com to confirm 0:1");
    }
}

#[test]
fn a_key_resends_the_confirmation_email() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter enter").settle().press("enter e").fill("alice@example.com").press("enter").settle();
    tester.pass(Duration::from_secs(70)).sees("1:1");
    let before = tester.on_account(|cloud| cloud.calls().iter().filter(|c| *c == "Subscribe").count());
    tester.press("ctrl+r").settle();
    tester.sees("was sent again").sees("0:0");
    let after = tester.on_account(|cloud| cloud.calls().iter().filter(|c| *c == "Subscribe").count());
    assert_eq!(after, before + 1);
}

#[test]
fn several_addresses_get_a_subscription_each() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter enter").settle().press("enter e");
    tester.write("alice@example.com, bob@example.com").sees("alice@example.com").sees("Enter apply 11");
    tester.press("enter").settle();
    let topic =
        tester.on_account(|cloud| cloud.snapshot().regions["eu-west-1"].topics["rootbell-alerts"].subscriptions.len());
    assert_eq!(topic, 2);
}

#[test]
fn a_healthy_account_opens_the_dashboard_at_once() {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    let topic = account.regions.get_mut("eu-west-1").unwrap().topics.get_mut("rootbell-alerts").unwrap();
    topic.subscriptions[0].config.state = rootbell::domain::observed::Confirmation::Confirmed;
    let mut tester = Tester::on(account, 80, 24);
    assert_eq!(tester.model.screen, Screen::Dashboard);
    tester.sees("root use is monitored").sees("Everything works");
}

#[test]
fn a_half_finished_setup_opens_the_first_step_that_is_not_done() {
    let mut tester = Tester::on(scenario("half-done"), 80, 24);
    tester.sees("Root-use alert");
    tester.press("enter");
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    tester.sees("= ").sees("existing");
}
