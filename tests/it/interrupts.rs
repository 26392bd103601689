//! Signals end any command and the wizard at any time, with status 1 and a message.

use std::time::Duration;

use serde_json::json;

use crate::support::EmulatedAws;
use crate::support::program::{Ended, Program, Running, SOON};
use crate::support::pty::{Pty, key};
use crate::wire::{EMAILS, apply};

/// Sends the signal, and checks that the program ends soon with status 1.
fn interrupt(running: Running, signal: &str) -> Ended {
    running.signal(signal);
    running.wait_within(SOON).exits(1)
}

#[test]
fn a_command_interrupted_before_any_change_says_so_for_every_signal() {
    let aws = EmulatedAws::new("eu-west-1");
    aws.proxy.hang_all();
    let commands: [&[&str]; 7] = [
        &["plan"],
        &["apply", "--yes"],
        &["status"],
        &["test"],
        &["events"],
        &["destroy", "--yes"],
        &["policy", "setup"],
    ];
    for (i, command) in commands.into_iter().enumerate() {
        aws.proxy.forget_calls();
        let running = aws.rootbell(command).start();
        aws.proxy.wait_for_call("GetCallerIdentity");
        let output = interrupt(running, ["INT", "TERM", "HUP"][i % 3]).with_empty_stdout();
        output.stderr_contains("rootbell: Interrupted: nothing was changed.");
    }
}

#[test]
fn an_interrupt_at_the_confirmation_is_reported_on_its_own_line() {
    let aws = EmulatedAws::new("us-east-1");
    for signal in [None, Some("TERM")] {
        let mut terminal = aws.rootbell(&["apply", "--email", "a@example.com"]).pty(160, 50);
        terminal.wait_for("[y/N]");
        match signal {
            Some(name) => terminal.signal(name),
            None => terminal.press(key::CTRL_C),
        }
        assert_eq!(terminal.wait_exit_within(SOON).code, 1);
        let screen = terminal.screen();
        assert!(screen.contains("\nrootbell: Interrupted: nothing was changed.\n"), "{screen}");
        terminal.assert_restored();
    }
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
}

/// `apply --wait` on a fresh account, while it waits for the confirmations.
fn waiting(aws: &EmulatedAws, more: &[&str]) -> Running {
    aws.proxy.set_pending(true);
    let args = more.iter().fold(apply(aws).arg("--wait"), Program::arg);
    let running = args.start();
    running.wait_for_stderr("waiting   for", 1);
    running
}

#[test]
fn interrupting_the_wait_for_confirmation_does_not_reread_the_account() {
    let aws = EmulatedAws::new("us-east-1");
    let running = waiting(&aws, &[]);
    aws.proxy.hang_all();
    let output = interrupt(running, "INT");
    let first = output.stdout.lines().next().unwrap();
    assert_eq!(
        first,
        "Interrupted: all 19 changes were made in account 000000000000, us-east-1; no longer waiting for the \
         confirmations, and the account was not read again."
    );
    assert!(
        output.stdout.contains("Open the link in the email from AWS Notifications to a@example.com"),
        "{output:#?}"
    );
    assert!(output.stdout.contains("to b@example.com"), "{output:#?}");
}

#[test]
fn interrupting_the_final_read_still_reports_every_change() {
    for json in [false, true] {
        let aws = EmulatedAws::new("us-east-1");
        let running = waiting(&aws, if json { &["--json"] } else { &[] });
        aws.proxy.forget_calls();
        for operation in ["DescribeTrails", "GetTrailStatus", "DescribeAlarms", "DescribeAlarmsForMetric"] {
            aws.proxy.hang(operation);
        }
        aws.proxy.set_pending(false);
        aws.proxy.wait_for_call("DescribeTrails");
        let output = interrupt(running, "TERM");
        let sentence = "Interrupted: all 19 changes were made in account 000000000000, us-east-1; the account was not \
                        read again.";
        if json {
            let result = output.json();
            assert_eq!(result["applied"].as_array().unwrap().len(), 19, "{result}");
            assert_eq!((&result["failed"], &result["skipped"]), (&json!([]), &json!([])));
            assert_eq!(result["unknown"], json!([]));
            output.stderr_contains(sentence);
        } else {
            assert!(output.stdout.starts_with(sentence), "{output:#?}");
            assert!(output.stdout.contains("`rootbell status`"), "{output:#?}");
        }
    }
}

#[test]
fn an_interrupted_test_says_how_to_set_the_alarm_back() {
    let aws = EmulatedAws::new("us-east-1");
    aws.rootbell(&["apply", "--yes"]).args(EMAILS).output().exits(0);
    aws.proxy.forget_calls();
    aws.proxy.hang("SetAlarmState");
    let running = aws.rootbell(&["test"]).start();
    aws.proxy.wait_for_call("SetAlarmState");
    let output = interrupt(running, "HUP");
    assert!(output.stdout.contains("Interrupted before the notification was seen."), "{output:#?}");
    assert!(output.stdout.contains("may be in ALARM"), "{output:#?}");
    assert!(output.stdout.contains("aws cloudwatch set-alarm-state"), "{output:#?}");
}

#[test]
fn a_command_blocked_on_a_full_pipe_is_ended_by_a_signal() {
    // More output than a pipe's buffer holds.
    let address = "x".repeat(50);
    let emails: Vec<String> = (0..900).map(|n| format!("--email={address}{n}@example.com")).collect();
    let program = Program::new(&["plan", "--format", "json", "--demo"]);
    let running = emails.iter().fold(program, Program::arg).start();
    std::thread::sleep(Duration::from_secs(2));
    running.signal("TERM");
    running.wait_for_signal(SOON);
}

/// The wizard during its first step: nine changes are done, and `CreateTrail` hangs.
fn wizard_with_a_hanging_step() -> (EmulatedAws, Pty) {
    let aws = EmulatedAws::new("eu-west-1");
    aws.proxy.hang("CreateTrail");
    let mut wizard = aws.rootbell(&[]).pty(120, 24);
    wizard.wait_for("missing");
    wizard.press(key::ENTER);
    wizard.wait_for("apply 10");
    wizard.press(key::ENTER);
    wizard.wait_for("8 of 10 done");
    (aws, wizard)
}

#[test]
fn an_interrupted_wizard_lists_done_running_and_remaining_changes_on_the_normal_screen() {
    for signal in [None, Some("TERM"), Some("HUP"), Some("INT")] {
        let (_world, mut wizard) = wizard_with_a_hanging_step();
        match signal {
            Some(name) => wizard.signal(name),
            None => wizard.press(key::CTRL_C),
        }
        assert_eq!(wizard.wait_exit_within(SOON).code, 1);
        wizard.assert_restored();
        let screen = wizard.screen().replace('\n', "");
        let wanted = "rootbell: Interrupted: 8 of 10 changes made in account 000000000000, eu-west-1; 1 in progress, \
                      outcome unknown; 1 not started.";
        assert!(screen.contains(wanted), "{screen}");
    }
}

#[test]
fn a_wizard_interrupted_while_no_change_runs_says_so() {
    let aws = EmulatedAws::new("eu-west-1");
    aws.proxy.hang_all();
    let mut wizard = aws.rootbell(&[]).pty(80, 24);
    wizard.wait_for("asking AWS who you are");
    wizard.press(key::CTRL_C);
    assert_eq!(wizard.wait_exit_within(SOON).code, 1);
    wizard.assert_restored();
    assert!(wizard.screen().contains("rootbell: Interrupted while signing in: nothing was changed."));
}
