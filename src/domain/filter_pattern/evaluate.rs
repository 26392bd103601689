//! Matches events against a pattern.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Comparison, Condition, FieldTest, Matcher, PathPart, Pattern, Selector};

impl Pattern {
    /// Whether the event matches. Anything that is not a JSON object does not match.
    #[must_use]
    pub fn matches(&self, event: &str) -> bool {
        serde_json::from_str::<Value>(event).is_ok_and(|event| self.matches_value(&event))
    }

    /// The same for a parsed event.
    #[must_use]
    pub fn matches_value(&self, event: &Value) -> bool {
        event.is_object() && self.0.holds(event)
    }
}

impl Condition {
    /// Whether the condition is true for the event.
    #[must_use]
    pub fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Self::Holds(selector, FieldTest::Missing) => selector.values(event).is_empty(),
            Self::Holds(selector, test) => selector.values(event).into_iter().any(|value| test.holds(value)),
        }
    }
}

impl Selector {
    fn values<'a>(&self, event: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![event];
        for part in &self.0 {
            found = match part {
                PathPart::Key(key) => found.into_iter().filter_map(|value| value.get(key)).collect(),
                PathPart::Index(index) => found.into_iter().filter_map(|value| value.get(index)).collect(),
                PathPart::Each => found.into_iter().flat_map(children).collect(),
            };
        }
        found
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

impl FieldTest {
    /// Whether the test is true for the value. Only strings and numbers can be compared: for anything else, both `=`
    /// and `!=` are false.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, value) => value.is_null(),
            (Self::Is(expected), value) => value.as_bool() == Some(*expected),
            (Self::Like { matcher, negated }, Value::String(text)) => matcher.matches(text) != *negated,
            (Self::Like { matcher, negated }, Value::Number(number)) => {
                matcher.matches(&number.to_string()) != *negated
            }
            (Self::Equals { number, negated, .. }, Value::Number(value)) => is_equal(value, *number) != *negated,
            (Self::Equals { word, negated, .. }, Value::String(text)) => (text == word) != *negated,
            (Self::Compare(comparison, number), Value::Number(value)) => {
                value.as_f64().is_some_and(|value| match comparison {
                    Comparison::Less => value < *number,
                    Comparison::LessOrEqual => value <= *number,
                    Comparison::Greater => value > *number,
                    Comparison::GreaterOrEqual => value >= *number,
                })
            }
            _ => false,
        }
    }
}

fn is_equal(value: &Number, number: f64) -> bool {
    value.as_f64().and_then(|value| value.partial_cmp(&number)).is_some_and(Ordering::is_eq)
}

impl Matcher {
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Regex { regex, .. } => regex.is_match(value),
            Self::Text { text, open_start: true, open_end: true } => value.contains(text),
            Self::Text { text, open_start: true, open_end: false } => value.ends_with(text),
            Self::Text { text, open_start: false, open_end: true } => value.starts_with(text),
            Self::Text { text, open_start: false, open_end: false } => value == text,
        }
    }
}
