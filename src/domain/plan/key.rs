//! Encrypts the trail, the log group, and the topic with the user's KMS key, if the key's policy lets the services use it.

use super::rows::{Action, Plan};
use crate::domain::arn::Arn;
use crate::domain::change::{Change, Step};
use crate::domain::observed::{KmsKey, Observed};
use crate::domain::policy::{DoubtCause, KeyUsers, MissingStatement, missing_key_statements};
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::settings::{Origin, SettingId, Settings};

pub(super) fn encrypt(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    if wanted.role_source_arn.value && wanted.role_source_arn.origin == Origin::Given {
        let note = if wanted.role_is_managed() {
            let why = "The role is restricted to this trail (aws:SourceArn). In some accounts this reportedly stops \
                       deliveries.";
            Problem::new(why, Fix::SeeChecks("whether they continue"))
        } else {
            format!("The role `{}` is unmanaged: rootbell does not change who can assume it.", wanted.role.value).into()
        };
        plan.note(Step::Trail, note);
    }
    let Some(arn) = &wanted.kms_key else { return };
    match &observed.key {
        Some(Ok(Some(key))) => match unusable_reason(key, wanted, observed) {
            Some(reason) => plan.block(Step::Trail, reason),
            None => {
                let before = plan.rows.len();
                rows(plan, wanted, observed, arn);
                if plan.rows.len() > before {
                    let uncertain =
                        missing_statements(key, wanted, observed).iter().filter_map(uncertainty).collect::<Vec<_>>();
                    plan.notes.extend(uncertain.into_iter().map(|note| (Step::Trail, note.into())));
                }
            }
        },
        Some(Err(unreadable)) => plan.block(Step::Trail, unreadable.clone()),
        _ => plan.block(Step::Trail, Problem::new(format!("There is no key {arn}."), another_key())),
    }
}

fn another_key() -> Fix {
    Fix::choose("Use another", Input::Setting(SettingId::KmsKey))
}

fn unusable_reason(key: &KmsKey, wanted: &Settings, observed: &Observed) -> Option<Problem> {
    let arn = &key.arn;
    let region = arn.region().unwrap_or_default();
    if wanted.account_region.region != region {
        let why = format!(
            "The key {arn} is in {region}: the trail, log group, and topic need a key in their own Region, {}.",
            wanted.account_region.region
        );
        return Some(Problem::new(why, another_key()));
    }
    if let Some(fault) = key.state.fault() {
        return Some(Problem::new(format!("The key {arn} {fault}."), key.state.fix(arn)));
    }
    let missing = missing_statements(key, wanted, observed);
    let statements: Vec<String> =
        missing.iter().filter(|l| l.doubt.is_none()).map(|l| l.statement.to_string()).collect();
    if statements.is_empty() {
        return None;
    }
    let why = format!(
        "The policy of the key {arn} does not allow every AWS service that has to use it, so no alert would arrive."
    );
    Some(Problem::new(why, Fix::Advice(format!("Add to its statements: {}", statements.join(", ")))))
}

fn missing_statements(key: &KmsKey, wanted: &Settings, observed: &Observed) -> Vec<MissingStatement> {
    let users = KeyUsers {
        account_region: &wanted.account_region,
        key_arn: &key.arn,
        trail_arn: &wanted.trail_arn(observed),
        log_group: &wanted.log_group.value,
        topic_arn: &wanted.topic_arn(),
        alarm_arn: &wanted.account_region.alarm_arn(&wanted.root_use().alarm.value),
    };
    missing_key_statements(&key.policy, &users)
}

/// What to check before relying on a key whose policy may or may not allow a service to use it.
fn uncertainty(missing: &MissingStatement) -> Option<String> {
    let service = &missing.service;
    let doubt = missing.doubt.as_ref()?;
    if doubt.cause == DoubtCause::Deny {
        return Some(format!(
            "A statement in the key's policy may deny {service}, depending on {}, which rootbell cannot evaluate. Check \
             that it does not.",
            doubt.depends_on
        ));
    }
    Some(format!(
        "Whether the key's policy lets {service} use it depends on {}, which rootbell cannot evaluate. If it does not, \
         add to its statements: {}",
        doubt.depends_on, missing.statement
    ))
}

fn rows(plan: &mut Plan, wanted: &Settings, observed: &Observed, arn: &Arn) {
    let trail = observed.trail.as_ref().map(|t| t.trail.kms_key.as_deref());
    let group = observed.log_group.as_ref().ok().and_then(Option::as_ref).map(|g| g.kms_key.as_deref());
    let topic = observed.topic.as_ref().ok().and_then(Option::as_ref).map(|t| t.kms_key.as_deref());
    let key = arn.clone();
    let trail_change = Change::SetTrailKey { trail: wanted.trail.value.clone(), key: key.clone() };
    let group_change = Change::SetLogGroupKey { log_group: wanted.log_group.value.clone(), key: key.clone() };
    let topic_change = Change::SetTopicKey { topic_arn: wanted.topic_arn(), key: Some(key) };
    for (existing, change) in [(trail, trail_change), (group, group_change), (topic, topic_change)] {
        if existing == Some(Some(arn.as_str())) {
            continue;
        }
        let action = if existing.is_none() { Action::Create } else { Action::Update };
        let before = existing.flatten().unwrap_or("AWS key or none");
        plan.put(wanted, action, change, format!("{before} → your key"));
    }
}
