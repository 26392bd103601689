//! EventBridge: its rules, their targets, the evaluation of patterns, and what goes wrong.

use serde_json::json;

use super::*;
use crate::cloud::demo::account;
use crate::domain::arn::Arn;
use crate::domain::event_rule::{EventRule, RuleState, RuleTarget, TargetInput};

const RULE: &str = "arn:aws:events:eu-west-1:123456789012:rule/rootbell-root-sign-ins";
const PATTERN: &str = r#"{"source":["aws.signin"]}"#;

fn rule(name: &str, state: RuleState) -> EventRule {
    EventRule {
        name: name.into(),
        arn: format!("arn:aws:events:eu-west-1:123456789012:rule/{name}").into(),
        state,
        pattern: Some(PATTERN.into()),
        description: "d".into(),
        managed_by: None,
        targets: None,
        coverage: None,
    }
}

fn target() -> RuleTarget {
    RuleTarget {
        id: "1".into(),
        arn: TOPIC.into(),
        role_arn: Some("arn:aws:iam::123456789012:role/r".into()),
        input: TargetInput::Path("$.detail".into()),
    }
}

fn in_demo(state: RuleState, targets: Vec<RuleTarget>) -> account::EventRule {
    account::EventRule {
        state,
        pattern: Some(PATTERN.into()),
        description: "d".into(),
        targets,
        ..account::EventRule::default()
    }
}

fn add(name: &'static str, rule: account::EventRule) -> impl FnOnce(&mut Account) {
    move |account| drop(account.region_mut("eu-west-1").event_rules.insert(name.into(), rule))
}

fn deny(operation: &'static str) -> impl FnOnce(&mut Account) {
    move |account| {
        account.faults.insert(operation.into(), InjectedFault::Deny);
    }
}

fn put_rule() -> Change {
    Change::PutRule { rule: RULE.into(), pattern: PATTERN.into(), description: "d".into() }
}

fn put_target() -> Change {
    Change::PutTarget { rule: RULE.into(), target: target() }
}

fn put_event(region: &str) -> Change {
    let bus: Arn = format!("arn:aws:events:{region}:123456789012:event-bus/default").into();
    Change::PutEvents { bus, at: START.parse().unwrap(), detail: r#"{"eventName":"ConsoleLogin"}"#.into() }
}

pub(super) fn cases() -> Vec<ContractCase> {
    queries().into_iter().chain(changes()).collect()
}

fn queries() -> Vec<ContractCase> {
    let listed = |name: &str, state: &str| {
        json!({
            "Name": name,
            "Arn": format!("arn:aws:events:eu-west-1:123456789012:rule/{name}"),
            "State": state,
            "EventPattern": PATTERN,
            "Description": "d",
        })
    };
    let reads = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
    let rules = vec![rule("a", RuleState::EnabledWithReads), rule("b", RuleState::Disabled)];
    let raw_target = json!({
        "Id": "1", "Arn": TOPIC, "RoleArn": "arn:aws:iam::123456789012:role/r", "InputPath": "$.detail",
    });
    let event = r#"{"source":"aws.signin"}"#;
    vec![
        ContractCase::new("no event rules", CloudCall::EventRules)
            .aws("ListRules", AwsReply::Json(json!({ "Rules": [] })))
            .returns(&Vec::<EventRule>::new()),
        ContractCase::new("event rules in each state", CloudCall::EventRules)
            .demo(add("a", in_demo(RuleState::EnabledWithReads, Vec::new())))
            .demo(add("b", in_demo(RuleState::Disabled, Vec::new())))
            .aws("ListRules", AwsReply::Json(json!({ "Rules": [listed("a", reads), listed("b", "DISABLED")] })))
            .returns(&rules),
        ContractCase::new("event rules of another Region", CloudCall::EventRules)
            .in_region("us-east-1")
            .demo(add("a", in_demo(RuleState::Enabled, Vec::new())))
            .aws("ListRules", AwsReply::Json(json!({ "Rules": [] })))
            .returns(&Vec::<EventRule>::new()),
        ContractCase::new("denied event rules", CloudCall::EventRules).demo(deny("ListRules")).fails(
            "ListRules",
            "AccessDeniedException",
            ErrorKind::AccessDenied,
        ),
        ContractCase::new("a rule's targets", CloudCall::RuleTargets("a"))
            .demo(add("a", in_demo(RuleState::Enabled, vec![target()])))
            .aws("ListTargetsByRule", AwsReply::Json(json!({ "Targets": [raw_target] })))
            .returns(&vec![target()]),
        ContractCase::new("the targets of no rule", CloudCall::RuleTargets("a")).fails(
            "ListTargetsByRule",
            "ResourceNotFoundException",
            ErrorKind::NotFound,
        ),
        ContractCase::new("a rule's tags", CloudCall::Tags(Tagged::EventRule, RULE))
            .set_up()
            .aws("ListTagsForResource", AwsReply::Json(json!({ "Tags": [{ "Key": "rootbell", "Value": "managed" }] })))
            .returns(&vec![("rootbell".to_owned(), "managed".to_owned())]),
        ContractCase::new("a pattern that matches", CloudCall::TestEventPattern(PATTERN, event))
            .aws("TestEventPattern", AwsReply::Json(json!({ "Result": true })))
            .returns(&true),
        ContractCase::new("a pattern that doesn't match", CloudCall::TestEventPattern(PATTERN, r#"{"source":"x"}"#))
            .aws("TestEventPattern", AwsReply::Json(json!({ "Result": false })))
            .returns(&false),
        ContractCase::new("an invalid pattern", CloudCall::TestEventPattern("[]", event)).fails(
            "TestEventPattern",
            "InvalidEventPatternException",
            ErrorKind::Invalid,
        ),
    ]
}

fn changes() -> Vec<ContractCase> {
    let done = |operation| (operation, AwsReply::Json(json!({ "FailedEntryCount": 0, "FailedEntries": [] })));
    let of = |name, change: Change| {
        let (operation, reply) = done(change.operation().name);
        ContractCase::of_change(name, change).aws(operation, reply)
    };
    vec![
        ContractCase::of_change("a new event rule", put_rule())
            .aws("PutRule", AwsReply::Json(json!({ "RuleArn": RULE }))),
        ContractCase::of_change("a rule that a service manages", put_rule())
            .demo(add(
                "rootbell-root-sign-ins",
                account::EventRule {
                    managed_by: Some("x.amazonaws.com".into()),
                    ..in_demo(RuleState::Enabled, Vec::new())
                },
            ))
            .fails("PutRule", "ManagedRuleException", ErrorKind::Other),
        of("a new target", put_target()).set_up(),
        ContractCase::of_change("a target of a rule that can't be found yet", put_target()).fails(
            "PutTargets",
            "ResourceNotFoundException",
            ErrorKind::EventualConsistency,
        ),
        of("a removed target", Change::RemoveTarget { rule: RULE.into(), target: "rootbell".into() }).set_up(),
        ContractCase::of_change("a rule without targets is deleted", Change::DeleteRule { rule: RULE.into() })
            .set_up()
            .demo(|account| {
                let rules = &mut account.region_mut("eu-west-1").event_rules;
                rules.get_mut("rootbell-root-sign-ins").unwrap().targets.clear();
            })
            .aws("DeleteRule", AwsReply::Json(json!({}))),
        ContractCase::of_change("a rule that doesn't exist is deleted", Change::DeleteRule { rule: RULE.into() })
            .aws("DeleteRule", AwsReply::Json(json!({}))),
        ContractCase::of_change("a rule with targets is not deleted", Change::DeleteRule { rule: RULE.into() })
            .set_up()
            .fails("DeleteRule", "ValidationException", ErrorKind::Invalid),
        ContractCase::of_change("an event on the bus", put_event("eu-west-1"))
            .aws("PutEvents", AwsReply::Json(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] }))),
        ContractCase::of_change("an event on the bus, denied", put_event("eu-west-1")).demo(deny("PutEvents")).fails(
            "PutEvents",
            "AccessDeniedException",
            ErrorKind::AccessDenied,
        ),
    ]
}

#[tokio::test]
async fn an_event_that_the_bus_does_not_accept_is_an_error_with_awss_code() {
    let reply = json!({ "FailedEntryCount": 1, "Entries": [{ "ErrorCode": "InternalFailure", "ErrorMessage": "no" }] });
    let case = ContractCase::of_change("", put_event("eu-west-1")).aws("PutEvents", AwsReply::Json(reply));
    let error = case.run_on_aws().await.unwrap_err();
    assert!(error.message.contains("InternalFailure"), "{error:?}");
    assert_eq!(error.resource, "event-bus/default");
}
