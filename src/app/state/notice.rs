//! The line above the footer, and a key that was pressed before it could take effect.

use crate::app::keymap::Intent;
use crate::app::teardown::TeardownPhase;
use crate::app::{Connection, Effect, Model, Screen, screens};

/// The line above the footer. It disappears with the next key, or when what it describes has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// About something that has happened.
    Text(String),
    /// A key was pressed before it is known who is signed in.
    WhileConnecting,
    /// A key was pressed while the account is being read for the first time.
    WhileReading,
    /// Enter was pressed on a step while the account is being read: its plan is not known yet.
    WhilePlanning,
    /// Enter was pressed while calls are running.
    WhileRunning,
}

impl Notice {
    /// The text on the screen.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::WhileConnecting => "Still signing in; your key press takes effect after that.",
            Self::WhileReading => "Still reading the account; your key press takes effect after that.",
            Self::WhilePlanning => {
                "Still reading the account. If there is nothing to do, the next step opens after that."
            }
            Self::WhileRunning => "The calls are still running.",
        }
    }

    /// Whether it still applies.
    fn still_applies(&self, model: &Model) -> bool {
        match self {
            Self::Text(_) => true,
            Self::WhileConnecting => matches!(model.connection, Connection::Connecting(_)),
            Self::WhileReading | Self::WhilePlanning => {
                model.caller().is_some() && (model.is_observing() || model.derived.is_none())
            }
            Self::WhileRunning => {
                model.is_running() || model.teardown_phase_is(|phase| matches!(phase, TeardownPhase::Finding(_)))
            }
        }
    }
}

impl From<String> for Notice {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Notice {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A key that was pressed before it could take effect. Any other key replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct EarlyKey {
    intent: Intent,
    screen: Screen,
}

/// Keeps a key until it can take effect, and shows a notice.
pub(in crate::app) fn keep(model: &mut Model, intent: Intent) {
    model.early_key = Some(EarlyKey { intent, screen: model.screen });
    model.notice = Some(match (&model.connection, model.screen) {
        (Connection::Connecting(_), _) => Notice::WhileConnecting,
        (_, Screen::Step(_)) => Notice::WhilePlanning,
        _ => Notice::WhileReading,
    });
}

/// Runs after every message: removes a notice that no longer applies, and acts on an early key as soon as possible.
pub(in crate::app) fn settle(model: &mut Model) -> Vec<Effect> {
    if matches!(model.connection, Connection::Ready(_)) && model.notice == Some(Notice::WhileConnecting) {
        model.notice = Some(Notice::WhileReading);
    }
    if model.notice.as_ref().is_some_and(|notice| !notice.still_applies(model)) {
        model.notice = None;
    }
    let Some(key) = model.early_key else { return Vec::new() };
    let is_waiting = match &model.connection {
        Connection::Connecting(_) => true,
        Connection::Failed(_) => false,
        Connection::Ready(caller) => {
            caller.identity.refusal().is_none() && (model.is_observing() || model.derived.is_none())
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
    match (key.intent, model.screen) {
        (Intent::Start, _) if matches!(model.connection, Connection::Ready(_)) => screens::start(model),
        (Intent::Dashboard, _) if model.derived.is_some() => screens::open_dashboard(model),
        (Intent::Apply, Screen::Step(step)) => {
            let Some(derived) = &model.derived else { return Vec::new() };
            let has_errors = model.form.shown(step).any(|field| field.error.is_some());
            // There was no plan on the screen when Enter was pressed. It is shown now; another Enter applies it.
            let has_changes = derived.plan.step(step).any(|row| row.change.is_some());
            if has_errors || has_changes || !model.blocked(step).is_empty() {
                return Vec::new();
            }
            screens::apply(model, step)
        }
        _ => Vec::new(),
    }
}
