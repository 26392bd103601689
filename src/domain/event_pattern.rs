//! EventBridge event patterns: whether an event matches.
//!
//! Source: EventBridge User Guide, "Creating Amazon EventBridge event patterns" and "Comparison operators for use in event
//! patterns in Amazon EventBridge".

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::three_valued::{Holds, all, any};

pub mod coverage;
#[cfg(test)]
mod tests;

pub use coverage::{RuleCoverage, RuleKind, coverage, coverage_with, undecided};

/// An event pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPattern(Map<String, Value>);

impl EventPattern {
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(pattern)) => check_object(&pattern).map(|()| Self(pattern)),
            Ok(_) => Err("An event pattern is a JSON object.".to_owned()),
            Err(error) => Err(format!("The event pattern is not JSON: {error}.")),
        }
    }

    /// Whether the event matches; `None` if the pattern compares in a way that isn't known here.
    #[must_use]
    pub fn matches(&self, event: &Value) -> Holds {
        object_matches(&self.0, Some(event))
    }

    /// The values that the pattern lists for a field at the top of the event.
    #[must_use]
    pub fn values_of(&self, field: &str) -> Vec<&str> {
        self.0.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// One of several conditions at the same level.
const OR: &str = "$or";

fn check_object(pattern: &Map<String, Value>) -> Result<(), String> {
    if pattern.is_empty() {
        return Err("An event pattern has at least one field.".to_owned());
    }
    pattern.iter().try_for_each(|(key, value)| match value {
        Value::Array(all) if key == OR => all.iter().try_for_each(|each| match each {
            Value::Object(pattern) => check_object(pattern),
            _ => Err(format!("`{OR}` takes objects.")),
        }),
        Value::Object(pattern) => check_object(pattern),
        Value::Array(values) if values.is_empty() => Err(format!("The list of `{key}` is empty.")),
        Value::Array(_) => Ok(()),
        _ => Err(format!("The value of `{key}` is neither a list nor an object.")),
    })
}

fn object_matches(pattern: &Map<String, Value>, event: Option<&Value>) -> Holds {
    // Of several objects in a list, one has to match.
    if let Some(Value::Array(elements)) = event {
        return any(elements.iter().map(|element| object_matches(pattern, Some(element))));
    }
    all(pattern.iter().map(|(key, expected)| {
        if key == OR {
            let alternatives = expected.as_array().into_iter().flatten().filter_map(Value::as_object);
            return any(alternatives.map(|alternative| object_matches(alternative, event)));
        }
        let value = event.and_then(|event| event.get(key));
        match expected {
            Value::Object(nested) => object_matches(nested, value),
            Value::Array(filters) => any(filters.iter().map(|filter| filter_matches(filter, value))),
            _ => None,
        }
    }))
}

/// The elements of a list, or the value itself.
fn elements(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(elements)) => elements,
        Some(value) => std::slice::from_ref(value),
    }
}

fn filter_matches(filter: &Value, value: Option<&Value>) -> Holds {
    let Value::Object(operators) = filter else {
        return Some(elements(value).iter().any(|element| equals(filter, element)));
    };
    let mut operators = operators.iter();
    match (operators.next(), operators.next()) {
        (Some((name, operand)), None) => operator_matches(name, operand, value),
        _ => None,
    }
}

fn equals(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < f64::EPSILON,
        _ => a == b,
    }
}

fn operator_matches(name: &str, operand: &Value, value: Option<&Value>) -> Holds {
    if name == "exists" {
        let exists = value.is_some_and(|value| !value.is_object());
        return Some(exists == operand.as_bool()?);
    }
    any(elements(value).iter().map(|element| element_matches(name, operand, element)))
}

fn element_matches(name: &str, operand: &Value, element: &Value) -> Holds {
    match name {
        "prefix" | "suffix" | "wildcard" | "equals-ignore-case" => {
            let Some(text) = element.as_str() else { return Some(false) };
            text_matches(name, operand, text)
        }
        "anything-but" => differs(operand, element),
        "numeric" => element.as_f64().map_or(Some(false), |number| number_matches(operand, number)),
        "cidr" => {
            let Some(address) = element.as_str().and_then(|text| text.parse().ok()) else { return Some(false) };
            in_network(operand.as_str()?, address)
        }
        _ => None,
    }
}

fn text_matches(name: &str, operand: &Value, text: &str) -> Holds {
    let ignores_case = |operand: &Value| Some(operand.get("equals-ignore-case")?.as_str()?.to_lowercase());
    match (name, operand) {
        ("prefix", Value::String(prefix)) => Some(text.starts_with(prefix.as_str())),
        ("suffix", Value::String(suffix)) => Some(text.ends_with(suffix.as_str())),
        ("equals-ignore-case", Value::String(other)) => Some(text.to_lowercase() == other.to_lowercase()),
        ("wildcard", Value::String(wildcard)) => Some(wildcard_matches(wildcard, text)),
        ("prefix", operand) => Some(text.to_lowercase().starts_with(&ignores_case(operand)?)),
        ("suffix", operand) => Some(text.to_lowercase().ends_with(&ignores_case(operand)?)),
        _ => None,
    }
}

/// `*` stands for any text, `\*` for an asterisk, and `\\` for a backslash.
fn wildcard_matches(wildcard: &str, text: &str) -> bool {
    // The parts between asterisks, in which the escapes are resolved.
    let mut parts = vec![String::new()];
    let mut characters = wildcard.chars();
    while let Some(c) = characters.next() {
        let last = parts.len() - 1;
        match c {
            '*' => parts.push(String::new()),
            '\\' => parts[last].extend(characters.next()),
            c => parts[last].push(c),
        }
    }
    let (Some((first, rest)), Some(mut text)) = (parts.split_first(), text.strip_prefix(parts[0].as_str())) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return first == wildcard && text.is_empty() || text.is_empty();
    };
    for part in middle {
        match text.find(part.as_str()) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last.as_str())
}

fn differs(operand: &Value, element: &Value) -> Holds {
    match operand {
        Value::Array(all) => Some(!all.iter().any(|each| equals(each, element))),
        Value::Object(operators) => {
            let mut operators = operators.iter();
            let (Some((name, operand)), None) = (operators.next(), operators.next()) else { return None };
            let operands = match operand {
                Value::Array(all) => all.as_slice(),
                one => std::slice::from_ref(one),
            };
            any(operands.iter().map(|operand| element_matches(name, operand, element))).map(|matches| !matches)
        }
        one => Some(!equals(one, element)),
    }
}

/// Pairs of an operator and a number.
fn number_matches(operand: &Value, number: f64) -> Holds {
    let comparisons = operand.as_array()?;
    all(comparisons.chunks(2).map(|pair| {
        let [operator, limit] = pair else { return None };
        let limit = limit.as_f64()?;
        match operator.as_str()? {
            "=" => Some((number - limit).abs() < f64::EPSILON),
            "<" => Some(number < limit),
            "<=" => Some(number <= limit),
            ">" => Some(number > limit),
            ">=" => Some(number >= limit),
            _ => None,
        }
    }))
}

fn in_network(network: &str, address: IpAddr) -> Holds {
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, bits.parse::<u32>().ok()?),
        None => (network, 128),
    };
    let same = |a: u128, b: u128, width: u32| {
        let ignored = width.saturating_sub(bits.min(width));
        a.checked_shr(ignored).unwrap_or(0) == b.checked_shr(ignored).unwrap_or(0)
    };
    Some(match (base.parse().ok()?, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => same(u32::from(base).into(), u32::from(address).into(), 32),
        (IpAddr::V6(base), IpAddr::V6(address)) => same(base.into(), address.into(), 128),
        _ => false,
    })
}
