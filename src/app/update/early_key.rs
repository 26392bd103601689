//! A key that was pressed before it could take effect.

use crate::app::keymap::Intent;
use crate::app::state::model::Model;
use crate::app::state::notice::{EarlyKey, Notice};
use crate::app::state::screen::Screen;
use crate::app::state::session::Connection;

/// Keeps a key until it can take effect, and shows a notice.
pub(super) fn keep(model: &mut Model, intent: Intent) {
    model.early_key = Some(EarlyKey { intent, screen: model.screen });
    model.notice = Some(match (&model.account().connection, model.screen) {
        (Connection::Connecting, _) => Notice::WhileConnecting,
        (_, Screen::Step(_)) => Notice::WhilePlanning,
        _ => Notice::WhileReading,
    });
}
