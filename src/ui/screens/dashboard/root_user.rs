//! The root user itself: a line, or two where there is little room.

use crate::domain::{CheckId, Health, Verdict};
use crate::ui::widgets::root_user::lines;
use crate::ui::widgets::view::View;

const TITLE: &str = " Root user  ";

pub(super) fn draw(view: &mut View<'_>, health: &Health) {
    let theme = view.theme;
    let style = match health.worst(|id| matches!(id, CheckId::RootMfa | CheckId::RootAccessKeys)) {
        Verdict::Ok => theme.text,
        verdict => theme.verdict(verdict),
    };
    let room = view.columns().saturating_sub(TITLE.len());
    for (index, line) in lines(view, room).into_iter().enumerate() {
        let title = if index == 0 { TITLE.to_owned() } else { " ".repeat(TITLE.len()) };
        view.spans([(title, theme.text), (line, style)]);
    }
}
