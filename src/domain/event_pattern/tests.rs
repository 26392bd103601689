use serde_json::json;

use super::*;
use crate::domain::Region;
use crate::domain::account_region::AccountRegion;
use crate::domain::event_scope::EventScope;
use crate::domain::fixtures::identity;
use crate::domain::own_rules::OwnRule;
use crate::domain::root_rules;
use crate::domain::samples;

fn matches(pattern: &Value, event: &Value) -> Option<bool> {
    EventPattern::parse(&pattern.to_string()).unwrap().matches(event)
}

#[test]
fn patterns_match_as_aws_describes_them() {
    let event = json!({
        "source": "aws.signin",
        "resources": ["arn:a", "arn:b"],
        "detail": {
            "n": 5, "on": true, "nothing": null, "empty": "", "address": "10.0.0.17", "name": "Alice.Smith",
            "people": [{ "name": "bob" }, { "name": "carol" }],
        },
    });
    for (pattern, expected) in [
        (json!({ "source": ["aws.signin"] }), Some(true)),
        (json!({ "source": ["AWS.signin"] }), Some(false)),
        (json!({ "source": ["aws.iam", "aws.signin"] }), Some(true)),
        (json!({ "resources": ["arn:b"] }), Some(true)),
        (json!({ "resources": ["arn:c"] }), Some(false)),
        (json!({ "missing": ["x"] }), Some(false)),
        (json!({ "source": ["aws.signin"], "missing": ["x"] }), Some(false)),
        (json!({ "detail": { "n": [5.0] } }), Some(true)),
        (json!({ "detail": { "n": ["5"] } }), Some(false)),
        (json!({ "detail": { "on": [true] } }), Some(true)),
        (json!({ "detail": { "nothing": [null] } }), Some(true)),
        (json!({ "detail": { "empty": [""] } }), Some(true)),
        (json!({ "source": [{ "prefix": "aws." }] }), Some(true)),
        (json!({ "source": [{ "prefix": { "equals-ignore-case": "AWS." } }] }), Some(true)),
        (json!({ "source": [{ "suffix": "signin" }] }), Some(true)),
        (json!({ "source": [{ "suffix": "iam" }] }), Some(false)),
        (json!({ "detail": { "name": [{ "equals-ignore-case": "alice.smith" }] } }), Some(true)),
        (json!({ "detail": { "name": [{ "wildcard": "Al*e.*th" }] } }), Some(true)),
        (json!({ "detail": { "name": [{ "wildcard": "Al*x*th" }] } }), Some(false)),
        (json!({ "detail": { "name": [{ "wildcard": "Alice" }] } }), Some(false)),
        (json!({ "detail": { "name": [{ "wildcard": "Alice\\*" }] } }), Some(false)),
        (json!({ "source": [{ "anything-but": "aws.iam" }] }), Some(true)),
        (json!({ "source": [{ "anything-but": ["aws.iam", "aws.signin"] }] }), Some(false)),
        (json!({ "source": [{ "anything-but": { "prefix": "aws." } }] }), Some(false)),
        (json!({ "source": [{ "anything-but": { "suffix": ["iam", "sts"] } }] }), Some(true)),
        (json!({ "missing": [{ "anything-but": "x" }] }), Some(false)),
        (json!({ "missing": [{ "exists": false }] }), Some(true)),
        (json!({ "detail": { "missing": { "deeper": [{ "exists": false }] } } }), Some(true)),
        (json!({ "source": [{ "exists": true }] }), Some(true)),
        (json!({ "source": [{ "exists": false }] }), Some(false)),
        (json!({ "detail": { "n": [{ "numeric": [">", 4, "<=", 5] }] } }), Some(true)),
        (json!({ "detail": { "n": [{ "numeric": ["<", 5] }] } }), Some(false)),
        (json!({ "detail": { "address": [{ "cidr": "10.0.0.0/24" }] } }), Some(true)),
        (json!({ "detail": { "address": [{ "cidr": "10.0.1.0/24" }] } }), Some(false)),
        (json!({ "detail": { "address": [{ "cidr": "0.0.0.0/0" }] } }), Some(true)),
        (json!({ "detail": { "people": { "name": ["carol"] } } }), Some(true)),
        (json!({ "$or": [{ "source": ["x"] }, { "detail": { "n": [5] } }] }), Some(true)),
        (json!({ "$or": [{ "source": ["x"] }, { "detail": { "n": [6] } }] }), Some(false)),
        (json!({ "source": [{ "sounds-like": "aws" }] }), None),
        (json!({ "source": [{ "sounds-like": "aws" }, "aws.signin"] }), Some(true)),
        (json!({ "source": [{ "sounds-like": "aws" }], "missing": ["x"] }), Some(false)),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{pattern}");
    }
}

#[test]
fn what_is_no_pattern_is_rejected_with_the_reason() {
    for (text, why) in [
        ("", "not JSON"),
        ("[]", "a JSON object"),
        ("{}", "at least one field"),
        (r#"{"source": "aws.iam"}"#, "neither a list nor an object"),
        (r#"{"source": []}"#, "is empty"),
        (r#"{"detail": {}}"#, "at least one field"),
        (r#"{"$or": ["x"]}"#, "takes objects"),
    ] {
        let error = EventPattern::parse(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

fn home() -> AccountRegion {
    identity().in_region(&Region::new("eu-west-1"))
}

fn us_east_1() -> AccountRegion {
    identity().in_region(&Region::new("us-east-1"))
}

#[test]
fn our_rules_report_root_and_nobody_else_and_none_of_them_twice() {
    for scope in [EventScope::Changes, EventScope::Writes] {
        let pattern = |rule| EventPattern::parse(&root_rules::pattern(rule, &home(), scope)).unwrap();
        let (forward, sign_ins, changes) =
            (pattern(OwnRule::Forward), pattern(OwnRule::SignIns), pattern(OwnRule::Changes));
        let all = samples::all().map(|(kind, sample)| (kind, sample.title, sample.json.to_owned()));
        let other_account = samples::SAMPLES[0].json.replace(samples::ACCOUNT, "210987654321");
        let more = [
            (samples::SampleKind::SignIn, "password recovery", recovery()),
            (samples::SampleKind::Other, "another account", other_account),
        ];
        for (kind, title, record) in all.chain(more) {
            let at = if title == "another account" {
                AccountRegion { account: "210987654321".into(), ..us_east_1() }
            } else {
                us_east_1()
            };
            let event = coverage::envelope(&record, "any type", &at);
            let [forwarded, as_sign_in, as_change] =
                [&forward, &sign_ins, &changes].map(|pattern| pattern.matches(&event).unwrap());
            assert!(forwarded || !(as_sign_in || as_change), "{title}: what is emailed is forwarded");
            let is_exact = scope == EventScope::Changes;
            assert!(!is_exact || forwarded == (as_sign_in || as_change), "{title}: only what is emailed is forwarded");
            assert!(!(as_sign_in && as_change), "{title}: emailed twice");
            match kind {
                samples::SampleKind::SignIn => assert!(as_sign_in, "{title}"),
                samples::SampleKind::ApiUse => {}
                samples::SampleKind::Other | samples::SampleKind::Service => assert!(!forwarded, "{title}"),
            }
        }
    }
}

fn recovery() -> String {
    samples::SAMPLES[0].json.replace("ConsoleLogin", "PasswordRecoveryRequested")
}

#[test]
fn the_rules_of_others_are_judged_by_what_they_report() {
    let published = |detail_type: &str| {
        json!({ "detail-type": [detail_type], "detail": { "userIdentity": { "type": ["Root"] } } }).to_string()
    };
    let at = us_east_1();
    let judge = |pattern: &str| coverage(pattern, &at).unwrap();
    // The pattern of AWS re:Post's article.
    let both = json!({
        "detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"],
        "detail": { "userIdentity": { "type": ["Root"] } },
    });
    let found = judge(&both.to_string());
    assert_eq!((found.sign_in, found.api, found.others), (Some(true), Some(true), Some(false)));
    let found = judge(&published("AWS Console Sign In via CloudTrail"));
    assert_eq!((found.sign_in, found.api), (Some(true), Some(false)));
    let found = judge(&published("AWS API Call via CloudTrail"));
    assert_eq!(found.sign_in, None, "AWS's pages disagree");
    let found = judge(&published("AWS Console Signin via CloudTrail"));
    assert_eq!((found.sign_in, found.kind), (Some(false), RuleKind::MisspelledSignIn));
    let found = judge(r#"{"source":["aws.guardduty"],"detail":{"type":["Policy:IAMUser/RootCredentialUsage"]}}"#);
    assert_eq!((found.sign_in, found.kind), (Some(false), RuleKind::GuardDuty));
    let found = judge(r#"{"source":["aws.ec2"]}"#);
    assert_eq!((found.sign_in, found.kind), (Some(false), RuleKind::CloudTrail));
    assert!(coverage("not json", &at).is_err());
}

#[test]
fn what_only_aws_can_evaluate_is_asked_and_its_answers_decide() {
    let at = crate::domain::fixtures::identity().in_region(&crate::domain::Region::new("us-east-1"));
    let pattern = r#"{"detail":{"userIdentity":{"type":[{"resembles":"Root"}]}}}"#;
    assert_eq!(coverage(pattern, &at).unwrap().sign_in, None);
    let asked = undecided(pattern, &at).unwrap();
    assert!(asked.len() > 3 && asked.len() < 40, "{}", asked.len());
    let answer = |event: &Value| event["detail"]["userIdentity"]["type"] == "Root";
    let answers: Vec<(Value, bool)> = asked.iter().map(|event| (event.clone(), answer(event))).collect();
    let found = coverage_with(pattern, &at, &answers).unwrap();
    assert_eq!((found.sign_in, found.api, found.others), (Some(true), Some(true), Some(false)));
    // An answer that is missing decides nothing.
    assert_eq!(coverage_with(pattern, &at, &answers[..1]).unwrap().sign_in, None);
    assert_eq!(undecided(r#"{"source":["aws.signin"]}"#, &at).unwrap(), Vec::<Value>::new());
}
