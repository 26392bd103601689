//! The grammar of CloudWatch Logs filter patterns for JSON events: one tree, which the audit compares and explains, and
//! which the demo account evaluates.
//!
//! A pattern is a condition in braces. Parentheses bind before `&&`, and `&&` before `||`; white space between words,
//! tabs and line ends included, makes no difference. There is no form for CIDR ranges: addresses are told apart by
//! `123.123.*` or a regular expression. The forms for text that is not JSON (`ERROR`, `"two words"`, `[a, b]`) are not
//! read: they cannot tell one field of an event from another.
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

/// The longest pattern that CloudWatch Logs takes, in characters.
///
/// Source: CloudWatch Logs API, PutMetricFilter, `filterPattern`.
pub const MAX_CHARS: usize = 1024;

/// A pattern that CloudWatch Logs would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Condition);

/// A tree of conditions.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// One field is tested.
    Holds(Selector, Test),
}

/// The way from the event to a value, as in `$.userIdentity.type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Vec<PathPart>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathPart {
    Key(String),
    Index(usize),
    /// Any element of an array, any field of an object.
    Each,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Missing,
    Null,
    Is(bool),
    Like { form: Form, unlike: bool },
    Equals { number: f64, word: String, unlike: bool },
    Order(Order, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a text is compared with.
#[derive(Clone, Debug)]
pub enum Form {
    /// A star stands for any text at either end only.
    Text { text: String, open_start: bool, open_end: bool },
    Regex {
        /// As it stands between the percent signs.
        source: String,
        regex: Regex,
    },
}

/// Where a pattern goes wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The character it is about, counted from 1.
    pub at: usize,
    pub message: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where it goes wrong.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().count() > MAX_CHARS {
            return Err(PatternError {
                at: MAX_CHARS + 1,
                message: format!("a pattern has at most {MAX_CHARS} characters"),
            });
        }
        parse::pattern(text).map(Self)
    }

    /// What must all hold, each as the pattern has it; parentheses that make no difference are gone.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Condition> {
        let mut found = Vec::new();
        self.0.flatten(&mut found, true);
        found
    }

    /// The alternatives, any of which is enough; one, where the pattern has no `||` that stands on its own.
    #[must_use]
    pub fn alternatives(&self) -> Vec<&Condition> {
        let mut found = Vec::new();
        self.0.flatten(&mut found, false);
        found
    }

    /// Every test of a field in the pattern.
    #[must_use]
    pub fn tests(&self) -> Vec<(&Selector, &Test)> {
        self.0.tests()
    }

    /// Whether both say the same thing: the order of what is joined by one sign, repetitions, and parentheses that make
    /// no difference do not count.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.0.normalized() == other.0.normalized()
    }
}

impl Condition {
    /// Every test of a field in the condition.
    #[must_use]
    pub fn tests(&self) -> Vec<(&Selector, &Test)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Holds(selector, test) => vec![(selector, test)],
        }
    }

    /// The parts that are joined by `&&` (`all`) or by `||`.
    fn flatten<'a>(&'a self, found: &mut Vec<&'a Self>, all: bool) {
        match self {
            Self::All(parts) if all => parts.iter().for_each(|part| part.flatten(found, all)),
            Self::Any(parts) if !all => parts.iter().for_each(|part| part.flatten(found, all)),
            part => found.push(part),
        }
    }

    /// The condition in the one way of writing that everything that says the same shares.
    fn normalized(&self) -> String {
        let (all, sign) = match self {
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
            _ => format!("({})", parts.join(sign)),
        }
    }
}

/// Two regular expressions are the same where they are written the same.
impl PartialEq for Form {
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
