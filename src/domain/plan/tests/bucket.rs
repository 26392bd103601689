//! The bucket's policy, where others have written it.

use serde_json::json;

use super::*;
use crate::domain::health::health;
use crate::domain::policy::PolicyDocument;
use crate::domain::{Check, Verdict};

/// A trail that others created, with the key prefix `audit`, and their bucket, which the user has named.
fn in_their_bucket(write: &serde_json::Value) -> (SetupOptions, Observed) {
    let mut observed = sound();
    let watched = observed.trail.as_mut().unwrap();
    watched.trail.key_prefix = Some("audit".into());
    watched.trail.bucket = "their-logs".into();
    let acl = json!({ "Effect": "Allow", "Principal": { "Service": "cloudtrail.amazonaws.com" },
        "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::their-logs" });
    edit(&mut observed.bucket, |bucket| {
        let BucketLookup::Owned(bucket) = bucket else { panic!() };
        bucket.name = "their-logs".into();
        bucket.tags.clear();
        bucket.policy = Some(json!({ "Version": "2012-10-17", "Statement": [acl, write] }).into());
    });
    (SetupOptions { bucket: Some("their-logs".into()), ..SetupOptions::default() }, observed)
}

fn write(folder: &str, condition: &serde_json::Value) -> serde_json::Value {
    json!({ "Effect": "Allow", "Principal": { "Service": "cloudtrail.amazonaws.com" }, "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::their-logs/{folder}"), "Condition": condition })
}

fn new_policy(setup: &SetupOptions, observed: &Observed) -> Option<PolicyDocument> {
    let plan = plan(&settings(setup, observed), observed);
    plan.changes().find_map(|change| match change {
        Change::PutBucketPolicy { policy, .. } => Some(policy.clone()),
        _ => None,
    })
}

/// The check while nothing proves that events reach the log group.
fn logging(setup: &SetupOptions, observed: &Observed) -> Check {
    let mut observed = observed.clone();
    observed.trail.as_mut().unwrap().status.as_mut().unwrap().logs_delivery = None;
    let health = health(&settings(setup, &observed), &observed, "2026-11-23T12:00:00Z".parse().unwrap());
    health.checks.into_iter().find(|check| check.id.to_string() == "trail.logging").unwrap()
}

#[test]
fn what_others_wrote_for_the_trails_folder_is_enough() {
    for condition in [json!({}), json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } })] {
        let (setup, observed) = in_their_bucket(&write("audit/AWSLogs/123456789012/*", &condition));
        assert_eq!(new_policy(&setup, &observed), None, "{condition}");
        assert_eq!(logging(&setup, &observed).verdict, Verdict::Ok, "{condition}");
    }
}

#[test]
fn a_statement_for_the_trails_folder_is_added_if_cloudtrail_cannot_write_there() {
    let (setup, observed) = in_their_bucket(&write("AWSLogs/123456789012/*", &json!({})));
    let check = logging(&setup, &observed);
    assert_eq!(check.verdict, Verdict::Wrong);
    assert!(check.detail.contains("does not allow CloudTrail to write for this trail"), "{}", check.detail);
    let policy = new_policy(&setup, &observed).unwrap().to_string();
    assert!(policy.contains("arn:aws:s3:::their-logs/audit/AWSLogs/123456789012/*"), "{policy}");
}

#[test]
fn whether_cloudtrail_can_write_is_unknown_if_it_depends_on_the_organization() {
    let condition = json!({ "StringEquals": { "aws:SourceOrgID": "o-a1b2c3d4e5" } });
    let (setup, observed) = in_their_bucket(&write("audit/AWSLogs/123456789012/*", &condition));
    let check = logging(&setup, &observed);
    assert_eq!(check.verdict, Verdict::Unknown);
    assert!(check.detail.contains("aws:SourceOrgID"), "{}", check.detail);
    assert!(new_policy(&setup, &observed).is_some(), "rootbell's statement makes it certain");
}
