//! The list of checks: each verdict, and how to fix what fails.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::state::account::Derived;
use crate::domain::Verdict;
use crate::domain::health::age;
use crate::ui::fix::fix_text;
use crate::ui::widgets::text::{cut, pad};
use crate::ui::widgets::view::View;
use crate::ui::widgets::window;

pub(in crate::ui) fn draw(mut view: View<'_>, scroll: u16, frame: &mut Frame<'_>, area: Rect) {
    match &view.account.derived {
        Some(derived) => checks(&mut view, derived),
        None => view.line(format!(" {} reading the account", view.spinner()), view.theme.text),
    }
    window::scrolled(frame, view, area, " Checks ", scroll);
}

fn checks(view: &mut View<'_>, derived: &Derived) {
    let (theme, now) = (view.theme, view.model.now);
    let title_width = 36.min(view.columns() / 2);
    for check in &derived.health.checks {
        let detail = cut(&check.detail, view.columns().saturating_sub(title_width + 12));
        view.spans([
            (format!(" {:<8} ", check.verdict.as_str()), theme.verdict(check.verdict)),
            (pad(check.id.title(), title_width), theme.text),
            (format!("  {detail}"), theme.dim),
        ]);
    }
    for subscription in &derived.health.subscriptions {
        let sent = view.account.sent.iter().find(|(email, _)| *email == *subscription.endpoint);
        let since = sent.map(|(_, at)| format!(", sent {} ago", age(now.duration_since(*at)))).unwrap_or_default();
        let state = format!("{}{since}", subscription.state.as_str());
        view.spans([
            (format!(" {:<8} ", ""), theme.dim),
            (pad(&subscription.endpoint, title_width), theme.text),
            (format!("  {state}"), theme.dim),
        ]);
    }
    // A fix that applies to several checks is shown once, below all of their details.
    let mut by_fix: Vec<(String, Vec<&str>)> = Vec::new();
    for check in derived.health.checks.iter().filter(|c| c.verdict != Verdict::Ok) {
        let fix = fix_text(&check.fix);
        match by_fix.iter_mut().find(|(other, _)| *other == fix) {
            Some((_, details)) => details.push(&check.detail),
            None => by_fix.push((fix, vec![&check.detail])),
        }
    }
    for (fix, mut details) in by_fix {
        view.blank();
        details.dedup();
        for detail in details {
            view.paragraph(detail, theme.text);
        }
        view.paragraph(&fix, theme.text);
    }
}
