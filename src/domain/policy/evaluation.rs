//! Whether a policy lets a service in: as much of IAM's evaluation as the policies along the chain need, and an honest
//! "unknown" where the answer depends on what cannot be known here.
//!
//! Source: IAM User Guide, "Policy evaluation logic".

use serde_json::Value;

use super::condition::{Truth, hold, like};
use super::document::{effect, names_everyone, strings, values};

/// What is asked of a policy.
pub struct AccessRequest<'a> {
    /// The service that calls; `None` for the policy of a role, which names no principal.
    pub service: Option<&'a str>,
    pub action: &'a str,
    /// `None` for a trust policy, which names no resource.
    pub resource: Option<&'a str>,
    /// The condition keys that this call carries beyond those of every service's call.
    pub context: &'a [(&'a str, &'a str)],
}

/// What a policy answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// Denied by a statement, or allowed by none.
    Denied,
    Unknown(Doubt),
}

/// What an unknown answer depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// It is a Deny that may apply; otherwise an Allow that may not.
    pub denies: bool,
    /// In words, as in "the condition `StringEquals` on `aws:SourceOrgID`".
    pub on: String,
}

/// Whether AWS would take it for a policy at all: statements, each with its effect and its actions, and with whom it is
/// about where it hangs on a resource.
///
/// Source: IAM User Guide, "Grammar of the IAM JSON policy language".
#[must_use]
pub fn well_formed(policy: &Value, on_resource: bool) -> bool {
    let statements = values(policy.get("Statement"));
    let whole = |statement: &Value| {
        let has = |name: &str, other: &str| statement.get(name).is_some() || statement.get(other).is_some();
        matches!(effect(statement), Some("Allow" | "Deny"))
            && has("Action", "NotAction")
            && has("Principal", "NotPrincipal") == on_resource
    };
    !statements.is_empty() && statements.iter().all(whole)
}

/// A statement that denies settles it; without one, a statement that allows.
#[must_use]
pub fn evaluate(policy: Option<&Value>, ask: &AccessRequest) -> Decision {
    let statements = values(policy.and_then(|p| p.get("Statement")));
    let says =
        |wanted: &str| Truth::any(statements.iter().filter(|s| effect(s) == Some(wanted)).map(|s| applies(s, ask)));
    match (says("Deny"), says("Allow")) {
        (Truth::Yes, _) | (_, Truth::No) => Decision::Denied,
        (_, Truth::Unknown(on)) => Decision::Unknown(Doubt { denies: false, on }),
        (Truth::Unknown(on), Truth::Yes) => Decision::Unknown(Doubt { denies: true, on }),
        (Truth::No, Truth::Yes) => Decision::Allowed,
    }
}

/// Whether it certainly allows it.
#[must_use]
pub fn allows(policy: Option<&Value>, ask: &AccessRequest) -> bool {
    evaluate(policy, ask) == Decision::Allowed
}

/// Whether a statement's actions include this one, as in `sns:Publish`.
pub(super) fn covers_action(statement: &Value, action: &str) -> bool {
    let action = action.to_lowercase();
    one_of(statement, "Action", "NotAction", |named| {
        strings(Some(named)).iter().any(|a| like(&a.to_lowercase(), &action)).into()
    }) == Truth::Yes
}

/// `NotAction` and its like mean all but what they name.
fn one_of(statement: &Value, name: &str, other: &str, named: impl Fn(&Value) -> Truth) -> Truth {
    match (statement.get(name), statement.get(other)) {
        (Some(value), _) => named(value),
        (None, Some(left_out)) => named(left_out).not(),
        (None, None) => Truth::No,
    }
}

fn applies(statement: &Value, ask: &AccessRequest) -> Truth {
    let principal = ask.service.map_or(Truth::Yes, |service| {
        one_of(statement, "Principal", "NotPrincipal", |principal| {
            (names_everyone(principal) || strings(principal.get("Service")).contains(&service)).into()
        })
    });
    let action = covers_action(statement, ask.action).into();
    let resource = ask.resource.map_or(Truth::Yes, |wanted| {
        one_of(statement, "Resource", "NotResource", |named| {
            Truth::any(strings(Some(named)).into_iter().map(|form| {
                let variable = form.contains("${");
                if variable { Truth::Unknown(format!("the resource `{form}`")) } else { like(form, wanted).into() }
            }))
        })
    });
    Truth::all([principal, action, resource, hold(statement.get("Condition"), ask)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_is_all_the_rest() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "*" },
            { "Effect": "Deny", "NotPrincipal": { "Service": "x" }, "Action": "*", "NotResource": "open" }
        ] });
        let ask = |service, action, resource| {
            allows(
                Some(&policy),
                &AccessRequest { service: Some(service), action, resource: Some(resource), context: &[] },
            )
        };
        assert!(ask("x", "s3:GetObject", "b"));
        assert!(!ask("x", "s3:PutObject", "b"));
        assert!(!ask("y", "s3:GetObject", "b"));
        assert!(ask("y", "s3:GetObject", "open"));
    }

    #[test]
    fn a_deny_wins_and_a_condition_must_hold() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "x" }, "Action": "s3:*", "Resource": "*",
              "Condition": { "StringEquals": { "aws:SourceArn": "a" } } },
            { "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "b/secret/*" }
        ] });
        let ask = |action, resource, arn| {
            let context = [("aws:SourceArn", arn)];
            allows(
                Some(&policy),
                &AccessRequest { service: Some("x"), action, resource: Some(resource), context: &context },
            )
        };
        assert!(ask("s3:PutObject", "b/logs/1", "a"));
        assert!(!ask("s3:PutObject", "b/logs/1", "another"));
        assert!(!ask("s3:PutObject", "b/secret/1", "a"));
        assert!(!ask("sns:Publish", "b", "a"));
    }

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:t";

    /// What CloudWatch is told when it publishes to the topic.
    fn publish(statements: &Value) -> Decision {
        let context = [("aws:SourceAccount", "123456789012")];
        let service = Some("cloudwatch.amazonaws.com");
        let ask = AccessRequest { service, action: "sns:Publish", resource: Some(TOPIC), context: &context };
        evaluate(Some(&json!({ "Statement": statements })), &ask)
    }

    fn alarms() -> Value {
        json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" }, "Action": "sns:Publish",
            "Resource": TOPIC })
    }

    fn statement(effect: &str, condition: &Value) -> Value {
        json!({ "Effect": effect, "Principal": { "AWS": "*" }, "Action": "SNS:P?blish", "Resource": TOPIC,
            "Condition": condition })
    }

    fn doubt(denies: bool, on: &str) -> Decision {
        Decision::Unknown(Doubt { denies, on: on.into() })
    }

    #[test]
    fn an_organizations_denials_that_spare_services_do_not_keep_them_out() {
        for condition in [
            // The identity perimeter and the demand for TLS, as AWS publishes them.
            json!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } }),
            json!({ "BoolIfExists": { "aws:SecureTransport": "false" } }),
            json!({ "Bool": { "aws:SecureTransport": false } }),
            json!({ "NotIpAddressIfExists": { "aws:SourceIp": "192.0.2.0/24" },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } }),
        ] {
            assert_eq!(publish(&json!([alarms(), statement("Deny", &condition)])), Decision::Allowed, "{condition}");
        }
        let all = json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(publish(&json!([alarms(), statement("Deny", &all)])), Decision::Denied, "it spares no service");
        let endpoint = json!({ "StringNotEquals": { "aws:sourceVpce": "vpce-1ab2c34d" } });
        assert_eq!(publish(&json!([alarms(), statement("Deny", &endpoint)])), Decision::Denied);
    }

    #[test]
    fn a_demand_for_tls_is_met_by_a_service() {
        let tls = json!({ "Bool": { "aws:SecureTransport": "true" } });
        assert_eq!(publish(&json!([statement("Allow", &tls)])), Decision::Allowed);
    }

    #[test]
    fn what_depends_on_an_unknown_condition_is_unknown_unless_another_statement_settles_it() {
        let organization = json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
        let on = "the condition `StringEquals` on `aws:SourceOrgID`";
        let (allow, deny) = (statement("Allow", &organization), statement("Deny", &organization));
        assert_eq!(publish(&json!([allow])), doubt(false, on));
        assert_eq!(publish(&json!([allow, alarms()])), Decision::Allowed);
        assert_eq!(publish(&json!([alarms(), deny])), doubt(true, on));
        assert_eq!(publish(&json!([allow, deny])), doubt(false, on));
        assert_eq!(publish(&json!([alarms(), deny, statement("Deny", &json!({}))])), Decision::Denied);
        assert_eq!(publish(&json!([deny])), Decision::Denied, "nothing allows it");
        let variable =
            json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:${aws:PrincipalTag/x}" });
        assert_eq!(publish(&json!([variable])), doubt(false, "the resource `arn:${aws:PrincipalTag/x}`"));
    }
}
