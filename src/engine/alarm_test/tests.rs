use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::*;
use crate::cloud::demo::account::{self, Account, Region};
use crate::cloud::demo::{DemoCloud, InjectedFault};
use crate::domain::SetupOptions;
use crate::domain::fixtures::{settings, sound};
use crate::domain::observed::{Metric, Observed};
use crate::domain::pattern::CIS_PATTERN;

mod events;

const ALARM: &str = "rootbell-root-use";
const GROUP: &str = "rootbell/cloudtrail";
const TOPIC: &str = "rootbell-alerts";

fn home() -> crate::domain::Region {
    crate::domain::Region::new("eu-west-1")
}

/// An account that is set up, its clock (which follows tokio's), and the progress that was reported.
struct TestSetup {
    cloud: DemoCloud,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    progress: Mutex<Vec<TestRun>>,
    timeout: i64,
}

impl TestSetup {
    fn new(alter: impl FnOnce(&mut Region)) -> Self {
        let mut account = Account::default().set_up_for(&["alice@example.com"]).unwrap();
        alter(account.regions.get_mut("eu-west-1").unwrap());
        Self::of(account)
    }

    fn of(mut account: Account) -> Self {
        account.timing.evaluated_after = 20;
        let began = Instant::now();
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let clock = Arc::new(move || start + began.elapsed());
        let cloud = DemoCloud::new(account, Arc::clone(&clock) as _);
        Self { cloud, clock, progress: Mutex::default(), timeout: 60 }
    }

    fn sound() -> Self {
        Self::new(|_| {})
    }

    fn alarm_test(&self) -> AlarmTest {
        AlarmTest {
            alarm: ALARM.into(),
            caller: self.cloud.snapshot().identity(),
            region: home(),
            timeout: SignedDuration::from_secs(self.timeout),
        }
    }

    async fn watched<T>(&self, work: impl AsyncFnOnce(&Observer<'_>) -> T) -> T {
        let progress = |run| self.progress.lock().unwrap().push(run);
        work(&Observer { clock: &*self.clock, news: &progress }).await
    }

    async fn test(&self) -> Result<TestRun, TestError> {
        self.watched(async |observer| run_test(&self.cloud, &self.alarm_test(), observer).await).await
    }

    async fn drill(&self, id: &str) -> Result<TestRun, TestError> {
        let home = self.cloud.snapshot().identity().in_region(&home());
        let drill = Drill {
            log_group: GROUP.into(),
            pattern: CIS_PATTERN.into(),
            metric: Metric { namespace: "rootbell".into(), name: "RootUse".into() },
            id: id.into(),
            events: EventDrill::of(&home, &existing_rules(&self.cloud, &home).await, id),
        };
        self.watched(async |observer| run_drill(&self.cloud, &self.alarm_test(), &drill, observer).await).await
    }

    fn last_progress(&self) -> TestRun {
        self.progress.lock().unwrap().last().unwrap().clone()
    }

    /// Operations that change something, in order.
    fn writes(&self) -> Vec<String> {
        let writes = ["SetAlarmState", "CreateLogStream", "PutLogEvents", "PutEvents"];
        self.cloud.calls().into_iter().filter(|name| writes.contains(&name.as_str())).collect()
    }

    fn region(&self) -> Region {
        self.cloud.snapshot().regions["eu-west-1"].clone()
    }
}

fn stages(run: &TestRun) -> Vec<(TestStage, i64)> {
    run.alarm.seen.iter().map(|seen| (seen.stage, seen.after.as_secs())).collect()
}

fn alarm(region: &mut Region) -> &mut account::Alarm {
    region.alarms.get_mut(ALARM).unwrap()
}

fn topic(region: &mut Region) -> &mut account::Topic {
    region.topics.get_mut(TOPIC).unwrap()
}

/// On a paused clock that jumps to the next timer.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn a_test_reports_when_the_alarm_fired_the_notification_was_sent_and_ok_returned() {
    run(async {
        let setup = TestSetup::sound();
        let run = setup.test().await.unwrap();
        assert_eq!(stages(&run), [(TestStage::Alarm, 0), (TestStage::Action, 0), (TestStage::Back, 20)]);
        assert!(run.dispatched());
        assert_eq!(run.alarm.waiting_for, None);
        assert_eq!(
            run.alarm.seen[0].said,
            "Test alarm by rootbell, started by arn:aws:iam::123456789012:user/alice at 2026-11-23T08:00:00Z. \
             Nobody used root."
        );
        assert!(
            run.alarm.seen[1].said.starts_with("Successfully executed action arn:aws:sns:"),
            "{}",
            run.alarm.seen[1].said
        );
        let turns: Vec<_> =
            setup.progress.lock().unwrap().iter().map(|run| (run.alarm.seen.len(), run.alarm.waiting_for)).collect();
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
fn an_alarm_already_in_alarm_is_set_to_ok_first_and_only_the_new_change_counts() {
    run(async {
        let setup = TestSetup::sound();
        setup.test().await.unwrap();
        // It is in ALARM for another reason, and that notification was sent; this time it can't be.
        let why = "Threshold Crossed".to_owned();
        let set = Change::SetAlarmState { alarm: ALARM.into(), state: AlarmState::Alarm, reason: why };
        setup.cloud.apply(&home(), &set).await.unwrap();
        setup.cloud.modify(|account| {
            topic(account.regions.get_mut("eu-west-1").unwrap()).config.kms_key = Some("alias/aws/sns".into());
        });
        let ended = setup.test().await;
        assert!(matches!(ended, Err(TestError::NotSent(_))), "{ended:?}");
        let states: Vec<_> = alarm(&mut setup.region()).history.iter().map(|entry| entry.summary.clone()).collect();
        let [.., first, second, _] = &states[..] else { panic!("{states:?}") };
        assert_eq!(first, "Alarm updated from ALARM to OK");
        assert_eq!(second, "Alarm updated from OK to ALARM");
    });
}

#[test]
fn testing_a_missing_alarm_fails_and_changes_nothing() {
    run(async {
        let setup = TestSetup::new(|region| region.alarms.clear());
        assert_eq!(setup.test().await, Err(TestError::NoAlarm));
        assert_eq!(setup.drill("d").await, Err(TestError::NoAlarm));
        assert_eq!(setup.writes(), Vec::<String>::new());
    });
}

#[test]
fn a_notification_that_cannot_be_sent_fails_the_test_with_the_message_from_aws() {
    type Damage = fn(&mut Region);
    let damages: [(Damage, &str); 4] = [
        (
            |region| topic(region).config.policy = Some(serde_json::json!({ "Statement": [] }).into()),
            "is not authorized to perform",
        ),
        (|region| topic(region).config.kms_key = Some("alias/aws/sns".into()), "AWSKMS"),
        // A customer-managed key that doesn't exist, or doesn't allow CloudWatch, fails in the same way.
        (|region| topic(region).config.kms_key = Some("arn:aws:kms:eu-west-1:123456789012:key/1".into()), "AWSKMS"),
        (|region| region.topics.clear(), "Topic does not exist"),
    ];
    for (damage, said) in damages {
        run(async {
            let setup = TestSetup::new(damage);
            let Err(error) = setup.test().await else { panic!("{said}: the notification was sent") };
            assert!(matches!(&error, TestError::NotSent(words) if words.contains(said)), "{error:?}");
            assert!(error.why().contains(said) && error.fix().content().contains("SeeChecks"), "{error:?}");
            assert_eq!(stages(&setup.last_progress()), [(TestStage::Alarm, 0)]);
            assert!(!setup.last_progress().dispatched());
        });
    }
}

#[test]
fn one_successful_action_is_enough_and_the_failed_ones_are_named() {
    run(async {
        let missing = "arn:aws:sns:eu-west-1:123456789012:gone";
        let setup = TestSetup::new(|region| alarm(region).config.actions.insert(0, missing.into()));
        let run = setup.test().await.unwrap();
        assert!(run.dispatched());
        let said = &run.alarm.seen[1].said;
        assert!(
            said.starts_with("Successfully executed") && said.contains(&format!("Failed to execute action {missing}"))
        );
        let setup = TestSetup::new(|region| {
            alarm(region).config.actions = vec![missing.into(), format!("{missing}-too").into()];
        });
        let Err(TestError::NotSent(said)) = setup.test().await else { panic!("nothing can be sent") };
        assert_eq!(said.matches("Failed to execute").count(), 2, "{said}");
    });
}

#[test]
fn with_actions_disabled_the_test_times_out_waiting_for_the_notification() {
    run(async {
        let setup = TestSetup::new(|region| alarm(region).config.actions_enabled = false);
        let Err(error) = setup.test().await else { panic!("the notification was sent") };
        assert_eq!(error, TestError::TimedOut { stage: TestStage::Action, waited: SignedDuration::from_secs(60) });
        assert_eq!(error.why(), "Timed out after 60 s waiting for: notification sent.");
        assert_eq!(setup.last_progress().alarm.waiting_for, Some(TestStage::Action));
    });
}

#[test]
fn a_drill_is_followed_stage_by_stage_and_leaves_one_marked_event() {
    run(async {
        let setup = TestSetup::sound();
        let run = setup.drill("d-1").await.unwrap();
        // It takes five minutes to return to OK; the drill doesn't wait for that.
        let seen = stages(&run);
        let names: Vec<_> = seen.iter().map(|(stage, _)| *stage).collect();
        assert_eq!(
            names,
            [TestStage::Stored, TestStage::Matched, TestStage::Counted, TestStage::Alarm, TestStage::Action]
        );
        let (found, counted, alarm) = (seen[1].1, seen[2].1, seen[3].1);
        // In the demo, an event can be found after a fifth of the time to the alarm, and is counted after half of it.
        assert!((4..=5).contains(&found) && (10..=11).contains(&counted) && (20..=21).contains(&alarm), "{run:?}");
        assert_eq!(run.alarm.waiting_for, Some(TestStage::Back));
        let group = setup.region().log_groups[GROUP].clone();
        assert_eq!(Vec::from_iter(group.streams), [DRILL_STREAM]);
        assert_eq!(group.events.len(), 1);
        assert_eq!(group.events[0].event["eventSource"], "drill.rootbell");
        assert_eq!(group.events[0].event["eventID"], "d-1");
    });
}

#[test]
fn a_second_drill_reuses_the_stream_and_is_not_mistaken_for_the_first() {
    run(async {
        let setup = TestSetup::sound();
        setup.drill("d-1").await.unwrap();
        assert_eq!(setup.drill("d-2").await, Err(TestError::AlreadyInAlarm), "it is still in ALARM");
        tokio::time::sleep(Duration::from_mins(6)).await;
        let run = setup.drill("d-2").await.unwrap();
        assert!(run.dispatched() && stages(&run)[3].1 >= 20, "{run:?}");
        assert_eq!(setup.region().log_groups[GROUP].events.len(), 2);
    });
}

#[test]
fn a_drill_while_in_alarm_is_refused_before_anything_is_written() {
    run(async {
        let setup = TestSetup::new(|region| {
            (alarm(region).state, alarm(region).since, alarm(region).config.missing_data) =
                (AlarmState::Alarm, Some(-30), "ignore".into());
        });
        let Err(error) = setup.drill("d").await else { panic!("it is already in ALARM") };
        assert_eq!(error, TestError::AlreadyInAlarm);
        assert!(error.fix().content().contains("Wait until it returns to OK"));
        assert_eq!(setup.writes(), Vec::<String>::new());
    });
}

#[test]
fn a_drill_that_the_filter_does_not_count_says_what_to_check() {
    run(async {
        let setup = TestSetup::new(|region| region.log_groups.get_mut(GROUP).unwrap().filters.clear());
        let Err(error) = setup.drill("d").await else { panic!("nothing counts it") };
        assert!(matches!(error, TestError::TimedOut { stage: TestStage::Counted, .. }), "{error:?}");
        assert!(error.fix().content().contains("metric filter"), "{error:?}");
        let setup = TestSetup::new(|region| alarm(region).config.metric.name = "Other".into());
        let ended = setup.drill("d").await;
        assert!(matches!(ended, Err(TestError::TimedOut { stage: TestStage::Alarm, .. })), "{ended:?}");
    });
}

#[test]
fn each_denied_call_is_named_and_a_denied_query_prevents_every_write() {
    let queries = ["DescribeAlarms", "DescribeAlarmHistory"];
    for denied in [&queries[..], &["SetAlarmState"]].concat() {
        run(async {
            let setup = TestSetup::sound();
            setup.cloud.inject_fault(denied, InjectedFault::Deny);
            let Err(TestError::Call(error)) = setup.test().await else { panic!("{denied} is denied") };
            assert_eq!((error.kind, error.operation), (ErrorKind::AccessDenied, denied));
            assert_eq!(setup.writes().is_empty(), denied != "SetAlarmState", "{denied}");
        });
    }
    let writes = ["CreateLogStream", "PutLogEvents"];
    for denied in [&queries[..], &["FilterLogEvents", "GetMetricStatistics"], &writes].concat() {
        run(async {
            let setup = TestSetup::sound();
            setup.cloud.inject_fault(denied, InjectedFault::Deny);
            let Err(TestError::Call(error)) = setup.drill("d").await else { panic!("{denied} is denied") };
            assert_eq!((error.kind, error.operation), (ErrorKind::AccessDenied, denied));
            assert!(error.fix().content().contains(error.iam_action), "{error:?}");
            assert_eq!(setup.writes().is_empty(), !writes.contains(&denied), "{denied}");
            assert_eq!(setup.region().log_groups[GROUP].events, [], "{denied}");
        });
    }
}

#[test]
fn a_temporary_error_while_polling_does_not_end_the_test() {
    for failing in ["DescribeAlarmHistory", "FilterLogEvents", "GetMetricStatistics"] {
        run(async {
            let setup = TestSetup::sound();
            setup.cloud.inject_fault(failing, InjectedFault::ThrottleOnce);
            assert!(setup.drill("d").await.unwrap().dispatched(), "{failing}");
            let setup = TestSetup::sound();
            setup.cloud.inject_fault(failing, InjectedFault::ThrottleOnce);
            assert!(setup.test().await.unwrap().dispatched(), "{failing}");
        });
    }
}

#[test]
fn a_query_that_always_fails_is_reported_instead_of_a_timeout() {
    for failing in ["DescribeAlarmHistory", "FilterLogEvents"] {
        run(async {
            let setup = TestSetup::sound();
            setup.cloud.inject_fault(failing, InjectedFault::Throttle);
            // Once the event is counted, the pattern must have matched it.
            let wanted = (failing == "DescribeAlarmHistory").then_some(failing);
            let failed_call = match setup.drill("d").await {
                Err(TestError::Call(error)) => Some(error.operation),
                ended => {
                    assert!(ended.is_ok(), "{ended:?}");
                    None
                }
            };
            assert_eq!(failed_call, wanted);
        });
    }
}

#[test]
fn without_a_connection_nothing_is_changed() {
    for fault in [InjectedFault::Offline, InjectedFault::Timeout] {
        run(async {
            let setup = TestSetup::sound();
            setup.cloud.inject_fault("DescribeAlarmHistory", fault);
            assert!(matches!(setup.test().await, Err(TestError::Call(_))));
            assert!(matches!(setup.drill("d").await, Err(TestError::Call(_))));
            assert_eq!(setup.writes(), Vec::<String>::new());
        });
    }
}

#[test]
fn an_error_after_the_notification_does_not_fail_the_test() {
    run(async {
        let setup = TestSetup::sound();
        // The first two queries succeed, one before the change and one after it; then the session expires.
        setup.cloud.inject_fault("DescribeAlarmHistory", InjectedFault::Expired(3));
        let run = setup.test().await.unwrap();
        assert!(run.dispatched());
        assert_eq!(run.alarm.waiting_for, Some(TestStage::Back));
    });
}

#[test]
fn a_session_that_expires_before_the_notification_ends_the_test() {
    run(async {
        let setup = TestSetup::sound();
        setup.cloud.inject_fault("DescribeAlarmHistory", InjectedFault::Expired(2));
        let Err(TestError::Call(error)) = setup.test().await else { panic!("the session has expired") };
        assert_eq!(error.kind, ErrorKind::ExpiredCredentials);
    });
}

#[test]
fn root_use_shortly_before_is_not_mistaken_for_the_drill() {
    run(async {
        let setup = TestSetup::sound();
        let drill = crate::domain::samples::SAMPLES[0].json;
        setup.cloud.modify(|account| {
            let region = account.regions.get_mut("eu-west-1").unwrap();
            // The alarm watches another metric, so only the count shows the drill.
            alarm(region).config.metric.name = "Other".into();
            let group = region.log_groups.get_mut(GROUP).unwrap();
            group.events.push(account::Event { at: -30, event: serde_json::from_str(drill).unwrap() });
        });
        let ended = setup.drill("d").await;
        assert!(matches!(ended, Err(TestError::TimedOut { stage: TestStage::Alarm, .. })), "{ended:?}");
        let counted = setup.last_progress().alarm.seen[2].after.as_secs();
        assert!((10..=11).contains(&counted), "only the drill's event counts: {counted}");
    });
}

#[test]
fn a_wrong_clock_never_makes_a_stage_earlier_than_the_previous_one() {
    run(async {
        let setup = TestSetup::sound();
        for skew in [-120, 120] {
            let clock = || (setup.clock)() + SignedDuration::from_secs(skew);
            let observer = Observer { clock: &clock, news: &|_| {} };
            let run = run_test(&setup.cloud, &setup.alarm_test(), &observer).await.unwrap();
            let times: Vec<_> = stages(&run).into_iter().map(|(_, after)| after).collect();
            assert!(times.is_sorted() && times.iter().all(|after| (0..=22).contains(after)), "{skew}: {times:?}");
        }
    });
}

#[test]
fn the_reason_names_the_caller_and_is_never_longer_than_aws_allows() {
    let caller = Identity { account: "1".into(), arn: "x".repeat(2000).into(), alias: None };
    assert_eq!(reason("Test alarm", &caller, Timestamp::UNIX_EPOCH).chars().count(), 1023);
}

#[test]
fn a_log_group_with_another_name_is_shared_even_if_the_user_chose_the_name() {
    let observed = sound();
    let named = SetupOptions { log_group: Some("theirs".into()), ..SetupOptions::default() };
    assert!(Drill::is_shared_log_group(&settings(&named, &observed), &observed));
    let ours = settings(&SetupOptions::default(), &observed);
    assert!(!Drill::is_shared_log_group(&ours, &observed));
    assert!(Drill::of(&ours, &observed, Timestamp::UNIX_EPOCH).is_ok());
    let uncounted = Observed { filters: Ok(Vec::new()), ..observed };
    let result = Drill::of(&ours, &uncounted, Timestamp::UNIX_EPOCH);
    assert_eq!(result, Err(TestError::NotCounted { log_group: "rootbell/cloudtrail".into() }));
}
