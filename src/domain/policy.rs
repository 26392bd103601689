//! The policy documents that rootbell writes, and how it reads existing ones.
//!
//! rootbell adds statements to an existing policy and never replaces it: its own statements are recognized by their
//! `Sid`, and all others are kept.

use serde_json::{Value, json};

use super::account_region::AccountRegion;
use super::arn::Arn;

mod condition;
mod document;
mod evaluation;
mod key;
mod reading;
mod topic;

pub use document::statements;
pub use evaluation::{AccessRequest, Decision, Doubt, allows, evaluate, well_formed as is_well_formed};
pub use key::{KeyUsers, MissingStatement, key_serves_alarms, key_statement_for_alarms, missing_key_statements};
pub use reading::{bucket_open, repair_bucket, repair_role, too_wide, trusts_others};
pub use topic::{TopicAccess, repair_topic, topic_access};

/// The name of the inline policy on the role.
pub const ROLE_POLICY: &str = "rootbell-deliver-to-logs";

/// A policy document with these statements.
fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The `Sid` of a statement for one resource, so that two trails can share a bucket and two log groups a role. A `Sid`
/// may contain only letters and digits.
fn sid(prefix: &str, resource: &str) -> String {
    prefix.chars().chain(resource.chars().filter(char::is_ascii_alphanumeric)).collect()
}

/// CloudTrail may read the bucket's ACL and write this account's logs, for this trail only; TLS is required.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
#[must_use]
pub fn bucket_statements(account_region: &AccountRegion, bucket: &str, trail_arn: &str) -> Vec<Value> {
    let bucket_arn = account_region.bucket_arn(bucket);
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let trail = Arn::from(trail_arn);
    let trail = trail.trail_name().unwrap_or_default();
    vec![
        json!({
            "Sid": sid("RootbellAclCheck", trail),
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": { "StringEquals": { "aws:SourceArn": trail_arn } }
        }),
        json!({
            "Sid": sid("RootbellWrite", trail),
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": format!("{bucket_arn}/AWSLogs/{}/*", account_region.account),
            "Condition": { "StringEquals": {
                "s3:x-amz-acl": "bucket-owner-full-control",
                "aws:SourceArn": trail_arn
            } }
        }),
        json!({
            "Sid": "RootbellTlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, format!("{bucket_arn}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } }
        }),
    ]
}

/// The role's trust policy: only CloudTrail can assume it; with a trail's ARN, only for that trail.
///
/// Source: CloudTrail User Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring"; IAM User
/// Guide, "The confused deputy problem".
#[must_use]
pub fn role_trust(trail_arn: Option<&str>) -> Value {
    let mut statement = json!({
        "Sid": "RootbellCloudTrail",
        "Effect": "Allow",
        "Principal": { "Service": "cloudtrail.amazonaws.com" },
        "Action": "sts:AssumeRole"
    });
    if let Some(arn) = trail_arn {
        statement["Condition"] = json!({ "StringEquals": { "aws:SourceArn": arn } });
    }
    document(&[statement])
}

/// Whether a role can be assumed for one trail only.
#[must_use]
pub fn is_restricted_to_trail(trust: &Value) -> bool {
    statements(trust).iter().any(|s| s.pointer("/Condition/StringEquals/aws:SourceArn").is_some())
}

/// The role's permissions: create CloudTrail's log streams in one log group, and write to them. An organization trail's
/// streams begin with the organization's id.
///
/// Source: as [`role_trust`].
#[must_use]
pub fn role_permissions(account_region: &AccountRegion, log_group: &str, organization: bool) -> Value {
    let stream_owner = if organization { "*" } else { account_region.account.as_str() };
    let streams = account_region
        .arn("logs", &format!("log-group:{log_group}:log-stream:{stream_owner}_CloudTrail_{}*", account_region.region));
    document(&[json!({
        "Sid": sid("RootbellDeliver", log_group),
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": streams
    })])
}

/// The statement for the topic's owner, which setting a policy would otherwise drop, and the one that lets CloudWatch
/// publish for this account's alarms.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control", CloudWatch alarms.
#[must_use]
pub fn topic_statements(account_region: &AccountRegion, topic_arn: &str) -> Vec<Value> {
    vec![
        json!({
            "Sid": "RootbellOwner",
            "Effect": "Allow",
            "Principal": { "AWS": account_region.root_arn() },
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"
            ],
            "Resource": topic_arn
        }),
        json!({
            "Sid": "RootbellAlarmsOfThisAccount",
            "Effect": "Allow",
            "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": "SNS:Publish",
            "Resource": topic_arn,
            "Condition": {
                "StringEquals": { "aws:SourceAccount": account_region.account },
                "ArnLike": { "aws:SourceArn": account_region.alarm_arn("*") }
            }
        }),
    ]
}

/// `existing` with the statements in `wanted` added. They replace statements with the same `Sid`; all others are kept in
/// order.
#[must_use]
pub fn merge(existing: Option<&Value>, wanted: &[Value]) -> Value {
    let has_our_sid = |s: &Value| wanted.iter().any(|w| s.get("Sid").is_some() && w.get("Sid") == s.get("Sid"));
    let kept = existing.map(statements).unwrap_or_default().into_iter().filter(|s| !has_our_sid(s));
    let all: Vec<Value> = kept.chain(wanted.iter().cloned()).collect();
    with(existing, &all)
}

/// `existing` with its statements replaced. Its version and its id are kept. If it has no version, none is added, because
/// that would change what its statements mean.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Version".
fn with(existing: Option<&Value>, statements: &[Value]) -> Value {
    let Some(Value::Object(object)) = existing.filter(|policy| policy.as_object().is_some_and(|p| !p.is_empty()))
    else {
        return document(statements);
    };
    let mut policy = object.clone();
    policy.insert("Statement".into(), statements.into());
    Value::Object(policy)
}

/// The result of [`remove_statements`].
#[derive(Clone, Debug, PartialEq)]
pub enum Remainder {
    /// None of the statements were in it.
    Unchanged,
    /// The policy with the other statements.
    Rest(Value),
    /// No other statement is left.
    Empty,
}

/// `existing` without the statements that have the same `Sid` as one of `ours`: undoes [`merge`].
#[must_use]
pub fn remove_statements(existing: Option<&Value>, ours: &[Value]) -> Remainder {
    let all = existing.map(statements).unwrap_or_default();
    let has_our_sid = |s: &Value| ours.iter().any(|o| s.get("Sid").is_some() && o.get("Sid") == s.get("Sid"));
    let rest: Vec<Value> = all.iter().filter(|s| !has_our_sid(s)).cloned().collect();
    match rest.len() {
        n if n == all.len() => Remainder::Unchanged,
        0 => Remainder::Empty,
        _ => Remainder::Rest(with(existing, &rest)),
    }
}

/// Whether the policy already contains every statement in `wanted`.
#[must_use]
pub fn has_all(existing: Option<&Value>, wanted: &[Value]) -> bool {
    let existing: Vec<Value> = existing.map(statements).unwrap_or_default().iter().map(normalize).collect();
    wanted.iter().all(|w| existing.contains(&normalize(w)))
}

/// Whether two documents have the same meaning, even if they are written differently.
#[must_use]
pub fn same(a: &Value, b: &Value) -> bool {
    let (of_a, of_b) = (statements(a), statements(b));
    of_a.len() == of_b.len() && has_all(Some(a), &of_b)
}

/// A normal form for what IAM treats alike: a single value and a list of one, the order of lists and keys, and the case
/// of actions.
fn normalize(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .map(|(k, v)| {
                    let v = normalize(v);
                    (k.clone(), if k == "Action" { lower(v) } else { v })
                })
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(list) if list.len() == 1 => normalize(&list[0]),
        Value::Array(list) => {
            let mut items: Vec<Value> = list.iter().map(normalize).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

fn lower(value: Value) -> Value {
    match value {
        Value::String(s) => Value::String(s.to_lowercase()),
        Value::Array(list) => Value::Array(list.into_iter().map(lower).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Partition;

    fn account_region() -> AccountRegion {
        AccountRegion {
            partition: Partition::Aws,
            account: "123456789012".into(),
            region: crate::domain::Region::new("eu-west-1"),
        }
    }

    #[test]
    fn merging_keeps_other_statements() {
        let existing = json!({ "Version": "2012-10-17", "Statement": { "Sid": "Theirs", "Effect": "Deny" } });
        let wanted = bucket_statements(&account_region(), "b", "arn:t");
        let merged = merge(Some(&existing), &wanted);
        assert_eq!(statements(&merged).len(), 4);
        assert_eq!(statements(&merged)[0]["Sid"], "Theirs");
        assert!(has_all(Some(&merged), &wanted));
        assert_eq!(merge(Some(&merged), &wanted), merged, "merging again changes nothing");
    }

    #[test]
    fn merging_adds_no_version_to_a_policy_without_one() {
        let existing = json!({ "Statement": [{ "Sid": "A", "Effect": "Deny" }] });
        let wanted = bucket_statements(&account_region(), "b", "arn:t");
        let merged = merge(Some(&existing), &wanted);
        assert_eq!(merged.get("Version"), None, "another version would change what their statements mean");
        assert_eq!(remove_statements(Some(&merged), &wanted), Remainder::Rest(existing));
        assert_eq!(merge(Some(&json!({})), &wanted), merge(None, &wanted));
    }

    #[test]
    fn removing_merged_statements_restores_the_original_policy() {
        let existing = json!({ "Version": "2008-10-17", "Id": "x", "Statement": [{ "Sid": "A", "Effect": "Deny" }] });
        let wanted = bucket_statements(&account_region(), "b", "arn:t");
        let merged = merge(Some(&existing), &wanted);
        assert_eq!(remove_statements(Some(&merged), &wanted), Remainder::Rest(existing.clone()));
        assert_eq!(remove_statements(Some(&existing), &wanted), Remainder::Unchanged);
        assert_eq!(remove_statements(Some(&merge(None, &wanted)), &wanted), Remainder::Empty);
        assert_eq!(remove_statements(None, &wanted), Remainder::Unchanged);
    }

    #[test]
    fn single_values_order_and_case_do_not_matter() {
        let existing = json!({ "Statement": [{ "Action": "SNS:Publish", "Resource": ["x"], "Effect": "Allow" }] });
        let wanted = |resource| [json!({ "Effect": "Allow", "Action": ["sns:publish"], "Resource": resource })];
        assert!(has_all(Some(&existing), &wanted("x")));
        assert!(!has_all(Some(&existing), &wanted("y")));
    }

    #[test]
    fn merging_for_a_second_trail_keeps_the_first_trails_statements() {
        let first = bucket_statements(&account_region(), "b", "arn:aws:cloudtrail:eu-west-1:1:trail/one");
        let second = bucket_statements(&account_region(), "b", "arn:aws:cloudtrail:eu-west-1:1:trail/two");
        let both = merge(Some(&merge(None, &first)), &second);
        assert!(has_all(Some(&both), &first) && has_all(Some(&both), &second));
    }

    #[test]
    fn the_role_policy_allows_two_actions_on_cloudtrails_streams_only() {
        let policy = role_permissions(&account_region(), "g", false);
        assert_eq!(policy["Statement"][0]["Action"], json!(["logs:CreateLogStream", "logs:PutLogEvents"]));
        assert_eq!(
            policy["Statement"][0]["Resource"],
            "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:123456789012_CloudTrail_eu-west-1*"
        );
    }
}
