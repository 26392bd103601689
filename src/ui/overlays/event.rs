//! The details of the selected event: its main fields, then its JSON.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::domain::event::Outcome;
use crate::ui::widgets::text::{cut, or_dash, pad};
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

pub(in crate::ui) fn draw(mut view: View<'_>, scroll: u16, frame: &mut Frame<'_>, area: Rect) {
    details(&mut view);
    window::scrolled(frame, view, area, " Event ", scroll);
}

fn details(view: &mut View<'_>) {
    let Some(event) = view.account.dashboard.event() else { return };
    let theme = view.theme;
    let utc = event.time.map(|t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
    let local_time = view.local_in_full(event.time);
    let outcome = match &event.outcome {
        Outcome::Success => "Success".to_owned(),
        Outcome::Failure(why) => format!("Failure: {why}"),
    };
    let kind = match (event.drill, event.assumed_root, &event.not_root) {
        (true, ..) => "a drill: nobody used root".to_owned(),
        (_, true, _) => "central root management (sts:AssumeRoot)".to_owned(),
        (.., Some(who)) => format!("not root: {who}"),
        _ => "root itself".to_owned(),
    };
    let account = view.account_of(event);
    let rows = [
        ("When", if local_time == utc { utc } else { format!("{local_time} ({utc})") }),
        ("What", format!("{} ({}), through the {}", event.name, or_dash(&event.source), event.via())),
        ("Outcome", outcome),
        ("Who", kind),
        ("Account", account),
        ("MFA", event.mfa.as_str().to_owned()),
        ("From", format!("{}, {}", or_dash(&event.address), or_dash(&event.client))),
        ("Region", or_dash(&event.region).to_owned()),
    ];
    for (name, value) in rows {
        view.spans([(pad(name, 9), theme.dim), (cut(&value, view.columns().saturating_sub(9)), theme.text)]);
    }
    view.blank();
    // Wrapped lines keep the indentation.
    for line in event.json.lines() {
        let text = line.trim_start();
        let indent = (line.len() - text.len()).min(view.columns() / 3);
        let room = view.width.saturating_sub(u16::try_from(indent).unwrap_or(0));
        view.wrapped(indent, room, text, theme.text);
    }
}
