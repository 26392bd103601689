use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::*;
use crate::cloud::demo::account::{self, Account, Region, State};
use crate::cloud::demo::{DemoCloud, InjectedFault};
use crate::domain::SetupOptions;
use crate::domain::fixtures::{settings, sound};
use crate::domain::observed::{Metric, Observed};
use crate::domain::pattern::CIS_PATTERN;

const ALARM: &str = "rootbell-root-use";
const GROUP: &str = "rootbell/cloudtrail";
const TOPIC: &str = "rootbell-alerts";

/// An account that is set up, its clock (which runs with tokio's), and what the watcher was told.
struct Stage {
    cloud: DemoCloud,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    news: Mutex<Vec<TestRun>>,
    patience: i64,
}

impl Stage {
    fn new(alter: impl FnOnce(&mut Region)) -> Self {
        let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
        account.timing.evaluated_after = 20;
        alter(account.regions.get_mut("eu-west-1").unwrap());
        let began = Instant::now();
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let clock = Arc::new(move || start + began.elapsed());
        let cloud = DemoCloud::new(account, Arc::clone(&clock) as _);
        Self { cloud, clock, news: Mutex::default(), patience: 60 }
    }

    fn sound() -> Self {
        Self::new(|_| {})
    }

    fn alarm_test(&self) -> AlarmTest {
        AlarmTest {
            alarm: ALARM.into(),
            caller: self.cloud.snapshot().identity(),
            region: "eu-west-1".into(),
            patience: SignedDuration::from_secs(self.patience),
        }
    }

    async fn watched<T>(&self, work: impl AsyncFnOnce(&Observer<'_>) -> T) -> T {
        let news = |ring| self.news.lock().unwrap().push(ring);
        work(&Observer { clock: &*self.clock, news: &news }).await
    }

    async fn test(&self) -> Result<TestRun, TestError> {
        self.watched(async |observer| run_test(&self.cloud, &self.alarm_test(), observer).await).await
    }

    async fn drill(&self, id: &str) -> Result<TestRun, TestError> {
        let drill = Drill {
            log_group: GROUP.into(),
            pattern: CIS_PATTERN.into(),
            metric: Metric { namespace: "rootbell".into(), name: "RootUse".into() },
            id: id.into(),
        };
        self.watched(async |observer| run_drill(&self.cloud, &self.alarm_test(), &drill, observer).await).await
    }

    fn last_news(&self) -> TestRun {
        self.news.lock().unwrap().last().unwrap().clone()
    }

    /// Operations that change something, in order.
    fn writes(&self) -> Vec<String> {
        let writes = ["SetAlarmState", "CreateLogStream", "PutLogEvents"];
        self.cloud.calls().into_iter().filter(|name| writes.contains(&name.as_str())).collect()
    }

    fn region(&self) -> Region {
        self.cloud.snapshot().regions["eu-west-1"].clone()
    }
}

fn hops(ring: &TestRun) -> Vec<(TestStage, i64)> {
    ring.seen.iter().map(|seen| (seen.stage, seen.after.as_secs())).collect()
}

fn alarm(region: &mut Region) -> &mut account::Alarm {
    region.alarms.get_mut(ALARM).unwrap()
}

fn topic(region: &mut Region) -> &mut account::Topic {
    region.topics.get_mut(TOPIC).unwrap()
}

/// With a clock of its own that jumps to the next moment at which something happens.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn a_test_sees_the_alarm_the_notification_and_the_way_back_with_their_times() {
    run(async {
        let stage = Stage::sound();
        let ring = stage.test().await.unwrap();
        assert_eq!(hops(&ring), [(TestStage::Alarm, 0), (TestStage::Action, 0), (TestStage::Back, 20)]);
        assert!(ring.dispatched());
        assert_eq!(ring.waits_for, None);
        assert_eq!(
            ring.seen[0].said,
            "Test alarm by rootbell, started by arn:aws:iam::123456789012:user/alice at 2026-11-23T08:00:00Z. \
             Nobody used root."
        );
        assert!(ring.seen[1].said.starts_with("Successfully executed action arn:aws:sns:"), "{}", ring.seen[1].said);
        let turns: Vec<_> = stage.news.lock().unwrap().iter().map(|ring| (ring.seen.len(), ring.waits_for)).collect();
        let wanted = [
            (0, Some(TestStage::Alarm)),
            (1, Some(TestStage::Alarm)),
            (2, Some(TestStage::Alarm)),
            (2, Some(TestStage::Back)),
            (3, Some(TestStage::Back)),
        ];
        assert_eq!(turns, wanted);
    });
}

#[test]
fn an_alarm_that_rings_already_is_set_to_ok_first_and_only_the_new_ring_counts() {
    run(async {
        let stage = Stage::sound();
        stage.test().await.unwrap();
        // It rings for another reason, and its notification went out; this time it will not.
        let why = "Threshold Crossed".to_owned();
        let set = Change::SetAlarmState { alarm: ALARM.into(), state: AlarmState::Alarm, reason: why };
        stage.cloud.apply(&set).await.unwrap();
        stage.cloud.meddle(|account| {
            topic(account.regions.get_mut("eu-west-1").unwrap()).kms_key = Some("alias/aws/sns".into());
        });
        let ended = stage.test().await;
        assert!(matches!(ended, Err(TestError::NotSent(_))), "{ended:?}");
        let states: Vec<_> = alarm(&mut stage.region()).history.iter().map(|entry| entry.summary.clone()).collect();
        let [.., first, second, _] = &states[..] else { panic!("{states:?}") };
        assert_eq!(first, "Alarm updated from ALARM to OK");
        assert_eq!(second, "Alarm updated from OK to ALARM");
    });
}

#[test]
fn without_an_alarm_there_is_nothing_to_ring() {
    run(async {
        let stage = Stage::new(|region| region.alarms.clear());
        assert_eq!(stage.test().await, Err(TestError::NoAlarm));
        assert_eq!(stage.drill("d").await, Err(TestError::NoAlarm));
        assert_eq!(stage.writes(), Vec::<String>::new());
    });
}

#[test]
fn what_keeps_the_notification_from_going_out_is_said_in_awss_words() {
    type Harm = fn(&mut Region);
    let harms: [(Harm, &str); 4] = [
        (|region| topic(region).policy = Some(serde_json::json!({ "Statement": [] })), "is not authorized to perform"),
        (|region| topic(region).kms_key = Some("alias/aws/sns".into()), "AWSKMS"),
        // A key of one's own that is not there, or does not serve CloudWatch, is no better.
        (|region| topic(region).kms_key = Some("arn:aws:kms:eu-west-1:123456789012:key/1".into()), "AWSKMS"),
        (|region| region.topics.clear(), "Topic does not exist"),
    ];
    for (harm, said) in harms {
        run(async {
            let stage = Stage::new(harm);
            let Err(error) = stage.test().await else { panic!("{said}: it went out") };
            assert!(matches!(&error, TestError::NotSent(words) if words.contains(said)), "{error:?}");
            assert!(error.why().contains(said) && error.fix().contains("rootbell status"), "{error:?}");
            assert_eq!(hops(&stage.last_news()), [(TestStage::Alarm, 0)]);
            assert!(!stage.last_news().dispatched());
        });
    }
}

#[test]
fn of_several_actions_one_that_goes_out_is_enough_and_the_others_are_named() {
    run(async {
        let gone = "arn:aws:sns:eu-west-1:123456789012:gone";
        let stage = Stage::new(|region| alarm(region).actions.insert(0, gone.into()));
        let ring = stage.test().await.unwrap();
        assert!(ring.dispatched());
        let said = &ring.seen[1].said;
        assert!(
            said.starts_with("Successfully executed") && said.contains(&format!("Failed to execute action {gone}"))
        );
        let stage = Stage::new(|region| alarm(region).actions = vec![gone.into(), format!("{gone}-too")]);
        let Err(TestError::NotSent(said)) = stage.test().await else { panic!("nothing can go out") };
        assert_eq!(said.matches("Failed to execute").count(), 2, "{said}");
    });
}

#[test]
fn with_actions_off_the_notification_is_waited_for_in_vain() {
    run(async {
        let stage = Stage::new(|region| alarm(region).actions_enabled = false);
        let Err(error) = stage.test().await else { panic!("it went out") };
        assert_eq!(error, TestError::TimedOut { stage: TestStage::Action, waited: SignedDuration::from_secs(60) });
        assert_eq!(error.why(), "Waited 60 s in vain for: notification sent.");
        assert_eq!(stage.last_news().waits_for, Some(TestStage::Action));
    });
}

#[test]
fn a_drill_is_followed_hop_by_hop_and_leaves_one_marked_event() {
    run(async {
        let stage = Stage::sound();
        let ring = stage.drill("d-1").await.unwrap();
        // Five minutes pass until it goes back: that is not waited for.
        let seen = hops(&ring);
        let names: Vec<_> = seen.iter().map(|(stage, _)| *stage).collect();
        assert_eq!(
            names,
            [TestStage::Stored, TestStage::Matched, TestStage::Counted, TestStage::Alarm, TestStage::Action]
        );
        let (found, counted, alarm) = (seen[1].1, seen[2].1, seen[3].1);
        // The demo finds an event after a fifth of the time to the alarm, and counts it after half of it.
        assert!((4..=5).contains(&found) && (10..=11).contains(&counted) && (20..=21).contains(&alarm), "{ring:?}");
        assert_eq!(ring.waits_for, Some(TestStage::Back));
        let group = stage.region().log_groups[GROUP].clone();
        assert_eq!(Vec::from_iter(group.streams), [DRILL_STREAM]);
        assert_eq!(group.events.len(), 1);
        assert_eq!(group.events[0].event["eventSource"], "drill.rootbell");
        assert_eq!(group.events[0].event["eventID"], "d-1");
    });
}

#[test]
fn a_second_drill_uses_the_stream_and_is_not_taken_for_the_first() {
    run(async {
        let stage = Stage::sound();
        stage.drill("d-1").await.unwrap();
        assert_eq!(stage.drill("d-2").await, Err(TestError::AlreadyInAlarm), "it still rings");
        tokio::time::sleep(Duration::from_mins(6)).await;
        let ring = stage.drill("d-2").await.unwrap();
        assert!(ring.dispatched() && hops(&ring)[3].1 >= 20, "{ring:?}");
        assert_eq!(stage.region().log_groups[GROUP].events.len(), 2);
    });
}

#[test]
fn a_drill_while_it_rings_is_refused_before_anything_is_written() {
    run(async {
        let stage = Stage::new(|region| {
            (alarm(region).state, alarm(region).since, alarm(region).missing_data) =
                (State::Alarm, Some(-30), "ignore".into());
        });
        let Err(error) = stage.drill("d").await else { panic!("it rings already") };
        assert_eq!(error, TestError::AlreadyInAlarm);
        assert!(error.fix().contains("Wait until it is back to OK"));
        assert_eq!(stage.writes(), Vec::<String>::new());
    });
}

#[test]
fn a_drill_that_the_filter_does_not_count_says_where_to_look() {
    run(async {
        let stage = Stage::new(|region| region.log_groups.get_mut(GROUP).unwrap().filters.clear());
        let Err(error) = stage.drill("d").await else { panic!("nothing counts it") };
        assert!(matches!(error, TestError::TimedOut { stage: TestStage::Counted, .. }), "{error:?}");
        assert!(error.fix().contains("metric filter"), "{error:?}");
        let stage = Stage::new(|region| alarm(region).metric = "Other".into());
        let ended = stage.drill("d").await;
        assert!(matches!(ended, Err(TestError::TimedOut { stage: TestStage::Alarm, .. })), "{ended:?}");
    });
}

#[test]
fn each_call_that_is_denied_is_named_and_a_look_that_is_denied_keeps_everything_from_happening() {
    let looks = ["DescribeAlarms", "DescribeAlarmHistory"];
    for denied in [&looks[..], &["SetAlarmState"]].concat() {
        run(async {
            let stage = Stage::sound();
            stage.cloud.fault(denied, InjectedFault::Deny);
            let Err(TestError::Call(error)) = stage.test().await else { panic!("{denied} is denied") };
            assert_eq!((error.kind, error.operation), (ErrorKind::AccessDenied, denied));
            assert_eq!(stage.writes().is_empty(), denied != "SetAlarmState", "{denied}");
        });
    }
    let writes = ["CreateLogStream", "PutLogEvents"];
    for denied in [&looks[..], &["FilterLogEvents", "GetMetricData"], &writes].concat() {
        run(async {
            let stage = Stage::sound();
            stage.cloud.fault(denied, InjectedFault::Deny);
            let Err(TestError::Call(error)) = stage.drill("d").await else { panic!("{denied} is denied") };
            assert_eq!((error.kind, error.operation), (ErrorKind::AccessDenied, denied));
            assert!(error.fix().contains(error.iam_action), "{error:?}");
            assert_eq!(stage.writes().is_empty(), !writes.contains(&denied), "{denied}");
            assert_eq!(stage.region().log_groups[GROUP].events, [], "{denied}");
        });
    }
}

#[test]
fn a_slip_while_watching_is_no_verdict() {
    for slips in ["DescribeAlarmHistory", "FilterLogEvents", "GetMetricData"] {
        run(async {
            let stage = Stage::sound();
            stage.cloud.fault(slips, InjectedFault::ThrottleOnce);
            assert!(stage.drill("d").await.unwrap().dispatched(), "{slips}");
            let stage = Stage::sound();
            stage.cloud.fault(slips, InjectedFault::ThrottleOnce);
            assert!(stage.test().await.unwrap().dispatched(), "{slips}");
        });
    }
}

#[test]
fn what_is_never_answered_is_said_rather_than_what_was_waited_for() {
    for slips in ["DescribeAlarmHistory", "FilterLogEvents"] {
        run(async {
            let stage = Stage::sound();
            stage.cloud.fault(slips, InjectedFault::Throttle);
            // The count tells that the pattern has found it, too.
            let wanted = (slips == "DescribeAlarmHistory").then_some(slips);
            let called = match stage.drill("d").await {
                Err(TestError::Call(error)) => Some(error.operation),
                ended => {
                    assert!(ended.is_ok(), "{ended:?}");
                    None
                }
            };
            assert_eq!(called, wanted);
        });
    }
}

#[test]
fn without_a_connection_nothing_is_done() {
    for fault in [InjectedFault::Offline, InjectedFault::Timeout] {
        run(async {
            let stage = Stage::sound();
            stage.cloud.fault("DescribeAlarmHistory", fault);
            assert!(matches!(stage.test().await, Err(TestError::Call(_))));
            assert!(matches!(stage.drill("d").await, Err(TestError::Call(_))));
            assert_eq!(stage.writes(), Vec::<String>::new());
        });
    }
}

#[test]
fn what_goes_wrong_after_the_notification_went_out_does_not_undo_the_proof() {
    run(async {
        let stage = Stage::sound();
        // Asked before, once for the ring, and then no more.
        stage.cloud.fault("DescribeAlarmHistory", InjectedFault::Expired(3));
        let ring = stage.test().await.unwrap();
        assert!(ring.dispatched());
        assert_eq!(ring.waits_for, Some(TestStage::Back));
    });
}

#[test]
fn a_session_that_ends_before_the_notification_went_out_ends_the_ring() {
    run(async {
        let stage = Stage::sound();
        stage.cloud.fault("DescribeAlarmHistory", InjectedFault::Expired(2));
        let Err(TestError::Call(error)) = stage.test().await else { panic!("nothing was seen") };
        assert_eq!(error.kind, ErrorKind::ExpiredCredentials);
    });
}

#[test]
fn a_root_use_shortly_before_is_not_taken_for_the_drill() {
    run(async {
        let stage = Stage::sound();
        let drill = crate::domain::samples::SAMPLES[0].json;
        stage.cloud.meddle(|account| {
            let region = account.regions.get_mut("eu-west-1").unwrap();
            // Its alarm looks at another metric: only the count tells.
            alarm(region).metric = "Other".into();
            let group = region.log_groups.get_mut(GROUP).unwrap();
            group.events.push(account::Event { at: -30, event: serde_json::from_str(drill).unwrap() });
        });
        let ended = stage.drill("d").await;
        assert!(matches!(ended, Err(TestError::TimedOut { stage: TestStage::Alarm, .. })), "{ended:?}");
        let counted = stage.last_news().seen[2].after.as_secs();
        assert!((10..=11).contains(&counted), "only the drill's own counts: {counted}");
    });
}

#[test]
fn a_clock_that_is_wrong_makes_no_hop_earlier_than_the_one_before() {
    run(async {
        let stage = Stage::sound();
        for skew in [-120, 120] {
            let clock = || (stage.clock)() + SignedDuration::from_secs(skew);
            let observer = Observer { clock: &clock, news: &|_| {} };
            let ring = run_test(&stage.cloud, &stage.alarm_test(), &observer).await.unwrap();
            let times: Vec<_> = hops(&ring).into_iter().map(|(_, after)| after).collect();
            assert!(times.is_sorted() && times.iter().all(|after| (0..=22).contains(after)), "{skew}: {times:?}");
        }
    });
}

#[test]
fn the_reason_names_who_and_is_never_longer_than_aws_takes() {
    let caller = Identity { account: "1".into(), arn: "x".repeat(2000), alias: None };
    assert_eq!(reason("Test alarm", &caller, Timestamp::UNIX_EPOCH).chars().count(), 1023);
}

#[test]
fn a_log_group_is_among_others_though_the_user_has_named_it() {
    let observed = sound();
    let named = SetupOptions { log_group: Some("theirs".into()), ..SetupOptions::default() };
    assert!(Drill::is_among_others(&settings(&named, &observed), &observed));
    let ours = settings(&SetupOptions::default(), &observed);
    assert!(!Drill::is_among_others(&ours, &observed));
    assert!(Drill::of(&ours, &observed, Timestamp::UNIX_EPOCH).is_ok());
    let uncounted = Observed { filters: Ok(Vec::new()), ..observed };
    let refused = Drill::of(&ours, &uncounted, Timestamp::UNIX_EPOCH);
    assert_eq!(refused, Err(TestError::NotCounted { log_group: "rootbell/cloudtrail".into() }));
}
