//! Wraps and cuts text to a width, and removes control characters.

use ratatui::buffer::Buffer;
use tui_input::Input;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::text::{escape_controls, is_escaped};

/// Wraps the text into lines of at most `width` columns.
#[must_use]
pub(in crate::ui) fn wrap(text: &str, width: u16) -> Vec<String> {
    let options = textwrap::Options::new(usize::from(width.max(1)))
        .break_words(true)
        .word_splitter(textwrap::WordSplitter::Custom(hyphens_of_long_words));
    textwrap::wrap(&single_line(text), options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// Where a word may be split: after its hyphens, but names of Regions and most words stay in one piece.
fn hyphens_of_long_words(word: &str) -> Vec<usize> {
    const LONG: usize = 20;
    if word.width() < LONG { Vec::new() } else { textwrap::WordSplitter::HyphenSplitter.split_points(word) }
}

/// Cuts the text to `width` columns, with `…` in the middle if anything was cut: both ends of an ARN matter.
#[must_use]
pub(in crate::ui) fn cut_middle(text: &str, width: usize) -> String {
    let text = single_line(text);
    if text.width() <= width || width < 3 {
        return cut(&text, width);
    }
    let backwards: String = text.chars().rev().collect();
    let end: String = cut(&backwards, width.div_ceil(2)).trim_end_matches('…').chars().rev().collect();
    format!("{}{end}", cut(&text, width - end.width()))
}

/// Cuts the text to `width` columns, with `…` at the end if anything was cut.
#[must_use]
pub(in crate::ui) fn cut(text: &str, width: usize) -> String {
    let text = single_line(text);
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

/// Cuts or pads the text to exactly `width` columns.
#[must_use]
pub(in crate::ui) fn pad(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    let used = text.width();
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    text
}

/// The text, or a dash if there is none.
#[must_use]
pub(in crate::ui) fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The part of a field's text that a box of `width` columns shows, and the cursor's column in it. The text scrolls so
/// that the cursor stays visible.
#[must_use]
pub(in crate::ui) fn field(input: &Input, width: usize) -> (String, usize) {
    let (text, width) = (input.value(), width.max(1));
    // The cursor needs a column of its own after the last character.
    let scroll = input.visual_scroll(width - 1);
    let ends = || text.char_indices().map(|(at, c)| at + c.len_utf8());
    let start = if scroll == 0 { 0 } else { ends().find(|end| text[..*end].width() >= scroll).unwrap_or(text.len()) };
    let fits_width = |end: &usize| *end >= start && text[start..*end].width() <= width;
    let end = ends().rfind(fits_width).unwrap_or(start);
    (text[start..end].to_owned(), input.visual_cursor().saturating_sub(scroll))
}

/// A field's whole text in rows of `width` columns, and the cursor's column and row.
#[must_use]
pub(in crate::ui) fn field_rows(input: &Input, width: usize) -> (Vec<String>, (usize, usize)) {
    let width = width.max(2);
    let (mut rows, mut used, mut cursor) = (vec![String::new()], 0, (0, 0));
    // The cursor can also be after the last character.
    for (i, c) in input.value().chars().map(Some).chain([None]).enumerate() {
        let columns = c.map_or(1, |c| c.width().unwrap_or(0));
        if used + columns > width {
            rows.push(String::new());
            used = 0;
        }
        if i == input.cursor() {
            cursor = (used, rows.len() - 1);
        }
        if let (Some(c), Some(row)) = (c, rows.last_mut()) {
            row.push(c);
            used += columns;
        }
    }
    (rows, cursor)
}

/// Text from AWS without control characters and line breaks, which would control the terminal or break the layout.
fn single_line(text: &str) -> String {
    escape_controls(&text.replace(['\n', '\t'], " "))
}

/// Removes control characters from everything that was drawn, in case some text was drawn without [`wrap`], [`cut`] or
/// [`pad`]. Called last, before the terminal gets the buffer.
pub(in crate::ui) fn remove_controls(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().contains(is_escaped) {
            let visible = cell.symbol().chars().find(|c| !is_escaped(*c)).unwrap_or(' ');
            cell.set_char(visible);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_and_padded_text_has_the_requested_width() {
        for (text, width) in [("alarm", 3), ("alarm", 5), ("alarm", 9), ("日本語", 4), ("", 2), ("x", 0)] {
            assert_eq!(pad(text, width).width(), width, "{text} in {width}");
        }
        assert_eq!(cut("rootbell-alerts", 9), "rootbell…");
        for (text, width) in
            [("arn:aws:iam::1:user/alice", 11), ("日本語日本語", 7), ("alarm", 5), ("alarm", 2), ("", 0)]
        {
            assert!(cut_middle(text, width).width() <= width, "{text} in {width}");
        }
        assert_eq!(cut_middle("arn:aws:iam::1:user/alice", 12), "arn:aw…alice");
    }

    #[test]
    fn a_region_is_not_split_between_two_lines() {
        assert_eq!(wrap("Region eu-west-1 from the profile", 14), ["Region", "eu-west-1 from", "the profile"]);
        assert_eq!(wrap("rootbell-123456789012-eu-west-1", 25), ["rootbell-123456789012-eu-", "west-1"]);
    }

    #[test]
    fn a_field_scrolls_and_places_its_cursor_by_columns() {
        let at_end = |text: &str, width| field(&Input::new(text.into()), width);
        assert_eq!(at_end("abc", 4), ("abc".into(), 3));
        assert_eq!(at_end("abcd", 4), ("bcd".into(), 3));
        assert_eq!(at_end("漢字", 6), ("漢字".into(), 4));
        assert_eq!(at_end("漢字", 5), ("漢字".into(), 4));
        // A wide character that is only half inside the box is left out.
        assert_eq!(at_end("漢字", 4), ("字".into(), 2));
        assert_eq!(at_end("a📧@漢字.jp", 6), ("字.jp".into(), 5));
        let at_start = field(&Input::new("漢字例え".into()).with_cursor(0), 5);
        assert_eq!(at_start, ("漢字".into(), 0));
        for text in ["", "x", "漢字例え漢字例え", "a漢b字c例d", "e\u{301}e\u{301}e\u{301}📧📧📧"] {
            for (width, cursor) in (1..12).flat_map(|w| (0..=text.chars().count()).map(move |c| (w, c))) {
                let (shown, column) = field(&Input::new(text.into()).with_cursor(cursor), width);
                assert!(shown.width() <= width && column < width.max(2), "{text:?} in {width} at {cursor}");
            }
        }
    }

    #[test]
    fn a_field_in_rows_breaks_and_places_its_cursor_by_columns() {
        let at = |text: &str, cursor| field_rows(&Input::new(text.into()).with_cursor(cursor), 5);
        assert_eq!(at("漢字例", 3), (vec!["漢字".into(), "例".into()], (2, 1)));
        assert_eq!(at("漢字例", 2).1, (0, 1));
        assert_eq!(at("abcde", 5), (vec!["abcde".into(), String::new()], (0, 1)));
        assert_eq!(at("", 0), (vec![String::new()], (0, 0)));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(cut("a\u{1b}[31mb", 20), r"a\u001b[31mb");
        assert!(wrap("x\u{7}y\nz", 10).iter().all(|l| !l.chars().any(char::is_control)));
    }
}
