//! The key hints at the bottom, from the key table; those that don't fit the width are left out.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::view::View;
use crate::app::keymap::{BINDINGS, Binding, Context, Intent};
use crate::app::state::alarm_test::TestPhase;
use crate::app::state::teardown::{Teardown, TeardownPhase};
use crate::app::{Connection, Screen};
use crate::domain::Step;

pub(in crate::ui) fn draw(view: &View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let context = view.model.context();
    let hints: Vec<(Intent, String, String)> = BINDINGS
        .iter()
        .filter(|b| b.context == context && !b.hint.is_empty() && applies(view, b))
        .map(|b| (b.intent, b.keys[0].name(), hint(view, b)))
        .collect();
    // If space is short, the keys that are always in the footer come first.
    let (always, others): (Vec<usize>, Vec<usize>) = (0..hints.len()).partition(|i| hints[*i].0.is_always_in_footer());
    let width = usize::from(area.width);
    let mut shown: Vec<usize> = Vec::new();
    let mut used = 1;
    let hint_width = |i: usize| hints[i].1.chars().count() + hints[i].2.chars().count() + 4;
    for i in always.into_iter().chain(others) {
        // The last hint needs no space after it.
        if used + hint_width(i) <= width + 3 {
            used += hint_width(i);
            shown.push(i);
        }
    }
    shown.sort_unstable();
    let mut spans = vec![Span::raw(" ")];
    for i in shown {
        spans.push(Span::styled(hints[i].1.clone(), view.theme.accent));
        spans.push(Span::styled(format!(" {}   ", hints[i].2), view.theme.dim));
    }
    frame.render_widget(Line::from(spans), area);
}

/// Whether a key does anything in the current state.
fn applies(view: &View<'_>, binding: &Binding) -> bool {
    let health = view.account.derived.as_ref().map(|d| &d.health);
    let has_alarm = health.is_some_and(|health| health.alarm.is_some());
    let in_alarm = health.is_some_and(|health| health.in_alarm().is_some());
    match (binding.intent, view.model.screen) {
        (Intent::Details, Screen::Step(step)) => step == Step::Trail,
        (Intent::PickTrail, Screen::Step(step)) => step == Step::Trail && view.account.trails().len() > 1,
        (Intent::ResendConfirmation, _) => !view.account.waiting().is_empty(),
        (Intent::OpenLinks, _) => view.model.demo.is_some() && !view.account.waiting().is_empty(),
        (Intent::Dashboard, _) => !matches!(view.account.connection, Connection::Failed(_)),
        (Intent::SwitchRegion, _) => view.account.elsewhere().is_some(),
        (Intent::LoadOlder, _) => view.account.dashboard.has_older(),
        (Intent::ShowEvent, _) => view.account.dashboard.event().is_some(),
        (Intent::Test, _) => has_alarm,
        (Intent::Drill, _) => has_alarm && !in_alarm,
        (Intent::SetOk, _) => in_alarm,
        (Intent::Yes | Intent::DrillAnyway, _) if binding.context == Context::Test => {
            view.account.test.as_ref().is_some_and(|screen| {
                screen.phase == TestPhase::Asking && screen.unmanaged == (binding.intent == Intent::DrillAnyway)
            })
        }
        (Intent::Teardown, _) => view.account.has_something(),
        (Intent::Apply | Intent::Logs, _) if binding.context == Context::Teardown => {
            view.account.teardown.as_ref().is_some_and(|screen| match binding.intent {
                Intent::Logs => screen.can_toggle_logs(),
                // If the only thing left to do is to close it, the hint for Esc is enough.
                _ => screen.phase != TeardownPhase::Asking || screen.can_confirm(),
            })
        }
        (Intent::NextField, Screen::Step(step)) => view.account.form.shown(step).count() > 1,
        (Intent::Edit, _) => !view.account.is_running(),
        (Intent::ResetFields, _) => view.account.form.is_edited(),
        _ => true,
    }
}

/// The hint for a key; for Enter on a step it depends on the state of the step.
fn hint(view: &View<'_>, binding: &Binding) -> String {
    if let (Some(screen), Context::Teardown) = (&view.account.teardown, binding.context) {
        return teardown_hint(screen, binding);
    }
    if binding.intent == Intent::Start && matches!(view.account.connection, Connection::Failed(_)) {
        return "try again".into();
    }
    let Screen::Step(step) = view.model.screen else { return binding.hint.to_owned() };
    if !matches!(binding.context, Context::Step | Context::Field) || binding.intent != Intent::Apply {
        return binding.hint.to_owned();
    }
    if view.account.is_running() {
        return "wait".into();
    }
    let Some(derived) = view.account.derived.as_ref().filter(|_| !view.account.is_observing()) else {
        return "wait".into();
    };
    if view.account.has_invalid_field(step) {
        return "fix the error".into();
    }
    if !view.account.blocked(step).is_empty() {
        return if view.account.needs_email(step) { "enter an email address" } else { "check again" }.into();
    }
    let changes = derived.plan.step(step).filter(|r| r.change.is_some()).count();
    let failed = view.account.runs[step].as_ref().is_some_and(|run| run.failure().is_some());
    match changes {
        0 => "continue".into(),
        _ if failed => "try again".into(),
        1 => "apply".into(),
        n => format!("apply {n}"),
    }
}

/// The hint for a key during a teardown, which depends on its phase.
fn teardown_hint(screen: &Teardown, binding: &Binding) -> String {
    match (binding.intent, screen.phase) {
        (Intent::Logs, _) if screen.logs => "keep the logs".into(),
        (Intent::Apply, TeardownPhase::Finding(_) | TeardownPhase::Running(_)) => "wait".into(),
        (Intent::Apply, TeardownPhase::Asking) if screen.can_confirm() => {
            format!("delete {}", screen.plan.changes().count())
        }
        (Intent::Apply, TeardownPhase::Ended) if !screen.is_complete() => "try again".into(),
        (Intent::Apply, _) => "close".into(),
        _ => binding.hint.to_owned(),
    }
}
