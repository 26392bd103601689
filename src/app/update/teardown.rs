//! The teardown: finds what rootbell created, asks for a typed confirmation, deletes it, and reads the account again.

use tui_input::{Input, InputRequest};

use crate::app::keymap::{Intent, Key};
use crate::app::message::{Effect, SessionEffect};
use crate::app::state::account::AccountState;
use crate::app::state::dashboard::Dashboard;
use crate::app::state::form::edit_request;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::progress::{ChangeState, StepRun};
use crate::app::state::screen::Screen;
use crate::app::state::session::{SessionId, Ticket};
use crate::app::state::teardown::{CONFIRMATION_WORD, Teardown, TeardownPhase};
use crate::domain::change::{ChangeId, Resource};
use crate::domain::plan::teardown::{Chain, teardown};
use crate::domain::settings::SettingId;
use crate::domain::{ByStep, Plan, Settings, SetupOptions};
use crate::engine::{Progress, Report};

use super::account::observe;
use super::navigation::{self, go, scrolled};

/// Opens the teardown and finds what rootbell manages.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    if account.caller().is_none_or(|caller| caller.identity.refusal().is_some()) {
        model.notice = Some(Notice::NoAccount);
        return Vec::new();
    }
    if account.test_running.is_some() {
        model.notice = Some(Notice::TeardownWaitsForTest);
        return Vec::new();
    }
    // Also look for the names in the form and those of an unfinished teardown: a chain may not lead to them.
    let mut named = vec![SetupOptions::default()];
    for setup in
        std::iter::once(account.form.setup_options().only(is_name_to_find)).chain(account.unfinished_teardown.clone())
    {
        if !named.contains(&setup) {
            named.push(setup);
        }
    }
    account.teardown = Some(Teardown {
        logs: false,
        phase: TeardownPhase::Asking,
        plan: Plan::default(),
        run: StepRun::default(),
        scroll: 0,
        asks_to_leave: false,
        word: Input::default(),
        named,
        rest: Vec::new(),
    });
    model.overlay = Some(Overlay::Teardown);
    find(account)
}

/// Whether a teardown needs the name to find the resource. Trails are found by their tags instead.
fn is_name_to_find(id: SettingId) -> bool {
    id.created_resource().is_some_and(|kind| kind != Resource::Trail)
}

/// The names of a chain that differ from the default names.
fn custom_names(settings: &Settings) -> SetupOptions {
    let mut names = SetupOptions::default();
    for (id, name) in settings.custom_names().into_iter().filter(|(id, _)| is_name_to_find(*id)) {
        names.set_text(id, &name);
    }
    names
}

fn find(account: &mut AccountState) -> Vec<Effect> {
    let ticket = account.ticket();
    let Some(caller) = account.caller().cloned() else { return Vec::new() };
    let Some(screen) = &mut account.teardown else { return Vec::new() };
    screen.phase = TeardownPhase::Finding(ticket);
    // A new plan must be confirmed again.
    screen.word = Input::default();
    let (named, contents) = (screen.named.clone(), screen.logs);
    let (identity, region) = (caller.identity, caller.region);
    vec![SessionEffect::FindManaged { ticket, identity, region, named, contents }.within(account.session)]
}

/// The managed resources were found. A late answer is ignored.
pub(super) fn found(model: &mut Model, session: SessionId, ticket: Ticket, chains: &[Chain]) {
    let screen = model.accounts.get_mut(session).and_then(|account| account.teardown.as_mut());
    let Some(screen) = screen.filter(|screen| screen.phase == TeardownPhase::Finding(ticket)) else { return };
    screen.plan = teardown(chains, screen.logs);
    screen.run = StepRun::new(screen.plan.rows.iter(), None);
    screen.phase = TeardownPhase::Asking;
    screen.scroll = 0;
    screen.rest = screen.named.clone();
    screen.rest.extend(chains.iter().map(|chain| custom_names(&chain.settings)));
}

/// Handles a key while the teardown is open.
pub(super) fn key(model: &mut Model, key: Key, intent: Option<Intent>) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    let Some(screen) = &mut account.teardown else { return Vec::new() };
    if screen.asks_to_leave {
        match intent {
            Some(Intent::Yes) => return abort(model),
            Some(Intent::No) => screen.asks_to_leave = false,
            _ => {}
        }
        return Vec::new();
    }
    match (screen.phase, intent) {
        (TeardownPhase::Running(_), Some(Intent::Close)) => screen.asks_to_leave = true,
        (_, Some(Intent::Close)) => close(model),
        (TeardownPhase::Asking, Some(Intent::Apply)) => return confirm(model),
        (TeardownPhase::Ended, Some(Intent::Apply)) if screen.is_complete() => close(model),
        (TeardownPhase::Ended, Some(Intent::Apply)) => return run(account),
        (_, Some(Intent::Apply)) => model.notice = Some(Notice::WhileRunning),
        (_, Some(Intent::Logs)) if screen.can_toggle_logs() => {
            screen.logs = !screen.logs;
            return find(account);
        }
        (_, None) if screen.can_confirm() => {
            if let Some(request) = edit_request(key) {
                screen.word.handle(request);
            }
        }
        (_, intent) => screen.scroll = scrolled(screen.scroll, intent),
    }
    Vec::new()
}

/// Pastes into the field for the word, if it is shown.
pub(super) fn paste(account: &mut AccountState, text: &str) {
    if let Some(screen) = account.teardown.as_mut().filter(|screen| screen.can_confirm()) {
        for c in text.trim().chars().filter(|c| !c.is_control()) {
            screen.word.handle(InputRequest::InsertChar(c));
        }
    }
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    let number = account.caller().map(|caller| caller.identity.account.clone()).unwrap_or_default();
    let Some(screen) = &account.teardown else { return Vec::new() };
    if !screen.can_confirm() {
        // Closes if there is nothing to delete. If the plan is blocked, the reasons stay on the screen until Esc.
        if screen.plan.blocked.is_empty() {
            close(model);
        }
        return Vec::new();
    }
    let typed = screen.word.value().trim();
    if typed != CONFIRMATION_WORD && number != *typed {
        model.notice = Some(Notice::WrongConfirmation { account: number });
        return Vec::new();
    }
    run(account)
}

/// Deletes what was shown or, after a failure, what is left of it.
fn run(account: &mut AccountState) -> Vec<Effect> {
    let ticket = account.ticket();
    let Some(screen) = &mut account.teardown else { return Vec::new() };
    let is_done =
        |id: &ChangeId| screen.run.rows.iter().any(|row| row.row.id == *id && row.state == Some(ChangeState::Done));
    let rows = screen.plan.rows.iter().filter(|row| row.change.is_some() && !is_done(&row.id)).cloned().collect();
    let plan = Plan { rows, ..Plan::default() };
    screen.run = StepRun::new(screen.plan.rows.iter(), Some(&screen.run));
    screen.phase = TeardownPhase::Running(ticket);
    screen.scroll = 0;
    // The earlier runs of the steps no longer describe the account.
    account.runs = ByStep::default();
    vec![SessionEffect::Run { ticket, plan: Box::new(plan), only: None }.within(account.session)]
}

/// Records the progress of one change if it belongs to the running teardown.
pub(super) fn progress(screen: &mut Teardown, ticket: Ticket, progress: Progress, now: jiff::Timestamp) {
    if screen.phase == TeardownPhase::Running(ticket) {
        screen.run.record(progress, now);
    }
}

/// The teardown has ended. Returns `None` if the ticket belongs to another run.
pub(super) fn ended(account: &mut AccountState, ticket: Ticket, report: &Report) -> Option<Vec<Effect>> {
    let screen = account.teardown.as_mut().filter(|screen| screen.phase == TeardownPhase::Running(ticket))?;
    screen.phase = TeardownPhase::Ended;
    screen.asks_to_leave = false;
    account.unobserved_run = Some(screen.run.run_count());
    account.unfinished_teardown = if report.succeeded() { Vec::new() } else { screen.rest.clone() };
    account.dashboard = Dashboard::default();
    if report.succeeded() {
        account.sent.clear();
        tracing::info!("resources deleted");
    }
    Some(observe(account))
}

/// Aborts the run. What was deleted stays deleted; the next teardown deletes the rest.
fn abort(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    let account = model.accounts.selected_mut();
    if let Some(screen) = account.teardown.take() {
        account.unobserved_run = Some(screen.run.run_count());
        account.unfinished_teardown = screen.rest;
    }
    account.dashboard = Dashboard::default();
    let mut effects = vec![SessionEffect::Cancel.within(account.session)];
    effects.extend(observe(account));
    effects
}

/// Closes the teardown. If everything was deleted, the account screen opens, because there is nothing left to monitor.
fn close(model: &mut Model) {
    let all_deleted = model.account().teardown.as_ref().is_some_and(Teardown::is_complete);
    navigation::close(model);
    if all_deleted {
        go(model, Screen::Account);
    }
}
