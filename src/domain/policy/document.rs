//! Reads policy documents: a list of one may be written without brackets, a principal may mean everyone, and a statement
//! may have a condition.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language".

use serde_json::Value;

/// The statements of a document, as a list.
#[must_use]
pub fn statements(policy: &Value) -> Vec<Value> {
    values(policy.get("Statement")).to_vec()
}

/// The values of an element that may be a single value or a list.
pub(super) fn values(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// The strings among [`values`].
pub(super) fn strings(value: Option<&Value>) -> Vec<&str> {
    values(value).iter().filter_map(Value::as_str).collect()
}

pub(super) fn effect(statement: &Value) -> Option<&str> {
    statement.get("Effect").and_then(Value::as_str)
}

pub(super) fn is_allow(statement: &Value) -> bool {
    effect(statement) == Some("Allow")
}

/// Whether a `Principal` names everyone.
///
/// Source: IAM User Guide, "AWS JSON policy elements: Principal", all principals.
pub(super) fn names_everyone(principal: &Value) -> bool {
    principal.as_str() == Some("*") || strings(principal.get("AWS")).contains(&"*")
}

/// Whether the statement has a condition. `{}` is not one.
pub(super) fn has_condition(statement: &Value) -> bool {
    match statement.get("Condition") {
        None | Some(Value::Null) => false,
        Some(Value::Object(operators)) => {
            operators.values().any(|keys| keys.as_object().is_none_or(|keys| !keys.is_empty()))
        }
        Some(_) => true,
    }
}

/// Whether the statement allows something to everyone, unconditionally.
pub(super) fn is_open(statement: &Value) -> bool {
    is_allow(statement) && statement.get("Principal").is_some_and(names_everyone) && !has_condition(statement)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_condition_leaves_a_statement_open() {
        let open = |condition: Value| {
            is_open(&json!({ "Effect": "Allow", "Principal": { "AWS": ["*"] }, "Condition": condition }))
        };
        assert!(is_open(&json!({ "Effect": "Allow", "Principal": "*" })));
        assert!(open(json!({})) && open(Value::Null) && open(json!({ "StringEquals": {} })));
        assert!(!open(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } })));
        assert!(
            !open(json!({ "StringLike": { "aws:SourceAccount": "*" } })),
            "a condition is taken to narrow the statement, even one that matches anything"
        );
    }

    #[test]
    fn only_an_allow_for_everyone_is_open() {
        assert!(!is_open(&json!({ "Effect": "Deny", "Principal": "*" })));
        assert!(!is_open(&json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" } })));
        assert!(!is_open(&json!({ "Effect": "Allow" })));
    }
}
