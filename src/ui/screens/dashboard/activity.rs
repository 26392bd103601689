//! Root activity in the last 7 days: the chart and the events.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;
use ratatui::widgets::Sparkline;

use super::section::title;
use crate::app::state::activity::Searched;
use crate::app::state::dashboard::{BAR, WEEK};
use crate::domain::activity::gap;
use crate::domain::event::RootEvent;
use crate::ui::widgets::text::{cut, or_dash, pad};
use crate::ui::widgets::view::View;

/// Draws the section in `room` lines. Returns the position of the chart, if it is shown.
pub(super) fn draw(view: &mut View<'_>, room: usize) -> Option<Position> {
    let (theme, width) = (view.theme, view.columns());
    let board = &view.account.dashboard;
    let part = &board.events;
    let mut head = title(view, "Root activity, last 7 days", part);
    let gap = view.account.health().and_then(gap);
    let unreadable = gap.filter(|_| part.value.as_ref().is_none_or(Vec::is_empty));
    let mut chart = None;
    if let Some(error) = board.metric.error.as_ref().filter(|_| part.error.is_none()) {
        let room = width.saturating_sub(head.width() + 4);
        head.push_span(Span::styled(format!("   {}", cut(&format!("chart {}", error.brief()), room)), theme.warn));
    } else if part.error.is_none() && board.metric.value.is_some()
        // An empty chart would suggest that nothing happened.
        && unreadable.is_none()
        && head.width() + BARS + 4 <= width
    {
        chart = u16::try_from(head.width() + 3).ok().map(|x| Position::new(x, view.height()));
    }
    view.push(head);
    events(view, room.saturating_sub(1), unreadable);
    chart
}

/// The events or, if there are none, how far back the search went.
fn events(view: &mut View<'_>, room: usize, unreadable: Option<&str>) {
    let (theme, board) = (view.theme, &view.account.dashboard);
    let part = &board.events;
    let Some(events) = &part.value else {
        if part.error.is_none() {
            view.line(format!("   {} reading the log group", view.spinner()), theme.dim);
        }
        return;
    };
    if events.is_empty() {
        let none = match unreadable {
            Some(why) => format!("None found, but not everything is recorded. {why}"),
            None => no_use(view),
        };
        return view.indented(&none, theme.dim);
    }
    let unsearched = unsearched(view);
    let room = room.saturating_sub(usize::from(unsearched.is_some()));
    let from = (board.selected + 1).saturating_sub(room.max(1));
    for (i, event) in events.iter().enumerate().skip(from).take(room) {
        row(view, event, i == board.selected);
    }
    if let Some(text) = unsearched {
        view.line(cut(&format!("   {text}"), view.columns()), theme.dim);
    }
}

/// A sentence saying that no root use was found, and how far back the search went.
fn no_use(view: &View<'_>) -> String {
    match view.account.dashboard.searched() {
        Searched::All | Searched::Full => "No root use in the last 7 days.".to_owned(),
        Searched::Reading(None) => "No root use found so far; still reading.".to_owned(),
        Searched::Reading(Some(at)) => {
            format!("No root use found so far; searched back to {}, still reading.", view.weekday(at))
        }
        Searched::Paused(None) => "No root use found so far; press `m` to search further.".to_owned(),
        Searched::Paused(Some(at)) => {
            format!("No root use found since {}; press `m` to search further.", view.weekday(at))
        }
    }
}

/// A line below the events, if older events have not been searched yet.
fn unsearched(view: &View<'_>) -> Option<String> {
    match view.account.dashboard.searched() {
        Searched::All | Searched::Full => None,
        Searched::Reading(None) => Some("Still reading.".to_owned()),
        Searched::Reading(Some(at)) => Some(format!("Searched back to {}, still reading.", view.weekday(at))),
        Searched::Paused(None) => Some("Press `m` for older events.".to_owned()),
        Searched::Paused(Some(at)) => {
            Some(format!("Searched back to {}; press `m` for older events.", view.weekday(at)))
        }
    }
}

/// The number of bars in the chart.
const BARS: usize = 28;

/// The chart: the metric of the last 7 days, one bar per 6 hours. A bar without events has the lowest height.
pub(super) fn draw_chart(view: &View<'_>, frame: &mut Frame<'_>, at: Position) {
    let start = view.model.now.saturating_sub(WEEK).unwrap_or(view.model.now);
    let mut sums = [0.0_f64; BARS];
    for point in view.account.dashboard.metric.value.iter().flatten() {
        let slot = point.at.duration_since(start).as_secs() / i64::from(BAR);
        if let Some(sum) = usize::try_from(slot.max(0)).ok().and_then(|slot| sums.get_mut(slot.min(BARS - 1))) {
            *sum += point.value;
        }
    }
    let most = sums.iter().copied().fold(1.0, f64::max);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of seven is a small number")]
    let heights = sums.map(|sum| 1 + ((sum / most) * 7.0).round().clamp(0.0, 7.0) as u64);
    let area = Rect { x: at.x, y: at.y, width: 28, height: 1 };
    frame.render_widget(Sparkline::default().data(heights).max(8).style(view.theme.accent), area);
}

fn row(view: &mut View<'_>, event: &RootEvent, selected: bool) {
    let (theme, width) = (view.theme, view.columns());
    let mark = if selected { ">" } else { " " };
    let style = if selected { theme.selected } else { theme.text };
    let what = match (event.drill, event.assumed_root) {
        (true, _) => "DRILL, not root".to_owned(),
        (_, true) => format!("{} (central)", event.name),
        _ if event.not_root.is_some() => format!("NOT ROOT: {}", event.name),
        _ => event.name.clone(),
    };
    let is_wide = width >= 76;
    let what = pad(&what, if is_wide { 16 } else { 13 });
    let (outcome, address) = (pad(event.outcome.as_str(), 8), pad(or_dash(&event.address), 16));
    let mfa = if is_wide { format!("MFA {} ", pad(event.mfa.as_str(), 4)) } else { String::new() };
    let client = if is_wide { or_dash(&event.client) } else { "" };
    let account = if view.account.has_events_of_several_accounts() {
        let names = view.account.account_names();
        let account = or_dash(event.account.as_deref().unwrap_or_default());
        format!("{} ", pad(names.name(account).unwrap_or(account), 12))
    } else {
        String::new()
    };
    let text = format!(" {mark} {}  {account}{what} {outcome} {mfa}{address} {client}", view.local(event.time));
    view.line(cut(&text, width), style);
}
