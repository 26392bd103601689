//! Injects every kind of failure into every call that the dashboard repeats: the affected panel reports it, the others
//! keep updating, and the dashboard recovers by itself once the call works again.

use std::time::Duration;

use rootbell::app::Screen;
use rootbell::domain::observed::Confirmation;

use super::*;
use crate::support::tester::Tester;

fn working_account() -> Account {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    for topic in account.regions.get_mut(REGION).unwrap().topics.values_mut() {
        topic.subscriptions[0].config.state = Confirmation::Confirmed;
    }
    account
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn calls(tester: &Tester) -> Vec<String> {
    tester.on_account(DemoCloud::calls)
}

/// The panels that poll at their own pace, and whether each shows an error.
fn panels(tester: &Tester) -> [(&'static str, bool); 4] {
    let board = &tester.model.account().dashboard;
    [
        ("DescribeAlarms", board.alarm.error.is_some()),
        ("DescribeAlarmHistory", board.history.error.is_some()),
        ("GetMetricStatistics", board.metric.error.is_some()),
        ("FilterLogEvents", board.events.error.is_some()),
    ]
}

/// The texts of the dashboard and of the list of checks, each joined into one line because sentences wrap.
fn texts(tester: &mut Tester) -> String {
    let board = tester.screen();
    // All checks fit in this window.
    tester.resize(120, 90).press("c");
    let checks = tester.screen();
    tester.press("esc").resize(120, 40);
    // Without the frame, which interrupts sentences.
    let joined = |screen: &str| screen.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}\n{}", joined(&board), joined(&checks))
}

#[test]
fn each_failing_poll_is_reported_and_the_other_panels_keep_updating() {
    let mut smooth = Tester::on(working_account(), 120, 40);
    smooth.pass(seconds(2));
    let before = calls(&smooth).len();
    smooth.pass(seconds(125)).sees("root use is monitored");
    let asked: BTreeSet<String> = calls(&smooth)[before..].iter().cloned().collect();
    let mut cases = 0;
    for operation in &asked {
        for (kind, fault, why, _) in KINDS {
            let name = format!("{operation} {kind}");
            let mut tester = Tester::on(working_account(), 120, 40);
            assert_eq!(tester.model.screen, Screen::Dashboard);
            tester.pass(seconds(2));
            tester.on_account(|cloud| cloud.inject_fault(operation, fault));
            let before = calls(&tester).len();
            tester.press("r").pass(seconds(5));
            if fault != InjectedFault::ThrottleOnce && !is_needless(operation) {
                let message = texts(&mut tester);
                let needs = kind == "denied" && (message.contains("unknown, needs ") || message.contains("Grant "));
                let briefly = [
                    "throttled by AWS",
                    "no connection",
                    "timed out",
                    "the sign-in has expired",
                    "unknown, denied by a service control policy",
                    "clock is about 60 minutes slow",
                ];
                let brief = briefly.iter().any(|brief| message.contains(brief));
                let named = message.contains(&format!("unknown: {operation}"));
                assert!(needs || brief || named || message.contains(why), "{name} is not reported:\n{message}");
                assert!(
                    !message.contains("root use is monitored") || is_independent_of_chain(operation),
                    "{name}:\n{message}"
                );
            }
            for (panel, has_error) in panels(&tester) {
                assert!(
                    calls(&tester)[before..].iter().any(|call| call == panel),
                    "{name}: {panel} is not polled any more"
                );
                assert!(panel == operation || !has_error, "{name}: {panel} also shows an error");
            }
            tester.on_account(|cloud| cloud.clear_fault(operation));
            // It recovers by itself; to save time, only one kind waits for that, and the others refresh with a key.
            if kind == "denied" {
                tester.pass(seconds(310))
            } else {
                tester.press("r").pass(seconds(5))
            };
            tester.sees("root use is monitored").sees("No root use in the last 7 days.");
            assert_eq!(panels(&tester).map(|(_, has_error)| has_error), [false; 4], "{name}");
            let whole = texts(&mut tester);
            assert!(!whole.contains("unknown") && !whole.contains("Grant "), "{name}:\n{whole}");
            cases += 1;
        }
    }
    for panel in panels(&smooth) {
        assert!(asked.contains(panel.0), "{asked:?}");
    }
    assert_eq!(cases, asked.len() * KINDS.len());
    assert!(cases >= 90, "{asked:?}");
}

/// Whether the checks do not depend on this call: an alarm with the default name exists, so other alarms on its metric
/// don't matter, and the setup alone reads the bucket and the role. Most accounts may not list the organization's features.
fn is_needless(operation: &str) -> bool {
    [
        "DescribeAlarmsForMetric",
        "HeadBucket",
        "GetRole",
        "ListAlarmMuteRules",
        "ListOrganizationsFeatures",
        // The checks say it.
        "ListRules",
        "ListTargetsByRule",
    ]
    .contains(&operation)
}

/// Whether the call belongs to a panel that does not affect whether the chain works.
fn is_independent_of_chain(operation: &str) -> bool {
    let of_root_user =
        ["GetAccountSummary", "ListVirtualMFADevices", "GenerateCredentialReport", "GetCredentialReport"];
    ["DescribeAlarmHistory", "GetMetricStatistics", "FilterLogEvents"].contains(&operation)
        || of_root_user.contains(&operation)
}

#[test]
fn a_hanging_poll_blocks_neither_other_polls_nor_keys() {
    for operation in
        ["DescribeAlarms", "DescribeAlarmHistory", "GetMetricStatistics", "FilterLogEvents", "DescribeTrails"]
    {
        let mut tester = Tester::on(working_account(), 80, 24);
        tester.pass(seconds(2));
        tester.on_account(|cloud| cloud.inject_fault(operation, InjectedFault::Hang));
        tester.press("r").pass(seconds(2));
        let before = calls(&tester).len();
        tester.pass(seconds(65));
        for (panel, _) in panels(&tester).into_iter().filter(|(panel, _)| *panel != operation) {
            assert!(
                calls(&tester)[before..].iter().any(|call| call == panel),
                "{operation} hangs, and so does {panel}"
            );
        }
        let hanging = calls(&tester)[before..].iter().filter(|call| *call == operation).count();
        assert_eq!(hanging, 0, "{operation} is not called again while it hangs");
        tester.press("c").sees(" Checks ").press("esc x").sees("Delete what rootbell created").press("esc q");
        assert!(tester.model.quit);
    }
}
