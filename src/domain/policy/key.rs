//! Whether the policy of a customer managed key lets the services use it that need it: CloudTrail, CloudWatch Logs, and
//! CloudWatch.

use super::document::PolicyDocument;
use super::elements::{Effect, Principal};
use super::evaluation::{Decision, Doubt, evaluate_all};
use super::request::AccessRequest;
use super::statement::Statement;
use crate::domain::account_region::AccountRegion;

/// A key, and the resources to encrypt with it.
#[derive(Clone, Copy, Debug)]
pub struct KeyUsers<'a> {
    pub account_region: &'a AccountRegion,
    pub key_arn: &'a str,
    pub trail_arn: &'a str,
    pub log_group: &'a str,
    pub topic_arn: &'a str,
    pub alarm_arn: &'a str,
}

/// A statement that the key's policy needs so that a service can certainly use the key.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingStatement {
    /// The service principal, such as `cloudtrail.amazonaws.com`.
    pub service: String,
    pub statement: Statement,
    /// What the answer depends on if the policy may already allow the service; `None` if it certainly doesn't.
    pub doubt: Option<Doubt>,
}

/// The statements to add to the key's policy for the trail, the log group, and the topic; empty if none is needed.
///
/// Source: CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"; CloudWatch Logs User Guide, "Encrypt
/// log data in CloudWatch Logs using AWS KMS"; SNS Developer Guide, "Enable compatibility between event sources from AWS
/// services and encrypted topics".
#[must_use]
pub fn missing_key_statements(policy: &PolicyDocument, users: &KeyUsers<'_>) -> Vec<MissingStatement> {
    let KeyUsers { account_region, trail_arn, log_group, .. } = *users;
    let (account, region) = (account_region.account.as_str(), account_region.region.as_str());
    let logs = logs_principal(account_region);
    let trail_context = [
        ("aws:SourceArn", trail_arn),
        ("aws:SourceAccount", account),
        ("aws:RequestedRegion", region),
        ("kms:EncryptionContext:aws:cloudtrail:arn", trail_arn),
    ];
    let trail_actions = ["kms:GenerateDataKey", "kms:DescribeKey"];
    let trail = allow("RootbellCloudTrail", super::CLOUDTRAIL)
        .action(["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"])
        .resource("*")
        .condition("StringEquals", "aws:SourceArn", trail_arn);
    let key = users.key_arn;
    let alarms = key_serves_alarms(policy, account_region, key, users.topic_arn, users.alarm_arn);
    [
        (super::CLOUDTRAIL, key_allows(policy, key, super::CLOUDTRAIL, &trail_actions, &trail_context), trail),
        (
            &logs,
            key_serves_logs(policy, account_region, key, log_group),
            key_statement_for_logs(account_region, log_group),
        ),
        (super::CLOUDWATCH, alarms, key_statement_for_alarms(account_region)),
    ]
    .into_iter()
    .filter_map(|(service, decision, statement)| {
        let doubt = match decision {
            Decision::Allowed => return None,
            Decision::Denied => None,
            Decision::Unknown(doubt) => Some(doubt),
        };
        Some(MissingStatement { service: service.to_owned(), statement, doubt })
    })
    .collect()
}

/// Whether CloudWatch Logs can store the events of a log group that is encrypted with the key.
///
/// Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS", "Step 2: Set permissions on the
/// KMS key".
#[must_use]
pub fn key_serves_logs(
    policy: &PolicyDocument,
    account_region: &AccountRegion,
    key_arn: &str,
    log_group: &str,
) -> Decision {
    let group = account_region.arn("logs", &format!("log-group:{log_group}"));
    let context = [
        ("aws:SourceArn", group.as_str()),
        ("aws:SourceAccount", account_region.account.as_str()),
        ("aws:RequestedRegion", account_region.region.as_str()),
        ("kms:EncryptionContext:aws:logs:arn", group.as_str()),
    ];
    let actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey"];
    key_allows(policy, key_arn, &logs_principal(account_region), &actions, &context)
}

/// The statement that lets CloudWatch Logs use the key for this log group.
#[must_use]
pub fn key_statement_for_logs(account_region: &AccountRegion, log_group: &str) -> Statement {
    let group = account_region.arn("logs", &format!("log-group:{log_group}"));
    allow("RootbellLogs", &logs_principal(account_region))
        .action(["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"])
        .resource("*")
        .condition("ArnEquals", "kms:EncryptionContext:aws:logs:arn", &group)
}

/// Whether CloudWatch can publish to a topic that is encrypted with the key. CloudWatch uses the key through SNS, for the
/// alarm, with the topic as the encryption context.
///
/// Source: KMS Developer Guide, "AWS KMS condition keys", `kms:ViaService` and `kms:EncryptionContext:context-key`. AWS
/// does not document SNS's encryption context; `aws:sns:topicArn` is what published key policies name.
#[must_use]
pub fn key_serves_alarms(
    policy: &PolicyDocument,
    account_region: &AccountRegion,
    key_arn: &str,
    topic_arn: &str,
    alarm_arn: &str,
) -> Decision {
    let via = format!("sns.{}.amazonaws.com", account_region.region);
    let context = [
        ("aws:SourceAccount", account_region.account.as_str()),
        ("aws:SourceArn", alarm_arn),
        ("aws:RequestedRegion", account_region.region.as_str()),
        ("kms:ViaService", via.as_str()),
        ("kms:EncryptionContext:aws:sns:topicArn", topic_arn),
    ];
    key_allows(policy, key_arn, super::CLOUDWATCH, &["kms:Decrypt", "kms:GenerateDataKey"], &context)
}

/// Whether event rules can publish to a topic that is encrypted with the key. A condition on the source never holds for them.
///
/// Source: SNS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics";
/// awslabs/landing-zone-accelerator-on-aws, issue 407.
#[must_use]
pub fn key_serves_rules(
    policy: &PolicyDocument,
    account_region: &AccountRegion,
    key_arn: &str,
    topic_arn: &str,
) -> Decision {
    let via = format!("sns.{}.amazonaws.com", account_region.region);
    let context = [
        ("aws:RequestedRegion", account_region.region.as_str()),
        ("kms:ViaService", via.as_str()),
        ("kms:EncryptionContext:aws:sns:topicArn", topic_arn),
    ];
    key_allows(policy, key_arn, super::EVENTS, &["kms:Decrypt", "kms:GenerateDataKey"], &context)
}

/// The statement that lets event rules use the key.
///
/// Source: as [`key_serves_rules`].
#[must_use]
pub fn key_statement_for_rules() -> Statement {
    allow("RootbellEventRules", super::EVENTS).action(["kms:Decrypt", "kms:GenerateDataKey*"]).resource("*")
}

/// The statement that lets CloudWatch use the key for this account's alarms.
#[must_use]
pub fn key_statement_for_alarms(account_region: &AccountRegion) -> Statement {
    allow("RootbellAlarms", super::CLOUDWATCH).action(["kms:Decrypt", "kms:GenerateDataKey*"]).resource("*").condition(
        "StringEquals",
        "aws:SourceAccount",
        &account_region.account,
    )
}

fn allow(sid: &str, service: &str) -> Statement {
    Statement::with_sid(sid, Effect::Allow).principal(&Principal::service(service))
}

/// CloudWatch Logs has one service principal per Region.
fn logs_principal(account_region: &AccountRegion) -> String {
    format!("logs.{}.amazonaws.com", account_region.region)
}

/// Whether the key's policy lets a service call all `actions`. One denied action means denied.
fn key_allows(
    policy: &PolicyDocument,
    key_arn: &str,
    service: &str,
    actions: &[&'static str],
    context: &[(&str, &str)],
) -> Decision {
    let request =
        |action: &&'static str| AccessRequest { service: Some(service), action, resource: Some(key_arn), context };
    evaluate_all(Some(policy), &actions.iter().map(request).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::DoubtCause;
    use super::*;
    use crate::domain::Region;
    use crate::domain::fixtures::identity;

    const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/k";
    const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell";
    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";
    const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:rootbell-root-use";

    fn missing(policy: &PolicyDocument) -> Vec<MissingStatement> {
        let account_region = identity().in_region(&Region::new("eu-west-1"));
        let users = KeyUsers {
            account_region: &account_region,
            key_arn: KEY,
            trail_arn: TRAIL,
            log_group: "g",
            topic_arn: TOPIC,
            alarm_arn: ALARM,
        };
        missing_key_statements(policy, &users)
    }

    fn missing_sids(statements: &[Value]) -> Vec<String> {
        let missing = missing(&json!({ "Statement": statements }).into());
        missing.iter().map(|l| l.statement.sid().unwrap().to_owned()).collect()
    }

    fn for_alarms(resource: &str, condition: &Value) -> Value {
        json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": resource, "Condition": condition })
    }

    #[test]
    fn a_statement_limited_to_the_alarm_the_topic_or_sns_allows_cloudwatch() {
        for condition in [
            json!({ "ArnLike": { "aws:SourceArn": ALARM } }),
            json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:rootbell-*" } }),
            json!({ "StringEquals": { "kms:EncryptionContext:aws:sns:topicArn": TOPIC } }),
            json!({ "StringEquals": { "kms:ViaService": "sns.eu-west-1.amazonaws.com" } }),
            json!({ "Bool": { "aws:PrincipalIsAWSService": "true" } }),
            json!({}),
        ] {
            for resource in ["*", KEY] {
                let missing = missing_sids(&[for_alarms(resource, &condition)]);
                assert!(!missing.contains(&"RootbellAlarms".to_owned()), "{resource} {condition}");
            }
        }
        for condition in [
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:other" } }),
            json!({ "StringEquals": { "kms:ViaService": "sns.us-east-1.amazonaws.com" } }),
        ] {
            assert!(missing_sids(&[for_alarms("*", &condition)]).contains(&"RootbellAlarms".to_owned()), "{condition}");
        }
    }

    #[test]
    fn whether_a_statement_for_an_organization_allows_cloudwatch_is_unknown() {
        let condition = json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
        let missing = missing(&json!({ "Statement": for_alarms("*", &condition) }).into());
        let alarms = missing.iter().find(|l| l.statement.sid() == Some("RootbellAlarms")).unwrap();
        let doubt = alarms.doubt.as_ref().unwrap();
        assert!(doubt.cause == DoubtCause::Allow && doubt.depends_on.contains("aws:SourceOrgID"), "{doubt:?}");
        assert!(missing.iter().filter(|l| l.statement.sid() != Some("RootbellAlarms")).all(|l| l.doubt.is_none()));
    }

    #[test]
    fn a_key_for_its_owner_only_needs_three_statements_and_no_more_with_them() {
        let owner = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "kms:*", "Resource": "*" });
        assert_eq!(
            missing_sids(std::slice::from_ref(&owner)),
            ["RootbellCloudTrail", "RootbellLogs", "RootbellAlarms"]
        );
        let mut all: Vec<Value> = missing(&PolicyDocument::default()).into_iter().map(|l| l.statement.into()).collect();
        all.push(owner);
        assert_eq!(missing_sids(&all), Vec::<String>::new());
    }

    #[test]
    fn a_statement_for_the_logs_of_another_region_or_log_group_is_not_enough() {
        let logs = |principal: &str, group: &str| {
            json!({ "Effect": "Allow", "Principal": { "Service": principal }, "Action": "kms:*", "Resource": "*",
                "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn": group } } })
        };
        let any = "arn:aws:logs:eu-west-1:123456789012:*";
        assert!(!missing_sids(&[logs("logs.eu-west-1.amazonaws.com", any)]).contains(&"RootbellLogs".to_owned()));
        assert!(missing_sids(&[logs("logs.us-east-1.amazonaws.com", any)]).contains(&"RootbellLogs".to_owned()));
        let other = "arn:aws:logs:eu-west-1:123456789012:log-group:other";
        assert!(missing_sids(&[logs("logs.eu-west-1.amazonaws.com", other)]).contains(&"RootbellLogs".to_owned()));
    }
}
