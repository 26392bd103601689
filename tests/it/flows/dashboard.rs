//! The dashboard: whether the setup works, whether the alarm has fired, and who used root.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::{Msg, Screen};
use rootbell::cloud::demo::account::Event;
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::Step;
use rootbell::domain::alarm::AlarmState;
use rootbell::domain::observed::Confirmation;
use serde_json::json;

use crate::support::tester::{Tester, scenario};

/// A complete setup with a confirmed subscription.
fn working_account() -> Account {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    let topic = account.regions.get_mut("eu-west-1").unwrap().topics.get_mut("rootbell-alerts").unwrap();
    topic.subscriptions[0].config.state = Confirmation::Confirmed;
    account
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn calls(tester: &Tester, operation: &str) -> usize {
    tester.on_account(|cloud| cloud.calls().iter().filter(|c| *c == operation).count())
}

#[test]
fn an_account_in_alarm_shows_the_root_use_first() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(seconds(2));
        assert_eq!(tester.model.screen, Screen::Dashboard);
        assert_snapshot!(format!("in-alarm-{width}x{height}"), tester.screen());
        tester.sees("ALARM: ListAccessKeys by root").sees("203.0.113.7").sees("AWS CLI");
    }
}

#[test]
fn the_terminal_bell_rings_once_per_alarm() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(60));
    assert_eq!(tester.bells, 1);
    // The root use leaves the alarm's evaluation window, so the alarm returns to OK.
    tester.pass(seconds(400)).sees("root use is monitored").does_not_see("ALARM: ");
    assert_eq!(tester.bells, 1);
    tester.on_account(|cloud| {
        cloud.modify(|account| {
            let region = account.regions.get_mut("eu-west-1").unwrap();
            let events = &mut region.log_groups.get_mut("rootbell/cloudtrail").unwrap().events;
            let again = events[1].event.clone();
            events.push(Event { at: 450, event: again });
        });
    });
    tester.pass(seconds(20)).sees("ALARM: ");
    assert_eq!(tester.bells, 2);
}

#[test]
fn quiet_mode_never_rings_the_terminal_bell() {
    let mut tester = Tester::before_any_answer(scenario("ringing"), 80, 24);
    tester.model.quiet = true;
    tester.settle().pass(seconds(10)).sees("ALARM: ");
    assert_eq!(tester.bells, 0);
}

#[test]
fn the_terminal_title_shows_the_status() {
    let mut tester = Tester::on(working_account(), 80, 24);
    assert_eq!(tester.pass(seconds(2)).model.title(), "rootbell: OK · 123456789012");
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    assert_eq!(tester.pass(seconds(2)).model.title(), "rootbell: ALARM · 123456789012");
}

#[test]
fn an_event_is_shown_in_full_and_can_be_copied() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(2)).press("down enter");
    tester.sees(" Event ").sees("Chrome / macOS").sees("root itself").sees("signin.amazonaws.com");
    assert_snapshot!("event-80x24", tester.screen());
    tester.press("y").sees("Copied");
    assert!(tester.copied[0].contains("\"MFAUsed\": \"No\""));
    tester.press("pgdn").sees("more lines").press("esc").does_not_see(" Event ");
}

#[test]
fn the_alarms_arn_is_copied_and_also_shown() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("y").sees("alarm:rootbell-root-use");
    assert_eq!(tester.copied, ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:rootbell-root-use"]);
}

#[test]
fn text_in_an_event_cannot_control_the_terminal() {
    let mut account = working_account();
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let event = json!({
        "eventName": format!("Console{evil}Login"), "userAgent": evil, "sourceIPAddress": evil, "errorMessage": evil,
        "userIdentity": { "type": "Root" }, "eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn",
    });
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    group.events.push(Event { at: -100, event: serde_json::from_value(event).unwrap() });
    let mut tester = Tester::on(account, 120, 40);
    tester.pass(seconds(2)).sees("Failure");
    for keys in ["", "enter"] {
        tester.press(keys);
        let cells = &tester.buffer().content;
        assert!(cells.iter().all(|c| !c.symbol().contains(|c: char| c.is_control() || c == '\u{202e}')));
    }
}

#[test]
fn a_test_names_the_recipients_fires_the_alarm_and_returns_to_ok() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("t").sees("Sends email to alice@example.com").sees("cloudwatch:SetAlarmState");
    assert_eq!(calls(&tester, "SetAlarmState"), 0, "nothing is done before confirmation");
    tester.press("enter").pass(seconds(3));
    tester.sees("done       alarm went to ALARM").sees("done       notification sent").sees("waiting  alarm returned");
    assert_snapshot!("test-80x24", tester.screen());
    tester.pass(seconds(70)).sees("Passed: notification sent after").sees("to OK after 60.0 s");
    tester.press("enter").does_not_see("Passed:").pass(seconds(6)).sees("Test alarm by rootbell, started by arn");
    assert_eq!(calls(&tester, "SetAlarmState"), 1);
}

#[test]
fn a_test_that_is_not_confirmed_does_nothing() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("t esc").pass(seconds(10));
    assert_eq!(calls(&tester, "SetAlarmState"), 0);
}

#[test]
fn a_test_whose_alert_would_reach_nobody_says_so_first() {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    account.timing.confirm_after = None;
    let region = account.regions.get_mut("eu-west-1").unwrap();
    region.alarms.get_mut("rootbell-root-use").unwrap().config.actions_enabled = false;
    region.topics.get_mut("rootbell-alerts").unwrap().config.kms_key = Some("alias/aws/sns".into());
    let mut tester = Tester::on(account, 120, 40);
    tester.press("d");
    assert_eq!(tester.model.screen, Screen::Dashboard);
    tester
        .press("t")
        .sees("No alert reaches anyone until")
        .sees("`rootbell-root-use` are disabled")
        .sees("alias/aws/sns");
}

#[test]
fn closing_the_test_window_does_not_lose_the_result() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.press("t enter").pass(seconds(3)).press("esc").does_not_see("notification sent");
    tester.press("t").sees("already running");
    tester.pass(seconds(90)).sees("Passed: notification sent");
}

#[test]
fn a_topic_that_rejects_the_alarm_ends_the_test_with_awss_error() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| {
        cloud.modify(|account| {
            let topics = &mut account.regions.get_mut("eu-west-1").unwrap().topics;
            topics.get_mut("rootbell-alerts").unwrap().config.policy = Some(json!({ "Statement": [] }).into());
        });
    });
    tester.press("t enter").pass(seconds(5));
    tester.sees("Failed:").sees("failed     notification sent").sees("is not authorized to perform");
}

#[test]
fn a_denied_test_names_the_permission() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("SetAlarmState", InjectedFault::Deny));
    tester.press("t enter").pass(seconds(3)).sees("Failed:").sees("cloudwatch:SetAlarmState");
}

#[test]
fn a_fresh_account_can_be_set_up_and_drilled_and_returns_to_ok() {
    let mut account = Account::default();
    account.timing.confirm_after = Some(5);
    account.timing.evaluated_after = 30;
    let mut tester = Tester::on(account, 80, 24);
    tester.press("enter enter").settle().press("enter e");
    tester.fill("alice@example.com").press("enter").settle().press("enter").settle();
    tester.press("enter").settle().press("enter").settle().press("enter").settle();
    tester.press("enter").sees("Test alarm").press("esc").pass(seconds(40));
    tester.press("d").sees("rootbell-drill").sees("nobody used root");
    assert_snapshot!("drill-80x24", tester.screen());
    tester.press("enter").pass(seconds(45));
    tester
        .sees("done       event stored in the log group")
        .sees("done       matched by the filter")
        .sees("done       counted");
    tester.sees("done       alarm went to ALARM").sees("Passed:");
    tester.pass(seconds(100)).press("esc").pass(seconds(5));
    tester.sees("ALARM: a drill at").sees("DRILL, not root").sees("action");
    tester.pass(seconds(400)).sees("root use is monitored").sees("ALARM → OK");
}

#[test]
fn a_drill_in_an_unmanaged_log_group_needs_another_confirmation() {
    let mut account = working_account();
    let region = account.regions.get_mut("eu-west-1").unwrap();
    let group = region.log_groups.remove("rootbell/cloudtrail").unwrap();
    region.log_groups.insert("theirs".into(), group);
    let trail = region.trails.get_mut("rootbell").unwrap();
    trail.config.log_group_arn = Some("arn:aws:logs:eu-west-1:123456789012:log-group:theirs:*".into());
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d d").sees("not created by rootbell").press("enter").sees("`f` writes");
    assert_eq!(calls(&tester, "PutLogEvents"), 0);
    tester.press("f").pass(seconds(2));
    assert_eq!(calls(&tester, "PutLogEvents"), 1);
}

#[test]
fn a_key_sets_the_alarm_back_to_ok() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(2)).press("o y").pass(seconds(2)).sees("was set to OK");
    tester.sees("Set back to OK by rootbell");
}

#[test]
fn setting_a_fired_alarm_back_asks_first_and_names_the_root_use() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(seconds(2)).press("o").sees("Root was used: ListAccessKeys").sees("new alert. [y/N]");
        tester.sees("y set to OK").sees("Enter no");
        assert_snapshot!(format!("set-ok-{width}x{height}"), tester.screen());
        for key in ["enter", "n", "esc", "q"] {
            tester.press(key).pass(seconds(2)).does_not_see("back to OK?").press("o").sees("back to OK?");
        }
        assert!(!tester.model.quit);
        assert_eq!(calls(&tester, "SetAlarmState"), 0);
        tester.press("y").pass(seconds(2));
        assert_eq!(calls(&tester, "SetAlarmState"), 1);
    }
}

#[test]
fn setting_an_alarm_back_distinguishes_a_test_from_an_unknown_cause() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester
        .pass(seconds(2))
        .press("t enter")
        .pass(seconds(5))
        .press("esc o")
        .sees("It was a test: Test alarm by rootbell");
    tester.does_not_see("Root was used").pass(seconds(90)).sees("The alarm is OK again").press("y").sees("already OK");
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.on_account(|cloud| {
        cloud.modify(|account| {
            let alarms = &mut account.regions.get_mut("eu-west-1").unwrap().alarms;
            let alarm = alarms.get_mut("rootbell-root-use").unwrap();
            (alarm.state, alarm.since, alarm.reason) = (AlarmState::Alarm, Some(0), "somebody's own words".into());
        });
    });
    tester.pass(seconds(6)).press("o").sees("not known what made the alarm fire").does_not_see("Root was used");
    let mut tester = Tester::before_any_answer(scenario("ringing"), 80, 24);
    tester.on_account(|cloud| cloud.inject_fault("FilterLogEvents", InjectedFault::Deny));
    tester.settle().pass(seconds(3)).press("o").sees("the events could");
}

#[test]
fn the_wizard_key_in_the_checks_opens_the_step_of_the_first_failed_check() {
    let mut tester = Tester::on(scenario("drifted"), 80, 24);
    tester.press("d").pass(seconds(2)).press("c").sees("w wizard");
    tester.press("w");
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    assert!(tester.model.overlay.is_none());
    let mut account = working_account();
    account.regions.get_mut("eu-west-1").unwrap().alarms.clear();
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d").pass(seconds(2)).press("c w");
    assert_eq!(tester.model.screen, Screen::Step(Step::Alarm));
}

#[test]
fn a_fix_shared_by_several_checks_is_shown_once() {
    let mut tester = Tester::on(scenario("drifted"), 120, 60);
    tester.press("d").pass(seconds(2)).press("c");
    assert_eq!(tester.screen().matches("Press `w` to fix this.").count(), 1, "{}", tester.screen());
}

#[test]
fn without_one_permission_only_that_panel_is_unknown() {
    let mut tester = Tester::before_any_answer(scenario("ringing"), 120, 40);
    tester.on_account(|cloud| cloud.inject_fault("FilterLogEvents", InjectedFault::Deny));
    tester.settle().pass(seconds(3));
    tester.sees("unknown, needs logs:FilterLogEvents").sees("OK → ALARM");
}

#[test]
fn an_expired_session_says_how_to_sign_in_keeps_the_old_data_and_recovers() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(seconds(5));
    tester.on_account(|cloud| cloud.inject_fault("*", InjectedFault::Expired(1)));
    tester.pass(seconds(300)).sees("aws sso login").sees("Trail ok").sees("ago");
    assert_snapshot!("dashboard-expired-80x24", tester.screen());
    tester.on_account(|cloud| cloud.clear_fault("*"));
    tester.pass(seconds(310)).does_not_see("aws sso login").sees("root use is monitored");
}

#[test]
fn a_night_without_a_network_is_survived_with_few_calls() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(seconds(5));
    tester.on_account(|cloud| cloud.inject_fault("*", InjectedFault::Offline));
    let before = tester.on_account(|cloud| cloud.calls().len());
    tester.pass(seconds(8 * 3600));
    let call_count = tester.on_account(|cloud| cloud.calls().len()) - before;
    // Five panels every five minutes, one of them with about thirteen calls.
    assert!(call_count < 8 * 12 * 19, "{call_count} calls");
    tester.on_account(|cloud| cloud.clear_fault("*"));
    tester.pass(seconds(310)).sees("root use is monitored").does_not_see("no connection");
}

#[test]
fn each_panel_polls_at_its_own_pace_and_slows_down_without_focus() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(seconds(1));
    let count = |tester: &Tester| {
        ["DescribeAlarmHistory", "FilterLogEvents", "GetMetricStatistics", "DescribeTrails"].map(|op| calls(tester, op))
    };
    let before = count(&tester);
    tester.pass(seconds(600));
    let after = count(&tester);
    let call_count: Vec<usize> = before.iter().zip(after).map(|(b, a)| a - b).collect();
    // The chain also asks once whether the filter published anything.
    assert_eq!(call_count, [40, 20, 10 + 5, 5], "every 15, 30, 60 and 120 s");
    tester.send(Msg::Focus(false));
    tester.pass(seconds(120));
    let before = count(&tester);
    tester.pass(seconds(1200));
    let after = count(&tester);
    let call_count: Vec<usize> = before.iter().zip(after).map(|(b, a)| a - b).collect();
    assert_eq!(call_count, [20, 10, 5 + 2, 2], "a quarter of that");
    let before = count(&tester)[0];
    tester.send(Msg::Focus(true));
    tester.pass(seconds(1));
    assert_eq!(count(&tester)[0], before + 1, "regaining focus refreshes at once");
}

#[test]
fn a_throttled_dashboard_slows_down_and_says_so() {
    let mut tester = Tester::on(working_account(), 120, 40);
    tester.pass(seconds(1));
    tester.on_account(|cloud| cloud.inject_fault("DescribeAlarmHistory", InjectedFault::Throttle));
    let before = calls(&tester, "DescribeAlarmHistory");
    tester.pass(seconds(600)).sees("throttled by AWS");
    let call_count = calls(&tester, "DescribeAlarmHistory") - before;
    assert!((3..=6).contains(&call_count), "{call_count} times in ten minutes, not forty");
}

#[test]
fn a_half_finished_setup_shows_what_is_missing_and_opens_the_right_step() {
    let mut tester = Tester::on(scenario("half-done"), 80, 24);
    tester.press("d").pass(seconds(2)).sees("NOT SET UP").sees("missing");
    assert_snapshot!("dashboard-half-done-80x24", tester.screen());
    tester.press("t").sees("no alarm to test yet");
    assert_eq!(tester.model.title(), "rootbell: NOT SET UP · 123456789012");
    tester.press("w");
    assert!(matches!(tester.model.screen, Screen::Step(Step::Trail | Step::Topic)));
}

#[test]
fn older_events_load_on_demand_without_duplicates() {
    let mut account = working_account();
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    for i in 0..250 {
        let event = json!({ "eventID": format!("e{i}"), "eventName": format!("Call{i}"),
            "userIdentity": { "type": "Root" }, "eventType": "AwsApiCall" });
        group.events.push(Event { at: -1000 - i, event: serde_json::from_value(event).unwrap() });
    }
    let mut tester = Tester::on(account, 80, 24);
    tester.pass(seconds(2)).sees("Call0").sees("press `m` for older events");
    let shown = |tester: &Tester| tester.model.account().dashboard.events.value.as_ref().map_or(0, Vec::len);
    assert_eq!(shown(&tester), 100);
    tester.press("m").pass(seconds(1));
    assert_eq!(shown(&tester), 200);
    tester.press("m").pass(seconds(1));
    assert_eq!(shown(&tester), 250);
    tester.pass(seconds(31));
    assert_eq!(shown(&tester), 250, "a refresh adds no duplicates");
}

/// Root was used two days ago, and not since.
fn used_two_days_ago() -> Account {
    let mut account = scenario("ringing");
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    group.events.retain(|event| event.at < -1000);
    account
}

#[test]
fn a_test_alarm_is_not_attributed_to_an_earlier_root_use() {
    let mut tester = Tester::on(used_two_days_ago(), 80, 24);
    tester
        .pass(seconds(2))
        .sees("root use is monitored")
        .press("t enter")
        .pass(seconds(8))
        .press("esc")
        .pass(seconds(2));
    tester
        .sees("ALARM: Test alarm by rootbell, started by arn:aws:sts::123456789012:assumed-")
        .does_not_see("by root at");
}

#[test]
fn a_dashboard_with_incomplete_recording_never_claims_there_was_no_root_use() {
    for name in ["fresh", "half-done", "drifted"] {
        let mut tester = Tester::on(scenario(name), 80, 24);
        tester
            .press("d")
            .pass(seconds(4))
            .sees("None found, but not everything is recorded.")
            .does_not_see("No root use");
    }
    Tester::on(working_account(), 80, 24).pass(seconds(4)).sees("No root use in the last 7 days.");
}

#[test]
fn a_filter_for_another_identity_hides_no_root_use() {
    let mut account = used_two_days_ago();
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    let pattern = "{ $.userIdentity.type = \"IAMUser\" }";
    group.filters.get_mut("rootbell-root-use").unwrap().pattern = pattern.into();
    let mut tester = Tester::on(account.clone(), 80, 24);
    tester.press("d").pass(seconds(4)).sees("ConsoleLogin     Failure");
    // Other events that the filter matches are not labeled as root uses. The alarm fires, so the dashboard comes first.
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    let pattern = "{ $.userIdentity.type = \"Root\" || $.eventName = \"ListUsers\" }";
    group.filters.get_mut("rootbell-root-use").unwrap().pattern = pattern.into();
    let bob = json!({ "eventID": "b", "eventName": "ListUsers", "eventType": "AwsApiCall",
        "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/bob" } });
    group.events.push(Event { at: -5000, event: serde_json::from_value(bob).unwrap() });
    let mut tester = Tester::on(account, 80, 24);
    tester.pass(seconds(4)).sees("NOT ROOT: ListU").press("enter");
    tester.sees("not root: arn:aws:iam::123456789012:user/bob").does_not_see("root itself");
}

#[test]
fn an_alarm_in_alarm_cannot_be_drilled_and_a_test_warns_that_it_is_set_to_ok_first() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(2)).press("d").sees("a drill would prove nothing").does_not_see("Run a drill?");
    tester
        .press("t")
        .sees("Send a test alarm?")
        .sees("The alarm has been in ALARM since")
        .sees("It is set to OK first");
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(seconds(2)).press("t").sees("Send a test alarm?").does_not_see("The alarm has been in ALARM since");
}

#[test]
fn a_drill_that_no_filter_would_count_is_not_offered() {
    let mut account = working_account();
    account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap().filters.clear();
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d").pass(seconds(2)).press("d");
    tester.sees("No filter on `rootbell/cloudtrail` counts root use").does_not_see("Run a drill?");
}

#[test]
fn esc_on_the_dashboard_returns_to_the_account_screen() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.press("d").press("esc");
    assert_eq!(tester.model.screen, Screen::Account);
    tester.press("p").settle().sees("prod");
}

#[test]
fn the_checks_scroll_by_page() {
    let mut tester = Tester::on(scenario("drifted"), 80, 24);
    tester.press("d").pass(seconds(2)).press("c");
    let first = tester.screen();
    tester.press("pgdn");
    assert_ne!(tester.screen(), first);
    tester.press("pgup");
    assert_eq!(tester.screen(), first);
}

#[test]
fn older_events_use_the_filters_own_pattern() {
    let mut account = working_account();
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    group.filters.get_mut("rootbell-root-use").unwrap().pattern = "{ $.userIdentity.type = \"Root\" }".into();
    for i in 0..150 {
        let event = json!({ "eventID": format!("e{i}"), "eventName": format!("Call{i}"),
            "userIdentity": { "type": "Root" }, "eventType": "AwsServiceEvent" });
        group.events.push(Event { at: -1000 - i, event: serde_json::from_value(event).unwrap() });
    }
    let mut tester = Tester::on(account, 80, 24);
    if tester.model.screen == Screen::Account {
        tester.press("d");
    }
    tester.pass(seconds(2)).press("m").pass(seconds(1));
    assert_eq!(tester.model.account().dashboard.events.value.as_ref().map(Vec::len), Some(150));
}

#[test]
fn a_key_opens_the_confirmation_link_in_the_demo() {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    account.timing.confirm_after = None;
    let mut tester = Tester::before_any_answer(account, 120, 40);
    tester.model.demo = Some("fresh".into());
    tester.settle().press("d").pass(seconds(1)).sees("open the link").sees("waiting for alice@example.com");
    tester.press("l").pass(seconds(4)).does_not_see("to confirm");
}

#[test]
fn with_an_organization_trail_each_event_has_the_name_of_its_account() {
    let with_names = |names: &[(&str, &str)]| {
        let mut account = scenario("ringing");
        let region = account.regions.get_mut("eu-west-1").unwrap();
        region.trails.get_mut("rootbell").unwrap().config.organization = true;
        for event in &mut region.log_groups.get_mut("rootbell/cloudtrail").unwrap().events {
            event.event.insert("recipientAccountId".into(), json!("555566667777"));
            if let Some(identity) = event.event.get_mut("userIdentity") {
                identity["accountId"] = json!("555566667777");
            }
        }
        for role in account.roles.values_mut() {
            let statement = json!({ "Effect": "Allow", "Action": "logs:*", "Resource": "*" });
            role.config.policy = Some(json!({ "Version": "2012-10-17", "Statement": [statement] }).into());
        }
        account.organization_accounts = names.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect();
        let mut tester = Tester::on(account, 120, 40);
        tester.pass(seconds(3));
        assert_eq!(tester.model.screen, Screen::Dashboard, "{}", tester.screen());
        tester
    };
    let mut tester = with_names(&[("555566667777", "workloads")]);
    tester.sees("workloads    ").sees("root of 555566667777 (workloads)");
    assert_eq!(calls(&tester, "ListAccounts"), 1);
    // Without permission to list the accounts, their IDs are shown, and nothing else changes.
    let mut tester = with_names(&[]);
    tester.sees("555566667777 ").sees("root of 555566667777").does_not_see("organizations:");
    assert_eq!(calls(&tester, "ListAccounts"), 1);
}
