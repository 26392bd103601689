//! The line that every screen except the dashboard shows below its header while the alarm is in ALARM.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use crate::app::{Model, Screen};
use crate::domain::activity::{Trigger, alarm_trigger};
use crate::ui::dashboard::{local, or_dash};
use crate::ui::text::cut;
use crate::ui::theme::Theme;

/// Draws the line at the top of the body if the alarm is in ALARM. Returns the rest of the body.
pub(in crate::ui) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, body: Rect) -> Rect {
    let Some(text) = sentence(model).filter(|_| model.screen != Screen::Dashboard) else { return body };
    let [band, rest] = body.layout(&Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]));
    let text = cut(&text, usize::from(band.width).saturating_sub(2));
    frame.render_widget(Line::styled(format!(" {text}"), theme.bad), band);
    rest
}

/// One line saying that the alarm is in ALARM and why, if that is known.
pub(in crate::ui) fn sentence(model: &Model) -> Option<String> {
    let alarm = model.account().derived.as_ref()?.health.in_alarm()?;
    let events = model.account().dashboard.events.value.as_deref().unwrap_or_default();
    let why = match alarm_trigger(alarm, events) {
        Trigger::Root(event) => format!(
            "{} by {} at {} from {}",
            event.name,
            event.not_root.as_deref().unwrap_or("root"),
            local(model, event.time, false),
            or_dash(&event.address),
        ),
        Trigger::Drill(event) => format!("a drill at {}; nobody used root", local(model, event.time, false)),
        Trigger::Test => alarm.reason.clone(),
        Trigger::Unknown => format!("since {}; who used root is not known yet", local(model, alarm.since, false)),
    };
    Some(format!("ALARM  {why}"))
}
