//! Policy documents. Each keeps the form in which it was written, so that a policy that is put back differs from the one
//! that was read only in the statements that changed.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language".

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A policy document. One that can't be read is kept as it is: rootbell adds nothing to it and removes nothing from it,
/// and whether it allows something is unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct PolicyDocument {
    written: Value,
    /// `None`: the document can't be read.
    statements: Option<Vec<Statement>>,
}

impl PolicyDocument {
    /// A document with these statements.
    #[must_use]
    pub fn new(statements: &[Statement]) -> Self {
        json!({ "Version": "2012-10-17", "Statement": statements }).into()
    }

    /// Parses the text of a document.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str::<Value>(text)
            .map_or_else(|_| Self { written: Value::String(text.to_owned()), statements: None }, Self::from)
    }

    /// The statements; none if the document can't be read.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        self.statements.as_deref().unwrap_or_default()
    }

    /// Whether the document is an object, and its statements are one object or a list.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.statements.is_some()
    }

    /// The document with its statements replaced. Its version and its id are kept. If it has no version, none is added,
    /// because that would change what its statements mean. A document that can't be read is not changed.
    ///
    /// Source: IAM User Guide, "IAM JSON policy elements: Version".
    #[must_use]
    pub fn with_statements(&self, statements: &[Statement]) -> Self {
        match &self.written {
            Value::Object(elements) if self.is_readable() && !elements.is_empty() => {
                let mut elements = elements.clone();
                elements.insert("Statement".into(), json!(statements));
                Value::Object(elements).into()
            }
            Value::Object(_) if self.is_readable() => Self::new(statements),
            _ => self.clone(),
        }
    }

    /// The document as JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.written
    }

    /// All actions that its statements name, in alphabetical order.
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.statements().iter().flat_map(Statement::actions).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Default for PolicyDocument {
    /// A document without statements.
    fn default() -> Self {
        json!({}).into()
    }
}

impl From<Value> for PolicyDocument {
    fn from(written: Value) -> Self {
        let statements = written.as_object().and_then(|elements| match elements.get("Statement") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(list)) => Some(list.iter().cloned().map(Statement::from).collect()),
            Some(one @ Value::Object(_)) => Some(vec![one.clone().into()]),
            Some(_) => None,
        });
        Self { written, statements }
    }
}

impl From<PolicyDocument> for Value {
    fn from(policy: PolicyDocument) -> Self {
        policy.written
    }
}

/// Compact JSON; with `#`, indented.
impl fmt::Display for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.written {
            // Text that isn't JSON.
            Value::String(text) if !self.is_readable() => f.write_str(text),
            written => fmt::Display::fmt(written, f),
        }
    }
}

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

    fn iter(&self) -> impl Iterator<Item = &str> {
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
    fn a_document_is_written_exactly_as_it_was_read() {
        for text in [
            r#"{"Statement":{"Effect":"Allow","Action":"*","Sid":"x","New":[1,{"a":null}]},"Id":"i","Version":"2008-10-17"}"#,
            r#"{"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":false}},"Effect":"Deny"},7]}"#,
            r#"{"Statement":"none"}"#,
            "[]",
            "<not JSON>",
        ] {
            assert_eq!(PolicyDocument::parse(text).to_string(), text);
        }
    }

    #[test]
    fn replacing_statements_keeps_every_other_element_and_its_place() {
        let policy =
            PolicyDocument::parse(r#"{"Id":"i","Statement":{"Effect":"Allow"},"Version":"2008-10-17","New":1}"#);
        let replaced = policy.with_statements(&[Statement::new(Effect::Deny)]);
        assert_eq!(
            replaced.to_string(),
            r#"{"Id":"i","Statement":[{"Effect":"Deny"}],"Version":"2008-10-17","New":1}"#
        );
    }

    #[test]
    fn a_document_that_cannot_be_read_is_kept_unchanged() {
        for text in ["[]", "<not JSON>", r#"{"Statement":5}"#, r#""text""#, "null"] {
            let policy = PolicyDocument::parse(text);
            assert!(!policy.is_readable() && policy.statements().is_empty(), "{text}");
            assert_eq!(policy.with_statements(&[Statement::new(Effect::Allow)]), policy, "{text}");
        }
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

    #[test]
    fn a_single_value_and_a_list_of_one_are_read_alike() {
        for action in [json!("s3:GetObject"), json!(["s3:GetObject"])] {
            let policy = PolicyDocument::from(json!({ "Statement": { "Effect": "Allow", "Action": action } }));
            assert_eq!(policy.actions(), ["s3:GetObject"]);
        }
    }
}
