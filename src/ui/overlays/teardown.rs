//! The teardown: what is deleted and what is kept, the confirmation field, and the progress.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::app::state::teardown::{CONFIRMATION_WORD, Teardown, TeardownPhase};
use crate::domain::plan::Hint;
use crate::domain::problem::combined;
use crate::domain::{Action, Change};
use crate::ui::fix::problem_text;
use crate::ui::theme::Theme;
use crate::ui::widgets::plan::{in_view, teardown_rows};
use crate::ui::widgets::text::{field, pad};
use crate::ui::widgets::view::View;

pub(in crate::ui) fn draw(view: &View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(screen) = &view.account.teardown else { return };
    let theme = view.theme;
    frame.render_widget(Clear, area);
    let block =
        Block::bordered().title(Span::styled(" Delete what rootbell created ", theme.title)).border_style(theme.dim);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let part = || View::new(view.model, theme, inner.width);
    let (mut head, mut rows, mut foot) = (part(), part(), part());
    head.paragraph(&title(view, screen), title_style(screen, theme));
    let mut focus = 0..0;
    if !matches!(screen.phase, TeardownPhase::Finding(_)) {
        focus = teardown_rows(&mut rows, &screen.run);
        for (_, note) in &screen.plan.notes {
            rows.indented(&problem_text(note), theme.warn);
        }
        for reason in combined(screen.plan.blocked.iter().map(|(_, reason)| reason)) {
            rows.indented(&problem_text(&reason), theme.bad);
        }
    }
    if screen.can_confirm() {
        question(&mut foot, screen);
    }
    let [top, middle, low] = inner.layout(&Layout::vertical([
        Constraint::Length(head.height()),
        Constraint::Fill(1),
        Constraint::Length(foot.height()),
    ]));
    frame.render_widget(Paragraph::new(head.lines), top);
    frame.render_widget(Paragraph::new(in_view(rows, &focus, screen.scroll, middle.height)), middle);
    frame.render_widget(Paragraph::new(foot.lines), low);
    if screen.can_confirm() && low.height > 0 {
        let (_, cursor) = window(screen);
        frame.set_cursor_position(Position::new(low.x + 2 + cursor, low.bottom() - 1));
    }
}

fn title(view: &View<'_>, screen: &Teardown) -> String {
    let location =
        view.account.caller().map(|c| format!("account {}, {}", c.identity.account, c.region)).unwrap_or_default();
    let (done, all) = screen.run.count();
    match screen.phase {
        TeardownPhase::Finding(_) if screen.logs => {
            format!("{} counting the objects in the bucket; this takes one request per 1,000 objects", view.spinner())
        }
        TeardownPhase::Finding(_) => format!("{} looking for resources that rootbell created", view.spinner()),
        TeardownPhase::Asking if !screen.plan.blocked.is_empty() => {
            "It is not certain which resources rootbell created, so nothing is deleted:".to_owned()
        }
        TeardownPhase::Asking if screen.plan.is_empty() && screen.plan.rows.is_empty() => {
            format!("Nothing to delete: rootbell has created nothing in {location}.")
        }
        TeardownPhase::Asking if screen.plan.is_empty() => format!("Nothing to delete in {location}."),
        TeardownPhase::Asking => format!("Resources to delete in {location}"),
        TeardownPhase::Running(_) => format!("Deleting: {done} of {all} done"),
        TeardownPhase::Ended if done == all => {
            let keeps_some = screen.run.rows.iter().any(|row| row.row.action == Action::Keep);
            let kept = if keeps_some { " Resources marked with = were kept." } else { "" };
            format!("Deleted {done} of {all}.{kept}")
        }
        TeardownPhase::Ended => format!("Not all deleted: {done} of {all} done. Press Enter to try the rest again."),
    }
}

fn title_style(screen: &Teardown, theme: &Theme) -> Style {
    match screen.phase {
        TeardownPhase::Asking if !screen.plan.blocked.is_empty() => theme.bad,
        TeardownPhase::Ended if screen.is_complete() => theme.good,
        TeardownPhase::Ended => theme.bad,
        _ => theme.title,
    }
}

/// The consequences, what is permanently deleted, and the field for the confirmation.
fn question(view: &mut View<'_>, screen: &Teardown) {
    let theme = view.theme;
    let lost: Vec<String> = screen
        .plan
        .rows
        .iter()
        .filter(|row| matches!(row.change, Some(Change::EmptyBucket { .. } | Change::DeleteLogGroup { .. })))
        .map(|row| format!("the {} ({})", row.resource, row.detail))
        .collect();
    let consequence = "You will no longer be alerted to root use.";
    if lost.is_empty() {
        let keeps_logs = |row: &crate::domain::Row| row.hint == Some(Hint::DeleteLogs);
        let kept = if screen.plan.rows.iter().any(keeps_logs) { " The logs are kept." } else { "" };
        view.paragraph(&format!("{consequence}{kept}"), theme.warn);
    } else {
        view.paragraph(consequence, theme.bad);
        view.paragraph(&format!("Permanently deleted: {}.", lost.join(", ")), theme.bad);
    }
    let account = view.account.caller().map(|c| c.identity.account.clone()).unwrap_or_default();
    view.paragraph(&format!("Type `{CONFIRMATION_WORD}` or the account number {account}:"), theme.text);
    view.spans([(" [".into(), theme.dim), (pad(&window(screen).0, FIELD), theme.selected), ("]".into(), theme.dim)]);
}

/// The width of the field, in columns.
const FIELD: usize = 16;

/// The part of the typed text that the field shows, and the cursor's column in it.
fn window(screen: &Teardown) -> (String, u16) {
    let (shown, column) = field(screen.word(), FIELD);
    (shown, u16::try_from(column).unwrap_or(0))
}
