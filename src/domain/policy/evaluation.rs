//! Evaluates whether a policy allows a request. Covers the part of IAM's evaluation that the chain's policies need;
//! the result is "unknown" if it depends on something that rootbell cannot know.
//!
//! Source: IAM User Guide, "Policy evaluation logic".

use super::condition::{Truth, hold, like};
use super::document::PolicyDocument;
use super::elements::{Effect, OneOrMany, Principal};
use super::request::AccessRequest;
use super::statement::{Elements, Statement};

/// The result of evaluating a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// A statement denies it, or none allows it.
    Denied,
    Unknown(Doubt),
}

/// Why the result is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub cause: DoubtCause,
    /// What the result depends on, such as "the condition `StringEquals` on `aws:SourceOrgID`".
    pub depends_on: String,
}

/// What it is that rootbell can't tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtCause {
    /// Whether any Allow applies.
    Allow,
    /// Whether a Deny applies; an Allow does.
    Deny,
    /// What the document says.
    Document,
}

/// Whether AWS would accept the policy: it has statements, each with an effect and actions, and with a principal if and
/// only if the policy is attached to a resource.
///
/// Source: IAM User Guide, "Grammar of the IAM JSON policy language".
#[must_use]
pub fn well_formed(policy: &PolicyDocument, on_resource: bool) -> bool {
    let is_complete = |statement: &Statement| {
        statement.elements().is_some_and(|s| {
            let has_principal = s.principal.is_some() || s.not_principal.is_some();
            (s.action.is_some() || s.not_action.is_some()) && has_principal == on_resource
        })
    };
    !policy.statements().is_empty() && policy.statements().iter().all(is_complete)
}

/// Evaluates the request: a Deny wins over an Allow, and without an Allow the request is denied.
#[must_use]
pub fn evaluate(policy: Option<&PolicyDocument>, request: &AccessRequest) -> Decision {
    let Some(policy) = policy else { return Decision::Denied };
    if !policy.is_readable() {
        let depends_on = "a policy that isn't in IAM's format".to_owned();
        return Decision::Unknown(Doubt { cause: DoubtCause::Document, depends_on });
    }
    let any_applies = |effect| Truth::any(policy.statements().iter().map(|s| applies(s, effect, request)));
    match (any_applies(Effect::Deny), any_applies(Effect::Allow)) {
        (Truth::Yes, _) | (_, Truth::No) => Decision::Denied,
        (_, Truth::Unknown(depends_on)) => Decision::Unknown(Doubt { cause: DoubtCause::Allow, depends_on }),
        (Truth::Unknown(depends_on), Truth::Yes) => Decision::Unknown(Doubt { cause: DoubtCause::Deny, depends_on }),
        (Truth::No, Truth::Yes) => Decision::Allowed,
    }
}

/// Evaluates several requests that must all be allowed. One that is denied means denied, even if others are unknown.
pub(super) fn evaluate_all(policy: Option<&PolicyDocument>, requests: &[AccessRequest]) -> Decision {
    let mut decision = Decision::Allowed;
    for request in requests {
        match evaluate(policy, request) {
            Decision::Denied => return Decision::Denied,
            unknown @ Decision::Unknown(_) if decision == Decision::Allowed => decision = unknown,
            Decision::Allowed | Decision::Unknown(_) => {}
        }
    }
    decision
}

/// Whether the policy certainly allows the request.
#[must_use]
pub fn allows(policy: Option<&PolicyDocument>, request: &AccessRequest) -> bool {
    evaluate(policy, request) == Decision::Allowed
}

/// Whether a statement's actions include `action`, such as `sns:Publish`.
pub(super) fn covers_action(statement: &Elements, action: &str) -> bool {
    let action = action.to_lowercase();
    let covers = |named: &OneOrMany| named.as_slice().iter().any(|a| like(&a.to_lowercase(), &action)).into();
    element_matches(statement.action.as_ref(), statement.not_action.as_ref(), covers) == Truth::Yes
}

/// Whether a statement is about the resource with this ARN.
pub(super) fn covers_resource(statement: &Elements, arn: &str) -> Truth {
    let covers = |named: &OneOrMany| {
        Truth::any(named.as_slice().iter().map(|pattern| {
            let has_variable = pattern.contains("${");
            if has_variable { Truth::Unknown(format!("the resource `{pattern}`")) } else { like(pattern, arn).into() }
        }))
    };
    element_matches(statement.resource.as_ref(), statement.not_resource.as_ref(), covers)
}

/// Whether an element matches, or its negated form (such as `NotAction`) does not.
fn element_matches<T>(element: Option<&T>, negated: Option<&T>, matches: impl Fn(&T) -> Truth) -> Truth {
    match (element, negated) {
        (Some(value), _) => matches(value),
        (None, Some(excluded)) => matches(excluded).not(),
        (None, None) => Truth::No,
    }
}

/// Whether the statement has this effect on the request.
fn applies(statement: &Statement, effect: Effect, request: &AccessRequest) -> Truth {
    let Some(statement) = statement.elements() else {
        return Truth::Unknown("a statement that isn't in IAM's format".to_owned());
    };
    if statement.effect != effect {
        return Truth::No;
    }
    let principal = request.service.map_or(Truth::Yes, |service| {
        let includes = |named: &Principal| (named.is_everyone() || named.includes_service(service)).into();
        element_matches(statement.principal.as_ref(), statement.not_principal.as_ref(), includes)
    });
    let action = covers_action(statement, request.action).into();
    let resource = request.resource.map_or(Truth::Yes, |wanted| covers_resource(statement, wanted));
    Truth::all([principal, action, resource, hold(&statement.condition, request)])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn negated_elements_match_everything_else() {
        let policy: PolicyDocument = json!({ "Statement": [
            { "Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "*" },
            { "Effect": "Deny", "NotPrincipal": { "Service": "x" }, "Action": "*", "NotResource": "open" }
        ] })
        .into();
        let is_allowed = |service, action, resource| {
            allows(
                Some(&policy),
                &AccessRequest { service: Some(service), action, resource: Some(resource), context: &[] },
            )
        };
        assert!(is_allowed("x", "s3:GetObject", "b"));
        assert!(!is_allowed("x", "s3:PutObject", "b"));
        assert!(!is_allowed("y", "s3:GetObject", "b"));
        assert!(is_allowed("y", "s3:GetObject", "open"));
    }

    #[test]
    fn a_deny_wins_over_an_allow_and_conditions_must_hold() {
        let policy: PolicyDocument = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "x" }, "Action": "s3:*", "Resource": "*",
              "Condition": { "StringEquals": { "aws:SourceArn": "a" } } },
            { "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "b/secret/*" }
        ] })
        .into();
        let is_allowed = |action, resource, arn| {
            let context = [("aws:SourceArn", arn)];
            allows(
                Some(&policy),
                &AccessRequest { service: Some("x"), action, resource: Some(resource), context: &context },
            )
        };
        assert!(is_allowed("s3:PutObject", "b/logs/1", "a"));
        assert!(!is_allowed("s3:PutObject", "b/logs/1", "another"));
        assert!(!is_allowed("s3:PutObject", "b/secret/1", "a"));
        assert!(!is_allowed("sns:Publish", "b", "a"));
    }

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:t";

    /// Evaluates CloudWatch publishing to the topic.
    fn evaluate_publish(statements: &Value) -> Decision {
        let context = [("aws:SourceAccount", "123456789012")];
        let service = Some("cloudwatch.amazonaws.com");
        let request = AccessRequest { service, action: "sns:Publish", resource: Some(TOPIC), context: &context };
        evaluate(Some(&json!({ "Statement": statements }).into()), &request)
    }

    fn alarms() -> Value {
        json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" }, "Action": "sns:Publish",
            "Resource": TOPIC })
    }

    fn statement(effect: &str, condition: &Value) -> Value {
        json!({ "Effect": effect, "Principal": { "AWS": "*" }, "Action": "SNS:P?blish", "Resource": TOPIC,
            "Condition": condition })
    }

    fn doubt(cause: DoubtCause, depends_on: &str) -> Decision {
        Decision::Unknown(Doubt { cause, depends_on: depends_on.into() })
    }

    #[test]
    fn an_organizations_deny_that_exempts_aws_services_does_not_block_cloudwatch() {
        for condition in [
            // The identity perimeter and the TLS requirement, as AWS publishes them.
            json!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } }),
            json!({ "BoolIfExists": { "aws:SecureTransport": "false" } }),
            json!({ "Bool": { "aws:SecureTransport": false } }),
            json!({ "NotIpAddressIfExists": { "aws:SourceIp": "192.0.2.0/24" },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } }),
        ] {
            assert_eq!(
                evaluate_publish(&json!([alarms(), statement("Deny", &condition)])),
                Decision::Allowed,
                "{condition}"
            );
        }
        let all = json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(
            evaluate_publish(&json!([alarms(), statement("Deny", &all)])),
            Decision::Denied,
            "it does not exempt services"
        );
        let endpoint = json!({ "StringNotEquals": { "aws:sourceVpce": "vpce-1ab2c34d" } });
        assert_eq!(evaluate_publish(&json!([alarms(), statement("Deny", &endpoint)])), Decision::Denied);
    }

    #[test]
    fn a_service_satisfies_a_tls_requirement() {
        let tls = json!({ "Bool": { "aws:SecureTransport": "true" } });
        assert_eq!(evaluate_publish(&json!([statement("Allow", &tls)])), Decision::Allowed);
    }

    #[test]
    fn an_unknown_condition_makes_the_result_unknown_unless_another_statement_decides_it() {
        let organization = json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
        let on = "the condition `StringEquals` on `aws:SourceOrgID`";
        let (allow, deny) = (statement("Allow", &organization), statement("Deny", &organization));
        assert_eq!(evaluate_publish(&json!([allow])), doubt(DoubtCause::Allow, on));
        assert_eq!(evaluate_publish(&json!([allow, alarms()])), Decision::Allowed);
        assert_eq!(evaluate_publish(&json!([alarms(), deny])), doubt(DoubtCause::Deny, on));
        assert_eq!(evaluate_publish(&json!([allow, deny])), doubt(DoubtCause::Allow, on));
        assert_eq!(evaluate_publish(&json!([alarms(), deny, statement("Deny", &json!({}))])), Decision::Denied);
        assert_eq!(evaluate_publish(&json!([deny])), Decision::Denied, "nothing allows it");
        let variable =
            json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:${aws:PrincipalTag/x}" });
        assert_eq!(
            evaluate_publish(&json!([variable])),
            doubt(DoubtCause::Allow, "the resource `arn:${aws:PrincipalTag/x}`")
        );
    }
    #[test]
    fn a_statement_that_cannot_be_read_may_allow_or_deny_anything() {
        let on = "a statement that isn't in IAM's format";
        let unreadable = json!({ "Effect": "Maybe" });
        let deny_all = statement("Deny", &json!({}));
        assert_eq!(evaluate_publish(&json!([unreadable])), doubt(DoubtCause::Allow, on));
        assert_eq!(evaluate_publish(&json!([unreadable, alarms()])), doubt(DoubtCause::Deny, on));
        assert_eq!(evaluate_publish(&json!([unreadable, deny_all])), Decision::Denied);
    }

    #[test]
    fn the_result_for_a_document_that_cannot_be_read_is_unknown() {
        let request = AccessRequest { service: Some("x"), action: "s3:GetObject", resource: None, context: &[] };
        for text in ["", "[]", r#"{"Statement":1}"#] {
            let decision = evaluate(Some(&PolicyDocument::parse(text)), &request);
            let Decision::Unknown(doubt) = decision else { panic!("{text}: {decision:?}") };
            assert_eq!(doubt.cause, DoubtCause::Document, "{text}");
        }
        assert_eq!(evaluate(Some(&PolicyDocument::default()), &request), Decision::Denied, "it allows nothing");
        assert_eq!(evaluate(None, &request), Decision::Denied);
    }
}
