//! Text that fits: wrapped, cut, and free of control characters.

use ratatui::buffer::Buffer;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::text::{escape_controls, is_escaped};

/// The text in lines of at most `width` columns.
#[must_use]
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let options = textwrap::Options::new(usize::from(width.max(1))).break_words(true);
    textwrap::wrap(&clean(text), options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// The text, cut to `width` columns with a mark where something is missing.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        used += w;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// The text in exactly `width` columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    let used = text.width();
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    text
}

/// What comes from AWS is not to steer the terminal, and its lines are ours.
fn clean(text: &str) -> String {
    escape_controls(&text.replace(['\n', '\t'], " "))
}

/// Takes out of what is drawn whatever was put there without [`wrap`], [`cut`] or [`pad`] and would still steer the
/// terminal: the last thing before the screen.
pub fn tidy(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().contains(is_escaped) {
            let kept = cell.symbol().chars().find(|c| !is_escaped(*c)).unwrap_or(' ');
            cell.set_char(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_and_padded_text_has_the_width_asked_for() {
        for (text, width) in [("alarm", 3), ("alarm", 5), ("alarm", 9), ("日本語", 4), ("", 2), ("x", 0)] {
            assert_eq!(pad(text, width).width(), width, "{text} in {width}");
        }
        assert_eq!(cut("rootbell-alerts", 9), "rootbell…");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(cut("a\u{1b}[31mb", 20), r"a\u001b[31mb");
        assert!(wrap("x\u{7}y\nz", 10).iter().all(|l| !l.chars().any(char::is_control)));
    }
}
