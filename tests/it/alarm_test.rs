//! `rootbell test` and `rootbell events`: over real HTTP against the emulator, and on demo accounts, which evaluate
//! patterns and alarms over time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::EmulatedAws;
use crate::support::program::{Ended, Program};
use crate::support::pty::key;
use crate::support::queue::Queue;
use crate::support::read::{changes_of_state, log_events};
use crate::support::working::demo;

const ALARM: &str = "rootbell-root-use";

/// An account with a working setup, and a queue that receives the topic's messages.
fn armed(region: &str) -> (EmulatedAws, Queue) {
    let world = EmulatedAws::new(region);
    world.rootbell(&["apply", "--yes", "--email", "a@example.com"]).output().exits(0);
    let queue =
        Queue::subscribe(world.emulator.port(), region, &format!("arn:aws:sns:{region}:000000000000:rootbell-alerts"));
    world.proxy.forget_calls();
    (world, queue)
}

/// The emulator never evaluates alarms, so the test should not wait long for the return to OK.
fn test(world: &EmulatedAws) -> Program {
    world.rootbell(&["test", "--timeout", "2"])
}

fn hops(said: &Ended) -> Vec<String> {
    let hops = said.json()["hops"].clone();
    hops.as_array().unwrap().iter().map(|stage| stage["hop"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_test_alarm_reaches_the_subscribers() {
    for region in ["us-east-1", "eu-west-1"] {
        let (world, queue) = armed(region);
        let said = test(&world).arg("--json").output().exits(0);
        let said = said.says("Test of alarm rootbell-root-use in account 000000000000").says("notifies  a@example.com");
        let result = said.json();
        let wanted =
            json!(["account", "region", "alarm", "kind", "dispatched", "recipients", "concerns", "hops", "error"]);
        assert_eq!(json!(result.as_object().unwrap().keys().collect::<Vec<_>>()), wanted);
        assert_eq!((&result["region"], &result["alarm"]), (&json!(region), &json!(ALARM)));
        assert_eq!((&result["kind"], &result["dispatched"]), (&json!("test"), &json!(true)));
        let told = result["recipients"].as_array().unwrap();
        assert!(told.contains(&json!("a@example.com")), "{result:#}");
        assert_eq!((&result["concerns"], &result["error"]), (&json!([]), &Value::Null));
        assert_eq!(hops(&said), ["alarm", "action"]);
        assert!(said.json()["hops"][1]["said"].as_str().unwrap().ends_with("rootbell-alerts"), "{result:#}");

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
        let changes = changes_of_state(&world.emulator.url(), region, ALARM);
        assert_eq!(changes[0], ("Alarm updated from INSUFFICIENT_DATA to ALARM".to_owned(), reason.to_owned()));
        assert_eq!(world.proxy.writes(), ["SetAlarmState"]);
    }
}

#[test]
fn a_test_alarm_from_the_dashboard_reaches_the_subscribers() {
    let (world, queue) = armed("eu-west-1");
    world.proxy.set_delivery_time(i64::MAX / 1_000_000_000);
    let mut dashboard = world.rootbell(&["--quiet"]).pty(80, 24);
    dashboard.wait_for("root use is monitored");
    dashboard.press("t");
    dashboard.wait_for("Sends email to a@example.com");
    assert_eq!(world.proxy.writes(), Vec::<String>::new(), "nothing is done before confirmation");
    dashboard.press(key::ENTER);
    dashboard.wait_for("Passed: notification sent");
    dashboard.press("q");
    dashboard.wait_for("Alarm history");
    dashboard.press("q");
    assert_eq!(dashboard.wait_exit().code, 0);
    dashboard.assert_restored();
    let messages = queue.messages();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    let changes = changes_of_state(&world.emulator.url(), "eu-west-1", ALARM);
    assert!(changes[0].1.starts_with("Test alarm by rootbell, started by"), "{changes:?}");
}

#[test]
fn testing_an_alarm_already_in_alarm_sets_it_to_ok_first() {
    let (world, queue) = armed("us-east-1");
    test(&world).output().exits(0);
    world.proxy.forget_calls();
    let said = test(&world).output().exits(0).says("reset     the alarm is in ALARM, so it is set to OK first");
    assert!(said.stdout.starts_with("PASSED: notification sent "), "{said:#?}");
    assert!(said.stdout.contains("Check that it arrived: a@example.com"), "{said:#?}");
    assert_eq!(world.proxy.writes(), ["SetAlarmState", "SetAlarmState"]);
    assert_eq!(queue.messages().len(), 2);
    let changes: Vec<_> =
        changes_of_state(&world.emulator.url(), "us-east-1", ALARM).into_iter().map(|(summary, _)| summary).collect();
    assert_eq!(changes[..2], ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]);
}

#[test]
fn testing_without_an_alarm_fails_and_points_to_apply() {
    let world = EmulatedAws::new("us-east-1");
    let said = test(&world).arg("--json").output().exits(1);
    let error = json!({ "why": "There is no alarm to test.", "fix": "Run `rootbell apply` or use the wizard." });
    assert_eq!(said.json()["error"], error);
    assert_eq!(said.json()["dispatched"], false);
    assert_eq!(world.proxy.writes(), Vec::<String>::new());
}

#[test]
fn a_denied_call_is_named_and_no_notification_is_sent() {
    let (world, queue) = armed("us-east-1");
    for operation in ["SetAlarmState", "DescribeAlarmHistory", "DescribeAlarms"] {
        world.proxy.deny(operation);
        let said = test(&world).arg("--json").output().exits(1);
        let error = said.json()["error"].clone();
        assert!(error["why"].as_str().unwrap().starts_with(&format!("{operation} (cloudwatch)")), "{error}");
        assert!(error["fix"].as_str().unwrap().contains(&format!("cloudwatch:{operation}")), "{error}");
        let said = test(&world).output().exits(1);
        assert!(said.stdout.starts_with("FAILED: no notification was seen."), "{said:#?}");
        world.proxy.clear_faults();
    }
    assert_eq!(queue.messages(), Vec::<Value>::new());
}

#[test]
fn expired_credentials_are_explained_without_a_partial_result() {
    let (world, _) = armed("us-east-1");
    world.proxy.expire();
    for command in [&["test", "--json"][..], &["test", "--drill", "--yes", "--json"], &["events", "--json"]] {
        world.rootbell(command).output().exits(1).without_result().says("expired").says("Set AWS_ACCESS_KEY_ID");
    }
    world.proxy.clear_faults();
    world.proxy.refuse("SetAlarmState", 9, 400, "ExpiredTokenException", "The security token included is expired");
    let said = test(&world).output().exits(1);
    assert!(
        said.stdout.contains("AWS_ACCESS_KEY_ID has expired") && said.stdout.contains("AWS_SESSION_TOKEN together"),
        "{said:#?}"
    );
}

#[test]
fn a_test_interrupted_while_a_call_hangs_reports_the_stages_reached() {
    let (world, _) = armed("us-east-1");
    world.proxy.hang("SetAlarmState");
    let running = test(&world).arg("--json").start();
    world.proxy.wait_for_call("SetAlarmState");
    running.signal("INT");
    let said = running.wait_within(Duration::from_secs(2)).exits(1);
    assert_eq!(said.json()["error"]["why"], "Interrupted before the notification was seen.");
    assert_eq!(said.json()["hops"], json!([]));
}

#[test]
fn disabled_alarm_actions_are_warned_about_and_the_test_fails() {
    let said = demo(&format!("[regions.eu-west-1.alarms.{ALARM}]\nactions_enabled = false\n"));
    let said = said.args(["test", "--timeout", "1"]).output().exits(1);
    let said = said.says("warning   The actions of `rootbell-root-use` are disabled.");
    assert!(said.stdout.contains("FAILED: no notification was seen.") && said.stdout.contains("waiting for: notification sent"), "{said:#?}");
}

#[test]
fn a_failed_notification_is_reported_with_awss_error() {
    let said = demo("kms_key = \"alias/aws/sns\"\n").args(["test", "--json"]).output().exits(1);
    let said = said.says("warning   `rootbell-alerts` is encrypted with alias/aws/sns");
    assert_eq!(hops(&said), ["alarm"]);
    assert!(said.json()["error"]["why"].as_str().unwrap().contains("Error Code: AccessDeniedException"), "{said:#?}");
}

#[test]
fn an_unconfirmed_subscription_is_warned_about_before_the_test() {
    let unread = "[regions.eu-west-1.topics.rootbell-alerts]\nsubscriptions = [{ endpoint = \"b@example.com\" }]\n";
    let account = format!("[timing]\nevaluated_after = 1\n[set_up]\nemails = [\"a@example.com\"]\n{unread}");
    let program = Program::new(&["--demo=./account.toml", "test"]).file("account.toml", &account);
    let said = program.output().exits(0).says("notifies  nobody").says("No alert reaches anyone until");
    assert!(said.stdout.contains("As far as rootbell can tell, nobody receives it"), "{said:#?}");
}

#[test]
fn the_alarm_returns_to_ok_after_a_test_and_each_stage_is_timed() {
    let said = demo("").args(["test", "--json"]).output().exits(0);
    let said = said
        .says("done      alarm in ALARM after 0 s: Test alarm by rootbell")
        .says("waiting   for: alarm back to OK");
    assert_eq!(hops(&said), ["alarm", "action", "back"]);
    assert_eq!(said.json()["demo"], true);
    let times: Vec<_> = said.json()["hops"].as_array().unwrap().iter().map(|h| h["after_seconds"].as_i64()).collect();
    assert!(times.is_sorted() && times[0].is_some(), "{times:?}");
}

#[test]
fn a_drill_passes_through_the_whole_chain_and_names_what_it_leaves_behind() {
    let said = demo("").args(["test", "--drill", "--yes", "--json", "--timeout", "5"]).output().exits(0);
    let said = said
        .says(
            "writes    one event to the stream `rootbell-drill` of log group `rootbell/cloudtrail`, kept for 365 days",
        )
        .says("marked    eventSource drill.rootbell, userAgent rootbell/")
        .says("additionalEventData {\"rootbellDrill\":true")
        .says("needs     logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricData");
    assert_eq!(said.json()["kind"], "drill");
    assert_eq!(hops(&said), ["stored", "matched", "counted", "alarm", "action"]);
    assert!(!said.stderr.contains("waiting   for: alarm back to OK"), "waiting for that would take minutes: {said:#?}");
}

#[test]
fn a_drill_writes_one_event_that_is_clearly_marked() {
    let region = "eu-west-1";
    let (world, queue) = armed(region);
    let drill = || world.rootbell(&["test", "--drill", "--yes", "--timeout", "1", "--json"]);
    // The emulator's filters count nothing, so the drill stops there.
    let said = drill().output().exits(1);
    assert_eq!(hops(&said), ["stored", "matched"]);
    let error = &said.json()["error"];
    assert!(error["why"].as_str().unwrap().contains("waiting for: counted by the metric"), "{error}");
    assert!(error["fix"].as_str().unwrap().contains("Check the metric filter"), "{error}");
    assert_eq!(world.proxy.writes(), ["CreateLogStream", "PutLogEvents"]);
    assert_eq!(queue.messages(), Vec::<Value>::new());

    let events = log_events(&world.emulator.url(), region, "rootbell/cloudtrail");
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
    assert_eq!(hops(&drill().output().exits(1)), ["stored", "matched"]);
    let said = world.rootbell(&["events", "--json"]).output().exits(0).json();
    let drills: Vec<_> = said["events"].as_array().unwrap().iter().map(|event| event["drill"].clone()).collect();
    assert_eq!(drills, [json!(true), json!(true)]);
    let said = world.rootbell(&["events"]).output().exits(0);
    assert_eq!(said.stdout.matches("RootbellDrill").count(), 2, "{said:#?}");
}

#[test]
fn a_denied_drill_names_the_permission_and_writes_nothing() {
    let (world, _) = armed("us-east-1");
    for operation in ["FilterLogEvents", "GetMetricData", "DescribeAlarmHistory", "CreateLogStream", "PutLogEvents"] {
        world.proxy.deny(operation);
        let said = world.rootbell(&["test", "--drill", "--yes", "--json", "--timeout", "1"]).output().exits(1);
        let fix = said.json()["error"]["fix"].as_str().unwrap().to_owned();
        assert!(fix.contains(&format!(":{operation}")), "{operation}: {fix}");
        world.proxy.clear_faults();
    }
    assert_eq!(log_events(&world.emulator.url(), "us-east-1", "rootbell/cloudtrail"), []);
}

#[test]
fn a_drill_asks_for_confirmation_and_needs_yes_without_a_terminal() {
    let said = demo("").args(["test", "--drill"]).stdin("y\n").output().exits(2).without_result();
    said.says("--yes").says("Nothing was written");
    for flags in [&["--yes"][..], &["--foreign-log-group"]] {
        Program::new(&[&["test", "--demo"], flags].concat()).output().exits(2).says("--drill");
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
    let said = demo(theirs).args(["test", "--drill", "--yes", "--json"]).output().exits(1);
    // An organization trail named `rootbell` is unmanaged, so the setup uses the default log group with its filter.
    let group = "[regions.eu-west-1.log_groups.theirs]\nretention_days = 365\n";
    let attached = "[regions.eu-west-1.trails.main]\nmulti_region = true\nlogging = true\n\
                    log_group_arn = \"arn:aws:logs:eu-west-1:123456789012:log-group:theirs:*\"\n";
    let filter = "[regions.eu-west-1.log_groups.theirs.filters.root]\nnamespace = \"rootbell\"\nmetric = \"RootUse\"\n\
                  pattern = '{ $.userIdentity.type = \"Root\" }'\n";
    assert!(said.json()["error"]["fix"].as_str().unwrap().contains("--foreign-log-group"), "{said:#?}");
    assert_eq!(said.json()["hops"], json!([]));
    let more = ["[regions.eu-west-1.trails.rootbell]\norganization = true\n", group, attached, filter].concat();
    let drill = ["test", "--drill", "--yes", "--timeout", "5"];
    let said = demo(&more).args(drill).output().exits(1);
    assert!(said.stdout.contains("The log group `theirs`"), "{said:#?}");
    demo(&more).args(drill).arg("--foreign-log-group").output().exits(0).says("log group `theirs`");
}

#[test]
fn root_uses_are_listed_newest_first() {
    let said = Program::new(&["events", "--demo=ringing"]).env("TZ", "UTC").output().exits(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(lines[1].starts_with("Local time"), "{said:#?}");
    let [first, second, third] = [lines[2], lines[3], lines[4]];
    assert!(first.contains("ListAccessKeys") && first.contains("AWS CLI") && first.ends_with("API"), "{first}");
    assert!(second.contains("ConsoleLogin    Success  no   203.0.113.7    us-east-1  Chrome / macOS"), "{second}");
    assert!(third.ends_with("console  Failed authentication"), "{third}");
    assert!(lines[6].starts_with("3 uses of root since "), "{said:#?}");

    let said = Program::new(&["events", "--demo=ringing", "--json"]).output().exits(0).json();
    let keys: Vec<_> = said.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["demo", "account", "region", "log_group", "since", "gap", "events", "more", "searched_back_to", "error"]
    );
    assert_eq!(said["events"][1]["outcome"], "success");
    assert_eq!(said["events"][1]["raw"]["userIdentity"]["type"], "Root");
    assert_eq!((&said["more"], &said["error"]), (&json!(false), &Value::Null));
}

#[test]
fn events_reports_gaps_in_the_recording() {
    let said = Program::new(&["events", "--demo=drifted"]).output().exits(0);
    assert!(said.stdout.contains("No use of root is recorded since"), "{said:#?}");
    said.says("Some events may be missing: The trail `rootbell` is stopped").says("searched with both");
    let said = Program::new(&["events", "--demo=drifted", "--json"]).output().exits(0).json();
    assert_eq!(said["gap"], "The trail `rootbell` is stopped: it records nothing.");
    let said = Program::new(&["events", "--demo=ringing", "--json"]).output().exits(0).json();
    assert_eq!(said["gap"], Value::Null);
}

#[test]
fn a_drill_is_refused_while_the_alarm_is_in_alarm() {
    let said = Program::new(&["test", "--demo=ringing", "--drill", "--yes"]).output().exits(1);
    assert!(said.stdout.contains("a drill would prove nothing"), "{said:#?}");
}

#[test]
fn events_can_be_limited_by_time_and_number() {
    let said = Program::new(&["events", "--demo=ringing", "--since", "1h", "--json"]).output().exits(0).json();
    assert_eq!(said["events"].as_array().unwrap().len(), 2);
    let said = Program::new(&["events", "--demo=ringing", "--limit", "1"]).output().exits(0);
    assert!(said.stdout.contains("The newest 1 use of root") && said.stdout.contains("(--limit)"), "{said:#?}");
    let said = Program::new(&["events", "--demo=ringing", "--since", "1m"]).output().exits(0);
    assert!(said.stdout.contains("No use of root since"), "{said:#?}");
    for since in ["yesterday", "7y", "2999-01-01"] {
        Program::new(&["events", "--demo", "--since", since]).output().exits(2).without_result().says("--since");
    }
    Program::new(&["events", "--demo", "--limit", "0"]).output().exits(2).says("--limit");
}

#[test]
fn events_without_a_setup_says_there_is_no_log_group() {
    Program::new(&["events", "--demo"]).output().exits(1).without_result().says("There is no log group");
    let said = Program::new(&["events", "--demo", "--json"]).output().exits(1);
    assert_eq!(said.json()["events"], json!([]));
    assert!(said.json()["error"]["fix"].as_str().unwrap().contains("rootbell apply"), "{said:#?}");
    let world = EmulatedAws::new("us-east-1");
    world.rootbell(&["events"]).output().exits(1).without_result().says("There is no log group");
}

#[test]
fn events_without_a_filter_uses_the_cis_pattern() {
    // `only` creates the log group without the filter.
    let account = "[set_up]\nonly = [\"log_group\"]\n\
                   [[regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events]]\nat = -60\n\
                   event = { eventName = \"ConsoleLogin\", eventType = \"x\", userIdentity = { type = \"Root\" } }\n";
    let program = Program::new(&["--demo=./account.toml", "events"]).file("account.toml", account);
    let said = program.output().exits(0).says("searched with the CIS pattern");
    assert!(said.stdout.contains("ConsoleLogin"), "{said:#?}");
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
        let said = args.iter().fold(demo(&account), Program::arg).output().exits(0);
        let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!said.stdout.contains(steers), "{said:#?}");
        assert_eq!(said.stdout.matches("Mozilla").count(), if args.len() == 1 { 5 } else { 12 }, "{said:#?}");
    }
    let said = demo(&account).args(["events", "--json"]).output().json();
    let agent = said["events"][0]["raw"]["userAgent"].as_str().unwrap();
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
    let said = demo(event).arg("events").output().exits(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(lines[2].ends_with("API  drill"), "{said:#?}");
    assert!(lines[3].ends_with("API  central root management"), "{said:#?}");
}
