//! Problems that are alike, shown as one: if AWS can't be reached, every call fails for the same reason, and nobody wants to
//! read it ten times.

use std::fmt;

use super::{Fix, Problem};
use crate::domain::text::and;

/// A call that failed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCall {
    /// As in "`CreateTrail` (cloudtrail) on `rootbell`".
    pub call: String,
    /// Without a capital letter.
    pub reason: String,
}

impl FailedCall {
    /// `resource` is empty if the call isn't about a single one.
    #[must_use]
    pub fn new(operation: &str, service: &str, resource: &str, reason: String) -> Self {
        let on_resource = if resource.is_empty() { String::new() } else { format!(" on `{resource}`") };
        Self { call: format!("{operation} ({service}){on_resource}"), reason }
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(sentence: &str) -> Option<Self> {
        let (operation, rest) = sentence.split_once(" (")?;
        let (service, rest) = rest.split_once(')')?;
        let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
        let (resource, reason) = match rest.strip_prefix(" on `") {
            Some(rest) => rest.split_once("`: ")?,
            None => ("", rest.strip_prefix(": ")?),
        };
        (is_name(operation) && is_name(service)).then(|| Self::new(operation, service, resource, reason.to_owned()))
    }

    /// The permission that the reason names, as in `cloudtrail:CreateTrail`.
    fn action(&self) -> Option<&str> {
        let is_action = |word: &&str| {
            word.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty()
                    && service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    && name.starts_with(|c: char| c.is_ascii_uppercase())
                    && name.chars().all(|c| c.is_ascii_alphanumeric())
            })
        };
        self.reason.split([' ', '.', ',']).find(is_action)
    }

    /// The reason, with something else in place of the permission.
    fn reason_with(&self, replacement: &str) -> String {
        match self.action() {
            Some(action) => self.reason.replacen(action, replacement, 1),
            None => self.reason.clone(),
        }
    }

    /// Whether both failed for the same reason, apart from the permission that each needs.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.reason_with("") == other.reason_with("")
    }
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.reason)
    }
}

/// One fix for both problems, if there is one.
#[must_use]
pub fn common_fix(first: &Fix, second: &Fix) -> Option<Fix> {
    let union = |all: &[String], more: &[String]| {
        let new = more.iter().filter(|item| !all.contains(item));
        all.iter().chain(new).cloned().collect::<Vec<_>>()
    };
    match (first, second) {
        (Fix::AskFor { actions, resources }, Fix::AskFor { actions: more_actions, resources: more_resources }) => {
            Some(Fix::AskFor { actions: union(actions, more_actions), resources: union(resources, more_resources) })
        }
        (Fix::TryAgain { requests }, Fix::TryAgain { requests: more }) => {
            Some(Fix::TryAgain { requests: union(requests, more) })
        }
        (first, second) => (first == second).then(|| first.clone()),
    }
}

/// The problems, with those that are alike combined into one. The order stays that of the first of each kind.
#[must_use]
pub fn combined<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<Problem> {
    let mut groups: Vec<(Vec<&Problem>, Fix)> = Vec::new();
    for problem in problems {
        let joined = groups.iter_mut().find_map(|group| {
            let fix = are_alike(group.0.first()?, problem).then(|| common_fix(&group.1, &problem.fix)).flatten()?;
            Some((group, fix))
        });
        match joined {
            Some((group, fix)) => {
                if !group.0.contains(&problem) {
                    group.0.push(problem);
                }
                group.1 = fix;
            }
            None => groups.push((vec![problem], problem.fix.clone())),
        }
    }
    groups.into_iter().map(|(group, fix)| Problem::new(why(&group, &fix), fix)).collect()
}

/// Whether one sentence can give the reason of both.
fn are_alike(first: &Problem, second: &Problem) -> bool {
    match (FailedCall::parse(&first.why), FailedCall::parse(&second.why)) {
        (Some(first), Some(second)) => first.is_like(&second),
        _ => first.why == second.why,
    }
}

/// One sentence for problems that are alike.
fn why(group: &[&Problem], fix: &Fix) -> String {
    let calls: Vec<FailedCall> = group.iter().filter_map(|problem| FailedCall::parse(&problem.why)).collect();
    let (Some(problem), Some(first)) = (group.first(), calls.first()) else {
        return group.first().map(|problem| problem.why.clone()).unwrap_or_default();
    };
    let mut actions: Vec<&str> = calls.iter().filter_map(FailedCall::action).collect();
    actions.dedup();
    let reason = match (fix, actions.as_slice()) {
        (_, [] | [_]) => first.reason.clone(),
        // The fix lists them.
        (Fix::AskFor { .. }, _) => first.reason_with("them").replace("denied for them", "denied"),
        (_, actions) => first.reason_with(&and(actions)),
    };
    match calls.as_slice() {
        [_] => problem.why.clone(),
        [first, second] => format!("{} and {}: {reason}", first.call, second.call),
        [first, others @ ..] => format!("{} and {} other calls: {reason}", first.call, others.len()),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(operation: &str, action: &str) -> Problem {
        let reason = format!("permission denied, because no identity-based policy allows {action}.");
        let fix = Fix::AskFor { actions: vec![action.into()], resources: vec!["*".into()] };
        Problem::new(FailedCall::new(operation, "logs", "g", reason).to_string(), fix)
    }

    fn cut_off(operation: &str, request: &str) -> Problem {
        let why = FailedCall::new(operation, "cloudtrail", "", "an internal error.".into()).to_string();
        Problem::new(why, Fix::TryAgain { requests: vec![request.into()] })
    }

    #[test]
    fn a_failed_call_is_read_back_from_its_sentence() {
        for resource in ["", "arn:aws:sns:eu-west-1:123456789012:a", "odd: name"] {
            let call = FailedCall::new("GetRole", "iam", resource, "timed out (a: b).".into());
            assert_eq!(FailedCall::parse(&call.to_string()), Some(call));
        }
        for other in ["There is no trail `a`.", "The alarm `a` (b): c.", "No email", "A (b) c: d."] {
            assert_eq!(FailedCall::parse(other), None, "{other}");
        }
    }

    #[test]
    fn calls_that_fail_for_the_same_reason_are_one_problem() {
        let all = [cut_off("DescribeTrails", "a"), cut_off("GetTrailStatus", "b"), cut_off("ListTags", "c")];
        let [one] = combined(&all).try_into().unwrap();
        assert_eq!(one.why, "DescribeTrails (cloudtrail) and 2 other calls: an internal error.");
        assert_eq!(one.fix, Fix::TryAgain { requests: vec!["a".into(), "b".into(), "c".into()] });
        let [two] = combined(&all[..2]).try_into().unwrap();
        assert_eq!(two.why, "DescribeTrails (cloudtrail) and GetTrailStatus (cloudtrail): an internal error.");
        assert_eq!(combined([&all[0], &all[0]]), [all[0].clone()]);
    }

    #[test]
    fn several_missing_permissions_are_asked_for_at_once() {
        let all =
            [denied("DescribeLogGroups", "logs:DescribeLogGroups"), denied("FilterLogEvents", "logs:FilterLogEvents")];
        let [one] = combined(&all).try_into().unwrap();
        assert!(
            one.why.ends_with("on `g`: permission denied, because no identity-based policy allows them."),
            "{one:?}"
        );
        let actions = vec!["logs:DescribeLogGroups".into(), "logs:FilterLogEvents".into()];
        assert_eq!(one.fix, Fix::AskFor { actions, resources: vec!["*".into()] });
    }

    #[test]
    fn denials_that_no_allow_lifts_name_every_action() {
        let denied = |operation: &str, action: &str| {
            let reason = format!("permission denied: a service control policy explicitly denies {action}.");
            Problem::new(FailedCall::new(operation, "logs", "", reason).to_string(), Fix::advice("Ask."))
        };
        let all = [denied("A", "logs:A"), denied("B", "logs:B"), denied("C", "logs:C")];
        let [one] = combined(&all).try_into().unwrap();
        assert_eq!(
            one.why,
            "A (logs) and 2 other calls: permission denied: a service control policy explicitly denies logs:A, logs:B, and \
             logs:C."
        );
    }

    #[test]
    fn problems_with_another_reason_or_another_fix_stay_apart() {
        let other_fix = Problem { fix: Fix::Confirm, ..cut_off("GetTrailStatus", "b") };
        let all =
            [cut_off("DescribeTrails", "a"), other_fix, denied("A", "logs:A"), "There is none.".to_owned().into()];
        assert_eq!(combined(&all), all);
    }
}
