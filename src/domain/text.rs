//! Text for people. Escapes untrusted text: an alarm's reason, a name, a tag, a user agent, an error message.

use std::fmt::Write;

use jiff::SignedDuration;

/// The text on one line, with all control and invisible characters escaped (`\u202e`): C0 and C1 controls, including
/// line breaks and tabs, bidirectional formatting characters, and other invisible ones. The escapes are those of JSON,
/// so escaping JSON does not change its meaning.
///
/// Source: Unicode Standard Annex #9, "Explicit Directional Formatting Characters" and "Implicit Directional Marks";
/// ECMA-48 for the controls.
#[must_use]
pub fn escape_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The same for multi-line text: its line breaks are kept.
#[must_use]
pub fn escape_controls_in_lines(text: &str) -> String {
    text.split('\n').map(escape_controls).collect::<Vec<_>>().join("\n")
}

/// Whether [`escape_controls`] escapes the character.
#[must_use]
pub fn is_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The names among these that were most likely meant, for "did you mean": at most `most` of them, the likeliest first;
/// none if all are too different.
pub fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let typed = name.to_lowercase();
    // Short names differ in one letter or are different names.
    let limit = 3.min(typed.chars().count().div_ceil(3));
    let contains = |long: &str, short: &str| short.chars().count() > 2 && long.contains(short);
    let mut close: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let known = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&typed, &known);
            // A name with more or less in front or at the end is less likely than a misspelled one.
            let is_part = contains(&known, &typed) || contains(&typed, &known);
            match distance {
                distance if distance <= limit => Some((distance, name)),
                distance if is_part => Some((limit + distance, name)),
                _ => None,
            }
        })
        .collect();
    close.sort_by_key(|(distance, _)| *distance);
    close.into_iter().map(|(_, name)| name).take(most).collect()
}

/// "`a`", "`a` or `b`", "`a`, `b`, or `c`".
#[must_use]
pub fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} or {second}"),
        [others @ .., last] => format!("{}, or {last}", others.join(", ")),
    }
}

/// A duration in the largest unit that fits, as in "3 min", "12 d".
#[must_use]
pub fn age(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_invisible_characters_are_escaped() {
        assert_eq!(escape_controls("a\u{1b}[2Jb\u{9b}c\nd\te"), r"a\u001b[2Jb\u009bc\u000ad\u0009e");
        assert_eq!(escape_controls("\u{202e}gpj\u{2066}\u{61c}\u{200f}"), r"\u202egpj\u2066\u061c\u200f");
        assert_eq!(escape_controls("\u{e0041}"), r"\udb40\udc41");
        assert_eq!(escape_controls("Zoë 日本 🔔 “x” ±"), "Zoë 日本 🔔 “x” ±");
        assert_eq!(escape_controls_in_lines("a\u{7}\nb\r\n"), "a\\u0007\nb\\u000d\n");
    }

    #[test]
    fn misspelled_names_come_before_longer_and_shorter_ones_and_others_are_left_out() {
        let names = ["default", "acme-prod", "prod", "prod-eu", "staging", "pro"];
        assert_eq!(closest("prdo", names, 3), ["prod", "pro"]);
        assert_eq!(closest("PROD", names, 9), ["prod", "pro", "prod-eu", "acme-prod"]);
        assert_eq!(closest("prod-eu-west", names, 1), ["prod-eu"]);
        assert!(closest("zzz", names, 3).is_empty() && closest("", names, 3).is_empty());
        assert_eq!(alternatives(&["a"]), "`a`");
        assert_eq!(alternatives(&["a", "b"]), "`a` or `b`");
        assert_eq!(alternatives(&["a", "b", "c"]), "`a`, `b`, or `c`");
    }

    #[test]
    fn escaping_json_does_not_change_its_meaning() {
        let value = serde_json::json!({ "a": "\u{202e}\u{1b}\u{9b}\n\u{e0041}\u{ad}" });
        let escaped = escape_controls_in_lines(&format!("{value:#}"));
        assert!(!escaped.chars().any(|c| is_escaped(c) && c != '\n'), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        assert_eq!(escape_controls_in_lines(&escaped), escaped, "escaping twice changes nothing");
    }
}
