//! The performance that does not depend on the machine: the number of calls, how many of them are sequential, and how
//! often the screen is drawn.

use std::collections::BTreeSet;
use std::time::Duration;

use rootbell::cloud::demo::DemoCloud;
use rootbell::cloud::demo::account::{Account, Alarm, Event, LogGroup, Subscription, Trail};
use rootbell::cloud::{Cloud, Search};
use rootbell::domain::alarm::{AlarmConfig, Metric};
use rootbell::domain::alert::default_metrics;
use rootbell::domain::observed::{self, Confirmation, MetricFilter};
use rootbell::domain::plan::plan;
use rootbell::domain::{Region, Settings, SetupOptions, pattern};
use rootbell::engine::{self, ObserveScope, Prefetch};
use tokio::time::Instant;

use crate::properties::{EMAIL, cloud, in_virtual_time, region_mut, setup_options};
use crate::setups::expressible_accounts;
#[cfg(unix)]
use crate::support::EmulatedAws;
use crate::support::tester::{Tester, scenario};

const REGION: &str = "eu-west-1";
/// How long a read takes in the demo account, in milliseconds; a change takes twice as long.
const ROUND_TRIP: u64 = 50;

fn working_account() -> Account {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    for topic in region_mut(&mut account).topics.values_mut() {
        topic.subscriptions.iter_mut().for_each(|s| s.config.state = Confirmation::Confirmed);
    }
    account
}

/// The cost of a phase: round trips of a read, and calls.
type Cost = (u128, usize);

/// Runs the three phases of `apply`: reading identity and account, applying the plan, and reading the account again.
fn apply(mut account: Account) -> [Cost; 3] {
    account.timing.latency_ms = ROUND_TRIP;
    let cloud = cloud(account);
    let mut began = (Duration::ZERO, 0);
    in_virtual_time(async {
        let start = Instant::now();
        let mut took = |cloud: &DemoCloud| {
            let (at, calls) = (start.elapsed(), cloud.calls().len());
            let cost = (at.saturating_sub(began.0).as_millis() / u128::from(ROUND_TRIP), calls - began.1);
            began = (at, calls);
            cost
        };
        let asked: &dyn Cloud = &cloud;
        let prefetch = Prefetch::new(&asked, &Region::new(REGION), &setup_options()).with_root_user(&asked);
        let identity = prefetch.alongside(cloud.identity()).await.unwrap();
        let observed = engine::observe_with(
            asked,
            &identity,
            &Region::new(REGION),
            &setup_options(),
            ObserveScope::Everything,
            crate::properties::now(),
            prefetch,
        )
        .await;
        let settings = Settings::resolve(&identity, &Region::new(REGION), &setup_options(), &observed);
        let plan = plan(&settings, &observed);
        let read_cost = took(&cloud);
        // The prefetched answers give the same result as a fresh read.
        let fresh = engine::observe(
            asked,
            &identity,
            &Region::new(REGION),
            &setup_options(),
            ObserveScope::Everything,
            crate::properties::now(),
        )
        .await;
        assert_eq!(observed, fresh);
        took(&cloud);
        let report = engine::run(asked, &plan, None, &|_| {}).await;
        assert!(report.succeeded(), "{report:?}");
        let apply_cost = took(&cloud);
        engine::observe(
            asked,
            &identity,
            &Region::new(REGION),
            &setup_options(),
            ObserveScope::Everything,
            crate::properties::now(),
        )
        .await;
        let reread_cost = took(&cloud);
        [read_cost, apply_cost, reread_cost]
    })
}

#[test]
fn a_fresh_account_is_read_alongside_the_identity_and_reread_in_two_round_trips() {
    let [read_cost, apply_cost, reread_cost] = apply(Account::default());
    // Three of the calls are about the root user, and three about event rules.
    assert_eq!(read_cost, (2, 16));
    // Bucket, policy, trail, start: two round trips each.
    assert_eq!(apply_cost, (8, 22));
    // Of each event rule, the targets and what failed.
    assert_eq!(reread_cost, (2, 24));
}

#[test]
fn a_working_account_is_read_in_three_round_trips_and_needs_no_changes() {
    let [read_cost, apply_cost, _] = apply(working_account());
    // The last one reads the attributes of the first confirmed subscription.
    assert_eq!(read_cost, (3, 21));
    assert_eq!(apply_cost, (0, 0));
}

/// Whether everything that concerns root has rootbell's name, so that nothing has to be looked for.
fn has_only_our_names(account: &Account) -> bool {
    account.regions.values().all(|region| {
        let mut filters = region.log_groups.values().flat_map(|group| group.filters.values());
        region.trails.keys().all(|name| name == "rootbell")
            && filters.all(|filter| default_metrics().contains(&filter.metric))
            && region.alarms.keys().all(|name| name.starts_with("rootbell-"))
    })
}

/// Reads an account as `status` does.
async fn observe(cloud: &DemoCloud, region: &Region, setup: &SetupOptions) -> observed::Observed {
    let asked: &dyn Cloud = cloud;
    let prefetch = Prefetch::new(&asked, region, setup);
    let identity = prefetch.alongside(cloud.identity()).await.unwrap();
    let now = crate::properties::now();
    engine::observe_with(asked, &identity, region, setup, ObserveScope::Everything, now, prefetch).await
}

#[test]
fn status_takes_three_round_trips_with_our_names_and_at_most_six_with_other_names() {
    let mut slow = Vec::new();
    for (name, was_set_up, mut account) in expressible_accounts() {
        let has_our_names = was_set_up && has_only_our_names(&account);
        account.timing.latency_ms = ROUND_TRIP;
        let region = Region::new(account.region.clone());
        let (cloud, setup) = (cloud(account), SetupOptions::default());
        let round_trips = in_virtual_time(async {
            let start = Instant::now();
            observe(&cloud, &region, &setup).await;
            start.elapsed().as_millis() / u128::from(ROUND_TRIP)
        });
        let calls = cloud.calls().len();
        // 34 in an account of which two Regions are read; in others at most 30, of which 13 look for default names in vain.
        let (most, most_calls) = if has_our_names { (3, 24) } else { (6, 36) };
        if round_trips > most || calls > most_calls {
            slow.push(format!("{name}: {round_trips} round trips, {calls} calls"));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn the_wizard_reads_an_account_in_three_round_trips_without_repeated_calls() {
    let mut account = working_account();
    account.timing.latency_ms = ROUND_TRIP;
    let mut tester = Tester::before_any_answer(account, 80, 24);
    tester.pass(Duration::from_millis(3 * ROUND_TRIP - 1));
    assert!(tester.model.account().derived.is_none());
    tester.pass(Duration::from_millis(2));
    assert!(tester.model.account().derived.is_some());
    // After these calls, the dashboard opens and makes its own.
    let asked = tester.on_account(DemoCloud::calls);
    let unique: BTreeSet<&String> = asked[..18].iter().collect();
    assert_eq!(unique.len(), 18, "{asked:?}");
}

#[test]
fn reading_three_chains_for_a_teardown_takes_no_longer_than_one_and_shares_calls() {
    let teardown = |more: &[&str], named: &[SetupOptions]| {
        let mut account = working_account();
        account.timing.latency_ms = ROUND_TRIP;
        for name in more {
            let trails = &mut region_mut(&mut account).trails;
            trails.insert((*name).to_owned(), trails["rootbell"].clone());
        }
        let cloud = cloud(account);
        in_virtual_time(async {
            let identity = cloud.identity().await.unwrap();
            let began = Instant::now();
            let chains =
                engine::teardown::managed_chains_of(&cloud, &identity, &Region::new(REGION), named, true).await;
            assert_eq!(chains.len(), (1 + more.len()) * named.len());
            assert!(chains.iter().all(|chain| chain.managed.contents.as_ref().is_ok_and(Option::is_some)));
            let calls = cloud.calls();
            let asked = |operation: &str| calls.iter().filter(|call| *call == operation).count();
            assert_eq!(asked("ListObjectVersions"), 1, "a bucket is listed once: {calls:?}");
            for once in ["DescribeTrails", "DescribeLogGroups", "DescribeAlarmsForMetric"] {
                assert_eq!(asked(once), named.len(), "{once}: {calls:?}");
            }
            began.elapsed()
        })
    };
    let unnamed = [SetupOptions::default()];
    let one = teardown(&[], &unnamed);
    assert_eq!(teardown(&["second", "third"], &unnamed), one);
    // The wizard also looks for the names used earlier in the session.
    let named = SetupOptions { filter: Some("named-before".into()), ..SetupOptions::default() };
    assert_eq!(teardown(&["second", "third"], &[SetupOptions::default(), named]), one);
}

#[test]
fn the_identity_is_known_at_once_while_other_calls_hang() {
    let mut account = Account::default();
    account.timing.latency_ms = ROUND_TRIP;
    let cloud = cloud(account);
    for operation in ["DescribeTrails", "DescribeLogGroups", "DescribeAlarms"] {
        cloud.inject_fault(operation, rootbell::cloud::demo::InjectedFault::Hang);
    }
    in_virtual_time(async {
        let asked: &dyn Cloud = &cloud;
        let began = Instant::now();
        Prefetch::new(&asked, &Region::new(REGION), &setup_options()).alongside(cloud.identity()).await.unwrap();
        assert_eq!(began.elapsed().as_millis(), u128::from(ROUND_TRIP));
    });
}

#[test]
fn resources_that_have_nothing_to_do_with_root_cost_no_calls_in_an_account_with_other_names() {
    let accounts: Vec<_> = expressible_accounts().filter(|(_, has_our_names, _)| !has_our_names).collect();
    let calls = |account: Account| {
        let region = Region::new(account.region.clone());
        let cloud = cloud(account);
        in_virtual_time(async {
            let (identity, setup) = (cloud.identity().await.unwrap(), SetupOptions::default());
            let now = crate::properties::now();
            engine::observe(&cloud, &identity, &region, &setup, ObserveScope::Everything, now).await;
        });
        cloud.calls().len()
    };
    let other = |n: usize| Metric::new("Other", &n.to_string());
    for name in ["security-hub-remediation", "two-trails-one-working", "threshold-2"] {
        let (_, _, small) = accounts.iter().find(|(found, ..)| found == name).unwrap();
        let mut large = small.clone();
        for region in large.regions.values_mut() {
            for group in region.log_groups.values_mut() {
                let filter = |n| MetricFilter {
                    pattern: "{ $.eventName = Other }".into(),
                    metric: other(n),
                    ..MetricFilter::default()
                };
                group.filters.extend((0..95).map(|n| (format!("other-{n}"), filter(n))));
            }
            region.log_groups.extend((0..500).map(|n| (format!("other/{n}"), LogGroup::default())));
            let alarm = |n| AlarmConfig { metric: other(n), ..AlarmConfig::default() }.into();
            region.alarms.extend((0..500).map(|n| (format!("other-{n}"), alarm(n))));
        }
        assert_eq!(calls(large), calls(small.clone()), "{name}");
    }
}

/// 5 trails, 10,000 log groups, 100 filters on rootbell's log group, 5,000 alarms, 100 subscribers, 10,000 root uses.
/// `bench/flat.py` uses ten times as many root uses.
fn big() -> Account {
    let mut account = working_account();
    let region = region_mut(&mut account);
    for n in 0..4 {
        let trail = Trail::from(observed::Trail {
            multi_region: false,
            bucket: format!("theirs-{n}"),
            ..observed::Trail::default()
        });
        region.trails.insert(format!("theirs-{n}"), trail);
    }
    region.log_groups.extend((0..9_999).map(|n| (format!("theirs/{n}"), LogGroup::default())));
    let ours = region.log_groups.get_mut("rootbell/cloudtrail").unwrap();
    let theirs = MetricFilter {
        pattern: "{ $.eventName = Other }".into(),
        metric: Metric::new("", "Other"),
        ..MetricFilter::default()
    };
    ours.filters.extend((0..99).map(|n| (format!("theirs-{n}"), theirs.clone())));
    let event = root_event();
    ours.events = (1..=10_000).map(|n| Event { at: -3600 - 60 * n, ..event.clone() }).collect();
    let alarm: Alarm =
        AlarmConfig { metric: Metric::new("AWS/EC2", "CPUUtilization"), ..AlarmConfig::default() }.into();
    region.alarms.extend((0..4_999).map(|n| (format!("theirs-{n}"), alarm.clone())));
    let topic = region.topics.get_mut("rootbell-alerts").unwrap();
    topic.subscriptions.extend((0..99).map(|n| {
        Subscription::from(observed::Subscription {
            endpoint: format!("someone-{n}@example.com"),
            state: Confirmation::Confirmed,
            ..observed::Subscription::default()
        })
    }));
    account
}

fn root_event() -> Event {
    let mut account = scenario("ringing");
    let group = region_mut(&mut account).log_groups.get_mut("rootbell/cloudtrail").unwrap();
    group.events.first().cloned().unwrap()
}

#[test]
fn a_big_account_takes_no_more_calls_than_a_small_one() {
    assert_eq!(apply(big())[..2], apply(working_account())[..2]);
}

#[test]
fn the_dashboard_makes_the_same_calls_for_a_big_account_as_for_a_small_one() {
    let asked = |account: Account| {
        let mut tester = Tester::on(account, 80, 24);
        tester.pass(Duration::from_mins(2));
        tester.on_account(|cloud| {
            let mut calls = cloud.calls();
            calls.sort();
            calls
        })
    };
    assert_eq!(asked(big()), asked(working_account()));
}

#[test]
fn a_page_of_root_events_is_bounded_however_many_there_are() {
    let cloud = cloud(big());
    let from = "2026-11-16T12:00:00Z".parse().unwrap();
    let search = Search {
        log_group: "rootbell/cloudtrail",
        pattern: pattern::CIS_PATTERN,
        from,
        to: "2026-11-23T12:00:00Z".parse().unwrap(),
        page: None,
    };
    let page = in_virtual_time(cloud.filter_log_events(&Region::new(REGION), &search)).unwrap();
    assert!(page.events.len() <= 100 && page.next.is_some(), "{} events", page.events.len());
}

#[test]
fn each_key_and_each_message_draws_once_and_the_same_model_draws_the_same_screen() {
    for (width, height) in [(60, 20), (80, 24), (200, 50)] {
        let mut tester = Tester::on(scenario("ringing"), width, height);
        tester.pass(Duration::from_secs(2));
        for keys in ["?", "esc", "down", "tab"] {
            let before = tester.draws;
            tester.press(keys);
            assert_eq!(tester.draws - before, 1, "{keys}");
            let drawn = tester.buffer().clone();
            assert_eq!(*tester.redrawn(), drawn);
        }
    }
}

#[test]
fn an_idle_wizard_schedules_no_ticks() {
    let mut tester = Tester::on(Account::default(), 80, 24);
    tester.pass(Duration::from_secs(10));
    assert_eq!(tester.model.deadline(), None);
    let before = tester.draws;
    tester.pass(Duration::from_hours(1));
    assert_eq!(tester.draws, before);
}

#[test]
fn an_idle_dashboard_makes_few_calls_and_few_draws() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(Duration::from_mins(1));
    let calls = |tester: &Tester| tester.on_account(|cloud| cloud.calls().len());
    let before = (tester.draws, calls(&tester));
    tester.pass(Duration::from_hours(1));
    let (draws, calls) = (tester.draws - before.0, calls(&tester) - before.1);
    // The alarm is polled every 10 s, events and the chain every minute; each query and each answer draws at most once. Each
    // read of the chain has three calls about the root user, and three about event rules.
    assert!(draws <= 2000 && calls <= 1900, "{draws} draws, {calls} calls an hour");
}

#[test]
fn outside_the_dashboard_only_the_alarm_is_polled_and_slowly() {
    let mut tester = Tester::on(working_account(), 80, 24);
    tester.pass(Duration::from_mins(1));
    tester.press("esc").pass(Duration::from_secs(1));
    let calls = |tester: &Tester| tester.on_account(DemoCloud::calls);
    let (draws, before) = (tester.draws, calls(&tester).len());
    tester.pass(Duration::from_hours(1));
    let asked = calls(&tester).split_off(before);
    assert!(asked.iter().all(|call| call == "DescribeAlarms"), "{asked:?}");
    assert!((100..=121).contains(&asked.len()), "{} calls an hour", asked.len());
    assert!(tester.draws - draws <= 250, "{} draws an hour", tester.draws - draws);
}

#[cfg(unix)]
#[test]
fn over_http_a_fresh_account_takes_eight_round_trips_and_a_status_three() {
    // Long enough for all requests of one round trip to overlap. On a busy machine, a late one looks like another round trip:
    // then a larger latency shows whether it depends on the one before.
    let mut found = Vec::new();
    for latency in [150, 500, 1500] {
        let problems = problems_over_http(Duration::from_millis(latency));
        if problems.is_empty() {
            return;
        }
        found.push((latency, problems));
    }
    panic!("{found:#?}");
}

/// What takes too many requests, or round trips, or connections.
#[cfg(unix)]
fn problems_over_http(latency: Duration) -> Vec<String> {
    let aws = EmulatedAws::new(REGION);
    aws.proxy.set_latency(latency);
    let mut problems = Vec::new();
    let mut cost = |args: &[&str], statuses: [i32; 2], most_deep: usize, most_asked: usize| {
        aws.proxy.forget_calls();
        let output = aws.rootbell(args).output();
        assert!(output.status.is_some_and(|status| statuses.contains(&status)), "{output:#?}");
        let (deep, asked) = (aws.proxy.longest_chain(), aws.proxy.seen_calls().len());
        if deep > most_deep || asked > most_asked {
            problems.push(format!("{args:?}: {deep} round trips, {asked} requests"));
        }
        // Connections are reused: there are no more of them than concurrent requests, plus a few opened too late.
        let (connections, most) = (aws.proxy.connections(), aws.proxy.most_in_flight());
        if args[0] == "apply" && connections > most + 3 {
            problems.push(format!("{args:?}: {connections} connections for {most} at once"));
        }
    };
    cost(&["apply", "--yes", "--email", EMAIL], [0, 0], 8, 68);
    cost(&["apply", "--yes", "--email", EMAIL], [0, 0], 3, 38);
    cost(&["plan", "--email", EMAIL], [0, 3], 3, 38);
    cost(&["status"], [0, 3], 3, 38);
    problems
}

/// That nothing works here is only known when no alarm watches the metric of the filter here. Other Regions are read only
/// then, because an account that works here shall not be read twice; from then on, that takes four round trips.
#[test]
fn a_region_where_only_the_alarm_is_missing_takes_one_more_round_trip_before_another_region_is_found() {
    let (_, _, mut account) = expressible_accounts().find(|(name, ..)| name == "two-home-regions").unwrap();
    let filter = account.regions["us-east-1"].log_groups["z-global"].filters["root-use"].clone();
    let filter = MetricFilter { metric: Metric::new("LogMetrics", "Here"), ..filter };
    let groups = &mut account.regions.get_mut(REGION).unwrap().log_groups;
    groups.get_mut("CloudTrail/DefaultLogGroup").unwrap().filters.insert("root-use".into(), filter);
    account.timing.latency_ms = ROUND_TRIP;
    let (cloud, setup, region) = (cloud(account), SetupOptions::default(), Region::new(REGION));
    let (round_trips, observed) = in_virtual_time(async {
        let start = Instant::now();
        let observed = observe(&cloud, &region, &setup).await;
        (start.elapsed().as_millis() / u128::from(ROUND_TRIP), observed)
    });
    assert_eq!(observed.elsewhere.unwrap().region, "us-east-1");
    assert_eq!((round_trips, cloud.calls().len() <= 38), (7, true), "{} calls", cloud.calls().len());
}
