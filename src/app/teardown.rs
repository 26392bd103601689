//! The tear-down on the screen: what goes is shown first, agreed to with a typed word, taken away, and looked at again.

use tui_input::{Input, InputRequest};

use super::form::request;
use super::interruption::count;
use super::keys::{Intent, Key};
use super::overlay::Overlay;
use super::progress::{ChangeState, StepRun};
use super::{Effect, Model, Notice, Screen, Ticket, screens};
use crate::domain::plan::teardown::{Chain, teardown};
use crate::domain::{Plan, Settings, SetupOptions};
use crate::engine::{Progress, Report};

/// What nobody types by mistake; the account's number will do, too.
pub const WORD: &str = "destroy";

/// A tear-down, from the look at what is there to its end.
#[derive(Clone, Debug)]
pub struct Teardown {
    /// Bucket and log group go, too.
    pub logs: bool,
    pub stage: TeardownPhase,
    /// What is agreed to; nothing else is done.
    pub plan: Plan,
    /// The rows of the plan, and how each is getting on.
    pub run: StepRun,
    pub scroll: u16,
    /// Whether to leave while it runs is being asked.
    pub asks_to_quit: bool,
    word: Input,
    /// What was looked for.
    named: Vec<SetupOptions>,
    /// Names that the chains do not lead to once they are broken.
    rest: Vec<SetupOptions>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeardownPhase {
    /// What is there, and whose, is being looked up.
    Looking(Ticket),
    Asking,
    Running(Ticket),
    Ended,
}

impl Teardown {
    /// What was typed, with the cursor in it.
    #[must_use]
    pub fn word(&self) -> &Input {
        &self.word
    }

    /// Whether there is something to agree to.
    #[must_use]
    pub fn can_be_agreed(&self) -> bool {
        self.stage == TeardownPhase::Asking && self.plan.blocked.is_empty() && !self.plan.is_empty()
    }

    /// Whether everything that was to be done is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let (done, all) = self.run.count();
        self.stage == TeardownPhase::Ended && done == all
    }

    /// Whether logs may be chosen or left out now. Where they may not be counted, leaving them out is the way on.
    #[must_use]
    pub fn can_turn(&self) -> bool {
        self.stage == TeardownPhase::Asking && (self.logs || self.plan.blocked.is_empty())
    }
}

/// Opens it, and asks what is rootbell's.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if model.caller().is_none_or(|caller| caller.identity.refusal().is_some()) {
        model.notice = Some("There is no account to take anything away from.".into());
        return Vec::new();
    }
    if model.test_running.is_some() {
        model.notice = Some("A test is under way; it ends first.".into());
        return Vec::new();
    }
    // The account is the only state; but what was named a moment ago may hang on no chain yet, or no longer.
    let mut named = vec![SetupOptions::default()];
    for setup in std::iter::once(names_of(&model.form.setup_options())).chain(model.unfinished.clone()) {
        if !named.contains(&setup) {
            named.push(setup);
        }
    }
    let empty = Teardown {
        logs: false,
        stage: TeardownPhase::Asking,
        plan: Plan::default(),
        run: StepRun::default(),
        scroll: 0,
        asks_to_quit: false,
        word: Input::default(),
        named,
        rest: Vec::new(),
    };
    model.overlay = Some(Overlay::Teardown(Box::new(empty)));
    look(model)
}

/// The names among the wishes; which trails there are, their tags tell.
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

/// The names of a chain that are not the usual ones.
fn unusual(settings: &Settings) -> SetupOptions {
    let unless_ours = |thing, name: &String| (!settings.has_our_name(thing)).then(|| name.clone());
    SetupOptions {
        bucket: unless_ours("bucket", &settings.bucket.value),
        log_group: unless_ours("log_group", &settings.log_group.value),
        role: unless_ours("role", &settings.role.value),
        topic: unless_ours("topic", &settings.topic.value),
        filter: unless_ours("filter", &settings.filter.value),
        alarm: unless_ours("alarm", &settings.alarm.value),
        ..SetupOptions::default()
    }
}

fn screen(model: &mut Model) -> Option<&mut Teardown> {
    match &mut model.overlay {
        Some(Overlay::Teardown(screen)) => Some(screen),
        _ => None,
    }
}

fn look(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(caller) = model.caller().cloned() else { return Vec::new() };
    let Some(screen) = screen(model) else { return Vec::new() };
    screen.stage = TeardownPhase::Looking(ticket);
    // Another plan wants to be agreed to anew.
    screen.word = Input::default();
    let (named, contents) = (screen.named.clone(), screen.logs);
    vec![Effect::FindManaged { ticket, identity: caller.identity, region: caller.region, named, contents }]
}

/// What is there has been looked up; late news changes nothing.
pub(super) fn looked(model: &mut Model, ticket: Ticket, chains: &[Chain]) {
    let Some(screen) = screen(model).filter(|screen| screen.stage == TeardownPhase::Looking(ticket)) else { return };
    screen.plan = teardown(chains, screen.logs);
    screen.run = StepRun::of(screen.plan.rows.iter(), None);
    screen.stage = TeardownPhase::Asking;
    screen.scroll = 0;
    screen.rest = screen.named.clone();
    screen.rest.extend(chains.iter().map(|chain| unusual(&chain.settings)));
}

/// What a key does while it lies over the screen.
pub(super) fn key(model: &mut Model, key: Key, intent: Option<Intent>) -> Vec<Effect> {
    let Some(screen) = screen(model) else { return Vec::new() };
    if screen.asks_to_quit {
        match intent {
            Some(Intent::Yes) => return give_up(model),
            Some(Intent::No) => screen.asks_to_quit = false,
            _ => {}
        }
        return Vec::new();
    }
    match (screen.stage, intent) {
        (TeardownPhase::Running(_), Some(Intent::Close)) => screen.asks_to_quit = true,
        (_, Some(Intent::Close)) => close(model),
        (TeardownPhase::Asking, Some(Intent::Apply)) => return agree(model),
        (TeardownPhase::Ended, Some(Intent::Apply)) if screen.is_complete() => close(model),
        (TeardownPhase::Ended, Some(Intent::Apply)) => return run(model),
        (_, Some(Intent::Apply)) => model.notice = Some(Notice::WhileRunning),
        (_, Some(Intent::Logs)) if screen.can_turn() => {
            screen.logs = !screen.logs;
            return look(model);
        }
        (_, None) if screen.can_be_agreed() => {
            if let Some(request) = request(key) {
                screen.word.handle(request);
            }
        }
        (_, intent) => screen.scroll = screens::scrolled(screen.scroll, intent),
    }
    Vec::new()
}

/// Pasted text goes where a word is asked for.
pub(super) fn paste(screen: &mut Teardown, text: &str) {
    if screen.can_be_agreed() {
        for c in text.trim().chars().filter(|c| !c.is_control()) {
            screen.word.handle(InputRequest::InsertChar(c));
        }
    }
}

fn agree(model: &mut Model) -> Vec<Effect> {
    let account = model.caller().map(|caller| caller.identity.account.clone()).unwrap_or_default();
    let Some(screen) = screen(model) else { return Vec::new() };
    if !screen.can_be_agreed() {
        // Nothing to take away, or nothing that may be: the reasons stay to be read until Esc.
        if screen.plan.blocked.is_empty() {
            close(model);
        }
        return Vec::new();
    }
    let typed = screen.word.value().trim();
    if typed != WORD && typed != account {
        let said = format!("Type `{WORD}`, or {account}, to take all this away. Nothing is changed.");
        model.notice = Some(said.into());
        return Vec::new();
    }
    run(model)
}

/// Takes away what was shown, or what is left of it after a failure.
fn run(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(screen) = screen(model) else { return Vec::new() };
    let done = |id: &str| screen.run.rows.iter().any(|row| row.row.id == id && row.state == Some(ChangeState::Done));
    let rows = screen.plan.rows.iter().filter(|row| row.change.is_some() && !done(&row.id)).cloned().collect();
    let plan = Plan { rows, ..Plan::default() };
    screen.run = StepRun::of(screen.plan.rows.iter(), Some(&screen.run));
    screen.stage = TeardownPhase::Running(ticket);
    screen.scroll = 0;
    // What the steps did is history now.
    model.runs = [None, None, None, None];
    vec![Effect::Teardown { ticket, plan: Box::new(plan) }]
}

/// Takes news of one change in; whether they are about a tear-down.
pub(super) fn progress(model: &mut Model, ticket: Ticket, progress: Progress) {
    let now = model.now;
    if let Some(screen) = screen(model).filter(|screen| screen.stage == TeardownPhase::Running(ticket)) {
        screen.run.tell(progress, now);
    }
}

/// A run has ended; nothing, where it was none of a tear-down.
pub(super) fn ended(model: &mut Model, ticket: Ticket, report: &Report) -> Option<Vec<Effect>> {
    let screen = screen(model).filter(|screen| screen.stage == TeardownPhase::Running(ticket))?;
    screen.stage = TeardownPhase::Ended;
    screen.asks_to_quit = false;
    let rest = screen.rest.clone();
    model.unread = Some(count(&screen.run));
    model.unfinished = if report.succeeded() { Vec::new() } else { rest };
    model.dashboard = model.dashboard.reset();
    if report.succeeded() {
        model.sent.clear();
        tracing::info!("taken away");
    }
    Some(model.look())
}

/// The run is given up; what is gone is gone, and the next tear-down goes on from there.
fn give_up(model: &mut Model) -> Vec<Effect> {
    if let Some(screen) = screen(model) {
        let (rest, given_up) = (screen.rest.clone(), count(&screen.run));
        model.unfinished = rest;
        model.unread = Some(given_up);
    }
    model.overlay = None;
    model.dashboard = model.dashboard.reset();
    let mut effects = vec![Effect::Cancel];
    effects.extend(model.look());
    effects
}

/// Where all is gone, there is nothing left to watch.
fn close(model: &mut Model) {
    let gone = screen(model).is_some_and(|screen| screen.is_complete());
    model.overlay = None;
    if gone {
        model.go(Screen::Account);
    }
}
