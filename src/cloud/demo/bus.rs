//! The demo's event buses: what the rules do with an event, and what EventBridge counts.

use serde_json::Value;

use super::account::{Account, EventRule, RuleRun, Seconds, Topic, find_key};
use super::error::DemoError;
use super::queries::default_topic_policy;
use super::view::AccountView;
use crate::cloud::{ErrorKind, MetricTotal};
use crate::domain::arn::Arn;
use crate::domain::event_pattern::EventPattern;
use crate::domain::event_rule::{RuleTarget, TargetInput};
use crate::domain::key_state::KeyState;
use crate::domain::policy::{
    Decision, forwarding_permissions, forwarding_trust, has_all, key_serves_rules, rules_access,
};
use crate::domain::{AccountRegion, Region};

/// Whether an event pattern matches an event.
pub(super) fn test_pattern(pattern: &str, event: &str) -> Result<bool, DemoError> {
    let invalid = |message: String| DemoError::new(ErrorKind::Invalid, message);
    let event: Value = serde_json::from_str(event).map_err(|error| invalid(error.to_string()))?;
    let matches = EventPattern::parse(pattern).map_err(invalid)?.matches(&event);
    matches.ok_or_else(|| DemoError::new(ErrorKind::Unsupported, "The demo doesn't know an operator of this pattern."))
}

/// Passes an event on to the targets of the rules on the default bus of a Region.
///
/// Source: EventBridge User Guide, "Sending and receiving events between AWS Regions": an event that was forwarded is not
/// forwarded again.
pub(super) fn put_event(account: &mut Account, view: &AccountView, event: &Value, was_forwarded: bool) {
    let Some(region) = account.regions.get(view.account_region.region.as_str()) else { return };
    let matches = |rule: &EventRule| {
        let pattern = rule.pattern.as_deref().and_then(|pattern| EventPattern::parse(pattern).ok());
        rule.state.is_enabled() && pattern.is_some_and(|pattern| pattern.matches(event) == Some(true))
    };
    let matching = region.event_rules.iter().filter(|(_, rule)| matches(rule));
    let matching: Vec<(String, Vec<RuleTarget>)> =
        matching.map(|(name, rule)| (name.clone(), rule.targets.clone())).collect();
    for (rule, targets) in matching {
        let mut run = RuleRun { at: view.now, rule, invoked: 0, failed: 0 };
        for target in targets.iter().filter(|target| !(was_forwarded && is_bus(&target.arn))) {
            run.invoked += 1;
            run.failed += u32::from(!invoke(account, view, target, event));
        }
        account.region_mut(&view.account_region.region).rule_runs.push(run);
    }
}

fn is_bus(arn: &Arn) -> bool {
    arn.service() == Some("events")
}

/// Whether the target could be invoked. Only topics and other Regions' buses do something.
fn invoke(account: &mut Account, view: &AccountView, target: &RuleTarget, event: &Value) -> bool {
    let here = &view.account_region;
    if is_bus(&target.arn) {
        let there = here.in_region(&Region::new(target.arn.region().unwrap_or_default()));
        let may_forward = may_forward(account, target, &there);
        if may_forward {
            let view = AccountView { account_region: there, start: view.start, now: view.now };
            put_event(account, &view, event, true);
        }
        return may_forward;
    }
    if target.arn.service() != Some("sns") {
        return true;
    }
    let keys = account.keys.clone();
    let topics = &mut account.region_mut(&here.region).topics;
    let Some(topic) = target.arn.resource().and_then(|name| topics.get_mut(name)) else { return false };
    let policy = topic.config.policy.clone().unwrap_or_else(|| default_topic_policy(here, &target.arn));
    let may_publish = rules_access(Some(&policy), &target.arn) == Decision::Allowed;
    let may_encrypt = topic.config.kms_key.as_deref().is_none_or(|id| {
        find_key(&keys, id).is_some_and(|(arn, key)| {
            key.state() == KeyState::Enabled
                && key_serves_rules(&key.policy, here, arn, &target.arn) == Decision::Allowed
        })
    });
    if may_publish && may_encrypt {
        publish(topic, &target.input, event);
    }
    may_publish && may_encrypt
}

fn may_forward(account: &Account, target: &RuleTarget, there: &AccountRegion) -> bool {
    let role = target.role_arn.as_ref().and_then(|arn| account.roles.get(arn.rsplit('/').next()?));
    role.is_some_and(|role| {
        has_all(Some(&role.config.trust), forwarding_trust().statements())
            && has_all(role.config.policy.as_ref(), forwarding_permissions(there).statements())
    })
}

fn publish(topic: &mut Topic, input: &TargetInput, event: &Value) {
    topic.messages.push(match input {
        TargetInput::Event => event.to_string(),
        TargetInput::Path(path) => {
            let pointer = path.trim_start_matches('$').replace('.', "/");
            event.pointer(&pointer).unwrap_or(&Value::Null).to_string()
        }
        TargetInput::Constant(constant) => constant.clone(),
        TargetInput::Transformer(transformer) => transformer.render(event),
    });
}

/// The total of one of EventBridge's metrics. It can be read when an alarm could be evaluated.
pub(super) fn rule_total(account: &Account, view: &AccountView, rule: &str, total: &MetricTotal<'_>) -> f64 {
    let Some(region) = account.regions.get(view.account_region.region.as_str()) else { return 0.0 };
    let second = |at: jiff::Timestamp| at.duration_since(view.start).as_secs();
    let window: std::ops::RangeInclusive<Seconds> = second(total.from)..=second(total.to);
    let is_counted = |run: &&RuleRun| {
        run.rule == rule
            && window.contains(&run.at)
            && view.has_propagated(Some(run.at), account.timing.evaluated_after)
    };
    let count = |run: &RuleRun| match total.metric.name.as_str() {
        "TriggeredRules" => 1,
        "Invocations" => run.invoked,
        "FailedInvocations" => run.failed,
        _ => 0,
    };
    region.rule_runs.iter().filter(is_counted).map(|run| f64::from(count(run))).sum()
}
