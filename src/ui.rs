//! Draws the model, without changing it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::app::Model;

mod overlays;
mod screens;
pub mod theme;
mod widgets;

pub use theme::Theme;
use widgets::view::View;
use widgets::{band, footer, header, notice, text};

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
    let shared = View::new(model, theme, area.width);
    header::draw(&shared, frame, top, rule);
    let body = band::draw(&shared, frame, body);
    let body = notice::draw(&shared, frame, body);
    footer::draw(&shared, frame, foot);
    screens::draw(shared, frame, body);
    if let Some(overlay) = &model.overlay {
        overlays::draw(model, overlay, theme, frame, body);
    }
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
