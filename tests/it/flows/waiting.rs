//! What the account screen says while AWS doesn't answer, and how it shows more than there is room for.

use std::time::Duration;

use rootbell::cloud::demo::{Account, InjectedFault};

use crate::support::tester::Tester;

/// An account in which these calls are never answered.
fn hanging(operations: &[&str]) -> Account {
    let mut account = Account::default();
    for operation in operations {
        account.faults.insert((*operation).into(), InjectedFault::Hang);
    }
    account
}

#[test]
fn a_sign_in_that_hangs_says_for_how_long_which_call_and_when_it_ends() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::before_any_answer(hanging(&["*"]), width, height);
        tester.pass(Duration::from_secs(3)).sees("asking AWS who you are").does_not_see("No answer");
        tester.pass(Duration::from_secs(9)).sees("asking AWS who you are, 12 s").sees("No answer yet to");
        tester.sees("GetCallerIdentity").sees("after 45 s").sees("p profile");
        // Another attempt begins from zero.
        tester.press("r").pass(Duration::from_secs(1)).does_not_see("No answer");
    }
}

#[test]
fn a_first_read_that_hangs_says_so_too() {
    let mut tester = Tester::before_any_answer(hanging(&["DescribeTrails"]), 80, 24);
    tester.pass(Duration::from_secs(4)).sees("reading the account").does_not_see("Not all calls");
    tester.pass(Duration::from_secs(7)).sees("reading the account, ").sees("Not all calls are answered yet.");
}

#[test]
fn more_than_fits_the_account_screen_can_be_scrolled_to() {
    let mut account = Account::default();
    account.faults.insert("DescribeTrails".into(), InjectedFault::Deny);
    let mut tester = Tester::on(account, 60, 20);
    tester.sees("more lines below: PgDn").does_not_see("You see each change");
    tester.press("pgdn pgdn").sees("before it is made.").does_not_see("more lines below");
    tester.press("pgup pgup").sees("Signed in as");
}

#[test]
fn the_dashboard_is_not_offered_without_a_sign_in() {
    let mut tester = Tester::on(crate::support::tester::scenario("expired"), 80, 24);
    tester.sees("Enter try again").does_not_see("d dashboard");
}
