//! The line that every screen except the dashboard shows below its header while the alarm is in ALARM.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::text::{cut, or_dash};
use super::view::View;
use crate::app::Screen;
use crate::domain::activity::{Trigger, alarm_trigger};

/// Draws the line at the top of the body if the alarm is in ALARM. Returns the rest of the body.
pub(in crate::ui) fn draw(view: &View<'_>, frame: &mut Frame<'_>, body: Rect) -> Rect {
    let Some(text) = sentence(view).filter(|_| view.model.screen != Screen::Dashboard) else { return body };
    let [band, rest] = body.layout(&Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]));
    let text = cut(&text, usize::from(band.width).saturating_sub(2));
    frame.render_widget(Line::styled(format!(" {text}"), view.theme.bad), band);
    rest
}

/// One line saying that the alarm is in ALARM and why, if that is known.
fn sentence(view: &View<'_>) -> Option<String> {
    let alarm = view.account.health()?.in_alarm()?;
    let events = view.account.dashboard.events.value.as_deref().unwrap_or_default();
    let why = match alarm_trigger(alarm, events) {
        Trigger::Root(event) => format!(
            "{} by {} at {} from {}",
            event.name,
            view.who(event),
            view.local(event.time),
            or_dash(&event.address),
        ),
        Trigger::Drill(event) => format!("a drill at {}; nobody used root", view.local(event.time)),
        Trigger::Test => alarm.reason.clone(),
        Trigger::Unknown => format!("since {}; who used root is not known yet", view.local(alarm.since)),
    };
    Some(format!("ALARM  {why}"))
}
