//! Patterns of plain terms, as in `"Root" "ConsoleLogin"`, which match the text of an event wherever the terms occur in it.
//!
//! Source: CloudWatch Logs User Guide, "Filter pattern syntax", "Match terms in unstructured log events".

/// The terms of a pattern.
pub(super) struct Terms {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Terms {
    /// `None` if it isn't a pattern of plain terms, or one whose meaning is not certain.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut terms = Self { all: Vec::new(), any: Vec::new(), none: Vec::new() };
        let mut rest = pattern.trim();
        if rest.starts_with(['{', '[']) {
            return None;
        }
        while !rest.is_empty() {
            let (list, term) = match rest.chars().next()? {
                '?' => (&mut terms.any, rest.get(1..)?),
                '-' => (&mut terms.none, rest.get(1..)?),
                _ => (&mut terms.all, rest),
            };
            let quoted = term.strip_prefix('"');
            let (term, after) = match quoted {
                Some(quoted) => quoted.split_once('"')?,
                None => term.split_once(char::is_whitespace).unwrap_or((term, "")),
            };
            let is_word = term.chars().all(|c| c.is_alphanumeric() || c == '_');
            let is_separated = after.is_empty() || quoted.is_none() || after.starts_with(char::is_whitespace);
            if term.is_empty() || term.contains('\\') || !(is_word || quoted.is_some()) || !is_separated {
                return None;
            }
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        // CloudWatch Logs ignores optional terms beside others.
        let is_certain = terms.any.is_empty() || terms.all.is_empty() && terms.none.is_empty();
        (is_certain && !(terms.all.is_empty() && terms.any.is_empty())).then_some(terms)
    }

    pub(super) fn matches(&self, event: &str) -> bool {
        let has = |term: &String| event.contains(term.as_str());
        self.all.iter().all(has) && !self.none.iter().any(has) && (self.any.is_empty() || self.any.iter().any(has))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_match_events_that_contain_them() {
        let event = r#"{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}"#;
        for (pattern, matches) in [
            (r#""Root" "ConsoleLogin""#, true),
            ("Root ConsoleLogin", true),
            ("Root -ConsoleLogin", false),
            ("?CreateUser ?ConsoleLogin", true),
            ("Root CreateUser", false),
        ] {
            assert_eq!(Terms::parse(pattern).map(|terms| terms.matches(event)), Some(matches), "{pattern}");
        }
        for pattern in ["", "{ $.a = b }", "[ip, user]", "?Root ConsoleLogin", "%Root%", "\"Root", "-Root"] {
            assert!(Terms::parse(pattern).is_none(), "{pattern}");
        }
    }
}
