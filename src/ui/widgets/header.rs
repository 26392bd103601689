//! The two lines at the top: the steps or the headline, the account and Region, and a note about a pending confirmation.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::text::cut;
use super::time::clock;
use super::view::View;
use crate::app::Screen;
use crate::domain::health::Headline;
use crate::domain::{Health, Step, Verdict};

pub(in crate::ui) fn draw(view: &View<'_>, frame: &mut Frame<'_>, top: Rect, rule: Rect) {
    let width = usize::from(top.width);
    let account = view.account.caller().map(|c| format!("{} · {} ", c.identity.account, c.region)).unwrap_or_default();
    let account_only = view.account.caller().map(|c| format!("{} ", c.identity.account)).unwrap_or_default();
    // If space is short: on the dashboard the audit findings are left out, then the Region, then the headline's sentence; elsewhere the
    // notifications' name is shortened, then the Region is left out, then names. The account number always stays.
    let lengths: &[(HeaderLength, &String)] = if view.model.screen == Screen::Dashboard {
        &[
            (HeaderLength::Full, &account),
            (HeaderLength::Short, &account),
            (HeaderLength::Short, &account_only),
            (HeaderLength::Numbers, &account),
        ]
    } else {
        &[
            (HeaderLength::Full, &account),
            (HeaderLength::Short, &account),
            (HeaderLength::Full, &account_only),
            (HeaderLength::Short, &account_only),
            (HeaderLength::OpenStep, &account),
            (HeaderLength::OpenStep, &account_only),
            (HeaderLength::Numbers, &account),
        ]
    };
    let (length, right) = lengths
        .iter()
        .copied()
        .find(|(length, right)| columns(&left(view, *length)) + 1 + right.width() <= width)
        .unwrap_or((HeaderLength::Numbers, &account_only));
    let mut spans = left(view, length);
    let gap = width.saturating_sub(columns(&spans) + right.width());
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(right.clone(), view.theme.dim));
    frame.render_widget(Line::from(spans), top);

    let note = note(view);
    let mut line = vec![Span::styled("──", view.theme.dim)];
    if !note.is_empty() {
        let note = cut(&note, width.saturating_sub(6));
        line.push(Span::styled(format!(" {note} "), view.theme.warn));
    }
    let rest = width.saturating_sub(columns(&line));
    line.push(Span::styled("─".repeat(rest), view.theme.dim));
    frame.render_widget(Line::from(line), rule);
}

fn columns(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// How much of the left side is spelled out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HeaderLength {
    /// The names of all steps, or the headline with its sentence and the audit findings.
    Full,
    /// All steps, with a shorter name for the notifications, or the headline with its sentence.
    Short,
    /// The name of the open step only.
    OpenStep,
    /// The steps' numbers only, or the headline only.
    Numbers,
}

/// The program's name, then the four steps or, on the dashboard, the headline.
fn left(view: &View<'_>, length: HeaderLength) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(" rootbell  ", view.theme.title)];
    if view.model.screen == Screen::Dashboard {
        let (word, sentence, style) = headline(view);
        let text = if length == HeaderLength::Numbers { word.to_owned() } else { format!("{word}  {sentence}") };
        spans.push(Span::styled(text, style));
        let findings = view.account.health().filter(|_| length == HeaderLength::Full).and_then(Health::audit_summary);
        if let Some(findings) = findings {
            spans.push(Span::styled(format!(" · {findings}"), view.theme.dim));
        }
        return spans;
    }
    for step in Step::ALL {
        let is_open = view.model.screen == Screen::Step(step);
        let verdict = view.account.derived.as_ref().map(|d| d.health.step(step));
        let style = if is_open { view.theme.selected } else { view.theme.text };
        let label = match length {
            HeaderLength::Short if step == Step::Topic => " Notify",
            HeaderLength::Full | HeaderLength::Short => label(step),
            HeaderLength::OpenStep if is_open => label(step),
            HeaderLength::OpenStep | HeaderLength::Numbers => "",
        };
        let name = format!("{}{label}", step.number());
        spans.push(Span::styled(name, style));
        match verdict {
            _ if step == Step::Alarm && view.account.is_in_alarm() => {
                spans.push(Span::styled(" ALARM", view.theme.bad));
            }
            Some(Verdict::Ok) => spans.push(Span::styled(" ok", view.theme.good)),
            Some(Verdict::Pending) => spans.push(Span::styled(" pending", view.theme.warn)),
            _ => {}
        }
        if step != Step::Alarm {
            spans.push(Span::styled(" · ", view.theme.dim));
        }
    }
    spans
}

/// A step's short name, after a space.
fn label(step: Step) -> &'static str {
    match step {
        Step::Trail => " Trail",
        Step::Topic => " Notifications",
        Step::Filter => " Filter",
        Step::Alarm => " Alarm",
    }
}

/// The verdict on the whole chain: a word, a sentence, and their style.
fn headline(view: &View<'_>) -> (&'static str, &'static str, Style) {
    if view.account.dashboard.alarm.error.is_some() {
        return ("UNKNOWN", "the alarm cannot be read", view.theme.warn);
    }
    let Some(health) = view.account.derived.as_ref().map(|derived| &derived.health) else {
        return ("READING", "the account", view.theme.dim);
    };
    if health.in_alarm().is_some() {
        return ("ALARM", "the alarm has fired", view.theme.bad);
    }
    let headline = health.headline();
    let style = match headline {
        Headline::Monitored | Headline::SignInsReported => view.theme.good,
        Headline::Pending | Headline::Unknown => view.theme.warn,
        Headline::NotWorking | Headline::NotSetUp => view.theme.bad,
    };
    (headline.word(), headline.meaning(), style)
}

/// Which addresses have not confirmed yet, and that this is a demo.
fn note(view: &View<'_>) -> String {
    let mut parts = Vec::new();
    let waiting = view.account.waiting();
    match &view.model.demo {
        // Short, so that the address and the time fit in the smallest terminal.
        Some(_) if !waiting.is_empty() => parts.push("DEMO".to_owned()),
        Some(scenario) => parts.push(format!("DEMO `{scenario}`: nothing here is real")),
        None => {}
    }
    if let Some((email, since)) = waiting.first() {
        let clock = since.map(|at| format!(" {}", clock(view.model.now.duration_since(at)))).unwrap_or_default();
        let more = if waiting.len() > 1 { format!(" and {} more", waiting.len() - 1) } else { String::new() };
        parts.push(format!("waiting for {email}{more} to confirm{clock}"));
    }
    parts.join(" · ")
}
