//! Windows drawn on top of a screen: help, AWS CLI commands, checks, event, pickers and questions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::app::Model;
use crate::app::keymap::{BINDINGS, Context, Key};
use crate::app::state::overlay::{Overlay, Picker, PickerKind};
use crate::domain::settings::TrailChoice;
use crate::ui::text::{cut, pad, wrap};
use crate::ui::theme::Theme;
use crate::ui::{alarm_test, checks, dashboard, teardown};

pub(in crate::ui) fn draw(model: &Model, overlay: &Overlay, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    match overlay {
        Overlay::Help { scroll } => {
            let lines = help(theme, area.width.saturating_sub(6));
            window(frame, theme, area, " Keys ", lines, *scroll);
        }
        Overlay::Commands { text, scroll } => {
            let width = area.width.saturating_sub(6);
            let lines = text.lines().flat_map(|l| wrap(l, width)).map(|l| Line::styled(l, theme.text)).collect();
            window(frame, theme, area, " AWS CLI commands ", lines, *scroll);
        }
        Overlay::Checks { scroll } => {
            let lines = checks::lines(model, theme, area.width.saturating_sub(4));
            window(frame, theme, area, " Checks ", lines, *scroll);
        }
        Overlay::Event { scroll } => {
            let lines = dashboard::event(model, theme, area.width.saturating_sub(4));
            window(frame, theme, area, " Event ", lines, *scroll);
        }
        Overlay::Test => {
            let Some(screen) = &model.account().test else { return };
            let title = if screen.is_drill { " Drill " } else { " Test alarm " };
            let lines = alarm_test::lines(model, screen, theme, area.width.saturating_sub(6));
            let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
            window(frame, theme, Rect { height, ..area }, title, lines, 0);
        }
        Overlay::Teardown => {
            let Some(screen) = &model.account().teardown else { return };
            teardown::draw(model, screen, theme, frame, area);
            if screen.asks_to_leave {
                confirm_quit(false, theme, frame, area);
            }
        }
        Overlay::Picker(picker) => pick(model, picker, theme, frame, area),
        Overlay::ConfirmQuit { quit } => confirm_quit(*quit, theme, frame, area),
        Overlay::SetOk => {
            let lines = dashboard::set_ok(model, theme, area.width.saturating_sub(6));
            let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
            window(frame, theme, Rect { height, ..area }, " Set the alarm back to OK? ", lines, 0);
        }
    }
}

fn confirm_quit(quit: bool, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let (title, question) = if quit {
        (" Quit? ", "Changes are still being made. Stop and quit? What is done is kept; you can continue next time.")
    } else {
        (" Stop? ", "Changes are still being made. Stop and go back? What is done is kept; you can continue later.")
    };
    let width = area.width.min(60);
    let lines = wrap(question, width.saturating_sub(6)).into_iter().map(|l| Line::styled(l, theme.text)).collect();
    let small = Rect { width, height: area.height.min(6), x: area.x + (area.width - width) / 2, y: area.y + 3 };
    window(frame, theme, small.intersection(area), title, lines, 0);
}

/// Text in a frame, scrolled down by `scroll` lines.
fn window(frame: &mut Frame<'_>, theme: &Theme, area: Rect, title: &str, lines: Vec<Line<'_>>, scroll: u16) {
    frame.render_widget(Clear, area);
    let area = area.intersection(Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area });
    let height = area.height.saturating_sub(2);
    let most = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(height);
    let more = if most > scroll { format!(" {} more lines ", most - scroll) } else { String::new() };
    let block = Block::bordered()
        .title(Span::styled(title, theme.title))
        .title_bottom(Span::styled(more, theme.dim))
        .border_style(theme.dim);
    frame.render_widget(Paragraph::new(lines).scroll((scroll.min(most), 0)).block(block), area);
}

fn help(theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut lines = vec![row(theme, width, "Ctrl+C", "Quit, from any screen")];
    for context in Context::ALL {
        lines.push(Line::default());
        lines.push(Line::styled(context.title(), theme.title));
        for binding in BINDINGS.iter().filter(|b| b.context == context) {
            let keys: Vec<String> = binding.keys.iter().map(|k: &Key| k.name()).collect();
            lines.push(row(theme, width, &keys.join(", "), binding.help));
        }
    }
    lines
}

fn row(theme: &Theme, width: u16, keys: &str, help: &str) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {}", pad(keys, 16)), theme.accent),
        Span::styled(cut(help, usize::from(width).saturating_sub(18)), theme.text),
    ])
}

fn pick(model: &Model, picker: &Picker, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let title = match picker.what {
        PickerKind::Profile => " Profile ",
        PickerKind::Region => " Region ",
        PickerKind::Trail => " Trail ",
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(" Type to filter: ", theme.dim),
        Span::styled(format!("{}_", picker.typed()), theme.accent),
    ])];
    let matches = picker.matches();
    // A trail takes three lines, any other item one.
    let item_height = if picker.what == PickerKind::Trail { 3 } else { 1 };
    let height = usize::from(area.height.saturating_sub(4)) / item_height;
    let from = (picker.selected() + 1).saturating_sub(height);
    for (i, item) in matches.iter().enumerate().skip(from).take(height) {
        let (mark, style) = if i == picker.selected() { (">", theme.selected) } else { (" ", theme.text) };
        let Some(trail) = picker.candidate(item) else {
            lines.push(Line::styled(format!(" {mark} {item}"), style));
            continue;
        };
        let room = area.width.saturating_sub(10);
        let is_usable = trail.choice != TrailChoice::Unavailable;
        let choice_style = if is_usable { theme.good } else { theme.warn };
        lines.push(Line::from(vec![
            Span::styled(format!(" {mark} {}  ", cut(item, usize::from(room).saturating_sub(16))), style),
            Span::styled(trail.choice.as_str(), choice_style),
        ]));
        let details = if is_usable { vec![trail.why.clone(), trail.cost.to_owned()] } else { wrap(&trail.why, room) };
        for line in details.iter().take(2) {
            lines.push(Line::styled(format!("     {}", cut(line, usize::from(room))), theme.dim));
        }
    }
    if !picker.ready {
        lines.push(Line::styled(format!(" {} loading", crate::ui::plan::spinner(model.now)), theme.dim));
    } else if matches.is_empty() {
        let message = match picker.choice() {
            Ok(typed) => format!(" Press Enter to use `{typed}`."),
            Err(why) => format!(" {why}"),
        };
        lines.push(Line::styled(message, theme.warn));
    }
    window(frame, theme, area, title, lines, 0);
}
