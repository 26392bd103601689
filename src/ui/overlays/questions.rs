//! Small questions: whether to leave while calls are running, and whether to set the alarm to OK.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::domain::activity::{Trigger, alarm_trigger};
use crate::domain::event::{Outcome, RootEvent};
use crate::domain::observed::AlarmState;
use crate::ui::widgets::text::or_dash;
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

/// Asks whether to quit or to go back while calls are running.
pub(in crate::ui) fn leave(view: View<'_>, quit: bool, frame: &mut Frame<'_>, area: Rect) {
    let (title, question) = if quit {
        (" Quit? ", "Changes are still being made. Stop and quit? What is done is kept; you can continue next time.")
    } else {
        (" Stop? ", "Changes are still being made. Stop and go back? What is done is kept; you can continue later.")
    };
    let small = window::small(area);
    let mut view = View { width: window::width(small), ..view };
    view.text(question, view.theme.text);
    window::scrolled(frame, view, small, title, 0);
}

/// What made the alarm fire, then the question whether to set it back to OK.
pub(in crate::ui) fn set_ok(mut view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    set_ok_text(&mut view);
    window::fitted(frame, view, area, " Set the alarm back to OK? ");
}

fn set_ok_text(view: &mut View<'_>) {
    let Some(alarm) = view.account.health().and_then(|health| health.alarm.as_ref()) else { return };
    let (board, theme) = (&view.account.dashboard, view.theme);
    let events = board.events.value.as_deref();
    let at = |event: &RootEvent| view.local(event.time);
    let (trigger, style) = match (alarm.state, alarm_trigger(alarm, events.unwrap_or_default())) {
        (AlarmState::Ok, _) => ("The alarm is OK again.".to_owned(), theme.good),
        (AlarmState::InsufficientData, _) => ("The alarm has not fired: it has no data yet.".to_owned(), theme.text),
        (_, Trigger::Root(event)) => {
            let what = format!(
                "{} at {} from {} ({})",
                event.name,
                at(event),
                or_dash(&event.address),
                or_dash(&event.client)
            );
            let sentence = match (&event.not_root, &event.outcome) {
                (Some(who), _) => format!("It was {who}, not root: {what}."),
                (None, Outcome::Failure(_)) => format!("Someone tried to use root and failed: {what}."),
                (None, Outcome::Success) if event.assumed_root => {
                    format!("Root was used through central root management: {what}.")
                }
                (None, Outcome::Success) => format!("Root was used: {what}."),
            };
            (sentence, theme.bad)
        }
        (_, Trigger::Drill(event)) => (format!("It was a drill at {}: nobody used root.", at(event)), theme.text),
        (_, Trigger::Test) => (format!("It was a test: {}", alarm.reason), theme.text),
        (_, Trigger::Unknown) => {
            let since = view.local(alarm.since);
            let reason = match (events, &board.events.error) {
                (Some(_), None) => "no root use from that time was found",
                _ => "the events could not be read",
            };
            let sentence = format!(
                "It is not known what made the alarm fire at {since}: {reason}. Root may have been used. \
                 CloudWatch's reason: {}",
                alarm.reason
            );
            (sentence, theme.warn)
        }
    };
    view.text(&trigger, style);
    view.blank();
    let question = format!("Set the alarm `{}` back to OK? The next root use sends a new alert. [y/N]", alarm.name);
    view.text(&question, theme.text);
}
