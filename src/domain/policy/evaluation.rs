//! Whether a policy lets a service in: as much of IAM's evaluation as the policies along the chain need.
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".

use serde_json::Value;

/// What is asked of a policy.
pub struct Ask<'a> {
    /// The service that calls; `None` for the policy of a role, which names no principal.
    pub service: Option<&'a str>,
    pub action: &'a str,
    /// `None` for a trust policy, which names no resource.
    pub resource: Option<&'a str>,
    pub context: &'a [(&'a str, &'a str)],
}

/// Whether AWS would take it for a policy at all: statements, each with its effect and its actions, and with whom it is
/// about where it hangs on a resource.
///
/// Source: IAM User Guide, "Grammar of the IAM JSON policy language".
#[must_use]
pub fn well_formed(policy: &Value, on_resource: bool) -> bool {
    let statements = policy.get("Statement").map(listed).unwrap_or_default();
    let whole = |statement: &&Value| {
        let has = |name: &str, other: &str| statement.get(name).is_some() || statement.get(other).is_some();
        matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"))
            && has("Action", "NotAction")
            && has("Principal", "NotPrincipal") == on_resource
    };
    !statements.is_empty() && statements.iter().all(whole)
}

/// Some statement allows it, and none denies it.
#[must_use]
pub fn allows(policy: Option<&Value>, ask: &Ask) -> bool {
    let statements = policy.and_then(|p| p.get("Statement")).map(listed).unwrap_or_default();
    let says = |effect: &str| {
        statements.iter().any(|s| s.get("Effect").and_then(Value::as_str) == Some(effect) && concerns(s, ask))
    };
    says("Allow") && !says("Deny")
}

fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

fn words(value: Option<&Value>) -> Vec<&str> {
    value.map(listed).unwrap_or_default().into_iter().filter_map(Value::as_str).collect()
}

fn concerns(statement: &Value, ask: &Ask) -> bool {
    let principal = statement.get("Principal");
    let service = ask.service.is_none_or(|service| {
        principal.and_then(Value::as_str) == Some("*")
            || words(principal.and_then(|p| p.get("AWS"))).contains(&"*")
            || words(principal.and_then(|p| p.get("Service"))).contains(&service)
    });
    let action = words(statement.get("Action")).iter().any(|a| like(&a.to_lowercase(), &ask.action.to_lowercase()));
    let resource = ask.resource.is_none_or(|wanted| words(statement.get("Resource")).iter().any(|r| like(r, wanted)));
    service && action && resource && conditions(statement.get("Condition"), ask.context)
}

/// A key that the request does not carry fails its condition.
fn conditions(condition: Option<&Value>, context: &[(&str, &str)]) -> bool {
    let Some(Value::Object(operators)) = condition else { return true };
    operators.iter().all(|(operator, keys)| {
        let globs = operator.contains("Like") || operator.starts_with("Arn");
        keys.as_object().is_some_and(|keys| {
            keys.iter().all(|(key, wanted)| {
                let held = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                held.is_some_and(|(_, value)| {
                    words(Some(wanted)).iter().any(|w| if globs { like(w, value) } else { w == value })
                })
            })
        })
    })
}

/// Whether the text is of the form, where `*` stands for anything.
fn like(form: &str, text: &str) -> bool {
    let mut parts = form.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut middle: Vec<&str> = parts.collect();
    let Some(last) = middle.pop() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_nothing() {
        for (form, text) in [("*", "x"), ("a*", "a"), ("a*c", "abc"), ("*:b:*", "a:b:c"), ("abc", "abc")] {
            assert!(like(form, text), "{form} {text}");
        }
        for (form, text) in [("a", "ab"), ("a*c", "ab"), ("ab*bc", "abc"), ("", "x")] {
            assert!(!like(form, text), "{form} {text}");
        }
    }

    #[test]
    fn a_deny_wins_and_a_condition_must_hold() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "x" }, "Action": "s3:*", "Resource": "*",
              "Condition": { "StringEquals": { "aws:SourceArn": "a" } } },
            { "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "b/secret/*" }
        ] });
        let ask = |action, resource, arn| {
            let context = [("aws:SourceArn", arn)];
            allows(Some(&policy), &Ask { service: Some("x"), action, resource: Some(resource), context: &context })
        };
        assert!(ask("s3:PutObject", "b/logs/1", "a"));
        assert!(!ask("s3:PutObject", "b/logs/1", "another"));
        assert!(!ask("s3:PutObject", "b/secret/1", "a"));
        assert!(!ask("sns:Publish", "b", "a"));
    }
}
