//! The dashboard: several values, each polled at its own interval.

use jiff::{SignedDuration, Timestamp};

use super::activity::{Activity, MOST_EVENTS, Searched};
use super::polled::Polled;
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::event::RootEvent;
use crate::domain::event_search::Piece;
use crate::domain::observed::Observed;
use crate::domain::root_user::RootLastUse;
pub use crate::engine::poll::BAR;

/// The polling intervals while requests succeed and the terminal has the focus.
const ALARM: SignedDuration = SignedDuration::from_secs(5);
const HISTORY: SignedDuration = SignedDuration::from_secs(15);
const EVENTS: SignedDuration = SignedDuration::from_secs(30);
/// Between two requests for the rest of the week: a fifth of the quota for an account and Region.
///
/// Source: AWS Knowledge Center, "How do I determine throttling in my CloudWatch logs?": FilterLogEvents has a hard limit
/// of 5 transactions per second.
const READING: SignedDuration = SignedDuration::from_secs(1);
const METRIC: SignedDuration = SignedDuration::from_secs(60);
const CHAIN: SignedDuration = SignedDuration::from_secs(120);
/// AWS generates a credential report at most every four hours.
const ROOT_LAST_USE: SignedDuration = SignedDuration::from_hours(1);
/// While AWS is generating it, which takes longer the more users there are.
const GENERATING: SignedDuration = SignedDuration::from_secs(10);
/// How far back the dashboard reads.
pub const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the dashboard shows in addition to the chain.
#[derive(Debug)]
pub struct Dashboard {
    pub alarm: Polled<()>,
    pub history: Polled<Vec<HistoryItem>>,
    pub metric: Polled<Vec<Datapoint>>,
    pub events: Polled<Vec<RootEvent>>,
    /// `None`: AWS is still generating the first report.
    pub root_last_use: Polled<Option<RootLastUse>>,
    pub(in crate::app) chain: Polled<()>,
    /// Which events have been read.
    activity: Activity,
    /// The index of the selected event.
    pub selected: usize,
    /// Whether the alarm was in ALARM when last read, so that the terminal bell rings only once.
    pub(in crate::app) was_in_alarm: bool,
}

impl Default for Dashboard {
    fn default() -> Self {
        Self {
            alarm: Polled::new(ALARM),
            history: Polled::new(HISTORY),
            metric: Polled::new(METRIC),
            events: Polled::new(EVENTS),
            root_last_use: Polled::new(ROOT_LAST_USE),
            chain: Polled::new(CHAIN),
            activity: Activity::default(),
            selected: 0,
            was_in_alarm: false,
        }
    }
}

impl Dashboard {
    /// When the next value is due. The chain isn't due while the account is being read anyway.
    pub(in crate::app) fn deadline(&self, now: Timestamp, is_observing: bool) -> Option<Timestamp> {
        [
            self.alarm.deadline(now),
            self.history.deadline(now),
            self.metric.deadline(now),
            self.events.deadline(now),
            self.root_last_use.deadline(now),
            self.chain.deadline(now).filter(|_| !is_observing),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When the alarm is due while another screen is shown. While it is in ALARM, events are polled as well.
    pub(in crate::app) fn alarm_deadline(&self, now: Timestamp, in_alarm: bool) -> Option<Timestamp> {
        let events = self.events.deadline(now).filter(|_| in_alarm);
        self.alarm.deadline(now).into_iter().chain(events).min()
    }

    /// Requests the alarm and its history at the next tick.
    pub(in crate::app) fn refresh_alarm_now(&mut self) {
        self.alarm.refresh_now();
        self.history.refresh_now();
    }

    /// Requests everything at the next tick.
    pub(in crate::app) fn refresh_now(&mut self) {
        self.alarm.refresh_now();
        self.history.refresh_now();
        self.metric.refresh_now();
        self.refresh_events_now();
        self.chain.refresh_now();
        // There won't be another report for hours, but a request that failed, or the first report, may succeed now.
        if self.root_last_use.error.is_some() || self.root_last_use.value.flatten().is_none() {
            self.root_last_use.refresh_now();
        }
    }

    /// Requests new events at the next tick.
    pub(in crate::app) fn refresh_events_now(&mut self) {
        self.events.refresh_now();
        self.activity.refresh_now();
    }

    fn known_events(&self) -> usize {
        self.events.value.as_ref().map_or(0, Vec::len)
    }

    /// How much of the last week has been searched for root activity.
    #[must_use]
    pub fn searched(&self) -> Searched {
        self.activity.searched(self.known_events())
    }

    /// Whether the user can ask for older events.
    #[must_use]
    pub fn has_older(&self) -> bool {
        matches!(self.searched(), Searched::Paused(_))
    }

    /// The selected event.
    #[must_use]
    pub fn event(&self) -> Option<&RootEvent> {
        self.events.value.as_ref()?.get(self.selected)
    }

    /// The next request for events in this log group, with this pattern.
    pub(in crate::app) fn next_events(
        &mut self,
        log_group: String,
        pattern: String,
        now: Timestamp,
        slowdown: i32,
    ) -> Option<Piece> {
        let known = self.known_events();
        self.activity.next((log_group, pattern), now, known, WEEK, EVENTS * slowdown)
    }

    /// Allows more events after the user asked for older ones.
    pub(in crate::app) fn read_older(&mut self) {
        self.activity.read_older(self.known_events());
    }

    /// The account has been read, on behalf of the dashboard or not. If that works again, so may the credential report.
    pub(in crate::app) fn chain_answered(&mut self, observed: &Observed, now: Timestamp, slowdown: i32) {
        let first_error = observed.unreadable().first().copied().filter(|_| observed.is_unreadable());
        let answer =
            first_error.map_or(Ok(()), |unreadable| Err(CloudError::local(ErrorKind::Other, unreadable.why.clone())));
        let is_back = self.chain.error.is_some() && answer.is_ok();
        self.chain.answered(answer, now, slowdown);
        if is_back && self.root_last_use.error.is_some() {
            self.root_last_use.refresh_now();
        }
    }

    /// Takes in what the credential report says. Until there is a new one, the last one stays.
    pub(in crate::app) fn root_last_use_answered(
        &mut self,
        answer: Result<Option<RootLastUse>, CloudError>,
        now: Timestamp,
        slowdown: i32,
    ) {
        let is_generating = answer == Ok(None);
        let known = self.root_last_use.value.flatten();
        self.root_last_use.answered(answer.map(|found| found.or(known)), now, slowdown);
        if is_generating {
            self.root_last_use.request_within(GENERATING * slowdown, now);
        }
    }

    /// Takes in a page of events.
    pub(in crate::app) fn events_answered(
        &mut self,
        answer: Result<EventPage, CloudError>,
        now: Timestamp,
        slowdown: i32,
    ) {
        let selected_id = self.event().map(|e| e.id.clone());
        // A log group that doesn't exist yet has no events.
        let answer = match answer {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(EventPage::default()),
            answer => answer,
        };
        let are_newest = self.activity.answered(answer.as_ref().map_err(|error| error.kind == ErrorKind::Invalid));
        let answer = answer.map(|page| {
            // Keep the known events, and each event only once.
            let mut all = self.events.value.clone().unwrap_or_default();
            let found = if are_newest { page.events } else { Vec::new() };
            let new: Vec<RootEvent> = found.into_iter().filter(|e| all.iter().all(|a| a.id != e.id)).collect();
            all.extend(new);
            all.sort_by_key(|e| std::cmp::Reverse(e.time));
            all.truncate(MOST_EVENTS);
            all
        });
        let succeeded = answer.is_ok();
        self.events.answered(answer, now, slowdown);
        if succeeded {
            // A page from earlier in the week doesn't make the data more recent.
            self.events.read_at = self.activity.up_to();
        }
        if self.activity.is_reading(self.known_events()) {
            self.events.request_within(READING * slowdown, now);
        }
        // Keep the same event selected when new ones appear above it.
        let index = self.events.value.iter().flatten().position(|e| Some(&e.id) == selected_id.as_ref());
        self.selected = index.unwrap_or(0);
    }
}
