//! Subscribing an address again, so that it can be confirmed in a signed call.

use super::rows::{Action, Plan};
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::observed::Observed;
use crate::domain::problem::{Fix, Goal, Input, Problem};
use crate::domain::settings::{SettingId, Settings};
use crate::domain::subscription::{Confirmation, Subscription};

/// Ends the confirmed subscription of the address and creates a new one, because SNS sends no email for one that exists.
///
/// # Errors
/// If the address is not confirmed, or if nobody else would be alerted in the meantime.
pub fn resubscribe(settings: &Settings, observed: &Observed, email: &Email) -> Result<Plan, Problem> {
    let all = observed.subscriptions.as_ref().map_err(Clone::clone)?;
    let topic = &settings.topic.value;
    let is_theirs = |s: &&Subscription| s.is_email() && *email == *s.endpoint;
    let is_confirmed = |s: &&Subscription| s.state == Confirmation::Confirmed;
    let Some(current) = all.iter().filter(is_theirs).find(is_confirmed) else {
        let (why, fix) = if all.iter().any(|s| is_theirs(&s)) {
            (format!("{email} has not confirmed its subscription yet, so there is nothing to repeat."), Fix::Confirm)
        } else {
            (format!("{email} is not subscribed to the topic `{topic}`."), Fix::Apply(Goal::SetUp))
        };
        return Err(Problem::new(why, fix));
    };
    if !all.iter().filter(is_confirmed).any(|s| s.notifies_people() && !is_theirs(&s)) {
        let why = format!("Nobody but {email} is alerted, so nobody would be until the new subscription is confirmed.");
        let fix = Fix::choose("Subscribe another address first", Input::Setting(SettingId::Emails));
        return Err(Problem::new(why, fix));
    }
    let mut plan = Plan::default();
    let arn = current.arn.clone().unwrap_or_default();
    let unsubscribe = Change::Unsubscribe { arn, endpoint: current.endpoint.clone() };
    plan.put(settings, Action::Delete, unsubscribe, "confirmed by opening the link");
    let subscribe = Change::Subscribe { topic_arn: settings.topic_arn(), email: email.clone() };
    plan.put(settings, Action::Create, subscribe, "AWS emails a confirmation link; don't open it");
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SetupOptions;
    use crate::domain::fixtures::{settings, sound};

    fn plan_for(email: &str, others: &[(&str, &str, Confirmation)]) -> Result<Plan, Problem> {
        let mut observed = sound();
        let other = |(endpoint, protocol, state): &(&str, &str, Confirmation)| Subscription {
            endpoint: (*endpoint).to_owned(),
            protocol: (*protocol).to_owned(),
            state: *state,
            ..Subscription::default()
        };
        if let Ok(all) = &mut observed.subscriptions {
            all.extend(others.iter().map(other));
        }
        resubscribe(&settings(&SetupOptions::default(), &observed), &observed, &email.into())
    }

    #[test]
    fn the_old_subscription_is_ended_before_the_new_one_is_created() {
        let plan = plan_for("Alice@example.com", &[("bob@example.com", "email", Confirmation::Confirmed)]).unwrap();
        let changes: Vec<&Change> = plan.changes().collect();
        assert!(matches!(changes[..], [Change::Unsubscribe { .. }, Change::Subscribe { .. }]), "{changes:?}");
        assert!(changes[1].needs(changes[0]));
    }

    #[test]
    fn it_is_refused_while_nobody_else_would_be_alerted() {
        for others in [
            &[][..],
            &[("bob@example.com", "email", Confirmation::Pending)],
            &[("arn:aws:sqs:eu-west-1:123456789012:q", "sqs", Confirmation::Confirmed)],
            &[("ALICE@example.com", "email-json", Confirmation::Confirmed)],
        ] {
            let refusal = plan_for("alice@example.com", others).unwrap_err();
            assert!(refusal.why.starts_with("Nobody but alice@example.com is alerted"), "{refusal:?}");
        }
        let bob = &[("bob@example.com", "email", Confirmation::Pending)];
        assert!(plan_for("bob@example.com", bob).unwrap_err().why.contains("has not confirmed"));
        assert!(plan_for("eve@example.com", bob).unwrap_err().why.contains("is not subscribed"));
    }
}
