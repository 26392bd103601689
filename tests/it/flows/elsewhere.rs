//! The wizard in a Region without a setup, where another Region has one.

use insta::assert_snapshot;
use rootbell::app::Screen;
use rootbell::cloud::demo::Account;
use rootbell::domain::Step;

use crate::support::tester::{Tester, scenario};

/// The demo account with an altered setup in us-east-1.
fn altered(alter: impl FnOnce(&mut Account)) -> Account {
    let mut account = scenario("other-region");
    alter(&mut account);
    account
}

fn without_subscriber(account: &mut Account) {
    let there = account.regions.get_mut("us-east-1").unwrap();
    there.topics.get_mut("security-alerts").unwrap().subscriptions.clear();
}

fn region(tester: &Tester) -> String {
    tester.model.account().caller().unwrap().region.to_string()
}

#[test]
fn a_setup_that_works_in_another_region_is_offered_and_s_opens_its_dashboard() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut tester = Tester::on(scenario("other-region"), width, height);
        assert_eq!(tester.model.screen, Screen::Account);
        assert_snapshot!(format!("offer-{width}x{height}"), tester.screen());
        tester.press("s").settle();
        assert_eq!((tester.model.screen, region(&tester).as_str()), (Screen::Dashboard, "us-east-1"));
        tester.sees("rootbell  OK");
    }
}

#[test]
fn the_offer_is_made_in_the_footer_only_where_there_is_one() {
    Tester::on(scenario("other-region"), 120, 40).sees("s switch Region").press("s").settle();
    let mut tester = Tester::on(scenario("fresh"), 120, 40);
    tester.does_not_see("switch Region").press("s").settle();
    assert_eq!((tester.model.screen, region(&tester).as_str()), (Screen::Account, "eu-west-1"));
}

#[test]
fn no_second_trail_is_proposed_before_the_offer_was_declined() {
    let mut tester = Tester::on(scenario("other-region"), 80, 24);
    tester.does_not_see("a month").press("enter").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    tester.sees("Press `s` to switch to us-east-1.").sees("needs a second trail");
    // Any other key is no answer.
    tester.press("?").press("esc enter").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    tester.press("enter").settle();
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    tester.sees("+ trail").sees("set by you").sees("costs 2 USD");
    assert_snapshot!("second-trail-80x24", tester.screen());
}

#[test]
fn the_steps_that_the_dashboard_leads_to_propose_no_second_trail_either() {
    let mut tester = Tester::on(scenario("other-region"), 80, 24);
    tester.press("d").settle().press("w").settle();
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    tester.does_not_see("+ trail").sees("Root use is already monitored in us-east-1");
    // Choosing a new trail from the list asks for one.
    tester.press("f4").write("rootbell").press("enter").settle().sees("+ trail");
}

#[test]
fn a_setup_in_another_region_that_does_not_work_is_offered_with_what_it_lacks() {
    let mut tester = Tester::on(altered(without_subscriber), 80, 24);
    tester.sees("There is no subscription").sees("Press `s` to switch to us-east-1.");
    assert_snapshot!("offer-lacking-80x24", tester.screen());
    tester.press("enter").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    tester.press("s").settle();
    assert_eq!((tester.model.screen, region(&tester).as_str()), (Screen::Dashboard, "us-east-1"));
    tester.sees("NOT WORKING");
}

#[test]
fn keys_pressed_while_the_other_region_is_being_read_are_not_lost() {
    let mut tester = Tester::on(scenario("other-region"), 80, 24);
    tester.press("s").press("d").settle();
    assert_eq!((tester.model.screen, region(&tester).as_str()), (Screen::Dashboard, "us-east-1"));
}
