use super::*;
use crate::domain::fixtures::{settings, sound};
use crate::domain::observed::{BucketLookup, Observed, ReadError};
use crate::domain::{SetupOptions, pattern};

fn told(email: &str) -> SetupOptions {
    SetupOptions { emails: vec![email.into()], ..SetupOptions::default() }
}

fn ids(setup: &SetupOptions, observed: &Observed) -> Vec<String> {
    plan(&settings(setup, observed), observed).changes().map(Change::id).collect()
}

fn edit<T>(part: &mut Result<T, ReadError>, change: impl FnOnce(&mut T)) {
    change(part.as_mut().unwrap());
}

#[test]
fn an_empty_account_gets_the_whole_chain() {
    let all = [
        "bucket.create",
        "bucket.public_access_block",
        "bucket.versioning",
        "bucket.tags",
        "bucket.policy",
        "log_group.create",
        "log_group.retention",
        "role.create",
        "role.policy",
        "trail.create",
        "trail.start",
        "topic.create",
        "subscription.create:a@b.de",
        "filter.put",
        "alarm.put",
    ];
    assert_eq!(ids(&told("a@b.de"), &Observed::nothing()), all);
}

#[test]
fn a_sound_account_needs_nothing() {
    let observed = sound();
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.is_empty() && plan.blocked.is_empty() && plan.notes.is_empty(), "{plan:?}");
    assert!(plan.rows.iter().all(|r| r.action == Action::Keep));
}

#[test]
fn every_change_comes_after_what_it_needs() {
    let observed = Observed::nothing();
    let plan = plan(&settings(&told("a@b.de"), &observed), &observed);
    let mut done: Vec<String> = Vec::new();
    for change in plan.changes() {
        for need in plan.needs(change) {
            assert!(done.contains(&need), "{} needs {need}", change.id());
        }
        done.push(change.id());
    }
}

#[test]
fn nobody_to_tell_blocks_the_plan() {
    let observed = Observed::nothing();
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.blocked.iter().any(|(step, why)| *step == Step::Topic && why.contains("--email")));
}

#[test]
fn what_could_not_be_read_blocks_the_plan_rather_than_being_guessed() {
    let unreadable = ReadError { why: "GetRole: permission denied.".into(), fix: "Ask for iam:GetRole.".into() };
    let observed = Observed { role: Err(unreadable), ..sound() };
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.rows.is_empty());
    assert!(plan.blocked[0].1.contains("iam:GetRole"));
}

#[test]
fn somebody_elses_bucket_name_blocks_and_proposes_another() {
    let observed = Observed { bucket: Ok(BucketLookup::Forbidden), ..Observed::nothing() };
    let plan = plan(&settings(&told("a@b.de"), &observed), &observed);
    assert!(plan.blocked[0].1.contains("rootbell-123456789012-eu-west-1-logs"), "{:?}", plan.blocked);
}

#[test]
fn a_stopped_trail_is_started_and_one_without_a_log_group_gets_one() {
    let mut observed = sound();
    let trail = observed.trail.as_mut().unwrap();
    edit(&mut trail.status, |s| s.logging = false);
    assert_eq!(ids(&SetupOptions::default(), &observed), ["trail.start"]);
    let trail = observed.trail.as_mut().unwrap();
    (trail.trail.log_group_arn, trail.trail.role_arn) = (None, None);
    observed.trails = Ok(vec![trail.trail.clone()]);
    assert_eq!(ids(&SetupOptions::default(), &observed), ["trail.update", "trail.start"]);
}

#[test]
fn the_same_trail_seen_from_another_region_is_not_altered_from_there() {
    let observed = sound();
    let there = Settings::resolve(&crate::domain::fixtures::identity(), "us-east-1", &told("a@b.de"), &observed);
    let plan = plan(&there, &observed);
    assert!(plan.blocked.iter().any(|(_, why)| why.contains("--region eu-west-1")), "{:?}", plan.blocked);
}

#[test]
fn a_trail_that_is_not_ours_keeps_its_bucket_and_its_role_with_its_path() {
    let mut observed = sound();
    let watched = observed.trail.as_mut().unwrap();
    watched.trail.name = "theirs".into();
    watched.trail.bucket = "their-bucket".into();
    watched.trail.log_file_validation = false;
    watched.trail.role_arn = Some("arn:aws:iam::123456789012:role/service-role/their-role".into());
    observed.trails = Ok(vec![watched.trail.clone()]);
    observed.bucket = Ok(BucketLookup::NotManaged);
    observed.role = Ok(None);
    assert_eq!(ids(&SetupOptions::default(), &observed), Vec::<String>::new());
}

#[test]
fn selectors_that_would_be_lost_are_not_replaced() {
    let mut observed = sound();
    let watched = observed.trail.as_mut().unwrap();
    edit(&mut watched.events, |e| (e.read, e.others) = (false, true));
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.is_empty());
    assert!(plan.blocked[0].1.contains("selectors of its own"));
}

/// An account with a trail of somebody else's.
fn with_theirs(alter: impl FnOnce(&mut crate::domain::observed::Trail)) -> Observed {
    let mut theirs = sound().trail.unwrap().trail;
    (theirs.name, theirs.log_group_arn, theirs.role_arn) = ("theirs".into(), None, None);
    theirs.arn = theirs.arn.replace("/rootbell", "/theirs");
    alter(&mut theirs);
    Observed { trails: Ok(vec![theirs]), ..Observed::nothing() }
}

#[test]
fn a_second_trail_is_made_with_a_word_about_its_cost() {
    let observed = with_theirs(|t| t.multi_region = false);
    let plan = plan(&settings(&told("a@b.de"), &observed), &observed);
    let note = &plan.notes[0].1;
    assert!(note.contains("2 USD") && note.contains("--trail theirs") && note.contains("eu-west-1 only"), "{note}");
    assert!(plan.changes().any(|c| c.id() == "trail.create"));
}

#[test]
fn a_foreign_trail_without_a_log_group_gets_one_in_a_row_that_says_it_is_not_ours() {
    let mut observed = with_theirs(|_| {});
    let mut watched = sound().trail.unwrap();
    watched.trail = observed.trails.as_ref().unwrap()[0].clone();
    observed.trail = Some(watched);
    observed.bucket = Ok(BucketLookup::NotManaged);
    let plan = plan(&settings(&told("a@b.de"), &observed), &observed);
    let foreign: Vec<_> = plan.rows.iter().filter(|r| r.foreign).map(|r| r.id.as_str()).collect();
    assert_eq!(foreign, ["trail.update"]);
    let note = &plan.notes[0].1;
    assert!(note.contains("`theirs` is used") && note.contains("--trail rootbell") && note.contains("2 USD"), "{note}");
}

#[test]
fn what_is_ours_is_never_marked_as_foreign() {
    let mut observed = sound();
    edit(&mut observed.alarms, |all| all[0].threshold = 100.0);
    edit(&mut observed.filters, |all| all[0].value = "7".into());
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert_eq!(plan.changes().count(), 2);
    assert!(plan.rows.iter().all(|r| !r.foreign));
}

#[test]
fn an_alarm_is_mended_and_what_others_added_is_handed_back() {
    let mut observed = sound();
    edit(&mut observed.alarms, |all| {
        all[0].threshold = 100.0;
        all[0].actions.push("arn:aws:sns:eu-west-1:123456789012:pager".into());
        all[0].ok_actions.push("arn:aws:sns:eu-west-1:123456789012:calm".into());
        all[0].description = "hands off".into();
    });
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::PutMetricAlarm { alarm }) = plan.changes().next() else { panic!("{plan:?}") };
    assert!((alarm.threshold - 1.0).abs() < f64::EPSILON);
    assert_eq!(alarm.actions.len(), 2);
    assert_eq!(alarm.ok_actions.len(), 1);
    assert_eq!(alarm.description, "hands off");
}

#[test]
fn another_pattern_in_our_filter_gives_way_to_the_auditors() {
    let mut observed = sound();
    edit(&mut observed.filters, |all| all[0].pattern = "{ $.userIdentity.type = \"IAMUser\" }".into());
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::PutMetricFilter { filter, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    assert_eq!(filter.pattern, pattern::CIS_PATTERN);
    assert_eq!(filter.metric.name, "RootUse", "filter and alarm stay in step");
}

#[test]
fn a_pattern_with_other_white_space_stays_as_auditors_accept_it() {
    let mut observed = sound();
    edit(&mut observed.filters, |all| all[0].pattern = pattern::CIS_PATTERN.replace(" && ", "&&").replace(" = ", "="));
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert_eq!(plan.changes().count(), 0, "{plan:?}");
}

#[test]
fn a_topic_open_to_all_is_closed_and_other_statements_stay() {
    let mut observed = sound();
    edit(&mut observed.topic, |topic| {
        topic.as_mut().unwrap().policy = Some(serde_json::json!({ "Statement": [
            { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*" },
            { "Sid": "Lambda", "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
              "Action": "sns:Publish", "Resource": "*" },
        ] }));
    });
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::SetTopicPolicy { policy, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    let said = policy.to_string();
    assert!(!said.contains("\"Open\"") && said.contains("\"Lambda\"") && said.contains("cloudwatch"), "{said}");
}

#[test]
fn a_pending_address_is_kept_and_a_new_one_subscribed() {
    let mut observed = sound();
    edit(&mut observed.subscriptions, |all| all[0].state = Confirmation::Pending);
    let setup =
        SetupOptions { emails: vec!["Alice@example.com".into(), "bob@example.com".into()], ..SetupOptions::default() };
    assert_eq!(ids(&setup, &observed), ["subscription.create:bob@example.com"]);
}

#[test]
fn our_logs_are_kept_a_year_but_longer_stays_longer() {
    let mut observed = sound();
    for (days, wanted) in [(Some(7), 1), (None, 1), (Some(731), 0)] {
        edit(&mut observed.log_group, |g| g.as_mut().unwrap().retention_days = days);
        assert_eq!(ids(&SetupOptions::default(), &observed).len(), wanted, "{days:?}");
    }
}

/// The standing topic of a sound account, under that name, with these statements.
fn topic_of(name: &str, statements: &[serde_json::Value]) -> Observed {
    let mut observed = sound();
    let arn = settings(&SetupOptions::default(), &observed).account_region.topic_arn(name);
    edit(&mut observed.topic, |topic| {
        let topic = topic.as_mut().unwrap();
        topic.policy = Some(serde_json::json!({ "Version": "2012-10-17", "Statement": statements }));
        topic.arn.clone_from(&arn);
    });
    edit(&mut observed.alarms, |alarms| alarms[0].actions = vec![arn]);
    observed
}

/// A statement for everyone who meets the condition.
fn publish(effect: &str, condition: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "Effect": effect, "Principal": { "AWS": "*" }, "Action": "SNS:Publish", "Resource": "*",
        "Condition": condition })
}

#[test]
fn where_it_cannot_be_told_whether_cloudwatch_may_publish_our_statement_is_added_if_that_makes_it_certain() {
    use serde_json::json;
    let organization = json!({ "StringEquals": { "aws:SourceOrgID": "o-1" } });
    let alarms = json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": "SNS:Publish", "Resource": "*" });
    for name in ["rootbell-alerts", "central"] {
        let allow = publish("Allow", &organization);
        let observed = topic_of(name, std::slice::from_ref(&allow));
        let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
        let [Change::SetTopicPolicy { policy, .. }] = plan.changes().collect::<Vec<_>>()[..] else {
            panic!("{plan:#?}")
        };
        let statements = policy::statements(policy);
        assert_eq!((&statements[0], statements.len()), (&allow, 3), "{name}");
        // A denial is not lifted by an Allow: nothing is done for nothing.
        let observed = topic_of(name, &[alarms.clone(), publish("Deny", &organization)]);
        assert_eq!(ids(&SetupOptions::default(), &observed), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn only_our_own_topic_loses_a_statement_and_only_one_without_a_condition() {
    use serde_json::json;
    let open = publish("Allow", &json!({}));
    let shared = publish("Allow", &json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }));
    for (name, kept) in [("rootbell-alerts", vec![&shared]), ("central", vec![&open, &shared])] {
        let observed = topic_of(name, &[open.clone(), shared.clone()]);
        let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
        let [Change::SetTopicPolicy { policy, .. }] = plan.changes().collect::<Vec<_>>()[..] else {
            panic!("{plan:#?}")
        };
        let statements = policy::statements(policy);
        assert_eq!(statements[..statements.len() - 2].iter().collect::<Vec<_>>(), kept, "{name}");
        let row = plan.rows.iter().find(|r| r.change.is_some()).unwrap();
        assert_eq!(row.detail.contains("no longer"), name == "rootbell-alerts", "{}", row.detail);
        assert_eq!(row.foreign, name == "central");
    }
}

#[test]
fn only_a_bucket_of_our_name_or_with_our_tag_loses_what_lets_everyone_in() {
    use serde_json::json;
    let open = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
    let shared = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
        "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } });
    let default = settings(&SetupOptions::default(), &Observed::nothing()).bucket.value;
    let tag = (super::super::settings::TAG.0.to_owned(), super::super::settings::TAG.1.to_owned());
    for (name, tags, loses) in [(default.as_str(), vec![], true), ("mine", vec![tag], true), ("theirs", vec![], false)]
    {
        let policy = Some(json!({ "Version": "2012-10-17", "Statement": [open, shared] }));
        let bucket = super::super::observed::Bucket { name: name.into(), policy, tags, ..Default::default() };
        let observed = Observed { bucket: Ok(BucketLookup::Owned(bucket)), ..Observed::nothing() };
        let setup = SetupOptions { bucket: Some(name.into()), ..told("a@b.de") };
        let plan = plan(&settings(&setup, &observed), &observed);
        let written = plan.changes().find_map(|change| match change {
            Change::PutBucketPolicy { policy, .. } => Some(policy::statements(policy)),
            _ => None,
        });
        let written = written.unwrap();
        assert!(written.contains(&shared), "{name}");
        assert_eq!(!written.contains(&open), loses, "{name}");
        assert_eq!(plan.notes.iter().any(|(_, note)| note.contains("lets everyone in")), !loses, "{name}");
    }
}
