//! The day after: does it ring, did it, and who was it.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::app::{Msg, Screen};
use rootbell::cloud::demo::account::{Event, Link, State};
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::Step;
use serde_json::json;

use crate::support::tester::{Tester, scenario};

/// Everything made, and somebody has confirmed.
fn armed() -> Account {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    let topic = account.regions.get_mut("eu-west-1").unwrap().topics.get_mut("rootbell-alerts").unwrap();
    topic.subscriptions[0].state = Link::Confirmed;
    account
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn calls(tester: &Tester, operation: &str) -> usize {
    tester.on_account(|cloud| cloud.calls().iter().filter(|c| *c == operation).count())
}

#[test]
fn a_ringing_account_says_who_it_was_before_all_else_and_looks_as_pictured() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(seconds(2));
        assert_eq!(tester.model.screen, Screen::Dashboard);
        assert_snapshot!(format!("ringing-{width}x{height}"), tester.screen());
        tester.sees("RINGING: ListAccessKeys by root").sees("203.0.113.7").sees("AWS CLI");
    }
}

#[test]
fn the_bell_rings_once_while_it_rings_and_again_the_next_time() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(60));
    assert_eq!(tester.bells, 1);
    // The use leaves the window: the alarm is OK again.
    tester.pass(seconds(400)).sees("the bell is armed").does_not_see("RINGING");
    assert_eq!(tester.bells, 1);
    tester.on_account(|cloud| {
        cloud.meddle(|account| {
            let region = account.regions.get_mut("eu-west-1").unwrap();
            let events = &mut region.log_groups.get_mut("rootbell/cloudtrail").unwrap().events;
            let again = events[1].event.clone();
            events.push(Event { at: 450, event: again });
        });
    });
    tester.pass(seconds(20)).sees("RINGING");
    assert_eq!(tester.bells, 2);
}

#[test]
fn a_quiet_bell_stays_still() {
    let mut tester = Tester::before_any_answer(scenario("ringing"), 80, 24);
    tester.model.quiet = true;
    tester.settle().pass(seconds(10)).sees("RINGING");
    assert_eq!(tester.bells, 0);
}

#[test]
fn the_title_of_the_terminal_says_how_it_stands() {
    let mut tester = Tester::on(armed(), 80, 24);
    assert_eq!(tester.pass(seconds(2)).model.title(), "rootbell: armed · 123456789012");
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    assert_eq!(tester.pass(seconds(2)).model.title(), "rootbell: RINGING · 123456789012");
}

#[test]
fn an_event_is_shown_whole_and_copied() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(2)).press("down enter");
    tester.sees("The event").sees("Chrome / macOS").sees("root itself").sees("signin.amazonaws.com");
    assert_snapshot!("event-80x24", tester.screen());
    tester.press("y").sees("Copied");
    assert!(tester.copied[0].contains("\"MFAUsed\": \"No\""));
    tester.press("pgdn").sees("more lines").press("esc").does_not_see("The event");
}

#[test]
fn the_arn_of_the_alarm_is_copied_and_shown_in_case_the_terminal_refuses() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.press("y").sees("alarm:rootbell-root-use");
    assert_eq!(tester.copied, ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:rootbell-root-use"]);
}

#[test]
fn text_in_an_event_cannot_drive_the_terminal() {
    let mut account = armed();
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
fn a_test_names_the_recipients_rings_and_goes_back() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.press("t").sees("Mail goes to alice@example.com").sees("cloudwatch:SetAlarmState");
    assert_eq!(calls(&tester, "SetAlarmState"), 0, "nothing is done before the answer");
    tester.press("enter").pass(seconds(3));
    tester.sees("done       alarm went to ALARM").sees("done       notification sent").sees("waiting  alarm returned");
    assert_snapshot!("test-80x24", tester.screen());
    tester.pass(seconds(70)).sees("It rings: the notification went out after").sees("OK after 60.0 s");
    tester.press("enter").does_not_see("It rings").pass(seconds(6)).sees("Test alarm by rootbell, started by arn");
    assert_eq!(calls(&tester, "SetAlarmState"), 1);
}

#[test]
fn a_test_without_a_yes_does_nothing() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.press("t esc").pass(seconds(10));
    assert_eq!(calls(&tester, "SetAlarmState"), 0);
}

#[test]
fn a_test_that_nobody_would_hear_of_says_so_before() {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    account.timing.confirm_after = None;
    let region = account.regions.get_mut("eu-west-1").unwrap();
    region.alarms.get_mut("rootbell-root-use").unwrap().actions_enabled = false;
    region.topics.get_mut("rootbell-alerts").unwrap().kms_key = Some("alias/aws/sns".into());
    let mut tester = Tester::on(account, 120, 40);
    tester.press("d");
    assert_eq!(tester.model.screen, Screen::Dashboard);
    tester
        .press("t")
        .sees("Nobody has confirmed, so nobody would be told")
        .sees("`rootbell-root-use` are off")
        .sees("alias/aws/sns");
}

#[test]
fn a_closed_window_does_not_lose_the_verdict() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.press("t enter").pass(seconds(3)).press("esc").does_not_see("notification sent");
    tester.press("t").sees("under way already");
    tester.pass(seconds(90)).sees("It rings: the notification went out");
}

#[test]
fn a_topic_that_refuses_ends_the_test_with_awss_words() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.on_account(|cloud| {
        cloud.meddle(|account| {
            let topics = &mut account.regions.get_mut("eu-west-1").unwrap().topics;
            topics.get_mut("rootbell-alerts").unwrap().policy = Some(json!({ "Statement": [] }));
        });
    });
    tester.press("t enter").pass(seconds(5));
    tester.sees("It did not ring").sees("failed     notification sent").sees("is not authorized to perform");
}

#[test]
fn a_denied_test_names_the_permission() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.on_account(|cloud| cloud.fault("SetAlarmState", InjectedFault::Deny));
    tester.press("t enter").pass(seconds(3)).sees("It did not ring").sees("cloudwatch:SetAlarmState");
}

#[test]
fn a_fresh_account_is_set_up_drilled_rings_and_is_ok_again() {
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
    tester.sees("done       alarm went to ALARM").sees("It rings");
    tester.pass(seconds(100)).press("esc").pass(seconds(5));
    tester.sees("RINGING: a drill of").sees("DRILL, not root").sees("action");
    tester.pass(seconds(400)).sees("the bell is armed").sees("ALARM → OK");
}

#[test]
fn a_drill_in_somebody_elses_log_group_wants_a_word_more() {
    let mut account = armed();
    let region = account.regions.get_mut("eu-west-1").unwrap();
    let group = region.log_groups.remove("rootbell/cloudtrail").unwrap();
    region.log_groups.insert("theirs".into(), group);
    let trail = region.trails.get_mut("rootbell").unwrap();
    trail.log_group_arn = Some("arn:aws:logs:eu-west-1:123456789012:log-group:theirs:*".into());
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d d").sees("not rootbell's").press("enter").sees("`f` writes");
    assert_eq!(calls(&tester, "PutLogEvents"), 0);
    tester.press("f").pass(seconds(2));
    assert_eq!(calls(&tester, "PutLogEvents"), 1);
}

#[test]
fn an_alarm_is_set_back_to_ok_by_a_key() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(2)).press("o y").pass(seconds(2)).sees("is set to OK");
    tester.sees("Set back to OK by rootbell");
}

#[test]
fn an_alarm_that_has_fired_is_set_back_only_after_a_question_that_names_the_use_of_root() {
    for (width, height) in [(60, 20), (80, 24)] {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(seconds(2)).press("o").sees("Root was really used: ListAccessKeys").sees("new alert. [y/N]");
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
fn before_an_alarm_is_set_back_a_test_is_told_from_what_is_not_known() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester
        .pass(seconds(2))
        .press("t enter")
        .pass(seconds(5))
        .press("esc o")
        .sees("It was a test: Test alarm by rootbell");
    tester.does_not_see("really used").pass(seconds(90)).sees("The alarm is OK again").press("y").sees("OK already");
    let mut tester = Tester::on(armed(), 80, 24);
    tester.on_account(|cloud| {
        cloud.meddle(|account| {
            let alarms = &mut account.regions.get_mut("eu-west-1").unwrap().alarms;
            let alarm = alarms.get_mut("rootbell-root-use").unwrap();
            (alarm.state, alarm.since, alarm.reason) = (State::Alarm, Some(0), "somebody's own words".into());
        });
    });
    tester.pass(seconds(6)).press("o").sees("not known what made the alarm fire").does_not_see("really used");
    let mut tester = Tester::before_any_answer(scenario("ringing"), 80, 24);
    tester.on_account(|cloud| cloud.fault("FilterLogEvents", InjectedFault::Deny));
    tester.settle().pass(seconds(3)).press("o").sees("the events could");
}

#[test]
fn from_the_checks_a_key_leads_to_the_step_of_the_first_that_is_not_ok() {
    let mut tester = Tester::on(scenario("drifted"), 80, 24);
    tester.press("d").pass(seconds(2)).press("c").sees("w wizard");
    tester.press("w");
    assert_eq!(tester.model.screen, Screen::Step(Step::Trail));
    assert!(tester.model.overlay.is_none());
    let mut account = armed();
    account.regions.get_mut("eu-west-1").unwrap().alarms.clear();
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d").pass(seconds(2)).press("c w");
    assert_eq!(tester.model.screen, Screen::Step(Step::Alarm));
}

#[test]
fn the_checks_say_once_what_mends_several() {
    let mut tester = Tester::on(scenario("drifted"), 120, 40);
    tester.press("d").pass(seconds(2)).press("c");
    assert_eq!(tester.screen().matches("Press `w` for the wizard").count(), 1, "{}", tester.screen());
}

#[test]
fn without_one_permission_that_part_is_unknown_and_the_rest_goes_on() {
    let mut tester = Tester::before_any_answer(scenario("ringing"), 120, 40);
    tester.on_account(|cloud| cloud.fault("FilterLogEvents", InjectedFault::Deny));
    tester.settle().pass(seconds(3));
    tester.sees("unknown, needs logs:FilterLogEvents").sees("OK → ALARM");
}

#[test]
fn an_expired_session_says_how_to_sign_in_keeps_the_picture_and_comes_back_by_itself() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.pass(seconds(5));
    tester.on_account(|cloud| cloud.fault("*", InjectedFault::Expired(1)));
    tester.pass(seconds(300)).sees("aws sso login").sees("Trail ok").sees("ago");
    assert_snapshot!("dashboard-expired-80x24", tester.screen());
    tester.on_account(|cloud| cloud.mend("*"));
    tester.pass(seconds(310)).does_not_see("aws sso login").sees("the bell is armed");
}

#[test]
fn a_night_without_a_network_is_survived_with_ever_fewer_questions() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.pass(seconds(5));
    tester.on_account(|cloud| cloud.fault("*", InjectedFault::Offline));
    let before = tester.on_account(|cloud| cloud.calls().len());
    tester.pass(seconds(8 * 3600));
    let asked = tester.on_account(|cloud| cloud.calls().len()) - before;
    // Five parts every five minutes, the chain with some ten calls among them.
    assert!(asked < 8 * 12 * 16, "{asked} calls");
    tester.on_account(|cloud| cloud.mend("*"));
    tester.pass(seconds(310)).sees("the bell is armed").does_not_see("no connection");
}

#[test]
fn each_part_has_its_pace_and_unfocused_it_slows_down() {
    let mut tester = Tester::on(armed(), 80, 24);
    tester.pass(seconds(1));
    let count = |tester: &Tester| {
        ["DescribeAlarmHistory", "FilterLogEvents", "GetMetricData", "DescribeTrails"].map(|op| calls(tester, op))
    };
    let before = count(&tester);
    tester.pass(seconds(600));
    let after = count(&tester);
    let asked: Vec<usize> = before.iter().zip(after).map(|(b, a)| a - b).collect();
    assert_eq!(asked, [40, 20, 10, 5], "every 15, 30, 60 and 120 s");
    tester.send(Msg::Focus(false));
    tester.pass(seconds(120));
    let before = count(&tester);
    tester.pass(seconds(1200));
    let after = count(&tester);
    let asked: Vec<usize> = before.iter().zip(after).map(|(b, a)| a - b).collect();
    assert_eq!(asked, [20, 10, 5, 2], "a quarter of that");
    let before = count(&tester)[0];
    tester.send(Msg::Focus(true));
    tester.pass(seconds(1));
    assert_eq!(count(&tester)[0], before + 1, "whoever looks again sees how it is now");
}

#[test]
fn throttled_it_slows_down_and_says_so() {
    let mut tester = Tester::on(armed(), 120, 40);
    tester.pass(seconds(1));
    tester.on_account(|cloud| cloud.fault("DescribeAlarmHistory", InjectedFault::Throttle));
    let before = calls(&tester, "DescribeAlarmHistory");
    tester.pass(seconds(600)).sees("throttled by AWS");
    let asked = calls(&tester, "DescribeAlarmHistory") - before;
    assert!((3..=6).contains(&asked), "{asked} times in ten minutes, not forty");
}

#[test]
fn half_an_account_shows_what_is_missing_and_leads_to_the_step() {
    let mut tester = Tester::on(scenario("half-done"), 80, 24);
    tester.press("d").pass(seconds(2)).sees("NOT ARMED").sees("missing");
    assert_snapshot!("dashboard-half-done-80x24", tester.screen());
    tester.press("t").sees("no alarm to ring yet");
    tester.press("w");
    assert!(matches!(tester.model.screen, Screen::Step(Step::Trail | Step::Topic)));
}

#[test]
fn older_events_come_on_demand_each_once() {
    let mut account = armed();
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    for i in 0..250 {
        let event = json!({ "eventID": format!("e{i}"), "eventName": format!("Call{i}"),
            "userIdentity": { "type": "Root" }, "eventType": "AwsApiCall" });
        group.events.push(Event { at: -1000 - i, event: serde_json::from_value(event).unwrap() });
    }
    let mut tester = Tester::on(account, 80, 24);
    tester.pass(seconds(2)).sees("Call0").sees("`m` reads older ones");
    let shown = |tester: &Tester| tester.model.dashboard.events.value.as_ref().map_or(0, Vec::len);
    assert_eq!(shown(&tester), 100);
    tester.press("m").pass(seconds(1));
    assert_eq!(shown(&tester), 200);
    tester.press("m").pass(seconds(1));
    assert_eq!(shown(&tester), 250);
    tester.pass(seconds(31));
    assert_eq!(shown(&tester), 250, "a refresh brings none twice");
}

/// Root was used on the day before yesterday, and has not been since.
fn used_two_days_ago() -> Account {
    let mut account = scenario("ringing");
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    group.events.retain(|event| event.at < -1000);
    account
}

#[test]
fn a_test_is_not_blamed_on_whoever_used_root_days_before() {
    let mut tester = Tester::on(used_two_days_ago(), 80, 24);
    tester.pass(seconds(2)).sees("the bell is armed").press("t enter").pass(seconds(8)).press("esc").pass(seconds(2));
    tester
        .sees("RINGING: Test alarm by rootbell, started by arn:aws:sts::123456789012:assumed-")
        .does_not_see("by root at");
}

#[test]
fn where_nothing_is_recorded_nobody_is_said_not_to_have_used_root() {
    for name in ["fresh", "half-done", "drifted"] {
        let mut tester = Tester::on(scenario(name), 80, 24);
        tester.press("d").pass(seconds(4)).sees("None seen, but not all is recorded.").does_not_see("No root use");
    }
    Tester::on(armed(), 80, 24).pass(seconds(4)).sees("No root use in the last 7 days.");
}

#[test]
fn a_filter_for_somebody_else_hides_no_use_of_root() {
    let mut account = used_two_days_ago();
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    let pattern = "{ $.userIdentity.type = \"IAMUser\" }";
    group.filters.get_mut("rootbell-root-use").unwrap().pattern = pattern.into();
    let mut tester = Tester::on(account.clone(), 80, 24);
    tester.press("d").pass(seconds(4)).sees("ConsoleLogin     Failure");
    // What it lets through beside them is not said to be root.
    let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap();
    let pattern = "{ $.userIdentity.type = \"Root\" || $.eventName = \"ListUsers\" }";
    group.filters.get_mut("rootbell-root-use").unwrap().pattern = pattern.into();
    let bob = json!({ "eventID": "b", "eventName": "ListUsers", "eventType": "AwsApiCall",
        "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/bob" } });
    group.events.push(Event { at: -5000, event: serde_json::from_value(bob).unwrap() });
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d").pass(seconds(4)).sees("NOT ROOT: ListU").press("enter");
    tester.sees("not root: arn:aws:iam::123456789012:user/bob").does_not_see("root itself");
}

#[test]
fn an_alarm_that_rings_is_not_drilled_and_a_test_says_what_it_would_cost() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(seconds(2)).press("d").sees("a drill would prove nothing").does_not_see("Drill it now?");
    tester.press("t").sees("Ring it now?").sees("It is in ALARM since").sees("It is set to OK first");
    let mut tester = Tester::on(armed(), 80, 24);
    tester.pass(seconds(2)).press("t").sees("Ring it now?").does_not_see("It is in ALARM since");
}

#[test]
fn a_drill_that_nothing_would_count_is_not_offered() {
    let mut account = armed();
    account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail").unwrap().filters.clear();
    let mut tester = Tester::on(account, 80, 24);
    tester.press("d").pass(seconds(2)).press("d");
    tester.sees("No filter on `rootbell/cloudtrail` counts root use").does_not_see("Drill it now?");
}

#[test]
fn esc_on_the_dashboard_leads_back_to_the_account_and_not_into_a_field() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.press("d").press("esc");
    assert_eq!(tester.model.screen, Screen::Account);
    tester.press("p").settle().sees("prod");
}

#[test]
fn the_checks_scroll_by_the_page() {
    let mut tester = Tester::on(scenario("drifted"), 80, 24);
    tester.press("d").pass(seconds(2)).press("c");
    let first = tester.screen();
    tester.press("pgdn");
    assert_ne!(tester.screen(), first);
    tester.press("pgup");
    assert_eq!(tester.screen(), first);
}

#[test]
fn older_events_are_those_of_the_filters_own_pattern_too() {
    let mut account = armed();
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
    assert_eq!(tester.model.dashboard.events.value.as_ref().map(Vec::len), Some(150));
}

#[test]
fn the_demos_link_is_opened_by_a_key() {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    account.timing.confirm_after = None;
    let mut tester = Tester::before_any_answer(account, 120, 40);
    tester.model.demo = Some("fresh".into());
    tester.settle().press("d").pass(seconds(1)).sees("open the link").sees("waiting for alice@example.com");
    tester.press("l").pass(seconds(4)).does_not_see("to confirm");
}
