//! The two lines on top: where we are, whose account it is, and what must not be forgotten.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;
use crate::app::{Model, Screen};
use crate::domain::{Step, Verdict};

pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, top: Rect, rule: Rect) {
    let width = usize::from(top.width);
    let account = model.caller().map(|c| format!("{} · {} ", c.identity.account, c.region)).unwrap_or_default();
    let number = model.caller().map(|c| format!("{} ", c.identity.account)).unwrap_or_default();
    // Whose account it is goes last of all.
    let candidates = [(true, &account), (true, &number), (false, &account), (false, &number)];
    let (long, right) = candidates
        .into_iter()
        .find(|(long, right)| columns(&left(model, theme, *long)) + 1 + right.width() <= width)
        .unwrap_or((false, &number));
    let mut spans = left(model, theme, long);
    let gap = width.saturating_sub(columns(&spans) + right.width());
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(right.clone(), theme.dim));
    frame.render_widget(Line::from(spans), top);

    let note = note(model);
    let mut line = vec![Span::styled("──", theme.dim)];
    if !note.is_empty() {
        let note = super::text::cut(&note, width.saturating_sub(6));
        line.push(Span::styled(format!(" {note} "), theme.warn));
    }
    let rest = width.saturating_sub(columns(&line));
    line.push(Span::styled("─".repeat(rest), theme.dim));
    frame.render_widget(Line::from(line), rule);
}

fn columns(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// The name and the four steps; the short form names only the step that is open.
fn left(model: &Model, theme: &Theme, long: bool) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(" rootbell  ", theme.title)];
    if model.screen == Screen::Dashboard {
        let (word, style) = headline(model, theme);
        spans.push(Span::styled(word, style));
        return spans;
    }
    for step in Step::ALL {
        let here = model.screen == Screen::Step(step);
        let verdict = model.derived.as_ref().map(|d| d.health.step(step));
        let style = if here { theme.selected } else { theme.text };
        let name = if long || here { format!("{} {}", step.number(), step.title()) } else { step.number().to_string() };
        spans.push(Span::styled(name, style));
        match verdict {
            _ if step == Step::Alarm && model.rings() => spans.push(Span::styled(" ALARM", theme.bad)),
            Some(Verdict::Ok) => spans.push(Span::styled(" ok", theme.good)),
            Some(Verdict::Pending) => spans.push(Span::styled(" wait", theme.warn)),
            _ => {}
        }
        if step != Step::Alarm {
            spans.push(Span::styled(" > ", theme.dim));
        }
    }
    spans
}

/// The verdict on the whole, as the word on top.
fn headline(model: &Model, theme: &Theme) -> (&'static str, ratatui::style::Style) {
    if model.dashboard.alarm.trouble.is_some() {
        return ("UNSURE  the alarm cannot be read", theme.warn);
    }
    if model.derived.as_ref().is_some_and(|d| d.health.in_alarm().is_some()) {
        return ("ALARM  it rings", theme.bad);
    }
    let weakest = model.derived.as_ref().map(|d| d.health.weakest().map(|c| c.verdict));
    match weakest {
        None => ("looking", theme.dim),
        Some(None) => ("OK  the bell is armed", theme.good),
        Some(Some(Verdict::Pending)) => ("NEARLY  it waits for something", theme.warn),
        Some(Some(Verdict::Unknown)) => ("UNSURE  not all could be read", theme.warn),
        Some(Some(_)) => ("NOT ARMED  it would not ring", theme.bad),
    }
}

/// Who has not confirmed yet, and that a demo is a demo.
fn note(model: &Model) -> String {
    let mut parts = Vec::new();
    let waiting = model.waiting();
    match &model.demo {
        // With less to say of itself, it leaves room for who is waited for, and how long, in the smallest terminal.
        Some(_) if !waiting.is_empty() => parts.push("DEMO".to_owned()),
        Some(scenario) => parts.push(format!("DEMO `{scenario}`: nothing here is real")),
        None => {}
    }
    if let Some((email, since)) = waiting.first() {
        let clock =
            since.map(|at| format!(" {}", super::plan::clock(model.now.duration_since(at)))).unwrap_or_default();
        let more = if waiting.len() > 1 { format!(" and {} more", waiting.len() - 1) } else { String::new() };
        parts.push(format!("waiting for {email}{more} to confirm{clock}"));
    }
    parts.join(" · ")
}
