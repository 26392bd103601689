//! The first screen: who, where, and what is already there.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::dashboard::local;
use super::plan::spinner;
use super::text::{cut, wrap};
use super::theme::Theme;
use crate::app::{Caller, Connection, Model};
use crate::domain::{Step, Verdict};

pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = area.width.saturating_sub(4);
    let mut lines = vec![Line::styled(" Account", theme.title)];
    match &model.connection {
        Connection::Connecting(_) => {
            let whom = model.target.profile.as_ref().map(|p| format!(" as `{p}`")).unwrap_or_default();
            lines.push(Line::styled(format!("   {} asking AWS who you are{whom}", spinner(model.now)), theme.text));
            lines.push(Line::default());
            purpose(theme, width, &mut lines);
        }
        Connection::Failed(error) => {
            said(&error.why(), theme.bad, width, &mut lines);
            said(&error.fix(), theme.text, width, &mut lines);
            lines.push(Line::default());
            let next = "Then press r to try again, p for another profile, or g for another region.";
            said(next, theme.dim, width, &mut lines);
        }
        Connection::Ready(caller) => ready(model, caller, theme, width, &mut lines),
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn said(text: &str, style: ratatui::style::Style, width: u16, lines: &mut Vec<Line<'static>>) {
    for line in wrap(text, width.saturating_sub(1)) {
        lines.push(Line::styled(format!("   {line}"), style));
    }
}

fn purpose(theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let words = "Four steps make this account tell you by e-mail whenever somebody uses its root user: a trail that \
                 records, a topic that tells, a filter that counts, an alarm that rings. Nothing is changed before you \
                 have seen it.";
    said(words, theme.dim, width, lines);
}

fn ready(model: &Model, caller: &Caller, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let alias = caller.identity.alias.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
    let room = usize::from(width).saturating_sub(16);
    let mut fact = |label: &str, value: &str, aside: &str| {
        lines.push(Line::from(vec![
            Span::styled(format!("   {label:<14} "), theme.dim),
            Span::styled(cut(value, room), theme.text),
            Span::styled(format!("   {aside}"), theme.dim),
        ]));
    };
    fact("Signed in as", &caller.identity.arn, "");
    fact("Account", &format!("{}{alias}", caller.identity.account), "");
    fact("Region", &caller.region, &format!("from {}", caller.region_from));
    if let Some(profile) = &caller.profile {
        fact("Profile", profile, "");
    }
    lines.push(Line::default());
    if let Some(why) = caller.identity.refusal() {
        return said(why, theme.bad, width, lines);
    }
    for warning in caller.identity.warnings() {
        said(warning, theme.warn, width, lines);
        lines.push(Line::default());
    }
    lines.push(Line::styled(" Already here", theme.title));
    already_here(model, theme, width, lines);
    lines.push(Line::default());
    purpose(theme, width, lines);
}

fn already_here(model: &Model, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let (Some(derived), Some(observed)) = (&model.derived, &model.observed) else {
        lines.push(Line::styled(format!("   {} looking at the account", spinner(model.now)), theme.text));
        return;
    };
    let mut row = |word: &str, style: ratatui::style::Style, text: &str| {
        let room = width.saturating_sub(12);
        for (i, line) in wrap(text, room).into_iter().enumerate() {
            let word = if i == 0 { word } else { "" };
            lines.push(Line::from(vec![Span::styled(format!("   {word:<8} "), style), Span::styled(line, theme.text)]));
        }
    };
    let chosen = observed.trail.as_ref().map(|t| t.trail.arn.as_str());
    if let Ok(trails) = &observed.trails {
        for trail in trails.iter().filter(|t| Some(t.arn.as_str()) != chosen).take(5) {
            row(Verdict::Ok.as_str(), theme.good, &trail.in_words(&derived.settings.account_region.account));
        }
    }
    let health = &derived.health;
    let of = |wanted: Verdict| -> Vec<&'static str> {
        Step::ALL.into_iter().filter(|s| health.step(*s) == wanted).map(word).collect()
    };
    for verdict in [Verdict::Ok, Verdict::Pending, Verdict::Wrong, Verdict::Unknown] {
        let style = theme.verdict(verdict);
        for step in Step::ALL.into_iter().filter(|s| health.step(*s) == verdict) {
            let weak = health.checks.iter().find(|c| c.step == step && c.verdict == verdict && verdict != Verdict::Ok);
            let alarm = health.in_alarm().filter(|_| step == Step::Alarm);
            if let Some(alarm) = alarm {
                let since = local(model, alarm.since, false);
                row(alarm.state.as_str(), theme.bad, &format!("alarm: it is in ALARM since {since}"));
            }
            match weak {
                Some(check) => row(verdict.as_str(), style, &format!("{}: {}", word(step), check.detail)),
                None if alarm.is_some() => {}
                None => row(verdict.as_str(), style, word(step)),
            }
        }
    }
    let missing = of(Verdict::Missing);
    if !missing.is_empty() {
        let others = observed.trails.as_ref().is_ok_and(|trails| !trails.is_empty());
        let own = missing.iter().map(|word| if others && *word == "trail" { "trail of its own" } else { word });
        row(Verdict::Missing.as_str(), theme.bad, &own.collect::<Vec<_>>().join(", "));
    }
}

fn word(step: Step) -> &'static str {
    match step {
        Step::Trail => "trail",
        Step::Topic => "topic",
        Step::Filter => "filter",
        Step::Alarm => "alarm",
    }
}
