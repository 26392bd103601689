//! The elements of a policy statement, with the forms that IAM accepts for each.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    Allow,
    Deny,
}

/// Text, or a list of texts. A list of one may be written without brackets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(list) => list,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_slice().iter().map(String::as_str)
    }
}

impl From<&str> for OneOrMany {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for OneOrMany {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl<T: AsRef<str>> From<&[T]> for OneOrMany {
    /// Without brackets if there is only one.
    fn from(list: &[T]) -> Self {
        match list {
            [one] => Self::One(one.as_ref().to_owned()),
            all => Self::Many(all.iter().map(|text| text.as_ref().to_owned()).collect()),
        }
    }
}

impl<T: AsRef<str>, const N: usize> From<[T; N]> for OneOrMany {
    fn from(list: [T; N]) -> Self {
        Self::from(list.as_slice())
    }
}

/// Whom a statement is about.
///
/// Source: IAM User Guide, "AWS JSON policy elements: Principal".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Principal {
    /// `"*"`.
    Text(String),
    /// By type: `AWS`, `Service`, `Federated`, `CanonicalUser`.
    ByType(BTreeMap<String, OneOrMany>),
}

impl Principal {
    /// An AWS service, such as `cloudtrail.amazonaws.com`.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::ByType(BTreeMap::from([("Service".to_owned(), name.into())]))
    }

    /// An account, a role, or a user, by its ARN.
    #[must_use]
    pub fn aws(arn: &str) -> Self {
        Self::ByType(BTreeMap::from([("AWS".to_owned(), arn.into())]))
    }

    #[must_use]
    pub fn everyone() -> Self {
        Self::Text("*".to_owned())
    }

    /// Whether it names everyone, `"*"` or `{ "AWS": "*" }`.
    ///
    /// Source: IAM User Guide, "AWS JSON policy elements: Principal", all principals.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        match self {
            Self::Text(text) => text == "*",
            Self::ByType(types) => types.get("AWS").is_some_and(|names| names.iter().any(|name| name == "*")),
        }
    }

    /// Whether the service is among those named.
    #[must_use]
    pub fn includes_service(&self, service: &str) -> bool {
        match self {
            Self::Text(_) => false,
            Self::ByType(types) => types.get("Service").is_some_and(|names| names.iter().any(|name| name == service)),
        }
    }

    /// Whether nobody but the service is named.
    #[must_use]
    pub fn is_only_service(&self, service: &str) -> bool {
        match self {
            Self::Text(_) => false,
            Self::ByType(types) => {
                types.len() == 1 && types.get("Service").is_some_and(|names| names.iter().eq([service]))
            }
        }
    }
}

/// The tests that a request must pass; none for `{}`, which is not a condition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub(super) struct Condition(pub Vec<ConditionTest>);

/// One operator on one key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ConditionTest {
    Compare {
        operator: String,
        key: String,
        values: Vec<String>,
    },
    /// Not in IAM's format. The text names it.
    Unreadable(String),
}

impl From<Value> for Condition {
    fn from(written: Value) -> Self {
        let operators = match written {
            Value::Null => return Self::default(),
            Value::Object(operators) => operators,
            other => return Self(vec![ConditionTest::Unreadable(format!("the condition {other}"))]),
        };
        let tests = operators.iter().flat_map(|(operator, keys)| match keys {
            Value::Object(keys) => {
                let compare = |(key, wanted): (&String, &Value)| ConditionTest::Compare {
                    operator: operator.clone(),
                    key: key.clone(),
                    values: condition_values(wanted),
                };
                keys.iter().map(compare).collect()
            }
            _ => vec![ConditionTest::Unreadable(format!("the condition `{operator}`"))],
        });
        Self(tests.collect())
    }
}

/// The values as text: `true` and "true" are the same in a policy.
fn condition_values(wanted: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match wanted {
        Value::Array(list) => list.iter().map(text).collect(),
        one => vec![text(one)],
    }
}
