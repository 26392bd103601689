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
    // `NotAction` and its like mean all but what they name.
    let names =
        |name: &str, other: &str, hit: &dyn Fn(&Value) -> bool| match (statement.get(name), statement.get(other)) {
            (Some(named), _) => hit(named),
            (None, Some(left_out)) => !hit(left_out),
            (None, None) => false,
        };
    let service = ask.service.is_none_or(|service| {
        names("Principal", "NotPrincipal", &|principal| {
            principal.as_str() == Some("*")
                || words(principal.get("AWS")).contains(&"*")
                || words(principal.get("Service")).contains(&service)
        })
    });
    let action = names("Action", "NotAction", &|named| {
        words(Some(named)).iter().any(|a| like(&a.to_lowercase(), &ask.action.to_lowercase()))
    });
    let resource = ask.resource.is_none_or(|wanted| {
        names("Resource", "NotResource", &|named| words(Some(named)).iter().any(|r| like(r, wanted)))
    });
    service && action && resource && conditions(statement.get("Condition"), ask.context)
}

/// A key that the request does not carry fails its condition, but for one that is negated, or holds `IfExists`.
fn conditions(condition: Option<&Value>, context: &[(&str, &str)]) -> bool {
    let Some(Value::Object(operators)) = condition else { return true };
    operators.iter().all(|(operator, keys)| {
        let of_all = operator.starts_with("ForAllValues:");
        let operator = operator.rsplit(':').next().unwrap_or(operator);
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator, false),
        };
        let negated = operator.contains("Not");
        let globs = operator.contains("Like") || operator.starts_with("Arn");
        let any_case = operator.contains("IgnoreCase") || operator == "Bool";
        keys.as_object().is_some_and(|keys| {
            keys.iter().all(|(key, wanted)| {
                let held = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value);
                let wanted: Vec<String> = listed(wanted).into_iter().map(text).collect();
                if operator == "Null" {
                    return wanted.iter().any(|wanted| (wanted == "true") == held.is_none());
                }
                let Some(held) = held else { return negated || if_exists || of_all };
                let hit = wanted.iter().any(|wanted| match (globs, any_case) {
                    (true, _) => like(wanted, held),
                    (_, true) => wanted.eq_ignore_ascii_case(held),
                    _ => wanted == held,
                });
                hit != negated
            })
        })
    })
}

/// A value as policies compare it: `true` and "true" are the same.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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
    fn a_condition_is_read_as_iam_reads_it() {
        let context = [("aws:SourceAccount", "1"), ("aws:SourceArn", "arn:aws:cloudwatch:eu-west-1:1:alarm:a")];
        for (condition, holds) in [
            (json!({ "StringEquals": { "AWS:SourceAccount": "1" } }), true),
            (json!({ "StringEquals": { "aws:SourceAccount": ["2", "1"] } }), true),
            (json!({ "StringNotEquals": { "aws:SourceAccount": "1" } }), false),
            (json!({ "StringNotEquals": { "aws:SourceAccount": ["2", "3"] } }), true),
            (json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }), true),
            (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), false),
            (json!({ "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } }), true),
            (json!({ "StringEqualsIfExists": { "aws:SourceAccount": "2" } }), false),
            (json!({ "ArnNotLike": { "aws:SourceArn": "arn:aws:cloudwatch:*:1:alarm:*" } }), false),
            (json!({ "ForAnyValue:ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:*:1:alarm:*" } }), true),
            (json!({ "Null": { "aws:SourceAccount": "false" } }), true),
            (json!({ "Null": { "aws:SourceAccount": true } }), false),
            (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
            (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), false),
        ] {
            assert_eq!(conditions(Some(&condition), &context), holds, "{condition}");
        }
    }

    #[test]
    fn what_is_left_out_is_all_the_rest() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "*" },
            { "Effect": "Deny", "NotPrincipal": { "Service": "x" }, "Action": "*", "NotResource": "open" }
        ] });
        let ask = |service, action, resource| {
            allows(Some(&policy), &Ask { service: Some(service), action, resource: Some(resource), context: &[] })
        };
        assert!(ask("x", "s3:GetObject", "b"));
        assert!(!ask("x", "s3:PutObject", "b"));
        assert!(!ask("y", "s3:GetObject", "b"));
        assert!(ask("y", "s3:GetObject", "open"));
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
