//! The policy of a key that serves all of a set-up with the default names.

use rootbell::domain::AccountRegion;
use rootbell::domain::policy::{KeyUsers, key_lacks};
use rootbell::domain::settings::{DEFAULT_ALARM, DEFAULT_LOG_GROUP, DEFAULT_TOPIC};
use serde_json::{Value, json};

/// The statements that the key has to have for a first set-up.
pub fn statements_for_key(account_region: &AccountRegion, key_arn: &str) -> Vec<Value> {
    let users = KeyUsers {
        account_region,
        key_arn,
        trail_arn: &account_region.trail_arn("rootbell"),
        log_group: DEFAULT_LOG_GROUP,
        topic_arn: &account_region.topic_arn(DEFAULT_TOPIC),
        alarm_arn: &account_region.alarm_arn(DEFAULT_ALARM),
    };
    key_lacks(&json!({}), &users).into_iter().map(|lacking| lacking.statement).collect()
}
