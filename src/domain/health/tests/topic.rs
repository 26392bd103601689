//! What is said about a topic that others manage.

use super::*;

#[test]
fn nothing_is_promised_about_a_topic_of_others_that_applying_the_plan_does_not_do() {
    use crate::domain::observed::Found;
    let condition = serde_json::json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
    let statement = serde_json::json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "SNS:Publish",
        "Resource": "*", "Condition": condition });
    let mut observed = sound();
    let arn: crate::domain::arn::Arn = "arn:aws:sns:eu-west-1:123456789012:theirs".into();
    let their_topic = topic(&mut observed);
    their_topic.arn = arn.clone();
    their_topic.policy = Some(serde_json::json!({ "Statement": [statement] }).into());
    alarm(&mut observed).config.actions = vec![arn.clone()];
    observed.path.topic = Some(Found { value: arn, usable: true });
    let health = health_of(&observed);
    let found = check(&health, "topic.policy");
    assert_eq!(found.verdict, Verdict::Unknown, "{found:?}");
    // A plan adds a statement only to rootbell's own topic, or to one that the user named.
    let fix = found.fix.content();
    assert!(!fix.contains("AllowPublishing") && fix.contains("SendTest") && fix.contains("use another topic"), "{fix}");
}
