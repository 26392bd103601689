//! The policy documents that rootbell writes, and how it reads existing ones.
//!
//! rootbell adds statements to an existing policy and never replaces it: its own statements are recognized by their
//! `Sid`, and all others are kept.

use super::account_region::AccountRegion;
use super::region::Partition;

mod bucket;
mod condition;
mod document;
mod elements;
mod evaluation;
mod key;
mod merge;
#[cfg(test)]
mod published;
mod reading;
mod request;
mod statement;
mod topic;

pub use bucket::{LogFileLocation, bucket_access, bucket_statements};
pub use document::PolicyDocument;
pub use elements::{Effect, OneOrMany, Principal};
pub use evaluation::{Decision, Doubt, DoubtCause, allows, evaluate, well_formed as is_well_formed};
pub use key::{
    KeyUsers, MissingStatement, key_serves_alarms, key_serves_logs, key_serves_rules, key_statement_for_alarms,
    key_statement_for_logs, key_statement_for_rules, missing_key_statements,
};
pub use merge::{Remainder, has_all, merge, remove_statements, same};
pub use reading::{bucket_open, repair_bucket, repair_role, requires_tls, too_wide, trusts_others};
pub use request::AccessRequest;
pub use statement::Statement;
pub use topic::{TopicAccess, repair_topic, topic_access, topic_is_public};

/// The `Sid` of a statement for one resource, so that two trails can share a bucket and two log groups a role. A `Sid`
/// may contain only letters and digits.
fn sid(prefix: &str, resource: &str) -> String {
    prefix.chars().chain(resource.chars().filter(char::is_ascii_alphanumeric)).collect()
}

const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";
const EVENTS: &str = "events.amazonaws.com";

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

/// Whether the role's policy lets CloudTrail deliver to the log group, in whatever words.
///
/// Source: as [`role_trust`].
#[must_use]
pub fn role_access(policy: Option<&PolicyDocument>, wanted: &PolicyDocument) -> Decision {
    let statements = wanted.statements();
    // A stream is named after the organization, the account, and the Region, and has a number at the end.
    let streams: Vec<String> = statements.iter().flat_map(Statement::resources).map(|r| r.replace('*', "0")).collect();
    let request = |action| {
        let resource = streams.first().map(String::as_str);
        AccessRequest { service: None, action, resource, context: &[] }
    };
    let requests: Vec<_> = statements.iter().flat_map(Statement::actions).map(request).collect();
    evaluation::evaluate_all(policy, &requests)
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

/// The statement that lets event rules publish. It has no condition, because AWS doesn't support any here: without one, a
/// rule of another account could publish as well, if somebody there knows the topic's ARN.
///
/// Source: EventBridge User Guide, "Using resource-based policies for Amazon EventBridge", Amazon SNS permissions.
#[must_use]
pub fn topic_statement_for_rules(topic_arn: &str) -> Statement {
    Statement::with_sid("RootbellEventRules", Effect::Allow)
        .principal(&Principal::service(EVENTS))
        .action("SNS:Publish")
        .resource(topic_arn)
}

/// Whether event rules can certainly publish to the topic.
#[must_use]
pub fn topic_lets_rules_publish(policy: Option<&PolicyDocument>, topic_arn: &str) -> bool {
    rules_access(policy, topic_arn) == Decision::Allowed
}

/// Whether event rules can publish to the topic. A condition on the account or the rule is unknown rather than broken: AWS says
/// that conditions can't be used, but not what they do. The condition of SNS's default statement, on the topic's owner, doesn't
/// hold for them.
///
/// Source: as [`topic_statement_for_rules`]; AWS re:Post, "Why didn't I receive an SNS notification for my EventBridge rule?"
#[must_use]
pub fn rules_access(policy: Option<&PolicyDocument>, topic_arn: &str) -> Decision {
    let topic = crate::domain::arn::Arn::from(topic_arn);
    let (account, region) = (topic.account().unwrap_or_default(), topic.region().unwrap_or_default());
    let decide = |context: &[(&str, &str)]| {
        let request =
            AccessRequest { service: Some(EVENTS), action: "sns:Publish", resource: Some(topic_arn), context };
        evaluate(policy, &request)
    };
    let no_owner = ("aws:SourceOwner", "");
    match decide(&[("aws:RequestedRegion", region), no_owner]) {
        Decision::Denied => {
            let rule = format!("arn:{}:events:{region}:{account}:rule/x", topic.partition().unwrap_or(Partition::Aws));
            let with_source = decide(&[
                ("aws:RequestedRegion", region),
                no_owner,
                ("aws:SourceAccount", account),
                ("aws:SourceArn", &rule),
            ]);
            if with_source == Decision::Denied {
                return Decision::Denied;
            }
            let depends_on = "a condition, which AWS doesn't support for event rules".to_owned();
            Decision::Unknown(Doubt { cause: DoubtCause::Allow, depends_on })
        }
        decision => decision,
    }
}

/// The trust policy of the role that EventBridge forwards events with. It has no condition: only this account can give one of
/// its roles to a rule, and the role can do nothing but put events on one bus of this account.
///
/// Source: EventBridge User Guide, "Sending and receiving events between AWS Regions in Amazon EventBridge"; IAM User
/// Guide, "Grant a user permissions to pass a role to an AWS service".
#[must_use]
pub fn forwarding_trust() -> PolicyDocument {
    let statement = Statement::with_sid("RootbellEventRules", Effect::Allow);
    PolicyDocument::new(&[statement.principal(&Principal::service(EVENTS)).action("sts:AssumeRole")])
}

/// That role's permission: to put events on the home Region's default bus, and nothing else.
///
/// Source: as [`forwarding_trust`].
#[must_use]
pub fn forwarding_permissions(home: &AccountRegion) -> PolicyDocument {
    let bus = home.event_bus_arn();
    let statement = Statement::with_sid("RootbellForward", Effect::Allow);
    PolicyDocument::new(&[statement.action("events:PutEvents").resource(bus.as_str())])
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
}
