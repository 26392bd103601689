//! The policy documents that rootbell writes, and how it reads existing ones.
//!
//! rootbell adds statements to an existing policy and never replaces it: its own statements are recognized by their
//! `Sid`, and all others are kept.

use super::account_region::AccountRegion;

mod condition;
mod document;
mod evaluation;
mod key;
mod merge;
mod reading;
mod topic;

pub use document::{Effect, OneOrMany, PolicyDocument, Principal, Statement};
pub use evaluation::{AccessRequest, Decision, Doubt, DoubtCause, allows, evaluate, well_formed as is_well_formed};
pub use key::{KeyUsers, MissingStatement, key_serves_alarms, key_statement_for_alarms, missing_key_statements};
pub use merge::{Remainder, has_all, merge, remove_statements, same};
pub use reading::{bucket_open, repair_bucket, repair_role, requires_tls, too_wide, trusts_others};
pub use topic::{TopicAccess, repair_topic, topic_access, topic_is_public};

/// The name of the inline policy on the role.
pub const ROLE_POLICY: &str = "rootbell-deliver-to-logs";

/// The `Sid` of a statement for one resource, so that two trails can share a bucket and two log groups a role. A `Sid`
/// may contain only letters and digits.
fn sid(prefix: &str, resource: &str) -> String {
    prefix.chars().chain(resource.chars().filter(char::is_ascii_alphanumeric)).collect()
}

const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// CloudTrail may read the bucket's ACL and write this account's logs, for this trail only; TLS is required.
///
/// Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
#[must_use]
pub fn bucket_statements(account_region: &AccountRegion, bucket: &str, trail_arn: &str) -> Vec<Statement> {
    let bucket_arn = format!("arn:{}:s3:::{bucket}", account_region.partition);
    let mut statements = bucket_delivery_statements(account_region, bucket, trail_arn);
    statements.push(
        Statement::with_sid("RootbellTlsOnly", Effect::Deny)
            .principal(&Principal::everyone())
            .action("s3:*")
            .resource([bucket_arn.clone(), format!("{bucket_arn}/*")])
            .condition("Bool", "aws:SecureTransport", "false"),
    );
    statements
}

/// Those of [`bucket_statements`] that let CloudTrail deliver log files.
#[must_use]
pub fn bucket_delivery_statements(account_region: &AccountRegion, bucket: &str, trail_arn: &str) -> Vec<Statement> {
    let bucket_arn = format!("arn:{}:s3:::{bucket}", account_region.partition);
    let trail = trail_arn.rsplit('/').next().unwrap_or_default();
    let allow = |prefix: &str, action: &str| {
        Statement::with_sid(&sid(prefix, trail), Effect::Allow)
            .principal(&Principal::service(CLOUDTRAIL))
            .action(action)
    };
    vec![
        allow("RootbellAclCheck", "s3:GetBucketAcl").resource(bucket_arn.as_str()).condition(
            "StringEquals",
            "aws:SourceArn",
            trail_arn,
        ),
        allow("RootbellWrite", "s3:PutObject")
            .resource(format!("{bucket_arn}/AWSLogs/{}/*", account_region.account))
            .condition("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")
            .condition("StringEquals", "aws:SourceArn", trail_arn),
    ]
}

/// The role's trust policy: only CloudTrail can assume it; with a trail's ARN, only for that trail.
///
/// Source: CloudTrail User Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring"; IAM User
/// Guide, "The confused deputy problem".
#[must_use]
pub fn role_trust(trail_arn: Option<&str>) -> PolicyDocument {
    let statement = Statement::with_sid("RootbellCloudTrail", Effect::Allow)
        .principal(&Principal::service(CLOUDTRAIL))
        .action("sts:AssumeRole");
    PolicyDocument::new(&[match trail_arn {
        Some(arn) => statement.condition("StringEquals", "aws:SourceArn", arn),
        None => statement,
    }])
}

/// Whether a role can be assumed for one trail only.
#[must_use]
pub fn is_restricted_to_trail(trust: &PolicyDocument) -> bool {
    trust.statements().iter().any(|s| s.condition_values("StringEquals", "aws:SourceArn").is_some())
}

/// The role's permissions: create CloudTrail's log streams in one log group, and write to them. An organization trail's
/// streams begin with the organization's id.
///
/// Source: as [`role_trust`].
#[must_use]
pub fn role_permissions(account_region: &AccountRegion, log_group: &str, organization: bool) -> PolicyDocument {
    let stream_owner = if organization { "*" } else { account_region.account.as_str() };
    let streams = account_region
        .arn("logs", &format!("log-group:{log_group}:log-stream:{stream_owner}_CloudTrail_{}*", account_region.region));
    let statement = Statement::with_sid(&sid("RootbellDeliver", log_group), Effect::Allow);
    PolicyDocument::new(&[statement.action(["logs:CreateLogStream", "logs:PutLogEvents"]).resource(streams.as_str())])
}

/// The statement for the topic's owner, which setting a policy would otherwise drop, and the one that lets CloudWatch
/// publish for this account's alarms.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control", CloudWatch alarms.
#[must_use]
pub fn topic_statements(account_region: &AccountRegion, topic_arn: &str) -> Vec<Statement> {
    let owner = account_region.root_arn();
    let owner_actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    vec![
        Statement::with_sid("RootbellOwner", Effect::Allow)
            .principal(&Principal::aws(&owner))
            .action(owner_actions)
            .resource(topic_arn),
        Statement::with_sid("RootbellAlarmsOfThisAccount", Effect::Allow)
            .principal(&Principal::service(CLOUDWATCH))
            .action("SNS:Publish")
            .resource(topic_arn)
            .condition("StringEquals", "aws:SourceAccount", &account_region.account)
            .condition("ArnLike", "aws:SourceArn", &account_region.alarm_arn("*")),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Region;
    use crate::domain::fixtures::identity;

    #[test]
    fn the_role_policy_allows_two_actions_on_cloudtrails_streams_only() {
        let policy = role_permissions(&identity().in_region(&Region::new("eu-west-1")), "g", false);
        assert_eq!(policy.as_json()["Statement"][0]["Action"], json!(["logs:CreateLogStream", "logs:PutLogEvents"]));
        assert_eq!(
            policy.as_json()["Statement"][0]["Resource"],
            "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:123456789012_CloudTrail_eu-west-1*"
        );
    }

    #[test]
    fn the_bucket_policy_lets_cloudtrail_write_this_accounts_logs_for_one_trail() {
        let trail = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main-1";
        let statements = bucket_statements(&identity().in_region(&Region::new("eu-west-1")), "b", trail);
        assert_eq!(
            statements[1].to_string(),
            concat!(
                r#"{"Sid":"RootbellWritemain1","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"#,
                r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::b/AWSLogs/123456789012/*","Condition":{"StringEquals":"#,
                r#"{"s3:x-amz-acl":"bucket-owner-full-control","#,
                r#""aws:SourceArn":"arn:aws:cloudtrail:eu-west-1:123456789012:trail/main-1"}}}"#
            )
        );
    }
}
