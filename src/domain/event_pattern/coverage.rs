//! What a rule's event pattern reports of root use, as the samples show.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::EventPattern;
use crate::domain::account_region::AccountRegion;
use crate::domain::region::Region;
use crate::domain::samples::{self, SampleKind};
use crate::domain::three_valued::{Holds, all, any};

/// What a rule reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCoverage {
    /// Every successful sign-in of root.
    pub sign_in: Holds,
    /// Root's calls of APIs.
    pub api: Holds,
    /// What others do.
    pub others: Holds,
    pub kind: RuleKind,
}

impl RuleCoverage {
    /// Whether the rule reports sign-ins in any way. GuardDuty's finding does if GuardDuty is on, which isn't known here.
    #[must_use]
    pub fn reports_sign_in(&self) -> Holds {
        match self.kind {
            RuleKind::GuardDuty => None,
            RuleKind::CloudTrail | RuleKind::MisspelledSignIn => self.sign_in,
        }
    }
}

/// What a rule is for, where its pattern says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// It matches what CloudTrail records, or isn't about root at all.
    CloudTrail,
    /// It names a detail type that no event has: `AWS Console Signin via CloudTrail`.
    MisspelledSignIn,
    /// GuardDuty's finding about use of root's credentials.
    GuardDuty,
}

/// The detail type of a sign-in.
///
/// Source: AWS re:Post, "How do I use an EventBridge event rule to monitor and notify me that my AWS account root user was
/// used?"; CloudTrail User Guide, "AWS Management Console sign-in events".
const SIGN_IN: &str = "AWS Console Sign In via CloudTrail";
/// The detail type of an API call. AWS Sign-In's reference lists some sign-in events under it.
const API_CALL: &str = "AWS API Call via CloudTrail";
const MISSPELLED: &str = "AWS Console Signin via CloudTrail";

/// Judges a pattern in the Region of its rule.
///
/// # Errors
/// What is wrong with the pattern, as a sentence.
pub fn coverage(pattern: &str, at: &AccountRegion) -> Result<RuleCoverage, String> {
    let pattern = EventPattern::parse(pattern)?;
    Ok(judge(&pattern, at, &|event| pattern.matches(event)))
}

/// The events of which only AWS can tell whether the pattern matches them, because it compares in a way that isn't known here.
///
/// # Errors
/// As [`coverage`].
pub fn undecided(pattern: &str, at: &AccountRegion) -> Result<Vec<Value>, String> {
    let pattern = EventPattern::parse(pattern)?;
    let undecided = RefCell::new(Vec::new());
    judge(&pattern, at, &|event| {
        let matches = pattern.matches(event);
        if matches.is_none() && !undecided.borrow().contains(event) {
            undecided.borrow_mut().push(event.clone());
        }
        matches
    });
    Ok(undecided.into_inner())
}

/// As [`coverage`], with AWS's answers about the events that are [`undecided`].
///
/// # Errors
/// As [`coverage`].
pub fn coverage_with(pattern: &str, at: &AccountRegion, answers: &[(Value, bool)]) -> Result<RuleCoverage, String> {
    let pattern = EventPattern::parse(pattern)?;
    let answer = |event: &Value| answers.iter().find(|(asked, _)| asked == event).map(|(_, matches)| *matches);
    Ok(judge(&pattern, at, &|event| pattern.matches(event).or_else(|| answer(event))))
}

fn judge(pattern: &EventPattern, at: &AccountRegion, matches: &dyn Fn(&Value) -> Holds) -> RuleCoverage {
    // A service's event may have either detail type; which of them isn't known for certain only for sign-ins.
    let reports = |wanted: SampleKind| {
        // A rule may leave out sign-ins that failed.
        let failed = |record: &str| record.contains(r#""ConsoleLogin":"Failure""#);
        let events = samples::all().filter(|(kind, sample)| *kind == wanted && !failed(sample.json));
        let holds = events.map(|(_, sample)| {
            let record = sample.json.replace(samples::ACCOUNT, &at.account);
            let event = |detail_type| envelope(&record, detail_type, at);
            match wanted {
                SampleKind::SignIn => match matches(&event(SIGN_IN)) {
                    Some(false) if matches(&event(API_CALL)) != Some(false) => None,
                    holds => holds,
                },
                SampleKind::ApiUse | SampleKind::Other | SampleKind::Service => matches(&event(API_CALL)),
            }
        });
        holds.collect::<Vec<_>>()
    };
    let (sign_ins, calls, others) =
        (reports(SampleKind::SignIn), reports(SampleKind::ApiUse), reports(SampleKind::Other));
    let kind = if pattern.values_of("detail-type").contains(&MISSPELLED) {
        RuleKind::MisspelledSignIn
    } else if matches(&finding(at)) == Some(true) && all(sign_ins.iter().copied()) == Some(false) {
        RuleKind::GuardDuty
    } else {
        RuleKind::CloudTrail
    };
    RuleCoverage { sign_in: all(sign_ins), api: any(calls), others: any(others), kind }
}

/// The event with which CloudTrail passes a record on.
///
/// Source: EventBridge User Guide, "AWS service events delivered via CloudTrail".
#[must_use]
pub fn envelope(record: &str, detail_type: &str, at: &AccountRegion) -> Value {
    let detail: Value = serde_json::from_str(record).unwrap_or(Value::Null);
    let service = detail["eventSource"].as_str().unwrap_or_default().trim_end_matches(".amazonaws.com");
    json!({
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": detail_type,
        "source": format!("aws.{service}"),
        "account": at.account,
        "time": detail["eventTime"],
        "region": at.region,
        "resources": [],
        "detail": detail,
    })
}

/// GuardDuty's finding.
///
/// Source: GuardDuty User Guide, "IAM finding types", `Policy:IAMUser/RootCredentialUsage`; "Processing GuardDuty findings
/// with Amazon EventBridge".
fn finding(at: &AccountRegion) -> Value {
    json!({
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1603",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": at.account,
        "time": "2026-11-23T08:14:06Z",
        "region": Region::new(at.region.as_str()),
        "resources": [],
        "detail": {
            "accountId": at.account,
            "region": at.region,
            "severity": 2,
            "type": "Policy:IAMUser/RootCredentialUsage",
        },
    })
}
