//! Whether the policy of a customer's key serves those who have to use it: CloudTrail, CloudWatch Logs, CloudWatch.

use serde_json::{Value, json};

use super::evaluation::{Ask, allows};
use crate::domain::place::Place;

/// The statements to add to the key's policy for the trail, the log group and the topic; none where it serves them all.
///
/// Source: CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"; CloudWatch Logs User Guide, "Encrypt
/// log data in CloudWatch Logs using AWS KMS"; SNS Developer Guide, "Enable compatibility between event sources from AWS
/// services and encrypted topics".
#[must_use]
pub fn key_lacks(policy: &Value, place: &Place, trail_arn: &str, log_group: &str) -> Vec<Value> {
    let account = place.account.as_str();
    let group = place.arn("logs", &format!("log-group:{log_group}"));
    let logs = logs_principal(place);
    let mut lacking = Vec::new();
    let trail_context = [
        ("aws:SourceArn", trail_arn),
        ("aws:SourceAccount", account),
        ("kms:EncryptionContext:aws:cloudtrail:arn", trail_arn),
    ];
    if !serves(policy, "cloudtrail.amazonaws.com", &["kms:GenerateDataKey", "kms:DescribeKey"], &trail_context) {
        lacking.push(json!({
            "Sid": "RootbellCloudTrail",
            "Effect": "Allow",
            "Principal": { "Service": "cloudtrail.amazonaws.com" },
            "Action": ["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"],
            "Resource": "*",
            "Condition": { "StringEquals": { "aws:SourceArn": trail_arn } }
        }));
    }
    let log_actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey"];
    let log_context = [
        ("aws:SourceArn", group.as_str()),
        ("aws:SourceAccount", account),
        ("kms:EncryptionContext:aws:logs:arn", group.as_str()),
    ];
    if !serves(policy, &logs, &log_actions, &log_context) {
        lacking.push(json!({
            "Sid": "RootbellLogs",
            "Effect": "Allow",
            "Principal": { "Service": logs },
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": { "ArnEquals": { "kms:EncryptionContext:aws:logs:arn": group } }
        }));
    }
    if !key_serves_alarms(policy, place) {
        lacking.push(key_statement_for_alarms(place));
    }
    lacking
}

/// Whether CloudWatch can publish to a topic that is encrypted with the key.
#[must_use]
pub fn key_serves_alarms(policy: &Value, place: &Place) -> bool {
    let alarm = place.alarm_arn("x");
    let context = [("aws:SourceAccount", place.account.as_str()), ("aws:SourceArn", alarm.as_str())];
    serves(policy, "cloudwatch.amazonaws.com", &["kms:Decrypt", "kms:GenerateDataKey"], &context)
}

/// What lets CloudWatch use the key for this account's alarms.
#[must_use]
pub fn key_statement_for_alarms(place: &Place) -> Value {
    json!({
        "Sid": "RootbellAlarms",
        "Effect": "Allow",
        "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": { "StringEquals": { "aws:SourceAccount": place.account } }
    })
}

/// CloudWatch Logs is a principal of its region.
fn logs_principal(place: &Place) -> String {
    format!("logs.{}.amazonaws.com", place.region)
}

fn serves(policy: &Value, service: &str, actions: &[&str], context: &[(&str, &str)]) -> bool {
    let service = Some(service);
    // In a key's policy, the resource is the key itself.
    actions.iter().all(|action| allows(Some(policy), &Ask { service, action, resource: Some("*"), context }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::identity;

    fn lacks(statements: &[Value]) -> Vec<String> {
        let place = identity().place("eu-west-1");
        let policy = json!({ "Statement": statements });
        let lacking = key_lacks(&policy, &place, &place.trail_arn("rootbell"), "g");
        lacking.iter().map(|s| s["Sid"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_key_for_its_owner_alone_serves_none_of_them_and_with_what_is_asked_for_all() {
        let owner = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "kms:*", "Resource": "*" });
        assert_eq!(lacks(std::slice::from_ref(&owner)), ["RootbellCloudTrail", "RootbellLogs", "RootbellAlarms"]);
        let place = identity().place("eu-west-1");
        let mut all = key_lacks(&json!({}), &place, &place.trail_arn("rootbell"), "g");
        all.push(owner);
        assert_eq!(lacks(&all), Vec::<String>::new());
    }

    #[test]
    fn a_key_for_the_logs_of_another_region_or_another_group_does_not_serve_ours() {
        let logs = |principal: &str, group: &str| {
            json!({ "Effect": "Allow", "Principal": { "Service": principal }, "Action": "kms:*", "Resource": "*",
                "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn": group } } })
        };
        let any = "arn:aws:logs:eu-west-1:123456789012:*";
        assert!(!lacks(&[logs("logs.eu-west-1.amazonaws.com", any)]).contains(&"RootbellLogs".to_owned()));
        assert!(lacks(&[logs("logs.us-east-1.amazonaws.com", any)]).contains(&"RootbellLogs".to_owned()));
        let other = "arn:aws:logs:eu-west-1:123456789012:log-group:other";
        assert!(lacks(&[logs("logs.eu-west-1.amazonaws.com", other)]).contains(&"RootbellLogs".to_owned()));
    }
}
