//! Whether the existing policies of the bucket and the role allow more than needed.

use serde_json::Value;

use super::document::{is_allow, is_open, statements, strings};
use super::{merge, with};
use crate::domain::arn::LogGroupArn;

/// Whether the bucket's policy allows everyone. A condition is taken to narrow it.
///
/// Source: S3 User Guide, "The meaning of public".
#[must_use]
pub fn bucket_open(policy: Option<&Value>) -> bool {
    policy.map(statements).unwrap_or_default().iter().any(is_open)
}

/// For a bucket that rootbell manages: [`merge`], without the statements that allow everyone. For an unmanaged bucket use
/// [`merge`].
#[must_use]
pub fn repair_bucket(existing: Option<&Value>, wanted: &[Value]) -> Value {
    merge(existing.map(|policy| without(policy, is_open)).as_ref(), wanted)
}

/// Whether the role's policy allows more than creating and writing log streams in log groups that it names.
#[must_use]
pub fn too_wide(policy: Option<&Value>) -> bool {
    policy.map(statements).unwrap_or_default().iter().any(is_too_wide)
}

fn is_too_wide(statement: &Value) -> bool {
    let is_delivery_action =
        |action: &&str| ["logs:createlogstream", "logs:putlogevents"].contains(&action.to_lowercase().as_str());
    // arn:{p}:logs:{region}:{account}:log-group:{name}:…
    let names_log_group = |text: &&str| {
        let arn = LogGroupArn::from(*text);
        let is_named = |part: Option<&str>| part.is_some_and(|part| !part.contains('*'));
        is_named(arn.region()) && is_named(arn.account()) && is_named(arn.name())
    };
    is_allow(statement)
        && !(statement.get("Action").is_some_and(|a| strings(Some(a)).iter().all(is_delivery_action))
            && statement.get("Resource").is_some_and(|r| strings(Some(r)).iter().all(names_log_group)))
}

/// [`merge`], without the statements that allow too much.
#[must_use]
pub fn repair_role(existing: Option<&Value>, wanted: &[Value]) -> Value {
    merge(existing.map(|policy| without(policy, is_too_wide)).as_ref(), wanted)
}

/// Whether anyone besides CloudTrail can assume the role.
#[must_use]
pub fn trusts_others(trust: &Value) -> bool {
    statements(trust).iter().any(|statement| {
        let principal = statement.get("Principal").and_then(Value::as_object);
        let is_cloudtrail_only =
            principal.is_some_and(|p| p.len() == 1 && strings(p.get("Service")) == ["cloudtrail.amazonaws.com"]);
        is_allow(statement) && !is_cloudtrail_only
    })
}

fn without(policy: &Value, unwanted: fn(&Value) -> bool) -> Value {
    with(Some(policy), &statements(policy).into_iter().filter(|s| !unwanted(s)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document;
    use super::*;

    #[test]
    fn a_role_policy_is_too_wide_unless_it_only_writes_streams_of_named_log_groups() {
        let allow = |action: Value, resource: &str| json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": resource } });
        let streams = "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:*";
        assert!(!too_wide(Some(&allow(json!(["logs:CreateLogStream", "logs:putLogEvents"]), streams))));
        assert!(too_wide(Some(&allow(json!("logs:*"), streams))));
        assert!(too_wide(Some(&allow(json!("logs:PutLogEvents"), "*"))));
        assert!(too_wide(Some(&allow(json!("logs:PutLogEvents"), "arn:aws:logs:*:123456789012:log-group:*"))));
        assert!(!too_wide(None));
    }

    #[test]
    fn repairing_a_bucket_policy_removes_open_statements_and_keeps_a_deny_for_everyone() {
        let open =
            json!({ "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
        let deny = json!({ "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
        let empty = json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject", "Resource": "*",
            "Condition": {} });
        let policy = document(&[open, empty, deny.clone()]);
        assert!(bucket_open(Some(&policy)));
        assert_eq!(repair_bucket(Some(&policy), &[]), document(&[deny]));
    }

    #[test]
    fn a_role_trusts_others_unless_cloudtrail_is_its_only_principal() {
        let trust = |principal: Value| json!({ "Statement": { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" } });
        assert!(!trusts_others(&trust(json!({ "Service": "cloudtrail.amazonaws.com" }))));
        assert!(trusts_others(&trust(json!({ "Service": ["cloudtrail.amazonaws.com", "lambda.amazonaws.com"] }))));
        assert!(trusts_others(&trust(json!("*"))));
    }
}
