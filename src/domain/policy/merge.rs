//! Adds rootbell's statements to an existing policy, and removes them again. Statements are recognized as rootbell's by
//! their `Sid` and by what they do; all others are kept.

use serde_json::Value;

use super::document::PolicyDocument;
use super::statement::Statement;
use crate::domain::arn::LogGroupArn;

/// `existing` with the statements in `wanted` added. They replace rootbell's earlier ones; all others are kept in order. If
/// somebody else's statement has the `Sid` of one of them, that one gets another `Sid`.
#[must_use]
pub fn merge(existing: Option<&PolicyDocument>, wanted: &[Statement]) -> PolicyDocument {
    let Some(existing) = existing else { return PolicyDocument::new(wanted) };
    let is_theirs = |statement: &&Statement| !wanted.iter().any(|ours| is_ours(statement, ours));
    let kept: Vec<Statement> = existing.statements().iter().filter(is_theirs).cloned().collect();
    let added = wanted.iter().map(|ours| with_free_sid(ours, &kept));
    let all: Vec<Statement> = kept.iter().cloned().chain(added).collect();
    existing.with_statements(&all)
}

/// The result of [`remove_statements`].
#[derive(Clone, Debug, PartialEq)]
pub enum Remainder {
    /// None of the statements were in it.
    Unchanged,
    /// The policy with the other statements.
    Rest(PolicyDocument),
    /// No other statement is left.
    Empty,
}

/// `existing` without rootbell's statements, those that [`merge`] would replace with `ours`.
#[must_use]
pub fn remove_statements(existing: Option<&PolicyDocument>, ours: &[Statement]) -> Remainder {
    let Some(existing) = existing else { return Remainder::Unchanged };
    match without(existing, |statement| ours.iter().any(|ours| is_ours(statement, ours))) {
        None => Remainder::Unchanged,
        Some(rest) if rest.statements().is_empty() => Remainder::Empty,
        Some(rest) => Remainder::Rest(rest),
    }
}

/// The policy without the unwanted statements; `None` if there are none.
pub(super) fn without(policy: &PolicyDocument, is_unwanted: impl Fn(&Statement) -> bool) -> Option<PolicyDocument> {
    let all = policy.statements();
    let kept: Vec<Statement> = all.iter().filter(|statement| !is_unwanted(statement)).cloned().collect();
    (kept.len() < all.len()).then(|| policy.with_statements(&kept))
}

/// Whether the policy already contains every statement in `wanted`.
#[must_use]
pub fn has_all(existing: Option<&PolicyDocument>, wanted: &[Statement]) -> bool {
    let existing = existing.map(PolicyDocument::statements).unwrap_or_default();
    let has = |ours: &Statement| {
        existing.iter().filter(|s| has_sid_of(s, ours)).any(|s| meaning(s, &["Sid"]) == meaning(ours, &["Sid"]))
    };
    wanted.iter().all(has)
}

/// Whether two documents have the same meaning, even if they are written differently.
#[must_use]
pub fn same(a: &PolicyDocument, b: &PolicyDocument) -> bool {
    a.statements().len() == b.statements().len() && has_all(Some(a), b.statements())
}

/// What follows the `Sid` of rootbell's statement if somebody else's statement has that `Sid`: AWS requires that each is
/// used only once. No name of a trail or log group ends like this by chance.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Sid".
const SUBSTITUTE: &str = "ByRootbell";

/// Whether a statement has the `Sid` of rootbell's statement `ours`, or the one that it gets if that is taken.
fn has_sid_of(statement: &Statement, ours: &Statement) -> bool {
    let is_substitute = |(sid, ours): (&str, &str)| {
        let number = sid.strip_prefix(ours).and_then(|rest| rest.strip_prefix(SUBSTITUTE));
        number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
    };
    statement.sid() == ours.sid() || statement.sid().zip(ours.sid()).is_some_and(is_substitute)
}

/// Whether a statement is an earlier form of rootbell's statement `ours`: it has the same `Sid`, and it allows or denies
/// the same actions to the same principals. Its resource and condition may differ: a role may be restricted to a trail
/// later, and an organization trail writes to other streams. But a statement that is for another trail or log group isn't
/// replaced: a trail in another Region may have the same name, and names that differ only in their punctuation lead to the
/// same `Sid`.
fn is_ours(statement: &Statement, ours: &Statement) -> bool {
    let shape = |s: &Statement| meaning(s, &["Sid", "Resource", "Condition"]);
    let source = |s: &Statement| s.condition_values("StringEquals", "aws:SourceArn").map(<[String]>::to_vec);
    let is_for_another_trail = || source(statement).zip(source(ours)).is_some_and(|(theirs, ours)| theirs != ours);
    let is_for_another_log_group =
        || log_group(statement).zip(log_group(ours)).is_some_and(|(theirs, ours)| theirs != ours);
    ours.sid().is_some()
        && has_sid_of(statement, ours)
        && shape(statement) == shape(ours)
        && !is_for_another_trail()
        && !is_for_another_log_group()
}

/// The log group that a statement of a role's policy is for.
fn log_group(statement: &Statement) -> Option<String> {
    statement.resources().find_map(|arn| LogGroupArn::from(arn).name().map(str::to_owned))
}

/// `ours`, with another `Sid` if one of the statements has its `Sid`.
fn with_free_sid(ours: &Statement, others: &[Statement]) -> Statement {
    let Some(sid) = ours.sid() else { return ours.clone() };
    let is_taken = |sid: &str| others.iter().any(|other| other.sid() == Some(sid));
    if !is_taken(sid) {
        return ours.clone();
    }
    let first = format!("{sid}{SUBSTITUTE}");
    let mut number = 1;
    let mut substitute = first.clone();
    while is_taken(&substitute) {
        number += 1;
        substitute = format!("{first}{number}");
    }
    ours.clone().set("Sid", substitute.into())
}

/// A statement in a normal form, without some of its elements.
fn meaning(statement: &Statement, ignored: &[&str]) -> Value {
    let mut written = statement.as_json().clone();
    if let Value::Object(elements) = &mut written {
        elements.retain(|name, _| !ignored.contains(&name.as_str()));
    }
    normalize(&written)
}

/// A normal form for what IAM treats alike: a single value and a list of one, the order of lists and keys, and the case
/// of actions.
fn normalize(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .map(|(k, v)| {
                    let v = normalize(v);
                    (k.clone(), if k == "Action" { lower(v) } else { v })
                })
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(list) if list.len() == 1 => normalize(&list[0]),
        Value::Array(list) => {
            let mut items: Vec<Value> = list.iter().map(normalize).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

fn lower(value: Value) -> Value {
    match value {
        Value::String(s) => Value::String(s.to_lowercase()),
        Value::Array(list) => Value::Array(list.into_iter().map(lower).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        LogFileLocation, bucket_statements, is_restricted_to_trail, role_permissions, role_trust, topic_statements,
    };
    use super::*;
    use crate::domain::Region;
    use crate::domain::account_region::AccountRegion;
    use crate::domain::fixtures::identity;

    fn account_region() -> AccountRegion {
        identity().in_region(&Region::new("eu-west-1"))
    }

    #[test]
    fn merging_keeps_other_statements() {
        let existing = json!({ "Version": "2012-10-17", "Statement": { "Sid": "Theirs", "Effect": "Deny" } }).into();
        let wanted = bucket_statements(&LogFileLocation::new(&account_region(), "b", "arn:t"));
        let merged = merge(Some(&existing), &wanted);
        assert_eq!(merged.statements().len(), 4);
        assert_eq!(merged.statements()[0].sid(), Some("Theirs"));
        assert!(has_all(Some(&merged), &wanted));
        assert_eq!(merge(Some(&merged), &wanted), merged, "merging again changes nothing");
    }

    #[test]
    fn merging_adds_no_version_to_a_policy_without_one() {
        let existing: PolicyDocument = json!({ "Statement": [{ "Sid": "A", "Effect": "Deny" }] }).into();
        let wanted = bucket_statements(&LogFileLocation::new(&account_region(), "b", "arn:t"));
        let merged = merge(Some(&existing), &wanted);
        assert_eq!(merged.as_json().get("Version"), None, "another version would change what their statements mean");
        assert_eq!(remove_statements(Some(&merged), &wanted), Remainder::Rest(existing));
        assert_eq!(merge(Some(&PolicyDocument::default()), &wanted), merge(None, &wanted));
    }

    #[test]
    fn removing_merged_statements_restores_the_original_policy() {
        let existing: PolicyDocument =
            json!({ "Version": "2008-10-17", "Id": "x", "Statement": [{ "Sid": "A", "Effect": "Deny" }] }).into();
        let wanted = bucket_statements(&LogFileLocation::new(&account_region(), "b", "arn:t"));
        let merged = merge(Some(&existing), &wanted);
        assert_eq!(remove_statements(Some(&merged), &wanted), Remainder::Rest(existing.clone()));
        assert_eq!(remove_statements(Some(&existing), &wanted), Remainder::Unchanged);
        assert_eq!(remove_statements(Some(&merge(None, &wanted)), &wanted), Remainder::Empty);
        assert_eq!(remove_statements(None, &wanted), Remainder::Unchanged);
    }

    #[test]
    fn a_merged_policy_differs_from_the_original_only_in_our_statements() {
        let theirs = r#"{"Statement":[{"Resource":["a"],"New":{"x":null},"Action":"*","Effect":"Deny"},7],"Id":"i"}"#;
        let wanted = topic_statements(&account_region(), "arn:t");
        let ours: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let merged = merge(Some(&PolicyDocument::parse(theirs)), &wanted).to_string();
        assert_eq!(merged, theirs.replace(",7]", &format!(",7,{}]", ours.join(","))));
        let Remainder::Rest(rest) = remove_statements(Some(&PolicyDocument::parse(&merged)), &wanted) else { panic!() };
        assert_eq!(rest.to_string(), theirs);
    }

    #[test]
    fn nothing_is_added_to_or_removed_from_a_policy_that_cannot_be_read() {
        let wanted = topic_statements(&account_region(), "arn:t");
        for text in ["<not JSON>", r#"{"Statement":"x"}"#] {
            let policy = PolicyDocument::parse(text);
            assert_eq!(merge(Some(&policy), &wanted), policy);
            assert_eq!(remove_statements(Some(&policy), &wanted), Remainder::Unchanged);
            assert!(!has_all(Some(&policy), &wanted));
        }
    }

    #[test]
    fn somebody_elses_statement_with_our_sid_is_neither_overwritten_nor_removed() {
        let wanted = topic_statements(&account_region(), "arn:t");
        for theirs in [
            json!({ "Sid": "RootbellOwner", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::210987654321:root" },
                "Action": "SNS:Subscribe", "Resource": "arn:t" }),
            json!({ "Sid": "RootbellOwner", "Effect": "Deny", "Principal": "*", "Action": "SNS:Publish",
                "Resource": "arn:t" }),
        ] {
            let existing: PolicyDocument = json!({ "Version": "2012-10-17", "Statement": [theirs] }).into();
            assert!(!has_all(Some(&existing), &wanted));
            let merged = merge(Some(&existing), &wanted);
            let sids: Vec<_> = merged.statements().iter().filter_map(Statement::sid).collect();
            assert_eq!(sids, ["RootbellOwner", "RootbellOwnerByRootbell", "RootbellAlarmsOfThisAccount"]);
            assert_eq!(*merged.statements()[0].as_json(), theirs);
            assert!(has_all(Some(&merged), &wanted));
            assert_eq!(merge(Some(&merged), &wanted), merged, "merging again changes nothing");
            assert_eq!(remove_statements(Some(&merged), &wanted), Remainder::Rest(existing));
        }
    }

    #[test]
    fn an_earlier_form_of_our_statement_is_replaced() {
        let (any, one) = (role_trust(None), role_trust(Some("arn:aws:cloudtrail:eu-west-1:123456789012:trail/t")));
        for (before, after) in [(&any, &one), (&one, &any)] {
            let merged = merge(Some(before), after.statements());
            assert_eq!(merged, *after);
            assert_eq!(is_restricted_to_trail(&merged), is_restricted_to_trail(after));
        }
    }

    #[test]
    fn a_trail_of_the_same_name_in_another_region_keeps_its_statements_in_a_shared_bucket() {
        let first = bucket_statements(&LogFileLocation::new(
            &account_region(),
            "b",
            "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main",
        ));
        let second = bucket_statements(&LogFileLocation::new(
            &account_region(),
            "b",
            "arn:aws:cloudtrail:us-east-1:123456789012:trail/main",
        ));
        let both = merge(Some(&merge(None, &first)), &second);
        assert!(has_all(Some(&both), &first) && has_all(Some(&both), &second));
        let mut sids: Vec<_> = both.statements().iter().filter_map(Statement::sid).collect();
        sids.sort_unstable();
        sids.dedup();
        assert_eq!(sids.len(), both.statements().len(), "AWS requires unique Sids");
    }

    #[test]
    fn single_values_order_and_case_do_not_matter() {
        let existing =
            json!({ "Statement": [{ "Action": "SNS:Publish", "Resource": ["x"], "Effect": "Allow" }] }).into();
        let wanted = |resource| [json!({ "Effect": "Allow", "Action": ["sns:publish"], "Resource": resource }).into()];
        assert!(has_all(Some(&existing), &wanted("x")));
        assert!(!has_all(Some(&existing), &wanted("y")));
    }

    #[test]
    fn names_that_lead_to_the_same_sid_keep_their_own_statements() {
        let trail = |name: &str| {
            let arn = account_region().trail_arn(name);
            bucket_statements(&LogFileLocation::new(&account_region(), "b", &arn))
        };
        let group = |name: &str| role_permissions(&account_region(), name, false).statements().to_vec();
        for (first, second) in [(trail("a-b"), trail("ab")), (group("a/b"), group("a-b"))] {
            assert_eq!(first[0].sid(), second[0].sid());
            let only_first = merge(None, &first);
            let both = merge(Some(&only_first), &second);
            assert!(has_all(Some(&both), &first) && has_all(Some(&both), &second), "{both:#}");
            assert_eq!(merge(Some(&both), &first).statements().len(), both.statements().len());
            let Remainder::Rest(rest) = remove_statements(Some(&both), &second[..1]) else { panic!() };
            assert!(has_all(Some(&rest), &first[..1]) && !has_all(Some(&rest), &second[..1]));
        }
    }

    #[test]
    fn merging_for_a_second_trail_keeps_the_first_trails_statements() {
        let first = bucket_statements(&LogFileLocation::new(
            &account_region(),
            "b",
            "arn:aws:cloudtrail:eu-west-1:1:trail/one",
        ));
        let second = bucket_statements(&LogFileLocation::new(
            &account_region(),
            "b",
            "arn:aws:cloudtrail:eu-west-1:1:trail/two",
        ));
        let both = merge(Some(&merge(None, &first)), &second);
        assert!(has_all(Some(&both), &first) && has_all(Some(&both), &second));
    }
}
