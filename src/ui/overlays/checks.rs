//! The list of checks: each verdict, and how to fix what fails.

use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::domain::health::age;
use crate::domain::{Health, Verdict};
use crate::ui::plan::spinner;
use crate::ui::text::{cut, pad, wrap};
use crate::ui::theme::Theme;

/// The weakest check and its fix in a sentence or two, or that everything works.
pub(in crate::ui) fn summary(health: &Health) -> String {
    match health.weakest() {
        None => "Everything works: an alert is emailed 5 to 10 minutes after anyone uses root.".to_owned(),
        Some(check) if check.fix.is_empty() => check.detail.clone(),
        Some(check) => format!("{} {}", check.detail, for_wizard(&check.fix)),
    }
}

/// The fix, for a user who already has the wizard open.
fn for_wizard(fix: &str) -> String {
    fix.replace("Run `rootbell apply` or use the wizard", "Press `w`")
}

pub(in crate::ui) fn lines(model: &Model, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Some(derived) = &model.account().derived else {
        return vec![Line::styled(format!(" {} reading the account", spinner(model.now)), theme.text)];
    };
    let mut lines = Vec::new();
    let title_width = 36.min(usize::from(width) / 2);
    for check in &derived.health.checks {
        let detail = cut(&check.detail, usize::from(width).saturating_sub(title_width + 12));
        lines.push(Line::from(vec![
            Span::styled(format!(" {:<8} ", check.verdict.as_str()), theme.verdict(check.verdict)),
            Span::styled(pad(check.id.title(), title_width), theme.text),
            Span::styled(format!("  {detail}"), theme.dim),
        ]));
    }
    for subscription in &derived.health.subscriptions {
        let sent = model.account().sent.iter().find(|(email, _)| *email == subscription.endpoint);
        let since =
            sent.map(|(_, at)| format!(", sent {} ago", age(model.now.duration_since(*at)))).unwrap_or_default();
        let state = format!("{}{since}", subscription.state.as_str());
        lines.push(Line::from(vec![
            Span::styled(format!(" {:<8} ", ""), theme.dim),
            Span::styled(pad(&subscription.endpoint, title_width), theme.text),
            Span::styled(format!("  {state}"), theme.dim),
        ]));
    }
    // A fix that applies to several checks is shown once, below all of their details.
    let mut by_fix: Vec<(String, Vec<&str>)> = Vec::new();
    for check in derived.health.checks.iter().filter(|c| c.verdict != Verdict::Ok) {
        let fix = for_wizard(&check.fix);
        match by_fix.iter_mut().find(|(other, _)| *other == fix) {
            Some((_, details)) => details.push(&check.detail),
            None => by_fix.push((fix, vec![&check.detail])),
        }
    }
    for (fix, mut details) in by_fix {
        lines.push(Line::default());
        details.dedup();
        for detail in details {
            lines.extend(paragraph(detail, width, theme));
        }
        lines.extend(paragraph(&fix, width, theme));
    }
    lines
}

fn paragraph(text: &str, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    wrap(text, width.saturating_sub(2)).into_iter().map(|l| Line::styled(format!(" {l}"), theme.text)).collect()
}
