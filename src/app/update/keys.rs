//! What keys do on each screen.

use crate::app::alarm_test::{self, TestPhase};
use crate::app::form::FieldId;
use crate::app::interruption::count;
use crate::app::keymap::{Context, Intent, Key, intent};
use crate::app::overlay::{Overlay, Picker, PickerKind};
use crate::app::progress::StepRun;
use crate::app::{Connection, Effect, Model, Notice, Screen, dashboard, notice, teardown};
use crate::domain::observed::Confirmation;
use crate::domain::{Change, Step};

/// The part of the key table that applies now.
pub(in crate::app) fn context(model: &Model) -> Context {
    match (&model.overlay, model.screen) {
        (Some(Overlay::Help { .. }), _) => Context::Help,
        (Some(Overlay::Commands { .. }), _) => Context::Commands,
        (Some(Overlay::Picker(_)), _) => Context::Picker,
        (Some(Overlay::ConfirmQuit { .. }), _) => Context::Confirm,
        (Some(Overlay::SetOk), _) => Context::SetOk,
        (Some(Overlay::Teardown(screen)), _) if screen.asks_to_leave => Context::Confirm,
        (Some(Overlay::Teardown(_)), _) => Context::Teardown,
        (Some(Overlay::Checks { .. }), _) => Context::Checks,
        (Some(Overlay::Event { .. }), _) => Context::Event,
        (Some(Overlay::Test(_)), _) => Context::Test,
        (None, Screen::Account) => Context::Account,
        (None, Screen::Step(_)) if model.form.focus().is_some() => Context::Field,
        (None, Screen::Step(_)) => Context::Step,
        (None, Screen::Dashboard) => Context::Dashboard,
    }
}

impl Model {
    /// The part of the key table that applies now, for the footer and the help.
    #[must_use]
    pub fn context(&self) -> Context {
        context(self)
    }
}

pub(in crate::app) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let previous_notice = model.notice.take();
    model.early_key = None;
    let intent = intent(context(model), key);
    if intent == Some(Intent::Interrupt) {
        model.interrupted = true;
        return quit_now(model);
    }
    if model.overlay.is_some() {
        return on_overlay(model, key, intent);
    }
    match (model.screen, intent) {
        (_, Some(Intent::Help)) => open(model, Overlay::Help { scroll: 0 }),
        (_, Some(Intent::Quit)) => quit(model),
        (Screen::Account, Some(Intent::Start)) => start(model),
        (Screen::Account, Some(Intent::PickProfile)) => {
            let picker = Picker::profiles(&model.profiles);
            model.overlay = Some(Overlay::Picker(picker));
            vec![Effect::ListProfiles]
        }
        (Screen::Account, Some(Intent::PickRegion)) => {
            let current = model.caller().map_or("us-east-1", |c| c.region.as_str());
            let partition = model.caller().map(|c| c.identity.partition());
            let picker = Picker::regions(current, partition.as_ref());
            open(model, Overlay::Picker(picker))
        }
        (Screen::Account, Some(Intent::Refresh)) => model.connect(),
        (Screen::Account, Some(Intent::Dashboard)) => open_dashboard(model),
        (Screen::Account, Some(Intent::Teardown)) => teardown::open(model),
        (Screen::Dashboard, Some(intent)) => dashboard::act(model, intent),
        (Screen::Step(_), Some(Intent::Up | Intent::Down | Intent::PageUp | Intent::PageDown)) => {
            model.scroll = scrolled(model.scroll, intent);
            Vec::new()
        }
        (Screen::Step(step), Some(intent)) => on_step(model, step, intent),
        (Screen::Step(_), None) => {
            if model.is_running() {
                model.notice = previous_notice;
                return Vec::new();
            }
            if model.form.edit(key) {
                edited(model);
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Shown when the user edits a field during a run.
const NOT_WHILE_RUNNING: &str = "The fields can be edited once the calls have finished.";

/// Opens the dashboard. If the account isn't completely set up, it shows what is missing.
pub(in crate::app) fn open_dashboard(model: &mut Model) -> Vec<Effect> {
    if model.derived.is_some() {
        model.go(Screen::Dashboard);
    } else if model.is_observing() || matches!(model.connection, Connection::Connecting(_)) {
        notice::keep(model, Intent::Dashboard);
    } else {
        model.notice = Some("The account has not been read yet.".into());
    }
    Vec::new()
}

pub(in crate::app) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    model.early_key = None;
    match (&mut model.overlay, model.screen) {
        (Some(Overlay::Picker(picker)), _) => {
            for c in text.trim().chars().filter(|c| !c.is_control()) {
                picker.edit(Key::plain(crate::app::keymap::Code::Char(c)));
            }
        }
        (Some(Overlay::Teardown(screen)), _) => teardown::paste(screen, text),
        (None, Screen::Step(step)) => paste_on_step(model, step, text),
        _ => {}
    }
    Vec::new()
}

/// Pastes into the focused field, or else into the main field of the step. If there is none, a notice says what to do.
fn paste_on_step(model: &mut Model, step: Step, text: &str) {
    if model.is_running() {
        model.notice = Some(NOT_WHILE_RUNNING.into());
        return;
    }
    let focused = model.form.focus().is_some();
    let changed = if focused { model.form.paste(text) } else { model.form.paste_unfocused(step, text) };
    if changed {
        edited(model);
    } else if !focused && !text.trim().is_empty() {
        model.notice = Some("Choose a field with Tab or `e` first, then paste.".into());
    }
}

pub(in crate::app) fn open(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn quit_now(model: &mut Model) -> Vec<Effect> {
    model.quit = true;
    vec![Effect::Cancel]
}

pub(in crate::app) fn quit(model: &mut Model) -> Vec<Effect> {
    if model.is_running() { open(model, Overlay::ConfirmQuit { quit: true }) } else { quit_now(model) }
}

pub(in crate::app) fn scrolled(scroll: u16, intent: Option<Intent>) -> u16 {
    match intent {
        Some(Intent::Up) => scroll.saturating_sub(1),
        Some(Intent::Down) => scroll.saturating_add(1),
        Some(Intent::PageUp) => scroll.saturating_sub(8),
        Some(Intent::PageDown) => scroll.saturating_add(8),
        _ => scroll,
    }
}

pub(in crate::app) fn start(model: &mut Model) -> Vec<Effect> {
    match &model.connection {
        Connection::Connecting(_) => notice::keep(model, Intent::Start),
        Connection::Failed(_) => return model.connect(),
        Connection::Ready(caller) => {
            if let Some(why) = caller.identity.refusal() {
                model.notice = Some(why.into());
            } else if model.derived.is_none() {
                notice::keep(model, Intent::Start);
            } else {
                model.go(model.first_unfinished());
            }
        }
    }
    Vec::new()
}

fn on_overlay(model: &mut Model, key: Key, intent: Option<Intent>) -> Vec<Effect> {
    let Some(overlay) = &mut model.overlay else { return Vec::new() };
    match (overlay, intent) {
        (Overlay::Teardown(_), intent) => return teardown::key(model, key, intent),
        (Overlay::ConfirmQuit { quit: true }, Some(Intent::Yes)) => return quit_now(model),
        (Overlay::ConfirmQuit { quit: false }, Some(Intent::Yes)) => return abort_and_leave(model),
        (Overlay::SetOk, Some(Intent::Yes)) => return dashboard::set_ok(model),
        (Overlay::Checks { .. }, Some(Intent::Wizard)) => dashboard::to_first_problem(model),
        (_, Some(Intent::Close | Intent::No)) => model.overlay = None,
        (Overlay::Commands { text, .. }, Some(Intent::Copy)) => {
            let text = text.clone();
            return copy(model, text);
        }
        (Overlay::Event { .. }, Some(Intent::Copy)) => {
            let json = model.dashboard.event().map(|e| e.json.clone()).unwrap_or_default();
            return copy(model, json);
        }
        (Overlay::Test(_), Some(intent)) => return on_test(model, intent),
        (
            Overlay::Help { scroll }
            | Overlay::Commands { scroll, .. }
            | Overlay::Checks { scroll }
            | Overlay::Event { scroll },
            _,
        ) => *scroll = scrolled(*scroll, intent),
        (Overlay::Picker(picker), Some(Intent::Choose)) => match picker.choice() {
            Ok(choice) => {
                match picker.what {
                    PickerKind::Profile => {
                        model.target.profile = Some(choice);
                        // The new profile has its own Region.
                        model.target.region = None;
                    }
                    PickerKind::Region => model.target.region = Some(choice),
                    PickerKind::Trail => {
                        model.overlay = None;
                        model.form.choose(FieldId::Trail, choice);
                        edited(model);
                        return Vec::new();
                    }
                }
                model.overlay = None;
                return model.connect();
            }
            Err(why) => model.notice = Some(why.into()),
        },
        (Overlay::Picker(picker), Some(Intent::Up)) => picker.step(false),
        (Overlay::Picker(picker), Some(Intent::Down)) => picker.step(true),
        (Overlay::Picker(picker), None) => picker.edit(key),
        _ => {}
    }
    Vec::new()
}

/// Copies to the clipboard. The terminal may not allow that, so the notice says so, and shows a one-line text.
pub(in crate::app) fn copy(model: &mut Model, text: String) -> Vec<Effect> {
    let shown = if text.lines().count() == 1 { format!(": {text}") } else { ".".into() };
    let notice = format!("Copied, if your terminal allows it (OSC 52){shown}");
    model.notice = Some(notice.into());
    vec![Effect::Copy(text)]
}

fn on_test(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let Some(Overlay::Test(screen)) = &model.overlay else { return Vec::new() };
    match (&screen.phase, intent) {
        (TestPhase::Asking, Intent::Yes) if screen.unmanaged => {
            model.notice = Some("This log group is unmanaged: `f` writes the drill's event to it anyway.".into());
        }
        (TestPhase::Asking, Intent::Yes) => return alarm_test::start(model),
        (TestPhase::Asking, Intent::DrillAnyway) if screen.unmanaged => return alarm_test::start(model),
        (TestPhase::Ended(_), Intent::Yes) => model.overlay = None,
        _ => {}
    }
    Vec::new()
}

/// Aborts the run and leaves the screen. Changes already made remain; reading the account shows them.
fn abort_and_leave(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    let aborted = model.running.take().and_then(|(_, step)| model.runs[step].as_ref());
    model.unobserved_run = aborted.map(count);
    let mut effects = vec![Effect::Cancel];
    match model.screen {
        Screen::Step(step) => {
            model.runs[step] = None;
            model.go(previous_screen(step));
            effects.extend(model.observe());
            effects
        }
        _ => quit_now(model),
    }
}

fn previous_screen(step: Step) -> Screen {
    step.previous().map_or(Screen::Account, Screen::Step)
}

/// The form has changed: discards the step's earlier run and recomputes the plan.
fn edited(model: &mut Model) {
    if let Screen::Step(step) = model.screen {
        model.runs[step] = None;
    }
    model.scroll = 0;
    model.derive();
}

fn on_step(model: &mut Model, step: Step, intent: Intent) -> Vec<Effect> {
    match intent {
        Intent::Apply => return apply(model, step),
        Intent::Edit | Intent::NextField | Intent::PreviousField if model.is_running() => {
            model.notice = Some(NOT_WHILE_RUNNING.into());
        }
        Intent::Edit => model.form.focus_current(),
        Intent::NextField => model.form.move_focus(true),
        Intent::PreviousField => model.form.move_focus(false),
        Intent::LeaveField => model.form.leave_field(),
        Intent::Back if model.is_running() => model.overlay = Some(Overlay::ConfirmQuit { quit: false }),
        Intent::Back => model.go(previous_screen(step)),
        Intent::Details => model.form.toggle_details(),
        Intent::ResetFields if !model.is_running() => {
            model.form.reset_to_proposal();
            edited(model);
        }
        Intent::Commands => {
            let text = commands(model, step);
            model.overlay = Some(Overlay::Commands { text, scroll: 0 });
        }
        Intent::PickTrail if step == Step::Trail && !model.is_running() => pick_trail(model),
        Intent::ResendConfirmation => return send_again(model),
        Intent::OpenLinks if model.demo.is_some() => return vec![Effect::OpenLinks],
        _ => {}
    }
    Vec::new()
}

/// Opens the list of trails, if there is more than one.
fn pick_trail(model: &mut Model) {
    let trails = model.trails();
    if trails.len() < 2 {
        model.notice = Some("There is no other trail to choose.".into());
    } else if let Some(derived) = &model.derived {
        model.overlay = Some(Overlay::Picker(Picker::trails(trails, &derived.settings.trail.value)));
    }
}

/// Enter: apply what is on the screen or, if there is nothing to apply, open the next screen.
pub(in crate::app) fn apply(model: &mut Model, step: Step) -> Vec<Effect> {
    if model.is_running() {
        model.notice = Some(Notice::WhileRunning);
        return Vec::new();
    }
    if model.form.focus_invalid(step) {
        return Vec::new();
    }
    if model.is_observing() || model.derived.is_none() {
        notice::keep(model, Intent::Apply);
        return Vec::new();
    }
    if !model.blocked(step).is_empty() {
        // The reason is shown below the plan. A missing address must be typed; anything else may be fixed by now, so the
        // account is read again.
        if model.needs_email(step) {
            model.form.focus_on(FieldId::Emails);
            return Vec::new();
        }
        return model.observe();
    }
    let Some(derived) = &model.derived else { return Vec::new() };
    if derived.plan.step(step).all(|row| row.change.is_none()) {
        model.go(step.next().map_or(Screen::Dashboard, Screen::Step));
        // The alarm was just created: offer to test it.
        if step.next().is_none() && model.runs[step].is_some() {
            return alarm_test::open(model, false);
        }
        return Vec::new();
    }
    let plan = Box::new(derived.plan.clone());
    let run = StepRun::new(plan.step(step), model.runs[step].as_ref());
    model.runs[step] = Some(run);
    let ticket = model.ticket();
    model.running = Some((ticket, step));
    model.scroll = 0;
    // Editing is finished: the next Enter continues, and letters are commands again.
    model.form.leave_field();
    vec![Effect::Run { ticket, plan, only: Some(step) }]
}

/// The step's plan as AWS CLI commands or, once it is applied, the commands for what was done.
fn commands(model: &Model, step: Step) -> String {
    let Some(derived) = &model.derived else { return "# Still reading the account.\n".into() };
    let account_region = &derived.settings.account_region;
    let planned: Vec<&Change> = derived.plan.step(step).filter_map(|r| r.change.as_ref()).collect();
    let run = model.runs[step].as_ref();
    let ran: Vec<&Change> = run.iter().flat_map(|r| &r.rows).filter_map(|r| r.row.change.as_ref()).collect();
    let (heading, changes) = match (planned.is_empty(), ran.is_empty()) {
        (false, _) => ("# What Enter will do:", planned),
        (true, false) => ("# What was done:", ran),
        (true, true) => ("# Nothing to do: everything already exists.", Vec::new()),
    };
    let mut text = String::from(heading);
    for change in changes {
        text.push('\n');
        text.push_str(&change.aws_cli(account_region));
    }
    text.push('\n');
    text
}

/// Sends the confirmation email again to every unconfirmed address.
pub(in crate::app) fn send_again(model: &mut Model) -> Vec<Effect> {
    let Some(derived) = &model.derived else { return Vec::new() };
    let topic_arn = derived.settings.topic_arn();
    let pending = derived.health.subscriptions.iter().filter(|s| s.state == Confirmation::Pending);
    let emails: Vec<String> = pending.map(|s| s.endpoint.clone()).collect();
    if emails.is_empty() {
        model.notice = Some("No confirmation email is pending.".into());
    }
    let resend = |email: String| single_change(model, Change::Subscribe { topic_arn: topic_arn.clone(), email });
    emails.into_iter().map(resend).collect()
}

/// Makes a single call outside of a plan.
pub(in crate::app) fn single_change(model: &mut Model, change: Change) -> Effect {
    let ticket = model.ticket();
    model.single_changes.push((ticket, change.clone()));
    Effect::Change { ticket, change: Box::new(change) }
}
