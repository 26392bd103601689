//! The hints at the bottom: the key table's own words, pruned to the width.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use crate::app::alarm_test::TestPhase;
use crate::app::keys::{BINDINGS, Binding, Context, Intent};
use crate::app::teardown;
use crate::app::{Model, Overlay, Screen};
use crate::domain::{Step, Verdict};

pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let context = model.context();
    let hints: Vec<(String, String)> = BINDINGS
        .iter()
        .filter(|b| b.context == context && !b.hint.is_empty() && applies(model, b))
        .map(|b| (b.keys[0].name(), hint(model, b)))
        .collect();
    // Help and the way out are never pruned: with them, nothing is lost.
    let (kept, others): (Vec<usize>, Vec<usize>) =
        (0..hints.len()).partition(|i| matches!(hints[*i].1.as_str(), "help" | "quit"));
    let width = usize::from(area.width);
    let mut shown: Vec<usize> = Vec::new();
    let mut used = 1;
    let cost = |i: usize| hints[i].0.chars().count() + hints[i].1.chars().count() + 4;
    for i in kept.into_iter().chain(others) {
        if used + cost(i) <= width + 3 {
            used += cost(i);
            shown.push(i);
        }
    }
    shown.sort_unstable();
    let mut spans = vec![Span::raw(" ")];
    for i in shown {
        spans.push(Span::styled(hints[i].0.clone(), theme.accent));
        spans.push(Span::styled(format!(" {}   ", hints[i].1), theme.dim));
    }
    frame.render_widget(Line::from(spans), area);
}

/// Whether a binding does something on the screen as it is now.
fn applies(model: &Model, binding: &Binding) -> bool {
    let health = model.derived.as_ref().map(|d| &d.health);
    let alarm = health.is_some_and(|health| health.alarm.is_some());
    let rings = health.is_some_and(|health| health.in_alarm().is_some());
    match (binding.intent, model.screen) {
        (Intent::Details, Screen::Step(step)) => step == Step::Trail,
        (Intent::PickTrail, Screen::Step(step)) => step == Step::Trail && model.trails().len() > 1,
        (Intent::SendAgain, _) => !model.waiting().is_empty(),
        (Intent::OpenLinks, _) => model.demo.is_some() && !model.waiting().is_empty(),
        (Intent::Older, _) => model.dashboard.has_older(),
        (Intent::Open, _) => model.dashboard.event().is_some(),
        (Intent::Test, _) => alarm,
        (Intent::Drill, _) => alarm && !rings,
        (Intent::SetOk, _) => rings,
        (Intent::Yes | Intent::Force, _) if binding.context == Context::Test => match &model.overlay {
            Some(Overlay::Test(ring)) => {
                ring.stage == TestPhase::Asking && ring.foreign == (binding.intent == Intent::Force)
            }
            _ => false,
        },
        (Intent::Teardown, _) => model
            .derived
            .as_ref()
            .is_some_and(|derived| Step::ALL.into_iter().any(|step| derived.health.step(step) != Verdict::Missing)),
        (Intent::Apply | Intent::Logs, _) if binding.context == Context::Teardown => {
            match &model.overlay {
                Some(Overlay::Teardown(screen)) if binding.intent == Intent::Logs => screen.can_turn(),
                // Where there is nothing to do but to close it, Esc says so.
                Some(Overlay::Teardown(screen)) => {
                    screen.stage != teardown::TeardownPhase::Asking || screen.can_be_agreed()
                }
                _ => false,
            }
        }
        (Intent::NextField, Screen::Step(step)) => model.form.shown(step).count() > 1,
        (Intent::Edit, _) => !model.is_running(),
        (Intent::Proposal, _) => model.form.is_edited(),
        _ => true,
    }
}

/// What Enter does on a step depends on how far it is.
fn hint(model: &Model, binding: &Binding) -> String {
    if let (Some(Overlay::Teardown(screen)), Context::Teardown) = (&model.overlay, binding.context) {
        return leaving(screen, binding);
    }
    let Screen::Step(step) = model.screen else { return binding.hint.to_owned() };
    if !matches!(binding.context, Context::Step | Context::Field) || binding.intent != Intent::Apply {
        return binding.hint.to_owned();
    }
    if model.is_running() {
        return "wait".into();
    }
    let Some(derived) = model.derived.as_ref().filter(|_| !model.is_looking()) else { return "wait".into() };
    if model.form.shown(step).any(|field| field.fault.is_some()) {
        return "to the fault".into();
    }
    if !model.blocked(step).is_empty() {
        return if model.wants_an_address(step) { "e-mail first" } else { "look again" }.into();
    }
    let changes = derived.plan.step(step).filter(|r| r.change.is_some()).count();
    let failed = model.runs[step as usize].as_ref().is_some_and(|run| run.failure().is_some());
    match changes {
        0 => "go on".into(),
        _ if failed => "try again".into(),
        1 => "apply".into(),
        n => format!("apply {n}"),
    }
}

/// What the keys do to a tear-down depends on how far it is.
fn leaving(screen: &teardown::Teardown, binding: &Binding) -> String {
    match (binding.intent, screen.stage) {
        (Intent::Logs, _) if screen.logs => "keep the logs".into(),
        (Intent::Apply, teardown::TeardownPhase::Looking(_) | teardown::TeardownPhase::Running(_)) => "wait".into(),
        (Intent::Apply, teardown::TeardownPhase::Asking) if screen.can_be_agreed() => {
            format!("take away {}", screen.plan.changes().count())
        }
        (Intent::Apply, teardown::TeardownPhase::Ended) if !screen.is_complete() => "try again".into(),
        (Intent::Apply, _) => "close".into(),
        _ => binding.hint.to_owned(),
    }
}
