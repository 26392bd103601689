//! Makes the alarm fire on purpose, and checks that the notification is sent. A test starts at the alarm, a drill at the
//! log group.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::join;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Answer, Cloud, ErrorKind, Search};
use crate::domain::activity::{HistoryItem, HistoryKind, reason};
use crate::domain::event::{DRILL_STREAM, drill_event};
use crate::domain::observed::{Alarm, AlarmState};
use crate::domain::text::escape_controls;
use crate::domain::{Change, Identity, Region};

mod drill;
mod events;
mod progress;
mod result;

pub use drill::Drill;
pub use events::{EventDrill, existing_rules};
use progress::{Following, Progress, minus, unless_throttled};
pub use result::{EventRun, PathRun, StageResult, TestError, TestRun, TestStage};

/// Which alarm to test, and on whose behalf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmTest {
    pub alarm: String,
    pub caller: Identity,
    pub region: Region,
    /// How long to wait for each stage.
    pub timeout: SignedDuration,
}

impl AlarmTest {
    /// How long to wait for each stage unless the user says otherwise. In a drill, the metric and the alarm's evaluation
    /// take a minute or two each.
    ///
    /// Source: CloudWatch User Guide, "Using Amazon CloudWatch alarms", on alarm evaluation: an alarm with a period of a
    /// minute or more is evaluated every minute.
    pub fn default_timeout(drill: bool) -> SignedDuration {
        SignedDuration::from_mins(if drill { 5 } else { 2 })
    }

    fn following<'a>(
        &self,
        observer: &Observer<'a>,
        report: &'a (dyn Fn(PathRun) + Sync),
        interval: Duration,
    ) -> Following<'a> {
        Following { clock: observer.clock, report, timeout: self.timeout, interval }
    }
}

/// Time between two polls.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How long to wait for the alarm to return to OK after the notification. This is not part of the proof.
const RETURN_TIMEOUT: SignedDuration = SignedDuration::from_secs(90);

/// The caller's clock, and its callback for progress.
pub struct Observer<'a> {
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Called with each change.
    pub news: &'a (dyn Fn(TestRun) + Sync),
}

/// How to recognize the state change that this test caused.
struct ExpectedChange {
    /// The reason of a state that we set ourselves.
    reason: Option<String>,
    /// Any other change is later than everything in the history before the test, by AWS's clock.
    latest_before: Option<Timestamp>,
}

impl ExpectedChange {
    fn new(reason: Option<&str>, existing: &Alarm, history: &[HistoryItem]) -> Self {
        let latest_before = history.iter().map(|item| item.at).max().max(existing.since);
        Self { reason: reason.map(escape_controls), latest_before }
    }

    fn matches(&self, item: &HistoryItem) -> bool {
        let HistoryKind::StateUpdate { to: AlarmState::Alarm, reason, .. } = &item.kind else { return false };
        self.reason.as_ref() == Some(reason) || self.latest_before.is_none_or(|latest_before| item.at > latest_before)
    }
}

struct TestFollower<'a> {
    cloud: &'a dyn Cloud,
    test: &'a AlarmTest,
    expected_change: ExpectedChange,
    /// How many actions the alarm has.
    actions: usize,
    progress: Progress<'a>,
}

/// How far our clock may differ from AWS's.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Sets the alarm to ALARM, then waits for the notification and for the return to OK. This proves alarm → topic, not trail
/// → filter. An alarm that is already in ALARM is set to OK first, because actions run only on a change of state. Nothing is
/// sent if the history can't be read, because only the history shows the result.
///
/// # Errors
/// [`TestError`]; the observer already has the stages that were reached.
///
/// Source: CloudWatch API, SetAlarmState and DescribeAlarmHistory.
pub async fn run_test(cloud: &dyn Cloud, test: &AlarmTest, observer: &Observer<'_>) -> Result<TestRun, TestError> {
    let started = (observer.clock)();
    let (existing, history) = join!(
        cloud.alarm(&test.region, &test.alarm),
        cloud.describe_alarm_history(&test.region, &test.alarm, minus(started, MAX_CLOCK_SKEW))
    );
    let existing = existing?.ok_or(TestError::NoAlarm)?;
    let test_reason = reason("Test alarm", &test.caller, started);
    let expected_change =
        ExpectedChange::new(Some(&test_reason), &existing, &unless_throttled(history)?.unwrap_or_default());
    let report = |alarm| (observer.news)(TestRun { alarm, events: None });
    let following = test.following(observer, &report, POLL_INTERVAL);
    let mut follower = TestFollower::new(cloud, test, following, &existing, expected_change);
    follower.progress.wait_for(TestStage::Alarm);
    let set_state = |state, reason| Change::SetAlarmState { alarm: test.alarm.clone(), state, reason };
    if existing.state == AlarmState::Alarm {
        cloud
            .apply(&test.region, &set_state(AlarmState::Ok, reason("Set to OK before a test", &test.caller, started)))
            .await?;
    }
    cloud.apply(&test.region, &set_state(AlarmState::Alarm, test_reason)).await?;
    follower.follow_alarm().await?;
    Ok(TestRun { alarm: follower.progress.run, events: None })
}

/// Writes one marked root event to the log group, and follows it through filter, metric, and alarm to the notification:
/// everything except CloudTrail itself. Where there are event rules, puts another one on the event bus at the same time, and
/// follows that to the topic. Nothing is written if one of the queries that follow the event fails.
///
/// # Errors
/// [`TestError`], if the first event doesn't arrive; the observer already has the stages that were reached. How the second
/// one ended is part of the run.
///
/// Source: CloudWatch Logs API, PutLogEvents.
pub async fn run_drill(
    cloud: &dyn Cloud,
    test: &AlarmTest,
    drill: &Drill,
    observer: &Observer<'_>,
) -> Result<TestRun, TestError> {
    let at = (observer.clock)();
    let (existing, history, (found, sum)) = join!(
        cloud.alarm(&test.region, &test.alarm),
        cloud.describe_alarm_history(&test.region, &test.alarm, minus(at, MAX_CLOCK_SKEW)),
        drill.poll(cloud, &test.region, at, at, true),
    );
    let existing = existing?.ok_or(TestError::NoAlarm)?;
    if existing.state == AlarmState::Alarm {
        return Err(TestError::AlreadyInAlarm);
    }
    let expected_change = ExpectedChange::new(None, &existing, &unless_throttled(history)?.unwrap_or_default());
    unless_throttled(found)?;
    let baseline = unless_throttled(sum)?.unwrap_or_default();

    let events = drill.events.as_ref().map(|_| EventRun::default());
    let latest = Mutex::new(TestRun { events, ..TestRun::default() });
    let update = |change: &dyn Fn(&mut TestRun)| {
        let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut latest);
        (observer.news)(latest.clone());
    };
    let over_alarm = |run: PathRun| update(&|all| all.alarm = run.clone());
    let over_rules = |run: PathRun| update(&|all| all.events.get_or_insert_default().path = run.clone());
    let by_alarm = async {
        let following = test.following(observer, &over_alarm, POLL_INTERVAL);
        let mut follower = TestFollower::new(cloud, test, following, &existing, expected_change);
        follower.write_event(drill, at).await?;
        follower.follow_drill(drill, baseline).await?;
        follower.follow_alarm().await
    };
    let by_rules = async {
        let Some(events) = &drill.events else { return };
        let mut progress = Progress::new(test.following(observer, &over_rules, events::POLL_INTERVAL));
        let ended = events::follow(cloud, events, &test.caller, &mut progress).await;
        update(&|all| all.events = Some(EventRun { path: progress.run.clone(), ended: Some(ended.clone()) }));
    };
    let (by_alarm, ()) = join!(by_alarm, by_rules);
    by_alarm.map(|()| latest.into_inner().unwrap_or_else(PoisonError::into_inner))
}

impl Drill {
    /// Whether the event is found (if `find_event`), and the metric's sum since shortly before the start.
    async fn poll(
        &self,
        cloud: &dyn Cloud,
        region: &Region,
        started: Timestamp,
        now: Timestamp,
        find_event: bool,
    ) -> (Answer<bool>, Answer<f64>) {
        let minute = SignedDuration::from_mins(1);
        let (from, to) = (minus(started, minute), now.saturating_add(minute).unwrap_or(now));
        let search = Search { log_group: &self.log_group, pattern: &self.pattern, from, to, page: None };
        let found = async {
            if !find_event {
                return Ok(false);
            }
            cloud
                .filter_log_events(region, &search)
                .await
                .map(|page| page.events.iter().any(|event| event.id == self.id))
        };
        let (found, points) = join!(found, cloud.get_metric_statistics(region, &self.metric, from, to, 60));
        (found, points.map(|points| points.iter().map(|point| point.value).sum()))
    }
}

impl<'a> TestFollower<'a> {
    fn new(
        cloud: &'a dyn Cloud,
        test: &'a AlarmTest,
        following: Following<'a>,
        existing: &Alarm,
        expected_change: ExpectedChange,
    ) -> Self {
        let actions = existing.config.actions.len();
        Self { cloud, test, expected_change, actions, progress: Progress::new(following) }
    }

    /// Writes the drill's event to the log group.
    async fn write_event(&mut self, drill: &Drill, at: Timestamp) -> Result<(), TestError> {
        let Self { cloud, test, progress, .. } = self;
        progress.wait_for(TestStage::Stored);
        let (log_group, stream) = (drill.log_group.clone(), DRILL_STREAM.to_owned());
        let create = Change::CreateLogStream { log_group: log_group.clone(), stream: stream.clone() };
        match cloud.apply(&test.region, &create).await {
            // An earlier drill created it.
            Err(error) if error.kind != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let message = drill_event(&drill.id, &test.caller, &test.region, at);
        cloud.apply(&test.region, &Change::PutLogEvents { log_group, stream, at, message }).await?;
        progress.record(TestStage::Stored, progress.elapsed(), String::new());
        Ok(())
    }

    /// Waits until the metric is above `baseline`. The alarm may go to ALARM before the metric can be read.
    async fn follow_drill(&mut self, drill: &Drill, baseline: f64) -> Result<(), TestError> {
        let mut stage_started = self.progress.elapsed();
        loop {
            let stage =
                if self.progress.is_reached(TestStage::Matched) { TestStage::Counted } else { TestStage::Matched };
            self.progress.begin_stage(stage, &mut stage_started);
            let ((found, sum), alarm) = join!(
                drill.poll(
                    self.cloud,
                    &self.test.region,
                    self.progress.started,
                    self.progress.now(),
                    stage == TestStage::Matched
                ),
                self.cloud.alarm(&self.test.region, &self.test.alarm),
            );
            // Only this filter counts into the metric, so the increase comes from the drill.
            let counted = self.progress.tolerate(sum)?.is_some_and(|sum| sum > baseline);
            let in_alarm = self.progress.tolerate(alarm)?.flatten().is_some_and(|a| a.state == AlarmState::Alarm);
            if self.progress.tolerate(found)?.unwrap_or_default() || counted || in_alarm {
                self.progress.record(TestStage::Matched, self.progress.elapsed(), String::new());
            }
            if counted || in_alarm {
                self.progress.record(TestStage::Counted, self.progress.elapsed(), String::new());
                return Ok(());
            }
            self.progress.pause(stage, stage_started).await?;
        }
    }

    /// Waits for the state change, the notification, and the return to OK.
    async fn follow_alarm(&mut self) -> Result<(), TestError> {
        let mut stage_started = self.progress.elapsed();
        loop {
            let stage = match (self.progress.is_reached(TestStage::Alarm), self.progress.is_reached(TestStage::Action))
            {
                (false, _) => TestStage::Alarm,
                (true, false) => TestStage::Action,
                (true, true) => TestStage::Back,
            };
            self.progress.begin_stage(stage, &mut stage_started);
            let history = self
                .cloud
                .describe_alarm_history(
                    &self.test.region,
                    &self.test.alarm,
                    minus(self.progress.started, MAX_CLOCK_SKEW),
                )
                .await;
            let history = match self.progress.tolerate(history) {
                Ok(items) => self.items_of_this_test(&items.unwrap_or_default()),
                // The notification is the proof; the return to OK is not part of it.
                Err(_) if stage == TestStage::Back => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let failed: Vec<&str> = history
                .iter()
                .filter(|item| item.kind == HistoryKind::Action { ok: false })
                .map(|item| item.summary.as_str())
                .collect();
            for item in &history {
                let after = item.at.duration_since(self.progress.started);
                match &item.kind {
                    HistoryKind::StateUpdate { to: AlarmState::Alarm, reason, .. } => {
                        self.progress.record(TestStage::Alarm, after, reason.clone());
                    }
                    HistoryKind::Action { ok: true } => {
                        let said = [&[item.summary.as_str()], &failed[..]].concat().join("; ");
                        self.progress.record(TestStage::Action, after, said);
                    }
                    HistoryKind::StateUpdate { to: AlarmState::Ok, reason, .. }
                        if self.progress.is_reached(TestStage::Action) =>
                    {
                        self.progress.record(TestStage::Back, after, reason.clone());
                        self.progress.run.waiting_for = None;
                        return Ok(());
                    }
                    _ => {}
                }
            }
            if stage == TestStage::Back {
                if self.progress.elapsed() - stage_started > RETURN_TIMEOUT.min(self.progress.timeout()) {
                    return Ok(());
                }
                tokio::time::sleep(POLL_INTERVAL).await;
                continue;
            }
            // One successful action is enough, so wait for the others before reporting a failure.
            let is_final =
                failed.len() >= self.actions || self.progress.elapsed() - stage_started >= self.progress.timeout();
            if !failed.is_empty() && !self.progress.is_reached(TestStage::Action) && is_final {
                return Err(TestError::NotSent(failed.join("; ")));
            }
            self.progress.pause(stage, stage_started).await?;
        }
    }

    /// The history since this test's change to ALARM, oldest first. Anything earlier isn't part of the test.
    fn items_of_this_test(&self, newest_first: &[HistoryItem]) -> Vec<HistoryItem> {
        let Some(start) = newest_first.iter().position(|item| self.expected_change.matches(item)) else {
            return Vec::new();
        };
        // AWS doesn't document the order of entries with the same time.
        let at = newest_first[start].at;
        let is_simultaneous_action =
            |item: &&HistoryItem| item.at == at && matches!(item.kind, HistoryKind::Action { .. });
        let (later, earlier) = newest_first.split_at(start + 1);
        let mut items: Vec<HistoryItem> =
            later.iter().rev().chain(earlier.iter().take_while(is_simultaneous_action)).cloned().collect();
        items.sort_by_key(|item| item.at);
        items
    }
}

#[cfg(test)]
mod tests;
