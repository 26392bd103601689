//! Whether the existing policies of the bucket and the role allow more than needed.

use super::condition::like;
use super::document::PolicyDocument;
use super::elements::{ConditionTest, Effect, Principal};
use super::evaluation::covers_action;
use super::merge::{merge, without};
use super::statement::{Elements, Statement};
use crate::domain::arn::LogGroupArn;

/// Whether the bucket's policy allows everyone. A condition is taken to narrow it.
///
/// Source: S3 User Guide, "The meaning of public".
#[must_use]
pub fn bucket_open(policy: Option<&PolicyDocument>) -> bool {
    policy.is_some_and(|policy| policy.statements().iter().any(Statement::is_open))
}

/// Whether the bucket's policy denies everyone reading and writing its objects without TLS.
///
/// Source: Prowler, check `s3_bucket_secure_transport_policy`; AWS Config, rule `s3-bucket-ssl-requests-only`.
#[must_use]
pub fn requires_tls(policy: Option<&PolicyDocument>, bucket_arn: &str) -> bool {
    let object = format!("{bucket_arn}/object");
    let covers_objects = |s: &Statement| {
        let covers = |action| s.elements().is_some_and(|elements| covers_action(elements, action));
        covers("s3:GetObject") && covers("s3:PutObject") && s.resources().any(|resource| like(resource, &object))
    };
    let is_plain_text = |test: &ConditionTest| match test {
        ConditionTest::Compare { operator, key, values } => {
            ["Bool", "BoolIfExists"].contains(&operator.as_str())
                && key.eq_ignore_ascii_case("aws:SecureTransport")
                && *values == ["false"]
        }
        ConditionTest::Unreadable(_) => false,
    };
    let denies_plain_text = |s: &Statement| {
        let has_that_condition_only = |elements: &Elements| match elements.condition.0.as_slice() {
            [only] => elements.effect == Effect::Deny && is_plain_text(only),
            _ => false,
        };
        s.who().is_some_and(Principal::is_everyone)
            && s.elements().is_some_and(has_that_condition_only)
            && covers_objects(s)
    };
    policy.is_some_and(|policy| policy.statements().iter().any(denies_plain_text))
}

/// For a bucket that rootbell manages: [`merge`], without the statements that allow everyone. For an unmanaged bucket use
/// [`merge`].
#[must_use]
pub fn repair_bucket(existing: Option<&PolicyDocument>, wanted: &[Statement]) -> PolicyDocument {
    repair(existing, wanted, Statement::is_open)
}

/// Whether the role's policy allows more than creating and writing log streams in log groups that it names.
#[must_use]
pub fn too_wide(policy: Option<&PolicyDocument>) -> bool {
    policy.is_some_and(|policy| policy.statements().iter().any(is_too_wide))
}

fn is_too_wide(statement: &Statement) -> bool {
    let is_delivery_action =
        |action: &str| ["logs:createlogstream", "logs:putlogevents"].contains(&action.to_lowercase().as_str());
    // arn:{p}:logs:{region}:{account}:log-group:{name}:…
    let names_log_group = |text: &str| {
        let arn = LogGroupArn::from(text);
        let is_named = |part: Option<&str>| part.is_some_and(|part| !part.contains('*'));
        is_named(arn.region()) && is_named(arn.account()) && is_named(arn.name())
    };
    let names_both = statement.elements().is_some_and(|s| s.action.is_some() && s.resource.is_some());
    statement.is_allow()
        && !(names_both && statement.actions().all(is_delivery_action) && statement.resources().all(names_log_group))
}

/// [`merge`], without the statements that allow too much.
#[must_use]
pub fn repair_role(existing: Option<&PolicyDocument>, wanted: &[Statement]) -> PolicyDocument {
    repair(existing, wanted, is_too_wide)
}

/// Whether anyone besides CloudTrail can assume the role.
#[must_use]
pub fn trusts_others(trust: &PolicyDocument) -> bool {
    let is_cloudtrail_only = |s: &Statement| s.who().is_some_and(|who| who.is_only_service(super::CLOUDTRAIL));
    trust.statements().iter().any(|statement| statement.is_allow() && !is_cloudtrail_only(statement))
}

/// [`merge`], without the unwanted statements.
pub(super) fn repair(
    existing: Option<&PolicyDocument>,
    wanted: &[Statement],
    is_unwanted: impl Fn(&Statement) -> bool,
) -> PolicyDocument {
    let rest = existing.and_then(|policy| without(policy, is_unwanted));
    merge(rest.as_ref().or(existing), wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_role_policy_is_too_wide_unless_it_only_writes_streams_of_named_log_groups() {
        let allow = |action: Value, resource: &str| {
            let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
            PolicyDocument::from(json!({ "Statement": statement }))
        };
        let streams = "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:*";
        assert!(!too_wide(Some(&allow(json!(["logs:CreateLogStream", "logs:putLogEvents"]), streams))));
        assert!(too_wide(Some(&allow(json!("logs:*"), streams))));
        assert!(too_wide(Some(&allow(json!("logs:PutLogEvents"), "*"))));
        assert!(too_wide(Some(&allow(json!("logs:PutLogEvents"), "arn:aws:logs:*:123456789012:log-group:*"))));
        assert!(!too_wide(None));
    }

    #[test]
    fn repairing_a_bucket_policy_removes_open_statements_and_keeps_a_deny_for_everyone() {
        let open =
            json!({ "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
        let deny = json!({ "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
        let empty = json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject", "Resource": "*",
            "Condition": {} });
        let policy = PolicyDocument::new(&[open.into(), empty.into(), deny.clone().into()]);
        assert!(bucket_open(Some(&policy)));
        assert_eq!(repair_bucket(Some(&policy), &[]), PolicyDocument::new(&[deny.into()]));
    }

    #[test]
    fn a_role_trusts_others_unless_cloudtrail_is_its_only_principal() {
        let trust = |principal: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" });
            PolicyDocument::from(json!({ "Statement": statement }))
        };
        assert!(!trusts_others(&trust(json!({ "Service": "cloudtrail.amazonaws.com" }))));
        assert!(trusts_others(&trust(json!({ "Service": ["cloudtrail.amazonaws.com", "lambda.amazonaws.com"] }))));
        assert!(trusts_others(&trust(json!("*"))));
    }
}
