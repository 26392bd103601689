//! Each demo scenario, operated by keys from its first screen to the end of the last step.

use rootbell::app::Screen;
use rootbell::domain::Step;
use rootbell::domain::observed::Confirmation;
use rootbell::domain::pattern::CIS_PATTERN;

use crate::support::tester::{Tester, scenario};

/// Applies the plan of the current step, and continues with the next step.
fn apply_and_continue(tester: &mut Tester, step: Step) {
    assert_eq!(tester.model.screen, Screen::Step(step), "{}", tester.screen());
    tester.press("enter").settle().sees("continue").does_not_see("failed");
    if step != Step::Alarm {
        tester.press("enter").settle();
    }
}

/// Completes all four steps, starting on the account screen.
fn set_up(tester: &mut Tester) {
    tester.press("enter").settle();
    for step in Step::ALL {
        apply_and_continue(tester, step);
    }
}

/// Checks that every step is done, or waits for a confirmation or for the first delivery.
fn assert_all_done(tester: &mut Tester) {
    let screen = tester.screen();
    let bar = screen.lines().next().unwrap();
    for step in Step::ALL {
        // Without the title where the bar is too narrow for it.
        let rest = bar.split(&format!("{} ", step.number())).nth(1).unwrap();
        let mark = rest.strip_prefix(step.title()).unwrap_or(rest).trim_start();
        let may_wait = matches!(step, Step::Trail | Step::Topic);
        assert!(mark.starts_with("ok") || may_wait && mark.starts_with("pending"), "{bar}");
    }
}

#[test]
fn in_fresh_everything_is_created() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    tester.sees("missing  trail, notifications, filter, alarm");
    set_up(&mut tester);
    assert_all_done(&mut tester);
    let made = tester.on_account(|cloud| cloud.snapshot().without_times());
    assert_eq!(made, scenario("fresh").set_up_with_events_for(&["alice@example.com"]).unwrap());
}

#[test]
fn in_half_done_only_the_missing_resources_are_created() {
    let mut tester = Tester::on(scenario("half-done"), 80, 24);
    tester.sees("missing  trail, filter, alarm").sees("waiting for alice@example.com to confirm");
    tester.press("enter").sees("= S3 bucket").sees("+ trail").sees("Enter apply 2");
    tester.press("enter").settle().sees("2 of 2 done").press("enter").settle();
    tester.sees("waiting   = subscription").sees("Enter continue").press("enter").settle();
    apply_and_continue(&mut tester, Step::Filter);
    apply_and_continue(&mut tester, Step::Alarm);
    assert_all_done(&mut tester);
    tester.on_account(|cloud| {
        for made_before in ["CreateBucket", "CreateRole", "CreateLogGroup", "CreateTopic", "Subscribe"] {
            assert!(!cloud.calls().iter().any(|call| call == made_before), "{made_before}");
        }
    });
}

#[test]
fn in_organization_a_second_trail_is_created_with_a_note_about_its_cost() {
    let mut tester = Tester::on(scenario("organization"), 80, 24);
    tester.sees("organization trail `org-trail` covers all Regions");
    let theirs = tester.on_account(|cloud| cloud.snapshot().regions["us-east-1"].clone());
    tester.press("enter").sees("costs 2 USD").sees("only that account").sees("Enter apply 10");
    tester.press("esc").settle();
    set_up(&mut tester);
    assert_all_done(&mut tester);
    tester.on_account(|cloud| {
        let account = cloud.snapshot();
        assert_eq!(account.regions["us-east-1"].trails, theirs.trails, "the organization trail does not change");
        assert!(account.regions["eu-west-1"].trails["rootbell"].logging);
    });
}

#[test]
fn in_organization_naming_the_organization_trail_is_refused() {
    let mut tester = Tester::on(scenario("organization"), 80, 24);
    tester.press("enter e").fill("org-trail").settle();
    let calls = tester.on_account(|cloud| cloud.calls().len());
    tester.press("enter").settle();
    let changes = ["UpdateTrail", "CreateTrail", "StartLogging", "PutEventSelectors"];
    tester.on_account(|cloud| {
        assert!(!cloud.calls()[calls..].iter().any(|call| changes.contains(&call.as_str())), "{:?}", cloud.calls());
    });
    tester.sees("This account cannot change the organization trail `org-trail`").sees("210987654321 owns");
}

#[test]
fn in_drifted_each_setting_is_repaired_and_nothing_else_changes() {
    let mut tester = Tester::on(scenario("drifted"), 80, 24);
    tester.sees("is stopped").sees("can't publish").sees("IAMUser instead of Root").sees("100");
    tester.press("enter").sees("~ trail logging        stopped → logging").sees("= trail");
    apply_and_continue(&mut tester, Step::Trail);
    tester.sees("~ topic policy         CloudWatch can't publish → can").sees("confirmed = subscription");
    apply_and_continue(&mut tester, Step::Topic);
    tester.sees("~ metric filter").sees("other pattern");
    apply_and_continue(&mut tester, Step::Filter);
    tester.sees("~ alarm");
    apply_and_continue(&mut tester, Step::Alarm);
    assert_all_done(&mut tester);
    tester.on_account(|cloud| {
        let calls = cloud.calls();
        let changes = ["StartLogging", "SetTopicAttributes", "PutMetricFilter", "PutMetricAlarm"];
        let others = ["Create", "Subscribe", "Update", "PutBucket", "PutRole", "PutRetention", "PutEvent"];
        for change in changes {
            assert_eq!(calls.iter().filter(|call| *call == change).count(), 1, "{change}");
        }
        assert!(!calls.iter().any(|call| others.iter().any(|other| call.starts_with(other))), "{calls:?}");
        let region = &cloud.snapshot().regions["eu-west-1"];
        assert_eq!(region.log_groups["rootbell/cloudtrail"].filters["rootbell-root-use"].pattern, CIS_PATTERN);
        assert!((region.alarms["rootbell-root-use"].config.threshold - 1.0).abs() < f64::EPSILON);
        assert_eq!(region.topics["rootbell-alerts"].subscriptions[0].config.state, Confirmation::Confirmed);
    });
}

#[test]
fn in_denied_the_permission_is_named_and_the_wizard_continues_once_it_is_granted() {
    let mut tester = Tester::on(scenario("denied"), 80, 24);
    tester.press("enter enter").settle().sees("failed").sees("iam:CreateRole");
    tester.on_account(|cloud| cloud.clear_fault("CreateRole"));
    tester.press("enter").settle().sees("10 of 10 done").press("enter").settle();
    for step in [Step::Topic, Step::Filter, Step::Alarm] {
        apply_and_continue(&mut tester, step);
    }
    assert_all_done(&mut tester);
}

#[test]
fn in_expired_r_continues_after_a_new_sign_in() {
    let mut tester = Tester::on(scenario("expired"), 80, 24);
    tester.sees("the sign-in has expired").sees("`aws sso login`");
    tester.press("enter").settle();
    assert_eq!(tester.model.screen, Screen::Account);
    tester.on_account(|cloud| cloud.clear_fault("*"));
    tester.press("r").settle().does_not_see("expired").sees("missing  trail, notifications, filter, alarm");
    set_up(&mut tester);
    assert_all_done(&mut tester);
}
