//! CloudWatch Logs filter patterns for JSON events, parsed and evaluated.
//!
//! Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log
//! events, and Live Tail" and "Using filter patterns to match terms in JSON log events". There is no form for CIDR
//! ranges: addresses are told apart by `123.123.*` or a regular expression.

use std::cmp::Ordering;

use regex_lite::Regex;
use serde_json::{Number, Value};

use super::Refusal;
use crate::cloud::ErrorKind;
use crate::domain::pattern::MAX_CHARS;

mod parse;
#[cfg(test)]
mod tests;

/// A pattern that CloudWatch Logs would take.
#[derive(Clone, Debug)]
pub struct Pattern(Condition);

#[derive(Clone, Debug)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Holds(Selector, Test),
}

/// The way from the event to a value.
#[derive(Clone, Debug)]
struct Selector(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
    /// Any element of an array, any field of an object.
    Each,
}

#[derive(Clone, Debug)]
enum Test {
    Missing,
    Null,
    Is(bool),
    Like { form: Form, unlike: bool },
    Equals { number: f64, word: String, unlike: bool },
    Order(Order, f64),
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a text is compared with.
#[derive(Clone, Debug)]
enum Form {
    /// A star stands for any text at either end only.
    Text {
        text: String,
        open_start: bool,
        open_end: bool,
    },
    Regex(Regex),
}

/// Where a pattern goes wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The character it is about, counted from 1.
    pub at: usize,
    pub said: String,
}

impl From<Wrong> for Refusal {
    fn from(wrong: Wrong) -> Self {
        let message = format!("Invalid metric filter pattern (at character {}: {})", wrong.at, wrong.said);
        Self::new(ErrorKind::Invalid, message)
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where it goes wrong.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        if text.chars().count() > MAX_CHARS {
            return Err(Wrong { at: MAX_CHARS + 1, said: format!("a pattern has at most {MAX_CHARS} characters") });
        }
        parse::pattern(text).map(Self)
    }

    /// Whether the event matches. One that is no JSON object matches nothing.
    #[must_use]
    pub fn matches(&self, event: &str) -> bool {
        match serde_json::from_str::<Value>(event) {
            Ok(event @ Value::Object(_)) => self.0.holds(&event),
            _ => false,
        }
    }
}

impl Condition {
    fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Self::Holds(selector, Test::Missing) => selector.values(event).is_empty(),
            Self::Holds(selector, test) => selector.values(event).into_iter().any(|value| test.holds(value)),
        }
    }
}

impl Selector {
    fn values<'a>(&self, event: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![event];
        for step in &self.0 {
            found = match step {
                Step::Key(key) => found.into_iter().filter_map(|value| value.get(key)).collect(),
                Step::Index(index) => found.into_iter().filter_map(|value| value.get(index)).collect(),
                Step::Each => found.into_iter().flat_map(inside).collect(),
            };
        }
        found
    }
}

fn inside(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

impl Test {
    /// Only strings and numbers can be compared: anything else fails `=` and `!=` alike.
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, value) => value.is_null(),
            (Self::Is(wanted), value) => value.as_bool() == Some(*wanted),
            (Self::Like { form, unlike }, Value::String(text)) => form.fits(text) != *unlike,
            (Self::Like { form, unlike }, Value::Number(number)) => form.fits(&number.to_string()) != *unlike,
            (Self::Equals { number, unlike, .. }, Value::Number(held)) => same(held, *number) != *unlike,
            (Self::Equals { word, unlike, .. }, Value::String(text)) => (text == word) != *unlike,
            (Self::Order(order, number), Value::Number(held)) => held.as_f64().is_some_and(|held| match order {
                Order::Less => held < *number,
                Order::LessOrEqual => held <= *number,
                Order::Greater => held > *number,
                Order::GreaterOrEqual => held >= *number,
            }),
            _ => false,
        }
    }
}

fn same(held: &Number, number: f64) -> bool {
    held.as_f64().and_then(|held| held.partial_cmp(&number)).is_some_and(Ordering::is_eq)
}

impl Form {
    fn fits(&self, held: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(held),
            Self::Text { text, open_start: true, open_end: true } => held.contains(text),
            Self::Text { text, open_start: true, open_end: false } => held.ends_with(text),
            Self::Text { text, open_start: false, open_end: true } => held.starts_with(text),
            Self::Text { text, open_start: false, open_end: false } => held == text,
        }
    }
}
