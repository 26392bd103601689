//! EventBridge in the demo: the rules on the default event bus, and their targets.

use std::collections::BTreeMap;

use super::account::{self, Account, tag};
use super::error::DemoError;
use super::view::AccountView;
use crate::cloud::ErrorKind;
use crate::domain::event_rule::{EventRule, RuleState, RuleTarget};

type ChangeResult = Result<(), DemoError>;

/// Source: EventBridge User Guide, "Quotas": targets per rule.
const MAX_TARGETS: usize = 5;

/// The rules, without their targets.
pub(super) fn rules(account: &Account, view: &AccountView) -> Vec<EventRule> {
    let rules = account.regions.get(view.account_region.region.as_str()).map(|region| &region.event_rules);
    rules
        .into_iter()
        .flatten()
        .map(|(name, rule)| EventRule {
            name: name.clone(),
            arn: view.account_region.rule_arn(name),
            state: rule.state,
            pattern: rule.pattern.clone(),
            description: rule.description.clone(),
            managed_by: rule.managed_by.clone(),
            targets: None,
            coverage: None,
        })
        .collect()
}

pub(super) fn targets(account: &Account, view: &AccountView, name: &str) -> Result<Vec<RuleTarget>, DemoError> {
    let region = account.regions.get(view.account_region.region.as_str());
    let rule = region.and_then(|region| region.event_rules.get(name)).ok_or_else(|| no_rule(name))?;
    Ok(rule.targets.clone())
}

/// Source: EventBridge API, PutRule: an existing rule keeps its targets and its tags.
pub(super) fn put_rule(
    account: &mut Account,
    view: &AccountView,
    name: &str,
    pattern: &str,
    description: &str,
) -> ChangeResult {
    let rules = rules_mut(account, view);
    if rules.get(name).is_some_and(|rule| rule.managed_by.is_some()) {
        return Err(DemoError::new(ErrorKind::Other, format!("Rule {name} is managed by an AWS service.")));
    }
    let existing = rules.remove(name);
    let (targets, tags) = existing.map_or_else(|| (Vec::new(), tag()), |rule| (rule.targets, rule.tags));
    let rule = account::EventRule {
        state: RuleState::Enabled,
        pattern: Some(pattern.to_owned()),
        description: description.to_owned(),
        managed_by: None,
        targets,
        tags,
    };
    rules.insert(name.to_owned(), rule);
    Ok(())
}

/// A rule that doesn't exist may be one that can't be found yet, as after its creation on AWS.
///
/// Source: EventBridge API, PutTargets: a target with the same id is replaced.
pub(super) fn put_target(account: &mut Account, view: &AccountView, name: &str, target: &RuleTarget) -> ChangeResult {
    let not_yet = |error: DemoError| DemoError { kind: ErrorKind::EventualConsistency, ..error };
    let targets = &mut existing_rule(account, view, name).map_err(not_yet)?.targets;
    let count = targets.len();
    match targets.iter_mut().find(|existing| existing.id == target.id) {
        Some(existing) => *existing = target.clone(),
        None if count >= MAX_TARGETS => {
            let why = format!("The rule {name} already has {MAX_TARGETS} targets");
            return Err(DemoError::new(ErrorKind::Quota, why));
        }
        None => targets.push(target.clone()),
    }
    Ok(())
}

pub(super) fn remove_target(account: &mut Account, view: &AccountView, name: &str, target: &str) -> ChangeResult {
    existing_rule(account, view, name)?.targets.retain(|existing| existing.id != target);
    Ok(())
}

/// Source: EventBridge API, DeleteRule: a rule without targets only; nothing happens if it doesn't exist.
pub(super) fn delete_rule(account: &mut Account, view: &AccountView, name: &str) -> ChangeResult {
    let rules = rules_mut(account, view);
    if rules.get(name).is_some_and(|rule| !rule.targets.is_empty()) {
        return Err(DemoError::new(ErrorKind::Invalid, "Rule can't be deleted since it has targets."));
    }
    rules.remove(name);
    Ok(())
}

fn rules_mut<'a>(account: &'a mut Account, view: &AccountView) -> &'a mut BTreeMap<String, account::EventRule> {
    &mut account.region_mut(&view.account_region.region).event_rules
}

fn existing_rule<'a>(
    account: &'a mut Account,
    view: &AccountView,
    name: &str,
) -> Result<&'a mut account::EventRule, DemoError> {
    rules_mut(account, view).get_mut(name).ok_or_else(|| no_rule(name))
}

fn no_rule(name: &str) -> DemoError {
    DemoError::new(ErrorKind::NotFound, format!("Rule {name} does not exist on EventBus default."))
}
