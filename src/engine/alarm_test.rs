//! Makes the alarm fire on purpose, and checks that the notification is sent. A test starts at the alarm, a drill at the
//! log group.

use std::time::Duration;

use futures::join;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Answer, Cloud, CloudError, ErrorKind, Search};
use crate::domain::activity::{HistoryItem, HistoryKind, reason};
use crate::domain::event::{DRILL_STREAM, drill_event};
use crate::domain::observed::{Alarm, AlarmState};
use crate::domain::text::escape_controls;
use crate::domain::{Change, Identity, Region};

mod drill;
mod result;

pub use drill::Drill;
pub use result::{StageResult, TestError, TestRun, TestStage};

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
    observer: &'a Observer<'a>,
    started: Timestamp,
    expected_change: ExpectedChange,
    /// How many actions the alarm has.
    actions: usize,
    /// The temporary error of the last poll, if it had one.
    last_error: Option<CloudError>,
    run: TestRun,
}

/// How far our clock may differ from AWS's.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

fn minus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(at)
}

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
    let mut follower = TestFollower::new(cloud, test, observer, &existing, expected_change);
    follower.wait_for(TestStage::Alarm);
    let set_state = |state, reason| Change::SetAlarmState { alarm: test.alarm.clone(), state, reason };
    if existing.state == AlarmState::Alarm {
        cloud
            .apply(&test.region, &set_state(AlarmState::Ok, reason("Set to OK before a test", &test.caller, started)))
            .await?;
    }
    cloud.apply(&test.region, &set_state(AlarmState::Alarm, test_reason)).await?;
    follower.follow_alarm().await?;
    Ok(follower.run)
}

/// Writes one marked root event to the log group, and follows it through filter, metric, and alarm to the notification:
/// everything except CloudTrail itself. Nothing is written if one of the queries that follow the event fails.
///
/// # Errors
/// [`TestError`]; the observer already has the stages that were reached.
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
    let mut follower = TestFollower::new(cloud, test, observer, &existing, expected_change);
    follower.wait_for(TestStage::Stored);
    let (log_group, stream) = (drill.log_group.clone(), DRILL_STREAM.to_owned());
    let created = cloud
        .apply(&test.region, &Change::CreateLogStream { log_group: log_group.clone(), stream: stream.clone() })
        .await;
    match created {
        // An earlier drill created it.
        Err(error) if error.kind != ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let message = drill_event(&drill.id, &test.caller, &test.region, at);
    cloud.apply(&test.region, &Change::PutLogEvents { log_group, stream, at, message }).await?;
    follower.record(TestStage::Stored, follower.elapsed(), String::new());
    follower.follow_drill(drill, baseline).await?;
    follower.follow_alarm().await?;
    Ok(follower.run)
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
        observer: &'a Observer<'a>,
        existing: &Alarm,
        expected_change: ExpectedChange,
    ) -> Self {
        let run = TestRun { seen: Vec::new(), waiting_for: None };
        Self {
            cloud,
            test,
            observer,
            started: (observer.clock)(),
            expected_change,
            actions: existing.config.actions.len(),
            last_error: None,
            run,
        }
    }

    fn elapsed(&self) -> SignedDuration {
        (self.observer.clock)().duration_since(self.started)
    }

    fn wait_for(&mut self, stage: TestStage) {
        self.run.waiting_for = Some(stage);
        (self.observer.news)(self.run.clone());
    }

    /// AWS's clock may differ from ours, so no stage may be earlier than the previous one or in the future.
    fn record(&mut self, stage: TestStage, after: SignedDuration, said: String) {
        if !self.is_reached(stage) {
            let last = self.run.seen.last().map_or(SignedDuration::ZERO, |seen| seen.after);
            let after = after.min(self.elapsed()).max(last);
            self.run.seen.push(StageResult { stage, after, said });
            (self.observer.news)(self.run.clone());
        }
    }

    fn is_reached(&self, stage: TestStage) -> bool {
        self.run.seen.iter().any(|s| s.stage == stage)
    }

    /// Waits until the metric is above `baseline`. The alarm may go to ALARM before the metric can be read.
    async fn follow_drill(&mut self, drill: &Drill, baseline: f64) -> Result<(), TestError> {
        let mut stage_started = self.elapsed();
        loop {
            let stage = if self.is_reached(TestStage::Matched) { TestStage::Counted } else { TestStage::Matched };
            self.begin_stage(stage, &mut stage_started);
            let ((found, sum), alarm) = join!(
                drill.poll(
                    self.cloud,
                    &self.test.region,
                    self.started,
                    (self.observer.clock)(),
                    stage == TestStage::Matched
                ),
                self.cloud.alarm(&self.test.region, &self.test.alarm),
            );
            // Only this filter counts into the metric, so the increase comes from the drill.
            let counted = self.tolerate(sum)?.is_some_and(|sum| sum > baseline);
            let in_alarm = self.tolerate(alarm)?.flatten().is_some_and(|a| a.state == AlarmState::Alarm);
            if self.tolerate(found)?.unwrap_or_default() || counted || in_alarm {
                self.record(TestStage::Matched, self.elapsed(), String::new());
            }
            if counted || in_alarm {
                self.record(TestStage::Counted, self.elapsed(), String::new());
                return Ok(());
            }
            self.pause(stage, stage_started).await?;
        }
    }

    /// Waits for the state change, the notification, and the return to OK.
    async fn follow_alarm(&mut self) -> Result<(), TestError> {
        let mut stage_started = self.elapsed();
        loop {
            let stage = match (self.is_reached(TestStage::Alarm), self.is_reached(TestStage::Action)) {
                (false, _) => TestStage::Alarm,
                (true, false) => TestStage::Action,
                (true, true) => TestStage::Back,
            };
            self.begin_stage(stage, &mut stage_started);
            let history = self
                .cloud
                .describe_alarm_history(&self.test.region, &self.test.alarm, minus(self.started, MAX_CLOCK_SKEW))
                .await;
            let history = match self.tolerate(history) {
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
                let after = item.at.duration_since(self.started);
                match &item.kind {
                    HistoryKind::StateUpdate { to: AlarmState::Alarm, reason, .. } => {
                        self.record(TestStage::Alarm, after, reason.clone());
                    }
                    HistoryKind::Action { ok: true } => {
                        let said = [&[item.summary.as_str()], &failed[..]].concat().join("; ");
                        self.record(TestStage::Action, after, said);
                    }
                    HistoryKind::StateUpdate { to: AlarmState::Ok, reason, .. }
                        if self.is_reached(TestStage::Action) =>
                    {
                        self.record(TestStage::Back, after, reason.clone());
                        self.run.waiting_for = None;
                        return Ok(());
                    }
                    _ => {}
                }
            }
            if stage == TestStage::Back {
                if self.elapsed() - stage_started > RETURN_TIMEOUT.min(self.test.timeout) {
                    return Ok(());
                }
                tokio::time::sleep(POLL_INTERVAL).await;
                continue;
            }
            // One successful action is enough, so wait for the others before reporting a failure.
            let is_final = failed.len() >= self.actions || self.elapsed() - stage_started >= self.test.timeout;
            if !failed.is_empty() && !self.is_reached(TestStage::Action) && is_final {
                return Err(TestError::NotSent(failed.join("; ")));
            }
            self.pause(stage, stage_started).await?;
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

    /// The timeout of a stage starts when it becomes the next one.
    fn begin_stage(&mut self, stage: TestStage, stage_started: &mut SignedDuration) {
        if self.run.waiting_for != Some(stage) {
            self.wait_for(stage);
            *stage_started = self.elapsed();
        }
    }

    async fn pause(&mut self, stage: TestStage, stage_started: SignedDuration) -> Result<(), TestError> {
        let waited = self.elapsed() - stage_started;
        if waited >= self.test.timeout {
            return Err(self.last_error.take().map_or(TestError::TimedOut { stage, waited }, TestError::Call));
        }
        self.last_error = None;
        tokio::time::sleep(POLL_INTERVAL).await;
        Ok(())
    }

    /// A temporary error while polling doesn't end the test: the next poll may succeed.
    fn tolerate<T>(&mut self, answer: Answer<T>) -> Answer<Option<T>> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Throttled | ErrorKind::Offline | ErrorKind::Proxy | ErrorKind::Timeout
                ) =>
            {
                self.last_error = Some(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Before anything is changed, every error but throttling is a reason to stop.
fn unless_throttled<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::Throttled => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
