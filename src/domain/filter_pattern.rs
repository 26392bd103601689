//! CloudWatch Logs filter patterns for JSON events, parsed into a tree that the audit compares and explains and that
//! the demo account evaluates.
//!
//! A pattern is a condition in braces. Parentheses have the highest precedence, then `&&`, then `||`; white space
//! between words, including tabs and line breaks, makes no difference. There is no syntax for CIDR ranges: IP addresses
//! are matched with `123.123.*` or a regular expression. The patterns for text that is not JSON (`ERROR`,
//! `"two words"`, `[a, b]`) are not supported, because they cannot match a field of a JSON event.
//!
//! Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log
//! events, and Live Tail"
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>), "Using filter patterns to
//! match terms in JSON log events", and "Supported regular expressions (regex) syntax"
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html>).

use regex_lite::Regex;

mod evaluate;
mod parse;
#[cfg(test)]
mod tests;
mod write;

/// The maximum length of a pattern, in characters.
///
/// Source: CloudWatch Logs API, PutMetricFilter, `filterPattern`.
pub const MAX_CHARS: usize = 1024;

/// A valid pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Condition);

/// A condition, which may contain other conditions.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// A test of one field.
    Holds(Selector, FieldTest),
}

/// The path to a value in an event, such as `$.userIdentity.type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Vec<PathPart>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathPart {
    Key(String),
    Index(usize),
    /// `*`: any element of an array or any field of an object.
    Each,
}

/// What a field's value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldTest {
    Missing,
    Null,
    Is(bool),
    Like { matcher: Matcher, negated: bool },
    Equals { number: f64, word: String, negated: bool },
    Compare(Comparison, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A text or a regular expression that a value is matched against.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// `*` is a wildcard only at the start or end: `open_start` and `open_end` say whether it was there.
    Text { text: String, open_start: bool, open_end: bool },
    Regex {
        /// The text between the percent signs.
        source: String,
        regex: Regex,
    },
}

/// A syntax error in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The position of the character with the error, starting at 1.
    pub at: usize,
    pub message: String,
}

impl Pattern {
    /// The conditions that are joined by `&&` at the top level, with redundant parentheses removed.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Condition> {
        let mut found = Vec::new();
        self.0.flatten(&mut found, true);
        found
    }

    /// The conditions that are joined by `||` at the top level; a single one if there is no such `||`.
    #[must_use]
    pub fn alternatives(&self) -> Vec<&Condition> {
        let mut found = Vec::new();
        self.0.flatten(&mut found, false);
        found
    }

    /// All field tests in the pattern.
    #[must_use]
    pub fn tests(&self) -> Vec<(&Selector, &FieldTest)> {
        self.0.tests()
    }

    /// Whether both patterns are logically the same, apart from the order of operands, repetitions and redundant
    /// parentheses.
    #[must_use]
    pub fn is_equivalent_to(&self, other: &Self) -> bool {
        self.0.normalized() == other.0.normalized()
    }
}

impl Condition {
    /// All field tests in the condition.
    #[must_use]
    pub fn tests(&self) -> Vec<(&Selector, &FieldTest)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Holds(selector, test) => vec![(selector, test)],
        }
    }

    /// Collects the operands of `&&` (if `all`) or of `||`.
    fn flatten<'a>(&'a self, found: &mut Vec<&'a Self>, all: bool) {
        match self {
            Self::All(parts) if all => parts.iter().for_each(|part| part.flatten(found, all)),
            Self::Any(parts) if !all => parts.iter().for_each(|part| part.flatten(found, all)),
            part => found.push(part),
        }
    }

    /// A canonical form: the same text for all conditions that differ only in order, repetitions and parentheses.
    fn normalized(&self) -> String {
        let (all, operator) = match self {
            Self::All(_) => (true, " && "),
            Self::Any(_) => (false, " || "),
            Self::Holds(..) => return self.to_string(),
        };
        let mut parts = Vec::new();
        self.flatten(&mut parts, all);
        let mut parts: Vec<String> = parts.into_iter().map(Self::normalized).collect();
        parts.sort();
        parts.dedup();
        match parts.as_slice() {
            [only] => only.clone(),
            _ => format!("({})", parts.join(operator)),
        }
    }
}

/// Two regular expressions are equal if their source is.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Regex { source: a, .. }, Self::Regex { source: b, .. }) => a == b,
            (
                Self::Text { text: a, open_start: a_start, open_end: a_end },
                Self::Text { text: b, open_start: b_start, open_end: b_end },
            ) => (a, a_start, a_end) == (b, b_start, b_end),
            _ => false,
        }
    }
}
