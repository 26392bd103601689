//! A window over a screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::view::View;
use crate::ui::theme::Theme;

/// The columns left for text in a window over this area.
pub(in crate::ui) fn width(area: Rect) -> u16 {
    area.width.saturating_sub(6)
}

/// Clears the area for a window, and draws its frame. Returns the rest.
pub(in crate::ui) fn frame_of(frame: &mut Frame<'_>, theme: &Theme, area: Rect, title: &str, more: String) -> Rect {
    frame.render_widget(Clear, area);
    let area = area.centered_horizontally(Constraint::Length(area.width.saturating_sub(2)));
    let block = Block::bordered()
        .title(Span::styled(title, theme.title))
        .title_bottom(Span::styled(more, theme.dim))
        .border_style(theme.dim);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// Text in a window, scrolled down by `scroll` lines.
pub(in crate::ui) fn scrolled(frame: &mut Frame<'_>, view: View<'_>, area: Rect, title: &str, scroll: u16) {
    let most = view.height().saturating_sub(area.height.saturating_sub(2));
    let more = match most.saturating_sub(scroll) {
        0 => String::new(),
        1 => " 1 more line ".to_owned(),
        more => format!(" {more} more lines "),
    };
    let inner = frame_of(frame, view.theme, area, title, more);
    let lines: Vec<Line<'static>> = view.lines;
    frame.render_widget(Paragraph::new(lines).scroll((scroll.min(most), 0)), inner);
}

/// Text in a window that is as high as the text.
pub(in crate::ui) fn fitted(frame: &mut Frame<'_>, view: View<'_>, area: Rect, title: &str) {
    let height = view.height().saturating_add(2).min(area.height);
    scrolled(frame, view, Rect { height, ..area }, title, 0);
}

/// A small window in the middle of the area, near the top.
pub(in crate::ui) fn small(area: Rect) -> Rect {
    let small = area.centered_horizontally(Constraint::Max(60));
    Rect { y: area.y + 3, height: area.height.min(6), ..small }.intersection(area)
}
