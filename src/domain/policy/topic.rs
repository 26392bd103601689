//! Who may publish to the topic that the alarm notifies.

use super::condition::Truth;
use super::document::PolicyDocument;
use super::evaluation::{Decision, Doubt, covers_action, covers_resource, evaluate};
use super::reading::repair;
use super::request::AccessRequest;
use super::statement::{Elements, Statement};
use crate::domain::arn::Arn;

/// What a topic's policy means for the alarm's notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicAccess {
    /// Alarms in this account can publish.
    Alarms,
    /// CloudWatch can't publish: the alarm would fire, but no alert would be sent.
    NoAlarms,
    /// Whether CloudWatch can publish depends on something that rootbell cannot evaluate.
    Unknown(Doubt),
}

/// Evaluates the policy of a topic that an alarm in this account notifies.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control".
#[must_use]
pub fn topic_access(policy: Option<&PolicyDocument>, topic_arn: &str, alarm_arn: &str) -> TopicAccess {
    let (alarm, topic) = (Arn::from(alarm_arn), Arn::from(topic_arn));
    let account = alarm.account().unwrap_or_default();
    let region = topic.region().unwrap_or_default();
    let context = [
        ("aws:SourceAccount", account),
        ("aws:SourceOwner", account),
        ("aws:SourceArn", alarm_arn),
        ("aws:RequestedRegion", region),
    ];
    let service = Some(super::CLOUDWATCH);
    match evaluate(
        policy,
        &AccessRequest { service, action: "sns:Publish", resource: Some(topic_arn), context: &context },
    ) {
        Decision::Denied => TopicAccess::NoAlarms,
        Decision::Allowed => TopicAccess::Alarms,
        Decision::Unknown(doubt) => TopicAccess::Unknown(doubt),
    }
}

/// Whether anyone can publish to the topic, so that an alert could be forged or buried among other messages. Only a
/// statement without a condition makes it public: an organization (`aws:PrincipalOrgID`), the alarms of another account
/// (`aws:SourceArn`), and SNS's default statement (`AWS:SourceOwner`) all use a condition.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control".
#[must_use]
pub fn topic_is_public(policy: Option<&PolicyDocument>, topic_arn: &str) -> bool {
    policy.is_some_and(|policy| policy.statements().iter().any(|statement| is_public(statement, topic_arn)))
}

/// For a topic that rootbell manages: [`super::merge`], without the statements that let everyone publish. For an unmanaged
/// topic use [`super::merge`].
#[must_use]
pub fn repair_topic(existing: Option<&PolicyDocument>, topic_arn: &str, wanted: &[Statement]) -> PolicyDocument {
    repair(existing, wanted, |statement| is_public(statement, topic_arn))
}

/// Whether a statement lets anyone publish to the topic.
fn is_public(statement: &Statement, topic_arn: &str) -> bool {
    let covers_publishing = |elements: &Elements| {
        covers_action(elements, "sns:Publish") && covers_resource(elements, topic_arn) == Truth::Yes
    };
    statement.is_open() && statement.elements().is_some_and(covers_publishing)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{DoubtCause, has_all, merge, topic_statements};
    use super::*;
    use crate::domain::Region;
    use crate::domain::account_region::AccountRegion;
    use crate::domain::fixtures::identity;

    fn account_region() -> AccountRegion {
        identity().in_region(&Region::new("us-east-2"))
    }

    /// The examples "Allow accounts in an organization … to publish" and "Allow any CloudWatch alarm to publish to a
    /// topic in a different account" of the SNS Developer Guide, and others with a condition.
    fn conditioned(topic: &str) -> Vec<Value> {
        [
            json!({ "StringEquals": { "aws:PrincipalOrgID": "myOrgId" } }),
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:us-east-2:111122223333:alarm:*" } }),
            json!({ "StringEquals": { "aws:SourceAccount": ["111122223333", "444455556666"] } }),
            json!({ "StringLike": { "aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*" } }),
        ]
        .into_iter()
        .map(|condition| {
            json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "SNS:Publish", "Resource": topic,
                "Condition": condition })
        })
        .collect()
    }

    #[test]
    fn a_statement_with_a_condition_is_not_public_and_is_kept() {
        let (topic, alarm) = (account_region().topic_arn("t"), account_region().alarm_arn("a"));
        let ours = topic_statements(&account_region(), &topic);
        for statement in conditioned(&topic) {
            let policy = json!({ "Statement": [statement] }).into();
            assert_eq!(topic_access(Some(&policy), &topic, &alarm), TopicAccess::NoAlarms, "{statement}");
            let repaired = repair_topic(Some(&policy), &topic, &ours);
            assert_eq!(*repaired.statements()[0].as_json(), statement);
            assert!(has_all(Some(&repaired), &ours));
            assert_eq!(topic_access(Some(&repaired), &topic, &alarm), TopicAccess::Alarms, "{statement}");
        }
    }

    #[test]
    fn repairing_a_topic_policy_removes_every_form_of_public_publishing() {
        let topic = account_region().topic_arn("t");
        let ours = topic_statements(&account_region(), &topic);
        let open = |action: Value| json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": topic });
        let repair = |statement: &Value| repair_topic(Some(&json!({ "Statement": statement }).into()), &topic, &ours);
        for action in [json!("sns:Publish"), json!("SNS:*"), json!("*"), json!(["sns:Subscribe", "sns:Publis?"])] {
            let mut statement = open(action);
            assert_eq!(repair(&statement).statements(), ours);
            statement["Condition"] = json!({});
            assert_eq!(repair(&statement).statements(), ours);
        }
        let subscribe = open(json!("sns:Subscribe"));
        assert_eq!(*repair(&subscribe).statements()[0].as_json(), subscribe);
    }

    #[test]
    fn access_through_an_organization_condition_is_unknown_until_our_statement_is_added() {
        let (topic, alarm) = (account_region().topic_arn("t"), account_region().alarm_arn("a"));
        let allow = json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": "SNS:Publish", "Resource": topic, "Condition": { "StringEquals": { "aws:SourceOrgID": "o-1" } } });
        let policy = json!({ "Statement": [allow] }).into();
        let TopicAccess::Unknown(doubt) = topic_access(Some(&policy), &topic, &alarm) else { panic!() };
        assert!(doubt.cause == DoubtCause::Allow && doubt.depends_on.contains("aws:SourceOrgID"), "{doubt:?}");
        let merged = merge(Some(&policy), &topic_statements(&account_region(), &topic));
        assert_eq!(topic_access(Some(&merged), &topic, &alarm), TopicAccess::Alarms);
    }

    #[test]
    fn a_topic_open_to_everyone_is_public_and_the_sns_default_policy_is_not() {
        let (account, topic, alarm) = ("123456789012", "arn:t", account_region().alarm_arn("a"));
        let access = |policy: Option<&PolicyDocument>| topic_access(policy, topic, &alarm);
        let ours = merge(None, &topic_statements(&account_region(), topic));
        assert_eq!(access(Some(&ours)), TopicAccess::Alarms);
        let only = |statement: &Value| {
            let mut statement = statement.clone();
            statement["Resource"] = json!(topic);
            PolicyDocument::from(json!({ "Statement": [statement] }))
        };
        let default = only(&json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": ["SNS:Publish"],
            "Condition": { "StringEquals": { "AWS:SourceOwner": account } } }));
        assert_eq!(access(Some(&default)), TopicAccess::Alarms);
        let open = only(&json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish" }));
        assert_eq!(access(Some(&open)), TopicAccess::Alarms);
        assert!(
            topic_is_public(Some(&open), topic)
                && ![&default, &ours].iter().any(|policy| topic_is_public(Some(policy), topic))
        );
        let owner_only = only(&json!({ "Effect": "Allow", "Action": "sns:Publish",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" } }));
        assert_eq!(access(Some(&owner_only)), TopicAccess::NoAlarms);
        assert_eq!(access(None), TopicAccess::NoAlarms);
        // Statements for another account or topic don't allow our alarms, and a Deny blocks them.
        let alarms = json!({ "Effect": "Allow", "Action": "sns:Publish",
            "Principal": { "Service": "cloudwatch.amazonaws.com" } });
        assert_eq!(access(Some(&only(&alarms))), TopicAccess::Alarms);
        let mut theirs = alarms.clone();
        theirs["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": "210987654321" } });
        assert_eq!(access(Some(&only(&theirs))), TopicAccess::NoAlarms);
        assert_eq!(topic_access(Some(&only(&alarms)), "arn:another", &alarm), TopicAccess::NoAlarms);
        let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": topic,
            "Condition": { "ArnNotLike": { "aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:other" } } });
        let denied = json!({ "Statement": [only(&alarms).statements()[0], deny] }).into();
        assert_eq!(access(Some(&denied)), TopicAccess::NoAlarms);
    }
}
