//! What happens after every message: a notice that no longer applies disappears, an early key takes effect as soon as
//! possible, and a new pattern is tested.

use crate::app::keymap::Intent;
use crate::app::message::Effect;
use crate::app::state::account::AccountState;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::screen::Screen;
use crate::app::state::session::Connection;
use crate::app::state::teardown::TeardownPhase;
use crate::domain::Step;

use super::{start, step};

pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    let account = model.accounts.selected();
    if matches!(account.connection, Connection::Ready(_)) && model.notice == Some(Notice::WhileConnecting) {
        model.notice = Some(Notice::WhileReading);
    }
    if model.notice.as_ref().is_some_and(|notice| !still_applies(notice, account)) {
        model.notice = None;
    }
    let effects = early_key(model);
    if model.screen == Screen::Step(Step::Filter) {
        model.accounts.selected_mut().schedule_pattern_test(model.now);
    }
    effects
}

fn still_applies(notice: &Notice, account: &AccountState) -> bool {
    match notice {
        Notice::WhileConnecting => matches!(account.connection, Connection::Connecting),
        Notice::WhileReading | Notice::WhilePlanning => {
            account.caller().is_some() && (account.is_observing() || account.derived.is_none())
        }
        Notice::WhileRunning => {
            account.is_running() || account.teardown_phase_is(|phase| matches!(phase, TeardownPhase::Finding(_)))
        }
        // About something that has happened.
        _ => true,
    }
}

fn early_key(model: &mut Model) -> Vec<Effect> {
    let Some(key) = model.early_key else { return Vec::new() };
    let account = model.account();
    let is_waiting = match &account.connection {
        Connection::Connecting => true,
        Connection::Failed(_) => false,
        Connection::Ready(caller) => {
            caller.identity.refusal().is_none() && (account.is_observing() || account.derived.is_none())
        }
    };
    let on_same_screen = key.screen == model.screen && model.overlay.is_none();
    if is_waiting && on_same_screen {
        return Vec::new();
    }
    model.early_key = None;
    if !on_same_screen {
        return Vec::new();
    }
    let account = model.account();
    match (key.intent, model.screen) {
        (Intent::Start, _) if matches!(account.connection, Connection::Ready(_)) => start::start(model),
        (Intent::Dashboard, _) if account.derived.is_some() => start::open_dashboard(model),
        (Intent::Apply, Screen::Step(step)) => {
            let Some(derived) = &account.derived else { return Vec::new() };
            // There was no plan on the screen when Enter was pressed. It is shown now; another Enter applies it.
            let has_changes = derived.plan.step(step).any(|row| row.change.is_some());
            if account.has_invalid_field(step) || has_changes || !account.blocked(step).is_empty() {
                return Vec::new();
            }
            step::apply(model, step)
        }
        _ => Vec::new(),
    }
}
