//! Opening screens and windows, and scrolling.

use crate::app::keymap::Intent;
use crate::app::message::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::screen::Screen;

/// Opens a screen of the selected account.
pub(super) fn go(model: &mut Model, screen: Screen) {
    model.screen = screen;
    model.scroll = 0;
    model.notice = None;
    model.early_key = None;
    let account = model.accounts.selected_mut();
    if screen == Screen::Dashboard {
        // Other screens poll it less often.
        account.dashboard.alarm.refresh_now();
    }
    if let Screen::Step(step) = screen {
        account.form.enter(step);
    }
}

pub(super) fn open(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

/// Closes the window. A running test continues.
pub(super) fn close(model: &mut Model) {
    model.overlay = None;
    let account = model.accounts.selected_mut();
    account.test = None;
    account.teardown = None;
}

/// The scroll position after a key.
pub(super) fn scrolled(scroll: u16, intent: Option<Intent>) -> u16 {
    match intent {
        Some(Intent::Up) => scroll.saturating_sub(1),
        Some(Intent::Down) => scroll.saturating_add(1),
        Some(Intent::PageUp) => scroll.saturating_sub(8),
        Some(Intent::PageDown) => scroll.saturating_add(8),
        _ => scroll,
    }
}

/// Copies to the clipboard.
pub(super) fn copy(model: &mut Model, text: String) -> Vec<Effect> {
    model.notice = Some(Notice::Copied(text.clone()));
    vec![Effect::Copy(text)]
}

/// Quits at once, aborting what is running.
pub(super) fn quit_now(model: &mut Model) -> Vec<Effect> {
    model.quit = true;
    model.accounts.iter().map(|account| Effect::EndSession(account.session)).collect()
}

/// Quits; asks first while calls are running.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if model.is_running() { open(model, Overlay::ConfirmQuit { quit: true }) } else { quit_now(model) }
}
