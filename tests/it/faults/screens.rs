//! Injects the same failures into the wizard, and into tests and drills.

use std::time::Duration;

use futures::future::join;
use jiff::SignedDuration;
use rootbell::app::Screen;
use rootbell::cli::fix::fix_text;
use rootbell::cloud::demo::ManualClock;
use rootbell::domain::observed::Metric;
use rootbell::domain::pattern::CIS_PATTERN;
use rootbell::engine::alarm_test::{AlarmTest, Drill, Observer, TestError, run_drill, run_test};

use super::*;
use crate::support::tester::Tester;

/// The sign-in name is an email address, so that pressing Enter is enough to complete all steps.
fn alice() -> Account {
    let caller = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Administrator_0/alice@example.com";
    Account { caller: caller.into(), ..Account::default() }
}

/// Presses Enter until the wizard reaches the dashboard or makes no progress.
fn walk(tester: &mut Tester) -> String {
    let mut seen = String::new();
    for _ in 0..12 {
        if tester.model.screen == Screen::Dashboard {
            break;
        }
        tester.press("enter").settle();
        seen.push_str(&tester.screen());
    }
    seen
}

#[test]
fn the_wizard_says_which_call_failed_and_continues_once_it_works_again() {
    let mut smooth = Tester::on(alice(), 120, 40);
    walk(&mut smooth);
    assert_eq!(smooth.model.screen, Screen::Dashboard);
    let calls: BTreeSet<String> = smooth.on_account(DemoCloud::calls).into_iter().collect();
    let expected = smooth.on_account(undisturbed);
    // Every call fails in one way, and every kind of failure is used.
    let mut cases = 0;
    for (number, operation) in calls.iter().enumerate() {
        let (kind, fault, ..) = KINDS[number % KINDS.len()];
        let name = format!("{operation} {kind}");
        let mut account = alice();
        account.faults.insert(operation.clone(), fault);
        let mut tester = Tester::on(account, 120, 40);
        let seen = tester.screen() + &walk(&mut tester);
        // A call that is retried successfully need not be reported.
        let quiet = fault == InjectedFault::ThrottleOnce;
        // These are not needed for the setup, or are first called when it is complete; and a new bucket already blocks
        // public access. Unread mute rules are a remark of the check, and so is what kind of MFA the root user has. Most
        // accounts may not list the organization's features.
        let optional = [
            "TestMetricFilter",
            "GetTrailStatus",
            "GetEventSelectors",
            "PutPublicAccessBlock",
            "ListAlarmMuteRules",
            "ListVirtualMFADevices",
            "ListOrganizationsFeatures",
        ];
        let dashboard = [
            "FilterLogEvents",
            "GetMetricStatistics",
            "DescribeAlarmHistory",
            "GenerateCredentialReport",
            "GetCredentialReport",
        ];
        let optional = optional.iter().chain(&dashboard).any(|o| o == operation);
        // A bucket that may not be read looks like one of another account.
        let closed = seen.contains("s3:ListBucket");
        assert!(quiet || optional || closed || seen.contains(operation.as_str()), "{name} is not reported:\n{seen}");
        tester.on_account(|cloud| cloud.clear_fault(operation));
        // The account screen rereads what could not be read.
        for _ in 0..5 {
            if !matches!(tester.model.screen, Screen::Account | Screen::Dashboard) {
                tester.press("esc").settle();
            }
        }
        if tester.model.screen == Screen::Account {
            tester.press("r").settle();
        }
        walk(&mut tester);
        assert_eq!(tester.model.screen, Screen::Dashboard, "{name}: {}", tester.screen());
        // Everything that alerting needs is there, so that the wizard does not come back to event rules.
        if operation != "ListRules" {
            assert_eq!(tester.on_account(undisturbed), expected, "{name}");
        }
        cases += 1;
    }
    assert!(cases >= 24, "{calls:?}");
}

/// A working account with a manual clock, and a test and a drill for it.
fn working_account() -> (DemoCloud, ManualClock, AlarmTest, Drill) {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    account.timing.evaluated_after = 10;
    let clock = ManualClock::at("2026-11-23T12:00:00Z".parse().unwrap());
    let caller = account.identity();
    let cloud = DemoCloud::new(account, clock.clock());
    let test = AlarmTest {
        alarm: "rootbell-root-use".into(),
        caller,
        region: rootbell::domain::Region::new(REGION),
        timeout: SignedDuration::from_secs(120),
    };
    let drill = Drill {
        log_group: "rootbell/cloudtrail".into(),
        pattern: CIS_PATTERN.into(),
        metric: Metric { namespace: "rootbell".into(), name: "RootUse".into() },
        id: "drill-1".into(),
        events: None,
    };
    (cloud, clock, test, drill)
}

/// Runs a test or a drill while the account's clock advances together with tokio's.
async fn run(
    cloud: &DemoCloud,
    clock: &ManualClock,
    test: &AlarmTest,
    drill: Option<&Drill>,
) -> Result<bool, TestError> {
    let now = clock.clock();
    let observer = Observer { clock: &*now, news: &|_| {} };
    let running = async {
        match drill {
            Some(drill) => run_drill(cloud, test, drill, &observer).await,
            None => run_test(cloud, test, &observer).await,
        }
    };
    let ticking = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.advance(1);
        }
    };
    tokio::select! {
        result = running => result.map(|run| run.dispatched()),
        ((), ()) = join(ticking, async {}) => unreachable!("the clock never stops"),
    }
}

#[test]
fn a_test_and_a_drill_explain_any_failing_call_and_pass_once_it_works_again() {
    let drill = [
        "DescribeAlarms",
        "CreateLogStream",
        "PutLogEvents",
        "FilterLogEvents",
        "GetMetricStatistics",
        "DescribeAlarmHistory",
    ];
    let test_calls = ["DescribeAlarms", "SetAlarmState", "DescribeAlarmHistory"];
    let mut cases = 0;
    for (operation, is_drill) in drill.map(|o| (o, true)).into_iter().chain(test_calls.map(|o| (o, false))) {
        for (kind, fault, why, fix) in KINDS {
            let name = format!("{operation} {kind}");
            let (cloud, clock, test, drill) = working_account();
            let drill = is_drill.then_some(&drill);
            in_virtual_time(async {
                cloud.inject_fault(operation, fault);
                match run(&cloud, &clock, &test, drill).await {
                    // A network error while waiting does not fail the test.
                    Ok(dispatched) => assert!(dispatched, "{name}"),
                    Err(error) => {
                        let message = format!("{} {}", error.why(), fix_text(&error.fix()));
                        let called = message.contains(operation) && message.contains(why) && message.contains(fix);
                        assert!(called || matches!(error, TestError::TimedOut { .. }), "{name}: {message}");
                    }
                }
                cloud.clear_fault(operation);
                // The alarm may still be in ALARM; it returns to OK by itself.
                clock.advance(700);
                assert_eq!(run(&cloud, &clock, &test, drill).await, Ok(true), "{name}, works again");
                cases += 1;
            });
        }
    }
    assert_eq!(cases, 99);
}
