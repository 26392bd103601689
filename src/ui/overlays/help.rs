//! The help: all keys, from the key table.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::keymap::{BINDINGS, Context, Key};
use crate::ui::widgets::text::{pad, wrap};
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

pub(in crate::ui) fn draw(mut view: View<'_>, scroll: u16, frame: &mut Frame<'_>, area: Rect) {
    row(&mut view, "Ctrl+C", "Quit, from any screen");
    for context in Context::ALL {
        view.blank();
        view.line(context.title(), view.theme.title);
        for binding in BINDINGS.iter().filter(|b| b.context == context) {
            let keys: Vec<String> = binding.keys.iter().map(|k: &Key| k.name()).collect();
            row(&mut view, &keys.join(", "), binding.help);
        }
    }
    window::scrolled(frame, view, area, " Keys ", scroll);
}

fn row(view: &mut View<'_>, keys: &str, help: &str) {
    for (i, line) in wrap(help, view.width.saturating_sub(18)).into_iter().enumerate() {
        let keys = if i == 0 { keys } else { "" };
        view.spans([(format!("  {}", pad(keys, 16)), view.theme.accent), (line, view.theme.text)]);
    }
}
