//! The policy documents that rootbell writes, and what it reads off those that are there.
//!
//! A standing policy is added to, never replaced: our statements are known by their `Sid`, all others stay.

use serde_json::{Value, json};

use super::place::Place;

mod evaluation;
mod key;
mod reading;

pub use evaluation::{Ask, allows, well_formed as is_well_formed};
pub use key::{key_lacks, key_serves_alarms, key_statement_for_alarms};
pub use reading::{bucket_open, mend_bucket, mend_role, too_wide, trusts_others};

/// The name of the inline policy on the role.
pub const ROLE_POLICY: &str = "rootbell-deliver-to-logs";

/// An empty document to merge statements into.
fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A statement's name, one for each thing it is about, so that two trails can share a bucket and two log groups a role.
/// Only letters and digits are allowed.
fn sid(stem: &str, about: &str) -> String {
    stem.chars().chain(about.chars().filter(char::is_ascii_alphanumeric)).collect()
}

/// CloudTrail may look at the bucket's ACL and put this account's logs into it, for this trail only; nobody may come
/// without TLS.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
#[must_use]
pub fn bucket_statements(place: &Place, bucket: &str, trail_arn: &str) -> Vec<Value> {
    let bucket_arn = format!("arn:{}:s3:::{bucket}", place.partition);
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let trail = trail_arn.rsplit('/').next().unwrap_or_default();
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
            "Resource": format!("{bucket_arn}/AWSLogs/{}/*", place.account),
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

/// Who may take the role: CloudTrail, nobody else; with a trail's ARN, CloudTrail for that trail alone.
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

/// Whether a role may be taken for one trail only.
#[must_use]
pub fn names_its_trail(trust: &Value) -> bool {
    statements(trust).iter().any(|s| s.pointer("/Condition/StringEquals/aws:SourceArn").is_some())
}

/// What the role may do: make and write CloudTrail's own streams in the one log group. Those of an organization's trail
/// begin with the organization's id.
///
/// Source: as [`role_trust`].
#[must_use]
pub fn role_permissions(place: &Place, log_group: &str, organization: bool) -> Value {
    let of = if organization { "*" } else { place.account.as_str() };
    let streams = place.arn("logs", &format!("log-group:{log_group}:log-stream:{of}_CloudTrail_{}*", place.region));
    document(&[json!({
        "Sid": sid("RootbellDeliver", log_group),
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": streams
    })])
}

/// The owner's own statement, which setting a policy would otherwise drop, and CloudWatch's right to publish for this
/// account's alarms.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control", CloudWatch alarms.
#[must_use]
pub fn topic_statements(place: &Place, topic_arn: &str) -> Vec<Value> {
    vec![
        json!({
            "Sid": "RootbellOwner",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{}:iam::{}:root", place.partition, place.account) },
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
                "StringEquals": { "aws:SourceAccount": place.account },
                "ArnLike": { "aws:SourceArn": place.alarm_arn("*") }
            }
        }),
    ]
}

/// `standing` with `wanted` in it: a statement of the same `Sid` gives way, all others stay in their order.
#[must_use]
pub fn merge(standing: Option<&Value>, wanted: &[Value]) -> Value {
    let ours = |s: &Value| wanted.iter().any(|w| s.get("Sid").is_some() && w.get("Sid") == s.get("Sid"));
    let kept = standing.map(statements).unwrap_or_default().into_iter().filter(|s| !ours(s));
    let all: Vec<Value> = kept.chain(wanted.iter().cloned()).collect();
    with(standing, &all)
}

/// `standing` with other statements: its version and its id stay.
fn with(standing: Option<&Value>, statements: &[Value]) -> Value {
    let mut policy = document(statements);
    if let (Some(Value::Object(theirs)), Some(ours)) = (standing, policy.as_object_mut()) {
        for (key, value) in theirs.iter().filter(|(key, _)| *key != "Statement") {
            ours.insert(key.clone(), value.clone());
        }
    }
    policy
}

/// What [`merge`] put in, taken out again by `Sid`.
#[derive(Clone, Debug, PartialEq)]
pub enum Without {
    /// Nothing of ours is in it.
    Unchanged,
    Rest(Value),
    /// All of it was ours.
    Empty,
}

/// `standing` without the statements that are named like ours.
#[must_use]
pub fn without(standing: Option<&Value>, ours: &[Value]) -> Without {
    let all = standing.map(statements).unwrap_or_default();
    let is_ours = |s: &Value| ours.iter().any(|o| s.get("Sid").is_some() && o.get("Sid") == s.get("Sid"));
    let rest: Vec<Value> = all.iter().filter(|s| !is_ours(s)).cloned().collect();
    match rest.len() {
        n if n == all.len() => Without::Unchanged,
        0 => Without::Empty,
        _ => Without::Rest(with(standing, &rest)),
    }
}

/// [`merge`], less the statements that let everyone publish.
#[must_use]
pub fn mend_topic(standing: Option<&Value>, wanted: &[Value], account: &str) -> Value {
    let closed = standing.map(|policy| {
        let kept =
            statements(policy).into_iter().filter(|s| !public(Some(&document(std::slice::from_ref(s))), account));
        with(Some(policy), &kept.collect::<Vec<_>>())
    });
    merge(closed.as_ref(), wanted)
}

/// Whether each of `wanted` stands in the policy already.
#[must_use]
pub fn has_all(standing: Option<&Value>, wanted: &[Value]) -> bool {
    let standing: Vec<Value> = standing.map(statements).unwrap_or_default().iter().map(normal).collect();
    wanted.iter().all(|w| standing.contains(&normal(w)))
}

/// Whether two documents say the same, however they are written.
#[must_use]
pub fn same(a: &Value, b: &Value) -> bool {
    let (ours, theirs) = (statements(a), statements(b));
    ours.len() == theirs.len() && has_all(Some(a), &theirs)
}

/// The statements of a document, as a list.
#[must_use]
pub fn statements(policy: &Value) -> Vec<Value> {
    match policy.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

/// One form for what IAM treats alike: a single value and a list of one, lists in any order, keys in any order, and
/// actions in any case.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .map(|(k, v)| {
                    let v = normal(v);
                    (k.clone(), if k == "Action" { lower(v) } else { v })
                })
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(list) if list.len() == 1 => normal(&list[0]),
        Value::Array(list) => {
            let mut items: Vec<Value> = list.iter().map(normal).collect();
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

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(s)) => vec![s.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// What a topic's policy means for the bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicAccess {
    /// Alarms of this account may publish, the world may not.
    AlarmsOnly,
    /// Anyone may publish: the alert can be drowned or forged.
    Public,
    /// CloudWatch may not publish: the alarm would go off and nobody would hear.
    NoAlarms,
}

/// Reads the policy of a topic that an alarm of this account notifies. SNS's own default statement (`AWS: *` with
/// `AWS:SourceOwner` = the account) lets the account's alarms in and is not public.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control".
#[must_use]
pub fn topic_access(policy: Option<&Value>, topic_arn: &str, alarm_arn: &str) -> TopicAccess {
    let account = alarm_arn.split(':').nth(4).unwrap_or_default();
    if public(policy, account) {
        return TopicAccess::Public;
    }
    let context = [("aws:SourceAccount", account), ("aws:SourceOwner", account), ("aws:SourceArn", alarm_arn)];
    let service = Some("cloudwatch.amazonaws.com");
    let alarms = allows(policy, &Ask { service, action: "sns:Publish", resource: Some(topic_arn), context: &context });
    if alarms { TopicAccess::AlarmsOnly } else { TopicAccess::NoAlarms }
}

/// Whether a statement lets anyone publish.
fn public(policy: Option<&Value>, account: &str) -> bool {
    policy.map(statements).unwrap_or_default().iter().any(|statement| {
        let publishes = strings(statement.get("Action")).iter().any(|action| {
            let action = action.to_lowercase();
            matches!(action.as_str(), "sns:publish" | "sns:*" | "*" | "sns:pub*")
        });
        let principal = statement.get("Principal");
        let anyone = principal.and_then(Value::as_str) == Some("*")
            || strings(principal.and_then(|p| p.get("AWS"))).iter().any(|p| p == "*");
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && publishes
            && anyone
            && !tied_to(statement.get("Condition"), account)
    })
}

/// Whether a condition names the account as the source.
fn tied_to(condition: Option<&Value>, account: &str) -> bool {
    let Some(Value::Object(operators)) = condition else { return false };
    operators.iter().any(|(operator, keys)| {
        operator.starts_with("StringEquals")
            && keys.as_object().is_some_and(|keys| {
                keys.iter().any(|(key, value)| {
                    matches!(key.to_lowercase().as_str(), "aws:sourceowner" | "aws:sourceaccount")
                        && strings(Some(value)) == [account]
                })
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::Partition;

    fn place() -> Place {
        Place { partition: Partition::Aws, account: "123456789012".into(), region: "eu-west-1".into() }
    }

    #[test]
    fn a_foreign_statement_survives_a_merge() {
        let standing = json!({ "Version": "2012-10-17", "Statement": { "Sid": "Theirs", "Effect": "Deny" } });
        let wanted = bucket_statements(&place(), "b", "arn:t");
        let merged = merge(Some(&standing), &wanted);
        assert_eq!(statements(&merged).len(), 4);
        assert_eq!(statements(&merged)[0]["Sid"], "Theirs");
        assert!(has_all(Some(&merged), &wanted));
        assert_eq!(merge(Some(&merged), &wanted), merged, "merging again changes nothing");
    }

    #[test]
    fn what_was_merged_in_is_taken_out_and_the_rest_is_as_before() {
        let standing = json!({ "Version": "2008-10-17", "Id": "x", "Statement": [{ "Sid": "A", "Effect": "Deny" }] });
        let wanted = bucket_statements(&place(), "b", "arn:t");
        let merged = merge(Some(&standing), &wanted);
        assert_eq!(without(Some(&merged), &wanted), Without::Rest(standing.clone()));
        assert_eq!(without(Some(&standing), &wanted), Without::Unchanged);
        assert_eq!(without(Some(&merge(None, &wanted)), &wanted), Without::Empty);
        assert_eq!(without(None, &wanted), Without::Unchanged);
    }

    #[test]
    fn lists_order_and_case_do_not_make_a_difference() {
        let standing = json!({ "Statement": [{ "Action": "SNS:Publish", "Resource": ["x"], "Effect": "Allow" }] });
        let wanted = |resource| [json!({ "Effect": "Allow", "Action": ["sns:publish"], "Resource": resource })];
        assert!(has_all(Some(&standing), &wanted("x")));
        assert!(!has_all(Some(&standing), &wanted("y")));
    }

    #[test]
    fn a_second_trail_keeps_the_first_ones_right_to_write() {
        let first = bucket_statements(&place(), "b", "arn:aws:cloudtrail:eu-west-1:1:trail/one");
        let second = bucket_statements(&place(), "b", "arn:aws:cloudtrail:eu-west-1:1:trail/two");
        let both = merge(Some(&merge(None, &first)), &second);
        assert!(has_all(Some(&both), &first) && has_all(Some(&both), &second));
    }

    #[test]
    fn the_role_has_exactly_two_actions_on_its_own_streams() {
        let policy = role_permissions(&place(), "g", false);
        assert_eq!(policy["Statement"][0]["Action"], json!(["logs:CreateLogStream", "logs:PutLogEvents"]));
        assert_eq!(
            policy["Statement"][0]["Resource"],
            "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:123456789012_CloudTrail_eu-west-1*"
        );
    }

    #[test]
    fn a_topic_for_all_is_public_and_snss_own_default_is_not() {
        let (account, topic, alarm) = ("123456789012", "arn:t", place().alarm_arn("a"));
        let access = |policy: Option<&Value>| topic_access(policy, topic, &alarm);
        let ours = merge(None, &topic_statements(&place(), topic));
        assert_eq!(access(Some(&ours)), TopicAccess::AlarmsOnly);
        let only = |statement: &Value| {
            let mut statement = statement.clone();
            statement["Resource"] = json!(topic);
            json!({ "Statement": [statement] })
        };
        let default = only(&json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": ["SNS:Publish"],
            "Condition": { "StringEquals": { "AWS:SourceOwner": account } } }));
        assert_eq!(access(Some(&default)), TopicAccess::AlarmsOnly);
        let open = only(&json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish" }));
        assert_eq!(access(Some(&open)), TopicAccess::Public);
        let owner_only = only(&json!({ "Effect": "Allow", "Action": "sns:Publish",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" } }));
        assert_eq!(access(Some(&owner_only)), TopicAccess::NoAlarms);
        assert_eq!(access(None), TopicAccess::NoAlarms);
        // Another account's alarms, another topic, and a denial keep ours out.
        let alarms = json!({ "Effect": "Allow", "Action": "sns:Publish",
            "Principal": { "Service": "cloudwatch.amazonaws.com" } });
        assert_eq!(access(Some(&only(&alarms))), TopicAccess::AlarmsOnly);
        let mut theirs = alarms.clone();
        theirs["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": "210987654321" } });
        assert_eq!(access(Some(&only(&theirs))), TopicAccess::NoAlarms);
        assert_eq!(topic_access(Some(&only(&alarms)), "arn:another", &alarm), TopicAccess::NoAlarms);
        let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": topic,
            "Condition": { "ArnNotLike": { "aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:other" } } });
        let denied = json!({ "Statement": [only(&alarms)["Statement"][0], deny] });
        assert_eq!(access(Some(&denied)), TopicAccess::NoAlarms);
    }
}
