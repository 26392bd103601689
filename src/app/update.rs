//! How each message changes the model.

use jiff::Timestamp;

use super::message::{Effect, Msg, SessionEffect, SessionMsg};
use super::state::account::{AccountState, Samples};
use super::state::model::Model;
use super::state::overlay::Overlay;
use super::state::session::{SessionId, Ticket};
use crate::cloud::CloudError;
use crate::engine::{Progress, Report};

mod account;
mod alarm_test;
mod calls;
mod dashboard;
mod early_key;
mod keys;
mod navigation;
mod polling;
mod settle;
mod start;
mod step;
mod teardown;

/// Applies one message to the model and returns the effects to run. A late answer changes nothing: neither one to a
/// session that has ended nor one with another ticket than the expected one.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    model.now = now;
    let mut effects = match msg {
        Msg::Key(key) => keys::key(model, key),
        Msg::Paste(text) => {
            keys::paste(model, &text);
            Vec::new()
        }
        Msg::Tick => tick(model),
        Msg::Profiles(profiles) => {
            model.profiles = profiles;
            if let Some(Overlay::Picker(picker)) = &mut model.overlay {
                picker.offer_profiles(&model.profiles);
            }
            Vec::new()
        }
        Msg::Focus(focused) => {
            polling::focus(model, focused);
            Vec::new()
        }
        Msg::FromSession(session, msg) => from_session(model, session, msg),
    };
    effects.extend(settle::settle(model));
    effects
}

fn from_session(model: &mut Model, session: SessionId, msg: SessionMsg) -> Vec<Effect> {
    match msg {
        SessionMsg::Connected(answer) => return account::connected(model, session, answer),
        SessionMsg::SignInFilesChanged => return account::sign_in_files_changed(model, session),
        SessionMsg::Observed(ticket, observed) => return account::observed(model, session, ticket, *observed),
        SessionMsg::FindManaged(ticket, chains) => teardown::found(model, session, ticket, &chains),
        SessionMsg::Progress(ticket, progress) => progressed(model, session, ticket, progress),
        SessionMsg::Applied(ticket, report) => return applied(model, session, ticket, &report),
        SessionMsg::PatternTested(ticket, answer) => pattern_tested(model, session, ticket, answer),
        SessionMsg::Subscriptions(ticket, answer) => account::subscriptions_read(model, session, ticket, answer),
        SessionMsg::Accounts(names) => {
            if let Some(account) = model.accounts.get_mut(session) {
                account.organization = Some(names);
            }
        }
        SessionMsg::Changed(ticket, answer) => calls::changed(model, session, ticket, answer),
        SessionMsg::Polled(ticket, answer) => return polling::answered(model, session, ticket, answer),
        SessionMsg::TestProgress(ticket, run) => alarm_test::progressed(model, session, ticket, run),
        SessionMsg::TestEnded(ticket, answer) => alarm_test::ended(model, session, ticket, answer),
    }
    Vec::new()
}

/// A change of a step's run or of a teardown has made progress.
fn progressed(model: &mut Model, session: SessionId, ticket: Ticket, progress: Progress) {
    let now = model.now;
    let Some(account) = model.accounts.get_mut(session) else { return };
    if let Some((current, step)) = account.running
        && current == ticket
        && let Some(run) = &mut account.runs[step]
    {
        run.record(progress, now);
    } else if let Some(screen) = &mut account.teardown {
        teardown::progress(screen, ticket, progress, now);
    }
}

fn applied(model: &mut Model, session: SessionId, ticket: Ticket, report: &Report) -> Vec<Effect> {
    let Some(account) = model.accounts.get_mut(session) else { return Vec::new() };
    teardown::ended(account, ticket, report).unwrap_or_else(|| step::applied(model, session, ticket, report))
}

fn pattern_tested(model: &mut Model, session: SessionId, ticket: Ticket, answer: Result<Vec<bool>, CloudError>) {
    let Some(account) = model.accounts.get_mut(session) else { return };
    if account.samples == Samples::Testing(ticket) {
        account.samples = answer.map_or_else(Samples::TestFailed, Samples::Tested);
    }
}

fn tick(model: &mut Model) -> Vec<Effect> {
    let (now, slowdown, selected, screen) = (model.now, model.slowdown(), model.account().session, model.screen);
    let mut effects = Vec::new();
    for account in model.accounts.iter_mut() {
        effects.extend(account_tick(account, now));
        let shown = (account.session == selected).then_some(screen);
        effects.extend(polling::tick(account, shown, now, slowdown));
    }
    effects
}

fn account_tick(account: &mut AccountState, now: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    let (observe_due, test_due) = (is_due(account.observe_due), is_due(account.pattern_test_due));
    if observe_due && !account.is_running() {
        effects.extend(account::observe(account));
    }
    if test_due {
        account.pattern_test_due = None;
        if let Some(pattern) = account.derived.as_ref().map(|d| d.settings.root_use().pattern.value.clone()) {
            let ticket = account.ticket();
            account.samples = Samples::Testing(ticket);
            account.tested_pattern.clone_from(&pattern);
            effects.push(SessionEffect::TestPattern { ticket, pattern }.within(account.session));
        }
    }
    if account.polls_confirmation()
        && account.confirmation.is_due(now)
        && let Some(topic_arn) = account.derived.as_ref().map(|d| d.settings.topic_arn())
    {
        let ticket = account.ticket();
        account.confirmation.requested(ticket);
        effects.push(SessionEffect::PollSubscriptions { ticket, topic_arn }.within(account.session));
    }
    effects
}
