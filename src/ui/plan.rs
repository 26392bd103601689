//! The plan under a form: one row a change, and how each is getting on.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::text::{cut, pad, wrap};
use super::theme::Theme;
use crate::app::progress::{ChangeState, RunRow, StepRun};
use crate::app::{Model, Overlay};
use crate::domain::observed::Confirmation;
use crate::domain::plan::{Action, Row};
use crate::domain::{Change, Step};

/// One of four strokes, turning with time.
pub(super) fn spinner(now: Timestamp) -> char {
    let turn = now.as_millisecond().rem_euclid(480) / 120;
    ['-', '\\', '|', '/'][usize::try_from(turn).unwrap_or(0)]
}

/// Minutes and seconds, as on a stop watch.
pub(super) fn clock(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The rows of a step as lines, and those of them that should be in view. What has run comes first; what is still to be
/// done follows, as a fresh look at the account has it: these are the rows that Enter applies.
pub(super) fn lines(model: &Model, step: Step, theme: &Theme, width: u16) -> (Vec<Line<'static>>, Range<usize>) {
    let mut out = Vec::new();
    let mut focus = 0..0;
    let mut above = String::new();
    let run = model.runs[step as usize].as_ref();
    for row in run.iter().flat_map(|run| &run.rows).filter(|row| still_true(model, row)) {
        let start = out.len();
        row_lines(model, row, &above, theme, width, &mut out);
        if focus.is_empty()
            && matches!(row.state, Some(ChangeState::Running | ChangeState::Retrying { .. } | ChangeState::Failed(_)))
        {
            focus = start..out.len();
        }
        above.clone_from(&row.row.name);
    }
    if model.is_running() && run.is_some() {
        return (out, focus);
    }
    let Some(derived) = model.derived.as_ref().filter(|_| !model.is_looking()) else {
        if run.is_none() {
            out.push(Line::styled(format!("   {} looking at the account", spinner(model.now)), theme.text));
        }
        return (out, focus);
    };
    if model.form.shown(step).any(|field| field.fault.is_some()) {
        out.push(Line::styled("   Correct the marked field first.", theme.warn));
        return (out, focus);
    }
    let known = |row: &&Row| run.is_some_and(|run| run.rows.iter().any(|r| r.row.id == row.id && !is_done(r)));
    for row in derived.plan.step(step).filter(|row| !known(row) && (run.is_none() || row.change.is_some())) {
        let (word, style) = existing(model, row, theme);
        out.push(line(row, &above, &word, style, &row.detail, "", theme, width));
        above.clone_from(&row.name);
    }
    for (_, note) in derived.plan.notes.iter().filter(|(s, _)| *s == step) {
        aside(note, theme.warn, width, &mut out);
    }
    // Why nothing of it can be done is in view before anything else.
    let blocked = model.blocked(step);
    if !blocked.is_empty() {
        focus = out.len()..out.len();
    }
    for why in blocked {
        aside(why, theme.bad, width, &mut out);
        focus.end = out.len();
    }
    (out, focus)
}

/// Every row of a tear-down, with the whole of what is said about it, and those rows that should be in view.
pub(super) fn leaving(model: &Model, run: &StepRun, theme: &Theme, width: u16) -> (Vec<Line<'static>>, Range<usize>) {
    let mut out = Vec::new();
    let mut focus = 0..0;
    for row in &run.rows {
        let start = out.len();
        // What an option would do, a key does here.
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
            // What there was no room for beside it stands below.
            for said in name.into_iter().chain([detail]).filter(|said| !said.is_empty()) {
                let lines = wrap(&said, width.saturating_sub(17));
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

/// The part of the lines that fits: around what should be in view, and from there as far as it was scrolled.
pub(super) fn in_view(
    lines: Vec<Line<'static>>,
    focus: &Range<usize>,
    scrolled: u16,
    height: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let height = usize::from(height);
    let most = lines.len().saturating_sub(height);
    // One line is for the word that there is more below.
    let at = (focus.end + 1).saturating_sub(height).min(focus.start);
    let scroll = (at + usize::from(scrolled)).min(most);
    let hidden = lines.len().saturating_sub(scroll + height);
    let mut shown: Vec<Line> = lines.into_iter().skip(scroll).take(height).collect();
    if hidden > 0
        && let Some(last) = shown.last_mut()
    {
        *last = Line::styled(format!("   {} more below: PgDn", hidden + 1), theme.dim);
    }
    shown
}

fn is_done(row: &RunRow) -> bool {
    row.state == Some(ChangeState::Done)
}

/// A row that failed or was skipped is history once a look at the account finds nothing to do about it.
fn still_true(model: &Model, row: &RunRow) -> bool {
    let undone = matches!(row.state, Some(ChangeState::Failed(_) | ChangeState::Skipped { .. }));
    let looked = !model.is_looking() && !model.is_running();
    let planned = |derived: &crate::app::Derived| derived.plan.rows.iter().any(|r| r.id == row.row.id);
    !(undone && looked) || model.derived.as_ref().is_none_or(|d| d.plan.rows.is_empty() || planned(d))
}

pub(super) fn aside(text: &str, style: Style, width: u16, out: &mut Vec<Line<'static>>) {
    for line in wrap(text, width.saturating_sub(4)) {
        out.push(Line::styled(format!("   {line}"), style));
    }
}

/// The word for a row that nothing has run on yet: a subscription tells whether it is confirmed, and a change to what is
/// somebody else's that it is.
fn existing(model: &Model, row: &Row, theme: &Theme) -> (String, Style) {
    match confirmation(model, row) {
        Some(Confirmation::Confirmed) => ("confirmed".into(), theme.good),
        Some(_) if row.change.is_none() => ("waiting".into(), theme.warn),
        _ if row.foreign => (NOT_OURS.into(), theme.warn),
        _ => (String::new(), theme.text),
    }
}

/// How the subscription stands that a row is about.
fn confirmation(model: &Model, row: &Row) -> Option<Confirmation> {
    let about = row.resource == "subscription";
    let all = model.observed.as_ref()?.subscriptions.as_ref().ok()?;
    all.iter().find(|s| about && s.endpoint.eq_ignore_ascii_case(&row.name)).map(|s| s.state)
}

/// What kind of thing the change of this id makes, as its row says.
fn resource<'a>(model: &'a Model, id: &'a str) -> &'a str {
    let leaving = match &model.overlay {
        Some(Overlay::Teardown(screen)) => Some(&screen.run),
        _ => None,
    };
    let mut rows = model.runs.iter().flatten().chain(leaving).flat_map(|run| &run.rows);
    rows.find(|run| run.row.id == id).map_or(id, |run| run.row.resource)
}

/// What somebody else may rely on.
const NOT_OURS: &str = "not ours";

fn row_lines(model: &Model, run: &RunRow, above: &str, theme: &Theme, width: u16, out: &mut Vec<Line<'static>>) {
    let row = &run.row;
    let seconds = run.elapsed(model.now).map(|d| format!("{:.1} s", d.as_secs_f64())).unwrap_or_default();
    let subscribed = matches!(row.change, Some(Change::Subscribe { .. })) && run.state == Some(ChangeState::Done);
    let (word, style, detail, time) = match &run.state {
        None => {
            let (word, style) = existing(model, row, theme);
            (word, style, row.detail.clone(), String::new())
        }
        Some(ChangeState::Queued) => ("queued".into(), theme.dim, row.detail.clone(), String::new()),
        Some(ChangeState::Running) => {
            (format!("{} running", spinner(model.now)), theme.accent, row.detail.clone(), seconds)
        }
        Some(ChangeState::Retrying { attempt, because }) => {
            ("retrying".into(), theme.warn, format!("attempt {attempt}, because: {because}"), seconds)
        }
        Some(ChangeState::Done) if subscribed => match confirmation(model, row) {
            Some(Confirmation::Confirmed) => ("confirmed".into(), theme.good, row.detail.clone(), seconds),
            _ => {
                let since = model.sent.iter().find(|(e, _)| e.eq_ignore_ascii_case(&row.name)).map(|(_, at)| *at);
                let clock = since.map(|at| clock(model.now.duration_since(at))).unwrap_or_default();
                ("waiting".into(), theme.warn, "open the link in the e-mail (good for 2 days)".into(), clock)
            }
        },
        Some(ChangeState::Done) => ("done".into(), theme.good, row.detail.clone(), seconds),
        Some(ChangeState::Failed(_)) => ("failed".into(), theme.bad, row.detail.clone(), seconds),
        Some(ChangeState::Skipped { needs }) => {
            ("skipped".into(), theme.dim, format!("it needs the {}", resource(model, needs)), String::new())
        }
    };
    // While it runs, its state stands where that stood.
    let detail = if row.foreign && run.state.is_some() { format!("{NOT_OURS}: {detail}") } else { detail };
    out.push(line(row, above, &word, style, &detail, &time, theme, width));
    match &run.state {
        Some(ChangeState::Failed(error)) => {
            aside(&error.why(), theme.bad, width, out);
            aside(&error.fix(), theme.text, width, out);
        }
        Some(ChangeState::Retrying { because, .. }) if width < 100 => {
            aside(&format!("because: {because}"), theme.warn, width, out);
        }
        _ => {}
    }
}

/// State, mark, what, name; the detail where there is room for it, and where the name is that of the row above.
#[expect(clippy::too_many_arguments, reason = "the columns of a row")]
fn line(
    row: &Row,
    above: &str,
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
        Span::styled(pad(row.resource, kind), theme.text),
    ];
    if row.name == above && !detail.is_empty() {
        spans.push(Span::styled(format!(" {}", cut(detail, rest)), theme.dim));
    } else {
        // The name keeps what it needs; the detail gets what is left, or nothing.
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
