//! The search for root uses in a log group so large that a page covers only part of the time range and is mostly empty:
//! how many requests it makes, at what rate, and what it reports during the search and at the end.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rootbell::cloud::demo::account::{Account, Event, LogGroup};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::cloud::{CloudError, ErrorKind, Search};
use rootbell::domain::pattern;
use rootbell::engine::search::{MAX_REQUESTS, SearchResult, filter_log_events};
use serde_json::json;
use tokio::time::Instant;

use crate::properties::{cloud, in_virtual_time, region_mut};
use crate::support::program::Program;

const GROUP: &str = "rootbell/cloudtrail";
const TO: &str = "2026-11-23T12:00:00Z";
const HOUR: i64 = 3600;

fn large_log_group(page_covers: Option<i64>, used_at: &[i64]) -> DemoCloud {
    let root_use = |at: &i64| {
        let event = json!({ "eventID": format!("e{at}"), "eventName": "Used", "eventType": "AwsApiCall",
            "userIdentity": { "type": "Root" } });
        Event { at: *at, event: serde_json::from_value(event).unwrap() }
    };
    let mut account = Account::default();
    let group = LogGroup { page_covers, events: used_at.iter().map(root_use).collect(), ..LogGroup::default() };
    region_mut(&mut account).log_groups.insert(GROUP.into(), group);
    account.timing.latency_ms = 400;
    cloud(account)
}

/// Searches the last week: the result, the progress reports, and the time it took.
fn search(cloud: &DemoCloud, limit: usize) -> (Result<SearchResult, CloudError>, Vec<SearchResult>, Duration) {
    let to: Timestamp = TO.parse().unwrap();
    let from = to - SignedDuration::from_hours(7 * 24);
    let reports = Mutex::new(Vec::new());
    in_virtual_time(async {
        let began = Instant::now();
        let search = Search { log_group: GROUP, pattern: pattern::CIS_PATTERN, from, to, page: None };
        let record = |found: &SearchResult| reports.lock().unwrap().push(found.clone());
        let found = filter_log_events(cloud, &rootbell::domain::Region::new("eu-west-1"), search, limit, &record).await;
        (found, reports.lock().unwrap().clone(), began.elapsed())
    })
}

fn hours_back(found: &SearchResult) -> i64 {
    TO.parse::<Timestamp>().unwrap().duration_since(found.back_to).as_hours()
}

fn ids(found: &SearchResult) -> Vec<&str> {
    found.events.iter().map(|event| event.id.as_str()).collect()
}

#[test]
fn one_request_is_enough_when_one_page_covers_the_week() {
    let cloud = large_log_group(None, &[-5 * HOUR, -HOUR]);
    let (found, ..) = search(&cloud, 100);
    let found = found.unwrap();
    assert_eq!((ids(&found), found.requests, cloud.calls().len()), (vec!["e-3600", "e-18000"], 1, 1));
    assert!(found.complete && !found.cut_short);
}

#[test]
fn events_behind_many_empty_pages_are_found_and_progress_is_reported_after_each_response() {
    let used_at = [-6 * 24 * HOUR - 60, -24 * HOUR, -60];
    let cloud = large_log_group(Some(6 * HOUR), &used_at);
    let (found, reports, elapsed) = search(&cloud, 100);
    let found = found.unwrap();
    // One event lies on the boundary of two days, and is found only once.
    assert_eq!(ids(&found), ["e-60", "e-86400", "e-518460"]);
    assert_eq!((found.requests, hours_back(&found), found.complete), (1 + 7 + 28, 7 * 24, true));
    assert!(elapsed < Duration::from_secs(12), "{elapsed:?}");
    assert_eq!(reports.len(), found.requests);
    assert!(reports.is_sorted_by_key(hours_back), "progress never goes backward");
    assert!(reports.iter().any(|found| (1..7 * 24).contains(&hours_back(found))));
}

#[test]
fn an_endless_search_is_limited_paced_and_says_what_it_has_not_searched() {
    let cloud = large_log_group(Some(60), &[-HOUR - 30, -7 * 24 * HOUR + 30]);
    let (found, _, elapsed) = search(&cloud, 100);
    let found = found.unwrap();
    assert_eq!((found.requests, cloud.calls().len()), (MAX_REQUESTS, MAX_REQUESTS));
    assert!(found.cut_short && !found.complete);
    assert_eq!(ids(&found)[0], "e-3630");
    assert!((2..7 * 24).contains(&hours_back(&found)), "{}", found.back_to);
    // Four requests per second, each of which takes 0.4 s; the quota is five per second.
    assert!((Duration::from_secs(249)..Duration::from_secs(260)).contains(&elapsed), "{elapsed:?}");
    assert!(cloud.max_in_flight() <= 4);
}

#[test]
fn a_search_stops_once_the_newest_events_are_known() {
    let used_at: Vec<i64> = (1..=48).map(|n| -n * HOUR).collect();
    let cloud = large_log_group(Some(6 * HOUR), &used_at);
    let (found, ..) = search(&cloud, 3);
    let found = found.unwrap();
    assert_eq!(ids(&found), ["e-3600", "e-7200", "e-10800"]);
    assert!(!found.complete && !found.cut_short && found.requests <= 12, "{}", found.requests);
}

#[test]
fn throttling_slows_a_search_down_and_ends_it_only_if_it_persists() {
    let cloud = large_log_group(Some(24 * HOUR), &[-6 * 24 * HOUR]);
    cloud.inject_fault("FilterLogEvents", InjectedFault::ThrottleOnce);
    let (found, ..) = search(&cloud, 100);
    assert_eq!((found.as_ref().unwrap().requests, found.unwrap().events.len()), (1 + 1 + 7, 1));
    cloud.inject_fault("FilterLogEvents", InjectedFault::Throttle);
    let before = cloud.calls().len();
    let (found, ..) = search(&cloud, 100);
    assert_eq!(found.unwrap_err().kind, ErrorKind::Throttled);
    assert!(cloud.calls().len() - before <= 11, "{}", cloud.calls().len() - before);
}

/// A page covers six hours, and root was used 60 hours ago.
const ACCOUNT: &str = "[set_up]\nonly = [\"log_group\"]\n\
    [regions.eu-west-1.log_groups.\"rootbell/cloudtrail\"]\npage_covers = 21600\n\
    [[regions.eu-west-1.log_groups.\"rootbell/cloudtrail\".events]]\nat = -216000\n\
    event = { eventName = \"ConsoleLogin\", eventType = \"x\", userIdentity = { type = \"Root\" } }\n";

fn events<const N: usize>(args: [&str; N]) -> Program {
    Program::new(&["--demo=./account.toml", "events"]).args(args).env("TZ", "UTC").file("account.toml", ACCOUNT)
}

#[test]
fn a_long_search_finds_the_events_and_prints_its_progress() {
    let output = events(["--since", "3d"]).output().exits(0);
    assert!(output.stdout.contains("ConsoleLogin") && output.stdout.contains("\n1 use of root since "), "{output:#?}");
    output.stderr_contains("Searched back to 20").stderr_contains(" found (");
}

#[test]
fn the_json_of_events_says_how_far_back_they_were_searched() {
    let output = events(["--since", "1h", "--json"]).output().exits(0).json();
    assert_eq!((&output["searched_back_to"], &output["more"]), (&output["since"], &json!(false)));
    assert!(output["since"].is_string());
    let output = Program::new(&["events", "--demo", "--json"]).output().exits(1).json();
    assert_eq!(output["searched_back_to"], json!(null));
}
