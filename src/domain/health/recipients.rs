//! Who receives the alerts: does a message of the alarm reach at least one person?

use serde_json::{Value, json};

use super::evidence::Evidence;
use super::outcome::{Outcome, Verdict, missing, ok, unknown, wrong};
use crate::domain::problem::{Fix, Input};
use crate::domain::settings::SettingId;
use crate::domain::subscription::{Confirmation, Subscription};

/// What is certain about the body of the alarm's message.
///
/// Source: SNS and CloudWatch publish no reference of it; these properties are in the examples of the CloudWatch User
/// Guide.
pub(super) fn message(evidence: &Evidence<'_>) -> Value {
    let here = &evidence.settings.account_region;
    let alert = evidence.settings.root_use();
    let (alarm, metric) = (&alert.alarm.value, &alert.metric);
    json!({
        "AlarmName": alarm,
        "AlarmArn": here.alarm_arn(alarm),
        "AWSAccountId": here.account,
        "NewStateValue": "ALARM",
        "Trigger": { "MetricName": metric.name, "Namespace": metric.namespace },
    })
}

pub(super) fn confirmed(evidence: &Evidence<'_>) -> Outcome {
    let all = match &evidence.observed.subscriptions {
        Err(unreadable) => return unknown(unreadable),
        Ok(all) => all,
    };
    let of = |state, people| all.iter().filter(move |s| s.state == state && s.notifies_people() == people);
    let people: Vec<&Subscription> = of(Confirmation::Confirmed, true).collect();
    let pending: Vec<&str> = of(Confirmation::Pending, true).map(|s| s.endpoint.as_str()).collect();
    let message = message(evidence);
    if people.iter().any(|s| s.delivers(&message) == Some(true)) {
        return ok(format!("{} of {} confirmed", people.len(), people.len() + pending.len()));
    }
    if !pending.is_empty() {
        let why = format!("No alert reaches anyone until {} confirms.", pending.join(" or "));
        return (Verdict::Pending, why, Fix::Confirm);
    }
    if let Some(unjudged) = people.iter().find(|s| s.delivers(&message).is_none()) {
        return unjudged_filter(unjudged);
    }
    if let Some(filtered) = people.first() {
        return dropped(filtered);
    }
    match of(Confirmation::Confirmed, false).next() {
        Some(machine) if machine.delivers(&message) == Some(false) => dropped(machine),
        Some(machine) => (
            Verdict::Unknown,
            format!("Alerts only go to {}, which can't be checked from here.", machine.endpoint),
            Fix::Each(vec![Fix::choose("Enter an email address", Input::Setting(SettingId::Emails)), Fix::SendTest]),
        ),
        None if evidence.unchecked_destination().is_some() => {
            (Verdict::Unknown, "Who is notified can't be checked from here.".to_owned(), Fix::Nothing)
        }
        None => missing("There is no subscription, so no alert would reach anyone."),
    }
}

/// Can anybody who has one of the emails end the subscription?
///
/// Source: SNS API, ConfirmSubscription, `AuthenticateOnUnsubscribe`.
pub(super) fn signed(evidence: &Evidence<'_>) -> Outcome {
    let all = match &evidence.observed.subscriptions {
        Err(unreadable) => return unknown(unreadable),
        Ok(all) => all,
    };
    let confirmed: Vec<&Subscription> = all.iter().filter(|s| s.state == Confirmation::Confirmed).collect();
    let by_email: Vec<&Subscription> = confirmed.iter().copied().filter(|s| s.is_email()).collect();
    if let Some(open) = by_email.iter().find(|s| s.signed() == Some(false)) {
        let endpoint = &open.endpoint;
        let why = format!(
            "{endpoint} was confirmed by opening the link. The link at the end of each email ends such a subscription: \
             anybody who gets hold of an email can open it, and so does a mail scanner. CloudTrail does not record that."
        );
        let again = Fix::ConfirmAgain { endpoint: endpoint.clone() };
        let others = confirmed.iter().any(|s| s.notifies_people() && s.endpoint != *endpoint);
        let first = "Subscribe another address first, so that somebody is alerted in the meantime";
        let fix =
            if others { again } else { Fix::Each(vec![Fix::choose(first, Input::Setting(SettingId::Emails)), again]) };
        return (Verdict::Missing, why, fix);
    }
    match by_email.iter().find_map(|s| s.attributes.as_ref()) {
        Some(Err(unreadable)) => unknown(unreadable),
        Some(Ok(attributes)) if attributes.signed.is_none() => {
            (Verdict::Unknown, "SNS does not say how the address was confirmed.".to_owned(), Fix::Nothing)
        }
        Some(Ok(_)) => ok("confirmed in a signed call"),
        None if by_email.is_empty() => {
            evidence.unread_before_topic().map_or_else(|| ok("no address is confirmed yet"), unknown)
        }
        None => (Verdict::Unknown, "How the addresses were confirmed was not read.".to_owned(), Fix::Nothing),
    }
}

/// The result if it isn't known whether a subscription receives alerts.
fn unjudged_filter(subscription: &Subscription) -> Outcome {
    let endpoint = &subscription.endpoint;
    match &subscription.attributes {
        Some(Err(unreadable)) => unknown(unreadable),
        Some(Ok(_)) => (
            Verdict::Unknown,
            format!("Whether {endpoint} receives alerts depends on a filter policy that rootbell can't evaluate."),
            Fix::SendTest,
        ),
        None => (
            Verdict::Unknown,
            format!("Whether {endpoint} receives alerts depends on a filter policy that was not read."),
            Fix::SendTest,
        ),
    }
}

/// The result if the only subscriptions of people have filter policies that drop alerts.
fn dropped(subscription: &Subscription) -> Outcome {
    let why = format!(
        "The filter policy of {} drops the alarm's messages, so no alert reaches anyone.",
        subscription.endpoint
    );
    let remove = format!(
        "Or remove the filter policy: aws sns set-subscription-attributes --subscription-arn {} --attribute-name \
         FilterPolicy --attribute-value '{{}}'",
        subscription.arn.as_deref().unwrap_or_default()
    );
    let another = Fix::choose("Enter another email address", Input::Setting(SettingId::Emails));
    wrong(why, Fix::Each(vec![another, Fix::Advice(remove)]))
}
