//! The alarm's history.

use super::section::title;
use crate::domain::activity::{HistoryItem, HistoryKind};
use crate::domain::arn::Arn;
use crate::domain::observed::AlarmState;
use crate::ui::widgets::text::{cut, pad};
use crate::ui::widgets::view::View;

/// Draws the history in `room` lines below its title.
pub(super) fn draw(view: &mut View<'_>, room: usize) {
    let part = &view.account.dashboard.history;
    view.push(title(view, "Alarm history", part));
    let Some(items) = &part.value else { return };
    if items.is_empty() {
        view.line("   Nothing yet.", view.theme.dim);
    }
    for item in items.iter().take(room) {
        row(view, item);
    }
}

fn row(view: &mut View<'_>, item: &HistoryItem) {
    let theme = view.theme;
    let (word, text, style) = match &item.kind {
        HistoryKind::StateUpdate { from, to, reason } => {
            let from = from.map_or("?", short);
            (format!("{from} → {}", short(*to)), reason.clone(), theme.text)
        }
        HistoryKind::Action { ok: true } => ("action".into(), action_text(&item.summary), theme.good),
        HistoryKind::Action { ok: false } => ("action failed".into(), action_text(&item.summary), theme.bad),
        HistoryKind::Configuration => ("changed".into(), item.summary.clone(), theme.dim),
    };
    let head = format!("   {}  {}", view.local(Some(item.at)), pad(&word, 16));
    let rest = view.columns().saturating_sub(head.chars().count() + 2);
    view.spans([(head, style), (format!(" {}", cut(&text, rest)), theme.dim)]);
}

/// AWS's summary of an action, with the topic's name in place of its ARN, so that it fits.
fn action_text(summary: &str) -> String {
    let without_arn = |word: &str| Arn::from(word).last_part().unwrap_or(word).to_owned();
    summary.split(' ').map(without_arn).collect::<Vec<_>>().join(" ")
}

/// AWS's name of the state, short enough for a column.
fn short(state: AlarmState) -> &'static str {
    match state {
        AlarmState::InsufficientData => "NO DATA",
        other => other.as_str(),
    }
}
