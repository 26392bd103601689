//! The teardown: what is deleted and what is kept, the confirmation field, and the progress.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::app::Model;
use crate::app::state::teardown::{CONFIRMATION_WORD, Teardown, TeardownPhase};
use crate::domain::{Action, Change};
use crate::ui::plan::{in_view, indented, spinner, teardown_lines};
use crate::ui::text::{pad, wrap};
use crate::ui::theme::Theme;

pub(in crate::ui) fn draw(model: &Model, screen: &Teardown, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let block =
        Block::bordered().title(Span::styled(" Delete what rootbell created ", theme.title)).border_style(theme.dim);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = inner.width;
    let mut head = Vec::new();
    paragraph(&title(model, screen), title_style(screen, theme), width, &mut head);
    let (mut lines, focus) = teardown_lines(model, &screen.run, theme, width);
    for (_, note) in &screen.plan.notes {
        indented(note, theme.warn, width, &mut lines);
    }
    for (_, why) in &screen.plan.blocked {
        indented(why, theme.bad, width, &mut lines);
    }
    if matches!(screen.phase, TeardownPhase::Finding(_)) {
        lines.clear();
    }
    let mut foot = Vec::new();
    if screen.can_confirm() {
        question(model, screen, theme, width, &mut foot);
    }
    let height = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let [top, middle, low] = inner.layout(&Layout::vertical([
        Constraint::Length(height(&head)),
        Constraint::Fill(1),
        Constraint::Length(height(&foot)),
    ]));
    frame.render_widget(Paragraph::new(head), top);
    frame.render_widget(Paragraph::new(in_view(lines, &focus, screen.scroll, middle.height, theme)), middle);
    frame.render_widget(Paragraph::new(foot), low);
    if screen.can_confirm() && low.height > 0 {
        let (_, cursor) = window(screen);
        frame.set_cursor_position(Position::new(low.x + 2 + cursor, low.bottom() - 1));
    }
}

fn paragraph(text: &str, style: Style, width: u16, lines: &mut Vec<Line<'static>>) {
    lines.extend(wrap(text, width.saturating_sub(2)).into_iter().map(|l| Line::styled(format!(" {l}"), style)));
}

fn title(model: &Model, screen: &Teardown) -> String {
    let location =
        model.account().caller().map(|c| format!("account {}, {}", c.identity.account, c.region)).unwrap_or_default();
    let (done, all) = screen.run.count();
    match screen.phase {
        TeardownPhase::Finding(_) if screen.logs => format!(
            "{} counting the objects in the bucket; this takes one request per 1,000 objects",
            spinner(model.now)
        ),
        TeardownPhase::Finding(_) => format!("{} looking for resources that rootbell created", spinner(model.now)),
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
fn question(model: &Model, screen: &Teardown, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let lost: Vec<String> = screen
        .plan
        .rows
        .iter()
        .filter(|row| matches!(row.change, Some(Change::EmptyBucket { .. } | Change::DeleteLogGroup { .. })))
        .map(|row| format!("the {} ({})", row.resource, row.detail))
        .collect();
    let consequence = "You will no longer be alerted to root use.";
    if lost.is_empty() {
        let keeps_logs = |row: &crate::domain::Row| row.action == Action::Keep && row.detail.contains("--with-logs");
        let kept = if screen.plan.rows.iter().any(keeps_logs) { " The logs are kept." } else { "" };
        paragraph(&format!("{consequence}{kept}"), theme.warn, width, lines);
    } else {
        paragraph(consequence, theme.bad, width, lines);
        paragraph(&format!("Permanently deleted: {}.", lost.join(", ")), theme.bad, width, lines);
    }
    let account = model.account().caller().map(|c| c.identity.account.clone()).unwrap_or_default();
    paragraph(&format!("Type `{CONFIRMATION_WORD}` or the account number {account}:"), theme.text, width, lines);
    lines.push(Line::from(vec![
        Span::styled(" [", theme.dim),
        Span::styled(pad(&window(screen).0, FIELD), theme.selected),
        Span::styled("]", theme.dim),
    ]));
}

/// The width of the field, in columns.
const FIELD: usize = 16;

/// The part of the typed text that the field shows, and the cursor's column in it.
fn window(screen: &Teardown) -> (String, u16) {
    let (shown, column) = crate::ui::text::field(screen.word(), FIELD);
    (shown, u16::try_from(column).unwrap_or(0))
}
