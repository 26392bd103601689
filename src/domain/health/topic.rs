//! The topic's checks: can CloudWatch publish to it, and can CloudWatch use the key that encrypts it?

use super::evidence::Evidence;
use super::outcome::{
    Outcome, REPAIR, Verdict, check_existing, nothing_to_judge, ok, unknown, unreadable_policy, wrong,
};
use crate::domain::change::ResourceKind;
use crate::domain::observed::{KmsKey, Topic};
use crate::domain::policy::{
    Decision, DoubtCause, TopicAccess, key_serves_alarms, key_statement_for_alarms, merge, topic_access,
    topic_is_public, topic_statements,
};
use crate::domain::problem::{Fix, Goal, Input};
use crate::domain::settings::{DEFAULT_TOPIC, SettingId, Settings};

fn on_topic(evidence: &Evidence<'_>, judge: impl FnOnce(&Topic) -> Outcome) -> Outcome {
    let none = || match evidence.unchecked_destination() {
        Some(arn) => (Verdict::Unknown, format!("The alarm notifies {arn} instead."), Fix::Nothing),
        None => evidence.absent(SettingId::Topic, || format!("There is no topic `{}`.", evidence.settings.topic.value)),
    };
    check_existing(&evidence.observed.topic, none, judge)
}

/// What to do about a topic that others manage if no alert arrives: rootbell changes it only if CloudWatch certainly can't
/// publish.
fn another_topic() -> Fix {
    Fix::choose_value("If none arrives, use another topic", Input::Setting(SettingId::Topic), DEFAULT_TOPIC)
}

/// What to do about a Deny statement that may or may not apply to CloudWatch.
fn check_deny() -> Fix {
    Fix::Each(vec![Fix::advice("Check that this Deny doesn't apply to CloudWatch."), Fix::SendTest])
}

pub(super) fn exists(evidence: &Evidence<'_>) -> Outcome {
    on_topic(evidence, |topic| ok(format!("`{}`", topic.name())))
}

pub(super) fn publishable(evidence: &Evidence<'_>) -> Outcome {
    on_topic(evidence, |topic| check_policy(topic, evidence.settings))
}

/// Whether the policy lets anyone publish.
pub(super) fn public(evidence: &Evidence<'_>) -> Outcome {
    match &evidence.observed.topic {
        Err(unreadable) => unknown(unreadable),
        Ok(None) => nothing_to_judge("topic"),
        Ok(Some(topic)) => check_public(topic, evidence.settings),
    }
}

fn check_public(topic: &Topic, settings: &Settings) -> Outcome {
    let name = topic.name();
    if topic.policy.as_ref().is_some_and(|policy| !policy.is_readable()) {
        return unreadable_policy("topic", name, "who can publish");
    }
    if !topic_is_public(topic.policy.as_ref(), &topic.arn) {
        return ok("not public");
    }
    let fix = if settings.has_default_name(ResourceKind::Topic) {
        REPAIR
    } else {
        Fix::advice(
            "rootbell doesn't manage this topic, so it removes nothing from its policy. Remove the statement that allows \
             everyone, or add a condition to it, and check again that CloudWatch can publish.",
        )
    };
    wrong(format!("Anyone can publish to `{name}`."), fix)
}

fn check_policy(topic: &Topic, settings: &Settings) -> Outcome {
    let (name, policy) = (topic.name(), topic.policy.as_ref());
    let alarm = settings.account_region.alarm_arn(&settings.root_use().alarm.value);
    match topic_access(policy, &topic.arn, &alarm) {
        TopicAccess::Alarms => ok("for alarms in this account"),
        TopicAccess::NoAlarms => {
            let our_statements = topic_statements(&settings.account_region, &topic.arn);
            let has_deny =
                topic_access(Some(&merge(policy, &our_statements)), &topic.arn, &alarm) == TopicAccess::NoAlarms;
            let fix = if has_deny && settings.topic_is_managed() {
                Fix::choose(
                    "A Deny statement prevents it, and rootbell never removes one: remove it yourself, or use another \
                     topic",
                    Input::Setting(SettingId::Topic),
                )
            } else {
                REPAIR
            };
            wrong(format!("CloudWatch can't publish to `{name}`, so no alert would arrive."), fix)
        }
        TopicAccess::Unknown(doubt) => (
            Verdict::Unknown,
            format!(
                "Whether CloudWatch can publish to `{name}` depends on {}, which rootbell cannot evaluate.",
                doubt.depends_on
            ),
            match doubt.cause {
                DoubtCause::Deny => check_deny(),
                DoubtCause::Allow if settings.topic_is_managed() => Fix::Apply(Goal::AllowPublishing),
                DoubtCause::Allow => Fix::Each(vec![Fix::SendTest, another_topic()]),
                DoubtCause::Document => Fix::Each(vec![Fix::advice("Check the policy of the topic."), Fix::SendTest]),
            },
        ),
    }
}

/// Whether it is the AWS managed key for SNS, which CloudWatch cannot use: the alarm fires, but no message is sent.
///
/// Source: AWS re:Post Knowledge Center, "Why didn't I receive an SNS notification for my CloudWatch alarm trigger?"
#[must_use]
pub fn is_aws_sns_key(key: Option<&str>) -> bool {
    key.is_some_and(|k| k.ends_with("alias/aws/sns"))
}

pub(super) fn encryption(evidence: &Evidence<'_>) -> Outcome {
    on_topic(evidence, |topic| check_encryption(topic, evidence))
}

fn check_encryption(topic: &Topic, evidence: &Evidence<'_>) -> Outcome {
    let (name, settings) = (topic.name(), evidence.settings);
    let Some(key) = topic.kms_key.as_deref() else { return ok("not encrypted") };
    if is_aws_sns_key(Some(key)) {
        // rootbell turns the encryption of its own topic off, and creates its own next to one of others. One that the user
        // named is changed only if it has rootbell's tag, which isn't read here.
        let fix = if settings.has_default_name(ResourceKind::Topic) || !settings.topic_is_managed() {
            REPAIR
        } else {
            Fix::choose_value(
                "Remove its encryption, or use a customer managed key that cloudwatch.amazonaws.com can use, or another topic",
                Input::Setting(SettingId::Topic),
                DEFAULT_TOPIC,
            )
        };
        return wrong(
            format!("`{name}` is encrypted with alias/aws/sns, which CloudWatch cannot use: no alert would arrive."),
            fix,
        );
    }
    match &evidence.observed.key {
        None => (
            Verdict::Unknown,
            format!("`{name}` is encrypted with {key}; whether CloudWatch can use that key was not read."),
            Fix::advice(
                "Check that the key's policy grants cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*.",
            ),
        ),
        Some(Err(unreadable)) => unknown(unreadable),
        Some(Ok(None)) => wrong(
            format!("`{name}` is encrypted with {key}, which does not exist: no alert would arrive."),
            Fix::advice("Use another key for the topic, or remove its encryption."),
        ),
        Some(Ok(Some(found))) => match found.state.fault() {
            Some(fault) => wrong(
                format!("`{name}` is encrypted with {key}, which {fault}: no alert would arrive."),
                found.state.fix(&found.arn),
            ),
            None => check_key_policy(name, key, found, topic, settings),
        },
    }
}

/// Checks whether the key's policy allows CloudWatch to use the key.
fn check_key_policy(topic_name: &str, key_name: &str, key: &KmsKey, topic: &Topic, settings: &Settings) -> Outcome {
    let account_region = &settings.account_region;
    let alarm = account_region.alarm_arn(&settings.root_use().alarm.value);
    let add_statement = format!("Add to the policy of {}: {}", key.arn, key_statement_for_alarms(account_region));
    match key_serves_alarms(&key.policy, account_region, &key.arn, &topic.arn, &alarm) {
        Decision::Allowed => ok(format!("{key_name}, which CloudWatch can use")),
        Decision::Denied => wrong(
            format!("`{topic_name}` is encrypted with {key_name}, which CloudWatch cannot use: no alert would arrive."),
            Fix::Advice(add_statement),
        ),
        Decision::Unknown(doubt) => (
            Verdict::Unknown,
            format!(
                "`{topic_name}` is encrypted with {key_name}; whether CloudWatch can use it depends on {}, which rootbell \
                 cannot evaluate.",
                doubt.depends_on
            ),
            match doubt.cause {
                DoubtCause::Deny => check_deny(),
                DoubtCause::Allow => {
                    Fix::Each(vec![Fix::SendTest, Fix::Advice(format!("If none does: {add_statement}"))])
                }
                DoubtCause::Document => Fix::Each(vec![Fix::advice("Check the policy of the key."), Fix::SendTest]),
            },
        ),
    }
}
