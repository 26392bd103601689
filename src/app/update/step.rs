//! What keys do on a step: editing its fields, applying its plan, and going on.

use crate::app::keymap::{Intent, Key};
use crate::app::message::{Effect, SessionEffect};
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::picker::Picker;
use crate::app::state::progress::StepRun;
use crate::app::state::screen::Screen;
use crate::app::state::session::{SessionId, Ticket};
use crate::domain::Step;
use crate::domain::settings::SettingId;
use crate::engine::Report;

use super::account::observe;
use super::early_key::keep;
use super::navigation::{close, go, quit_now, scrolled};
use super::{alarm_test, calls};

/// Acts on a key.
pub(super) fn act(model: &mut Model, step: Step, intent: Intent) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    let is_running = account.is_running();
    match intent {
        Intent::Up | Intent::Down | Intent::PageUp | Intent::PageDown => {
            model.scroll = scrolled(model.scroll, Some(intent));
        }
        Intent::Apply => return apply(model, step),
        Intent::Edit | Intent::NextField | Intent::PreviousField if is_running => {
            model.notice = Some(Notice::FieldsWhileRunning);
        }
        Intent::Edit => account.form.focus_current(),
        Intent::NextField => account.form.move_focus(true),
        Intent::PreviousField => account.form.move_focus(false),
        Intent::LeaveField => account.form.leave_field(),
        Intent::Back if is_running => model.overlay = Some(Overlay::ConfirmQuit { quit: false }),
        Intent::Back => go(model, previous_screen(step)),
        Intent::Details => account.form.toggle_details(),
        Intent::ResetFields if !is_running => {
            account.form.reset_to_proposal();
            edited(model, step);
        }
        Intent::Commands => {
            let text = commands(model, step);
            model.overlay = Some(Overlay::Commands { text, scroll: 0 });
        }
        Intent::PickTrail if step == Step::Trail && !is_running => pick_trail(model),
        Intent::ResendConfirmation => return calls::send_again(model),
        Intent::OpenLinks if model.demo.is_some() => return vec![Effect::OpenLinks],
        _ => {}
    }
    Vec::new()
}

/// Handles a key that is text. `previous_notice` stays on the screen while calls are running.
pub(super) fn edit(model: &mut Model, step: Step, key: Key, previous_notice: Option<Notice>) {
    let account = model.accounts.selected_mut();
    if account.is_running() {
        model.notice = previous_notice;
    } else if account.form.edit(key) {
        edited(model, step);
    }
}

/// Pastes into the focused field, or else into the main field of the step. If there is none, a notice says what to do.
pub(super) fn paste(model: &mut Model, step: Step, text: &str) {
    let account = model.accounts.selected_mut();
    if account.is_running() {
        model.notice = Some(Notice::FieldsWhileRunning);
        return;
    }
    let focused = account.form.focus().is_some();
    let changed = if focused { account.form.paste(text) } else { account.form.paste_unfocused(step, text) };
    if changed {
        edited(model, step);
    } else if !focused && !text.trim().is_empty() {
        model.notice = Some(Notice::PastedNowhere);
    }
}

/// The form has changed: discards the step's earlier run and recomputes the plan.
fn edited(model: &mut Model, step: Step) {
    model.scroll = 0;
    let account = model.accounts.selected_mut();
    account.runs[step] = None;
    account.derive(model.now);
}

/// Opens the list of trails, if there is more than one.
fn pick_trail(model: &mut Model) {
    let account = model.account();
    let trails = account.trails();
    if trails.len() < 2 {
        model.notice = Some(Notice::NoOtherTrail);
    } else if let Some(derived) = &account.derived {
        model.overlay = Some(Overlay::Picker(Picker::trails(trails, &derived.settings.trail.value)));
    }
}

/// A trail was chosen from the list.
pub(super) fn use_trail(model: &mut Model, name: String) {
    close(model);
    model.accounts.selected_mut().form.choose(SettingId::Trail, name);
    edited(model, Step::Trail);
}

fn previous_screen(step: Step) -> Screen {
    step.previous().map_or(Screen::Account, Screen::Step)
}

/// Aborts the run and leaves the screen. Changes already made remain; reading the account shows them.
pub(super) fn abort_and_leave(model: &mut Model) -> Vec<Effect> {
    close(model);
    let account = model.accounts.selected_mut();
    let aborted = account.running.take().and_then(|(_, step)| account.runs[step].as_ref());
    account.unobserved_run = aborted.map(StepRun::run_count);
    let Screen::Step(step) = model.screen else { return quit_now(model) };
    account.runs[step] = None;
    let cancel = SessionEffect::Cancel.within(account.session);
    go(model, previous_screen(step));
    std::iter::once(cancel).chain(observe(model.accounts.selected_mut())).collect()
}

/// Enter: apply what is on the screen or, if there is nothing to apply, open the next screen.
pub(super) fn apply(model: &mut Model, step: Step) -> Vec<Effect> {
    let account = model.accounts.selected_mut();
    if account.is_running() {
        model.notice = Some(Notice::WhileRunning);
        return Vec::new();
    }
    if account.form.focus_invalid(step) {
        return Vec::new();
    }
    if account.is_observing() || account.derived.is_none() {
        keep(model, Intent::Apply);
        return Vec::new();
    }
    if !account.blocked(step).is_empty() {
        // The reason is shown below the plan. A missing address must be typed; anything else may be fixed by now, so the
        // account is read again.
        if account.needs_email(step) {
            account.form.focus_on(SettingId::Emails);
            return Vec::new();
        }
        return observe(account);
    }
    let Some(derived) = &account.derived else { return Vec::new() };
    if derived.plan.step(step).all(|row| row.change.is_none()) {
        // The alarm was just created: offer to test it.
        let offers_test = step.next().is_none() && account.runs[step].is_some();
        go(model, step.next().map_or(Screen::Dashboard, Screen::Step));
        return if offers_test { alarm_test::open(model, false) } else { Vec::new() };
    }
    let plan = Box::new(derived.plan.clone());
    account.runs[step] = Some(StepRun::new(plan.step(step), account.runs[step].as_ref()));
    let ticket = account.ticket();
    account.running = Some((ticket, step));
    model.scroll = 0;
    // Editing is finished: the next Enter continues, and letters are commands again.
    account.form.leave_field();
    vec![SessionEffect::Run { ticket, plan, only: Some(step) }.within(account.session)]
}

/// The run of a step has ended.
pub(super) fn applied(model: &mut Model, session: SessionId, ticket: Ticket, report: &Report) -> Vec<Effect> {
    let now = model.now;
    let Some(account) = model.accounts.get_mut(session) else { return Vec::new() };
    let Some((_, step)) = account.running.filter(|(current, _)| *current == ticket) else { return Vec::new() };
    account.running = None;
    let run = account.runs[step].as_ref();
    account.unobserved_run = run.map(StepRun::run_count);
    if !report.done.is_empty() {
        account.times.changed(step, now);
    }
    let run = account.runs[step].as_ref();
    for email in run.map(|run| run.subscribed(report)).unwrap_or_default() {
        account.record_sent(email, now);
    }
    if report.succeeded() {
        tracing::info!(step = step.title(), "applied");
    }
    // Read the account instead of assuming what the calls did.
    observe(account)
}

/// The step's plan as AWS CLI commands or, once it is applied, the commands for what was done.
fn commands(model: &Model, step: Step) -> String {
    let account = model.account();
    let Some(derived) = &account.derived else { return "# Still reading the account.\n".into() };
    let account_region = &derived.settings.account_region;
    let planned: Vec<String> = derived.plan.step(step).filter_map(|row| row.aws_cli(account_region)).collect();
    let run = account.runs[step].as_ref();
    let ran: Vec<String> = run.iter().flat_map(|r| &r.rows).filter_map(|r| r.row.aws_cli(account_region)).collect();
    let (heading, commands) = match (planned.is_empty(), ran.is_empty()) {
        (false, _) => ("# What will be done:", planned),
        (true, false) => ("# What was done:", ran),
        (true, true) => ("# Nothing to do: everything already exists.", Vec::new()),
    };
    let mut text = String::from(heading);
    for command in commands {
        text.push('\n');
        text.push_str(&command);
    }
    text.push('\n');
    text
}
