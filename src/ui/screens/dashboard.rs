//! The dashboard: the chain from sign-in to inbox, its first problem, root activity, and the alarm history.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Paragraph;

use crate::app::state::activity::Searched;
use crate::domain::Health;
use crate::domain::activity::{Trigger, alarm_trigger, uses_since_notification};
use crate::domain::text::age;
use crate::ui::fix::fix_text;
use crate::ui::widgets::advice;
use crate::ui::widgets::text::or_dash;
use crate::ui::widgets::view::View;

mod activity;
mod chain;
mod history;
mod root_user;
mod section;

pub(in crate::ui) fn draw(mut view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(derived) = &view.account.derived else {
        view.line(format!(" {} reading the account", view.spinner()), view.theme.text);
        return frame.render_widget(Paragraph::new(view.lines), area);
    };
    stale_data(&mut view);
    in_alarm(&mut view, &derived.health);
    chain::draw(&mut view, &derived.health);
    root_user::draw(&mut view, &derived.health);
    summary(&mut view, &derived.health);
    if area.height > 20 {
        view.blank();
    }
    let room = usize::from(area.height).saturating_sub(view.lines.len());
    // The alarm history gets at most a third of the remaining height, root activity the rest.
    let history = view.account.dashboard.history.value.as_ref().map_or(1, Vec::len).clamp(1, (room / 3).max(2));
    let chart = activity::draw(&mut view, room.saturating_sub(history + 1));
    let left = usize::from(area.height).saturating_sub(view.lines.len() + 1);
    history::draw(&mut view, left);
    frame.render_widget(Paragraph::new(std::mem::take(&mut view.lines)), area);
    if let Some(chart) = chart.filter(|chart| chart.y < area.height) {
        activity::draw_chart(&view, frame, Position::new(area.x + chart.x, area.y + chart.y));
    }
}

/// Why the alarm cannot be read, at the top, so that old data does not look current.
fn stale_data(view: &mut View<'_>) {
    let part = &view.account.dashboard.alarm;
    let Some(error) = &part.error else { return };
    let shown = match part.read_at {
        Some(seen) => {
            format!("Showing data from {} ago; retrying.", age(view.model.now.duration_since(seen)))
        }
        None => String::new(),
    };
    view.paragraph(&format!("{} {} {shown}", error.why(), fix_text(&error.fix())), view.theme.bad);
}

/// While the alarm is in ALARM: who did what, when, and from where, before anything else.
fn in_alarm(view: &mut View<'_>, health: &Health) {
    let Some(alarm) = health.in_alarm() else { return };
    let events = view.account.dashboard.events.value.as_deref().unwrap_or_default();
    let cause = match alarm_trigger(alarm, events) {
        Trigger::Drill(event) => {
            format!("ALARM: a drill at {}; nobody used root.", view.local(event.time))
        }
        Trigger::Root(event) => format!(
            "ALARM: {} by {} at {}, {} from {} ({}), MFA {}.",
            event.name,
            view.who(event),
            view.local(event.time),
            event.outcome.as_str(),
            or_dash(&event.address),
            or_dash(&event.client),
            event.mfa.as_str(),
        ),
        Trigger::Test => format!("ALARM: {}", alarm.reason),
        Trigger::Unknown => {
            let since = view.local(alarm.since);
            format!("ALARM since {since}: {} It is not known yet who used root.", alarm.reason)
        }
    };
    let history = view.account.dashboard.history.value.as_deref().unwrap_or_default();
    let read_back_to = match view.account.dashboard.searched() {
        Searched::All => Some(Timestamp::MIN),
        Searched::Reading(back_to) | Searched::Paused(back_to) => back_to,
        Searched::Full => events.last().and_then(|event| event.time),
    };
    let uses = uses_since_notification(alarm, history, events, read_back_to);
    let least = if uses.is_partial { "At least " } else { "" };
    let noun = match (uses.after_use, uses.count) {
        (true, 1) => "more use",
        (true, _) => "more uses",
        (false, 1) => "use",
        (false, _) => "uses",
    };
    let more = match uses.count {
        0 => String::new(),
        count => format!(" {least}{count} {noun} since the email; no second one is sent."),
    };
    view.paragraph(&format!("{cause}{more}"), view.theme.bad);
    view.blank();
}

/// The first problem and its fix, or that everything works.
fn summary(view: &mut View<'_>, health: &Health) {
    let theme = view.theme;
    let style = health.weakest().map_or(theme.dim, |check| theme.verdict(check.verdict));
    let problems = health.alerting_problems().count();
    let more = match problems.saturating_sub(1) {
        0 => String::new(),
        1 => " 1 more problem: press `c`.".to_owned(),
        more => format!(" {more} more problems: press `c`."),
    };
    let findings = match health.audit_summary() {
        Some(findings) => format!(" {findings}: press `c`."),
        None => String::new(),
    };
    view.paragraph(&format!("{}{more}{findings}", advice::summary(health)), style);
}
