//! The line above the footer, and a key that was pressed too early: both end with what they are about.

use super::keys::Intent;
use super::teardown::TeardownPhase;
use super::{Connection, Effect, Model, Screen, screens};

/// What is said above the footer. The next key takes it away; the end of what it is about does, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// About something that has happened.
    Text(String),
    /// A key came while it is not known yet who is signed in.
    WhileConnecting,
    /// A key came while the account is being read for the first time.
    WhileReading,
    /// Enter came on a step while the account is being read: its plan is not known yet.
    WhilePlanning,
    /// Enter came while calls are under way.
    WhileRunning,
}

impl Notice {
    /// In words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::WhileConnecting => "Still asking AWS who you are; your key press takes effect after that.",
            Self::WhileReading => "Still reading the account; your key press takes effect after that.",
            Self::WhilePlanning => {
                "Still reading the account. If nothing is left to do, the next step opens after that."
            }
            Self::WhileRunning => "The calls are still under way.",
        }
    }

    /// Whether what it is about still goes on.
    fn holds(&self, model: &Model) -> bool {
        match self {
            Self::Text(_) => true,
            Self::WhileConnecting => matches!(model.connection, Connection::Connecting(_)),
            Self::WhileReading | Self::WhilePlanning => {
                model.caller().is_some() && (model.is_looking() || model.derived.is_none())
            }
            Self::WhileRunning => {
                model.is_running() || model.tears_down(|stage| matches!(stage, TeardownPhase::Looking(_)))
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

/// A key that was pressed before it could be acted on. Any other key takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EarlyKey {
    intent: Intent,
    screen: Screen,
}

/// Keeps a key until it can be acted on, and says so.
pub(super) fn keep(model: &mut Model, intent: Intent) {
    model.early_key = Some(EarlyKey { intent, screen: model.screen });
    model.notice = Some(match (&model.connection, model.screen) {
        (Connection::Connecting(_), _) => Notice::WhileConnecting,
        (_, Screen::Step(_)) => Notice::WhilePlanning,
        _ => Notice::WhileReading,
    });
}

/// After every message: a notice ends with its cause, and an early key is acted on once that is possible.
pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    if matches!(model.connection, Connection::Ready(_)) && model.notice == Some(Notice::WhileConnecting) {
        model.notice = Some(Notice::WhileReading);
    }
    if model.notice.as_ref().is_some_and(|notice| !notice.holds(model)) {
        model.notice = None;
    }
    let Some(key) = model.early_key else { return Vec::new() };
    let waits = match &model.connection {
        Connection::Connecting(_) => true,
        Connection::Failed(_) => false,
        Connection::Ready(caller) => {
            caller.identity.refusal().is_none() && (model.is_looking() || model.derived.is_none())
        }
    };
    let here = key.screen == model.screen && model.overlay.is_none();
    if waits && here {
        return Vec::new();
    }
    model.early_key = None;
    if !here {
        return Vec::new();
    }
    match (key.intent, model.screen) {
        (Intent::Start, _) if matches!(model.connection, Connection::Ready(_)) => screens::start(model),
        (Intent::Dashboard, _) if model.derived.is_some() => screens::overview(model),
        (Intent::Apply, Screen::Step(step)) => {
            let Some(derived) = &model.derived else { return Vec::new() };
            let faulty = model.form.shown(step).any(|field| field.fault.is_some());
            // While the account was being read there was no plan on the screen. It is shown now; Enter applies it then.
            let unreadable = derived.plan.step(step).any(|row| row.change.is_some());
            if faulty || unreadable || !model.blocked(step).is_empty() {
                return Vec::new();
            }
            screens::apply(model, step)
        }
        _ => Vec::new(),
    }
}
