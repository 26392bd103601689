//! What standing policies on the bucket and the role let in beyond what is needed.

use serde_json::Value;

use super::document::{is_allow, is_open, statements, strings};
use super::{merge, with};

/// Whether the bucket's policy lets everyone in. A condition is taken to narrow it.
///
/// Source: S3 User Guide, "The meaning of public".
#[must_use]
pub fn bucket_open(policy: Option<&Value>) -> bool {
    policy.map(statements).unwrap_or_default().iter().any(is_open)
}

/// [`merge`] into the policy of a bucket that rootbell made, less the statements that let everyone in. A bucket of
/// somebody else's is only added to.
#[must_use]
pub fn repair_bucket(existing: Option<&Value>, wanted: &[Value]) -> Value {
    merge(existing.map(|policy| without(policy, is_open)).as_ref(), wanted)
}

/// Whether the role's policy allows more than to write streams of log groups that it names.
#[must_use]
pub fn too_wide(policy: Option<&Value>) -> bool {
    policy.map(statements).unwrap_or_default().iter().any(wide)
}

fn wide(statement: &Value) -> bool {
    let narrow_action =
        |action: &&str| ["logs:createlogstream", "logs:putlogevents"].contains(&action.to_lowercase().as_str());
    // arn:{p}:logs:{region}:{account}:log-group:{name}:…
    let names_a_group = |arn: &&str| {
        let parts: Vec<&str> = arn.split(':').collect();
        parts.len() > 6 && parts[2] == "logs" && parts[3..=6].iter().all(|part| !part.contains('*'))
    };
    is_allow(statement)
        && !(statement.get("Action").is_some_and(|a| strings(Some(a)).iter().all(narrow_action))
            && statement.get("Resource").is_some_and(|r| strings(Some(r)).iter().all(names_a_group)))
}

/// [`merge`], less what is too wide.
#[must_use]
pub fn repair_role(existing: Option<&Value>, wanted: &[Value]) -> Value {
    merge(existing.map(|policy| without(policy, wide)).as_ref(), wanted)
}

/// Whether anyone but CloudTrail may take the role.
#[must_use]
pub fn trusts_others(trust: &Value) -> bool {
    statements(trust).iter().any(|statement| {
        let principal = statement.get("Principal").and_then(Value::as_object);
        let cloudtrail_alone =
            principal.is_some_and(|p| p.len() == 1 && strings(p.get("Service")) == ["cloudtrail.amazonaws.com"]);
        is_allow(statement) && !cloudtrail_alone
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
    fn a_role_that_may_write_streams_of_named_groups_is_narrow_and_anything_else_is_wide() {
        let may = |action: Value, resource: &str| json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": resource } });
        let streams = "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:*";
        assert!(!too_wide(Some(&may(json!(["logs:CreateLogStream", "logs:putLogEvents"]), streams))));
        assert!(too_wide(Some(&may(json!("logs:*"), streams))));
        assert!(too_wide(Some(&may(json!("logs:PutLogEvents"), "*"))));
        assert!(too_wide(Some(&may(json!("logs:PutLogEvents"), "arn:aws:logs:*:123456789012:log-group:*"))));
        assert!(!too_wide(None));
    }

    #[test]
    fn what_opens_a_bucket_goes_and_a_deny_for_all_stays() {
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
    fn only_cloudtrail_alone_is_trusted() {
        let trust = |principal: Value| json!({ "Statement": { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" } });
        assert!(!trusts_others(&trust(json!({ "Service": "cloudtrail.amazonaws.com" }))));
        assert!(trusts_others(&trust(json!({ "Service": ["cloudtrail.amazonaws.com", "lambda.amazonaws.com"] }))));
        assert!(trusts_others(&trust(json!("*"))));
    }
}
