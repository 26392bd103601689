//! The calls that a dashboard makes again and again, each in each kind of trouble: that part says so, the others go on,
//! and once it is mended the picture is whole again, by itself.

use std::time::Duration;

use rootbell::app::Screen;

use super::*;
use crate::support::tester::Tester;

fn armed() -> Account {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    for topic in account.regions.get_mut(HERE).unwrap().topics.values_mut() {
        topic.subscriptions[0].state = Link::Confirmed;
    }
    account
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn calls(tester: &Tester) -> Vec<String> {
    tester.on_account(DemoCloud::calls)
}

/// The parts that have a pace of their own, and whether each is in trouble.
fn parts(tester: &Tester) -> [(&'static str, bool); 4] {
    let board = &tester.model.dashboard;
    [
        ("DescribeAlarms", board.alarm.trouble.is_some()),
        ("DescribeAlarmHistory", board.history.trouble.is_some()),
        ("GetMetricData", board.metric.trouble.is_some()),
        ("FilterLogEvents", board.events.trouble.is_some()),
    ]
}

/// The dashboard, and every check behind it, on one line each: a sentence may be broken anywhere.
fn seen(tester: &mut Tester) -> String {
    let board = tester.screen();
    tester.press("c");
    let checks = tester.screen();
    tester.press("esc");
    let joined = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}\n{}", joined(&board), joined(&checks))
}

#[test]
fn each_repeated_question_in_each_kind_of_trouble_is_told_and_the_rest_goes_on() {
    let mut smooth = Tester::on(armed(), 120, 40);
    smooth.pass(seconds(2));
    let before = calls(&smooth).len();
    smooth.pass(seconds(125)).sees("the bell is armed");
    let asked: BTreeSet<String> = calls(&smooth)[before..].iter().cloned().collect();
    let mut cases = 0;
    for operation in &asked {
        for (kind, fault, why, _) in KINDS {
            let name = format!("{operation} {kind}");
            let mut tester = Tester::on(armed(), 120, 40);
            assert_eq!(tester.model.screen, Screen::Dashboard);
            tester.pass(seconds(2));
            tester.on_account(|cloud| cloud.fault(operation, fault));
            let before = calls(&tester).len();
            tester.press("r").pass(seconds(5));
            if fault != InjectedFault::ThrottleOnce && !is_needless(operation) {
                let said = seen(&mut tester);
                let needs = kind == "denied" && (said.contains("unknown, needs ") || said.contains("Grant "));
                let briefly = ["throttled by AWS", "no connection", "timed out", "the sign-in has expired"];
                let brief = briefly.iter().any(|brief| said.contains(brief));
                let named = said.contains(&format!("unknown: {operation}"));
                assert!(needs || brief || named || said.contains(why), "{name} is not told:\n{said}");
                assert!(!said.contains("the bell is armed") || is_beside(operation), "{name}:\n{said}");
            }
            for (part, trouble) in parts(&tester) {
                assert!(calls(&tester)[before..].iter().any(|call| call == part), "{name}: {part} is asked no more");
                assert!(part == operation || !trouble, "{name}: {part} is in trouble, too");
            }
            tester.on_account(|cloud| cloud.mend(operation));
            // By itself where that is seen soonest, on demand for the others, which saves hours of drawing.
            if kind == "denied" {
                tester.pass(seconds(310))
            } else {
                tester.press("r").pass(seconds(5))
            };
            tester.sees("the bell is armed").sees("No root use in the last 7 days.");
            assert_eq!(parts(&tester).map(|(_, trouble)| trouble), [false; 4], "{name}");
            let whole = seen(&mut tester);
            assert!(!whole.contains("unknown") && !whole.contains("Grant "), "{name}:\n{whole}");
            cases += 1;
        }
    }
    for part in parts(&smooth) {
        assert!(asked.contains(part.0), "{asked:?}");
    }
    assert_eq!(cases, asked.len() * KINDS.len());
    assert!(cases >= 90, "{asked:?}");
}

/// Where an alarm of our own name stands, nobody needs to know of others on its metric; and what only a set-up looks at
/// says nothing of whether it would ring.
fn is_needless(operation: &str) -> bool {
    ["DescribeAlarmsForMetric", "HeadBucket", "GetRole"].contains(&operation)
}

/// What is told beside the chain says nothing of whether it would ring.
fn is_beside(operation: &str) -> bool {
    ["DescribeAlarmHistory", "GetMetricData", "FilterLogEvents"].contains(&operation)
}

#[test]
fn a_question_that_is_never_answered_holds_up_no_other_part_and_no_key() {
    for operation in ["DescribeAlarms", "DescribeAlarmHistory", "GetMetricData", "FilterLogEvents", "DescribeTrails"] {
        let mut tester = Tester::on(armed(), 80, 24);
        tester.pass(seconds(2));
        tester.on_account(|cloud| cloud.fault(operation, InjectedFault::Hang));
        tester.press("r").pass(seconds(2));
        let before = calls(&tester).len();
        tester.pass(seconds(65));
        for (part, _) in parts(&tester).into_iter().filter(|(part, _)| *part != operation) {
            assert!(calls(&tester)[before..].iter().any(|call| call == part), "{operation} hangs, and {part} with it");
        }
        let hanging = calls(&tester)[before..].iter().filter(|call| *call == operation).count();
        assert_eq!(hanging, 0, "{operation} is not asked twice at once");
        tester.press("c").sees("The checks").press("esc x").sees("Tear down").press("esc q");
        assert!(tester.model.quit);
    }
}
