mod audit;
mod bucket;
mod refused;

use crate::domain::change::ChangeId;
use std::collections::BTreeMap;

use super::*;
use crate::domain::alarm::{Statistic, TagsInNotifications, WallClockWindow, WarmUp};
use crate::domain::fixtures::{settings, sound};
use crate::domain::observed::{BucketLookup, Observed};
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::settings::SettingId;
use crate::domain::{Region, RetentionDays, SetupOptions, pattern};

mod topic;

fn with_email(email: &str) -> SetupOptions {
    SetupOptions { emails: vec![email.into()], ..SetupOptions::default() }
}

fn ids(setup: &SetupOptions, observed: &Observed) -> Vec<String> {
    plan(&settings(setup, observed), observed).changes().map(|change| change.id().to_string()).collect()
}

fn edit<T>(part: &mut Result<T, Problem>, change: impl FnOnce(&mut T)) {
    change(part.as_mut().unwrap());
}

#[test]
fn an_empty_account_gets_every_resource() {
    let all = [
        "bucket.create",
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
        "event_role.create",
        "event_role.policy",
        "event_rule.put:rootbell-root-use-to-eu-west-1",
        "event_rule.put:rootbell-root-sign-ins",
        "event_rule.put:rootbell-root-changes",
        "event_rule.target:rootbell-root-use-to-eu-west-1",
        "event_rule.target:rootbell-root-sign-ins",
        "event_rule.target:rootbell-root-changes",
    ];
    assert_eq!(ids(&with_email("a@b.de"), &Observed::nothing()), all);
}

#[test]
fn a_complete_setup_needs_no_changes() {
    let observed = sound();
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.is_empty() && plan.blocked.is_empty() && plan.notes.is_empty(), "{plan:?}");
    assert!(plan.rows.iter().all(|r| r.action == Action::Keep));
}

#[test]
fn every_change_comes_after_the_changes_it_depends_on() {
    let observed = Observed::nothing();
    let plan = plan(&settings(&with_email("a@b.de"), &observed), &observed);
    let mut done: Vec<ChangeId> = Vec::new();
    for change in plan.changes() {
        for need in plan.needs(change) {
            assert!(done.contains(&need), "{} needs {need}", change.id());
        }
        done.push(change.id());
    }
}

#[test]
fn a_plan_without_an_email_address_is_blocked() {
    let observed = Observed::nothing();
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.blocked.iter().any(|(step, why)| *step == Step::Topic
        && why.fix == Fix::choose("Enter an email address", Input::Setting(SettingId::Emails))));
}

#[test]
fn anything_unreadable_blocks_the_plan() {
    let unreadable = Problem::new("GetRole: permission denied.", Fix::advice("Ask for iam:GetRole."));
    let observed = Observed { role: Err(unreadable), ..sound() };
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.rows.is_empty());
    assert!(plan.blocked[0].1.fix == Fix::advice("Ask for iam:GetRole."));
}

#[test]
fn a_taken_bucket_name_blocks_the_plan_and_suggests_another() {
    let observed = Observed { bucket: Ok(BucketLookup::Forbidden), ..Observed::nothing() };
    let plan = plan(&settings(&with_email("a@b.de"), &observed), &observed);
    assert!(plan.blocked[0].1.fix.content().contains("`rootbell-123456789012-eu-west-1-logs`"), "{:?}", plan.blocked);
}

#[test]
fn a_stopped_trail_is_started_and_a_missing_log_group_is_attached() {
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
fn a_trail_is_not_changed_outside_its_home_region() {
    let observed = sound();
    let elsewhere = Settings::resolve(
        &crate::domain::fixtures::identity(),
        &Region::new("us-east-1"),
        &with_email("a@b.de"),
        &observed,
    );
    let plan = plan(&elsewhere, &observed);
    assert!(plan.blocked.iter().any(|(_, why)| why.fix.content().contains("Region eu-west-1")), "{:?}", plan.blocked);
}

#[test]
fn an_unmanaged_trail_keeps_its_bucket_and_its_role_with_its_path() {
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
fn event_selectors_are_not_replaced_if_some_would_be_lost() {
    let mut observed = sound();
    let watched = observed.trail.as_mut().unwrap();
    edit(&mut watched.events, |e| (e.read, e.others) = (false, true));
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert!(plan.is_empty());
    assert!(plan.blocked[0].1.why.contains("lose its other event selectors"));
}

/// An account with an unmanaged trail.
fn with_unmanaged_trail(change: impl FnOnce(&mut crate::domain::observed::Trail)) -> Observed {
    let mut theirs = sound().trail.unwrap().trail;
    (theirs.name, theirs.log_group_arn, theirs.role_arn) = ("theirs".into(), None, None);
    theirs.arn = theirs.arn.replace("/rootbell", "/theirs").into();
    change(&mut theirs);
    Observed { trails: Ok(vec![theirs]), ..Observed::nothing() }
}

#[test]
fn creating_a_second_trail_comes_with_a_note_on_its_cost() {
    let observed = with_unmanaged_trail(|t| t.multi_region = false);
    let plan = plan(&settings(&with_email("a@b.de"), &observed), &observed);
    let note = &plan.notes[0].1;
    assert!(note.why.contains("2 USD") && note.why.contains("eu-west-1 only"), "{note:?}");
    assert!(
        matches!(&note.fix, Fix::Choose { input: Input::Setting(SettingId::Trail), values, .. } if *values == ["theirs"]),
        "{note:?}"
    );
    assert!(plan.changes().any(|c| c.id().to_string() == "trail.create"));
}

#[test]
fn attaching_a_log_group_to_an_unmanaged_trail_is_marked_as_foreign() {
    let mut observed = with_unmanaged_trail(|_| {});
    let mut watched = sound().trail.unwrap();
    watched.trail = observed.trails.as_ref().unwrap()[0].clone();
    observed.trail = Some(watched);
    observed.bucket = Ok(BucketLookup::NotManaged);
    let plan = plan(&settings(&with_email("a@b.de"), &observed), &observed);
    let unmanaged: Vec<_> = plan.rows.iter().filter(|r| r.unmanaged).map(|r| r.id.to_string()).collect();
    assert_eq!(unmanaged, ["trail.update"]);
    let note = &plan.notes[0].1;
    assert!(note.why.contains("`theirs` is used") && note.why.contains("2 USD"), "{note:?}");
    assert!(
        matches!(&note.fix, Fix::Choose { input: Input::Setting(SettingId::Trail), values, .. } if *values == ["rootbell"]),
        "{note:?}"
    );
}

#[test]
fn changes_to_our_own_resources_are_not_marked_as_foreign() {
    let mut observed = sound();
    edit(&mut observed.alarms, |all| all[0].config.threshold = 100.0);
    edit(&mut observed.filters, |all| all[0].value = "7".into());
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert_eq!(plan.changes().count(), 2);
    assert!(plan.rows.iter().all(|r| !r.unmanaged));
}

#[test]
fn repairing_an_alarm_keeps_what_others_added() {
    let mut observed = sound();
    edit(&mut observed.alarms, |all| {
        all[0].config.threshold = 100.0;
        all[0].config.actions.push("arn:aws:sns:eu-west-1:123456789012:pager".into());
        all[0].config.ok_actions.push("arn:aws:sns:eu-west-1:123456789012:calm".into());
        all[0].config.description = "hands off".into();
    });
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::PutMetricAlarm { config: alarm, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    assert!((alarm.threshold - 1.0).abs() < f64::EPSILON);
    assert_eq!(alarm.actions.len(), 2);
    assert_eq!(alarm.ok_actions.len(), 1);
    assert_eq!(alarm.description, "hands off");
}

#[test]
fn an_alarm_that_fires_correctly_keeps_its_configuration_when_its_actions_are_repaired() {
    let mut observed = sound();
    edit(&mut observed.alarms, |all| {
        (all[0].config.period, all[0].config.statistic) = (60, Statistic::Maximum);
        all[0].config.unit = Some("Count".into());
        all[0].config.warm_up = Some(WarmUp { minutes: 5, whole: false });
        all[0].config.wall_clock_window = Some(WallClockWindow::default());
        all[0].config.tags_in_notifications = Some(TagsInNotifications::default());
        all[0].config.actions.clear();
    });
    let before = observed.alarms.as_ref().unwrap()[0].config.clone();
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::PutMetricAlarm { config, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    let (actions, description) = (config.actions.clone(), config.description.clone());
    assert_eq!(actions, ["arn:aws:sns:eu-west-1:123456789012:rootbell-alerts"]);
    assert_eq!(**config, AlarmConfig { actions, description, ..before });
}

#[test]
fn a_repaired_alarm_loses_only_the_unit_and_the_dimensions_that_nothing_publishes() {
    let repaired = |unit: &str, published: Option<&str>| {
        let mut observed = sound();
        edit(&mut observed.filters, |all| all[0].unit = published.map(str::to_owned));
        edit(&mut observed.alarms, |all| {
            all[0].config.dimensions.insert("Account".into(), "123456789012".into());
            all[0].config.unit = Some(unit.into());
            all[0].config.warm_up = Some(WarmUp { minutes: 5, whole: false });
        });
        let before = observed.alarms.as_ref().unwrap()[0].config.clone();
        let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
        let Some(Change::PutMetricAlarm { config, .. }) = plan.changes().next() else { panic!("{plan:?}") };
        let (description, unit) = (config.description.clone(), config.unit.clone());
        assert_eq!(**config, AlarmConfig { description, unit, dimensions: BTreeMap::new(), ..before });
        config.unit.clone()
    };
    assert_eq!(repaired("Count", Some("Count")), Some("Count".into()));
    assert_eq!(repaired("Count", None), None);
    assert_eq!(repaired("None", None), Some("None".into()));
}

#[test]
fn another_pattern_in_our_filter_is_replaced_with_the_cis_pattern() {
    let mut observed = sound();
    edit(&mut observed.filters, |all| all[0].pattern = "{ $.userIdentity.type = \"IAMUser\" }".into());
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let Some(Change::PutMetricFilter { filter, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    assert_eq!(filter.pattern, pattern::CIS_PATTERN);
    assert_eq!(filter.metric.name, "RootUse", "filter and alarm stay in step");
}

#[test]
fn a_cis_pattern_with_other_white_space_is_kept() {
    let mut observed = sound();
    edit(&mut observed.filters, |all| all[0].pattern = pattern::CIS_PATTERN.replace(" && ", "&&").replace(" = ", "="));
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    assert_eq!(plan.changes().count(), 0, "{plan:?}");
}

#[test]
fn a_pending_address_is_kept_and_a_new_one_is_subscribed() {
    let mut observed = sound();
    edit(&mut observed.subscriptions, |all| all[0].state = Confirmation::Pending);
    let setup =
        SetupOptions { emails: vec!["Alice@example.com".into(), "bob@example.com".into()], ..SetupOptions::default() };
    assert_eq!(ids(&setup, &observed), ["subscription.create:bob@example.com"]);
}

#[test]
fn retention_is_set_to_a_year_for_auditors_but_never_shortened() {
    let mut observed = sound();
    let auditors = SetupOptions { audit: Some(true), ..SetupOptions::default() };
    for (days, changes, changes_for_auditors) in [(Some(7), 0, 1), (None, 1, 1), (Some(731), 0, 0)] {
        edit(&mut observed.log_group, |g| g.as_mut().unwrap().retention_days = RetentionDays::from_days(days));
        assert_eq!(ids(&SetupOptions::default(), &observed).len(), changes, "{days:?}");
        assert_eq!(ids(&auditors, &observed).len(), changes_for_auditors, "{days:?}");
    }
}

#[test]
fn an_action_that_is_no_arn_is_kept_when_the_alarm_is_repaired() {
    let mut observed = sound();
    edit(&mut observed.alarms, |all| {
        all[0].config.actions = vec!["pager".into(), "arn:aws:sns:us-east-1:123456789012:far".into()];
    });
    let settings = settings(&SetupOptions::default(), &observed);
    let plan = plan(&settings, &observed);
    let Some(Change::PutMetricAlarm { config, .. }) = plan.changes().next() else { panic!("{plan:?}") };
    assert_eq!(config.actions, [crate::domain::arn::Arn::from("pager"), settings.topic_arn()]);
}

#[test]
fn a_trail_may_name_its_log_group_without_the_star() {
    let mut observed = sound();
    let watched = observed.trail.as_mut().unwrap();
    let arn = watched.trail.log_group_arn.as_ref().unwrap().without_suffix().into();
    watched.trail.log_group_arn = Some(arn);
    observed.trails = Ok(vec![watched.trail.clone()]);
    assert!(ids(&SetupOptions::default(), &observed).is_empty());
}

#[test]
fn events_are_kept_forever_only_if_the_user_asks_for_it() {
    let setup = SetupOptions { retention_days: Some(RetentionDays::Never), ..SetupOptions::default() };
    let observed = sound();
    let change = Change::DeleteRetentionPolicy { log_group: "rootbell/cloudtrail".into() };
    let rows = plan(&settings(&setup, &observed), &observed).rows;
    let row = rows.iter().find(|row| row.change.is_some()).unwrap();
    assert_eq!((&row.change, row.id.to_string()), (&Some(change), "log_group.retention.remove".into()));
    assert_eq!((row.action, row.detail.as_str()), (Action::Update, "365 days → never expire"));
    assert!(ids(&SetupOptions::default(), &observed).is_empty());

    let mut unlimited = sound();
    edit(&mut unlimited.log_group, |g| g.as_mut().unwrap().retention_days = RetentionDays::Never);
    assert!(ids(&setup, &unlimited).is_empty());
    let new: Vec<String> = ids(&setup, &Observed::nothing());
    assert!(
        new.contains(&"log_group.create".to_owned()) && !new.iter().any(|id| id.starts_with("log_group.retention")),
        "{new:?}"
    );
}

#[test]
fn open_statements_are_removed_only_from_a_bucket_with_our_name_or_tag() {
    use serde_json::json;
    let open = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
    let shared = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
        "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } });
    let default = settings(&SetupOptions::default(), &Observed::nothing()).bucket.value;
    let tag = (super::super::settings::TAG.0.to_owned(), super::super::settings::TAG.1.to_owned());
    for (name, tags, is_removed) in
        [(default.as_str(), vec![], true), ("mine", vec![tag], true), ("theirs", vec![], false)]
    {
        let policy = Some(json!({ "Version": "2012-10-17", "Statement": [open, shared] }).into());
        let bucket = super::super::observed::Bucket { name: name.into(), policy, tags, ..Default::default() };
        let observed = Observed { bucket: Ok(BucketLookup::Owned(bucket)), ..Observed::nothing() };
        let setup = SetupOptions { bucket: Some(name.into()), ..with_email("a@b.de") };
        let plan = plan(&settings(&setup, &observed), &observed);
        let written = plan.changes().find_map(|change| match change {
            Change::PutBucketPolicy { policy, .. } => Some(policy.statements()),
            _ => None,
        });
        let written = written.unwrap();
        assert!(written.contains(&shared.clone().into()), "{name}");
        assert_eq!(!written.contains(&open.clone().into()), is_removed, "{name}");
        assert_eq!(plan.notes.iter().any(|(_, note)| note.why.contains("allows everyone")), !is_removed, "{name}");
    }
}

#[test]
fn a_bucket_in_another_region_is_changed_there_and_the_row_and_its_command_say_so() {
    let mut observed = sound();
    if let Ok(BucketLookup::Owned(bucket)) = &mut observed.bucket {
        bucket.region = Some(Region::new("us-west-2"));
        bucket.versioned = false;
    }
    observed.alarms = Ok(Vec::new());
    let settings = settings(&SetupOptions::default(), &observed);
    let plan = plan(&settings, &observed);
    let versioning = plan.rows.iter().find(|row| row.id.to_string() == "bucket.versioning").unwrap();
    assert_eq!(versioning.region, Some(Region::new("us-west-2")));
    assert!(versioning.detail.ends_with("; in us-west-2"), "{}", versioning.detail);
    let commands: Vec<String> = plan.rows.iter().filter_map(|row| row.aws_cli(&settings.account_region)).collect();
    assert!(
        commands[0].contains("put-bucket-versioning") && commands[0].ends_with("--region us-west-2"),
        "{commands:?}"
    );
    assert!(commands[1].contains("put-metric-alarm") && commands[1].ends_with("--region eu-west-1"), "{commands:?}");
    assert_eq!(commands.len(), 2);
}

#[test]
fn a_change_to_a_trail_is_made_in_the_trails_home_region() {
    let mut observed = sound();
    let watched = observed.trail.as_mut().unwrap();
    watched.trail.home_region = Region::new("us-east-1");
    watched.status.as_mut().unwrap().logging = false;
    observed.trails = Ok(vec![watched.trail.clone()]);
    let plan = plan(&settings(&SetupOptions::default(), &observed), &observed);
    let regions: Vec<_> =
        plan.changes_in_regions().map(|(change, region)| (change.id().to_string(), region.as_str())).collect();
    assert_eq!(regions, [("trail.start".to_owned(), "us-east-1")]);
}

#[test]
fn only_kept_rows_have_no_region() {
    let nothing = Observed::nothing();
    let settings = settings(&with_email("a@b.de"), &nothing);
    let plan = plan(&settings, &nothing);
    for row in plan.rows.iter().chain(&super::plan(&settings, &sound()).rows) {
        assert_eq!(row.region.is_some(), row.change.is_some(), "{}", row.id);
    }
    // The rule that forwards is where sign-ins are recorded.
    let forwards = |change: &Change| change.name() == "rootbell-root-use-to-eu-west-1";
    let at_home = plan.changes_in_regions().filter(|(change, _)| !forwards(change));
    assert!(at_home.into_iter().all(|(_, region)| *region == settings.account_region.region));
    let elsewhere = plan.changes_in_regions().filter(|(change, _)| forwards(change));
    assert!(elsewhere.into_iter().all(|(_, region)| *region == Region::new("us-east-1")));
}

/// Makes something unreadable.
type Break = fn(&mut Observed, policy::PolicyDocument);

#[test]
fn a_policy_that_cannot_be_read_is_neither_changed_nor_removed_and_the_plan_says_so() {
    let unreadable = || policy::PolicyDocument::parse("<not JSON>");
    let breaks: [(&str, Break); 4] = [
        ("topic", |o, p| edit(&mut o.topic, |topic| topic.as_mut().unwrap().policy = Some(p))),
        ("bucket", |o, p| {
            edit(&mut o.bucket, |found| {
                let BucketLookup::Owned(bucket) = found else { panic!("{found:?}") };
                bucket.policy = Some(p);
            });
        }),
        ("role", |o, p| edit(&mut o.role, |role| role.as_mut().unwrap().trust = p)),
        ("role", |o, p| edit(&mut o.role, |role| role.as_mut().unwrap().policy = Some(p))),
    ];
    for (what, make_unreadable) in breaks {
        let mut observed = sound();
        make_unreadable(&mut observed, unreadable());
        let settings = settings(&SetupOptions::default(), &observed);
        let plan = plan(&settings, &observed);
        assert_eq!(plan.changes().count(), 0, "{what}: {plan:#?}");
        let [(_, note)] = &plan.notes[..] else { panic!("{what}: {:?}", plan.notes) };
        assert!(
            note.why.contains(&format!("The policy of the {what}")) && note.why.contains("isn't in IAM's format"),
            "{note:?}"
        );
    }
}
