//! What the dashboard reads repeatedly.

use crate::app::message::{Effect, SessionEffect};
use crate::app::state::account::AccountState;
use crate::app::state::dashboard::WEEK;
use crate::app::state::model::Model;
use crate::app::state::screen::Screen;
use crate::app::state::session::{SessionId, Ticket};
use crate::cloud::CloudError;
use crate::domain::activity::EventPage;
use crate::engine::poll::{PollQuery, PollResult};
use jiff::Timestamp;

use super::account::observe;

/// The slowdown for polling the alarm from other screens: every 30 seconds.
const OTHER_SCREENS: i32 = 6;

/// Requests every value that is due. `shown` is the screen on which the user sees the account, if it is selected.
pub(super) fn tick(account: &mut AccountState, shown: Option<Screen>, now: Timestamp, slowdown: i32) -> Vec<Effect> {
    let (on_dashboard, in_alarm) = (account.shows_dashboard(shown), account.is_in_alarm());
    let alarm_only = account.polls_alarm_only(shown);
    let Some(derived) = account.derived.as_ref().filter(|_| on_dashboard || alarm_only) else { return Vec::new() };
    let from = now.saturating_sub(WEEK).unwrap_or(now);
    let alert = derived.settings.root_use();
    let (alarm, metric) = (alert.alarm.value.clone(), alert.metric.clone());
    let board = &account.dashboard;
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
    if on_dashboard && board.root_last_use.is_due(now) {
        queries.push(PollQuery::RootLastUse);
    }
    if (on_dashboard || in_alarm) && board.events.is_due(now) {
        queries.extend(next_events(account, now, slowdown));
    }
    let mut effects: Vec<Effect> = queries.into_iter().map(|query| poll(account, query)).collect();
    if on_dashboard && account.dashboard.chain.is_due(now) && !account.is_observing() {
        effects.extend(observe(account));
        if let Some(ticket) = account.observing {
            account.dashboard.chain.requested(ticket);
        }
    }
    effects
}

fn poll(account: &mut AccountState, query: PollQuery) -> Effect {
    let ticket = account.ticket();
    let board = &mut account.dashboard;
    match query {
        PollQuery::Alarm { .. } => board.alarm.requested(ticket),
        PollQuery::History { .. } => board.history.requested(ticket),
        PollQuery::Metric { .. } => board.metric.requested(ticket),
        PollQuery::Events { .. } => board.events.requested(ticket),
        PollQuery::RootLastUse => board.root_last_use.requested(ticket),
    }
    SessionEffect::Poll { ticket, query }.within(account.session)
}

/// The next request for events.
fn next_events(account: &mut AccountState, now: Timestamp, slowdown: i32) -> Option<PollQuery> {
    let log_group = account.derived.as_ref()?.settings.log_group.value.clone();
    let pattern = account.search_pattern()?.into_owned();
    let piece = account.dashboard.next_events(log_group.clone(), pattern.clone(), now, slowdown)?;
    Some(PollQuery::Events { log_group, pattern, from: piece.from, to: piece.to, page: piece.page })
}

/// Requests older events than those shown.
pub(super) fn load_older(model: &mut Model) -> Vec<Effect> {
    let (now, slowdown) = (model.now, model.slowdown());
    let account = model.accounts.selected_mut();
    if !account.dashboard.has_older() {
        return Vec::new();
    }
    account.dashboard.read_older();
    if account.dashboard.events.is_requested() {
        return Vec::new();
    }
    next_events(account, now, slowdown).map(|query| poll(account, query)).into_iter().collect()
}

/// The terminal got or lost the focus; getting it refreshes everything.
pub(super) fn focus(model: &mut Model, focused: bool) {
    if focused && !model.focused {
        model.accounts.selected_mut().dashboard.refresh_now();
    }
    model.focused = focused;
}

/// Records the answer to a poll; a late one is ignored.
pub(super) fn answered(
    model: &mut Model,
    session: SessionId,
    ticket: Ticket,
    answer: Result<PollResult, CloudError>,
) -> Vec<Effect> {
    let (now, slowdown, shown, quiet) = (model.now, model.slowdown(), model.shown(session), model.quiet);
    let Some(account) = model.accounts.get_mut(session) else { return Vec::new() };
    let board = &mut account.dashboard;
    if board.alarm.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::Alarm(alarm) = result { *alarm } else { None });
        let slowdown = if shown == Some(Screen::Dashboard) { slowdown } else { slowdown * OTHER_SCREENS };
        board.alarm.answered(answer.as_ref().map(|_| ()).map_err(CloudError::clone), now, slowdown);
        if let (Ok(alarm), Some(observed)) = (answer, &mut account.observed)
            && let Ok(alarms) = &mut observed.alarms
        {
            let expected_name =
                || account.derived.as_ref().map(|d| d.settings.root_use().alarm.value.clone()).unwrap_or_default();
            let name = alarm.as_ref().map_or_else(expected_name, |alarm| alarm.name.clone());
            alarms.retain(|a| a.name != name);
            alarms.extend(alarm);
        }
        account.derive(now);
        return notice_alarm(account, quiet);
    } else if board.history.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::History(items) = result { items } else { Vec::new() });
        board.history.answered(answer, now, slowdown);
    } else if board.metric.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::Metric(points) = result { points } else { Vec::new() });
        board.metric.answered(answer, now, slowdown);
    } else if board.events.awaits(ticket) {
        let answer =
            answer.map(|result| if let PollResult::Events(page) = result { page } else { EventPage::default() });
        board.events_answered(answer, now, slowdown);
    } else if board.root_last_use.awaits(ticket) {
        let answer = answer.map(|result| if let PollResult::RootLastUse(found) = result { found } else { None });
        board.root_last_use_answered(answer, now, slowdown);
    }
    Vec::new()
}

/// Rings the terminal bell once when the alarm goes to ALARM, and requests the events that explain it.
fn notice_alarm(account: &mut AccountState, quiet: bool) -> Vec<Effect> {
    let in_alarm = account.is_in_alarm();
    let was_in_alarm = std::mem::replace(&mut account.dashboard.was_in_alarm, in_alarm);
    if in_alarm && !was_in_alarm {
        // Show who used root as soon as possible.
        account.dashboard.refresh_events_now();
        account.dashboard.history.refresh_now();
        return if quiet { Vec::new() } else { vec![Effect::Bell] };
    }
    Vec::new()
}
