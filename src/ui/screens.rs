//! The screens, one file each.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::widgets::view::View;
use crate::app::Screen;

mod account;
mod dashboard;
mod step;

/// Draws the screen of the selected account.
pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    match view.model.screen {
        Screen::Account => account::draw(view, frame, area),
        Screen::Step(step) => step::draw(view, step, frame, area),
        Screen::Dashboard => dashboard::draw(view, frame, area),
    }
}
