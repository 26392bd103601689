//! Rings on purpose, and watches whether the notification goes out: the test from the alarm on, the drill from the log
//! group on.

use std::time::Duration;

use futures::join;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Answer, Cloud, CloudError, ErrorKind, Search};
use crate::domain::activity::{HistoryItem, HistoryKind, reason};
use crate::domain::event::{DRILL_STREAM, drill_event};
use crate::domain::observed::{Alarm, AlarmState, ReadError};
use crate::domain::text::escape_controls;
use crate::domain::{Change, Identity};

mod drill;

pub use drill::Drill;

/// A step on the way from the cause to the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStage {
    /// The drill's event is in the log group.
    Stored,
    /// The filter's own pattern finds it.
    Matched,
    /// The metric has gone up.
    Counted,
    /// The alarm is in ALARM.
    Alarm,
    /// The action was executed.
    Action,
    /// The alarm is back to OK.
    Back,
}

impl TestStage {
    /// Its name in JSON, and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Matched => "matched",
            Self::Counted => "counted",
            Self::Alarm => "alarm",
            Self::Action => "action",
            Self::Back => "back",
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stored => "event in the log group",
            Self::Matched => "found by the filter's pattern",
            Self::Counted => "counted by the metric",
            Self::Alarm => "alarm in ALARM",
            Self::Action => "notification sent",
            Self::Back => "alarm back to OK",
        }
    }

    /// Where to look when it does not come.
    fn advice(self) -> &'static str {
        match self {
            Self::Stored => "Look at the log group: is it there, and may you write to it?",
            Self::Matched => "Look at the filter's pattern: events are found a few seconds after they are stored.",
            Self::Counted => "Look at the metric filter: is it on this log group, with the value 1?",
            Self::Alarm => "Look at the alarm: does it watch the filter's metric, with Sum, threshold 1, period 300?",
            Self::Action => {
                "Look at the alarm's actions and the topic's policy; `rootbell status` names the weak link."
            }
            Self::Back => "It goes back at the next evaluation.",
        }
    }
}

/// A hop that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageResult {
    pub stage: TestStage,
    /// From the start.
    pub after: SignedDuration,
    /// AWS's words, where it has any.
    pub said: String,
}

/// What is known of a ring, from the start to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestRun {
    pub seen: Vec<StageResult>,
    /// What is waited for; when the ring has ended, what never came.
    pub waits_for: Option<TestStage>,
}

impl TestRun {
    /// Whether the notification went out: what the ring is about.
    #[must_use]
    pub fn dispatched(&self) -> bool {
        self.seen.iter().any(|s| s.stage == TestStage::Action)
    }
}

/// Why a ring ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestError {
    /// A call was refused.
    Call(CloudError),
    /// CloudWatch tried, and could not tell the topic; its words.
    NotSent(String),
    /// The hop did not come in time.
    TimedOut { stage: TestStage, waited: SignedDuration },
    /// It is ringing already: a drill would prove nothing.
    AlreadyInAlarm,
    /// There is no such alarm.
    NoAlarm,
    /// What would count a drill's event could not be read.
    ReadError(ReadError),
    /// No filter on the log group would count a drill's event.
    NotCounted { log_group: String },
}

impl TestError {
    /// Why, in one sentence.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::Call(error) => error.why(),
            Self::NotSent(said) => format!("CloudWatch could not send the notification: {said}"),
            Self::TimedOut { stage, waited } => {
                format!("Waited {} s in vain for: {}.", waited.as_secs(), stage.words())
            }
            Self::AlreadyInAlarm => "The alarm is in ALARM already, so a drill would prove nothing.".into(),
            Self::NoAlarm => "There is no alarm to ring.".into(),
            Self::ReadError(unreadable) => unreadable.why.clone(),
            Self::NotCounted { log_group } => {
                format!("No filter on `{log_group}` counts root use, so a drill would prove nothing.")
            }
        }
    }

    /// What to do now.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::Call(error) => error.fix(),
            Self::NotSent(_) => {
                "Look at the topic: its policy, and its key; `rootbell status` names the weak link.".into()
            }
            Self::TimedOut { stage, .. } => stage.advice().into(),
            Self::AlreadyInAlarm => {
                "Wait until it is back to OK, about five minutes after the last use, then try again.".into()
            }
            Self::ReadError(unreadable) => unreadable.fix.clone(),
            Self::NoAlarm | Self::NotCounted { .. } => "Run `rootbell apply`, or the wizard.".into(),
        }
    }
}

impl From<CloudError> for TestError {
    fn from(error: CloudError) -> Self {
        Self::Call(error)
    }
}

/// What to ring, and who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmTest {
    pub alarm: String,
    pub caller: Identity,
    pub region: String,
    /// How long to wait for each hop.
    pub patience: SignedDuration,
}

impl AlarmTest {
    /// How long to wait for each hop unless the user says otherwise. A drill waits for the metric and for the alarm's
    /// evaluation, a minute or two each.
    ///
    /// Source: CloudWatch User Guide, "Using Amazon CloudWatch alarms", on alarm evaluation: an alarm with a period of a
    /// minute or more is evaluated every minute.
    #[must_use]
    pub fn usual_patience(drill: bool) -> SignedDuration {
        SignedDuration::from_mins(if drill { 5 } else { 2 })
    }
}

/// Time between two questions.
const PACE: Duration = Duration::from_secs(1);

/// How long the alarm is waited for to go back by itself once the notification is out: that is no part of the proof.
const BACK: SignedDuration = SignedDuration::from_secs(90);

/// What a watcher of a ring brings along.
pub struct Observer<'a> {
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Is told of each turn.
    pub news: &'a (dyn Fn(TestRun) + Sync),
}

/// By what the change of state that is waited for is known among others.
struct ExpectedChange {
    /// The one that we set has this reason.
    reason: Option<String>,
    /// Any other is later than all that was known before, by AWS's own clock.
    known: Option<Timestamp>,
}

impl ExpectedChange {
    fn new(reason: Option<&str>, existing: &Alarm, history: &[HistoryItem]) -> Self {
        let known = history.iter().map(|item| item.at).max().max(existing.since);
        Self { reason: reason.map(escape_controls), known }
    }

    fn fits(&self, item: &HistoryItem) -> bool {
        let HistoryKind::StateUpdate { to: AlarmState::Alarm, reason, .. } = &item.kind else { return false };
        self.reason.as_ref() == Some(reason) || self.known.is_none_or(|known| item.at > known)
    }
}

struct Follow<'a> {
    cloud: &'a dyn Cloud,
    test: &'a AlarmTest,
    observer: &'a Observer<'a>,
    began: Timestamp,
    mark: ExpectedChange,
    /// How many actions the change of state has.
    actions: usize,
    /// What kept the last round from being answered in full.
    slip: Option<CloudError>,
    ring: TestRun,
}

/// How far AWS's clock and ours may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(at)
}

/// Sets the alarm to ALARM by hand, sees the notification go out, and the alarm go back. Proves alarm → topic, not trail
/// → filter. An alarm that is ringing is set to OK first: actions run only on a change of state. Nobody is mailed where
/// the history, which alone tells what became of it, may not be read.
///
/// # Errors
/// [`TestError`]; what was seen until then went to the watcher.
///
/// Source: CloudWatch API, SetAlarmState and DescribeAlarmHistory.
pub async fn run_test(cloud: &dyn Cloud, test: &AlarmTest, observer: &Observer<'_>) -> Result<TestRun, TestError> {
    let began = (observer.clock)();
    let (existing, history) =
        join!(cloud.alarm(&test.alarm), cloud.describe_alarm_history(&test.alarm, before(began, SKEW)));
    let existing = existing?.ok_or(TestError::NoAlarm)?;
    let why = reason("Test alarm", &test.caller, began);
    let mark = ExpectedChange::new(Some(&why), &existing, &unless_throttled(history)?.unwrap_or_default());
    let mut watch = Follow::new(cloud, test, observer, &existing, mark);
    watch.wait_for(TestStage::Alarm);
    let set = |state, reason| Change::SetAlarmState { alarm: test.alarm.clone(), state, reason };
    if existing.state == AlarmState::Alarm {
        cloud.apply(&set(AlarmState::Ok, reason("Set to OK before a test", &test.caller, began))).await?;
    }
    cloud.apply(&set(AlarmState::Alarm, why)).await?;
    watch.follow_alarm().await?;
    Ok(watch.ring)
}

/// Writes one marked root event into the log group, and follows it through filter, metric and alarm to the
/// notification: everything but CloudTrail itself. Nothing is written where one of the looks that follow it is refused.
///
/// # Errors
/// [`TestError`]; what was seen until then went to the watcher.
///
/// Source: CloudWatch Logs API, PutLogEvents.
pub async fn run_drill(
    cloud: &dyn Cloud,
    test: &AlarmTest,
    drill: &Drill,
    observer: &Observer<'_>,
) -> Result<TestRun, TestError> {
    let at = (observer.clock)();
    let (existing, history, (found, counted)) = join!(
        cloud.alarm(&test.alarm),
        cloud.describe_alarm_history(&test.alarm, before(at, SKEW)),
        drill.look(cloud, at, at, true),
    );
    let existing = existing?.ok_or(TestError::NoAlarm)?;
    if existing.state == AlarmState::Alarm {
        return Err(TestError::AlreadyInAlarm);
    }
    let mark = ExpectedChange::new(None, &existing, &unless_throttled(history)?.unwrap_or_default());
    unless_throttled(found)?;
    let counted = unless_throttled(counted)?.unwrap_or_default();
    let mut watch = Follow::new(cloud, test, observer, &existing, mark);
    watch.wait_for(TestStage::Stored);
    let (log_group, stream) = (drill.log_group.clone(), DRILL_STREAM.to_owned());
    let made = cloud.apply(&Change::CreateLogStream { log_group: log_group.clone(), stream: stream.clone() }).await;
    match made {
        // A drill before this one made it.
        Err(error) if error.kind != ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let message = drill_event(&drill.id, &test.caller, &test.region, at);
    cloud.apply(&Change::PutLogEvents { log_group, stream, at, message }).await?;
    watch.saw(TestStage::Stored, watch.since(), String::new());
    watch.follow_line(drill, counted).await?;
    watch.follow_alarm().await?;
    Ok(watch.ring)
}

impl Drill {
    /// Whether the event is found, where that is asked, and the metric's sum, from shortly before the start on.
    async fn look(
        &self,
        cloud: &dyn Cloud,
        began: Timestamp,
        now: Timestamp,
        find: bool,
    ) -> (Answer<bool>, Answer<f64>) {
        let minute = SignedDuration::from_mins(1);
        let (from, to) = (before(began, minute), now.saturating_add(minute).unwrap_or(now));
        let search = Search { log_group: &self.log_group, pattern: &self.pattern, from, to, page: None };
        let found = async {
            if !find {
                return Ok(false);
            }
            cloud.filter_log_events(&search).await.map(|page| page.events.iter().any(|event| event.id == self.id))
        };
        let (found, get_metric_data) = join!(found, cloud.get_metric_data(&self.metric, from, to, 60));
        (found, get_metric_data.map(|points| points.iter().map(|point| point.value).sum()))
    }
}

impl<'a> Follow<'a> {
    fn new(
        cloud: &'a dyn Cloud,
        test: &'a AlarmTest,
        observer: &'a Observer<'a>,
        existing: &Alarm,
        mark: ExpectedChange,
    ) -> Self {
        let ring = TestRun { seen: Vec::new(), waits_for: None };
        Self {
            cloud,
            test,
            observer,
            began: (observer.clock)(),
            mark,
            actions: existing.actions.len(),
            slip: None,
            ring,
        }
    }

    fn since(&self) -> SignedDuration {
        (self.observer.clock)().duration_since(self.began)
    }

    fn wait_for(&mut self, stage: TestStage) {
        self.ring.waits_for = Some(stage);
        (self.observer.news)(self.ring.clone());
    }

    /// AWS's clock may be another than ours: no hop comes before the last one, and none in the future.
    fn saw(&mut self, stage: TestStage, after: SignedDuration, said: String) {
        if !self.has(stage) {
            let last = self.ring.seen.last().map_or(SignedDuration::ZERO, |seen| seen.after);
            let after = after.min(self.since()).max(last);
            self.ring.seen.push(StageResult { stage, after, said });
            (self.observer.news)(self.ring.clone());
        }
    }

    fn has(&self, stage: TestStage) -> bool {
        self.ring.seen.iter().any(|s| s.stage == stage)
    }

    /// Until the metric has gone up from `counted`; the alarm may be quicker than the metric is shown.
    async fn follow_line(&mut self, drill: &Drill, counted: f64) -> Result<(), TestError> {
        let mut waiting = self.since();
        loop {
            let stage = if self.has(TestStage::Matched) { TestStage::Counted } else { TestStage::Matched };
            self.turn_to(stage, &mut waiting);
            let ((found, sum), alarm) = join!(
                drill.look(self.cloud, self.began, (self.observer.clock)(), stage == TestStage::Matched),
                self.cloud.alarm(&self.test.alarm),
            );
            // A metric's name is the filter's alone, so that what goes up now is the drill.
            let counted = self.passing(sum)?.is_some_and(|sum| sum > counted);
            let rings = self.passing(alarm)?.flatten().is_some_and(|a| a.state == AlarmState::Alarm);
            if self.passing(found)?.unwrap_or_default() || counted || rings {
                self.saw(TestStage::Matched, self.since(), String::new());
            }
            if counted || rings {
                self.saw(TestStage::Counted, self.since(), String::new());
                return Ok(());
            }
            self.pause(stage, waiting).await?;
        }
    }

    /// From the change of state to the notification, and back.
    async fn follow_alarm(&mut self) -> Result<(), TestError> {
        let mut waiting = self.since();
        loop {
            let stage = match (self.has(TestStage::Alarm), self.has(TestStage::Action)) {
                (false, _) => TestStage::Alarm,
                (true, false) => TestStage::Action,
                (true, true) => TestStage::Back,
            };
            self.turn_to(stage, &mut waiting);
            let history = self.cloud.describe_alarm_history(&self.test.alarm, before(self.began, SKEW)).await;
            let history = match self.passing(history) {
                Ok(items) => self.since_the_ring(&items.unwrap_or_default()),
                // The proof is there; the way back is no part of it.
                Err(_) if stage == TestStage::Back => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let failed: Vec<&str> = history
                .iter()
                .filter(|item| item.kind == HistoryKind::Action { ok: false })
                .map(|item| item.summary.as_str())
                .collect();
            for item in &history {
                let after = item.at.duration_since(self.began);
                match &item.kind {
                    HistoryKind::StateUpdate { to: AlarmState::Alarm, reason, .. } => {
                        self.saw(TestStage::Alarm, after, reason.clone());
                    }
                    HistoryKind::Action { ok: true } => {
                        let said = [&[item.summary.as_str()], &failed[..]].concat().join("; ");
                        self.saw(TestStage::Action, after, said);
                    }
                    HistoryKind::StateUpdate { to: AlarmState::Ok, reason, .. } if self.has(TestStage::Action) => {
                        self.saw(TestStage::Back, after, reason.clone());
                        self.ring.waits_for = None;
                        return Ok(());
                    }
                    _ => {}
                }
            }
            if stage == TestStage::Back {
                if self.since() - waiting > BACK.min(self.test.patience) {
                    return Ok(());
                }
                tokio::time::sleep(PACE).await;
                continue;
            }
            // Of several actions, one is enough: what the others say is waited for.
            let no_more = failed.len() >= self.actions || self.since() - waiting >= self.test.patience;
            if !failed.is_empty() && !self.has(TestStage::Action) && no_more {
                return Err(TestError::NotSent(failed.join("; ")));
            }
            self.pause(stage, waiting).await?;
        }
    }

    /// Oldest first, from the change to ALARM on that is this ring's: what came before is another story.
    fn since_the_ring(&self, newest_first: &[HistoryItem]) -> Vec<HistoryItem> {
        let Some(ring) = newest_first.iter().position(|item| self.mark.fits(item)) else { return Vec::new() };
        // Of entries of one moment, AWS does not say which comes first.
        let at = newest_first[ring].at;
        let same = |item: &&HistoryItem| item.at == at && matches!(item.kind, HistoryKind::Action { .. });
        let (later, earlier) = newest_first.split_at(ring + 1);
        let mut items: Vec<HistoryItem> = later.iter().rev().chain(earlier.iter().take_while(same)).cloned().collect();
        items.sort_by_key(|item| item.at);
        items
    }

    /// The clock of a hop starts when it is the next one.
    fn turn_to(&mut self, stage: TestStage, waiting: &mut SignedDuration) {
        if self.ring.waits_for != Some(stage) {
            self.wait_for(stage);
            *waiting = self.since();
        }
    }

    async fn pause(&mut self, stage: TestStage, waiting: SignedDuration) -> Result<(), TestError> {
        let waited = self.since() - waiting;
        if waited >= self.test.patience {
            return Err(self.slip.take().map_or(TestError::TimedOut { stage, waited }, TestError::Call));
        }
        self.slip = None;
        tokio::time::sleep(PACE).await;
        Ok(())
    }

    /// A slip of the network while watching is no verdict: the next question may be answered.
    fn passing<T>(&mut self, answer: Answer<T>) -> Answer<Option<T>> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(error) if matches!(error.kind, ErrorKind::Throttled | ErrorKind::Offline | ErrorKind::Timeout) => {
                self.slip = Some(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Before anything is done, whatever is not answered is a reason not to do it; being asked to slow down is an answer.
fn unless_throttled<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::Throttled => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
