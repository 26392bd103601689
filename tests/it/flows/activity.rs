//! A log group so large that a page of a search covers only part of the week and is mostly empty.

use std::time::Duration;

use insta::assert_snapshot;
use rootbell::cloud::demo::account::Event;
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::observed::Confirmation;
use serde_json::json;

use crate::support::tester::Tester;

const HOUR: i64 = 3600;

/// A working account in which a page covers this many seconds, and root was used at these times.
fn large(page_covers: i64, used: &[i64]) -> Account {
    let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
    let region = account.regions.get_mut("eu-west-1").unwrap();
    region.topics.get_mut("rootbell-alerts").unwrap().subscriptions[0].config.state = Confirmation::Confirmed;
    let group = region.log_groups.get_mut("rootbell/cloudtrail").unwrap();
    group.page_covers = Some(page_covers);
    group.events = used.iter().map(|at| root_use(*at)).collect();
    account
}

fn root_use(at: i64) -> Event {
    let event = json!({ "eventID": format!("e{at}"), "eventName": format!("Used{}", -at),
        "userIdentity": { "type": "Root" }, "eventType": "AwsApiCall" });
    Event { at, event: serde_json::from_value(event).unwrap() }
}

fn requests(tester: &Tester) -> usize {
    tester.on_account(|cloud| cloud.calls().iter().filter(|call| *call == "FilterLogEvents").count())
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn a_root_use_behind_twelve_empty_pages_is_found_without_a_key_press() {
    let at = -3 * 24 * HOUR - HOUR;
    let mut tester = Tester::on(large(6 * HOUR, &[at]), 80, 24);
    tester.pass(seconds(2)).sees("No root use found so far").does_not_see("in the last 7 days.");
    tester.pass(seconds(60)).sees(&format!("Used{}", -at)).does_not_see("No root use");
    tester.does_not_see("still reading").does_not_see("press `m`");
}

#[test]
fn the_dashboard_shows_how_far_back_it_has_searched_until_the_week_is_covered() {
    let mut tester = Tester::on(large(6 * HOUR, &[]), 80, 24);
    tester.pass(seconds(10)).sees("No root use found so far; searched back to ").sees(", still reading.");
    assert_snapshot!("reading-the-week-80x24", tester.screen());
    tester.pass(seconds(60)).sees("No root use in the last 7 days.").does_not_see("reading");
    // Requests for the week, its 7 days, and their 28 quarters; and for new events, every 30 s.
    let call_count = requests(&tester);
    assert!((36..=42).contains(&call_count), "{call_count}");
    tester.pass(seconds(60));
    assert!(requests(&tester) - call_count <= 3, "the week is not searched again");
}

#[test]
fn a_root_use_during_the_search_of_the_week_shows_within_a_minute() {
    let mut tester = Tester::on(large(HOUR, &[]), 80, 24);
    tester.pass(seconds(20)).sees("still reading");
    tester.on_account(|cloud| {
        cloud.modify(|account| {
            let group = account.regions.get_mut("eu-west-1").unwrap().log_groups.get_mut("rootbell/cloudtrail");
            group.unwrap().events.push(root_use(15));
        });
    });
    tester.pass(seconds(50)).sees("Used-15").sees("still reading.");
}

#[test]
fn a_search_that_takes_thousands_of_requests_pauses_until_a_key_is_pressed() {
    let mut tester = Tester::on(large(300, &[]), 80, 24);
    tester.pass(seconds(15 * 60)).sees("No root use found since ").sees("; press `m` to search further.");
    // 500 requests for the week; and every 30 s, 7 requests for the last half hour, which continue meanwhile.
    let call_count = requests(&tester);
    assert!((500..=720).contains(&call_count), "{call_count}");
    tester.pass(seconds(60)).sees("press `m` to search further.");
    assert!(requests(&tester) - call_count <= 2 * 7 + 2, "{call_count}, then {}", requests(&tester));
    let (call_count, before) = (requests(&tester), tester.screen());
    tester.press("m").pass(seconds(120)).sees("still reading.");
    assert!(requests(&tester) > call_count + 100);
    assert_ne!(tester.screen(), before);
}

#[test]
fn a_failed_request_during_the_search_leaves_no_gap() {
    let at = -2 * 24 * HOUR;
    let mut tester = Tester::on(large(6 * HOUR, &[at]), 80, 24);
    tester.pass(seconds(6));
    tester.on_account(|cloud| cloud.inject_fault("FilterLogEvents", InjectedFault::Throttle));
    tester.pass(seconds(30)).sees("throttled by AWS").does_not_see("in the last 7 days.");
    tester.on_account(|cloud| cloud.clear_fault("FilterLogEvents"));
    tester.pass(seconds(300)).sees(&format!("Used{}", -at)).does_not_see("still reading");
}
