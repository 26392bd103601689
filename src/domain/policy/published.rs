//! Compares what rootbell says of published policies with what is true of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Decision, LogFileLocation, PolicyDocument, TopicAccess, bucket_access, key_serves_alarms, topic_access,
    topic_is_public,
};
use crate::domain::Region;
use crate::domain::account_region::AccountRegion;
use crate::domain::fixtures::identity;

/// Described in the file.
#[derive(Deserialize)]
struct PublishedPolicies {
    topic: BTreeMap<String, PublishedPolicy>,
    key: BTreeMap<String, PublishedPolicy>,
    bucket: BTreeMap<String, PublishedPolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedPolicy {
    source: String,
    truth: String,
    why: String,
    statements: Vec<String>,
    key_prefix: Option<String>,
}

impl PublishedPolicy {
    fn document(&self) -> PolicyDocument {
        let statements: Vec<Value> = self.statements.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        json!({ "Version": "2012-10-17", "Statement": statements }).into()
    }
}

fn published() -> PublishedPolicies {
    toml::from_str(include_str!("../../../tests/policies.toml")).unwrap()
}

fn account_region() -> AccountRegion {
    identity().in_region(&Region::new("eu-west-1"))
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::Denied => "denied",
        Decision::Unknown(_) => "unknown",
    }
}

/// Every policy for which `judge` differs from the truth.
fn differences(
    policies: &BTreeMap<String, PublishedPolicy>,
    judge: impl Fn(&PublishedPolicy) -> String,
) -> Vec<String> {
    let is_different = |(name, policy): (&String, &PublishedPolicy)| {
        assert!(!policy.source.is_empty(), "{name}");
        let said = judge(policy);
        (said != policy.truth).then(|| format!("{name}: {said}, but {}: {}", policy.truth, policy.why))
    };
    policies.iter().filter_map(is_different).collect()
}

#[test]
fn what_published_topic_policies_mean_for_the_alarm_is_known() {
    let (topic, alarm) =
        (account_region().topic_arn("rootbell-alerts"), account_region().alarm_arn("rootbell-root-use"));
    let judge = |policy: &PublishedPolicy| match topic_access(Some(&policy.document()), &topic, &alarm) {
        TopicAccess::NoAlarms => "denied".to_owned(),
        _ if topic_is_public(Some(&policy.document()), &topic) => "public".to_owned(),
        TopicAccess::Alarms => "allowed".to_owned(),
        TopicAccess::Unknown(_) => "unknown".to_owned(),
    };
    assert_eq!(differences(&published().topic, judge), Vec::<String>::new());
}

#[test]
fn what_published_key_policies_mean_for_the_alarm_is_known() {
    let account_region = account_region();
    let (topic, alarm) = (account_region.topic_arn("rootbell-alerts"), account_region.alarm_arn("rootbell-root-use"));
    let key = account_region.arn("kms", "key/1234abcd");
    let judge = |policy: &PublishedPolicy| {
        word(&key_serves_alarms(&policy.document(), &account_region, &key, &topic, &alarm)).to_owned()
    };
    assert_eq!(differences(&published().key, judge), Vec::<String>::new());
}

#[test]
fn what_published_bucket_policies_mean_for_the_trail_is_known() {
    let account_region = account_region();
    let trail = account_region.trail_arn("rootbell");
    let judge = |policy: &PublishedPolicy| {
        let location = LogFileLocation {
            key_prefix: policy.key_prefix.as_deref(),
            ..LogFileLocation::new(&account_region, "logs", &trail)
        };
        word(&bucket_access(Some(&policy.document()), &location)).to_owned()
    };
    assert_eq!(differences(&published().bucket, judge), Vec::<String>::new());
}
