//! The second path: event rules.

use super::*;
use crate::domain::event_pattern::EventPattern;
use crate::domain::event_rule::{EventRule, Failures, RuleState};
use crate::domain::fixtures::{NOW, identity, settings, sound_with_events};
use crate::domain::policy::{self, PolicyDocument};
use crate::domain::region::Region;

type Damage = fn(&mut Observed);

fn forward(o: &mut Observed) -> &mut EventRule {
    &mut o.events.at_sign_ins.as_mut().unwrap().as_mut().unwrap()[0]
}

fn sign_ins(o: &mut Observed) -> &mut EventRule {
    &mut o.events.at_home.as_mut().unwrap()[0]
}

fn with_pattern(rule: &mut EventRule, pattern: &str) {
    EventPattern::parse(pattern).unwrap();
    let judged = EventRule { pattern: Some(pattern.to_owned()), ..rule.clone() };
    *rule = judged.judged(&identity().in_region(&Region::new("us-east-1")));
}

fn topic_policy(o: &mut Observed) -> &mut Option<PolicyDocument> {
    &mut o.topic.as_mut().unwrap().as_mut().unwrap().policy
}

#[test]
fn a_complete_setup_reports_sign_ins_over_both_paths() {
    let health = health_of(&sound_with_events());
    assert!(health.checks.iter().all(|check| check.verdict == Verdict::Ok), "{health:#?}");
    assert_eq!(health.paths, Paths { alarm: Some(true), events: Some(true) });
    assert!(health.section(Counts::Advice).is_empty());
}

#[test]
fn a_sound_alarm_without_event_rules_is_healthy_with_one_piece_of_advice() {
    let health = health_of(&sound());
    assert_eq!(health.paths, Paths { alarm: Some(true), events: Some(false) });
    assert!(health.healthy());
    let advice: Vec<CheckId> = health.section(Counts::Advice).into_iter().map(|check| check.id).collect();
    assert_eq!(advice, [CheckId::EventsRule]);
    assert!(check(&health, "events.rule").detail.contains("5 to 7 minutes"));
}

#[test]
fn either_path_is_enough() {
    let mut observed = sound_with_events();
    alarm(&mut observed).config.actions.clear();
    let health = health_of(&observed);
    assert_eq!(health.paths, Paths { alarm: Some(false), events: Some(true) });
    assert!(health.healthy() && health.reports.sign_in == Some(true) && health.reports.api == Some(false));
    assert_eq!(health.headline(), Headline::SignInsReported);
    assert_eq!(health.audit_ok(), Some(false), "for auditors, only the alarm counts");
    // A trail that delivers to no log group is enough for event rules, but one that is stopped isn't.
    trail(&mut observed).status.as_mut().unwrap().logging = false;
    let health = health_of(&observed);
    assert_eq!(health.paths, Paths { alarm: Some(false), events: Some(false) });
    assert!(!health.healthy());
}

#[test]
fn a_rule_for_what_cannot_be_checked_leaves_open_whether_somebody_is_alerted_unless_the_user_vouches_for_it() {
    let function: Arn = "arn:aws:lambda:us-east-1:123456789012:function:slack".into();
    let mut observed = sound_with_events();
    alarm(&mut observed).config.threshold = 5.0;
    forward(&mut observed).targets.as_mut().unwrap().as_mut().unwrap()[0].arn = function.clone();
    let found = health_of(&observed);
    assert_eq!((found.alerting(), found.paths.events), (Verdict::Unknown, None));
    assert!(found.weakest().unwrap().detail.contains("function:slack"), "{:?}", found.weakest());
    let setup = SetupOptions { trust: vec![function], ..SetupOptions::default() };
    let trusting = health(&settings(&setup, &observed), &observed, NOW.parse().unwrap());
    assert_eq!((trusting.alerting(), trusting.paths.events), (Verdict::Ok, Some(true)));
    assert!(trusting.trusted[0].notified);
    // Without any rule, or with rules that can't be read, the alarm decides.
    observed.events.at_sign_ins = Some(Ok(Vec::new()));
    assert_eq!(health_of(&observed).alerting(), Verdict::Wrong);
    observed.events.at_sign_ins = Some(Err(Problem::new("ListRules: denied.", Fix::advice("Ask for it."))));
    assert_eq!(health_of(&observed).alerting(), Verdict::Wrong);
}

#[test]
fn guardduty_and_user_notifications_are_named() {
    let mut observed = sound_with_events();
    let mut rule = forward(&mut observed).clone();
    (rule.name, rule.arn) = ("guardduty".into(), "arn:aws:events:us-east-1:123456789012:rule/guardduty".into());
    with_pattern(&mut rule, r#"{"source":["aws.guardduty"],"detail":{"type":["Policy:IAMUser/RootCredentialUsage"]}}"#);
    (observed.events.at_sign_ins, observed.events.at_home) = (Some(Ok(vec![rule.clone()])), Ok(Vec::new()));
    let health = health_of(&observed);
    let found = check(&health, "events.rule");
    // Whether GuardDuty is on isn't known.
    assert!(found.verdict == Verdict::Unknown && found.detail.contains("GuardDuty"), "{found:?}");
    with_pattern(&mut rule, r#"{"detail":{"userIdentity":{"type":["Root"]}}}"#);
    rule.managed_by = Some("notifications.amazonaws.com".into());
    rule.targets.as_mut().unwrap().as_mut().unwrap()[0].arn = "arn:aws:events:us-east-1:1:event-bus/n".into();
    observed.events.at_sign_ins = Some(Ok(vec![rule]));
    let health = health_of(&observed);
    let found = check(&health, "events.home_rule");
    assert!(found.verdict == Verdict::Unknown && found.detail.contains("AWS User Notifications"), "{found:?}");
    assert_eq!(health.paths.events, None);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row per break")]
fn each_break_of_the_second_path_is_reported_by_its_own_check() {
    let cases: [(&str, Damage, &str, Verdict, &str); 13] = [
        ("disabled", |o| forward(o).state = RuleState::Disabled, "events.rule", Verdict::Wrong, "is disabled"),
        (
            "misspelled",
            |o| with_pattern(forward(o), r#"{"detail-type":["AWS Console Signin via CloudTrail"]}"#),
            "events.rule",
            Verdict::Wrong,
            "never fires",
        ),
        (
            "API calls only",
            |o| {
                with_pattern(
                    forward(o),
                    r#"{"detail-type":["AWS API Call via CloudTrail"],"detail":{"userIdentity":{"type":["Root"]}}}"#,
                );
            },
            "events.rule",
            Verdict::Unknown,
            "AWS's pages disagree",
        ),
        (
            "denied",
            |o| {
                o.events.at_sign_ins = Some(Err(Problem::new("ListRules: denied.", Fix::advice("Ask for it."))));
            },
            "events.rule",
            Verdict::Unknown,
            "ListRules",
        ),
        ("no target", |o| forward(o).targets = Some(Ok(Vec::new())), "events.forwarded", Verdict::Wrong, "no target"),
        ("no role", |o| o.events.role = Some(Ok(None)), "events.forwarded", Verdict::Wrong, "no role"),
        (
            "home rule disabled",
            |o| sign_ins(o).state = RuleState::Disabled,
            "events.home_rule",
            Verdict::Wrong,
            "is disabled",
        ),
        ("no home rule", |o| o.events.at_home = Ok(Vec::new()), "events.home_rule", Verdict::Wrong, "no rule there"),
        (
            "topic policy",
            |o| {
                let topic = o.topic.as_ref().unwrap().as_ref().unwrap().arn.clone();
                let home = identity().in_region(&Region::new("eu-west-1"));
                *topic_policy(o) = Some(policy::merge(None, &policy::topic_statements(&home, &topic)));
            },
            "events.topic",
            Verdict::Wrong,
            "can't publish",
        ),
        (
            "topic policy with a condition",
            |o| {
                let topic = o.topic.as_ref().unwrap().as_ref().unwrap().arn.clone();
                let home = identity().in_region(&Region::new("eu-west-1"));
                let conditioned = policy::topic_statement_for_rules(&topic).condition(
                    "StringEquals",
                    "aws:SourceAccount",
                    "123456789012",
                );
                let mut statements = policy::topic_statements(&home, &topic);
                statements.push(conditioned);
                *topic_policy(o) = Some(policy::merge(None, &statements));
            },
            "events.topic",
            Verdict::Unknown,
            "under a condition",
        ),
        (
            "AWS's own key",
            |o| o.topic.as_mut().unwrap().as_mut().unwrap().kms_key = Some("alias/aws/sns".into()),
            "events.topic",
            Verdict::Wrong,
            "alias/aws/sns",
        ),
        (
            "pending",
            |o| o.subscriptions.as_mut().unwrap()[0].state = Confirmation::Pending,
            "events.inbox",
            Verdict::Pending,
            "confirmed",
        ),
        (
            "failed deliveries",
            |o| {
                let arn = sign_ins(o).arn.clone();
                o.events.failures.insert(arn, Ok(Failures { failed: 2.0, invocations: 2.0 }));
            },
            "events.deliveries",
            Verdict::Wrong,
            "failed in the last 24 hours",
        ),
    ];
    for (name, damage, id, verdict, says) in cases {
        let mut observed = sound_with_events();
        damage(&mut observed);
        let health = health_of(&observed);
        let found = check(&health, id);
        assert_eq!(found.verdict, verdict, "{name}: {found:?}");
        assert!(found.detail.contains(says), "{name}: {found:?}");
        assert_ne!(health.paths.events, Some(true), "{name}");
        assert_eq!(health.paths.events.is_none(), verdict == Verdict::Unknown, "{name}: {:?}", health.paths);
    }
}
