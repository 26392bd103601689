//! Who is subscribed to a topic, and which of its messages they receive.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::arn::Arn;
use super::problem::ReadResult;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// The address, for email.
    pub endpoint: String,
    /// `email`, `sqs`, …
    pub protocol: String,
    pub state: Confirmation,
    /// Only a confirmed subscription has one.
    #[serde(skip)]
    pub arn: Option<Arn>,
    /// `None`: they were not read.
    #[serde(skip)]
    pub attributes: Option<ReadResult<SubscriptionAttributes>>,
}

impl Default for Subscription {
    fn default() -> Self {
        let (endpoint, protocol) = (String::new(), "email".to_owned());
        Self { endpoint, protocol, state: Confirmation::Pending, arn: None, attributes: None }
    }
}

impl Subscription {
    /// Whether a person reads what it delivers, or a service that passes it on to people, such as a chat. What the others
    /// do with a message, such as a queue, can't be seen.
    ///
    /// Source: SNS API, Subscribe, `Protocol`. Amazon Q Developer in chat applications subscribes over `https`.
    #[must_use]
    pub fn notifies_people(&self) -> bool {
        matches!(self.protocol.as_str(), "email" | "email-json" | "sms" | "http" | "https")
    }

    /// Whether it sends emails. Each has a link that ends the subscription.
    #[must_use]
    pub fn is_email(&self) -> bool {
        matches!(self.protocol.as_str(), "email" | "email-json")
    }

    /// Whether it was confirmed in a signed call; `None` if that isn't known.
    #[must_use]
    pub fn signed(&self) -> Option<bool> {
        self.attributes.as_ref()?.as_ref().ok()?.signed
    }

    /// Whether it delivers a message with this body; `None` if that isn't known.
    #[must_use]
    pub fn delivers(&self, body: &Value) -> Option<bool> {
        self.attributes.as_ref()?.as_ref().ok()?.accepts(body)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirmation {
    Confirmed,
    /// The link in the email has not been opened yet.
    Pending,
    Deleted,
}

impl Confirmation {
    /// The value in JSON output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Deleted => "deleted",
        }
    }
}

/// What `sns:GetSubscriptionAttributes` says about the messages that a subscription receives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionAttributes {
    /// Which messages it receives, in JSON; `None`: all of them.
    pub filter_policy: Option<String>,
    /// What the filter policy is applied to: `MessageAttributes` or `MessageBody`; `None`: the attributes.
    pub filter_policy_scope: Option<String>,
    /// Whether it was confirmed in a signed call; `None` if SNS doesn't say. If it wasn't, whoever has one of its emails can
    /// end it with the link in it.
    ///
    /// Source: SNS API, GetSubscriptionAttributes, `ConfirmationWasAuthenticated`.
    pub signed: Option<bool>,
}

impl SubscriptionAttributes {
    /// Whether a message with this body and without attributes passes the filter policy; `None` if that can't be told.
    ///
    /// Source: SNS Developer Guide, "Amazon SNS subscription filter policies" and "Amazon SNS subscription filter policy
    /// scope".
    #[must_use]
    pub fn accepts(&self, body: &Value) -> Option<bool> {
        let Some(policy) = &self.filter_policy else { return Some(true) };
        let policy: Map<String, Value> = serde_json::from_str(policy).ok()?;
        if policy.is_empty() {
            return Some(true);
        }
        match self.filter_policy_scope.as_deref() {
            None | Some("MessageAttributes") => without_attributes(&policy),
            Some("MessageBody") => body_matches(&policy, body),
            Some(_) => None,
        }
    }
}

/// An alternative of several conditions, which is not evaluated here.
const OR: &str = "$or";

/// Whether a message without attributes matches: only if the policy demands that an attribute is absent.
fn without_attributes(policy: &Map<String, Value>) -> Option<bool> {
    if policy.contains_key(OR) {
        return None;
    }
    let accepts_absence = |conditions: &Value| {
        conditions.as_array().is_some_and(|all| all.iter().any(|condition| condition["exists"] == Value::Bool(false)))
    };
    Some(policy.values().all(accepts_absence))
}

/// Whether a body matches of which only some properties are known.
fn body_matches(policy: &Map<String, Value>, body: &Value) -> Option<bool> {
    let results = policy.iter().map(|(name, conditions)| match (conditions, body.get(name)) {
        (Value::Object(nested), Some(part)) if name != OR => body_matches(nested, part),
        (Value::Array(conditions), Some(value)) if name != OR => any_holds(conditions, value),
        _ => None,
    });
    let results: Vec<Option<bool>> = results.collect();
    if results.contains(&Some(false)) {
        return Some(false);
    }
    results.iter().all(|result| *result == Some(true)).then_some(true)
}

fn any_holds(conditions: &[Value], value: &Value) -> Option<bool> {
    let holds = |condition: &Value| match condition {
        Value::Object(operator) => operator_holds(operator, value),
        exact => Some(exact == value),
    };
    let results: Vec<Option<bool>> = conditions.iter().map(holds).collect();
    if results.contains(&Some(true)) {
        return Some(true);
    }
    results.iter().all(|result| *result == Some(false)).then_some(false)
}

fn operator_holds(operator: &Map<String, Value>, value: &Value) -> Option<bool> {
    let (name, operand) = operator.iter().next().filter(|_| operator.len() == 1)?;
    match (name.as_str(), operand, value) {
        ("exists", Value::Bool(exists), _) => Some(*exists),
        ("prefix", Value::String(prefix), Value::String(value)) => Some(value.starts_with(prefix.as_str())),
        ("suffix", Value::String(suffix), Value::String(value)) => Some(value.ends_with(suffix.as_str())),
        ("equals-ignore-case", Value::String(text), Value::String(value)) => Some(value.eq_ignore_ascii_case(text)),
        ("anything-but", Value::Array(others), value) if others.iter().all(|other| !other.is_object()) => {
            Some(!others.contains(value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepts(policy: &Value, scope: Option<&str>) -> Option<bool> {
        let body = json!({ "AlarmName": "root-use", "NewStateValue": "ALARM", "Trigger": { "MetricName": "RootUse" } });
        let (filter_policy, filter_policy_scope) = (Some(policy.to_string()), scope.map(str::to_owned));
        SubscriptionAttributes { filter_policy, filter_policy_scope, signed: None }.accepts(&body)
    }

    #[test]
    fn a_policy_for_attributes_drops_a_message_without_attributes() {
        for scope in [None, Some("MessageAttributes")] {
            assert_eq!(accepts(&json!({ "severity": ["high"] }), scope), Some(false));
            assert_eq!(accepts(&json!({ "severity": [{ "anything-but": ["low"] }] }), scope), Some(false));
            assert_eq!(accepts(&json!({ "severity": [{ "exists": true }] }), scope), Some(false));
            assert_eq!(accepts(&json!({ "severity": ["high", { "exists": false }] }), scope), Some(true));
            assert_eq!(accepts(&json!({ "severity": [{ "exists": false }], "team": ["a"] }), scope), Some(false));
            assert_eq!(accepts(&json!({ "$or": [{ "severity": ["high"] }] }), scope), None);
            assert_eq!(accepts(&json!({}), scope), Some(true));
            assert_eq!(accepts(&json!("not an object"), scope), None);
        }
        assert_eq!(SubscriptionAttributes::default().accepts(&json!({})), Some(true));
    }

    #[test]
    fn a_policy_for_the_body_is_evaluated_as_far_as_the_body_is_known() {
        for (policy, expected) in [
            (json!({ "NewStateValue": ["ALARM"] }), Some(true)),
            (json!({ "NewStateValue": ["OK"] }), Some(false)),
            (json!({ "NewStateValue": [{ "anything-but": ["OK"] }] }), Some(true)),
            (json!({ "AlarmName": [{ "prefix": "root" }] }), Some(true)),
            (json!({ "AlarmName": [{ "prefix": "billing" }, { "suffix": "-use" }] }), Some(true)),
            (json!({ "AlarmName": [{ "wildcard": "*use" }] }), None),
            (json!({ "AlarmName": ["other", { "wildcard": "*use" }] }), None),
            (json!({ "AlarmName": ["other"], "severity": ["high"] }), Some(false)),
            (json!({ "severity": ["high"] }), None),
            (json!({ "Trigger": { "MetricName": ["RootUse"] } }), Some(true)),
            (json!({ "Trigger": { "MetricName": ["Errors"] } }), Some(false)),
            (json!({ "Trigger": ["RootUse"] }), Some(false)),
            (json!({ "AlarmName": [{ "prefix": "root", "suffix": "use" }] }), None),
            (json!({ "$or": [{ "AlarmName": ["root-use"] }] }), None),
        ] {
            assert_eq!(accepts(&policy, Some("MessageBody")), expected, "{policy}");
        }
        assert_eq!(accepts(&json!({ "severity": ["high"] }), Some("SomethingNew")), None);
    }
}
