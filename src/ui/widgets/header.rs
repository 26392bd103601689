//! The two lines at the top: the steps or the headline, the account and Region, and a note about a pending confirmation.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::app::{Model, Screen};
use crate::domain::{Step, Verdict};
use crate::ui::theme::Theme;

pub(in crate::ui) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, top: Rect, rule: Rect) {
    let width = usize::from(top.width);
    let account =
        model.account().caller().map(|c| format!("{} · {} ", c.identity.account, c.region)).unwrap_or_default();
    let account_only = model.account().caller().map(|c| format!("{} ", c.identity.account)).unwrap_or_default();
    // If space is short: on the dashboard the Region is left out before the headline's sentence; elsewhere the
    // notifications' name is shortened, then the Region is left out, then names. The account number always stays.
    let lengths: &[(HeaderLength, &String)] = if model.screen == Screen::Dashboard {
        &[(HeaderLength::Full, &account), (HeaderLength::Full, &account_only), (HeaderLength::Short, &account)]
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
        .find(|(length, right)| columns(&left(model, theme, *length)) + 1 + right.width() <= width)
        .unwrap_or((HeaderLength::Numbers, &account_only));
    let mut spans = left(model, theme, length);
    let gap = width.saturating_sub(columns(&spans) + right.width());
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(right.clone(), theme.dim));
    frame.render_widget(Line::from(spans), top);

    let note = note(model);
    let mut line = vec![Span::styled("──", theme.dim)];
    if !note.is_empty() {
        let note = crate::ui::text::cut(&note, width.saturating_sub(6));
        line.push(Span::styled(format!(" {note} "), theme.warn));
    }
    let rest = width.saturating_sub(columns(&line));
    line.push(Span::styled("─".repeat(rest), theme.dim));
    frame.render_widget(Line::from(line), rule);
}

fn columns(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// How much of the left side is spelled out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HeaderLength {
    /// The names of all steps, or the headline with its sentence.
    Full,
    /// All steps, with a shorter name for the notifications.
    Short,
    /// The name of the open step only.
    OpenStep,
    /// The steps' numbers only.
    Numbers,
}

/// The program's name, then the four steps or, on the dashboard, the headline.
fn left(model: &Model, theme: &Theme, length: HeaderLength) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(" rootbell  ", theme.title)];
    if model.screen == Screen::Dashboard {
        let (word, sentence, style) = headline(model, theme);
        let text = if length == HeaderLength::Full { format!("{word}  {sentence}") } else { word.to_owned() };
        spans.push(Span::styled(text, style));
        return spans;
    }
    for step in Step::ALL {
        let is_open = model.screen == Screen::Step(step);
        let verdict = model.account().derived.as_ref().map(|d| d.health.step(step));
        let style = if is_open { theme.selected } else { theme.text };
        let label = match length {
            HeaderLength::Short if step == Step::Topic => " Notify",
            HeaderLength::Full | HeaderLength::Short => label(step),
            HeaderLength::OpenStep if is_open => label(step),
            HeaderLength::OpenStep | HeaderLength::Numbers => "",
        };
        let name = format!("{}{label}", step.number());
        spans.push(Span::styled(name, style));
        match verdict {
            _ if step == Step::Alarm && model.account().is_in_alarm() => spans.push(Span::styled(" ALARM", theme.bad)),
            Some(Verdict::Ok) => spans.push(Span::styled(" ok", theme.good)),
            Some(Verdict::Pending) => spans.push(Span::styled(" pending", theme.warn)),
            _ => {}
        }
        if step != Step::Alarm {
            spans.push(Span::styled(" · ", theme.dim));
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
fn headline(model: &Model, theme: &Theme) -> (&'static str, &'static str, Style) {
    if model.account().dashboard.alarm.error.is_some() {
        return ("UNKNOWN", "the alarm cannot be read", theme.warn);
    }
    let Some(health) = model.account().derived.as_ref().map(|derived| &derived.health) else {
        return ("READING", "the account", theme.dim);
    };
    if health.in_alarm().is_some() {
        return ("ALARM", "the alarm has fired", theme.bad);
    }
    if Step::ALL.into_iter().all(|step| health.step(step) == Verdict::Missing) {
        return ("NOT SET UP", "root use would go unreported", theme.bad);
    }
    match health.alerting() {
        Verdict::Ok => ("OK", "root use is monitored", theme.good),
        Verdict::Pending => ("PENDING", "waiting for confirmation or the first delivery", theme.warn),
        Verdict::Unknown => ("UNKNOWN", "some resources could not be read", theme.warn),
        Verdict::Missing | Verdict::Wrong => ("NOT WORKING", "root use would go unreported", theme.bad),
    }
}

/// Which addresses have not confirmed yet, and that this is a demo.
fn note(model: &Model) -> String {
    let mut parts = Vec::new();
    let waiting = model.account().waiting();
    match &model.demo {
        // Short, so that the address and the time fit in the smallest terminal.
        Some(_) if !waiting.is_empty() => parts.push("DEMO".to_owned()),
        Some(scenario) => parts.push(format!("DEMO `{scenario}`: nothing here is real")),
        None => {}
    }
    if let Some((email, since)) = waiting.first() {
        let clock =
            since.map(|at| format!(" {}", crate::ui::plan::clock(model.now.duration_since(at)))).unwrap_or_default();
        let more = if waiting.len() > 1 { format!(" and {} more", waiting.len() - 1) } else { String::new() };
        parts.push(format!("waiting for {email}{more} to confirm{clock}"));
    }
    parts.join(" · ")
}
