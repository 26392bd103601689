//! How a policy document is read: the one place that knows that a list of one may be written without its brackets, who
//! everyone is, and when a statement has a condition.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language".

use serde_json::Value;

/// The statements of a document, as a list.
#[must_use]
pub fn statements(policy: &Value) -> Vec<Value> {
    values(policy.get("Statement")).to_vec()
}

/// What may be written as one value or as a list of them.
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

/// Whether anything is asked of a request before the statement applies to it. `{}` asks nothing.
pub(super) fn has_condition(statement: &Value) -> bool {
    match statement.get("Condition") {
        None | Some(Value::Null) => false,
        Some(Value::Object(operators)) => {
            operators.values().any(|keys| keys.as_object().is_none_or(|keys| !keys.is_empty()))
        }
        Some(_) => true,
    }
}

/// Whether it allows something to everyone, whatever the request looks like.
pub(super) fn is_open(statement: &Value) -> bool {
    is_allow(statement) && statement.get("Principal").is_some_and(names_everyone) && !has_condition(statement)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_that_asks_nothing_is_none_and_any_other_is_one() {
        let open = |condition: Value| {
            is_open(&json!({ "Effect": "Allow", "Principal": { "AWS": ["*"] }, "Condition": condition }))
        };
        assert!(is_open(&json!({ "Effect": "Allow", "Principal": "*" })));
        assert!(open(json!({})) && open(Value::Null) && open(json!({ "StringEquals": {} })));
        assert!(!open(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } })));
        assert!(!open(json!({ "StringLike": { "aws:SourceAccount": "*" } })), "it is somebody's own to judge");
    }

    #[test]
    fn only_an_allow_for_everyone_is_open() {
        assert!(!is_open(&json!({ "Effect": "Deny", "Principal": "*" })));
        assert!(!is_open(&json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" } })));
        assert!(!is_open(&json!({ "Effect": "Allow" })));
    }
}
