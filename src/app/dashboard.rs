//! The dashboard: parts that are asked for again and again, each at its own pace, none twice at once.

use jiff::{SignedDuration, Timestamp};

pub use super::activity::Searched;
use super::activity::{Activity, MOST_EVENTS};
use super::keys::Intent;
use super::overlay::Overlay;
use super::polled::Polled;
use super::{Effect, Model, Screen, Ticket, alarm_test, screens, teardown};
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::activity::{self, Datapoint, EventPage, HistoryItem};
use crate::domain::event::RootEvent;
use crate::domain::observed::{AlarmState, Observed};
use crate::domain::{Change, Step, Verdict};
pub use crate::engine::poll::BAR;
use crate::engine::poll::{PollQuery, PollResult};

/// A part's pace while all is well and somebody looks.
const ALARM: SignedDuration = SignedDuration::from_secs(5);
const HISTORY: SignedDuration = SignedDuration::from_secs(15);
const EVENTS: SignedDuration = SignedDuration::from_secs(30);
/// Between two requests for what is left of the week: a fifth of what an account may make in a Region.
///
/// Source: AWS Knowledge Center, "How do I determine throttling in my CloudWatch logs?": FilterLogEvents has a hard limit
/// of 5 transactions per second.
const READING: SignedDuration = SignedDuration::from_secs(1);
const METRIC: SignedDuration = SignedDuration::from_secs(60);
const CHAIN: SignedDuration = SignedDuration::from_secs(120);
/// How much slower while the terminal is not looked at.
const UNFOCUSED: i32 = 4;
/// How much slower the alarm is asked for away from the dashboard: every 30 seconds.
const ELSEWHERE: i32 = 6;
/// How far the dashboard looks back.
pub const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the dashboard knows beside the chain.
#[derive(Debug)]
pub struct Dashboard {
    pub alarm: Polled<()>,
    pub history: Polled<Vec<HistoryItem>>,
    pub metric: Polled<Vec<Datapoint>>,
    pub events: Polled<Vec<RootEvent>>,
    chain: Polled<()>,
    /// How far the events are read.
    activity: Activity,
    /// Which event the cursor is on.
    pub selected: usize,
    pub focused: bool,
    /// The terminal's bell has been rung for the alarm that rings now.
    rung: bool,
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
            rung: false,
        }
    }
}

impl Dashboard {
    /// For another account: nothing is known of it, but whether somebody looks.
    pub(super) fn reset(&self) -> Self {
        Self { focused: self.focused, ..Self::default() }
    }

    fn slow(&self) -> i32 {
        if self.focused { 1 } else { UNFOCUSED }
    }

    /// When the next part wants to be asked for. While the account is looked at, the chain waits for that.
    pub(super) fn deadline(&self, now: Timestamp, looking: bool) -> Option<Timestamp> {
        [
            self.alarm.deadline(now),
            self.history.deadline(now),
            self.metric.deadline(now),
            self.events.deadline(now),
            self.chain.deadline(now).filter(|_| !looking),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When the alarm wants to be asked for away from the dashboard; who used root, too, while it rings.
    pub(super) fn alarm_deadline(&self, now: Timestamp, rings: bool) -> Option<Timestamp> {
        let events = self.events.deadline(now).filter(|_| rings);
        self.alarm.deadline(now).into_iter().chain(events).min()
    }

    /// The alarm and what it did are asked for anew at the next chance.
    pub(super) fn refresh_alarm_now(&mut self) {
        self.alarm.refresh_now();
        self.history.refresh_now();
    }

    /// Everything is asked for anew at the next chance.
    pub(super) fn refresh_now(&mut self) {
        self.alarm.refresh_now();
        self.history.refresh_now();
        self.metric.refresh_now();
        self.hurry_events();
        self.chain.refresh_now();
    }

    /// What has happened since is asked for at the next chance.
    fn hurry_events(&mut self) {
        self.events.refresh_now();
        self.activity.refresh_now();
    }

    fn known_events(&self) -> usize {
        self.events.value.as_ref().map_or(0, Vec::len)
    }

    /// How much of the last week is searched for uses of root.
    #[must_use]
    pub fn searched(&self) -> Searched {
        self.activity.searched(self.known_events())
    }

    /// Whether older events are read on demand.
    #[must_use]
    pub fn has_older(&self) -> bool {
        matches!(self.searched(), Searched::Paused(_))
    }

    /// The event under the cursor.
    #[must_use]
    pub fn event(&self) -> Option<&RootEvent> {
        self.events.value.as_ref()?.get(self.selected)
    }
}

/// Asks for every part whose time has come.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let (whole, alarm_only, rings) = (model.shows_dashboard(), model.watches_alarm(), model.rings());
    let Some(derived) = model.derived.as_ref().filter(|_| whole || alarm_only) else { return Vec::new() };
    let now = model.now;
    let from = now.saturating_sub(WEEK).unwrap_or(now);
    let settings = &derived.settings;
    let alarm = settings.alarm.value.clone();
    let metric = settings.metric.clone();
    let board = &mut model.dashboard;
    let mut wanted = Vec::new();
    if board.alarm.is_due(now) {
        wanted.push(PollQuery::Alarm { name: alarm.clone() });
    }
    if whole && board.history.is_due(now) {
        wanted.push(PollQuery::History { alarm, since: from });
    }
    if whole && board.metric.is_due(now) {
        wanted.push(PollQuery::Metric { metric, from, to: now });
    }
    if (whole || rings) && board.events.is_due(now) {
        wanted.extend(next_events(model));
    }
    let mut effects: Vec<Effect> = wanted.into_iter().map(|question| ask(model, question)).collect();
    if whole && model.dashboard.chain.is_due(now) && !model.is_looking() {
        effects.extend(model.look());
        if let Some(ticket) = model.looking {
            model.dashboard.chain.ask(ticket);
        }
    }
    effects
}

fn ask(model: &mut Model, question: PollQuery) -> Effect {
    let ticket = model.ticket();
    let board = &mut model.dashboard;
    match question {
        PollQuery::Alarm { .. } => board.alarm.ask(ticket),
        PollQuery::History { .. } => board.history.ask(ticket),
        PollQuery::Metric { .. } => board.metric.ask(ticket),
        PollQuery::Events { .. } => board.events.ask(ticket),
    }
    Effect::Poll { ticket, question }
}

/// The next request for events.
fn next_events(model: &mut Model) -> Option<PollQuery> {
    let log_group = model.derived.as_ref()?.settings.log_group.value.clone();
    let pattern = model.search_pattern()?.into_owned();
    let board = &mut model.dashboard;
    let (known, every) = (board.known_events(), EVENTS * board.slow());
    let piece = board.activity.next((log_group.clone(), pattern.clone()), model.now, known, WEEK, every)?;
    Some(PollQuery::Events { log_group, pattern, from: piece.from, to: piece.to, page: piece.page })
}

/// The events that are older than those shown, or what is not searched yet.
fn older(model: &mut Model) -> Vec<Effect> {
    let board = &mut model.dashboard;
    if !board.has_older() {
        return Vec::new();
    }
    board.activity.read_on(board.known_events());
    if board.events.is_asked() {
        return Vec::new();
    }
    next_events(model).map(|question| ask(model, question)).into_iter().collect()
}

/// The chain has been looked at, for whatever reason.
pub(super) fn looked(model: &mut Model, observed: &Observed) {
    let (now, slow) = (model.now, model.dashboard.slow());
    let blind = observed.unreadable().first().copied().filter(|_| observed.is_blind());
    let answer = blind.map_or(Ok(()), |unreadable| Err(CloudError::local(ErrorKind::Other, unreadable.why.clone())));
    model.dashboard.chain.take(answer, now, slow);
}

/// Whoever comes back wants to know how things are now.
pub(super) fn focus(model: &mut Model, focused: bool) {
    if focused && !model.dashboard.focused {
        model.dashboard.refresh_now();
    }
    model.dashboard.focused = focused;
}

/// What the keys do.
pub(super) fn act(model: &mut Model, intent: Intent) -> Vec<Effect> {
    match intent {
        Intent::Test => return alarm_test::open(model, false),
        Intent::Drill => return alarm_test::open(model, true),
        Intent::LookAgain => model.dashboard.refresh_now(),
        Intent::SendAgain => return screens::send_again(model),
        Intent::OpenLinks if model.demo.is_some() => return vec![Effect::OpenLinks],
        Intent::Checks => return screens::open(model, Overlay::Checks { scroll: 0 }),
        Intent::Open if model.dashboard.event().is_some() => {
            return screens::open(model, Overlay::Event { scroll: 0 });
        }
        Intent::Open => model.notice = Some("There is no event to show.".into()),
        Intent::Older => return older(model),
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
    let open = model.first_open();
    model.go(if open == Screen::Dashboard { Screen::Step(Step::Trail) } else { open });
}

/// From the checks to the step of the first one that is not ok.
pub(super) fn to_first_problem(model: &mut Model) {
    model.overlay = None;
    let checks = model.derived.iter().flat_map(|derived| &derived.health.checks);
    let step = checks.into_iter().find(|check| check.verdict != Verdict::Ok).map(|check| check.step);
    match step {
        Some(step) => model.go(Screen::Step(step)),
        None => wizard(model),
    }
}

/// An alarm that has fired is not silenced without a question.
fn ask_to_set_ok(model: &mut Model) {
    match model.derived.as_ref().map(|derived| derived.health.alarm.as_ref().map(|alarm| alarm.state)) {
        None => {}
        Some(None) => model.notice = Some("There is no alarm.".into()),
        Some(Some(AlarmState::Ok)) => model.notice = Some("The alarm is OK already.".into()),
        Some(Some(_)) => model.overlay = Some(Overlay::SetOk),
    }
}

/// After the question was answered with yes.
pub(super) fn set_ok(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    let (Some(derived), Some(caller)) = (&model.derived, model.caller()) else { return Vec::new() };
    // It may have gone back by itself in the meantime.
    let Some(alarm) = derived.health.alarm.as_ref().filter(|alarm| alarm.state != AlarmState::Ok) else {
        model.notice = Some("The alarm is OK already.".into());
        return Vec::new();
    };
    let reason = activity::reason("Set back to OK", &caller.identity, model.now);
    let change = Change::SetAlarmState { alarm: alarm.name.clone(), state: AlarmState::Ok, reason };
    vec![screens::single(model, change)]
}

fn copy_arn(model: &mut Model) -> Vec<Effect> {
    let Some(derived) = &model.derived else { return Vec::new() };
    let arn = derived.settings.account_region.alarm_arn(&derived.settings.alarm.value);
    screens::copy(model, arn)
}

/// An answer to a question; one with an old ticket changes nothing.
pub(super) fn answered(model: &mut Model, ticket: Ticket, answer: Result<PollResult, CloudError>) -> Vec<Effect> {
    let (now, slow) = (model.now, model.dashboard.slow());
    let board = &mut model.dashboard;
    if board.alarm.awaits(ticket) {
        let answer = answer.map(|news| if let PollResult::Alarm(alarm) = news { *alarm } else { None });
        let slow = if model.screen == Screen::Dashboard { slow } else { slow * ELSEWHERE };
        board.alarm.take(answer.as_ref().map(|_| ()).map_err(CloudError::clone), now, slow);
        if let (Ok(alarm), Some(observed)) = (answer, &mut model.observed)
            && let Ok(alarms) = &mut observed.alarms
        {
            let named = || model.derived.as_ref().map(|d| d.settings.alarm.value.clone()).unwrap_or_default();
            let name = alarm.as_ref().map_or_else(named, |alarm| alarm.name.clone());
            alarms.retain(|a| a.name != name);
            alarms.extend(alarm);
        }
        model.derive();
        return ring(model);
    } else if board.history.awaits(ticket) {
        let answer = answer.map(|news| if let PollResult::History(items) = news { items } else { Vec::new() });
        board.history.take(answer, now, slow);
    } else if board.metric.awaits(ticket) {
        let answer = answer.map(|news| if let PollResult::Metric(points) = news { points } else { Vec::new() });
        board.metric.take(answer, now, slow);
    } else if board.events.awaits(ticket) {
        events(model, answer);
    }
    Vec::new()
}

fn events(model: &mut Model, answer: Result<PollResult, CloudError>) {
    let (now, slow) = (model.now, model.dashboard.slow());
    let board = &mut model.dashboard;
    let under_cursor = board.event().map(|e| e.id.clone());
    // A log group that is not there yet has seen nobody.
    let answer = match answer {
        Ok(PollResult::Events(page)) => Ok(page),
        Ok(_) => Ok(EventPage::default()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(EventPage::default()),
        Err(error) => Err(error),
    };
    board.activity.answered(answer.as_ref().map_err(|error| error.kind == ErrorKind::Invalid));
    let answer = answer.map(|page| {
        // What is known already stays, each event once.
        let mut all = board.events.value.clone().unwrap_or_default();
        let fresh: Vec<RootEvent> = page.events.into_iter().filter(|e| all.iter().all(|a| a.id != e.id)).collect();
        all.extend(fresh);
        all.sort_by_key(|e| std::cmp::Reverse(e.time));
        all.truncate(MOST_EVENTS);
        all
    });
    let answered = answer.is_ok();
    board.events.take(answer, now, slow);
    if answered {
        // How old the picture is, which a page from last week makes no newer.
        board.events.seen = board.activity.up_to();
    }
    if board.activity.is_reading(board.known_events()) {
        board.events.again_within(READING * slow, now);
    }
    // The cursor stays on its event while new ones come in above.
    let index = board.events.value.iter().flatten().position(|e| Some(&e.id) == under_cursor.as_ref());
    board.selected = index.unwrap_or(0);
}

/// The terminal's bell, once for each time the alarm goes off.
fn ring(model: &mut Model) -> Vec<Effect> {
    let rings = model.derived.as_ref().is_some_and(|d| d.health.in_alarm().is_some());
    let before = std::mem::replace(&mut model.dashboard.rung, rings);
    if rings && !before {
        // Who it was is what counts now.
        model.dashboard.hurry_events();
        model.dashboard.history.refresh_now();
        return if model.quiet { Vec::new() } else { vec![Effect::Bell] };
    }
    Vec::new()
}
