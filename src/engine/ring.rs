//! Rings on purpose, and watches whether the notification goes out: the test from the alarm on, the drill from the log
//! group on.

use std::time::Duration;

use futures::join;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Answer, Cloud, CloudError, ErrorKind, Search};
use crate::domain::event::{DRILL_STREAM, drill};
use crate::domain::observed::{AlarmState, Metric};
use crate::domain::watch::{HistoryItem, HistoryKind, reason};
use crate::domain::{Change, Identity};

/// A step on the way from the cause to the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
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

impl Hop {
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
            Self::Back => "It goes back at the next evaluation; `o` on the dashboard sets it back now.",
        }
    }
}

/// A hop that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub hop: Hop,
    /// From the start.
    pub after: SignedDuration,
    /// AWS's words, where it has any.
    pub said: String,
}

/// What is known of a ring, from the start to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    pub seen: Vec<Seen>,
    /// What is waited for; when the ring has ended, what never came.
    pub waits_for: Option<Hop>,
}

impl Ring {
    /// Whether the notification went out: what the ring is about.
    #[must_use]
    pub fn dispatched(&self) -> bool {
        self.seen.iter().any(|s| s.hop == Hop::Action)
    }
}

/// Why a ring ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingError {
    /// A call was refused.
    Call(CloudError),
    /// CloudWatch tried, and could not tell the topic; its words.
    NotSent(String),
    /// The hop did not come in time.
    TimedOut { hop: Hop, waited: SignedDuration },
    /// It is ringing already: a drill would prove nothing.
    Ringing,
    /// There is no such alarm.
    NoAlarm,
}

impl RingError {
    /// Why, in one sentence.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::Call(error) => error.why(),
            Self::NotSent(said) => format!("CloudWatch could not send the notification: {said}"),
            Self::TimedOut { hop, waited } => {
                format!("Waited {} s in vain for: {}.", waited.as_secs(), hop.words())
            }
            Self::Ringing => "The alarm is in ALARM already, so a drill would prove nothing.".into(),
            Self::NoAlarm => "There is no alarm to ring.".into(),
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
            Self::TimedOut { hop, .. } => hop.advice().into(),
            Self::Ringing => {
                "Wait until it is back to OK, about five minutes after the last use, then try again.".into()
            }
            Self::NoAlarm => "Run `rootbell apply`, or the wizard.".into(),
        }
    }
}

impl From<CloudError> for RingError {
    fn from(error: CloudError) -> Self {
        Self::Call(error)
    }
}

/// What to ring, and who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bell {
    pub alarm: String,
    pub caller: Identity,
    pub region: String,
    /// How long to wait for each hop.
    pub patience: SignedDuration,
}

/// The drill's part of the chain, before the alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub log_group: String,
    pub pattern: String,
    pub metric: Metric,
    /// The event's own name.
    pub id: String,
}

/// Time between two questions.
const PACE: Duration = Duration::from_secs(1);

/// How long the alarm is waited for to go back by itself once the notification is out: that is no part of the proof.
const BACK: SignedDuration = SignedDuration::from_secs(90);

/// What a watcher of a ring brings along.
pub struct Watcher<'a> {
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Is told of each turn.
    pub news: &'a (dyn Fn(Ring) + Sync),
}

struct Watch<'a> {
    cloud: &'a dyn Cloud,
    bell: &'a Bell,
    watcher: &'a Watcher<'a>,
    began: Timestamp,
    ring: Ring,
}

/// Sets the alarm to ALARM by hand, sees the notification go out, and the alarm go back. Proves alarm → topic, not trail
/// → filter. An alarm that is ringing is set to OK first: actions run only on a change of state.
///
/// # Errors
/// [`RingError`]; what was seen until then went to the watcher.
///
/// Source: CloudWatch API, SetAlarmState and DescribeAlarmHistory.
pub async fn test(cloud: &dyn Cloud, bell: &Bell, watcher: &Watcher<'_>) -> Result<Ring, RingError> {
    let standing = cloud.alarm(&bell.alarm).await?.ok_or(RingError::NoAlarm)?;
    let mut watch = Watch::new(cloud, bell, watcher);
    let set = |state, reason| Change::SetAlarmState { alarm: bell.alarm.clone(), state, reason };
    if standing.state == AlarmState::Alarm {
        cloud.apply(&set(AlarmState::Ok, reason("Set to OK before a test", &bell.caller, watch.began))).await?;
    }
    watch.wait_for(Hop::Alarm);
    cloud.apply(&set(AlarmState::Alarm, reason("Test alarm", &bell.caller, watch.began))).await?;
    watch.follow_alarm().await?;
    Ok(watch.ring)
}

/// Writes one marked root event into the log group, and follows it through filter, metric and alarm to the
/// notification: everything but CloudTrail itself.
///
/// # Errors
/// [`RingError`]; what was seen until then went to the watcher.
///
/// Source: CloudWatch Logs API, PutLogEvents.
pub async fn run_drill(cloud: &dyn Cloud, bell: &Bell, line: &Line, watcher: &Watcher<'_>) -> Result<Ring, RingError> {
    let standing = cloud.alarm(&bell.alarm).await?.ok_or(RingError::NoAlarm)?;
    if standing.state == AlarmState::Alarm {
        return Err(RingError::Ringing);
    }
    let mut watch = Watch::new(cloud, bell, watcher);
    watch.wait_for(Hop::Stored);
    let (log_group, stream) = (line.log_group.clone(), DRILL_STREAM.to_owned());
    let made = cloud.apply(&Change::CreateLogStream { log_group: log_group.clone(), stream: stream.clone() }).await;
    match made {
        // A drill before this one made it.
        Err(error) if error.kind != ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let at = watch.began;
    let message = drill(&line.id, &bell.caller, &bell.region, at);
    cloud.apply(&Change::PutLogEvents { log_group, stream, at, message }).await?;
    watch.saw(Hop::Stored, watch.since(), String::new());
    watch.follow_line(line).await?;
    watch.follow_alarm().await?;
    Ok(watch.ring)
}

impl<'a> Watch<'a> {
    fn new(cloud: &'a dyn Cloud, bell: &'a Bell, watcher: &'a Watcher<'a>) -> Self {
        let began = (watcher.clock)();
        Self { cloud, bell, watcher, began, ring: Ring { seen: Vec::new(), waits_for: None } }
    }

    fn since(&self) -> SignedDuration {
        (self.watcher.clock)().duration_since(self.began)
    }

    fn wait_for(&mut self, hop: Hop) {
        self.ring.waits_for = Some(hop);
        (self.watcher.news)(self.ring.clone());
    }

    fn saw(&mut self, hop: Hop, after: SignedDuration, said: String) {
        if !self.has(hop) {
            self.ring.seen.push(Seen { hop, after: after.max(SignedDuration::ZERO), said });
            (self.watcher.news)(self.ring.clone());
        }
    }

    fn has(&self, hop: Hop) -> bool {
        self.ring.seen.iter().any(|s| s.hop == hop)
    }

    /// Until the metric has gone up; the alarm may be quicker than the metric is shown.
    async fn follow_line(&mut self, line: &Line) -> Result<(), RingError> {
        let minute = SignedDuration::from_mins(1);
        let from = self.began.saturating_sub(minute).unwrap_or(self.began);
        let mut waiting = self.since();
        loop {
            let hop = if self.has(Hop::Matched) { Hop::Counted } else { Hop::Matched };
            if self.ring.waits_for != Some(hop) {
                self.wait_for(hop);
                waiting = self.since();
            }
            let to = (self.watcher.clock)().saturating_add(minute).unwrap_or(self.began);
            let search = Search { log_group: &line.log_group, pattern: &line.pattern, from, to, page: None };
            let (found, sums, alarm) = join!(
                async { if hop == Hop::Matched { Some(self.cloud.root_events(&search).await) } else { None } },
                self.cloud.sums(&line.metric, from, to, 60),
                self.cloud.alarm(&self.bell.alarm),
            );
            if let Some(found) = passing(found.transpose())?.flatten()
                && found.events.iter().any(|e| e.id == line.id)
            {
                self.saw(Hop::Matched, self.since(), String::new());
            }
            // A metric's name is the filter's alone, so that what goes up now is the drill.
            let counted = passing(sums)?.is_some_and(|sums| sums.iter().any(|point| point.value > 0.0));
            let rings = passing(alarm)?.flatten().is_some_and(|a| a.state == AlarmState::Alarm);
            if counted || rings {
                self.saw(Hop::Matched, self.since(), String::new());
                self.saw(Hop::Counted, self.since(), String::new());
                return Ok(());
            }
            self.pause(hop, waiting).await?;
        }
    }

    /// From the change of state to the notification, and back.
    async fn follow_alarm(&mut self) -> Result<(), RingError> {
        let mut waiting = self.since();
        loop {
            let hop = match (self.has(Hop::Alarm), self.has(Hop::Action)) {
                (false, _) => Hop::Alarm,
                (true, false) => Hop::Action,
                (true, true) => Hop::Back,
            };
            if self.ring.waits_for != Some(hop) {
                self.wait_for(hop);
                waiting = self.since();
            }
            // AWS's clock and ours may differ by a little.
            let from = self.began.saturating_sub(SignedDuration::from_secs(5)).unwrap_or(self.began);
            let history = passing(self.cloud.alarm_history(&self.bell.alarm, from).await)?.unwrap_or_default();
            let history = since_the_ring(&history);
            for item in &history {
                let after = item.at.duration_since(self.began);
                match &item.kind {
                    HistoryKind::StateUpdate { to: AlarmState::Alarm, reason, .. } => {
                        self.saw(Hop::Alarm, after, reason.clone());
                    }
                    HistoryKind::Action { ok: true } if self.has(Hop::Alarm) => {
                        self.saw(Hop::Action, after, item.summary.clone());
                    }
                    HistoryKind::Action { ok: false } if !self.has(Hop::Action) => {
                        return Err(RingError::NotSent(item.summary.clone()));
                    }
                    HistoryKind::StateUpdate { to: AlarmState::Ok, reason, .. } if self.has(Hop::Action) => {
                        self.saw(Hop::Back, after, reason.clone());
                        self.ring.waits_for = None;
                        return Ok(());
                    }
                    _ => {}
                }
            }
            if hop == Hop::Back {
                if self.since() - waiting > BACK.min(self.bell.patience) {
                    return Ok(());
                }
                tokio::time::sleep(PACE).await;
            } else {
                self.pause(hop, waiting).await?;
            }
        }
    }

    async fn pause(&self, hop: Hop, waiting: SignedDuration) -> Result<(), RingError> {
        let waited = self.since() - waiting;
        if waited >= self.bell.patience {
            return Err(RingError::TimedOut { hop, waited });
        }
        tokio::time::sleep(PACE).await;
        Ok(())
    }
}

/// Oldest first, from the last change to ALARM on that follows another state: what came before is another story.
fn since_the_ring(newest_first: &[HistoryItem]) -> Vec<HistoryItem> {
    let ring = newest_first.iter().position(|item| item.is_change_to(AlarmState::Alarm));
    // Of entries of one moment, AWS does not say which comes first.
    let same = |item: &HistoryItem, at: Timestamp| item.at == at && matches!(item.kind, HistoryKind::Action { .. });
    let Some(ring) = ring else { return Vec::new() };
    let at = newest_first[ring].at;
    let (later, earlier) = newest_first.split_at(ring + 1);
    let mut items: Vec<HistoryItem> = later.iter().rev().cloned().collect();
    items.extend(earlier.iter().filter(|item| same(item, at)).cloned());
    items.sort_by_key(|item| item.at);
    items
}

/// A slip of the network while watching is no verdict: the next question may be answered.
fn passing<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, ErrorKind::Throttled | ErrorKind::Offline | ErrorKind::Timeout) => Ok(None),
        Err(error) => Err(error),
    }
}
