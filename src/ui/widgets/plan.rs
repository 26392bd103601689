//! The plan below a form: one row per change, and the progress of each.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::text::{cut, pad};
use super::time::clock;
use super::view::View;
use crate::app::state::account::{AccountState, Derived};
use crate::app::state::progress::{ChangeState, RunRow, StepRun};
use crate::domain::change::ResourceKind;
use crate::domain::observed::Confirmation;
use crate::domain::plan::{Action, Row};
use crate::domain::problem::combined;
use crate::domain::{Change, Step};
use crate::ui::fix::{fix_text, problem_text};

/// Adds the rows of a step. Returns the range of lines that should be visible. Rows that have run come first. Then come
/// the rows that Enter applies, from the plan for the account as it was last read.
pub(in crate::ui) fn rows(view: &mut View<'_>, step: Step) -> Range<usize> {
    let (account, theme) = (view.account, view.theme);
    let mut focus = 0..0;
    let mut previous_name = String::new();
    let run = view.account.runs[step].as_ref();
    for row in run.iter().flat_map(|run| &run.rows).filter(|row| is_current(account, row)) {
        let start = view.lines.len();
        row_lines(view, row, &previous_name);
        if focus.is_empty()
            && matches!(row.state, Some(ChangeState::Running | ChangeState::Retrying { .. } | ChangeState::Failed(_)))
        {
            focus = start..view.lines.len();
        }
        previous_name.clone_from(&row.row.name);
    }
    if view.account.is_running() && run.is_some() {
        return focus;
    }
    let Some(derived) = view.account.derived.as_ref().filter(|_| !view.account.is_observing()) else {
        if run.is_none() {
            view.line(format!("   {} reading the account", view.spinner()), theme.text);
        }
        return focus;
    };
    if account.has_invalid_field(step) {
        view.line("   Fix the marked field first.", theme.warn);
        return focus;
    }
    let is_in_run = |row: &&Row| run.is_some_and(|run| run.rows.iter().any(|r| r.row.id == row.id && !is_done(r)));
    for row in derived.plan.step(step).filter(|row| !is_in_run(row) && (run.is_none() || row.change.is_some())) {
        let (word, style) = initial_state(view, row);
        let line = line(view, row, &previous_name, (&word, style), &row.detail, "");
        view.push(line);
        previous_name.clone_from(&row.name);
    }
    for (_, note) in derived.plan.notes.iter().filter(|(s, _)| *s == step) {
        view.indented(&problem_text(note), theme.warn);
    }
    // The reasons why the plan cannot be applied are the most important thing to show.
    let blocked = view.account.blocked(step);
    if !blocked.is_empty() {
        focus = view.lines.len()..view.lines.len();
    }
    for reason in combined(blocked) {
        view.indented(&problem_text(&reason), theme.bad);
        focus.end = view.lines.len();
    }
    focus
}

/// Adds every row of a teardown with its full detail. Returns the range of lines that should be visible.
pub(in crate::ui) fn teardown_rows(view: &mut View<'_>, run: &StepRun) -> Range<usize> {
    let mut focus = 0..0;
    for row in &run.rows {
        let start = view.lines.len();
        let mut row = row.clone();
        row_lines(view, &row, "");
        let shown = view.lines.get(start).map(ToString::to_string).unwrap_or_default();
        let name = (!shown.contains(&row.row.name)).then(|| row.row.name.clone());
        if row.state.is_none() && (name.is_some() || !shown.contains(&row.row.detail)) {
            let detail = std::mem::take(&mut row.row.detail);
            view.lines.truncate(start);
            row_lines(view, &row, "");
            // A name or detail that doesn't fit on the row goes below it.
            for text in name.into_iter().chain([detail]).filter(|text| !text.is_empty()) {
                view.wrapped(15, view.width.saturating_sub(17), &text, view.theme.dim);
            }
        }
        if focus.is_empty()
            && matches!(row.state, Some(ChangeState::Running | ChangeState::Retrying { .. } | ChangeState::Failed(_)))
        {
            focus = start..view.lines.len();
        }
    }
    focus
}

/// The lines that fit in `height`: around `focus`, then `scrolled` lines further down.
pub(in crate::ui) fn in_view(view: View<'_>, focus: &Range<usize>, scrolled: u16, height: u16) -> Vec<Line<'static>> {
    let (lines, theme) = (view.lines, view.theme);
    let height = usize::from(height);
    let most = lines.len().saturating_sub(height);
    // One line says how many more there are below.
    let start = (focus.end + 1).saturating_sub(height).min(focus.start);
    let scroll = (start + usize::from(scrolled)).min(most);
    let hidden = lines.len().saturating_sub(scroll + height);
    let mut shown: Vec<Line> = lines.into_iter().skip(scroll).take(height).collect();
    if hidden > 0
        && let Some(last) = shown.last_mut()
    {
        *last = Line::styled(format!("   {} more lines below: PgDn", hidden + 1), theme.dim);
    }
    shown
}

fn is_done(row: &RunRow) -> bool {
    row.state == Some(ChangeState::Done)
}

/// Whether a row of a run still applies: one that failed or was skipped does until the account has been read again and
/// the new plan no longer contains it.
fn is_current(account: &AccountState, row: &RunRow) -> bool {
    let is_undone = matches!(row.state, Some(ChangeState::Failed(_) | ChangeState::Skipped { .. }));
    let was_read_again = !account.is_observing() && !account.is_running();
    let is_planned = |derived: &Derived| derived.plan.rows.iter().any(|r| r.id == row.row.id);
    !(is_undone && was_read_again) || account.derived.as_ref().is_none_or(|d| d.plan.rows.is_empty() || is_planned(d))
}

/// The state of a row that has not run yet: for a subscription whether it is confirmed, for an unmanaged resource that it
/// is unmanaged.
fn initial_state(view: &View<'_>, row: &Row) -> (String, Style) {
    let theme = view.theme;
    match confirmation(view, row) {
        Some(Confirmation::Confirmed) => ("confirmed".into(), theme.good),
        Some(_) if row.change.is_none() => ("waiting".into(), theme.warn),
        _ if row.unmanaged => (UNMANAGED.into(), theme.warn),
        _ => (String::new(), theme.text),
    }
}

/// The state of the subscription that a row is about.
fn confirmation(view: &View<'_>, row: &Row) -> Option<Confirmation> {
    let is_subscription = row.resource == ResourceKind::Subscription;
    let all = view.account.observed.as_ref()?.subscriptions.as_ref().ok()?;
    all.iter().find(|s| is_subscription && s.endpoint.eq_ignore_ascii_case(&row.name)).map(|s| s.state)
}

/// The state of a resource that rootbell did not create.
const UNMANAGED: &str = "unmanaged";

fn row_lines(view: &mut View<'_>, run: &RunRow, previous_name: &str) {
    let theme = view.theme;
    let row = &run.row;
    let seconds = run.elapsed(view.model.now).map(|d| format!("{:.1} s", d.as_secs_f64())).unwrap_or_default();
    let is_subscribed = matches!(row.change, Some(Change::Subscribe { .. })) && run.state == Some(ChangeState::Done);
    let (word, style, detail, time) = match &run.state {
        None => {
            let (word, style) = initial_state(view, row);
            (word, style, row.detail.clone(), String::new())
        }
        Some(ChangeState::Queued) => ("queued".into(), theme.dim, row.detail.clone(), String::new()),
        Some(ChangeState::Running) => {
            (format!("{} running", view.spinner()), theme.accent, row.detail.clone(), seconds)
        }
        Some(ChangeState::Retrying { attempt, because }) => {
            ("retrying".into(), theme.warn, format!("attempt {attempt}: {because}"), seconds)
        }
        Some(ChangeState::Done) if is_subscribed => match confirmation(view, row) {
            Some(Confirmation::Confirmed) => ("confirmed".into(), theme.good, row.detail.clone(), seconds),
            _ => {
                let since = view.account.sent.iter().find(|(email, _)| *email == *row.name).map(|(_, at)| *at);
                let clock = since.map(|at| clock(view.model.now.duration_since(at))).unwrap_or_default();
                ("waiting".into(), theme.warn, "open the link in the email (valid for 2 days)".into(), clock)
            }
        },
        Some(ChangeState::Done) => ("done".into(), theme.good, row.detail.clone(), seconds),
        Some(ChangeState::Failed(_)) => ("failed".into(), theme.bad, row.detail.clone(), seconds),
        Some(ChangeState::Skipped { needs }) => {
            ("skipped".into(), theme.dim, format!("needs the {}", needs.kind), String::new())
        }
    };
    // During a run, the state column shows the state of the change, so that "unmanaged" moves to the detail.
    let detail = if row.unmanaged && run.state.is_some() { format!("{UNMANAGED}: {detail}") } else { detail };
    let line = line(view, row, previous_name, (&word, style), &detail, &time);
    view.push(line);
    match &run.state {
        Some(ChangeState::Failed(error)) => {
            view.indented(&error.why(), theme.bad);
            view.indented(&fix_text(&error.fix()), theme.text);
            if let Some(consequence) = row.change.as_ref().and_then(Change::if_it_fails) {
                view.indented(consequence, theme.warn);
            }
        }
        Some(ChangeState::Retrying { because, .. }) if view.width < 100 => {
            view.indented(&format!("reason: {because}"), theme.warn);
        }
        _ => {}
    }
}

/// A row: state, mark, resource, name, and the detail if there is room. If the row above has the same name, the detail
/// takes its place.
fn line(
    view: &View<'_>,
    row: &Row,
    previous_name: &str,
    (word, style): (&str, Style),
    detail: &str,
    time: &str,
) -> Line<'static> {
    let (theme, width) = (view.theme, view.columns());
    let kind = if width >= 76 { 20 } else { 19 };
    let used = 3 + 10 + 2 + kind + 1;
    let rest = width.saturating_sub(used + time.len() + usize::from(!time.is_empty()) * 2);
    let mark_style = match row.action {
        Action::Create => theme.good,
        Action::Update | Action::Delete => theme.warn,
        Action::Keep => theme.dim,
    };
    let mut spans = vec![
        Span::styled(format!("   {}", pad(word, 10)), style),
        Span::styled(format!("{} ", row.action.mark()), mark_style),
        Span::styled(pad(row.resource.label(), kind), theme.text),
    ];
    if row.name == previous_name && !detail.is_empty() {
        spans.push(Span::styled(format!(" {}", cut(detail, rest)), theme.dim));
    } else {
        // The name comes first; the detail gets the remaining space, if that is enough.
        let name_width = row.name.width().min(rest);
        let detail_room = rest.saturating_sub(name_width + 2);
        spans.push(Span::styled(format!(" {}", cut(&row.name, name_width)), theme.text));
        if detail_room >= 12 && !detail.is_empty() {
            spans.push(Span::styled(format!("  {}", cut(detail, detail_room)), theme.dim));
        }
    }
    if !time.is_empty() {
        let so_far: usize = spans.iter().map(Span::width).sum();
        let gap = width.saturating_sub(so_far + time.len() + 1);
        spans.push(Span::styled(format!("{}{time}", " ".repeat(gap)), theme.dim));
    }
    Line::from(spans)
}
