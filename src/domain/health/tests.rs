use super::*;
use crate::domain::fixtures::{NOW, settings, sound};
use crate::domain::indirect_alarm::{IndirectAlarm, IndirectKind};
use crate::domain::mute_rule::{MuteRule, MuteSchedule, MuteStatus};
use crate::domain::observed::{Bucket, BucketLookup, Confirmation, FoundPath, Topic, TrailDetails};
use crate::domain::pattern;
use crate::domain::policy::PolicyDocument;
use crate::domain::problem::{Problem, ReadResult};
use crate::domain::{Region, RetentionDays, SetupOptions};

mod alarm;
mod audit;
mod delivery;
mod events;
mod root_user;
mod topic;

fn health_of(observed: &Observed) -> Health {
    health(&settings(&SetupOptions::default(), observed), observed, NOW.parse().unwrap())
}

fn check<'a>(health: &'a Health, id: &str) -> &'a Check {
    health.checks.iter().find(|c| c.id.as_str() == id).unwrap()
}

/// The ids of the JSON contract, in their order.
const IDS: &str = "trail.exists trail.multi_region trail.logging trail.management_events trail.delivers trail.all_regions \
                   trail.validation bucket.private role.scope log_group.exists log_group.retention filter.pattern \
                   filter.publishes filter.cis_pattern alarm.exists alarm.actions alarm.mute_rules topic.exists \
                   topic.policy topic.public topic.encryption subscription.confirmed subscription.signed \
                   events.rule events.forwarded events.home_rule events.topic events.inbox events.deliveries root.mfa \
                   root.hardware_mfa root.access_keys root.certificates";

#[test]
fn the_check_ids_match_the_contract_and_can_be_parsed() {
    let ids: Vec<_> = CheckId::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(ids, IDS.split(' ').collect::<Vec<_>>());
    for id in CheckId::ALL {
        assert_eq!(id.as_str().parse(), Ok(*id));
        assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
    }
    assert!("trail.exist".parse::<CheckId>().is_err());
}

#[test]
fn every_check_of_the_registry_is_made_exactly_once_in_any_account() {
    let unreadable = Problem::new("DescribeTrails: permission denied.", Fix::advice("Ask for it."));
    for observed in [sound(), Observed::nothing(), Observed { trails: Err(unreadable), ..sound() }] {
        let ids: Vec<CheckId> = health_of(&observed).checks.iter().map(|c| c.id).collect();
        assert_eq!(ids, CheckId::ALL);
    }
}

#[test]
fn only_checks_that_count_for_alerting_decide_whether_a_setup_is_healthy() {
    let mut health = health_of(&sound());
    for check in &mut health.checks {
        check.verdict = if check.id.counts() == Counts::Alerting { Verdict::Ok } else { Verdict::Wrong };
    }
    assert!(health.healthy() && health.weakest().is_none() && health.alerting() == Verdict::Ok);
    let broken = CheckId::ALL.iter().position(|id| id.counts() == Counts::Alerting).unwrap();
    health.checks[broken].verdict = Verdict::Unknown;
    assert!(!health.healthy() && health.alerting() == Verdict::Unknown);
    assert_eq!(health.step(health.checks[broken].id.step().unwrap()), Verdict::Unknown);
}

#[test]
fn a_complete_setup_is_healthy_and_an_empty_account_is_not() {
    assert!(health_of(&sound()).healthy());
    let empty = health_of(&Observed::nothing());
    assert!(!empty.healthy());
    // What doesn't exist is reported once; there is nothing to audit.
    let verdict = |id: CheckId| match id.counts() {
        Counts::Alerting => Verdict::Missing,
        Counts::Audit => Verdict::Unknown,
        // The root user was not read.
        Counts::Advice if id.step().is_none() => Verdict::Unknown,
        Counts::Advice if id.path() == AlertPath::Events => Verdict::Missing,
        Counts::Advice => Verdict::Ok,
    };
    assert!(empty.checks.iter().all(|c| c.verdict == verdict(c.id)), "{empty:?}");
    assert!(empty.checks.iter().all(|c| c.verdict == Verdict::Ok || !c.fix.is_nothing()));
    assert_eq!(empty.headline(), Headline::NotSetUp);
}

/// A name, how to break a complete setup, the check that reports it, its verdict, and a word of its detail.
type Break = (&'static str, fn(&mut Observed), &'static str, Verdict, &'static str);

const BREAKS: &[Break] = &[
    ("single region", |o| trail(o).trail.multi_region = false, "trail.multi_region", Verdict::Wrong, "only"),
    ("stopped", |o| status(o).logging = false, "trail.logging", Verdict::Wrong, "stopped"),
    (
        "single region, as auditors see it",
        |o| trail(o).trail.multi_region = false,
        "trail.all_regions",
        Verdict::Wrong,
        "covers eu-west-1 only",
    ),
    (
        "no reads",
        |o| trail(o).events.as_mut().unwrap().read = false,
        "trail.all_regions",
        Verdict::Wrong,
        "doesn't record reads",
    ),
    (
        "no writes",
        |o| trail(o).events.as_mut().unwrap().write = false,
        "trail.management_events",
        Verdict::Wrong,
        "writes, such as sign-ins",
    ),
    (
        "no validation",
        |o| trail(o).trail.log_file_validation = false,
        "trail.validation",
        Verdict::Wrong,
        "validation off",
    ),
    ("ACLs", |o| bucket(o).owner_enforced = false, "bucket.private", Verdict::Wrong, "ACLs on"),
    ("no versions", |o| bucket(o).versioned = false, "bucket.private", Verdict::Wrong, "versioning off"),
    (
        "another account's bucket",
        |o| o.bucket = Ok(BucketLookup::Forbidden),
        "bucket.private",
        Verdict::Unknown,
        "was not read",
    ),
    ("no log group", |o| trail(o).trail.log_group_arn = None, "trail.delivers", Verdict::Wrong, "no log group"),
    (
        "delivery error",
        |o| {
            (status(o).logs_error, status(o).logs_delivery) =
                (Some("AccessDenied".into()), "2026-11-23T09:00:00Z".parse().ok());
        },
        "trail.delivers",
        Verdict::Wrong,
        "AccessDenied",
    ),
    (
        "stale",
        |o| status(o).logs_delivery = "2026-11-20T00:00:00Z".parse().ok(),
        "trail.delivers",
        Verdict::Wrong,
        "3 d",
    ),
    ("not yet", |o| status(o).logs_delivery = None, "trail.delivers", Verdict::Pending, "Nothing delivered"),
    (
        "short",
        |o| o.log_group.as_mut().unwrap().as_mut().unwrap().retention_days = RetentionDays::Days(7),
        "log_group.retention",
        Verdict::Wrong,
        "7 days",
    ),
    ("no filter", |o| o.filters.as_mut().unwrap().clear(), "filter.pattern", Verdict::Missing, "No filter"),
    ("pattern", |o| o.filters.as_mut().unwrap()[0].pattern.push(' '), "filter.pattern", Verdict::Ok, ""),
    (
        "also what services do",
        |o| o.filters.as_mut().unwrap()[0].pattern = "{ $.userIdentity.type = Root }".into(),
        "filter.cis_pattern",
        Verdict::Wrong,
        "not the CIS pattern",
    ),
    (
        "a pattern that cannot be compared",
        |o| {
            o.filters.as_mut().unwrap()[0].pattern =
                pattern::CIS_PATTERN.replace(" }", " && $.managementEvent IS TRUE }");
        },
        "filter.cis_pattern",
        Verdict::Wrong,
        "can't tell how they differ",
    ),
    (
        "a pattern that cannot be parsed",
        |o| o.filters.as_mut().unwrap()[0].pattern.insert_str(2, "$.userIdentity.type = \"Root\" ~ "),
        "filter.pattern",
        Verdict::Unknown,
        "can't parse its pattern",
    ),
    (
        "successful sign-ins only",
        |o| {
            o.filters.as_mut().unwrap()[0].pattern =
                pattern::CIS_PATTERN.replace(" }", " && $.responseElements.ConsoleLogin = Success }");
        },
        "filter.pattern",
        Verdict::Wrong,
        "misses root sign-ins",
    ),
    (
        "everybody's sign-ins",
        |o| o.filters.as_mut().unwrap()[0].pattern = "{ $.eventName = ConsoleLogin && $.userIdentity.type = * }".into(),
        "filter.pattern",
        Verdict::Wrong,
        "counts more than root use",
    ),
    (
        "other white space",
        |o| o.filters.as_mut().unwrap()[0].pattern = pattern::CIS_PATTERN.replace(" && ", "&&").replace(" = ", "="),
        "filter.pattern",
        Verdict::Ok,
        "the CIS pattern",
    ),
    (
        "a regular expression",
        |o| o.filters.as_mut().unwrap()[0].pattern = pattern::CIS_PATTERN.replace("\"Root\"", "%^Root$%"),
        "filter.cis_pattern",
        Verdict::Wrong,
        "counts root use, but not with the exact CIS pattern",
    ),
    ("counts 0", |o| o.filters.as_mut().unwrap()[0].value = "0".into(), "filter.pattern", Verdict::Wrong, "counts 0"),
    ("no alarm", |o| o.alarms.as_mut().unwrap().clear(), "alarm.exists", Verdict::Missing, "no alarm"),
    (
        "other metric",
        |o| alarm(o).config.metric.name = "Else".into(),
        "alarm.exists",
        Verdict::Wrong,
        "watches rootbell/Else",
    ),
    ("threshold", |o| alarm(o).config.threshold = 100.0, "alarm.exists", Verdict::Wrong, "first use"),
    (
        "less than",
        |o| alarm(o).config.comparison = "LessThanThreshold".into(),
        "alarm.exists",
        Verdict::Wrong,
        "a count < 1",
    ),
    (
        "greater 1",
        |o| alarm(o).config.comparison = "GreaterThanThreshold".into(),
        "alarm.exists",
        Verdict::Wrong,
        "first use",
    ),
    ("average", |o| alarm(o).config.statistic = "Average".into(), "alarm.exists", Verdict::Wrong, "Average"),
    ("an hour", |o| alarm(o).config.evaluation_periods = 12, "alarm.exists", Verdict::Ok, "60 minutes"),
    (
        "never back",
        |o| alarm(o).config.missing_data = "breaching".into(),
        "alarm.exists",
        Verdict::Unknown,
        "goes to ALARM while no events arrive",
    ),
    ("actions off", |o| alarm(o).config.actions_enabled = false, "alarm.actions", Verdict::Wrong, "disabled"),
    ("no action", |o| alarm(o).config.actions.clear(), "alarm.actions", Verdict::Wrong, "no alert is sent"),
    ("no topic", |o| o.topic = Ok(None), "topic.exists", Verdict::Missing, "no topic"),
    ("no access", |o| topic(o).policy = None, "topic.policy", Verdict::Wrong, "can't publish"),
    (
        "aws key",
        |o| topic(o).kms_key = Some("alias/aws/sns".into()),
        "topic.encryption",
        Verdict::Wrong,
        "alias/aws/sns",
    ),
    ("own key", |o| topic(o).kms_key = Some("alias/mine".into()), "topic.encryption", Verdict::Unknown, "not read"),
    (
        "pending",
        |o| o.subscriptions.as_mut().unwrap()[0].state = Confirmation::Pending,
        "subscription.confirmed",
        Verdict::Pending,
        "alice@example.com",
    ),
    (
        "deleted",
        |o| o.subscriptions.as_mut().unwrap()[0].state = Confirmation::Deleted,
        "subscription.confirmed",
        Verdict::Missing,
        "no subscription",
    ),
];

fn trail(o: &mut Observed) -> &mut TrailDetails {
    o.trail.as_mut().unwrap()
}

fn bucket(o: &mut Observed) -> &mut Bucket {
    match &mut o.bucket {
        Ok(BucketLookup::Owned(bucket)) => bucket,
        other => panic!("{other:?}"),
    }
}

fn status(o: &mut Observed) -> &mut crate::domain::observed::TrailStatus {
    trail(o).status.as_mut().unwrap()
}

fn alarm(o: &mut Observed) -> &mut Alarm {
    &mut o.alarms.as_mut().unwrap()[0]
}

fn topic(o: &mut Observed) -> &mut Topic {
    o.topic.as_mut().unwrap().as_mut().unwrap()
}

#[test]
fn each_fault_is_reported_by_the_right_check_with_its_detail() {
    for (name, break_setup, id, verdict, word) in BREAKS.iter().chain(delivery::BREAKS) {
        let mut observed = sound();
        break_setup(&mut observed);
        let health = health_of(&observed);
        let found = check(&health, id);
        assert_eq!(found.verdict, *verdict, "{name}: {found:?}");
        assert!(found.detail.contains(word), "{name}: {found:?}");
        assert_eq!(found.verdict == Verdict::Ok, found.fix.is_nothing(), "{name}: {found:?}");
        if found.id.counts() == Counts::Audit {
            let is_finding = *verdict == Verdict::Wrong;
            assert_eq!(health.audit_findings().any(|finding| finding.id == found.id), is_finding, "{name}");
            assert_eq!(health.audit_ok(), if is_finding { Some(false) } else { None }, "{name}");
        } else {
            assert_eq!(health.healthy(), *verdict == Verdict::Ok, "{name}");
        }
    }
}

#[test]
fn checks_on_something_unreadable_are_unknown_and_the_others_are_not_affected() {
    let unreadable = Problem::new("GetTopicAttributes: permission denied.", Fix::advice("Ask for it."));
    let health = health_of(&Observed { topic: Err(unreadable), ..sound() });
    let unknown: Vec<_> =
        health.checks.iter().filter(|c| c.verdict == Verdict::Unknown).map(|c| c.id.as_str()).collect();
    assert_eq!(unknown, ["topic.exists", "topic.policy", "topic.public", "topic.encryption"]);
    let of_alarm = health.checks.iter().filter(|c| c.id.path() != AlertPath::Events);
    assert!(of_alarm.filter(|c| !unknown.contains(&c.id.as_str())).all(|c| c.verdict == Verdict::Ok));
}

#[test]
fn an_unreadable_bucket_or_role_leaves_the_verdict_to_cloudtrails_delivery_status() {
    let unreadable = || Problem::new("GetRole: permission denied.", Fix::advice("Ask for it."));
    let mut observed = Observed { bucket: Err(unreadable()), role: Err(unreadable()), ..sound() };
    assert!(health_of(&observed).healthy());
    (status(&mut observed).bucket_error, status(&mut observed).bucket_delivery) = (Some("AccessDenied".into()), None);
    // As long as events reach the log group, only auditors object.
    let health = health_of(&observed);
    assert!(health.healthy() && check(&health, "bucket.private").verdict == Verdict::Wrong);
    status(&mut observed).logs_delivery = None;
    let health = health_of(&observed);
    let found = check(&health, "trail.logging");
    assert_eq!(found.verdict, Verdict::Wrong);
    assert!(found.detail.contains("cannot write to its bucket"), "{found:?}");
}

#[test]
fn the_fix_for_a_trail_elsewhere_names_the_account_or_region() {
    let mut observed = sound();
    let stop_and_move = |observed: &mut Observed, from: &str, to: &str| {
        let watched = trail(observed);
        watched.trail.arn = watched.trail.arn.replace(from, to).into();
        watched.trail.home_region = Region::new(watched.trail.arn.region().unwrap());
        status(observed).logging = false;
    };
    stop_and_move(&mut observed, "123456789012", "210987654321");
    assert!(check(&health_of(&observed), "trail.logging").fix.content().contains("Only account 210987654321"));
    let mut observed = sound();
    stop_and_move(&mut observed, "eu-west-1", "us-east-1");
    let fix = check(&health_of(&observed), "trail.logging").fix.content();
    assert!(fix.contains("home Region") && fix.contains("(Region us-east-1)"), "{fix}");
}

#[test]
fn a_scheduled_mute_rule_is_advice_with_its_times_and_an_unread_one_a_remark() {
    let checks_with = |rules: ReadResult<Vec<MuteRule>>| {
        let mut observed = sound();
        observed.alarms.as_mut().unwrap()[0].mute_rules = Some(rules);
        let health = health_of(&observed);
        assert!(health.healthy());
        ["alarm.actions", "alarm.mute_rules"].map(|id| check(&health, id).clone())
    };
    let schedule = MuteSchedule { expression: "cron(0 18 * * FRI)".into(), duration: "P2DT12H".into(), timezone: None };
    let weekends = MuteRule {
        name: "weekends".into(),
        status: MuteStatus::Scheduled,
        recurring: true,
        expires: Some("2026-12-31T00:00:00Z".parse().unwrap()),
        schedule: Some(schedule),
        mutes_until: None,
    };
    let [actions, advice] = checks_with(Ok(Vec::new()));
    assert_eq!((actions.detail.as_str(), advice.verdict), ("1 action", Verdict::Ok));
    let [actions, advice] = checks_with(Ok(vec![weekends]));
    assert_eq!((actions.detail.as_str(), advice.verdict), ("1 action", Verdict::Wrong));
    assert_eq!(
        advice.detail,
        "The recurring mute rule `weekends` (for 2d 12h at cron(0 18 * * FRI), UTC; until 2026-12-31 00:00 UTC) will mute \
         `rootbell-root-use`: no alert is sent then."
    );
    let denied = Problem::new("ListAlarmMuteRules: permission denied.", Fix::Nothing);
    let [actions, advice] = checks_with(Err(denied));
    assert_eq!(actions.detail, "1 action; whether a mute rule applies could not be read");
    assert_eq!(advice.verdict, Verdict::Unknown);
}

#[test]
fn a_log_alarm_that_asks_for_root_makes_a_missing_filter_unknown() {
    let with_query = |query: &str| {
        let mut observed = sound();
        (observed.filters, observed.alarms) = (Ok(Vec::new()), Ok(Vec::new()));
        observed.path = FoundPath::default();
        let log_groups = vec!["rootbell/cloudtrail".to_owned()];
        observed.indirect_alarms = Some(Ok(vec![IndirectAlarm {
            name: "logs".into(),
            kind: IndirectKind::Log { query: query.into(), log_groups },
            actions_enabled: true,
            actions: vec!["arn:aws:sns:eu-west-1:123456789012:security".into()],
        }]));
        let health = health_of(&observed);
        ["filter.pattern", "filter.publishes", "alarm.exists", "alarm.actions"].map(|id| check(&health, id).verdict)
    };
    assert_eq!(with_query("filter userIdentity.type = 'Root'"), [Verdict::Unknown; 4]);
    assert_eq!(with_query("filter errorCode = 'AccessDenied'"), [Verdict::Missing; 4]);
}

#[test]
fn one_confirmed_subscription_of_two_is_enough() {
    let mut observed = sound();
    let second =
        Subscription { endpoint: "bob@example.com".into(), state: Confirmation::Pending, ..Subscription::default() };
    observed.subscriptions.as_mut().unwrap().push(second);
    let health = health_of(&observed);
    assert_eq!(check(&health, "subscription.confirmed").detail, "1 of 2 confirmed");
    assert!(health.healthy());
}

#[test]
fn a_topic_policy_that_cannot_be_evaluated_is_unknown_and_says_why() {
    use serde_json::json;
    let organization = json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
    let statement = |effect: &str, condition: serde_json::Value| {
        json!({ "Effect": effect, "Principal": { "AWS": "*" }, "Action": "SNS:Publish", "Resource": "*",
            "Condition": condition })
    };
    let tls = json!({ "Bool": { "aws:SecureTransport": "true" } });
    let perimeter = json!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" },
        "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } });
    for (statements, verdict, fix) in [
        (vec![statement("Allow", organization.clone())], Verdict::Unknown, "AllowPublishing"),
        (vec![statement("Allow", tls.clone()), statement("Deny", organization)], Verdict::Unknown, "SendTest"),
        (vec![statement("Allow", tls.clone()), statement("Deny", perimeter)], Verdict::Ok, ""),
        (vec![statement("Allow", tls), statement("Deny", json!({}))], Verdict::Wrong, "rootbell never removes one"),
    ] {
        let mut observed = sound();
        let topic = observed.topic.as_mut().unwrap().as_mut().unwrap();
        topic.policy = Some(json!({ "Statement": statements }).into());
        let health = health_of(&observed);
        let found = check(&health, "topic.policy");
        assert_eq!(found.verdict, verdict, "{statements:?}: {found:?}");
        assert!(found.fix.content().contains(fix), "{found:?}");
        assert_eq!(found.detail.contains("aws:SourceOrgID"), verdict == Verdict::Unknown, "{found:?}");
    }
}

/// Makes something unreadable.
type SetPolicy = fn(&mut Observed, PolicyDocument);

#[test]
fn what_depends_on_a_policy_that_cannot_be_read_is_unknown() {
    let unreadable = || PolicyDocument::parse("<not JSON>");
    let breaks: [(&str, SetPolicy); 5] = [
        ("topic.policy", |o, p| topic(o).policy = Some(p)),
        ("bucket.private", |o, p| {
            let Ok(BucketLookup::Owned(bucket)) = &mut o.bucket else { panic!("{:?}", o.bucket) };
            bucket.policy = Some(p);
        }),
        ("trail.logging", |o, p| {
            let Ok(BucketLookup::Owned(bucket)) = &mut o.bucket else { panic!("{:?}", o.bucket) };
            bucket.policy = Some(p);
            status(o).logs_delivery = None;
        }),
        ("trail.delivers", |o, p| o.role.as_mut().unwrap().as_mut().unwrap().trust = p),
        ("trail.delivers", |o, p| o.role.as_mut().unwrap().as_mut().unwrap().policy = Some(p)),
    ];
    for (id, make_unreadable) in breaks {
        let mut observed = sound();
        make_unreadable(&mut observed, unreadable());
        let health = health_of(&observed);
        let found = check(&health, id);
        assert_eq!(found.verdict, Verdict::Unknown, "{found:?}");
        assert!(
            found.detail.contains("isn't in IAM's format") && found.fix.content().contains("Check the policy"),
            "{found:?}"
        );
    }
}
