//! The plan below a form: one row per change, and the progress of each.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::app::Model;
use crate::app::state::progress::{ChangeState, RunRow, StepRun};
use crate::domain::change::ResourceKind;
use crate::domain::observed::Confirmation;
use crate::domain::plan::{Action, Row};
use crate::domain::{Change, Step};
use crate::ui::text::{cut, pad, wrap};
use crate::ui::theme::Theme;

/// A spinner: one of four characters, depending on the time.
pub(in crate::ui) fn spinner(now: Timestamp) -> char {
    let turn = now.as_millisecond().rem_euclid(480) / 120;
    ['-', '\\', '|', '/'][usize::try_from(turn).unwrap_or(0)]
}

/// Minutes and seconds, such as "0:42".
pub(in crate::ui) fn clock(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The rows of a step as lines, and the range of lines that should be visible. Rows that have run come first. Then come
/// the rows that Enter applies, from the plan for the account as it was last read.
pub(in crate::ui) fn lines(model: &Model, step: Step, theme: &Theme, width: u16) -> (Vec<Line<'static>>, Range<usize>) {
    let mut out = Vec::new();
    let mut focus = 0..0;
    let mut previous_name = String::new();
    let run = model.account().runs[step].as_ref();
    for row in run.iter().flat_map(|run| &run.rows).filter(|row| is_current(model, row)) {
        let start = out.len();
        row_lines(model, row, &previous_name, theme, width, &mut out);
        if focus.is_empty()
            && matches!(row.state, Some(ChangeState::Running | ChangeState::Retrying { .. } | ChangeState::Failed(_)))
        {
            focus = start..out.len();
        }
        previous_name.clone_from(&row.row.name);
    }
    if model.is_running() && run.is_some() {
        return (out, focus);
    }
    let Some(derived) = model.account().derived.as_ref().filter(|_| !model.is_observing()) else {
        if run.is_none() {
            out.push(Line::styled(format!("   {} reading the account", spinner(model.now)), theme.text));
        }
        return (out, focus);
    };
    if model.account().form.shown(step).any(|field| field.error.is_some()) {
        out.push(Line::styled("   Fix the marked field first.", theme.warn));
        return (out, focus);
    }
    let is_in_run = |row: &&Row| run.is_some_and(|run| run.rows.iter().any(|r| r.row.id == row.id && !is_done(r)));
    for row in derived.plan.step(step).filter(|row| !is_in_run(row) && (run.is_none() || row.change.is_some())) {
        let (word, style) = initial_state(model, row, theme);
        out.push(line(row, &previous_name, &word, style, &row.detail, "", theme, width));
        previous_name.clone_from(&row.name);
    }
    for (_, note) in derived.plan.notes.iter().filter(|(s, _)| *s == step) {
        indented(note, theme.warn, width, &mut out);
    }
    // The reasons why the plan cannot be applied are the most important thing to show.
    let blocked = model.account().blocked(step);
    if !blocked.is_empty() {
        focus = out.len()..out.len();
    }
    for why in blocked {
        indented(why, theme.bad, width, &mut out);
        focus.end = out.len();
    }
    (out, focus)
}

/// Every row of a teardown with its full detail, and the range of lines that should be visible.
pub(in crate::ui) fn teardown_lines(
    model: &Model,
    run: &StepRun,
    theme: &Theme,
    width: u16,
) -> (Vec<Line<'static>>, Range<usize>) {
    let mut out = Vec::new();
    let mut focus = 0..0;
    for row in &run.rows {
        let start = out.len();
        // The part in parentheses names a command-line option; on the screen there is a key for it.
        let detail = row.row.detail.split(" (--").next().unwrap_or_default().to_owned();
        let mut row = row.clone();
        row.row.detail = detail;
        row_lines(model, &row, "", theme, width, &mut out);
        let shown = out.get(start).map(ToString::to_string).unwrap_or_default();
        let name = (!shown.contains(&row.row.name)).then(|| row.row.name.clone());
        if row.state.is_none() && (name.is_some() || !shown.contains(&row.row.detail)) {
            let detail = std::mem::take(&mut row.row.detail);
            out.truncate(start);
            row_lines(model, &row, "", theme, width, &mut out);
            // A name or detail that doesn't fit on the row goes below it.
            for text in name.into_iter().chain([detail]).filter(|text| !text.is_empty()) {
                let lines = wrap(&text, width.saturating_sub(17));
                out.extend(lines.into_iter().map(|l| Line::styled(format!("{}{l}", " ".repeat(15)), theme.dim)));
            }
        }
        if focus.is_empty()
            && matches!(row.state, Some(ChangeState::Running | ChangeState::Retrying { .. } | ChangeState::Failed(_)))
        {
            focus = start..out.len();
        }
    }
    (out, focus)
}

/// The lines that fit in `height`: around `focus`, then `scrolled` lines further down.
pub(in crate::ui) fn in_view(
    lines: Vec<Line<'static>>,
    focus: &Range<usize>,
    scrolled: u16,
    height: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
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
fn is_current(model: &Model, row: &RunRow) -> bool {
    let is_undone = matches!(row.state, Some(ChangeState::Failed(_) | ChangeState::Skipped { .. }));
    let was_read_again = !model.is_observing() && !model.is_running();
    let is_planned =
        |derived: &crate::app::state::account::Derived| derived.plan.rows.iter().any(|r| r.id == row.row.id);
    !(is_undone && was_read_again)
        || model.account().derived.as_ref().is_none_or(|d| d.plan.rows.is_empty() || is_planned(d))
}

pub(in crate::ui) fn indented(text: &str, style: Style, width: u16, out: &mut Vec<Line<'static>>) {
    for line in wrap(text, width.saturating_sub(4)) {
        out.push(Line::styled(format!("   {line}"), style));
    }
}

/// The state of a row that has not run yet: for a subscription whether it is confirmed, for an unmanaged resource that it
/// is unmanaged.
fn initial_state(model: &Model, row: &Row, theme: &Theme) -> (String, Style) {
    match confirmation(model, row) {
        Some(Confirmation::Confirmed) => ("confirmed".into(), theme.good),
        Some(_) if row.change.is_none() => ("waiting".into(), theme.warn),
        _ if row.unmanaged => (UNMANAGED.into(), theme.warn),
        _ => (String::new(), theme.text),
    }
}

/// The state of the subscription that a row is about.
fn confirmation(model: &Model, row: &Row) -> Option<Confirmation> {
    let is_subscription = row.resource == ResourceKind::Subscription;
    let all = model.account().observed.as_ref()?.subscriptions.as_ref().ok()?;
    all.iter().find(|s| is_subscription && s.endpoint.eq_ignore_ascii_case(&row.name)).map(|s| s.state)
}

/// The kind of resource that the change with this id is about.
fn resource<'a>(model: &'a Model, id: &'a str) -> &'a str {
    let teardown = model.account().teardown.as_ref().map(|teardown| &teardown.run);
    let mut rows =
        model.account().runs.iter().filter_map(|(_, run)| run.as_ref()).chain(teardown).flat_map(|run| &run.rows);
    rows.find(|run| run.row.id == id).map_or(id, |run| run.row.resource.label())
}

/// The state of a resource that rootbell did not create.
const UNMANAGED: &str = "unmanaged";

fn row_lines(
    model: &Model,
    run: &RunRow,
    previous_name: &str,
    theme: &Theme,
    width: u16,
    out: &mut Vec<Line<'static>>,
) {
    let row = &run.row;
    let seconds = run.elapsed(model.now).map(|d| format!("{:.1} s", d.as_secs_f64())).unwrap_or_default();
    let is_subscribed = matches!(row.change, Some(Change::Subscribe { .. })) && run.state == Some(ChangeState::Done);
    let (word, style, detail, time) = match &run.state {
        None => {
            let (word, style) = initial_state(model, row, theme);
            (word, style, row.detail.clone(), String::new())
        }
        Some(ChangeState::Queued) => ("queued".into(), theme.dim, row.detail.clone(), String::new()),
        Some(ChangeState::Running) => {
            (format!("{} running", spinner(model.now)), theme.accent, row.detail.clone(), seconds)
        }
        Some(ChangeState::Retrying { attempt, because }) => {
            ("retrying".into(), theme.warn, format!("attempt {attempt}: {because}"), seconds)
        }
        Some(ChangeState::Done) if is_subscribed => match confirmation(model, row) {
            Some(Confirmation::Confirmed) => ("confirmed".into(), theme.good, row.detail.clone(), seconds),
            _ => {
                let since =
                    model.account().sent.iter().find(|(e, _)| e.eq_ignore_ascii_case(&row.name)).map(|(_, at)| *at);
                let clock = since.map(|at| clock(model.now.duration_since(at))).unwrap_or_default();
                ("waiting".into(), theme.warn, "open the link in the email (valid for 2 days)".into(), clock)
            }
        },
        Some(ChangeState::Done) => ("done".into(), theme.good, row.detail.clone(), seconds),
        Some(ChangeState::Failed(_)) => ("failed".into(), theme.bad, row.detail.clone(), seconds),
        Some(ChangeState::Skipped { needs }) => {
            ("skipped".into(), theme.dim, format!("needs the {}", resource(model, needs)), String::new())
        }
    };
    // During a run, the state column shows the state of the change, so that "unmanaged" moves to the detail.
    let detail = if row.unmanaged && run.state.is_some() { format!("{UNMANAGED}: {detail}") } else { detail };
    out.push(line(row, previous_name, &word, style, &detail, &time, theme, width));
    match &run.state {
        Some(ChangeState::Failed(error)) => {
            indented(&error.why(), theme.bad, width, out);
            indented(&error.fix(), theme.text, width, out);
        }
        Some(ChangeState::Retrying { because, .. }) if width < 100 => {
            indented(&format!("reason: {because}"), theme.warn, width, out);
        }
        _ => {}
    }
}

/// A row: state, mark, resource, name, and the detail if there is room. If the row above has the same name, the detail
/// takes its place.
#[expect(clippy::too_many_arguments, reason = "the columns of a row")]
fn line(
    row: &Row,
    previous_name: &str,
    word: &str,
    style: Style,
    detail: &str,
    time: &str,
    theme: &Theme,
    width: u16,
) -> Line<'static> {
    let width = usize::from(width);
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
