//! The first screen: who is signed in, which account and Region, and what already exists.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::{Caller, Connection, Model};
use crate::domain::{Step, Verdict};
use crate::ui::dashboard::local;
use crate::ui::plan::spinner;
use crate::ui::text::{cut, wrap};
use crate::ui::theme::Theme;

pub(in crate::ui) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = area.width.saturating_sub(4);
    let mut lines = vec![Line::styled(" Account", theme.title)];
    match &model.account().connection {
        Connection::Connecting => {
            let profile = model.account().target.profile.as_ref().map(|p| format!(" as `{p}`")).unwrap_or_default();
            lines.push(Line::styled(format!("   {} asking AWS who you are{profile}", spinner(model.now)), theme.text));
            lines.push(Line::default());
            purpose(theme, width, &mut lines);
        }
        Connection::Failed(error) => {
            paragraph(&error.why(), theme.bad, width, &mut lines);
            paragraph(&error.fix(), theme.text, width, &mut lines);
            lines.push(Line::default());
            let next = "Then press r to try again, p for another profile, or g for another Region.";
            paragraph(next, theme.dim, width, &mut lines);
        }
        Connection::Ready(caller) => ready(model, caller, theme, width, &mut lines),
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn paragraph(text: &str, style: ratatui::style::Style, width: u16, lines: &mut Vec<Line<'static>>) {
    for line in wrap(text, width.saturating_sub(1)) {
        lines.push(Line::styled(format!("   {line}"), style));
    }
}

fn purpose(theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let sentences = "Four steps set up this account to email you whenever anyone uses its root user: a CloudTrail trail, \
                     notifications, a filter that counts root use, and an alarm. You see each change before it is made.";
    paragraph(sentences, theme.dim, width, lines);
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
    fact("Region", caller.region.as_str(), &format!("from {}", caller.region_from));
    if let Some(profile) = &caller.profile {
        fact("Profile", profile, "");
    }
    lines.push(Line::default());
    if let Some(why) = caller.identity.refusal() {
        return paragraph(why, theme.bad, width, lines);
    }
    for warning in caller.identity.warnings() {
        paragraph(warning, theme.warn, width, lines);
        lines.push(Line::default());
    }
    lines.push(Line::styled(" Root-use alert", theme.title));
    existing_resources(model, theme, width, lines);
    lines.push(Line::default());
    purpose(theme, width, lines);
}

fn existing_resources(model: &Model, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let (Some(derived), Some(observed)) = (&model.account().derived, &model.account().observed) else {
        lines.push(Line::styled(format!("   {} reading the account", spinner(model.now)), theme.text));
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
            row("existing", theme.good, &trail.describe(&derived.settings.account_region.account));
        }
    }
    let health = &derived.health;
    for verdict in [Verdict::Ok, Verdict::Pending, Verdict::Wrong, Verdict::Unknown] {
        let style = theme.verdict(verdict);
        for step in Step::ALL.into_iter().filter(|s| health.step(*s) == verdict) {
            let problem =
                health.checks.iter().find(|c| c.id.step() == step && c.verdict == verdict && verdict != Verdict::Ok);
            let alarm = health.in_alarm().filter(|_| step == Step::Alarm);
            if let Some(alarm) = alarm {
                let since = local(model, alarm.since, false);
                row(alarm.state.as_str(), theme.bad, &format!("alarm: in ALARM since {since}"));
            }
            match problem {
                Some(check) => row(verdict.as_str(), style, &format!("{}: {}", resource(step), check.detail)),
                None if alarm.is_some() => {}
                None => row(verdict.as_str(), style, resource(step)),
            }
        }
    }
    let has_other_trails = observed.trails.as_ref().is_ok_and(|trails| !trails.is_empty());
    let is_missing = |step: &Step| health.step(*step) == Verdict::Missing;
    let missing: Vec<&str> = Step::ALL
        .into_iter()
        .filter(is_missing)
        .map(|step| if has_other_trails && step == Step::Trail { "usable trail" } else { resource(step) })
        .collect();
    if !missing.is_empty() {
        row(Verdict::Missing.as_str(), theme.bad, &missing.join(", "));
    }
}

fn resource(step: Step) -> &'static str {
    match step {
        Step::Trail => "trail",
        Step::Topic => "notifications",
        Step::Filter => "filter",
        Step::Alarm => "alarm",
    }
}
