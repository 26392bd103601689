//! Plans the second path to the inbox: event rules, and the role with which one of them forwards.

use super::rows::{Action, Plan};
use crate::domain::change::{Change, ResourceKind, Step};
use crate::domain::event_path::event_path;
use crate::domain::event_rule::{EventRule, RuleTarget, TargetInput, same_pattern};
use crate::domain::event_scope::EventScope;
use crate::domain::observed::Observed;
use crate::domain::own_rules::{OwnRule, forwarding_role, own_rules};
use crate::domain::policy;
use crate::domain::problem::Problem;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::root_rules::{self, EmailContext};
use crate::domain::settings::{Origin, Settings};

/// What the rules of others that do the same are kept as, and why there are no rules where there are none.
pub(super) fn remarks(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let home = &wanted.account_region;
    match (observed.events.unreadable().next(), event_path(home, observed)) {
        (Some(unread), _) => {
            let why = format!("Event rules are not possible here or can't be read: {}", unread.why);
            plan.note(Step::Topic, Problem::new(why, unread.fix.clone()));
        }
        (None, Some(path)) if wanted.events.value == EventScope::No && path.works(home, observed) == Some(true) => {
            plan.keep_one(Step::Topic, ResourceKind::EventRule, &path.rule.name, "existing, emails root's sign-ins");
        }
        (None, _) => {}
    }
}

/// Whether there are to be rules.
pub(super) fn wants_rules(wanted: &Settings, observed: &Observed) -> bool {
    let is_readable = observed.events.unreadable().next().is_none();
    match wanted.events.origin {
        _ if wanted.events.value == EventScope::No => false,
        Origin::Given => true,
        // Existing rules stay as they are if the alarm now notifies somebody else's topic.
        Origin::Found => is_readable && wanted.topic_is_managed(),
        Origin::Default(_) => is_readable,
    }
}

/// The role that EventBridge assumes to put events on the home Region's bus.
pub(super) fn role(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let home = &wanted.account_region;
    let Some(role) = forwarding_role(home).filter(|_| wants_rules(wanted, observed)) else { return };
    let purpose = RolePurpose::Forwarding;
    let (trust, permissions) = (policy::forwarding_trust(), policy::forwarding_permissions(home));
    let existing = match &observed.events.role {
        Some(Ok(existing)) => existing.as_ref(),
        Some(Err(unreadable)) => return plan.note(Step::Topic, unreadable.clone()),
        None => return,
    };
    let Some(existing) = existing else {
        let create = Change::CreateRole { role: role.clone(), purpose, trust };
        plan.put(wanted, Action::Create, create, "only EventBridge can assume it");
        let put = Change::PutRolePolicy { role, purpose, policy: permissions };
        return plan.put(wanted, Action::Create, put, format!("puts events on the event bus in {} only", home.region));
    };
    plan.keep(Step::Topic, ResourceKind::EventRole, &role, "existing");
    if !policy::same(&existing.trust, &trust) {
        let change = Change::UpdateAssumeRolePolicy { role: role.clone(), purpose, trust };
        plan.put(wanted, Action::Update, change, "only EventBridge can assume it");
    }
    if existing.policy.as_ref().is_none_or(|policy| !policy::same(policy, &permissions)) {
        let change = Change::PutRolePolicy { role, purpose, policy: permissions };
        let detail = format!("other permissions → puts events on the event bus in {} only", home.region);
        plan.put(wanted, Action::Update, change, detail);
    }
}

/// The rules and their targets.
pub(super) fn rules(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    if !wants_rules(wanted, observed) {
        return;
    }
    let home = &wanted.account_region;
    let context = EmailContext { home, alias: wanted.alias.as_deref(), runbook: wanted.runbook.as_deref() };
    // All rules, and then all targets, so that each row comes after those that it needs.
    for (own, arn) in own_rules(home) {
        let name = arn.rule_name().unwrap_or_default();
        let pattern = root_rules::pattern(own, home, wanted.events.value);
        let region = arn.region().unwrap_or_default();
        let purpose = purpose(own, wanted.events.value);
        let existing = observed.events.named(&arn);
        let fault = existing.and_then(|rule| fault(rule, &pattern));
        let put =
            || Change::PutRule { rule: arn.clone(), pattern: pattern.clone(), description: description(own).into() };
        match (existing, fault) {
            (None, _) => plan.put(wanted, Action::Create, put(), format!("in {region}: {purpose}")),
            (Some(_), Some(fault)) => {
                plan.put(wanted, Action::Update, put(), format!("in {region}: {fault} → {purpose}"));
            }
            (Some(_), None) => {
                plan.keep_one(Step::Topic, ResourceKind::EventRule, name, format!("in {region}: {purpose}"));
            }
        }
    }
    for (own, arn) in own_rules(home) {
        let target = wanted_target(own, wanted, &context);
        let existing = observed.events.named(&arn);
        let targets = existing.and_then(|rule| rule.targets.as_ref()?.as_ref().ok());
        let found = targets.and_then(|targets| targets.iter().find(|found| found.id == target.id));
        if found.is_some_and(|found| is_same_target(found, &target, &context)) {
            continue;
        }
        let detail = match own {
            OwnRule::Forward => format!("to the event bus in {}", home.region),
            OwnRule::SignIns | OwnRule::Changes => format!("an email to `{}` for each event", wanted.topic.value),
        };
        let action = if found.is_some() { Action::Update } else { Action::Create };
        plan.put(wanted, action, Change::PutTarget { rule: arn, target }, detail);
    }
}

/// What is wrong with an existing rule of rootbell's.
fn fault(rule: &EventRule, pattern: &str) -> Option<&'static str> {
    if !rule.state.is_enabled() {
        return Some("disabled");
    }
    let has_pattern = rule.pattern.as_deref().is_some_and(|existing| same_pattern(existing, pattern));
    (!has_pattern).then_some("other pattern")
}

fn purpose(own: OwnRule, scope: EventScope) -> &'static str {
    match (own, scope) {
        (OwnRule::Forward, _) => "forwards root's sign-ins and changes",
        (OwnRule::SignIns, _) => "root's sign-ins and password recoveries",
        (OwnRule::Changes, EventScope::Writes) => "each of root's calls that changes something",
        (OwnRule::Changes, EventScope::No | EventScope::Changes) => "root's changes to credentials and account",
    }
}

/// The rule's description in the account.
fn description(own: OwnRule) -> &'static str {
    match own {
        OwnRule::Forward => "Forwards use of the root user to the Region of its alerts (made by rootbell).",
        OwnRule::SignIns => "Emails sign-ins of the root user (made by rootbell).",
        OwnRule::Changes => "Emails changes that the root user makes (made by rootbell).",
    }
}

/// The id of rootbell's target within its rule.
const TARGET_ID: &str = "rootbell";

fn wanted_target(own: OwnRule, wanted: &Settings, context: &EmailContext<'_>) -> RuleTarget {
    let home = &wanted.account_region;
    match root_rules::email(own, context) {
        Some(email) => RuleTarget {
            id: TARGET_ID.to_owned(),
            arn: wanted.topic_arn(),
            role_arn: None,
            input: TargetInput::Transformer(email),
        },
        None => RuleTarget {
            id: TARGET_ID.to_owned(),
            arn: home.event_bus_arn(),
            role_arn: forwarding_role(home).map(|role| home.role_arn(&role)),
            input: TargetInput::Event,
        },
    }
}

/// Whether an existing target does what is wanted. Without a runbook in the settings, one that was given earlier stays.
fn is_same_target(existing: &RuleTarget, wanted: &RuleTarget, context: &EmailContext<'_>) -> bool {
    let is_same_input = match (&existing.input, &wanted.input) {
        (TargetInput::Transformer(existing), TargetInput::Transformer(wanted)) => {
            root_rules::is_same_email(existing, wanted, context)
        }
        (existing, wanted) => existing == wanted,
    };
    existing.arn == wanted.arn && existing.role_arn == wanted.role_arn && is_same_input
}
