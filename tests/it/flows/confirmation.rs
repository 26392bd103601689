//! The confirmation link, pasted into the wizard, and the question of whether a test's email arrived.

use std::time::Duration;

use rootbell::app::Msg;
use rootbell::cloud::demo::Account;
use rootbell::domain::observed::Confirmation;

use crate::support::confirmation::link;
use crate::support::tester::Tester;

const EMAIL: &str = "alice@example.com";

/// Step 2 is applied, and its confirmation is pending.
fn waiting() -> Tester {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.press("enter enter").settle().press("enter e").fill(EMAIL).press("enter").settle();
    tester.sees("waiting").sees("copy it and paste it here");
    tester
}

fn signed(tester: &Tester) -> Option<bool> {
    let account = tester.on_account(rootbell::cloud::demo::DemoCloud::snapshot);
    account.regions["eu-west-1"].topics["rootbell-alerts"].subscriptions[0].attributes.signed
}

#[test]
fn a_pasted_link_confirms_the_subscription_in_a_signed_call() {
    let mut tester = waiting();
    tester.send(Msg::Paste(link(EMAIL)));
    tester.settle().sees("Confirmed. The links in the emails can't end this subscription");
    tester.pass(Duration::from_secs(4)).sees("confirmed").does_not_see("paste it here");
    assert_eq!(signed(&tester), Some(true));
}

#[test]
fn a_link_for_another_topic_and_an_old_link_confirm_nothing() {
    let mut tester = waiting();
    tester.send(Msg::Paste(link(EMAIL).replace("rootbell-alerts", "billing")));
    tester.settle().sees("This link is for another topic, arn:aws:sns:eu-west-1:123456789012:billing");
    tester.send(Msg::Paste(link(EMAIL).replace("demo-", "old-")));
    tester.settle().sees("Invalid token").does_not_see("old-alice").sees("waiting");
    assert_eq!(signed(&tester), None);
}

/// A test alarm was sent, and its notification dispatched.
fn tested() -> Tester {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    let topic = account.regions.get_mut("eu-west-1").unwrap().topics.get_mut("rootbell-alerts").unwrap();
    topic.subscriptions[0].config.state = Confirmation::Confirmed;
    let mut tester = Tester::on(account, 80, 24);
    tester
        .press("t enter")
        .pass(Duration::from_secs(3))
        .sees("Did the email arrive?")
        .sees("y it arrived")
        .sees("n it did not");
    tester
}

#[test]
fn an_email_that_arrived_ends_the_question() {
    tested().press("y").sees("The email arrived: everything from the alarm to the inbox works.").sees("Passed");
}

#[test]
fn for_an_email_that_did_not_arrive_the_window_says_what_to_check() {
    let mut tester = tested();
    tester.press("n").does_not_see("Did the email arrive?").sees("Look in the junk folder for an email from AWS");
    tester.sees(&format!("it was sent to {EMAIL}")).press("esc").does_not_see("junk folder");
}
