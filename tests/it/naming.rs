//! The options that name resources: what is named is what is judged, read, and tested.

use crate::support::program::Program;
use crate::support::tester::Tester;
use crate::support::working;

use rootbell::app::Screen;
use rootbell::cloud::demo::Account;
use rootbell::domain::SetupOptions;

/// A second alarm on the metric, which notifies a topic without subscribers, a filter for another purpose, and a trail with a
/// log group of its own.
const MORE: &str = r#"
[regions.eu-west-1.alarms.pager]
namespace = "rootbell"
metric = "METRIC"
actions = ["arn:aws:sns:eu-west-1:123456789012:pages"]

[regions.eu-west-1.topics.pages]

[regions.eu-west-1.log_groups.other]

[regions.eu-west-1.log_groups."rootbell/cloudtrail".filters.logins]
pattern = '{ $.eventName = "ConsoleLogin" && $.userIdentity.type = "IAMUser" }'
namespace = "logins"
metric = "Logins"
"#;

fn more() -> String {
    MORE.replace("METRIC", "RootUse")
}

fn run(args: &[&str]) -> Program {
    args.iter().fold(working::demo(&more()), Program::arg)
}

#[test]
fn status_judges_the_resources_that_are_named() {
    run(&["status"]).output().exits(0);
    run(&["status", "--alarm", "rootbell-root-use", "--topic", "rootbell-alerts"]).output().exits(0);
    for (named, said) in [
        (&["--alarm", "pager"][..], "There is no subscription, so no alert would reach anyone."),
        (&["--topic", "pages"], "There is no subscription, so no alert would reach anyone."),
        (
            &["--topic", "pages", "--alarm", "rootbell-root-use"],
            "`rootbell-root-use` does not notify the topic `pages`",
        ),
        (&["--filter", "logins"], "`logins` misses root sign-ins"),
        (&["--log-group", "other"], "`rootbell` delivers to the log group `rootbell/cloudtrail`, not to `other`."),
    ] {
        let args = [&["status"], named].concat();
        let output = run(&args).output().exits(3);
        assert!(output.stdout.contains(said), "{named:?}: {output:#?}");
    }
}

/// An option with a name that doesn't exist, and what every command says about it.
const TYPOS: [(&str, &str); 5] = [
    ("--trail", "There is no trail `typo` in eu-west-1."),
    ("--log-group", "There is no log group `typo` in eu-west-1."),
    ("--filter", "There is no metric filter `typo` on the log group `rootbell/cloudtrail`."),
    ("--alarm", "There is no alarm `typo` in eu-west-1."),
    ("--topic", "There is no SNS topic `typo` in eu-west-1."),
];

#[test]
fn a_name_that_does_not_exist_is_reported_by_every_command_and_not_replaced() {
    for (flag, said) in TYPOS {
        let output = run(&["status", flag, "typo"]).output().exits(3);
        assert!(output.stdout.contains(said), "{flag}: {output:#?}");
        let fix = format!("Check the name, or create it. Run `rootbell apply {flag} typo`.");
        assert!(output.stdout.contains(&fix), "{flag}: {output:#?}");
        let output = run(&["events", flag, "typo"]).output().exits(1).with_empty_stdout();
        output.stderr_contains(said).stderr_contains("Check the name.");
        for test in [&["test"][..], &["test", "--drill", "--yes"]] {
            let args = [test, &[flag, "typo"]].concat();
            let output = run(&args).output().exits(1);
            assert!(output.stdout.contains(said), "{flag}: {output:#?}");
        }
    }
}

#[test]
fn a_test_is_of_the_alarm_that_is_named() {
    let output = run(&["test", "--alarm", "pager", "--json"]).output().json();
    assert_eq!(output["alarm"], "pager");
    assert_eq!(output["recipients"], serde_json::json!([]));
}

#[test]
fn events_are_read_from_the_log_group_that_is_named() {
    let output = run(&["events", "--log-group", "other", "--json"]).output().exits(0).json();
    assert_eq!(output["log_group"], "other");
}

#[test]
fn an_invalid_name_is_rejected_before_the_first_request() {
    for command in ["status", "events", "test"] {
        run(&[command, "--trail", "my trail"]).output().exits(2).with_empty_stdout().stderr_contains("--trail: ");
    }
}

#[test]
fn a_name_before_the_command_is_an_error_that_says_where_it_belongs() {
    let output = run(&["--alarm", "pager", "status"]).output().exits(2).with_empty_stdout();
    output.stderr_contains("`--alarm` belongs after the command");
}

fn wizard(setup: SetupOptions) -> Tester {
    let text = "region = \"eu-west-1\"\n[set_up]\nemails = [\"a@example.com\"]\nat = -86400\n\
                [regions.eu-west-1.topics.rootbell-alerts]\n\
                subscriptions = [{ endpoint = \"a@example.com\", state = \"confirmed\" }]\n";
    Tester::with_options(Account::read(&format!("{text}{}", more())).unwrap(), setup, 120, 40)
}

#[test]
fn the_dashboard_shows_the_resources_that_are_named() {
    let mut tester = wizard(SetupOptions::default());
    assert_eq!(tester.model.screen, Screen::Dashboard);
    tester.sees("rootbell  OK");
    let pager = SetupOptions { alarm: Some("pager".into()), ..SetupOptions::default() };
    let mut tester = wizard(pager);
    assert_eq!(tester.model.screen, Screen::Account);
    tester.press("d").settle().sees("NOT WORKING").sees("There is no subscription");
    let alarm = tester.model.account().health().unwrap().alarm.clone().unwrap();
    assert_eq!(alarm.name, "pager");
    // Signing in again keeps the names.
    tester.press("esc r").settle().press("d").settle().sees("NOT WORKING");
    let typo = SetupOptions { alarm: Some("typo".into()), ..SetupOptions::default() };
    wizard(typo).press("d").settle().sees("There is no alarm `typo` in eu-west-1.");
}
