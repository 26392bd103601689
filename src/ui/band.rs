//! The band that every screen but the dashboard shows under its header while the alarm is in ALARM.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::dashboard::{blank, local};
use super::text::cut;
use super::theme::Theme;
use crate::app::{Model, Screen};
use crate::domain::activity::{Trigger, alarm_trigger};

/// Draws it on top of the body where there is something to say; what is left of the body.
pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, body: Rect) -> Rect {
    let Some(said) = sentence(model).filter(|_| model.screen != Screen::Dashboard) else { return body };
    let [band, rest] = body.layout(&Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]));
    let said = cut(&said, usize::from(band.width).saturating_sub(2));
    frame.render_widget(Line::styled(format!(" {said}"), theme.bad), band);
    rest
}

/// That the alarm is in ALARM and why, as far as that is known, in one line.
pub(super) fn sentence(model: &Model) -> Option<String> {
    let alarm = model.derived.as_ref()?.health.in_alarm()?;
    let events = model.dashboard.events.value.as_deref().unwrap_or_default();
    let why = match alarm_trigger(alarm, events) {
        Trigger::Root(event) => format!(
            "{} by {} at {} from {}",
            event.name,
            event.not_root.as_deref().unwrap_or("root"),
            local(model, event.time, false),
            blank(&event.address),
        ),
        Trigger::Drill(event) => format!("a drill of {}; nobody used root", local(model, event.time, false)),
        Trigger::Test => alarm.reason.clone(),
        Trigger::Unknown => format!("since {}; who used root is not known yet", local(model, alarm.since, false)),
    };
    Some(format!("ALARM  {why}"))
}
