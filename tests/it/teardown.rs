//! The teardown deletes the setup without a trace, whatever changed since and wherever an earlier teardown was stopped,
//! and changes nothing that is unmanaged.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rootbell::cli::fix::{fix_text, problem_text};
use rootbell::cloud::demo::account::{Account, Bucket, LogGroup, Role, Topic, Trail};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::cloud::{Cloud, ErrorKind};
use rootbell::domain::alarm::{AlarmConfig, Metric};

use rootbell::domain::change::{ChangeId, ResourceKind};
use rootbell::domain::observed::{self, Confirmation, MetricFilter};
use rootbell::domain::plan::teardown::teardown;
use rootbell::domain::policy::PolicyDocument;
use rootbell::domain::{Action, Change, Plan, Region, SetupOptions};
use rootbell::engine;
use serde_json::json;

use crate::properties::{EMAIL, accounts, cloud, in_virtual_time, region_mut, set_up, setup_options};

async fn teardown_plan(cloud: &DemoCloud, setup: &SetupOptions, logs: bool) -> Plan {
    let identity = cloud.identity().await.unwrap();
    let region = cloud.snapshot().region;
    let chains = engine::teardown::managed_chains(cloud, &identity, &Region::new(region.as_str()), setup, logs).await;
    teardown(&chains, logs)
}

/// Runs the teardown once, and returns the plan after that.
async fn tear_down(cloud: &DemoCloud, setup: &SetupOptions, logs: bool) -> Plan {
    let plan = teardown_plan(cloud, setup, logs).await;
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    assert!(plan.blocked.is_empty() && report.succeeded(), "{:?} {report:?}", plan.blocked);
    teardown_plan(cloud, setup, logs).await
}

/// Confirms the subscription, and adds log files to the bucket.
fn add_log_files_and_confirm(cloud: &DemoCloud, email: &str) {
    cloud.confirm(&email.into());
    cloud.modify(|account| {
        account.buckets.values_mut().for_each(|bucket| (bucket.objects, bucket.bytes) = (2_500, 1_000_000));
    });
}

/// Adds resources unrelated to rootbell, some of them with similar names.
fn add_unrelated_resources(account: &mut Account) {
    let bucket = Bucket { objects: 3, bytes: 9, ..Bucket::default() };
    account.buckets.insert("rootbell-backup".into(), bucket);
    account.roles.insert("rootbell-deployer".into(), Role::default());
    let other = "arn:aws:sns:eu-west-1:123456789012:ops";
    let alarm =
        AlarmConfig { metric: Metric::new("app", "Errors"), actions: vec![other.into()], ..AlarmConfig::default() };
    region_mut(account).alarms.insert("app-errors".into(), alarm.into());
    let mut topic = Topic::default();
    topic.tags.insert("rootbell".into(), "not managed".into());
    region_mut(account).topics.insert("ops".into(), topic);
    let filter = MetricFilter {
        pattern: "{ $.level = \"ERROR\" }".into(),
        metric: Metric::new("app", "Errors"),
        ..MetricFilter::default()
    };
    let group = LogGroup { filters: [("errors".to_owned(), filter)].into(), ..LogGroup::default() };
    region_mut(account).log_groups.insert("app".into(), group);
}

/// A generated account without rootbell's resources.
fn without_managed(mut account: Account) -> Account {
    account.buckets.retain(|name, _| name == "rootbell-backup");
    account.roles.retain(|name, _| name == "rootbell-deployer");
    let region = region_mut(&mut account);
    region.trails.retain(|name, _| name == "theirs");
    region.log_groups.retain(|name, _| name == "app");
    region.topics.retain(|name, _| name == "ops");
    region.alarms.retain(|name, _| name == "app-errors");
    account.without_times()
}

/// A fixed seed gives the same cases on every machine.
const SEED: proptest::test_runner::RngSeed = proptest::test_runner::RngSeed::Fixed(43);

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: SEED, ..ProptestConfig::default() })]

    #[test]
    fn after_setup_and_teardown_the_account_is_as_before((drifts, mut account) in accounts()) {
        add_unrelated_resources(&mut account);
        let wanted = without_managed(account.clone());
        let cloud = cloud(account);
        in_virtual_time(async {
            set_up(&cloud, &setup_options()).await;
            add_log_files_and_confirm(&cloud, EMAIL);
            let objects = cloud.snapshot().buckets["rootbell-backup"].objects;
            let remaining_plan = tear_down(&cloud, &SetupOptions::default(), true).await;
            prop_assert!(remaining_plan.is_empty(), "{:?}: {:?}", drifts, remaining_plan.changes().collect::<Vec<_>>());
            prop_assert_eq!(cloud.snapshot().buckets["rootbell-backup"].objects, objects);
            cloud.modify(|a| { a.buckets.get_mut("rootbell-backup").into_iter().for_each(|b| (b.objects, b.bytes) = (3, 9)); });
            prop_assert_eq!(cloud.snapshot().without_times(), wanted, "{:?}", drifts);
            Ok(())
        })?;
    }

    #[test]
    fn a_teardown_stopped_anywhere_and_rerun_leaves_nothing_behind((drifts, account) in accounts(), stop in 0usize..14) {
        let wanted = without_managed(account.clone());
        let cloud = cloud(account);
        in_virtual_time(async {
            set_up(&cloud, &setup_options()).await;
            add_log_files_and_confirm(&cloud, EMAIL);
            let plan = teardown_plan(&cloud, &SetupOptions::default(), true).await;
            for (change, region) in plan.changes_in_regions().take(stop) {
                cloud.apply(region, change).await.unwrap();
            }
            let remaining_plan = tear_down(&cloud, &SetupOptions::default(), true).await;
            prop_assert!(remaining_plan.is_empty(), "{:?} stopped after {}: {:?}", drifts, stop, remaining_plan);
            prop_assert_eq!(cloud.snapshot().without_times(), wanted, "{:?} stopped after {}", drifts, stop);
            Ok(())
        })?;
    }
}

/// Unmanaged resources that a setup can use: a name, how to add them, and the option that selects them.
type Adopted = (&'static str, fn(&mut Account), fn(&mut SetupOptions));

const ADOPTED: &[Adopted] = &[
    (
        "a trail without a log group",
        |a| {
            let trail = Trail {
                config: observed::Trail {
                    multi_region: true,
                    log_file_validation: true,
                    bucket: "audit".into(),
                    ..observed::Trail::default()
                },
                logging: true,
                ..Trail::default()
            };
            region_mut(a).trails.insert("audit".into(), trail);
        },
        |w| w.trail = Some("audit".into()),
    ),
    (
        "a bucket with a policy",
        |a| {
            let policy = json!({ "Version": "2008-10-17", "Id": "theirs", "Statement": [{ "Sid": "Theirs", "Effect": "Deny",
                "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": "arn:aws:s3:::theirs" }] });
            a.buckets.insert("theirs".into(), bucket_like_ours(Some(policy.into())));
        },
        |w| w.bucket = Some("theirs".into()),
    ),
    (
        "a bucket without a policy",
        |a| {
            a.buckets.insert("bare".into(), bucket_like_ours(None));
        },
        |w| w.bucket = Some("bare".into()),
    ),
    (
        "a topic that only its owner may use",
        |a| {
            let policy = json!({ "Version": "2008-10-17", "Statement": [{ "Sid": "Theirs", "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "SNS:Publish", "Resource": "*" }] });
            region_mut(a).topics.insert(
                "oncall".into(),
                Topic::from(observed::Topic { policy: Some(policy.into()), ..observed::Topic::default() }),
            );
        },
        |w| w.topic = Some("oncall".into()),
    ),
    (
        "a log group",
        |a| {
            region_mut(a).log_groups.insert(
                "central".into(),
                LogGroup::from(observed::LogGroup {
                    retention_days: rootbell::domain::RetentionDays::Days(400),
                    ..observed::LogGroup::default()
                }),
            );
        },
        |w| w.log_group = Some("central".into()),
    ),
    (
        "a role",
        |a| {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "Theirs", "Effect": "Allow",
                "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
            a.roles.insert(
                "theirs".into(),
                Role::from(observed::Role { trust: trust.into(), ..observed::Role::default() }),
            );
        },
        |w| w.role = Some("theirs".into()),
    ),
    (
        "custom names",
        |_| {},
        |w| {
            w.trail = w.trail.take().or(Some("mine".into()));
            w.topic = w.topic.take().or(Some("mine".into()));
            (w.filter, w.alarm) = (Some("mine".into()), Some("mine".into()));
        },
    ),
];

/// A bucket with rootbell's own settings, so that it finds nothing to repair.
fn bucket_like_ours(policy: Option<PolicyDocument>) -> Bucket {
    Bucket {
        config: observed::Bucket {
            policy,
            owner_enforced: true,
            public_blocked: true,
            versioned: true,
            ..observed::Bucket::default()
        },
        region: "eu-west-1".into(),
        ..Bucket::default()
    }
}

fn adopting() -> impl Strategy<Value = (Vec<&'static str>, Account, SetupOptions)> {
    let is_possible = |all: &Vec<Adopted>| {
        let includes = |start: &str| all.iter().any(|(name, _, _)| name.starts_with(start));
        // An existing trail keeps its bucket. And if trail, log group, and role are all unmanaged, nothing shows that
        // rootbell connected them, so they stay connected.
        !(includes("a trail") && (includes("a bucket") || (includes("a log group") && includes("a role"))))
    };
    proptest::sample::subsequence(ADOPTED, 0..=ADOPTED.len()).prop_filter("apply would refuse", is_possible).prop_map(
        |all| {
            let (mut account, mut setup) = (Account::default(), setup_options());
            add_unrelated_resources(&mut account);
            for (_, add, select) in &all {
                add(&mut account);
                select(&mut setup);
            }
            (all.into_iter().map(|(name, _, _)| name).collect(), account, setup)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: SEED, ..ProptestConfig::default() })]

    #[test]
    fn adopted_resources_get_their_previous_settings_back((names, account, setup) in adopting(), stop in 0usize..14) {
        let before = account.clone().without_times();
        let cloud = cloud(account);
        in_virtual_time(async {
            set_up(&cloud, &setup).await;
            cloud.confirm(&EMAIL.into());
            // Stop the teardown once on the way.
            let plan = teardown_plan(&cloud, &setup, true).await;
            for (change, region) in plan.changes_in_regions().take(stop) {
                cloud.apply(region, change).await.unwrap();
            }
            let remaining_plan = tear_down(&cloud, &setup, true).await;
            prop_assert!(remaining_plan.is_empty(), "{:?}: {:?}", names, remaining_plan.changes().collect::<Vec<_>>());
            prop_assert_eq!(cloud.snapshot().without_times(), before, "{:?}", names);
            Ok(())
        })?;
    }
}

#[test]
fn each_adopted_resource_alone_gets_its_previous_settings_back() {
    for (name, add, select) in ADOPTED {
        let (mut account, mut setup) = (Account::default(), setup_options());
        add(&mut account);
        select(&mut setup);
        let before = account.clone().without_times();
        let cloud = cloud(account);
        in_virtual_time(async {
            set_up(&cloud, &setup).await;
            assert_ne!(cloud.snapshot().without_times(), before, "{name}");
            cloud.confirm(&EMAIL.into());
            let remaining_plan = tear_down(&cloud, &setup, true).await;
            assert!(remaining_plan.is_empty(), "{name}: {remaining_plan:?}");
        });
        assert_eq!(cloud.snapshot().without_times(), before, "{name}");
    }
}

#[test]
fn logs_are_kept_by_default_and_reused_by_a_new_setup() {
    let cloud = cloud(Account::default());
    in_virtual_time(async {
        set_up(&cloud, &setup_options()).await;
        add_log_files_and_confirm(&cloud, EMAIL);
        let remaining_plan = tear_down(&cloud, &SetupOptions::default(), false).await;
        assert!(remaining_plan.is_empty(), "{remaining_plan:?}");
        let account = cloud.snapshot();
        assert_eq!(account.buckets["rootbell-123456789012-eu-west-1"].objects, 2_500);
        assert_eq!(
            account.regions["eu-west-1"].log_groups["rootbell/cloudtrail"].config.retention_days,
            rootbell::domain::RetentionDays::Days(365)
        );
        assert!(account.roles.is_empty() && account.regions["eu-west-1"].trails.is_empty());
        assert!(set_up(&cloud, &setup_options()).await.is_empty());
        assert!(tear_down(&cloud, &SetupOptions::default(), true).await.is_empty());
        assert_eq!(cloud.snapshot().without_times(), Account::default().without_times());
    });
}

#[test]
fn log_files_are_counted_only_when_they_would_be_deleted() {
    let cloud = cloud(Account::default().set_up_for(&[EMAIL]).unwrap());
    in_virtual_time(async {
        teardown_plan(&cloud, &SetupOptions::default(), false).await;
        assert!(!cloud.calls().contains(&"ListObjectVersions".to_owned()), "{:?}", cloud.calls());
        teardown_plan(&cloud, &SetupOptions::default(), true).await;
        assert!(cloud.calls().contains(&"ListObjectVersions".to_owned()), "{:?}", cloud.calls());
    });
}

#[test]
fn only_a_teardown_reads_tags_and_bucket_contents() {
    let cloud = cloud(Account::default());
    in_virtual_time(set_up(&cloud, &setup_options()));
    for call in cloud.calls() {
        assert!(!["ListTags", "ListTagsForResource", "ListObjectVersions"].contains(&call.as_str()), "{call}");
    }
}

#[test]
fn a_denied_change_skips_what_needs_it_and_the_next_run_completes_the_teardown() {
    let all = {
        let cloud = cloud(Account::default());
        in_virtual_time(async {
            set_up(&cloud, &setup_options()).await;
            add_log_files_and_confirm(&cloud, EMAIL);
            teardown_plan(&cloud, &SetupOptions::default(), true).await
        })
    };
    // Of these, two for each of three event rules, and two for the role of one of them.
    assert_eq!(all.changes().count(), 19, "{:?}", all.changes().map(Change::id).collect::<Vec<_>>());
    for change in all.changes() {
        let cloud = cloud(Account::default());
        in_virtual_time(async {
            set_up(&cloud, &setup_options()).await;
            add_log_files_and_confirm(&cloud, EMAIL);
            let operation = change.operation().name;
            cloud.inject_fault(operation, InjectedFault::Deny);
            let report = engine::run(&cloud, &all, None, &|_| {}).await;
            // There are several event rules, and two roles.
            let is_of_operation =
                |id: &ChangeId| all.changes().any(|c| c.id() == *id && c.operation().name == operation);
            assert!(report.failed.iter().all(|(id, _)| is_of_operation(id)), "{operation}: {report:?}");
            let (_, error) = report.failed.iter().find(|(id, _)| *id == change.id()).unwrap();
            assert_eq!(error.kind, ErrorKind::AccessDenied);
            // The fix names the missing permission and the resource.
            let arn = &change.arns(&cloud.snapshot().in_region(&Region::new("eu-west-1")))[0];
            assert!(fix_text(&error.fix()).contains(&format!(r#""Resource":"{arn}""#)), "{}", fix_text(&error.fix()));
            // Exactly the changes that need it are skipped.
            let skipped: BTreeSet<&ChangeId> = report.skipped.iter().collect();
            let failed = |id: &ChangeId| report.failed.iter().any(|(other, _)| other == id);
            for other in all.changes().filter(|c| !failed(&c.id())) {
                let needs_failed_change = all.needs(other).iter().any(|need| failed(need) || skipped.contains(need));
                assert_eq!(skipped.contains(&other.id()), needs_failed_change, "{operation} and {}", other.id());
            }
            cloud.clear_fault(operation);
            assert!(tear_down(&cloud, &SetupOptions::default(), true).await.is_empty(), "{operation}");
            assert_eq!(cloud.snapshot().without_times(), Account::default().without_times(), "{operation}");
        });
    }
}

#[test]
fn a_resource_deleted_by_somebody_else_counts_as_done() {
    let cloud = cloud(Account::default());
    in_virtual_time(async {
        set_up(&cloud, &setup_options()).await;
        add_log_files_and_confirm(&cloud, EMAIL);
        let plan = teardown_plan(&cloud, &SetupOptions::default(), true).await;
        assert!(tear_down(&cloud, &SetupOptions::default(), true).await.is_empty());
        let report = engine::run(&cloud, &plan, None, &|_| {}).await;
        assert!(report.succeeded(), "{report:?}");
    });
}

#[test]
fn a_tag_that_cannot_be_read_blocks_the_teardown_and_says_why() {
    for operation in ["ListTags", "ListTagsForResource", "GetRole", "HeadBucket", "ListObjectVersions"] {
        let cloud = cloud(Account::default().set_up_for(&[EMAIL]).unwrap());
        cloud.inject_fault(operation, InjectedFault::Deny);
        let plan = in_virtual_time(teardown_plan(&cloud, &SetupOptions::default(), true));
        assert!(plan.is_empty() && plan.rows.is_empty(), "{operation}: {plan:?}");
        assert!(problem_text(&plan.blocked[0].1).contains(operation), "{operation}: {:?}", plan.blocked);
    }
}

#[test]
fn a_trail_with_a_custom_name_and_unreadable_tags_is_not_treated_as_unmanaged() {
    let cloud = cloud(Account::default());
    let named = SetupOptions { trail: Some("mine".into()), ..setup_options() };
    in_virtual_time(async {
        set_up(&cloud, &named).await;
        cloud.inject_fault("ListTags", InjectedFault::Deny);
        let plan = teardown_plan(&cloud, &SetupOptions::default(), false).await;
        assert!(plan.rows.is_empty() && problem_text(&plan.blocked[0].1).contains("ListTags"), "{plan:?}");
        cloud.clear_fault("ListTags");
        cloud.confirm(&EMAIL.into());
        assert!(tear_down(&cloud, &SetupOptions::default(), true).await.is_empty());
    });
    assert_eq!(cloud.snapshot().without_times(), Account::default().without_times());
}

#[test]
fn a_setup_in_another_region_is_not_touched() {
    let made = cloud(Account::default().set_up_for(&[EMAIL]).unwrap());
    let before = made.snapshot().without_times();
    let elsewhere = made.in_region(&Region::new("us-east-1"));
    in_virtual_time(async {
        let identity = elsewhere.identity().await.unwrap();
        let chains = engine::teardown::managed_chains(
            &elsewhere,
            &identity,
            &Region::new("us-east-1"),
            &SetupOptions::default(),
            true,
        )
        .await;
        let plan = teardown(&chains, true);
        assert!(plan.is_empty(), "{plan:?}");
        let trail = plan.rows.iter().find(|row| row.resource == ResourceKind::Trail).unwrap();
        assert_eq!(
            rootbell::cli::fix::row_detail(trail),
            "home Region is eu-west-1: delete it there (--region eu-west-1)"
        );
    });
    assert_eq!(made.snapshot().without_times(), before);
}

#[test]
fn an_organization_trail_and_its_dependents_are_kept() {
    let mut account = Account::default();
    let trail = Trail {
        config: observed::Trail {
            organization: true,
            multi_region: true,
            bucket: "org".into(),
            log_group_arn: Some("arn:aws:logs:eu-west-1:210987654321:log-group:org:*".into()),
            ..observed::Trail::default()
        },
        owner: Some("210987654321".into()),
        logging: true,
        ..Trail::default()
    };
    region_mut(&mut account).trails.insert("org".into(), trail);
    let before = account.clone().without_times();
    let cloud = cloud(account);
    in_virtual_time(async {
        set_up(&cloud, &setup_options()).await;
        cloud.confirm(&EMAIL.into());
        assert!(tear_down(&cloud, &SetupOptions::default(), true).await.is_empty());
    });
    assert_eq!(cloud.snapshot().without_times(), before);
}

#[test]
fn a_pending_subscription_outlives_its_topic_for_two_days_at_most() {
    let cloud = cloud(Account::default());
    in_virtual_time(async {
        set_up(&cloud, &setup_options()).await;
        let plan = teardown_plan(&cloud, &SetupOptions::default(), true).await;
        let row = plan.rows.iter().find(|row| row.resource == ResourceKind::Subscription).unwrap();
        assert_eq!(row.action, Action::Keep);
        assert!(row.detail.contains("within a few days"), "{row:?}");
        tear_down(&cloud, &SetupOptions::default(), true).await;
        let orphans = &cloud.snapshot().regions["eu-west-1"].orphans;
        assert_eq!((orphans.len(), orphans[0].config.state), (1, Confirmation::Pending));
    });
}

#[test]
fn deleting_in_the_wrong_order_fails_or_orphans_a_subscription() {
    let cloud = cloud(Account::default());
    in_virtual_time(async {
        set_up(&cloud, &setup_options()).await;
        add_log_files_and_confirm(&cloud, EMAIL);
        let plan = teardown_plan(&cloud, &SetupOptions::default(), true).await;
        let change_with_id = |id: &str| plan.changes().find(|c| c.id().to_string().starts_with(id)).unwrap();
        let region = Region::new("eu-west-1");
        assert_eq!(cloud.apply(&region, change_with_id("role.delete")).await.unwrap_err().kind, ErrorKind::Other);
        assert_eq!(cloud.apply(&region, change_with_id("bucket.delete")).await.unwrap_err().kind, ErrorKind::Other);
        cloud.apply(&region, change_with_id("topic.delete")).await.unwrap();
        let orphans = &cloud.snapshot().regions["eu-west-1"].orphans;
        assert_eq!(
            (orphans.len(), orphans[0].config.state),
            (1, Confirmation::Confirmed),
            "nothing can delete it any more"
        );
    });
}
