//! Renders a terminal screen as an SVG image with its own background.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// In tenths of a pixel: integers make the output identical on every machine.
const CELL: (usize, usize) = (84, 180);
const MARGIN: usize = 120;

/// A terminal color as RGB on a dark or a light background; `Reset` is the color of plain text.
fn hex(color: Color, light: bool) -> &'static str {
    let (dark_one, light_one) = match color {
        Color::Black => ("#484f58", "#24292f"),
        Color::Red | Color::LightRed => ("#ff7b72", "#cf222e"),
        Color::Green | Color::LightGreen => ("#3fb950", "#116329"),
        Color::Yellow | Color::LightYellow => ("#d29922", "#9a6700"),
        Color::Blue | Color::LightBlue => ("#58a6ff", "#0969da"),
        Color::Magenta | Color::LightMagenta => ("#bc8cff", "#8250df"),
        Color::Cyan | Color::LightCyan => ("#39c5cf", "#1b7c83"),
        Color::DarkGray => ("#8b949e", "#57606a"),
        Color::Reset | Color::Gray | Color::White => ("#e6edf3", "#1f2328"),
        other => panic!("the images have no color for {other:?}"),
    };
    if light { light_one } else { dark_one }
}

fn background(light: bool) -> &'static str {
    if light { "#ffffff" } else { "#0d1117" }
}

/// "12.5" for 125.
fn tenths(n: usize) -> String {
    if n.is_multiple_of(10) { (n / 10).to_string() } else { format!("{}.{}", n / 10, n % 10) }
}

/// Adjacent cells with the same style.
struct Run {
    column: usize,
    text: String,
    fg: Color,
    bg: Color,
    bold: bool,
}

fn runs(row: &[Cell]) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    for (column, cell) in row.iter().enumerate() {
        let reversed = cell.modifier.contains(Modifier::REVERSED);
        let dim = cell.modifier.contains(Modifier::DIM) && cell.fg == Color::Reset;
        let (fg, bg) = if reversed { (cell.bg, cell.fg) } else { (cell.fg, cell.bg) };
        let fg = if dim { Color::DarkGray } else { fg };
        let bold = cell.modifier.contains(Modifier::BOLD);
        match all.last_mut() {
            // The text color of a space does not matter.
            Some(run) if run.bg == bg && (cell.symbol() == " " || (run.fg == fg && run.bold == bold)) => {
                run.text.push_str(cell.symbol());
            }
            _ => all.push(Run { column, text: cell.symbol().to_owned(), fg, bg, bold }),
        }
    }
    all
}

/// The screen as an SVG document, with a title for those who cannot see it.
pub fn render(buffer: &Buffer, light: bool, title: &str) -> String {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (tenths(columns * CELL.0 + 2 * MARGIN), tenths(rows * CELL.1 + 2 * MARGIN));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" fill=\"{}\" xml:space=\"preserve\" \
         font-family=\"ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\">\n\
         <title>{}</title>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{}\" stroke=\"#6e7681\"/>\n",
        hex(Color::Reset, light),
        escaped(title),
        tenths(columns * CELL.0 + 2 * MARGIN - 10),
        tenths(rows * CELL.1 + 2 * MARGIN - 10),
        background(light),
    );
    for (y, row) in buffer.content.chunks(columns).enumerate() {
        for run in runs(row) {
            let x = |column: usize| tenths(MARGIN + column * CELL.0);
            if run.bg != Color::Reset {
                let _ = writeln!(
                    svg,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" fill=\"{}\"/>",
                    x(run.column),
                    tenths(MARGIN + y * CELL.1),
                    tenths(run.text.width() * CELL.0),
                    hex(run.bg, light),
                );
            }
            let text = run.text.trim();
            if text.is_empty() {
                continue;
            }
            let indent = run.text.width() - run.text.trim_start().width();
            // The explicit width keeps columns aligned in any font.
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" textLength=\"{}\"",
                x(run.column + indent),
                tenths(MARGIN + y * CELL.1 + 135),
                tenths(text.width() * CELL.0),
            );
            if hex(run.fg, light) != hex(Color::Reset, light) {
                let _ = write!(svg, " fill=\"{}\"", hex(run.fg, light));
            }
            if run.bold {
                svg.push_str(" font-weight=\"bold\"");
            }
            let _ = writeln!(svg, ">{}</text>", escaped(text));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
