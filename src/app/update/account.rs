//! Signing in to an account and reading it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::message::{Effect, SessionEffect};
use crate::app::state::account::AccountState;
use crate::app::state::mfa::MfaPrompt;
use crate::app::state::model::Model;
use crate::app::state::overlay::Overlay;
use crate::app::state::picker::Picker;
use crate::app::state::screen::Screen;
use crate::app::state::session::{Caller, Connection, SessionId, Ticket};
use crate::cloud::{CloudError, ErrorKind, MfaCode, Target};
use crate::domain::observed::Subscription;
use crate::domain::{Observed, SetupOptions};

use super::navigation::go;

impl Model {
    /// The initial model and the first effects.
    #[must_use]
    pub fn start(target: Target, setup: SetupOptions, demo: Option<String>, now: Timestamp) -> (Self, Vec<Effect>) {
        let account = AccountState::new(SessionId(1), target, &setup);
        let effects = vec![connect_effect(&account, None)];
        (Self { setup, ..Self::new(account, demo, now) }, effects)
    }
}

/// Ends the session of the selected account, and signs in again.
pub(super) fn connect(model: &mut Model) -> Vec<Effect> {
    connect_with(model, None)
}

/// The same with the code of the MFA device that a role needs.
pub(super) fn connect_with(model: &mut Model, code: Option<MfaCode>) -> Vec<Effect> {
    model.last_session = SessionId(model.last_session.0 + 1);
    let account = AccountState::new(model.last_session, model.account().target.clone(), &model.setup);
    let connect = connect_effect(&account, code);
    let ended = model.accounts.replace_selected(account);
    model.early_key = None;
    model.waiting_since = model.now;
    model.screen = Screen::Account;
    model.scroll = 0;
    vec![Effect::EndSession(ended), connect]
}

fn connect_effect(account: &AccountState, code: Option<MfaCode>) -> Effect {
    let setup = Box::new(account.form.setup_options());
    SessionEffect::Connect { target: account.target.clone(), code, setup }.within(account.session)
}

pub(super) fn connected(model: &mut Model, session: SessionId, answer: Result<Caller, CloudError>) -> Vec<Effect> {
    let is_selected = model.account().session == session;
    let Some(account) = model.accounts.get_mut(session).filter(|a| a.connection == Connection::Connecting) else {
        return Vec::new();
    };
    match answer {
        Ok(caller) => {
            account.connection = Connection::Ready(caller);
            if is_selected {
                model.waiting_since = model.now;
            }
            observe(account)
        }
        Err(error) => {
            // Without a Region, choosing one is the only way to continue.
            if error.kind == ErrorKind::NoRegion && is_selected {
                model.overlay = Some(Overlay::Picker(Picker::first_region()));
            }
            if let Some(prompt) = MfaPrompt::for_error(&error).filter(|_| is_selected) {
                model.overlay = Some(Overlay::MfaCode(prompt));
            }
            account.connection = Connection::Failed(error);
            Vec::new()
        }
    }
}

/// Signs in again, because the files that a sign-in changes have changed.
pub(super) fn sign_in_files_changed(model: &mut Model, session: SessionId) -> Vec<Effect> {
    let account = model.account();
    let has_failed = account.session == session && matches!(account.connection, Connection::Failed(_));
    if has_failed { connect(model) } else { Vec::new() }
}

/// Reads the account now, for the names in the form.
pub(super) fn observe(account: &mut AccountState) -> Vec<Effect> {
    account.observe_due = None;
    let Some(caller) = account.caller().cloned() else { return Vec::new() };
    if caller.identity.refusal().is_some() {
        return Vec::new();
    }
    let ticket = account.ticket();
    account.observing = Some(ticket);
    let setup = account.form.setup_options();
    account.observed_for = setup.names_to_query();
    let (identity, region, setup) = (caller.identity, caller.region, Box::new(setup));
    vec![SessionEffect::Observe { ticket, identity, region, setup }.within(account.session)]
}

pub(super) fn observed(model: &mut Model, session: SessionId, ticket: Ticket, mut observed: Observed) -> Vec<Effect> {
    let (now, slowdown, shown) = (model.now, model.slowdown(), model.shown(session));
    let Some(account) = model.accounts.get_mut(session).filter(|a| a.observing == Some(ticket)) else {
        return Vec::new();
    };
    account.observing = None;
    account.unobserved_run = None;
    account.dashboard.chain_answered(&observed, now, slowdown);
    if observed.trails.is_ok() {
        account.times.first_read.get_or_insert(now);
    }
    observed.session = account.times;
    // If nothing could be read, the dashboard keeps showing the earlier data.
    if shown != Some(Screen::Dashboard) || account.observed.is_none() || !observed.is_unreadable() {
        account.observed = Some(observed);
    }
    account.derive(now);
    let healthy = account.derived.as_ref().is_some_and(|derived| derived.health.healthy());
    let was_read = std::mem::replace(&mut account.was_read, true);
    let has_organization_trail = account.observed.as_ref().is_some_and(Observed::has_organization_trail);
    let mut effects = Vec::new();
    if has_organization_trail && account.organization.is_none() {
        account.organization = Some(BTreeMap::new());
        effects.push(SessionEffect::ListAccounts.within(session));
    }
    if !was_read && healthy && shown == Some(Screen::Account) {
        go(model, Screen::Dashboard);
    }
    effects
}

/// The subscriptions were checked for confirmations.
pub(super) fn subscriptions_read(
    model: &mut Model,
    session: SessionId,
    ticket: Ticket,
    answer: Result<Vec<Subscription>, CloudError>,
) {
    let now = model.now;
    let Some(account) = model.accounts.get_mut(session).filter(|a| a.confirmation.awaits(ticket)) else { return };
    account.confirmation.answered(answer.as_ref().map(|_| ()).map_err(Clone::clone), now, 1);
    // A failed read doesn't replace what is known; it is repeated.
    if let (Ok(all), Some(observed)) = (answer, &mut account.observed) {
        observed.subscriptions = Ok(all);
    }
    account.derive(now);
}
