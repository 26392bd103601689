//! Plans for a topic, its policy and its subscriptions.

use super::*;

#[test]
fn a_public_topic_is_closed_and_other_statements_are_kept() {
    let mut observed = sound();
    edit(&mut observed.topic, |topic| {
        topic.as_mut().unwrap().policy = Some(
            serde_json::json!({ "Statement": [
            { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*" },
            { "Sid": "Lambda", "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
              "Action": "sns:Publish", "Resource": "*" },
        ] })
            .into(),
        );
    });
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::SetTopicPolicy { policy, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    let policy = policy.to_string();
    assert!(!policy.contains("\"Open\"") && policy.contains("\"Lambda\"") && policy.contains("cloudwatch"), "{policy}");
}

/// A complete setup whose topic has this name and these statements.
fn with_topic(name: &str, statements: &[serde_json::Value]) -> Observed {
    let mut observed = sound();
    let arn = settings(&SetupOptions::default(), &observed).account_region.topic_arn(name);
    edit(&mut observed.topic, |topic| {
        let topic = topic.as_mut().unwrap();
        topic.policy = Some(serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).into());
        topic.arn.clone_from(&arn);
    });
    edit(&mut observed.alarms, |alarms| alarms[0].config.actions = vec![arn.clone()]);
    observed.path.topic = Some(crate::domain::observed::Found { value: arn, usable: true });
    observed
}

fn named_topic(name: &str) -> SetupOptions {
    SetupOptions { topic: Some(name.into()), ..SetupOptions::default() }
}

#[test]
fn an_unmanaged_topic_that_the_user_did_not_name_is_left_alone() {
    use serde_json::json;
    for statements in [vec![publish("Allow", &json!({}))], vec![]] {
        let mut observed = with_topic("central", &statements);
        assert_eq!(ids(&SetupOptions::default(), &observed), Vec::<String>::new());
        if statements.is_empty() {
            assert_eq!(ids(&named_topic("central"), &observed), ["topic.policy"]);
        }
        edit(&mut observed.topic, |topic| topic.as_mut().unwrap().kms_key = Some("alias/aws/sns".into()));
        assert_eq!(ids(&SetupOptions::default(), &observed), Vec::<String>::new());
    }
}

#[test]
fn the_row_that_subscribes_somebody_to_an_unmanaged_topic_says_what_else_it_sends() {
    let observed = with_topic("central", &[]);
    let detail = |observed: &Observed| {
        let plan = plan(&settings(&with_email("bob@example.com"), observed), observed);
        let row = plan.rows.iter().find(|row| matches!(row.change, Some(Change::Subscribe { .. }))).cloned();
        row.unwrap().detail
    };
    assert!(detail(&observed).contains("receives everything sent to `central`"), "{}", detail(&observed));
    assert!(!detail(&sound()).contains("everything"), "{}", detail(&sound()));
}

/// A statement for everyone who meets the condition.
fn publish(effect: &str, condition: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "Effect": effect, "Principal": { "AWS": "*" }, "Action": "SNS:Publish", "Resource": "*",
        "Condition": condition })
}

#[test]
fn if_it_is_unknown_whether_cloudwatch_can_publish_our_statement_is_added_where_that_helps() {
    use serde_json::json;
    let organization = json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
    let alarms = json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": "SNS:Publish", "Resource": "*" });
    for name in ["rootbell-alerts", "central"] {
        let allow = publish("Allow", &organization);
        let observed = with_topic(name, std::slice::from_ref(&allow));
        let plan = plan(&settings(&named_topic(name), &observed), &observed);
        let [Change::SetTopicPolicy { policy, .. }] = plan.changes().collect::<Vec<_>>()[..] else {
            panic!("{plan:#?}")
        };
        let statements = policy.statements();
        assert_eq!((statements[0].as_json(), statements.len()), (&allow, 3), "{name}");
        // An Allow does not override a Deny, so nothing is added.
        let observed = with_topic(name, &[alarms.clone(), publish("Deny", &organization)]);
        assert_eq!(ids(&named_topic(name), &observed), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn only_unconditional_statements_are_removed_and_only_from_our_own_topic() {
    use serde_json::json;
    let open = publish("Allow", &json!({}));
    let shared = publish("Allow", &json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }));
    let observed = with_topic("rootbell-alerts", &[open.clone(), shared.clone()]);
    let repaired = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let [Change::SetTopicPolicy { policy, .. }] = repaired.changes().collect::<Vec<_>>()[..] else {
        panic!("{repaired:#?}")
    };
    let others = &policy.statements()[..policy.statements().len() - 2];
    assert_eq!(others.iter().map(Statement::as_json).collect::<Vec<_>>(), [&shared]);
    let row = repaired.rows.iter().find(|r| r.change.is_some()).unwrap();
    assert!(row.detail.contains("not public") && !row.unmanaged, "{row:?}");
    // Alarms can publish to it, so it is left alone.
    let observed = with_topic("central", &[open, shared]);
    assert_eq!(ids(&SetupOptions::default(), &observed), Vec::<String>::new());
    assert_eq!(ids(&named_topic("central"), &observed), Vec::<String>::new());
}
