//! Draws the model, without changing it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::app::{Model, Screen};

mod overlays;
mod screens;
pub mod theme;
mod widgets;

use overlays::{alarm_test, checks, teardown, window as overlay};
use screens::{account, dashboard, step};
use widgets::{band, footer, header, notice, plan, test_result, text};

pub use theme::Theme;

/// The smallest terminal that every screen fits in: columns and rows.
pub const SMALLEST: (u16, u16) = (60, 20);

/// Draws the whole screen.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(theme, frame, area);
    }
    let [top, rule, body, foot] = area.layout(&Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ]));
    header::draw(model, theme, frame, top, rule);
    let body = band::draw(model, theme, frame, body);
    let body = notice::draw(model, theme, frame, body);
    match model.screen {
        Screen::Account => account::draw(model, theme, frame, body),
        Screen::Step(step) => step::draw(model, step, theme, frame, body),
        Screen::Dashboard => dashboard::draw(model, theme, frame, body),
    }
    if let Some(overlay) = &model.overlay {
        overlay::draw(model, overlay, theme, frame, body);
    }
    footer::draw(model, theme, frame, foot);
    text::remove_controls(frame.buffer_mut());
}

fn too_small(theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let message = format!(
        "Terminal too small (minimum {}×{}); this one is {}×{}. Ctrl+C quits.",
        SMALLEST.0, SMALLEST.1, area.width, area.height
    );
    let lines: Vec<Line> = text::wrap(&message, area.width).into_iter().map(|l| Line::styled(l, theme.text)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}
