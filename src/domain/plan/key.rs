//! A key of the user's own for trail, log group and topic, once its policy is seen to serve them.

use super::{Action, Plan};
use crate::domain::change::{Change, Step};
use crate::domain::observed::{Key, Observed};
use crate::domain::policy::{KeyUsers, Lacking, key_lacks};
use crate::domain::settings::{Origin, Settings};

pub(super) fn encrypt(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    if wanted.role_source_arn.value && wanted.role_source_arn.origin == Origin::Given {
        let said = if wanted.role_is_ours() {
            "The role is tied to this trail (aws:SourceArn). Some accounts report that deliveries stop over that: \
             `rootbell status` says whether they go on."
                .to_owned()
        } else {
            format!("The role `{}` is not rootbell's: who may take it stays as it is.", wanted.role.value)
        };
        plan.notes.push((Step::Trail, said));
    }
    let Some(arn) = &wanted.kms_key else { return };
    match &observed.key {
        Some(Ok(Some(key))) => match refusal(key, wanted, observed) {
            Some(why) => plan.blocked.push((Step::Trail, why)),
            None => {
                let before = plan.rows.len();
                rows(plan, wanted, observed, arn);
                if plan.rows.len() > before {
                    let uncertain = lacks(key, wanted, observed).iter().filter_map(uncertain).collect::<Vec<_>>();
                    plan.notes.extend(uncertain.into_iter().map(|note| (Step::Trail, note)));
                }
            }
        },
        Some(Err(unreadable)) => plan.blocked.push((Step::Trail, format!("{} {}", unreadable.why, unreadable.fix))),
        _ => plan.blocked.push((Step::Trail, format!("There is no key {arn}. Name another (--kms-key)."))),
    }
}

fn refusal(key: &Key, wanted: &Settings, observed: &Observed) -> Option<String> {
    let arn = &key.arn;
    let region = arn.split(':').nth(3).unwrap_or_default();
    if region != wanted.account_region.region {
        return Some(format!(
            "The key {arn} is in {region}: trail, log group and topic take a key of their own region, {}. Name another \
             (--kms-key).",
            wanted.account_region.region
        ));
    }
    if !key.enabled {
        return Some(format!("The key {arn} is disabled: aws kms enable-key --key-id {arn}"));
    }
    let lacking = lacks(key, wanted, observed);
    let statements: Vec<String> =
        lacking.iter().filter(|l| l.doubt.is_none()).map(|l| l.statement.to_string()).collect();
    if statements.is_empty() {
        return None;
    }
    Some(format!(
        "The policy of the key {arn} does not serve all who have to use it, so nothing would arrive. Add to its \
         statements: {}",
        statements.join(", ")
    ))
}

fn lacks(key: &Key, wanted: &Settings, observed: &Observed) -> Vec<Lacking> {
    let users = KeyUsers {
        account_region: &wanted.account_region,
        key_arn: &key.arn,
        trail_arn: &wanted.trail_arn(observed),
        log_group: &wanted.log_group.value,
        topic_arn: &wanted.topic_arn(),
        alarm_arn: &wanted.account_region.alarm_arn(&wanted.alarm.value),
    };
    key_lacks(&key.policy, &users)
}

/// What to check before relying on a key whose policy may or may not serve one of its users.
fn uncertain(lacking: &Lacking) -> Option<String> {
    let who = lacking.statement["Principal"]["Service"].as_str().unwrap_or_default();
    let doubt = lacking.doubt.as_ref()?;
    if doubt.denies {
        return Some(format!(
            "A statement of the key's policy may deny {who}, depending on {}, which rootbell cannot evaluate. Check that \
             it does not.",
            doubt.on
        ));
    }
    Some(format!(
        "Whether the key's policy lets {who} use it depends on {}, which rootbell cannot evaluate. If it does not, add to \
         its statements: {}",
        doubt.on, lacking.statement
    ))
}

fn rows(plan: &mut Plan, wanted: &Settings, observed: &Observed, arn: &str) {
    let trail = observed.trail.as_ref().map(|t| t.trail.kms_key.as_deref());
    let group = observed.log_group.as_ref().ok().and_then(Option::as_ref).map(|g| g.kms_key.as_deref());
    let topic = observed.topic.as_ref().ok().and_then(Option::as_ref).map(|t| t.kms_key.as_deref());
    let key = arn.to_owned();
    let trail_change = Change::SetTrailKey { trail: wanted.trail.value.clone(), key: key.clone() };
    let group_change = Change::SetLogGroupKey { log_group: wanted.log_group.value.clone(), key: key.clone() };
    let topic_change = Change::SetTopicKey { topic_arn: wanted.topic_arn(), key: Some(key) };
    for (existing, change) in [(trail, trail_change), (group, group_change), (topic, topic_change)] {
        if existing == Some(Some(arn)) {
            continue;
        }
        let action = if existing.is_none() { Action::Create } else { Action::Update };
        let before = existing.flatten().unwrap_or("a key of AWS's, or none");
        plan.put(action, change, format!("{before} → your key"));
    }
}
