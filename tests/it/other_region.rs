//! The commands in a Region without a setup, where another Region has one.

use crate::support::program::Program;

/// The program on the demo account whose setup is in us-east-1.
fn works_there(args: &[&str]) -> Program {
    args.iter().fold(Program::new(&["--demo=other-region"]), Program::arg)
}

/// The same, but nobody is subscribed.
fn lacks_a_subscriber_there(args: &[&str]) -> Program {
    let account = include_str!("../../assets/demo/other-region.toml");
    let account = account.replace("subscriptions = [", "# subscriptions = [");
    args.iter().fold(Program::new(&["--demo=./account.toml"]).file("account.toml", &account), Program::arg)
}

#[test]
fn apply_says_where_everything_is_set_up_already_and_changes_nothing() {
    let output = works_there(&["apply", "--yes", "--email", "bob@example.com"]).output().exits(0);
    assert_eq!(
        output.stdout,
        "Nothing to change: Root use is already monitored in us-east-1, by the trail `main` and the alarm `root-use`. Run \
         `rootbell status --region us-east-1 --demo=other-region` to check it.\n"
    );
    let output = works_there(&["apply", "--yes", "--json"]).output().exits(0).json();
    assert_eq!(output["applied"], serde_json::json!([]));
    assert_eq!(output["open"], serde_json::json!([]));
    assert_eq!(output["elsewhere"]["region"], "us-east-1");
    assert_eq!(output["elsewhere"]["state"], "works");
}

#[test]
fn the_command_that_apply_names_shows_a_working_setup() {
    works_there(&["status", "--region", "us-east-1"]).output().exits(0);
    works_there(&["status"]).output().exits(3);
}

#[test]
fn plan_says_where_everything_is_set_up_already() {
    let output = works_there(&["plan"]).output().exits(0);
    assert!(output.stdout.contains("Nothing to change: Root use is already monitored in us-east-1"), "{output:#?}");
    let output = works_there(&["plan", "--format", "json"]).output().exits(0).json();
    assert_eq!((&output["changes"], &output["elsewhere"]["alarm"]), (&serde_json::json!([]), &"root-use".into()));
}

#[test]
fn a_second_trail_is_planned_with_its_cost_if_the_user_names_it() {
    let output = works_there(&["plan", "--trail", "rootbell", "--email", "bob@example.com"]).output().exits(3);
    assert!(output.stdout.contains("A new trail is created, which costs 2 USD"), "{output:#?}");
}

#[test]
fn apply_fails_and_names_the_region_and_what_is_missing_there_if_the_setup_does_not_work() {
    for command in [&["plan"][..], &["apply", "--yes", "--email", "bob@example.com"]] {
        let output = lacks_a_subscriber_there(command).output().exits(1).with_empty_stdout();
        output
            .stderr_contains(
                "The trail `main` delivers to us-east-1, where the setup is incomplete: There is no subscription",
            )
            .stderr_contains("(--region us-east-1)")
            .stderr_contains("(--trail rootbell)");
    }
    let status = lacks_a_subscriber_there(&["status", "--json"]).output().exits(3).json();
    assert_eq!(status["elsewhere"]["state"], "lacking");
    assert!(status["elsewhere"]["lacks"].as_str().unwrap().contains("no subscription"), "{status}");
}
