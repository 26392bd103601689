//! The dashboard: several values, each polled at its own interval.

use jiff::{SignedDuration, Timestamp};

pub use crate::app::activity::Searched;
use crate::app::activity::{Activity, MOST_EVENTS};
use crate::app::keymap::Intent;
use crate::app::overlay::Overlay;
use crate::app::polled::Polled;
use crate::app::{Effect, Model, Screen, Ticket, alarm_test, screens, teardown};
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::activity::{self, Datapoint, EventPage, HistoryItem};
use crate::domain::event::RootEvent;
use crate::domain::observed::{AlarmState, Observed};
use crate::domain::{Change, Step, Verdict};
pub use crate::engine::poll::BAR;
use crate::engine::poll::{PollQuery, PollResult};

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
/// The slowdown while the terminal does not have the focus.
const UNFOCUSED: i32 = 4;
/// The slowdown for polling the alarm from other screens: every 30 seconds.
const OTHER_SCREENS: i32 = 6;
/// How far back the dashboard reads.
pub const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the dashboard shows in addition to the chain.
#[derive(Debug)]
pub struct Dashboard {
    pub alarm: Polled<()>,
    pub history: Polled<Vec<HistoryItem>>,
    pub metric: Polled<Vec<Datapoint>>,
    pub events: Polled<Vec<RootEvent>>,
    chain: Polled<()>,
    /// Which events have been read.
    activity: Activity,
    /// The index of the selected event.
    pub selected: usize,
    pub focused: bool,
    /// Whether the alarm was in ALARM when last read, so that the terminal bell rings only once.
    was_in_alarm: bool,
}

impl Default for Dashboard {
    fn default() -> Self {
        Self {
            alarm: Polled::new(ALARM),
            history: Polled::new(HISTORY),
            metric: Polled::new(METRIC),
            events: Polled::new(EVENTS),
            chain: Polled::new(CHAIN),
            activity: Activity::default(),
            selected: 0,
            focused: true,
            was_in_alarm: false,
        }
    }
}

impl Dashboard {
    /// An empty dashboard for another account; only the terminal's focus is kept.
    pub(in crate::app) fn reset(&self) -> Self {
        Self { focused: self.focused, ..Self::default() }
    }

    fn slowdown(&self) -> i32 {
        if self.focused { 1 } else { UNFOCUSED }
    }

    /// When the next value is due. The chain isn't due while the account is being read anyway.
    pub(in crate::app) fn deadline(&self, now: Timestamp, is_observing: bool) -> Option<Timestamp> {
        [
            self.alarm.deadline(now),
            self.history.deadline(now),
            self.metric.deadline(now),
            self.events.deadline(now),
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
    }

    /// Requests new events at the next tick.
    fn refresh_events_now(&mut self) {
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
}

/// Requests every value that is due.
pub(in crate::app) fn tick(model: &mut Model) -> Vec<Effect> {
    let (on_dashboard, alarm_only, in_alarm) = (model.shows_dashboard(), model.polls_alarm_only(), model.is_in_alarm());
    let Some(derived) = model.derived.as_ref().filter(|_| on_dashboard || alarm_only) else { return Vec::new() };
    let now = model.now;
    let from = now.saturating_sub(WEEK).unwrap_or(now);
    let settings = &derived.settings;
    let alarm = settings.alarm.value.clone();
    let metric = settings.metric.clone();
    let board = &mut model.dashboard;
    let mut queries = Vec::new();
    if board.alarm.is_due(now) {
        queries.push(PollQuery::Alarm { name: alarm.clone() });
    }
    if on_dashboard && board.history.is_due(now) {
        queries.push(PollQuery::History { alarm, since: from });
    }
    if on_dashboard && board.metric.is_due(now) {
        queries.push(PollQuery::Metric { metric, from, to: now });
    }
    if (on_dashboard || in_alarm) && board.events.is_due(now) {
        queries.extend(next_events(model));
    }
    let mut effects: Vec<Effect> = queries.into_iter().map(|query| poll(model, query)).collect();
    if on_dashboard && model.dashboard.chain.is_due(now) && !model.is_observing() {
        effects.extend(model.observe());
        if let Some(ticket) = model.observing {
            model.dashboard.chain.requested(ticket);
        }
    }
    effects
}

fn poll(model: &mut Model, query: PollQuery) -> Effect {
    let ticket = model.ticket();
    let board = &mut model.dashboard;
    match query {
        PollQuery::Alarm { .. } => board.alarm.requested(ticket),
        PollQuery::History { .. } => board.history.requested(ticket),
        PollQuery::Metric { .. } => board.metric.requested(ticket),
        PollQuery::Events { .. } => board.events.requested(ticket),
    }
    Effect::Poll { ticket, query }
}

/// The next request for events.
fn next_events(model: &mut Model) -> Option<PollQuery> {
    let log_group = model.derived.as_ref()?.settings.log_group.value.clone();
    let pattern = model.search_pattern()?.into_owned();
    let board = &mut model.dashboard;
    let (known, every) = (board.known_events(), EVENTS * board.slowdown());
    let piece = board.activity.next((log_group.clone(), pattern.clone()), model.now, known, WEEK, every)?;
    Some(PollQuery::Events { log_group, pattern, from: piece.from, to: piece.to, page: piece.page })
}

/// Requests older events than those shown.
fn load_older(model: &mut Model) -> Vec<Effect> {
    let board = &mut model.dashboard;
    if !board.has_older() {
        return Vec::new();
    }
    board.activity.read_older(board.known_events());
    if board.events.is_requested() {
        return Vec::new();
    }
    next_events(model).map(|query| poll(model, query)).into_iter().collect()
}

/// The account has been read, on behalf of the dashboard or not.
pub(in crate::app) fn chain_observed(model: &mut Model, observed: &Observed) {
    let (now, slowdown) = (model.now, model.dashboard.slowdown());
    let first_error = observed.unreadable().first().copied().filter(|_| observed.is_unreadable());
    let answer =
        first_error.map_or(Ok(()), |unreadable| Err(CloudError::local(ErrorKind::Other, unreadable.why.clone())));
    model.dashboard.chain.answered(answer, now, slowdown);
}

/// The terminal got or lost the focus; getting it refreshes everything.
pub(in crate::app) fn focus(model: &mut Model, focused: bool) {
    if focused && !model.dashboard.focused {
        model.dashboard.refresh_now();
    }
    model.dashboard.focused = focused;
}

/// Acts on a key.
pub(in crate::app) fn act(model: &mut Model, intent: Intent) -> Vec<Effect> {
    match intent {
        Intent::Test => return alarm_test::open(model, false),
        Intent::Drill => return alarm_test::open(model, true),
        Intent::Refresh => model.dashboard.refresh_now(),
        Intent::ResendConfirmation => return screens::send_again(model),
        Intent::OpenLinks if model.demo.is_some() => return vec![Effect::OpenLinks],
        Intent::Checks => return screens::open(model, Overlay::Checks { scroll: 0 }),
        Intent::ShowEvent if model.dashboard.event().is_some() => {
            return screens::open(model, Overlay::Event { scroll: 0 });
        }
        Intent::ShowEvent => model.notice = Some("There is no event to show.".into()),
        Intent::LoadOlder => return load_older(model),
        Intent::SetOk => ask_to_set_ok(model),
        Intent::Teardown => return teardown::open(model),
        Intent::Copy => return copy_arn(model),
        Intent::Up => model.dashboard.selected = model.dashboard.selected.saturating_sub(1),
        Intent::Down => {
            let last = model.dashboard.events.value.as_ref().map_or(0, Vec::len).saturating_sub(1);
            model.dashboard.selected = (model.dashboard.selected + 1).min(last);
        }
        Intent::Back => model.go(Screen::Account),
        Intent::Wizard => wizard(model),
        _ => {}
    }
    Vec::new()
}

fn wizard(model: &mut Model) {
    let unfinished = model.first_unfinished();
    model.go(if unfinished == Screen::Dashboard { Screen::Step(Step::Trail) } else { unfinished });
}

/// Opens the step of the first check that is not ok.
pub(in crate::app) fn to_first_problem(model: &mut Model) {
    model.overlay = None;
    let checks = model.derived.iter().flat_map(|derived| &derived.health.checks);
    let step = checks.into_iter().find(|check| check.verdict != Verdict::Ok).map(|check| check.id.step());
    match step {
        Some(step) => model.go(Screen::Step(step)),
        None => wizard(model),
    }
}

/// Asks for confirmation before setting an alarm that has fired back to OK.
fn ask_to_set_ok(model: &mut Model) {
    match model.derived.as_ref().map(|derived| derived.health.alarm.as_ref().map(|alarm| alarm.state)) {
        None => {}
        Some(None) => model.notice = Some("There is no alarm.".into()),
        Some(Some(AlarmState::Ok)) => model.notice = Some("The alarm is already OK.".into()),
        Some(Some(_)) => model.overlay = Some(Overlay::SetOk),
    }
}

/// Sets the alarm to OK after the user confirmed it.
pub(in crate::app) fn set_ok(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    let (Some(derived), Some(caller)) = (&model.derived, model.caller()) else { return Vec::new() };
    // It may have returned to OK by itself in the meantime.
    let Some(alarm) = derived.health.alarm.as_ref().filter(|alarm| alarm.state != AlarmState::Ok) else {
        model.notice = Some("The alarm is already OK.".into());
        return Vec::new();
    };
    let reason = activity::reason("Set back to OK", &caller.identity, model.now);
    let change = Change::SetAlarmState { alarm: alarm.name.clone(), state: AlarmState::Ok, reason };
    vec![screens::single_change(model, change)]
}

fn copy_arn(model: &mut Model) -> Vec<Effect> {
    let Some(derived) = &model.derived else { return Vec::new() };
    let arn = derived.settings.account_region.alarm_arn(&derived.settings.alarm.value);
    screens::copy(model, arn.into())
}

/// Records the answer to a poll; a late one is ignored.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<PollResult, CloudError>,
) -> Vec<Effect> {
    let (now, slowdown) = (model.now, model.dashboard.slowdown());
    let board = &mut model.dashboard;
    if board.alarm.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::Alarm(alarm) = result { *alarm } else { None });
        let slowdown = if model.screen == Screen::Dashboard { slowdown } else { slowdown * OTHER_SCREENS };
        board.alarm.answered(answer.as_ref().map(|_| ()).map_err(CloudError::clone), now, slowdown);
        if let (Ok(alarm), Some(observed)) = (answer, &mut model.observed)
            && let Ok(alarms) = &mut observed.alarms
        {
            let expected_name = || model.derived.as_ref().map(|d| d.settings.alarm.value.clone()).unwrap_or_default();
            let name = alarm.as_ref().map_or_else(expected_name, |alarm| alarm.name.clone());
            alarms.retain(|a| a.name != name);
            alarms.extend(alarm);
        }
        model.derive();
        return notice_alarm(model);
    } else if board.history.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::History(items) = result { items } else { Vec::new() });
        board.history.answered(answer, now, slowdown);
    } else if board.metric.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::Metric(points) = result { points } else { Vec::new() });
        board.metric.answered(answer, now, slowdown);
    } else if board.events.awaits(ticket) {
        events(model, answer);
    }
    Vec::new()
}

fn events(model: &mut Model, answer: Result<PollResult, CloudError>) {
    let (now, slowdown) = (model.now, model.dashboard.slowdown());
    let board = &mut model.dashboard;
    let selected_id = board.event().map(|e| e.id.clone());
    // A log group that doesn't exist yet has no events.
    let answer = match answer {
        Ok(PollResult::Events(page)) => Ok(page),
        Ok(_) => Ok(EventPage::default()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(EventPage::default()),
        Err(error) => Err(error),
    };
    board.activity.answered(answer.as_ref().map_err(|error| error.kind == ErrorKind::Invalid));
    let answer = answer.map(|page| {
        // Keep the known events, and each event only once.
        let mut all = board.events.value.clone().unwrap_or_default();
        let new: Vec<RootEvent> = page.events.into_iter().filter(|e| all.iter().all(|a| a.id != e.id)).collect();
        all.extend(new);
        all.sort_by_key(|e| std::cmp::Reverse(e.time));
        all.truncate(MOST_EVENTS);
        all
    });
    let succeeded = answer.is_ok();
    board.events.answered(answer, now, slowdown);
    if succeeded {
        // A page from earlier in the week doesn't make the data more recent.
        board.events.read_at = board.activity.up_to();
    }
    if board.activity.is_reading(board.known_events()) {
        board.events.request_within(READING * slowdown, now);
    }
    // Keep the same event selected when new ones appear above it.
    let index = board.events.value.iter().flatten().position(|e| Some(&e.id) == selected_id.as_ref());
    board.selected = index.unwrap_or(0);
}

/// Rings the terminal bell once when the alarm goes to ALARM, and requests the events that explain it.
fn notice_alarm(model: &mut Model) -> Vec<Effect> {
    let in_alarm = model.derived.as_ref().is_some_and(|d| d.health.in_alarm().is_some());
    let was_in_alarm = std::mem::replace(&mut model.dashboard.was_in_alarm, in_alarm);
    if in_alarm && !was_in_alarm {
        // Show who used root as soon as possible.
        model.dashboard.refresh_events_now();
        model.dashboard.history.refresh_now();
        return if model.quiet { Vec::new() } else { vec![Effect::Bell] };
    }
    Vec::new()
}
