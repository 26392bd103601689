//! `rootbell test` and `rootbell events`: over real HTTP against the emulator, and on demo accounts, which evaluate
//! patterns and alarms over time.

use jiff::Timestamp;
use rootbell::domain::event::{DRILL_BUS_SOURCE, DRILL_DETAIL_TYPE, drill_bus_event};
use rootbell::domain::{Identity, Region};
use serde_json::{Value, json};

use crate::support::EmulatedAws;
use crate::support::program::{Ended, Program, SOON};
use crate::support::pty::key;
use crate::support::queue::Queue;
use crate::support::read::{changes_of_state, log_events};
use crate::support::working::{demo, demo_with_events};

const ALARM: &str = "rootbell-root-use";

/// An account with a working setup, and a queue that receives the topic's messages.
fn working_account(region: &str) -> (EmulatedAws, Queue) {
    let aws = EmulatedAws::new(region);
    aws.rootbell(&["apply", "--yes", "--email", "a@example.com"]).output().exits(0);
    let queue =
        Queue::subscribe(aws.emulator.port(), region, &format!("arn:aws:sns:{region}:000000000000:rootbell-alerts"));
    aws.proxy.forget_calls();
    (aws, queue)
}

/// The emulator never evaluates alarms, so the test should not wait long for the return to OK.
fn test(aws: &EmulatedAws) -> Program {
    aws.rootbell(&["test", "--timeout", "2"])
}

fn hops(output: &Ended) -> Vec<String> {
    let hops = output.json()["hops"].clone();
    hops.as_array().unwrap().iter().map(|stage| stage["hop"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_test_alarm_reaches_the_subscribers() {
    for region in ["us-east-1", "eu-west-1"] {
        let (aws, queue) = working_account(region);
        let output = test(&aws).arg("--json").output().exits(0);
        let output = output
            .stderr_contains("Test of alarm rootbell-root-use in account 000000000000")
            .stderr_contains("notifies  a@example.com");
        let result = output.json();
        let wanted = json!([
            "account",
            "region",
            "alarm",
            "kind",
            "dispatched",
            "recipients",
            "concerns",
            "hops",
            "events",
            "error"
        ]);
        assert_eq!(json!(result.as_object().unwrap().keys().collect::<Vec<_>>()), wanted);
        assert_eq!((&result["region"], &result["alarm"]), (&json!(region), &json!(ALARM)));
        assert_eq!((&result["kind"], &result["dispatched"]), (&json!("test"), &json!(true)));
        let told = result["recipients"].as_array().unwrap();
        assert!(told.contains(&json!("a@example.com")), "{result:#}");
        assert_eq!((&result["concerns"], &result["error"]), (&json!([]), &Value::Null));
        assert_eq!(hops(&output), ["alarm", "action"]);
        assert!(output.json()["hops"][1]["said"].as_str().unwrap().ends_with("rootbell-alerts"), "{result:#}");

        // Check the message itself, and the alarm's state as the SDK reads it.
        let messages = queue.messages();
        assert_eq!(messages.len(), 1, "{messages:#?}");
        let message: Value = serde_json::from_str(messages[0]["Message"].as_str().unwrap()).unwrap();
        assert_eq!((&message["AlarmName"], &message["NewStateValue"]), (&json!(ALARM), &json!("ALARM")));
        let reason = message["NewStateReason"].as_str().unwrap();
        assert!(
            reason.starts_with("Test alarm by rootbell, started by arn:aws:iam::000000000000:root at "),
            "{reason}"
        );
        let changes = changes_of_state(&aws.emulator.url(), region, ALARM);
        assert_eq!(changes[0], ("Alarm updated from INSUFFICIENT_DATA to ALARM".to_owned(), reason.to_owned()));
        assert_eq!(aws.proxy.writes(), ["SetAlarmState"]);
    }
}

#[test]
fn a_test_alarm_from_the_dashboard_reaches_the_subscribers() {
    let (aws, queue) = working_account("eu-west-1");
    aws.proxy.set_delivery_time(i64::MAX / 1_000_000_000);
    let mut dashboard = aws.rootbell(&["--quiet"]).pty(80, 24);
    dashboard.wait_for("root use is monitored");
    dashboard.press("t");
    dashboard.wait_for("Sends email to a@example.com");
    assert_eq!(aws.proxy.writes(), Vec::<String>::new(), "nothing is done before confirmation");
    dashboard.press(key::ENTER);
    dashboard.wait_for("Passed: notification sent");
    dashboard.press("q");
    dashboard.wait_for("Alarm history");
    dashboard.press("q");
    assert_eq!(dashboard.wait_exit().code, 0);
    dashboard.assert_restored();
    let messages = queue.messages();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    let changes = changes_of_state(&aws.emulator.url(), "eu-west-1", ALARM);
    assert!(changes[0].1.starts_with("Test alarm by rootbell, started by"), "{changes:?}");
}

#[test]
fn testing_an_alarm_already_in_alarm_sets_it_to_ok_first() {
    let (aws, queue) = working_account("us-east-1");
    test(&aws).output().exits(0);
    aws.proxy.forget_calls();
    let output =
        test(&aws).output().exits(0).stderr_contains("reset     the alarm is in ALARM, so it is set to OK first");
    assert!(output.stdout.starts_with("PASSED: notification sent "), "{output:#?}");
    assert!(output.stdout.contains("Check that it arrived: a@example.com"), "{output:#?}");
    assert_eq!(aws.proxy.writes(), ["SetAlarmState", "SetAlarmState"]);
    assert_eq!(queue.messages().len(), 2);
    let changes: Vec<_> =
        changes_of_state(&aws.emulator.url(), "us-east-1", ALARM).into_iter().map(|(summary, _)| summary).collect();
    assert_eq!(changes[..2], ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]);
}

#[test]
fn testing_without_an_alarm_fails_and_points_to_apply() {
    let aws = EmulatedAws::new("us-east-1");
    let output = test(&aws).arg("--json").output().exits(1);
    let error = json!({ "why": "There is no alarm to test.", "fix": "Run `rootbell apply` to set it up." });
    assert_eq!(output.json()["error"], error);
    assert_eq!(output.json()["dispatched"], false);
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
}

#[test]
fn a_denied_call_is_named_and_no_notification_is_sent() {
    let (aws, queue) = working_account("us-east-1");
    for operation in ["SetAlarmState", "DescribeAlarmHistory", "DescribeAlarms"] {
        aws.proxy.deny(operation);
        let output = test(&aws).arg("--json").output().exits(1);
        let error = output.json()["error"].clone();
        assert!(error["why"].as_str().unwrap().starts_with(&format!("{operation} (cloudwatch)")), "{error}");
        assert!(error["fix"].as_str().unwrap().contains(&format!("cloudwatch:{operation}")), "{error}");
        let output = test(&aws).output().exits(1);
        assert!(output.stdout.starts_with("FAILED: no notification was seen."), "{output:#?}");
        aws.proxy.clear_faults();
    }
    assert_eq!(queue.messages(), Vec::<Value>::new());
}

#[test]
fn expired_credentials_are_explained_without_a_partial_result() {
    let (aws, _) = working_account("us-east-1");
    aws.proxy.expire();
    for command in [&["test", "--json"][..], &["test", "--drill", "--yes", "--json"], &["events", "--json"]] {
        aws.rootbell(command)
            .output()
            .exits(1)
            .with_empty_stdout()
            .stderr_contains("expired")
            .stderr_contains("Set AWS_ACCESS_KEY_ID");
    }
    aws.proxy.clear_faults();
    aws.proxy.refuse("SetAlarmState", 9, 400, "ExpiredTokenException", "The security token included is expired");
    let output = test(&aws).output().exits(1);
    assert!(
        output.stdout.contains("AWS_ACCESS_KEY_ID has expired") && output.stdout.contains("AWS_SESSION_TOKEN together"),
        "{output:#?}"
    );
}

#[test]
fn a_test_interrupted_while_a_call_hangs_reports_the_stages_reached() {
    let (aws, _) = working_account("us-east-1");
    aws.proxy.hang("SetAlarmState");
    let running = test(&aws).arg("--json").start();
    aws.proxy.wait_for_call("SetAlarmState");
    running.signal("INT");
    let output = running.wait_within(SOON).exits(1);
    assert_eq!(output.json()["error"]["why"], "Interrupted before the notification was seen.");
    assert_eq!(output.json()["hops"], json!([]));
}

#[test]
fn disabled_alarm_actions_are_warned_about_and_the_test_fails() {
    let output = demo(&format!("[regions.eu-west-1.alarms.{ALARM}]\nactions_enabled = false\n"));
    let output = output.args(["test", "--timeout", "1"]).output().exits(1);
    let output = output.stderr_contains("warning   The actions of `rootbell-root-use` are disabled.");
    assert!(
        output.stdout.contains("FAILED: no notification was seen.")
            && output.stdout.contains("waiting for: notification sent"),
        "{output:#?}"
    );
}

#[test]
fn a_failed_notification_is_reported_with_awss_error() {
    let output = demo("kms_key = \"alias/aws/sns\"\n").args(["test", "--json"]).output().exits(1);
    let output = output.stderr_contains("warning   `rootbell-alerts` is encrypted with alias/aws/sns");
    assert_eq!(hops(&output), ["alarm"]);
    assert!(
        output.json()["error"]["why"].as_str().unwrap().contains("Error Code: AccessDeniedException"),
        "{output:#?}"
    );
}

#[test]
fn an_unconfirmed_subscription_is_warned_about_before_the_test() {
    let unread = "[regions.eu-west-1.topics.rootbell-alerts]\nsubscriptions = [{ endpoint = \"b@example.com\" }]\n";
    let account = format!("[timing]\nevaluated_after = 1\n[set_up]\nemails = [\"a@example.com\"]\n{unread}");
    let program = Program::new(&["--demo=./account.toml", "test"]).file("account.toml", &account);
    let output =
        program.output().exits(0).stderr_contains("notifies  nobody").stderr_contains("No alert reaches anyone until");
    assert!(output.stdout.contains("As far as rootbell can tell, nobody receives it"), "{output:#?}");
}

#[test]
fn the_alarm_returns_to_ok_after_a_test_and_each_stage_is_timed() {
    let output = demo("").args(["test", "--json"]).output().exits(0);
    let output = output
        .stderr_contains("done      alarm went to ALARM after 0 s: Test alarm by rootbell")
        .stderr_contains("waiting   for: alarm returned to OK");
    assert_eq!(hops(&output), ["alarm", "action", "back"]);
    assert_eq!(output.json()["demo"], true);
    let times: Vec<_> = output.json()["hops"].as_array().unwrap().iter().map(|h| h["after_seconds"].as_i64()).collect();
    assert!(times.is_sorted() && times[0].is_some(), "{times:?}");
}

#[test]
fn a_drill_passes_through_the_whole_chain_and_names_what_it_leaves_behind() {
    let output = demo("").args(["test", "--drill", "--yes", "--json", "--timeout", "5"]).output().exits(0);
    let output = output
        .stderr_contains(
            "writes    one event to the stream `rootbell-drill` of log group `rootbell/cloudtrail`, kept for 365 days",
        )
        .stderr_contains("marked    eventSource drill.rootbell, userAgent rootbell/")
        .stderr_contains("additionalEventData {\"rootbellDrill\":true")
        .stderr_contains(
            "needs     logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricStatistics",
        );
    assert_eq!(output.json()["kind"], "drill");
    assert_eq!(hops(&output), ["stored", "matched", "counted", "alarm", "action"]);
    assert!(
        !output.stderr.contains("waiting   for: alarm returned to OK"),
        "waiting for that would take minutes: {output:#?}"
    );
}

#[test]
fn a_drill_of_both_paths_says_beforehand_that_it_sends_two_emails_and_reports_each_path() {
    let drill = |more: &str| demo_with_events(more).args(["test", "--drill", "--yes", "--timeout", "20"]);
    let output = drill("").output().exits(0);
    let output = output
        .stderr_contains(
            "one event to the event bus in us-east-1, with the source rootbell.drill: it sends a second email",
        )
        .stderr_contains("counts by the minute")
        .stderr_contains("events:ListRules")
        .stderr_contains("events:PutEvents")
        .stderr_contains("done      forwarded to the topic's Region after");
    assert!(output.stdout.contains("PASSED: the event rules passed their event on to the topic"), "{output:#?}");
    let output = drill("").arg("--json").output().exits(0);
    let on_rules = ["put", "forwarded", "triggered", "passed_on"];
    assert_eq!(hops(&output), [&["stored", "matched", "counted", "alarm", "action"][..], &on_rules].concat());
    assert_eq!(output.json()["events"], json!({ "passed_on": true, "error": null }));

    let denied = "[faults]\nPutEvents = \"deny\"\n";
    let output = drill(denied).output().exits(1);
    assert!(output.stdout.starts_with("PASSED: notification sent"), "{output:#?}");
    assert!(output.stdout.contains("FAILED: the event rules"), "{output:#?}");
    assert!(output.stdout.contains("events:PutEvents"), "{output:#?}");
    let unread = "[faults]\nListRules = \"deny\"\n";
    let output = drill(unread).output().exits(0);
    output.stderr_contains("leaves out  the event rules, which could not be read");
}

#[test]
fn a_drill_writes_one_event_that_is_clearly_marked() {
    let region = "eu-west-1";
    let (aws, queue) = working_account(region);
    let drill = || aws.rootbell(&["test", "--drill", "--yes", "--timeout", "1", "--json"]);
    // The emulator's filters count nothing, and neither do its rules, so the drill stops there.
    let output = drill().output().exits(1);
    assert_eq!(hops(&output), ["stored", "matched", "put"]);
    let error = &output.json()["error"];
    assert!(error["why"].as_str().unwrap().contains("waiting for: counted by the metric"), "{error}");
    assert!(error["fix"].as_str().unwrap().contains("Check the metric filter"), "{error}");
    let mut writes = aws.proxy.writes();
    writes.sort_unstable();
    assert_eq!(writes, ["CreateLogStream", "PutEvents", "PutLogEvents"]);
    // The emulator does not forward to another Region.
    assert_eq!(queue.messages(), Vec::<Value>::new());

    let events = log_events(&aws.emulator.url(), region, "rootbell/cloudtrail");
    assert_eq!(events.len(), 1);
    let (stream, event) = (&events[0].0, serde_json::from_str::<Value>(&events[0].1).unwrap());
    assert_eq!(stream, "rootbell-drill");
    assert_eq!(event["userIdentity"]["type"], "Root");
    assert_eq!(
        (&event["eventSource"], &event["sourceIPAddress"]),
        (&json!("drill.rootbell"), &json!("drill.rootbell"))
    );
    assert_eq!(event["additionalEventData"]["startedBy"], "arn:aws:iam::000000000000:root");

    // A second drill reuses the stream, and `events` marks both events as drills.
    assert_eq!(hops(&drill().output().exits(1)), ["stored", "matched", "put"]);
    let output = aws.rootbell(&["events", "--json"]).output().exits(0).json();
    let drills: Vec<_> = output["events"].as_array().unwrap().iter().map(|event| event["drill"].clone()).collect();
    assert_eq!(drills, [json!(true), json!(true)]);
    let output = aws.rootbell(&["events"]).output().exits(0);
    assert_eq!(output.stdout.matches("RootbellDrill").count(), 2, "{output:#?}");
}

/// The drill's event of the second path reaches a subscriber as the email that people get: the whole way if home is where
/// sign-ins are recorded. The emulator does not forward, so elsewhere the test puts the event on the home Region's bus.
#[test]
fn the_drills_event_on_the_bus_reaches_the_subscribers_as_an_email_that_begins_with_drill() {
    for region in ["us-east-1", "eu-west-1"] {
        let (aws, queue) = working_account(region);
        let output = aws.rootbell(&["test", "--drill", "--yes", "--timeout", "1", "--json"]).output().exits(1);
        assert!(hops(&output).contains(&"put".to_owned()), "{output:#?}");
        if region != "us-east-1" {
            assert_eq!(queue.messages(), Vec::<Value>::new());
            let caller =
                Identity { account: "000000000000".into(), arn: "arn:aws:iam::000000000000:root".into(), alias: None };
            let detail = drill_bus_event("rootbell-drill-1", &caller, &Region::new("us-east-1"), Timestamp::UNIX_EPOCH);
            let entry = json!({ "Source": DRILL_BUS_SOURCE, "DetailType": DRILL_DETAIL_TYPE, "Detail": detail });
            queue.call("events", "AWSEvents.PutEvents", &json!({ "Entries": [entry] }));
        }
        let messages = queue.messages();
        assert_eq!(messages.len(), 1, "{region}: {messages:#?}");
        let lines: Vec<&str> = messages[0]["Message"].as_str().unwrap().lines().collect();
        assert_eq!(
            lines[0], "\"DRILL, nobody used root: AWS account 000000000000, root user: ConsoleLogin\"",
            "{region}"
        );
        assert_eq!(lines[1], "\"Result: nobody signed in, this is a drill \"");
        assert!(lines.iter().any(|line| line.contains("Event: rootbell-drill-")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("Source: rootbell.drill")), "{lines:#?}");
    }
}

#[test]
fn a_denied_drill_names_the_permission_and_writes_nothing() {
    let (aws, _) = working_account("us-east-1");
    for operation in
        ["FilterLogEvents", "GetMetricStatistics", "DescribeAlarmHistory", "CreateLogStream", "PutLogEvents"]
    {
        aws.proxy.deny(operation);
        let output = aws.rootbell(&["test", "--drill", "--yes", "--json", "--timeout", "1"]).output().exits(1);
        let fix = output.json()["error"]["fix"].as_str().unwrap().to_owned();
        assert!(fix.contains(&format!(":{operation}")), "{operation}: {fix}");
        aws.proxy.clear_faults();
    }
    assert_eq!(log_events(&aws.emulator.url(), "us-east-1", "rootbell/cloudtrail"), []);
}

#[test]
fn a_drill_asks_for_confirmation_and_needs_yes_without_a_terminal() {
    let output = demo("").args(["test", "--drill"]).stdin("y\n").output().exits(2).with_empty_stdout();
    output.stderr_contains("--yes").stderr_contains("Nothing was written");
    for flags in [&["--yes"][..], &["--foreign-log-group"]] {
        Program::new(&[&["test", "--demo"], flags].concat()).output().exits(2).stderr_contains("--drill");
    }

    let mut terminal = demo("").args(["test", "--drill"]).pty(160, 50);
    terminal.wait_for("Write the event? [y/N]");
    terminal.press(key::ENTER);
    assert_eq!(terminal.wait_exit().code, 1);
    assert!(terminal.screen().contains("Nothing was written."), "{}", terminal.screen());
    terminal.assert_restored();
}

#[test]
fn a_drill_in_an_unmanaged_log_group_needs_its_flag() {
    let theirs = "[regions.eu-west-1.trails.rootbell]\norganization = true\n";
    let output = demo(theirs).args(["test", "--drill", "--yes", "--json"]).output().exits(1);
    // An organization trail named `rootbell` is unmanaged, so the setup uses the default log group with its filter.
    let group = "[regions.eu-west-1.log_groups.theirs]\nretention_days = 365\n";
    let attached = "[regions.eu-west-1.trails.main]\nmulti_region = true\nlogging = true\n\
                    bucket = \"rootbell-123456789012-eu-west-1\"\n\
                    role_arn = \"arn:aws:iam::123456789012:role/rootbell-cloudtrail-to-logs-eu-west-1\"\n\
                    log_group_arn = \"arn:aws:logs:eu-west-1:123456789012:log-group:theirs:*\"\n";
    let filter = "[regions.eu-west-1.log_groups.theirs.filters.root]\nnamespace = \"rootbell\"\nmetric = \"RootUse\"\n\
                  pattern = '{ $.userIdentity.type = \"Root\" }'\n";
    assert!(output.json()["error"]["fix"].as_str().unwrap().contains("--foreign-log-group"), "{output:#?}");
    assert_eq!(output.json()["hops"], json!([]));
    // Another trail is used only if the one with rootbell's name doesn't work.
    let stopped = "[regions.eu-west-1.trails.rootbell]\norganization = true\nmulti_region = false\nlogging = false\n";
    let more = [stopped, group, attached, filter].concat();
    let drill = ["test", "--drill", "--yes", "--timeout", "5"];
    let output = demo(&more).args(drill).output().exits(1);
    assert!(output.stdout.contains("The log group `theirs`"), "{output:#?}");
    demo(&more).args(drill).arg("--foreign-log-group").output().exits(0).stderr_contains("log group `theirs`");
}

#[test]
fn root_uses_are_listed_newest_first() {
    let output = Program::new(&["events", "--demo=ringing"]).env("TZ", "UTC").output().exits(0);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines[1].starts_with("Local time"), "{output:#?}");
    let [first, second, third] = [lines[2], lines[3], lines[4]];
    assert!(first.contains("ListAccessKeys") && first.contains("AWS CLI") && first.ends_with("API"), "{first}");
    assert!(second.contains("ConsoleLogin    Success  no   203.0.113.7    us-east-1  Chrome / macOS"), "{second}");
    assert!(third.ends_with("console  Failed authentication"), "{third}");
    assert!(lines[6].starts_with("3 uses of root since "), "{output:#?}");

    let output = Program::new(&["events", "--demo=ringing", "--json"]).output().exits(0).json();
    let keys: Vec<_> = output.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["demo", "account", "region", "log_group", "since", "gap", "events", "more", "searched_back_to", "error"]
    );
    assert_eq!(output["events"][1]["outcome"], "success");
    assert_eq!(output["events"][1]["raw"]["userIdentity"]["type"], "Root");
    assert_eq!((&output["more"], &output["error"]), (&json!(false), &Value::Null));
}

#[test]
fn events_reports_gaps_in_the_recording() {
    let output = Program::new(&["events", "--demo=drifted"]).output().exits(0);
    assert!(output.stdout.contains("No use of root is recorded since"), "{output:#?}");
    output
        .stderr_contains("Some events may be missing: The trail `rootbell` is stopped")
        .stderr_contains("searched with both");
    let output = Program::new(&["events", "--demo=drifted", "--json"]).output().exits(0).json();
    assert_eq!(output["gap"], "The trail `rootbell` is stopped: it records nothing.");
    let output = Program::new(&["events", "--demo=ringing", "--json"]).output().exits(0).json();
    assert_eq!(output["gap"], Value::Null);
}

#[test]
fn a_drill_is_refused_while_the_alarm_is_in_alarm() {
    let output = Program::new(&["test", "--demo=ringing", "--drill", "--yes"]).output().exits(1);
    assert!(output.stdout.contains("a drill would prove nothing"), "{output:#?}");
}

#[test]
fn events_can_be_limited_by_time_and_number() {
    let output = Program::new(&["events", "--demo=ringing", "--since", "1h", "--json"]).output().exits(0).json();
    assert_eq!(output["events"].as_array().unwrap().len(), 2);
    let output = Program::new(&["events", "--demo=ringing", "--limit", "1"]).output().exits(0);
    assert!(output.stdout.contains("The newest 1 use of root") && output.stdout.contains("(--limit)"), "{output:#?}");
    let output = Program::new(&["events", "--demo=ringing", "--since", "1m"]).output().exits(0);
    assert!(output.stdout.contains("No use of root since"), "{output:#?}");
    for since in ["yesterday", "7y", "2999-01-01"] {
        Program::new(&["events", "--demo", "--since", since])
            .output()
            .exits(2)
            .with_empty_stdout()
            .stderr_contains("--since");
    }
    Program::new(&["events", "--demo", "--limit", "0"]).output().exits(2).stderr_contains("--limit");
}

#[test]
fn events_without_a_setup_says_there_is_no_log_group() {
    Program::new(&["events", "--demo"]).output().exits(1).with_empty_stdout().stderr_contains("There is no log group");
    let output = Program::new(&["events", "--demo", "--json"]).output().exits(1);
    assert_eq!(output.json()["events"], json!([]));
    assert!(output.json()["error"]["fix"].as_str().unwrap().contains("rootbell apply"), "{output:#?}");
    let aws = EmulatedAws::new("us-east-1");
    aws.rootbell(&["events"]).output().exits(1).with_empty_stdout().stderr_contains("There is no log group");
}

#[test]
fn events_without_a_filter_uses_the_cis_pattern() {
    // `only` creates the log group without the filter.
    let account = "[set_up]\nonly = [\"log_group\"]\n\
                   [[regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events]]\nat = -60\n\
                   event = { eventName = \"ConsoleLogin\", eventType = \"x\", userIdentity = { type = \"Root\" } }\n";
    let program = Program::new(&["--demo=./account.toml", "events"]).file("account.toml", account);
    let output = program.output().exits(0).stderr_contains("searched with the CIS pattern");
    assert!(output.stdout.contains("ConsoleLogin"), "{output:#?}");
}

#[test]
fn control_characters_in_an_event_are_escaped() {
    let evil = r"Mozilla\u001b]0;owned\u0007\u001b[2J\u009b31m\u202Egpj.exe\u007f\r\n";
    let account = format!(
        "[[regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events]]\nat = -60\n\
         [regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events.event]\n\
         eventName = \"{evil}\"\nuserAgent = \"{evil}\"\nerrorMessage = \"{evil}\"\nsourceIPAddress = \"{evil}\"\n\
         awsRegion = \"{evil}\"\neventID = \"{evil}\"\n\
         eventType = \"AwsApiCall\"\nuserIdentity = {{ type = \"Root\" }}\n"
    );
    for args in [&["events"][..], &["events", "--json"]] {
        let output = args.iter().fold(demo(&account), Program::arg).output().exits(0);
        let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!output.stdout.contains(steers), "{output:#?}");
        assert_eq!(output.stdout.matches("Mozilla").count(), if args.len() == 1 { 5 } else { 12 }, "{output:#?}");
    }
    let output = demo(&account).args(["events", "--json"]).output().json();
    let agent = output["events"][0]["raw"]["userAgent"].as_str().unwrap();
    assert_eq!(
        agent, "Mozilla\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}gpj.exe\u{7f}\r\n",
        "the JSON keeps the original text"
    );
}

#[test]
fn drill_events_are_marked_in_the_list() {
    let event = "[[regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events]]\nat = -60\n\
                 event = { eventName = \"RootbellDrill\", eventSource = \"drill.rootbell\", eventType = \"x\", \
                 userIdentity = { type = \"Root\" } }\n\
                 [[regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events]]\nat = -90\n\
                 event = { eventName = \"DeleteBucketPolicy\", eventType = \"x\", userIdentity = { type = \"Root\", \
                 sessionContext = { assumedRoot = \"true\" } } }\n";
    let output = demo(event).arg("events").output().exits(0);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines[2].ends_with("API  drill"), "{output:#?}");
    assert!(lines[3].ends_with("API  central root management"), "{output:#?}");
}
