//! The same calls in the same kinds of trouble, with somebody at the wizard, and with a bell that is rung.

use std::time::Duration;

use futures::future::join;
use jiff::SignedDuration;
use rootbell::app::Screen;
use rootbell::cloud::demo::ManualClock;
use rootbell::domain::observed::Metric;
use rootbell::domain::pattern::CIS_PATTERN;
use rootbell::engine::alarm_test::{AlarmTest, Drill, Observer, TestError, run_drill, run_test};

use super::*;
use crate::support::tester::Tester;

/// Signed in with a name that is an address, so that Enter alone goes through all steps.
fn alice() -> Account {
    let caller = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Administrator_0/alice@example.com";
    Account { caller: caller.into(), ..Account::default() }
}

/// Presses Enter until the wizard has arrived, or does not get on.
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
    let whole = smooth.on_account(undisturbed);
    // Each call in one kind of trouble, and each kind of trouble with some call.
    let mut cases = 0;
    for (number, operation) in calls.iter().enumerate() {
        let (kind, fault, ..) = KINDS[number % KINDS.len()];
        let name = format!("{operation} {kind}");
        let mut account = alice();
        account.faults.insert(operation.clone(), fault);
        let mut tester = Tester::on(account, 120, 40);
        let seen = tester.screen() + &walk(&mut tester);
        // What is tried once more by the screen itself need not be told.
        let quiet = fault == InjectedFault::ThrottleOnce;
        // These tell more than the set-up needs, or are first asked when it is complete; and a new bucket turns out to
        // be closed to the public already.
        let optional = ["TestMetricFilter", "GetTrailStatus", "GetEventSelectors", "PutPublicAccessBlock"];
        let dashboard = ["FilterLogEvents", "GetMetricData", "DescribeAlarmHistory"];
        let optional = optional.iter().chain(&dashboard).any(|o| o == operation);
        // A bucket that may not be looked at cannot be told from somebody else's.
        let closed = seen.contains("s3:ListBucket");
        assert!(quiet || optional || closed || seen.contains(operation.as_str()), "{name} is not told:\n{seen}");
        tester.on_account(|cloud| cloud.mend(operation));
        // What could not be read is read again from the account screen.
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
        assert_eq!(tester.on_account(undisturbed), whole, "{name}");
        cases += 1;
    }
    assert!(cases >= 24, "{calls:?}");
}

/// A set-up account whose clock goes on, and the bell on it.
fn armed() -> (DemoCloud, ManualClock, AlarmTest, Drill) {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    account.timing.evaluated_after = 10;
    let clock = ManualClock::at("2026-11-23T12:00:00Z".parse().unwrap());
    let caller = account.identity();
    let cloud = DemoCloud::new(account, clock.clock());
    let test = AlarmTest {
        alarm: "rootbell-root-use".into(),
        caller,
        region: HERE.into(),
        patience: SignedDuration::from_secs(120),
    };
    let drill = Drill {
        log_group: "rootbell/cloudtrail".into(),
        pattern: CIS_PATTERN.into(),
        metric: Metric { namespace: "rootbell".into(), name: "RootUse".into() },
        id: "drill-1".into(),
    };
    (cloud, clock, test, drill)
}

/// Rings while the account's clock goes on with tokio's.
async fn ring(
    cloud: &DemoCloud,
    clock: &ManualClock,
    test: &AlarmTest,
    drill: Option<&Drill>,
) -> Result<bool, TestError> {
    let now = clock.clock();
    let observer = Observer { clock: &*now, news: &|_| {} };
    let ringing = async {
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
        rung = ringing => rung.map(|ring| ring.dispatched()),
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
        "GetMetricData",
        "DescribeAlarmHistory",
    ];
    let by_hand = ["DescribeAlarms", "SetAlarmState", "DescribeAlarmHistory"];
    let mut cases = 0;
    for (operation, is_drill) in drill.map(|o| (o, true)).into_iter().chain(by_hand.map(|o| (o, false))) {
        for (kind, fault, why, fix) in KINDS {
            let name = format!("{operation} {kind}");
            let (cloud, clock, test, drill) = armed();
            let drill = is_drill.then_some(&drill);
            now(async {
                cloud.fault(operation, fault);
                match ring(&cloud, &clock, &test, drill).await {
                    // A slip of the network while watching is no verdict.
                    Ok(dispatched) => assert!(dispatched, "{name}"),
                    Err(error) => {
                        let said = format!("{} {}", error.why(), error.fix());
                        let called = said.contains(operation) && said.contains(why) && said.contains(fix);
                        assert!(called || matches!(error, TestError::TimedOut { .. }), "{name}: {said}");
                    }
                }
                cloud.mend(operation);
                // The alarm may still be ringing; it goes back by itself.
                clock.advance(700);
                assert_eq!(ring(&cloud, &clock, &test, drill).await, Ok(true), "{name}, mended");
                cases += 1;
            });
        }
    }
    assert_eq!(cases, 81);
}
