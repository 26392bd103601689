//! The list of checks: each verdict, and how to fix what fails.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::state::account::Derived;
use crate::domain::health::{Check, Counts};
use crate::domain::text::age;
use crate::domain::{Health, Verdict};
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

/// The checks by what they count toward, then how to fix what fails.
fn checks(view: &mut View<'_>, derived: &Derived) {
    let health = &derived.health;
    let title_width = 36.min(view.columns() / 2);
    for counts in Counts::ALL {
        let of_section = health.section(counts);
        if of_section.is_empty() {
            continue;
        }
        if counts != Counts::ALL[0] {
            view.blank();
        }
        view.line(format!(" {}", section_title(counts)), view.theme.title);
        for check in of_section {
            let detail = cut(&check.detail, view.columns().saturating_sub(title_width + 12));
            view.spans([
                (format!(" {:<8} ", check.verdict.as_str()), view.theme.verdict(check.verdict)),
                (pad(check.id.title(), title_width), view.theme.text),
                (format!("  {detail}"), view.theme.dim),
            ]);
        }
        if counts == Counts::Alerting {
            subscriptions(view, health, title_width);
        }
    }
    fixes(view, health);
}

fn section_title(counts: Counts) -> &'static str {
    match counts {
        Counts::Alerting => "Alerting: would a root sign-in reach someone?",
        Counts::Audit => "Audit: would CIS, Security Hub, and Prowler accept the setup?",
        Counts::Advice => "Advice: recommended",
    }
}

fn subscriptions(view: &mut View<'_>, health: &Health, title_width: usize) {
    let (theme, now) = (view.theme, view.model.now);
    for subscription in &health.subscriptions {
        let sent = view.account.sent.iter().find(|(email, _)| *email == *subscription.endpoint);
        let since = sent.map(|(_, at)| format!(", sent {} ago", age(now.duration_since(*at)))).unwrap_or_default();
        let state = format!("{}{since}", subscription.state.as_str());
        view.spans([
            (format!(" {:<8} ", ""), theme.dim),
            (pad(&subscription.endpoint, title_width), theme.text),
            (format!("  {state}"), theme.dim),
        ]);
    }
}

/// How to fix what fails. A fix that applies to several checks is shown once, below all of their details.
fn fixes(view: &mut View<'_>, health: &Health) {
    let theme = view.theme;
    let mut by_fix: Vec<(String, Vec<&Check>)> = Vec::new();
    // First what keeps alerts from arriving.
    let in_order =
        Counts::ALL.into_iter().flat_map(|counts| health.checks.iter().filter(move |c| c.id.counts() == counts));
    for check in in_order.filter(|c| c.verdict != Verdict::Ok) {
        let fix = fix_text(&check.fix);
        match by_fix.iter_mut().find(|(other, _)| *other == fix) {
            Some((_, checks)) => checks.push(check),
            None => by_fix.push((fix, vec![check])),
        }
    }
    for (fix, mut checks) in by_fix {
        view.blank();
        checks.dedup_by_key(|check| &check.detail);
        for check in checks {
            view.paragraph(&check.detail, theme.text);
            if health.audit_findings().any(|finding| finding.id == check.id) {
                view.paragraph(&format!("Required by {}.", check.id.required_by().join("; ")), theme.dim);
            }
        }
        view.paragraph(&fix, theme.text);
    }
}
