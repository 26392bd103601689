//! Policy documents. Each keeps the form in which it was written, so that a policy that is put back differs from the one
//! that was read only in the statements that changed.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language".

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::statement::Statement;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Effect;

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
    fn a_single_value_and_a_list_of_one_are_read_alike() {
        for action in [json!("s3:GetObject"), json!(["s3:GetObject"])] {
            let policy = PolicyDocument::from(json!({ "Statement": { "Effect": "Allow", "Action": action } }));
            assert_eq!(policy.actions(), ["s3:GetObject"]);
        }
    }
}
