//! The teardown on the screen: shows what will be deleted, asks for a typed confirmation, deletes it, and reads the
//! account again.

use tui_input::{Input, InputRequest};

use crate::app::form::edit_request;
use crate::app::interruption::count;
use crate::app::keymap::{Intent, Key};
use crate::app::overlay::Overlay;
use crate::app::progress::{ChangeState, StepRun};
use crate::app::{Effect, Model, Notice, Screen, Ticket, screens};
use crate::domain::change::ResourceKind;
use crate::domain::plan::teardown::{Chain, teardown};
use crate::domain::{ByStep, Plan, Settings, SetupOptions};
use crate::engine::{Progress, Report};

/// The word to type as confirmation; the account number is accepted as well.
pub const CONFIRMATION_WORD: &str = "destroy";

/// A teardown, from finding the resources to its end.
#[derive(Clone, Debug)]
pub struct Teardown {
    /// Whether the bucket and the log group are deleted, too.
    pub logs: bool,
    pub phase: TeardownPhase,
    /// What the user confirms; nothing else is deleted.
    pub plan: Plan,
    /// The rows of the plan and their states.
    pub run: StepRun,
    pub scroll: u16,
    /// Whether the user is asked to confirm leaving while it runs.
    pub asks_to_leave: bool,
    word: Input,
    /// The names that were looked for.
    named: Vec<SetupOptions>,
    /// The names that the next teardown must look for if this one doesn't finish: a broken chain doesn't lead to them.
    rest: Vec<SetupOptions>,
}

/// How far the teardown has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeardownPhase {
    /// Finding the resources that rootbell manages.
    Finding(Ticket),
    Asking,
    Running(Ticket),
    Ended,
}

impl Teardown {
    /// The typed word and the cursor.
    #[must_use]
    pub fn word(&self) -> &Input {
        &self.word
    }

    /// Whether the plan can be confirmed.
    #[must_use]
    pub fn can_confirm(&self) -> bool {
        self.phase == TeardownPhase::Asking && self.plan.blocked.is_empty() && !self.plan.is_empty()
    }

    /// Whether everything in the plan was deleted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let (done, all) = self.run.count();
        self.phase == TeardownPhase::Ended && done == all
    }

    /// Whether the user can include or exclude the logs. If the objects can't be counted, excluding them is still possible.
    #[must_use]
    pub fn can_toggle_logs(&self) -> bool {
        self.phase == TeardownPhase::Asking && (self.logs || self.plan.blocked.is_empty())
    }
}

/// Opens the teardown and finds what rootbell manages.
pub(in crate::app) fn open(model: &mut Model) -> Vec<Effect> {
    if model.caller().is_none_or(|caller| caller.identity.refusal().is_some()) {
        model.notice = Some("There is no account to delete anything from.".into());
        return Vec::new();
    }
    if model.test_running.is_some() {
        model.notice = Some("A test is running; wait until it has ended.".into());
        return Vec::new();
    }
    // Also look for the names in the form and those of an unfinished teardown: a chain may not lead to them.
    let mut named = vec![SetupOptions::default()];
    for setup in std::iter::once(names_of(&model.form.setup_options())).chain(model.unfinished_teardown.clone()) {
        if !named.contains(&setup) {
            named.push(setup);
        }
    }
    let empty = Teardown {
        logs: false,
        phase: TeardownPhase::Asking,
        plan: Plan::default(),
        run: StepRun::default(),
        scroll: 0,
        asks_to_leave: false,
        word: Input::default(),
        named,
        rest: Vec::new(),
    };
    model.overlay = Some(Overlay::Teardown(Box::new(empty)));
    find(model)
}

/// The names in the setup options. Trails are found by their tags instead.
fn names_of(setup: &SetupOptions) -> SetupOptions {
    SetupOptions {
        bucket: setup.bucket.clone(),
        log_group: setup.log_group.clone(),
        role: setup.role.clone(),
        topic: setup.topic.clone(),
        filter: setup.filter.clone(),
        alarm: setup.alarm.clone(),
        ..SetupOptions::default()
    }
}

/// The names of a chain that differ from the default names.
fn custom_names(settings: &Settings) -> SetupOptions {
    let unless_default = |resource, name: &String| (!settings.has_default_name(resource)).then(|| name.clone());
    SetupOptions {
        bucket: unless_default(ResourceKind::Bucket, &settings.bucket.value),
        log_group: unless_default(ResourceKind::LogGroup, &settings.log_group.value),
        role: unless_default(ResourceKind::Role, &settings.role.value),
        topic: unless_default(ResourceKind::Topic, &settings.topic.value),
        filter: unless_default(ResourceKind::MetricFilter, &settings.filter.value),
        alarm: unless_default(ResourceKind::Alarm, &settings.alarm.value),
        ..SetupOptions::default()
    }
}

fn screen(model: &mut Model) -> Option<&mut Teardown> {
    match &mut model.overlay {
        Some(Overlay::Teardown(screen)) => Some(screen),
        _ => None,
    }
}

fn find(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(caller) = model.caller().cloned() else { return Vec::new() };
    let Some(screen) = screen(model) else { return Vec::new() };
    screen.phase = TeardownPhase::Finding(ticket);
    // A new plan must be confirmed again.
    screen.word = Input::default();
    let (named, contents) = (screen.named.clone(), screen.logs);
    vec![Effect::FindManaged { ticket, identity: caller.identity, region: caller.region, named, contents }]
}

/// The managed resources were found. A late answer is ignored.
pub(in crate::app) fn found(model: &mut Model, ticket: Ticket, chains: &[Chain]) {
    let Some(screen) = screen(model).filter(|screen| screen.phase == TeardownPhase::Finding(ticket)) else { return };
    screen.plan = teardown(chains, screen.logs);
    screen.run = StepRun::new(screen.plan.rows.iter(), None);
    screen.phase = TeardownPhase::Asking;
    screen.scroll = 0;
    screen.rest = screen.named.clone();
    screen.rest.extend(chains.iter().map(|chain| custom_names(&chain.settings)));
}

/// Handles a key while the teardown is open.
pub(in crate::app) fn key(model: &mut Model, key: Key, intent: Option<Intent>) -> Vec<Effect> {
    let Some(screen) = screen(model) else { return Vec::new() };
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
        (TeardownPhase::Ended, Some(Intent::Apply)) => return run(model),
        (_, Some(Intent::Apply)) => model.notice = Some(Notice::WhileRunning),
        (_, Some(Intent::Logs)) if screen.can_toggle_logs() => {
            screen.logs = !screen.logs;
            return find(model);
        }
        (_, None) if screen.can_confirm() => {
            if let Some(request) = edit_request(key) {
                screen.word.handle(request);
            }
        }
        (_, intent) => screen.scroll = screens::scrolled(screen.scroll, intent),
    }
    Vec::new()
}

/// Pastes into the field for the word, if it is shown.
pub(in crate::app) fn paste(screen: &mut Teardown, text: &str) {
    if screen.can_confirm() {
        for c in text.trim().chars().filter(|c| !c.is_control()) {
            screen.word.handle(InputRequest::InsertChar(c));
        }
    }
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    let account = model.caller().map(|caller| caller.identity.account.clone()).unwrap_or_default();
    let Some(screen) = screen(model) else { return Vec::new() };
    if !screen.can_confirm() {
        // Closes if there is nothing to delete. If the plan is blocked, the reasons stay on the screen until Esc.
        if screen.plan.blocked.is_empty() {
            close(model);
        }
        return Vec::new();
    }
    let typed = screen.word.value().trim();
    if typed != CONFIRMATION_WORD && typed != account {
        let notice = format!("Type `{CONFIRMATION_WORD}` or {account} to delete all this. Nothing was changed.");
        model.notice = Some(notice.into());
        return Vec::new();
    }
    run(model)
}

/// Deletes what was shown or, after a failure, what is left of it.
fn run(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(screen) = screen(model) else { return Vec::new() };
    let is_done = |id: &str| screen.run.rows.iter().any(|row| row.row.id == id && row.state == Some(ChangeState::Done));
    let rows = screen.plan.rows.iter().filter(|row| row.change.is_some() && !is_done(&row.id)).cloned().collect();
    let plan = Plan { rows, ..Plan::default() };
    screen.run = StepRun::new(screen.plan.rows.iter(), Some(&screen.run));
    screen.phase = TeardownPhase::Running(ticket);
    screen.scroll = 0;
    // The earlier runs of the steps no longer describe the account.
    model.runs = ByStep::default();
    vec![Effect::Run { ticket, plan: Box::new(plan), only: None }]
}

/// Records the progress of one change if it belongs to the running teardown.
pub(in crate::app) fn progress(model: &mut Model, ticket: Ticket, progress: Progress) {
    let now = model.now;
    if let Some(screen) = screen(model).filter(|screen| screen.phase == TeardownPhase::Running(ticket)) {
        screen.run.record(progress, now);
    }
}

/// The teardown has ended. Returns `None` if the ticket belongs to another run.
pub(in crate::app) fn ended(model: &mut Model, ticket: Ticket, report: &Report) -> Option<Vec<Effect>> {
    let screen = screen(model).filter(|screen| screen.phase == TeardownPhase::Running(ticket))?;
    screen.phase = TeardownPhase::Ended;
    screen.asks_to_leave = false;
    let rest = screen.rest.clone();
    model.unobserved_run = Some(count(&screen.run));
    model.unfinished_teardown = if report.succeeded() { Vec::new() } else { rest };
    model.dashboard = model.dashboard.reset();
    if report.succeeded() {
        model.sent.clear();
        tracing::info!("resources deleted");
    }
    Some(model.observe())
}

/// Aborts the run. What was deleted stays deleted; the next teardown deletes the rest.
fn abort(model: &mut Model) -> Vec<Effect> {
    if let Some(screen) = screen(model) {
        let (rest, aborted) = (screen.rest.clone(), count(&screen.run));
        model.unfinished_teardown = rest;
        model.unobserved_run = Some(aborted);
    }
    model.overlay = None;
    model.dashboard = model.dashboard.reset();
    let mut effects = vec![Effect::Cancel];
    effects.extend(model.observe());
    effects
}

/// Closes the teardown. If everything was deleted, the account screen opens, because there is nothing left to monitor.
fn close(model: &mut Model) {
    let all_deleted = screen(model).is_some_and(|screen| screen.is_complete());
    model.overlay = None;
    if all_deleted {
        model.go(Screen::Account);
    }
}
