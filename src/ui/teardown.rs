//! The tear-down: what goes and what stays, the word that agrees to it, and how it gets on.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::plan::{aside, in_view, leaving, spinner};
use super::text::{pad, wrap};
use super::theme::Theme;
use crate::app::Model;
use crate::app::teardown::{Teardown, TeardownPhase, WORD};
use crate::domain::{Action, Change};

pub(super) fn draw(model: &Model, screen: &Teardown, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let block = Block::bordered().title(Span::styled(" Tear down ", theme.title)).border_style(theme.dim);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = inner.width;
    let mut head = Vec::new();
    say(&title(model, screen), title_style(screen, theme), width, &mut head);
    let (mut lines, focus) = leaving(model, &screen.run, theme, width);
    for (_, note) in &screen.plan.notes {
        aside(note, theme.warn, width, &mut lines);
    }
    for (_, why) in &screen.plan.blocked {
        aside(why, theme.bad, width, &mut lines);
    }
    if matches!(screen.stage, TeardownPhase::Looking(_)) {
        lines.clear();
    }
    let mut foot = Vec::new();
    if screen.can_be_agreed() {
        question(model, screen, theme, width, &mut foot);
    }
    let tall = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let [top, middle, low] = inner.layout(&Layout::vertical([
        Constraint::Length(tall(&head)),
        Constraint::Fill(1),
        Constraint::Length(tall(&foot)),
    ]));
    frame.render_widget(Paragraph::new(head), top);
    frame.render_widget(Paragraph::new(in_view(lines, &focus, screen.scroll, middle.height, theme)), middle);
    frame.render_widget(Paragraph::new(foot), low);
    if screen.can_be_agreed() && low.height > 0 {
        let (_, cursor) = window(screen);
        frame.set_cursor_position(Position::new(low.x + 2 + cursor, low.bottom() - 1));
    }
}

fn say(text: &str, style: Style, width: u16, lines: &mut Vec<Line<'static>>) {
    lines.extend(wrap(text, width.saturating_sub(2)).into_iter().map(|l| Line::styled(format!(" {l}"), style)));
}

fn title(model: &Model, screen: &Teardown) -> String {
    let location =
        model.caller().map(|c| format!("account {} in {}", c.identity.account, c.region)).unwrap_or_default();
    let (done, all) = screen.run.count();
    match screen.stage {
        TeardownPhase::Looking(_) if screen.logs => format!(
            "{} counting what is in the bucket; that takes a request for every 1,000 objects",
            spinner(model.now)
        ),
        TeardownPhase::Looking(_) => format!("{} looking for what is rootbell's", spinner(model.now)),
        TeardownPhase::Asking if !screen.plan.blocked.is_empty() => {
            "What is rootbell's cannot be told for certain, so nothing is taken away:".to_owned()
        }
        TeardownPhase::Asking if screen.plan.is_empty() && screen.plan.rows.is_empty() => {
            format!("Nothing to take away: there is nothing of rootbell's in {location}.")
        }
        TeardownPhase::Asking if screen.plan.is_empty() => format!("Nothing to take away from {location}."),
        TeardownPhase::Asking => format!("To be taken away from {location}"),
        TeardownPhase::Running(_) => format!("Taking away: {done} of {all} done"),
        TeardownPhase::Ended if done == all => {
            let stays = screen.run.rows.iter().any(|row| row.row.action == Action::Keep);
            let stays = if stays { " What is marked with = stays." } else { "" };
            format!("Taken away: {done} of {all} done.{stays}")
        }
        TeardownPhase::Ended => format!("Not all taken away: {done} of {all} done. Enter goes on from there."),
    }
}

fn title_style(screen: &Teardown, theme: &Theme) -> Style {
    match screen.stage {
        TeardownPhase::Asking if !screen.plan.blocked.is_empty() => theme.bad,
        TeardownPhase::Ended if screen.is_complete() => theme.good,
        TeardownPhase::Ended => theme.bad,
        _ => theme.title,
    }
}

/// What it means, what is lost, and the field for the word.
fn question(model: &Model, screen: &Teardown, theme: &Theme, width: u16, lines: &mut Vec<Line<'static>>) {
    let lost: Vec<String> = screen
        .plan
        .rows
        .iter()
        .filter(|row| matches!(row.change, Some(Change::EmptyBucket { .. } | Change::DeleteLogGroup { .. })))
        .map(|row| format!("the {} ({})", row.resource, row.detail))
        .collect();
    let silent = "From then on nobody is told when root signs in.";
    if lost.is_empty() {
        let kept = |row: &crate::domain::Row| row.action == Action::Keep && row.detail.contains("--with-logs");
        let kept = if screen.plan.rows.iter().any(kept) { " The logs stay." } else { "" };
        say(&format!("{silent}{kept}"), theme.warn, width, lines);
    } else {
        say(&format!("{silent} Lost for good: {}.", lost.join(", ")), theme.bad, width, lines);
    }
    let account = model.caller().map(|c| c.identity.account.clone()).unwrap_or_default();
    say(&format!("Type `{WORD}`, or the account's number {account}:"), theme.text, width, lines);
    lines.push(Line::from(vec![
        Span::styled(" [", theme.dim),
        Span::styled(pad(&window(screen).0, FIELD), theme.selected),
        Span::styled("]", theme.dim),
    ]));
}

/// Columns of the field.
const FIELD: usize = 16;

/// The part of the word that the field shows, and the column of the cursor in it.
fn window(screen: &Teardown) -> (String, u16) {
    let (shown, column) = super::text::field(screen.word(), FIELD);
    (shown, u16::try_from(column).unwrap_or(0))
}
