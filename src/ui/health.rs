//! Would it ring? The list of checks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::plan::spinner;
use super::text::{cut, pad, wrap};
use super::theme::Theme;
use crate::app::Model;
use crate::domain::Verdict;

pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(derived) = &model.derived else {
        let line = Line::styled(format!(" {} looking at the account", spinner(model.now)), theme.text);
        return frame.render_widget(line, area);
    };
    let mut lines = Vec::new();
    let width = usize::from(area.width);
    // On a low screen every verdict comes before the advice.
    let low = area.height < 20;
    let said = match derived.health.weakest() {
        None => "Every link holds: somebody who uses root is reported by e-mail in 5 to 10 minutes.".to_owned(),
        Some(check) if low => check.detail.clone(),
        Some(check) => format!("{} {}", check.detail, check.fix),
    };
    for line in wrap(&said, area.width.saturating_sub(2)) {
        lines.push(Line::styled(format!(" {line}"), theme.title));
    }
    if !low {
        lines.push(Line::default());
    }
    let title_width = 36.min(width / 2);
    for check in &derived.health.checks {
        let detail = cut(&check.detail, width.saturating_sub(title_width + 12));
        lines.push(Line::from(vec![
            Span::styled(format!(" {:<8} ", check.verdict.as_str()), theme.verdict(check.verdict)),
            Span::styled(pad(check.title, title_width), theme.text),
            Span::styled(format!("  {detail}"), theme.dim),
        ]));
    }
    let open: Vec<_> = derived.health.checks.iter().filter(|c| c.verdict != Verdict::Ok && !c.fix.is_empty()).collect();
    let mut told: Vec<&str> = Vec::new();
    for check in open {
        if told.contains(&check.fix.as_str()) {
            continue;
        }
        told.push(&check.fix);
        if told.len() == 1 {
            lines.push(Line::default());
            lines.push(Line::styled(" What to do", theme.title));
        }
        for (i, line) in wrap(&check.fix, area.width.saturating_sub(6)).into_iter().enumerate() {
            let mark = if i == 0 { "-" } else { " " };
            lines.push(Line::styled(format!("   {mark} {line}"), theme.text));
        }
    }
    if model.is_looking() {
        lines.push(Line::default());
        lines.push(Line::styled(format!(" {} looking again", spinner(model.now)), theme.dim));
    }
    let most = lines.len().saturating_sub(usize::from(area.height));
    let scroll = model.scroll.min(u16::try_from(most).unwrap_or(u16::MAX));
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), area);
    if most > usize::from(scroll) {
        let hint = Line::styled("more below", theme.dim).right_aligned();
        frame.render_widget(hint, Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area });
    }
}
