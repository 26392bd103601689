//! The policy of a KMS key that can encrypt every resource of a setup with the default names.

use rootbell::domain::policy::{KeyUsers, PolicyDocument, missing_key_statements};
use rootbell::domain::settings::{DEFAULT_LOG_GROUP, DEFAULT_TOPIC};
use rootbell::domain::{AccountRegion, AlertId};
use serde_json::Value;

/// The statements that the key policy needs for a first setup.
pub fn statements_for_key(account_region: &AccountRegion, key_arn: &str) -> Vec<Value> {
    let users = KeyUsers {
        account_region,
        key_arn,
        trail_arn: &account_region.trail_arn("rootbell"),
        log_group: DEFAULT_LOG_GROUP,
        topic_arn: &account_region.topic_arn(DEFAULT_TOPIC),
        alarm_arn: &account_region.alarm_arn(AlertId::RootUse.spec().alarm),
    };
    missing_key_statements(&PolicyDocument::default(), &users)
        .into_iter()
        .map(|lacking| lacking.statement.into())
        .collect()
}
