//! The windows over a screen.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::theme::Theme;
use super::widgets::view::View;
use super::widgets::window;
use crate::app::{Model, Overlay};

mod alarm_test;
mod checks;
mod event;
mod help;
mod mfa;
mod picker;
mod questions;
mod teardown;

/// Draws a window.
pub(super) fn draw(model: &Model, overlay: &Overlay, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let view = View::new(model, theme, window::width(area));
    // In some windows, the text goes up to the frame.
    let wide = || View::new(model, theme, area.width.saturating_sub(4));
    match overlay {
        Overlay::Help { scroll } => help::draw(view, *scroll, frame, area),
        Overlay::Commands { text, scroll } => commands(view, text, *scroll, frame, area),
        Overlay::Checks { scroll } => checks::draw(wide(), *scroll, frame, area),
        Overlay::Event { scroll } => event::draw(wide(), *scroll, frame, area),
        Overlay::Test => alarm_test::draw(view, frame, area),
        Overlay::Teardown => {
            teardown::draw(&view, frame, area);
            if view.account.teardown.as_ref().is_some_and(|teardown| teardown.asks_to_leave) {
                questions::leave(view, false, frame, area);
            }
        }
        Overlay::Picker(picker) => picker::draw(&view, picker, frame, area),
        Overlay::MfaCode(prompt) => mfa::draw(view, prompt, frame, area),
        Overlay::ConfirmQuit { quit } => questions::leave(view, *quit, frame, area),
        Overlay::SetOk => questions::set_ok(view, frame, area),
    }
}

/// The plan as AWS CLI commands.
fn commands(mut view: View<'_>, text: &str, scroll: u16, frame: &mut Frame<'_>, area: Rect) {
    for line in text.lines() {
        view.text(line, view.theme.text);
    }
    window::scrolled(frame, view, area, " AWS CLI commands ", scroll);
}
