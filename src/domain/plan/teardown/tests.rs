//! Tests of the teardown plan.

use std::collections::BTreeSet;

use super::*;
use crate::domain::fixtures::{settings, sound};
use crate::domain::observed::{Metric, MetricFilter};
use crate::domain::plan::Row;
use crate::domain::{Observed, RetentionDays, SetupOptions};

mod reverts;

fn managed() -> TagRecord {
    TagRecord { managed: true, ..TagRecord::default() }
}

/// A complete setup, created by rootbell, with three log files.
fn created() -> Chain {
    let observed = sound();
    let managed = Managed {
        trail: Ok(managed()),
        log_group: Ok(managed()),
        topic: Ok(managed()),
        alarms: Ok(vec!["rootbell-root-use".into()]),
        contents: Ok(Some(Contents { objects: 3, bytes: 4_200_000 })),
    };
    Chain { settings: settings(&SetupOptions::default(), &observed), observed, managed }
}

fn ids(plan: &Plan) -> Vec<String> {
    plan.changes().map(|change| change.id().to_string()).collect()
}

fn row(plan: &Plan, resource: ResourceKind) -> &Row {
    plan.rows.iter().find(|row| row.resource == resource).unwrap()
}

#[test]
fn teardown_deletes_what_rootbell_created_and_keeps_the_logs() {
    let plan = teardown(&[created()], false);
    assert_eq!(
        ids(&plan),
        [
            "alarm.delete:rootbell-root-use",
            "subscription.delete:alice@example.com",
            "topic.delete:rootbell-alerts",
            "filter.delete:rootbell/cloudtrail:rootbell-root-use",
            "trail.stop:rootbell",
            "trail.delete:rootbell",
            "role.policy.delete:rootbell-cloudtrail-to-logs-eu-west-1",
            "role.delete:rootbell-cloudtrail-to-logs-eu-west-1",
        ]
    );
    assert_eq!(row(&plan, ResourceKind::LogGroup).action, Action::Keep);
    assert_eq!(row(&plan, ResourceKind::Bucket).action, Action::Keep);
}

#[test]
fn deleting_the_logs_states_their_number_and_size() {
    let plan = teardown(&[created()], true);
    assert_eq!(row(&plan, ResourceKind::LogFiles).detail, "3 objects, 4.2 MB, all versions");
    assert_eq!(ids(&plan).last().map(String::as_str), Some("bucket.delete:rootbell-123456789012-eu-west-1"));
}

#[test]
fn deleting_the_log_group_names_the_filters_of_others_that_disappear_with_it() {
    let mut chain = created();
    let detail = |chain: &Chain| {
        let plan = teardown(std::slice::from_ref(chain), true);
        row(&plan, ResourceKind::LogGroup).detail.clone()
    };
    assert!(!detail(&chain).contains("unmanaged"), "{}", detail(&chain));
    let filters = chain.observed.filters.as_mut().unwrap();
    for name in ["access-keys", "no-mfa"] {
        let metric = Metric::new("LogMetrics", name);
        filters.push(MetricFilter { name: name.into(), metric, ..MetricFilter::default() });
    }
    let said = detail(&chain);
    assert!(
        said.ends_with("and any subscription filter; and 2 unmanaged metric filters: `access-keys`, `no-mfa`"),
        "{said}"
    );
    // Without the logs, the log group and their filters stay.
    let kept = teardown(std::slice::from_ref(&chain), false);
    assert!(!row(&kept, ResourceKind::LogGroup).detail.contains("unmanaged"));
}

#[test]
fn every_change_comes_after_its_dependencies_and_ids_are_unique() {
    let plan = teardown(&[created()], true);
    let mut before = BTreeSet::new();
    for change in plan.changes() {
        for need in plan.needs(change) {
            assert!(before.contains(&need), "{} before {need}", change.id());
        }
        assert!(before.insert(change.id()), "{}", change.id());
    }
    let needs = |start: &str| plan.needs(plan.changes().find(|c| c.id().to_string().starts_with(start)).unwrap()).len();
    assert_eq!((needs("topic.delete"), needs("bucket.delete"), needs("log_group.delete")), (2, 2, 2));
}

#[test]
fn untagged_resources_are_kept_and_only_our_statements_and_filter_are_removed() {
    let mut chain = created();
    chain.managed = Managed::nothing();
    if let Ok(Some(role)) = &mut chain.observed.role {
        role.tags.clear();
    }
    if let Ok(BucketLookup::Owned(bucket)) = &mut chain.observed.bucket {
        bucket.tags = vec![("rootbell".into(), "theirs".into())];
    }
    let plan = teardown(&[chain], true);
    // The trail is kept, and so is what it uses.
    assert_eq!(ids(&plan), ["topic.policy", "filter.delete:rootbell/cloudtrail:rootbell-root-use"]);
    assert_eq!(row(&plan, ResourceKind::Role).detail, "the trail `rootbell` uses it");
    assert_eq!(row(&plan, ResourceKind::Bucket).detail, "the trail `rootbell` writes to it");
    assert_eq!(row(&plan, ResourceKind::Alarm).detail, "unmanaged");
}

#[test]
fn an_unmanaged_filter_is_kept_even_with_the_same_pattern() {
    let mut chain = created();
    let mut theirs = chain.observed.filters.as_ref().unwrap()[0].clone();
    theirs.name = "cis-3-3".into();
    theirs.metric.namespace = "LogMetrics".into();
    chain.observed.filters = Ok(vec![theirs]);
    assert!(!ids(&teardown(&[chain], true)).iter().any(|id| id.starts_with("filter")));
}

#[test]
fn only_the_deleted_topic_is_removed_from_an_unmanaged_alarm() {
    let mut chain = created();
    chain.managed.alarms = Ok(Vec::new());
    let alarm = &mut chain.observed.alarms.as_mut().unwrap()[0];
    alarm.config.actions.push("arn:aws:sns:eu-west-1:123456789012:ops".into());
    alarm.config.threshold = 7.0;
    alarm.config.actions_enabled = false;
    let before = alarm.clone();
    let plan = teardown(&[chain], false);
    let put = plan.changes().find(|change| change.id().to_string() == "alarm.put").unwrap();
    let Change::PutMetricAlarm { alarm, config, .. } = put else { panic!("{put:?}") };
    assert_eq!(*alarm, before.name);
    assert_eq!(**config, AlarmConfig { actions: before.config.actions[1..].to_vec(), ..before.config });
    let topic = plan.changes().find(|change| change.id().to_string().starts_with("topic.delete")).unwrap();
    assert!(plan.needs(topic).iter().any(|id| id.to_string() == "alarm.put"), "the alarm is updated first");
}

#[test]
fn resources_that_another_trail_uses_are_kept() {
    let mut chain = created();
    let mut other = chain.observed.trail.as_ref().unwrap().trail.clone();
    other.name = "second".into();
    other.arn = other.arn.replace("/rootbell", "/second").into();
    chain.observed.trails.as_mut().unwrap().push(other);
    let plan = teardown(&[chain], true);
    assert!(ids(&plan).contains(&"trail.delete:rootbell".to_owned()));
    for thing in [ResourceKind::Role, ResourceKind::LogGroup, ResourceKind::Bucket] {
        assert_eq!(row(&plan, thing).action, Action::Keep, "{thing}");
        assert!(row(&plan, thing).detail.contains("`second`"), "{thing}");
    }
}

#[test]
fn anything_unreadable_blocks_the_teardown() {
    let mut chain = created();
    chain.managed.topic = Err(Problem::new("No.", Fix::advice("Ask.")));
    let plan = teardown(&[chain.clone(), chain], true);
    assert_eq!((plan.rows.len(), plan.blocked), (0, vec![(Step::Trail, Problem::new("No.", Fix::advice("Ask.")))]));
}

#[test]
fn an_empty_account_has_nothing_to_delete() {
    let observed = Observed::nothing();
    let chain =
        Chain { settings: settings(&SetupOptions::default(), &observed), observed, managed: Managed::nothing() };
    assert_eq!(teardown(&[chain], true), Plan::default());
}

#[test]
fn sizes_use_the_largest_fitting_unit() {
    let amount_of = |objects, bytes| amount(Contents { objects, bytes });
    assert_eq!(amount_of(0, 0), "0 objects, 0 bytes");
    assert_eq!(amount_of(1, 999), "1 object, 999 bytes");
    assert_eq!(amount_of(1_234, 1_000), "1,234 objects, 1.0 kB");
    assert_eq!(amount_of(1_234_567, 25_340_000), "1,234,567 objects, 25.3 MB");
    assert_eq!(amount_of(12, 7_000_000_000_000), "12 objects, 7.0 TB");
    assert_eq!(amount_of(12, u64::MAX), "12 objects, 18446744.0 TB");
}
