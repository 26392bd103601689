//! Whether an event matches.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Condition, Form, Order, PathPart, Pattern, Selector, Test};

impl Pattern {
    /// Whether the event matches. One that is no JSON object matches nothing.
    #[must_use]
    pub fn matches(&self, event: &str) -> bool {
        serde_json::from_str::<Value>(event).is_ok_and(|event| self.fits(&event))
    }

    /// The same for an event that is read already.
    #[must_use]
    pub fn fits(&self, event: &Value) -> bool {
        event.is_object() && self.0.holds(event)
    }
}

impl Condition {
    /// Whether the event is as it says.
    #[must_use]
    pub fn holds(&self, event: &Value) -> bool {
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
                PathPart::Key(key) => found.into_iter().filter_map(|value| value.get(key)).collect(),
                PathPart::Index(index) => found.into_iter().filter_map(|value| value.get(index)).collect(),
                PathPart::Each => found.into_iter().flat_map(inside).collect(),
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
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
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
            Self::Regex { regex, .. } => regex.is_match(held),
            Self::Text { text, open_start: true, open_end: true } => held.contains(text),
            Self::Text { text, open_start: true, open_end: false } => held.ends_with(text),
            Self::Text { text, open_start: false, open_end: true } => held.starts_with(text),
            Self::Text { text, open_start: false, open_end: false } => held == text,
        }
    }
}
