//! The root user itself: a line, or two where there is little room.

use crate::domain::{CheckId, Health, Verdict};
use crate::ui::widgets::root_user::facts;
use crate::ui::widgets::text::wrap;
use crate::ui::widgets::view::View;

const TITLE: &str = " Root user  ";

pub(super) fn draw(view: &mut View<'_>, health: &Health) {
    let Some(facts) = facts(view) else { return };
    let theme = view.theme;
    let style = match health.worst(|id| matches!(id, CheckId::RootMfa | CheckId::RootAccessKeys)) {
        Verdict::Ok => theme.text,
        verdict => theme.verdict(verdict),
    };
    let indent = TITLE.len();
    let room = view.width.saturating_sub(u16::try_from(indent).unwrap_or(u16::MAX));
    for (index, line) in wrap(&facts.join(" · "), room).into_iter().enumerate() {
        let title = if index == 0 { TITLE.to_owned() } else { " ".repeat(indent) };
        view.spans([(title, theme.text), (line, style)]);
    }
}
