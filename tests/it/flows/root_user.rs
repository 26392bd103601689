//! The root user itself, on the account screen and on the dashboard.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::Screen;
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::observed::Confirmation;
use rootbell::domain::root_user::RootMfa;

use crate::support::tester::{Tester, scenario};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// With a confirmed address, and a password that was used 41 days ago.
fn working_account() -> Account {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    for region in account.regions.values_mut() {
        for subscription in region.topics.values_mut().flat_map(|topic| &mut topic.subscriptions) {
            subscription.config.state = Confirmation::Confirmed;
        }
    }
    account.root_user.password_last_used = Some(-41 * 86_400);
    account
}

fn calls(tester: &Tester, operation: &str) -> usize {
    tester.on_account(|cloud| cloud.calls().iter().filter(|call| *call == operation).count())
}

#[test]
fn the_account_screen_shows_the_root_user_without_waiting_for_the_credential_report() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(scenario("fresh"), width, height);
        tester.sees("Root user      MFA on (virtual) · no access keys").does_not_see("last used");
        tester.pass(seconds(60));
        assert_eq!(calls(&tester, "GenerateCredentialReport"), 0);
    }
    let mut member = Tester::on(scenario("organization"), 80, 24);
    member.sees("Root user      no credentials: nobody can sign in with it").does_not_see("MFA");
}

#[test]
fn the_dashboard_shows_the_last_use_once_the_report_is_generated_and_how_old_it_is() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(working_account(), width, height);
        assert_eq!(tester.model.screen, Screen::Dashboard);
        tester.sees("Root user  MFA on · no access keys").does_not_see("last used");
        tester.pass(seconds(15)).sees("last used 41 d ago");
        assert_eq!((calls(&tester, "GenerateCredentialReport"), calls(&tester, "GetCredentialReport")), (2, 1));
        // It is read again every hour. AWS keeps a report for four hours.
        tester.pass(Duration::from_mins(190)).sees("(report 3 h)");
        assert_eq!(calls(&tester, "GetCredentialReport"), 4);
        assert_snapshot!(format!("root-user-{width}x{height}"), tester.screen());
        tester.pass(Duration::from_hours(2)).does_not_see("(report 5 h)").sees("last used 41 d ago");
        // What the dashboard has read is also on the account screen.
        tester.press("esc").sees("Root user      MFA on · no access keys").sees("last used 41 d");
    }
}

#[test]
fn a_report_that_may_not_be_read_leaves_the_rest_of_the_line() {
    for operation in ["GenerateCredentialReport", "GetCredentialReport"] {
        let mut account = working_account();
        account.faults.insert(operation.into(), InjectedFault::Deny);
        let mut tester = Tester::on(account, 120, 40);
        tester.pass(seconds(20)).sees("MFA on · no access keys · last use: unknown, needs iam:");
        tester.sees("root use is monitored");
        assert!(calls(&tester, operation) <= 2, "it is not called again and again");
    }
}

#[test]
fn root_access_keys_without_mfa_are_audit_findings_and_leave_the_verdict_alone() {
    let mut account = working_account();
    (account.root_user.mfa, account.root_user.access_keys) = (RootMfa::None, 1);
    let mut tester = Tester::on(account, 80, 24);
    tester.sees("MFA off · has access keys").sees("root use is monitored").sees(" 2 audit");
    assert_eq!(calls(&tester, "ListVirtualMFADevices"), 0, "there is no device to list");
    tester.resize(120, 40).press("c").sees("missing  Root user has MFA").sees("wrong    Root user has no access keys");
}

#[test]
fn the_wizard_key_on_a_problem_of_the_root_user_leads_to_no_step_of_its_own() {
    let mut account = working_account();
    account.root_user.mfa = RootMfa::None;
    account.root_user.access_keys = 1;
    let mut tester = Tester::on(account, 80, 24);
    tester.press("c w");
    assert_eq!(tester.model.screen, Screen::Step(rootbell::domain::Step::Trail), "the wizard from its start");
}

#[test]
fn a_denied_summary_is_unknown_and_says_what_it_needs() {
    let mut account = working_account();
    account.faults.insert("GetAccountSummary".into(), InjectedFault::Deny);
    let mut tester = Tester::on(account, 120, 40);
    tester.sees("Root user  not read: GetAccountSummary").sees("root use is monitored").does_not_see("audit finding");
    tester.press("c").sees("unknown  Root user has MFA").sees("iam:GetAccountSummary");
}

#[test]
fn a_govcloud_account_has_no_line_about_the_root_user() {
    let mut account = Account {
        caller: "arn:aws-us-gov:iam::123456789012:user/alice".into(),
        region: "us-gov-west-1".into(),
        ..Account::default()
    };
    account.root_user.mfa = RootMfa::None;
    Tester::on(account, 120, 40).sees("us-gov-west-1").does_not_see("Root user ");
}
