//! The statements of a policy document. Each keeps the form in which it was written.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::elements::{Condition, ConditionTest, Effect, OneOrMany, Principal};

/// A statement, as it was written and as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct Statement {
    written: Value,
    /// `None`: the statement isn't in IAM's format.
    elements: Option<Box<Elements>>,
}

/// The elements of a statement that rootbell reads. Others are only kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Elements {
    pub sid: Option<String>,
    pub effect: Effect,
    pub principal: Option<Principal>,
    pub not_principal: Option<Principal>,
    pub action: Option<OneOrMany>,
    pub not_action: Option<OneOrMany>,
    pub resource: Option<OneOrMany>,
    pub not_resource: Option<OneOrMany>,
    #[serde(default)]
    pub condition: Condition,
}

impl Statement {
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        json!({ "Effect": effect }).into()
    }

    #[must_use]
    pub fn with_sid(sid: &str, effect: Effect) -> Self {
        json!({ "Sid": sid, "Effect": effect }).into()
    }

    #[must_use]
    pub fn principal(self, principal: &Principal) -> Self {
        self.set("Principal", json!(principal))
    }

    #[must_use]
    pub fn action(self, actions: impl Into<OneOrMany>) -> Self {
        self.set("Action", json!(actions.into()))
    }

    #[must_use]
    pub fn resource(self, resources: impl Into<OneOrMany>) -> Self {
        self.set("Resource", json!(resources.into()))
    }

    /// Adds a test to the condition.
    #[must_use]
    pub fn condition(self, operator: &str, key: &str, value: &str) -> Self {
        let mut condition = self.written.get("Condition").cloned().unwrap_or_else(|| json!({}));
        condition[operator][key] = value.into();
        self.set("Condition", condition)
    }

    pub(super) fn set(self, element: &str, value: Value) -> Self {
        let mut elements = match self.written {
            Value::Object(elements) => elements,
            _ => Map::new(),
        };
        elements.insert(element.to_owned(), value);
        Value::Object(elements).into()
    }

    /// The statement as JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.written
    }

    pub(super) fn elements(&self) -> Option<&Elements> {
        self.elements.as_deref()
    }

    /// Whether the statement is in IAM's format.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.elements.is_some()
    }

    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.elements()?.sid.as_deref()
    }

    /// Whom the statement is about, unless it says whom it is not about.
    #[must_use]
    pub fn who(&self) -> Option<&Principal> {
        self.elements()?.principal.as_ref()
    }

    /// The actions that the statement names.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.elements().and_then(|elements| elements.action.as_ref()).into_iter().flat_map(OneOrMany::iter)
    }

    /// The resources that the statement names.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.elements().and_then(|elements| elements.resource.as_ref()).into_iter().flat_map(OneOrMany::iter)
    }

    #[must_use]
    pub fn is_allow(&self) -> bool {
        self.elements().is_some_and(|elements| elements.effect == Effect::Allow)
    }

    /// The values that the condition compares a key with. Names of keys are case-insensitive.
    #[must_use]
    pub fn condition_values(&self, operator: &str, key: &str) -> Option<&[String]> {
        self.elements()?.condition.0.iter().find_map(|test| match test {
            ConditionTest::Compare { operator: o, key: k, values } if o == operator && k.eq_ignore_ascii_case(key) => {
                Some(values.as_slice())
            }
            ConditionTest::Compare { .. } | ConditionTest::Unreadable(_) => None,
        })
    }

    /// Whether the statement allows something to everyone, unconditionally.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_allow()
            && self.who().is_some_and(Principal::is_everyone)
            && self.elements().is_some_and(|elements| elements.condition.0.is_empty())
    }
}

impl From<Value> for Statement {
    fn from(written: Value) -> Self {
        // A list would be read as the elements in their order.
        let elements = if written.is_object() { Elements::deserialize(&written).ok().map(Box::new) } else { None };
        Self { written, elements }
    }
}

impl From<Statement> for Value {
    fn from(statement: Statement) -> Self {
        statement.written
    }
}

/// Compact JSON.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.written, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(statement: Value) -> bool {
        Statement::from(statement).is_open()
    }

    #[test]
    fn an_empty_condition_leaves_a_statement_open() {
        let open = |condition: Value| {
            is_open(json!({ "Effect": "Allow", "Principal": { "AWS": ["*"] }, "Condition": condition }))
        };
        assert!(is_open(json!({ "Effect": "Allow", "Principal": "*" })));
        assert!(open(json!({})) && open(Value::Null) && open(json!({ "StringEquals": {} })));
        assert!(!open(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } })));
        assert!(
            !open(json!({ "StringLike": { "aws:SourceAccount": "*" } })),
            "a condition is taken to narrow the statement, even one that matches anything"
        );
    }

    #[test]
    fn only_an_allow_for_everyone_is_open() {
        assert!(!is_open(json!({ "Effect": "Deny", "Principal": "*" })));
        assert!(!is_open(json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" } })));
        assert!(!is_open(json!({ "Effect": "Allow" })));
    }

    #[test]
    fn a_statement_is_unreadable_unless_its_elements_have_the_right_types() {
        for statement in [
            json!({}),
            json!("Allow"),
            json!(["Sid", "Allow"]),
            json!({ "Effect": "allow" }),
            json!({ "Effect": "Allow", "Action": 5 }),
            json!({ "Effect": "Allow", "Resource": [["x"]] }),
            json!({ "Effect": "Allow", "Principal": ["*"] }),
        ] {
            assert!(!Statement::from(statement.clone()).is_readable(), "{statement}");
        }
        assert!(Statement::from(json!({ "Effect": "Allow", "Unknown": 5 })).is_readable());
    }
}
