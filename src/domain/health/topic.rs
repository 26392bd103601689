//! The topic's checks: may CloudWatch publish to it, and may it use the key that the topic is encrypted with?

use super::{APPLY, Found, Verdict, ok, unknown, wrong};
use crate::domain::observed::{Key, Observed, Topic};
use crate::domain::policy::{
    Decision, TopicAccess, key_serves_alarms, key_statement_for_alarms, merge, topic_access, topic_statements,
};
use crate::domain::settings::Settings;

/// What settles what a policy leaves open.
const TRY_IT: &str = "`rootbell test` shows whether an alert arrives.";

pub(super) fn publishable(topic: &Topic, settings: &Settings) -> Found {
    let (name, policy) = (topic.name(), topic.policy.as_ref());
    let alarm = settings.account_region.alarm_arn(&settings.alarm.value);
    match topic_access(policy, &topic.arn, &alarm) {
        TopicAccess::AlarmsOnly => ok("for alarms of this account"),
        TopicAccess::Public => {
            let fix = if settings.has_our_name("topic") {
                APPLY
            } else {
                "Remove the statement that allows everyone from the topic's policy, or give it a condition: the topic is \
                 not rootbell's, which takes nothing out of its policy."
            };
            wrong(format!("Anyone may publish to `{name}`."), fix)
        }
        TopicAccess::NoAlarms => {
            let ours = topic_statements(&settings.account_region, &topic.arn);
            let denied = topic_access(Some(&merge(policy, &ours)), &topic.arn, &alarm) == TopicAccess::NoAlarms;
            let fix = if denied {
                "A statement denies it, and rootbell takes nobody's denial out: do it yourself, or name another topic \
                 (--topic)."
            } else {
                APPLY
            };
            wrong(format!("CloudWatch may not publish to `{name}`: the alarm would go unheard."), fix)
        }
        TopicAccess::Unknown(doubt) => (
            Verdict::Unknown,
            format!(
                "Whether CloudWatch may publish to `{name}` depends on {}, which rootbell cannot evaluate.",
                doubt.on
            ),
            if doubt.denies {
                format!("Check that this denial spares CloudWatch. {TRY_IT}")
            } else {
                "Run `rootbell apply`, or the wizard: it adds a statement that lets CloudWatch publish for certain."
                    .into()
            },
        ),
    }
}

/// AWS's own key for SNS, which CloudWatch cannot use: the alarm goes off, and the message is lost.
///
/// Source: AWS re:Post Knowledge Center, "Why didn't I receive an SNS notification for my CloudWatch alarm trigger?"
#[must_use]
pub fn silenced_by_key(key: Option<&str>) -> bool {
    key.is_some_and(|k| k.ends_with("alias/aws/sns"))
}

pub(super) fn encryption(topic: &Topic, settings: &Settings, observed: &Observed) -> Found {
    let name = topic.name();
    let Some(key) = topic.kms_key.as_deref() else { return ok("none needed") };
    if silenced_by_key(Some(key)) {
        let fix = if settings.topic_is_ours() {
            APPLY
        } else {
            "It is not rootbell's: take its encryption off, or use a key of your own that cloudwatch.amazonaws.com \
             may use."
        };
        return wrong(
            format!("`{name}` is encrypted with alias/aws/sns, which CloudWatch cannot use: no alert arrives."),
            fix,
        );
    }
    match &observed.key {
        None => (
            Verdict::Unknown,
            format!("`{name}` is encrypted with {key}; whether CloudWatch may use that key is not read."),
            "See that the key's policy grants cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*.".into(),
        ),
        Some(Err(unreadable)) => unknown(unreadable),
        Some(Ok(None)) => wrong(
            format!("`{name}` is encrypted with {key}, which is not there: no alert arrives."),
            "Give the topic another key, or take its encryption off.",
        ),
        Some(Ok(Some(found))) if !found.enabled => wrong(
            format!("`{name}` is encrypted with {key}, which is disabled: no alert arrives."),
            format!("Enable the key: aws kms enable-key --key-id {}", found.arn),
        ),
        Some(Ok(Some(found))) => usable(name, key, found, topic, settings),
    }
}

/// Whether the key's policy lets CloudWatch use it.
fn usable(topic_name: &str, key_name: &str, key: &Key, topic: &Topic, settings: &Settings) -> Found {
    let account_region = &settings.account_region;
    let alarm = account_region.alarm_arn(&settings.alarm.value);
    let add = format!("Add to the policy of {}: {}", key.arn, key_statement_for_alarms(account_region));
    match key_serves_alarms(&key.policy, account_region, &key.arn, &topic.arn, &alarm) {
        Decision::Allowed => ok(format!("{key_name}, which CloudWatch may use")),
        Decision::Denied => wrong(
            format!("`{topic_name}` is encrypted with {key_name}, which CloudWatch may not use: no alert arrives."),
            add,
        ),
        Decision::Unknown(doubt) => (
            Verdict::Unknown,
            format!(
                "`{topic_name}` is encrypted with {key_name}; whether CloudWatch may use it depends on {}, which rootbell \
                 cannot evaluate.",
                doubt.on
            ),
            if doubt.denies {
                format!("Check that this denial spares CloudWatch. {TRY_IT}")
            } else {
                format!("{TRY_IT} If none does: {add}")
            },
        ),
    }
}
