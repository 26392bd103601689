use crate::domain::role_purpose::RolePurpose;
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::cloud::OrganizationProblem;
use crate::domain::arn::Arn;
use crate::domain::change::TrailUpdate;
use crate::domain::observed::{self, AlarmState, Confirmation};
use crate::domain::pattern::CIS_PATTERN;
use crate::domain::plan::plan;
use crate::domain::policy::PolicyDocument;
use crate::domain::samples::SAMPLES;
use crate::domain::{Observed, Region, Settings, SetupOptions};

mod calls;
mod scenarios;

const EMAIL: &str = "alice@example.com";

fn clock() -> ManualClock {
    ManualClock::at("2026-11-23T08:00:00Z".parse::<Timestamp>().unwrap())
}

fn demo(account: Account) -> (DemoCloud, ManualClock) {
    let clock = clock();
    (DemoCloud::new(account, clock.clock()), clock)
}

fn home() -> Region {
    Region::new("eu-west-1")
}

fn us_east_1() -> Region {
    Region::new("us-east-1")
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// All changes of a first setup.
fn changes(account: &Account) -> Vec<Change> {
    changes_in_regions(account).into_iter().map(|(change, _)| change).collect()
}

fn changes_in_regions(account: &Account) -> Vec<(Change, Region)> {
    let setup = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let nothing = Observed::nothing();
    let settings = Settings::resolve(&account.identity(), &Region::new(account.region.as_str()), &setup, &nothing);
    let plan = plan(&settings, &nothing);
    plan.changes_in_regions().map(|(change, region)| (change.clone(), region.clone())).collect()
}

fn change(id: &str) -> Change {
    changes(&Account::default()).into_iter().find(|change| change.id().to_string().starts_with(id)).unwrap()
}

async fn apply_until(cloud: &DemoCloud, id: &str) {
    for change in changes(&Account::default()) {
        if change.id().to_string().starts_with(id) {
            return;
        }
        cloud.apply(&home(), &change).await.unwrap();
    }
}

fn kind<T: std::fmt::Debug>(answer: Answer<T>) -> ErrorKind {
    answer.unwrap_err().kind
}

fn trail_arn() -> Arn {
    Account::default().in_region(&Region::new("eu-west-1")).trail_arn("rootbell")
}

fn topic_arn() -> Arn {
    Account::default().in_region(&Region::new("eu-west-1")).topic_arn("rootbell-alerts")
}

#[test]
fn a_first_setup_succeeds_and_queries_return_what_it_created() {
    run(async {
        let (cloud, _) = demo(Account::default());
        for (change, region) in changes_in_regions(&Account::default()) {
            cloud.apply(&region, &change).await.unwrap();
        }
        let trail = cloud.trails(&home()).await.unwrap().remove(0);
        assert_eq!((trail.arn.as_str(), trail.multi_region), (trail_arn().as_str(), true));
        assert!(cloud.trail_status(&home(), &trail.arn).await.unwrap().logging);
        assert_eq!(cloud.metric_filters(&home(), "rootbell/cloudtrail").await.unwrap()[0].pattern, CIS_PATTERN);
        let alarm = cloud.alarm(&home(), "rootbell-root-use").await.unwrap().unwrap();
        assert_eq!(cloud.describe_alarms_for_metric(&home(), &alarm.config.metric).await.unwrap(), [alarm]);
        assert_eq!(cloud.snapshot().without_times(), Account::default().set_up_with_events_for(&[EMAIL]).unwrap());
    });
}

#[test]
fn creating_an_existing_resource_fails_except_for_an_owned_bucket_and_an_identical_topic() {
    run(async {
        let (cloud, _) = demo(Account::default().set_up_with_events_for(&[EMAIL]).unwrap());
        let before = cloud.snapshot().without_times();
        for (id, expected) in [
            ("bucket.create", None),
            ("log_group.create", Some(ErrorKind::AlreadyExists)),
            ("role.create", Some(ErrorKind::AlreadyExists)),
            ("trail.create", Some(ErrorKind::AlreadyExists)),
            ("topic.create", None),
        ] {
            assert_eq!(cloud.apply(&home(), &change(id)).await.err().map(|e| e.kind), expected, "{id}");
        }
        assert_eq!(cloud.snapshot().without_times(), before);
        let other = Change::CreateTopic { topic: "rootbell-alerts".into(), policy: PolicyDocument::default() };
        assert_eq!(kind(cloud.apply(&home(), &other).await), ErrorKind::Invalid);
    });
}

#[test]
fn a_change_fails_if_a_resource_it_needs_does_not_exist() {
    run(async {
        let (cloud, _) = demo(Account::default());
        for (id, expected) in [
            ("bucket.policy", ErrorKind::EventualConsistency),
            ("log_group.retention", ErrorKind::NotFound),
            ("role.policy", ErrorKind::EventualConsistency),
            ("trail.start", ErrorKind::EventualConsistency),
            ("subscription", ErrorKind::NotFound),
            ("filter", ErrorKind::NotFound),
        ] {
            assert_eq!(kind(cloud.apply(&home(), &change(id)).await), expected, "{id}");
        }
        assert_eq!(cloud.snapshot().without_times(), Account::default());
        assert_eq!(kind(cloud.trail_status(&home(), &trail_arn()).await), ErrorKind::NotFound);
        assert_eq!(cloud.topic(&home(), &topic_arn()).await.unwrap(), None);
        assert_eq!(cloud.subscriptions(&home(), &topic_arn()).await.unwrap(), []);
        assert_eq!(cloud.metric_filters(&home(), "rootbell/cloudtrail").await.unwrap(), []);
    });
}

#[test]
fn create_trail_checks_its_parameters_in_the_order_that_aws_does() {
    run(async {
        let (cloud, _) = demo(Account::default());
        let trail = |name: &str| match change("trail.create") {
            Change::CreateTrail { bucket, delivery, .. } => {
                Change::CreateTrail { trail: name.into(), bucket, delivery }
            }
            other => other,
        };
        let assert_rejected = async |name: &str, expected: ErrorKind, word: &str| {
            let error = cloud.apply(&home(), &trail(name)).await.unwrap_err();
            assert_eq!(error.kind, expected, "{error:?}");
            assert!(error.message.contains(word), "{error:?}");
        };
        assert_rejected("a trail", ErrorKind::Invalid, "cannot have spaces").await;
        assert_rejected("rootbell", ErrorKind::EventualConsistency, "does not exist").await;
        cloud.apply(&home(), &change("bucket.create")).await.unwrap();
        assert_rejected("rootbell", ErrorKind::EventualConsistency, "bucket policy").await;
        cloud.apply(&home(), &change("bucket.policy")).await.unwrap();
        assert_rejected("another", ErrorKind::EventualConsistency, "bucket policy").await;
        assert_rejected("rootbell", ErrorKind::EventualConsistency, "log group").await;
        cloud.apply(&home(), &change("log_group.create")).await.unwrap();
        assert_rejected("rootbell", ErrorKind::EventualConsistency, "role").await;
        cloud.apply(&home(), &change("role.create")).await.unwrap();
        assert_rejected("rootbell", ErrorKind::EventualConsistency, "role").await;
        cloud.apply(&home(), &change("role.policy")).await.unwrap();
        cloud.apply(&home(), &trail("rootbell")).await.unwrap();
    });
}

#[test]
fn a_new_role_and_a_new_bucket_policy_take_time_to_propagate() {
    run(async {
        let timing = account::Timing { role_ready_after: 8, bucket_policy_ready_after: 3, ..Default::default() };
        let (cloud, clock) = demo(Account { timing, ..Account::default() });
        apply_until(&cloud, "trail.create").await;
        let create = change("trail.create");
        for (waited, word) in [(0, "bucket"), (2, "bucket"), (1, "role"), (4, "role")] {
            clock.advance(waited);
            let error = cloud.apply(&home(), &create).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::EventualConsistency);
            assert!(error.message.contains(word), "{error:?}");
        }
        clock.advance(1);
        cloud.apply(&home(), &create).await.unwrap();
    });
}

#[test]
fn a_region_can_have_five_trails_including_shadow_trails() {
    run(async {
        let mut account = Account::default();
        for (i, region) in ["eu-west-1", "eu-west-1", "us-east-1", "us-east-1", "us-east-1"].into_iter().enumerate() {
            let trail = observed::Trail { multi_region: i != 4, ..observed::Trail::default() };
            account.region_mut(region).trails.insert(format!("trail{i}"), trail.into());
        }
        let (cloud, _) = demo(account);
        apply_until(&cloud, "trail.create").await;
        assert_eq!(cloud.trails(&home()).await.unwrap().len(), 4);
        cloud.modify(|account| {
            account.region_mut("us-east-1").trails.get_mut("trail4").unwrap().config.multi_region = true;
        });
        assert_eq!(kind(cloud.apply(&home(), &change("trail.create")).await), ErrorKind::Quota);
    });
}

#[test]
fn a_new_trail_logs_only_after_it_is_started_and_delivers_after_a_delay() {
    run(async {
        let timing = account::Timing { delivers_after: 300, ..Default::default() };
        let (cloud, clock) = demo(Account { timing, ..Account::default() });
        apply_until(&cloud, "trail.start").await;
        clock.advance(1000);
        let status = cloud.trail_status(&home(), &trail_arn()).await.unwrap();
        assert_eq!((status.logging, status.logs_delivery, status.logs_error), (false, None, None));
        cloud.apply(&home(), &change("trail.start")).await.unwrap();
        clock.advance(299);
        assert_eq!(cloud.trail_status(&home(), &trail_arn()).await.unwrap().logs_delivery, None);
        clock.advance(1);
        assert_eq!(cloud.trail_status(&home(), &trail_arn()).await.unwrap().logs_delivery, Some(clock.now()));
        clock.advance(86_400);
        let status = cloud.trail_status(&home(), &trail_arn()).await.unwrap();
        assert_eq!(clock.now().duration_since(status.logs_delivery.unwrap()).as_secs(), 180);
    });
}

#[test]
fn a_trail_reports_a_delivery_error_if_its_role_or_log_group_is_deleted() {
    run(async {
        let (cloud, _) = demo(Account::default().set_up_for(&[EMAIL]).unwrap());
        cloud.modify(|account| account.roles.clear());
        let status = cloud.trail_status(&home(), &trail_arn()).await.unwrap();
        assert_eq!((status.logs_delivery, status.logs_error.as_deref()), (None, Some("AccessDenied")));
        cloud.modify(|account| account.region_mut("eu-west-1").log_groups.clear());
        let status = cloud.trail_status(&home(), &trail_arn()).await.unwrap();
        assert_eq!(status.logs_error.as_deref(), Some("ResourceNotFoundException"));
    });
}

#[test]
fn a_trail_can_only_be_changed_in_its_home_region_and_by_its_owner() {
    run(async {
        let (cloud, _) = demo(Account::default().set_up_for(&[EMAIL]).unwrap());
        let elsewhere = cloud.in_region(&Region::new("us-east-1"));
        let shadow = elsewhere.trails(&us_east_1()).await.unwrap().remove(0);
        assert_eq!(shadow.home_region, "eu-west-1");
        assert!(elsewhere.trail_status(&us_east_1(), &shadow.arn).await.unwrap().logging);
        for change in
            [change("trail.start"), Change::UpdateTrail { trail: "rootbell".into(), update: TrailUpdate::default() }]
        {
            assert_eq!(kind(elsewhere.apply(&us_east_1(), &change).await), ErrorKind::Invalid);
            cloud.apply(&home(), &change).await.unwrap();
        }
        cloud.modify(|account| {
            let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
            trail.owner = Some("210987654321".into());
        });
        let refused = ErrorKind::Organization(OrganizationProblem::NotManagementAccount);
        assert_eq!(kind(cloud.apply(&home(), &change("trail.start")).await), refused);
    });
}

#[test]
fn stopping_and_starting_a_trail_keeps_the_time_of_its_last_delivery() {
    run(async {
        let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
        account.timing.delivers_after = 300;
        let (cloud, clock) = demo(account);
        let before = cloud.trail_status(&home(), &trail_arn()).await.unwrap();
        assert_eq!(before.started, None);
        cloud.apply(&home(), &Change::StopLogging { trail: "rootbell".into() }).await.unwrap();
        clock.advance(3600);
        cloud.apply(&home(), &change("trail.start")).await.unwrap();
        let restarted = cloud.trail_status(&home(), &trail_arn()).await.unwrap();
        assert_eq!((restarted.started, restarted.logs_delivery), (Some(clock.now()), before.logs_delivery));
        clock.advance(600);
        let delivered = cloud.trail_status(&home(), &trail_arn()).await.unwrap().logs_delivery;
        assert!(delivered > restarted.started, "{delivered:?}");
    });
}

#[test]
fn regions_are_separate_but_roles_and_buckets_are_visible_in_all() {
    run(async {
        let (cloud, _) = demo(Account::default().set_up_for(&[EMAIL]).unwrap());
        let elsewhere = cloud.in_region(&Region::new("us-east-1"));
        assert_eq!(elsewhere.log_group(&us_east_1(), "rootbell/cloudtrail").await.unwrap(), None);
        assert_eq!(elsewhere.alarm(&us_east_1(), "rootbell-root-use").await.unwrap(), None);
        assert_eq!(elsewhere.topic(&us_east_1(), &topic_arn()).await.unwrap(), None);
        assert!(
            elsewhere.role("rootbell-cloudtrail-to-logs-eu-west-1", RolePurpose::Delivery).await.unwrap().is_some()
        );
        let bucket = elsewhere.bucket("rootbell-123456789012-eu-west-1").await.unwrap();
        assert!(matches!(bucket, BucketLookup::Owned(b) if b.versioned && b.public_blocked && b.owner_enforced));
    });
}

#[test]
fn a_bucket_of_another_account_is_forbidden_and_its_name_is_taken() {
    run(async {
        let (cloud, _) = demo(Account { foreign_buckets: vec!["acme-logs".into()], ..Account::default() });
        assert_eq!(cloud.bucket("acme-logs").await.unwrap(), BucketLookup::Forbidden);
        assert_eq!(cloud.bucket("unused").await.unwrap(), BucketLookup::NotFound);
        let create = Change::CreateBucket { bucket: "acme-logs".into() };
        assert_eq!(kind(cloud.apply(&home(), &create).await), ErrorKind::AlreadyExists);
        let modify = Change::PutBucketVersioning { bucket: "acme-logs".into() };
        assert_eq!(kind(cloud.apply(&home(), &modify).await), ErrorKind::AccessDenied);
    });
}

#[test]
fn a_subscription_is_pending_until_it_is_confirmed() {
    run(async {
        let (cloud, clock) = demo(Account::default());
        apply_until(&cloud, "filter").await;
        let subscription = async || cloud.subscriptions(&home(), &topic_arn()).await.unwrap().remove(0);
        assert_eq!((subscription().await.state, subscription().await.arn), (Confirmation::Pending, None));
        cloud.apply(&home(), &change("subscription")).await.unwrap();
        assert_eq!(
            cloud.subscriptions(&home(), &topic_arn()).await.unwrap().len(),
            1,
            "the email is sent again, but the address is not added twice"
        );
        clock.advance(40 * 3600);
        cloud.apply(&home(), &change("subscription")).await.unwrap();
        clock.advance(40 * 3600);
        assert_eq!(cloud.unconfirmed(), [EMAIL], "the second email is valid for another 48 hours");
        cloud.confirm(&"Alice@example.com".into());
        assert_eq!(subscription().await.state, Confirmation::Confirmed);
        assert!(subscription().await.arn.unwrap().starts_with(topic_arn().as_str()));
        cloud.apply(&home(), &change("subscription")).await.unwrap();
        assert_eq!(subscription().await.state, Confirmation::Confirmed);
    });
}

#[test]
fn a_subscription_is_confirmed_after_the_configured_time_or_expires_after_two_days() {
    run(async {
        for (confirm_after, waited, expected) in [
            (Some(20), 19, Some(Confirmation::Pending)),
            (Some(20), 20, Some(Confirmation::Confirmed)),
            (None, 48 * 3600 - 1, Some(Confirmation::Pending)),
            (None, 48 * 3600, None),
        ] {
            let timing = account::Timing { confirm_after, ..Default::default() };
            let (cloud, clock) = demo(Account { timing, ..Account::default() });
            apply_until(&cloud, "filter").await;
            clock.advance(waited);
            let state = cloud.subscriptions(&home(), &topic_arn()).await.unwrap().first().map(|s| s.state);
            assert_eq!(state, expected, "{confirm_after:?} {waited}");
        }
    });
}

#[test]
fn a_new_alarm_has_insufficient_data_until_evaluated_and_keeps_its_state_when_updated() {
    run(async {
        let (cloud, clock) = demo(Account::default());
        let put = change("alarm");
        let state = async || cloud.alarm(&home(), "rootbell-root-use").await.unwrap().unwrap().state;
        cloud.apply(&home(), &put).await.unwrap();
        assert_eq!(state().await, AlarmState::InsufficientData);
        clock.advance(60);
        assert_eq!(state().await, AlarmState::Ok);
        cloud.modify(|account| {
            let alarm = account.region_mut("eu-west-1").alarms.get_mut("rootbell-root-use").unwrap();
            (alarm.state, alarm.since) = (AlarmState::Alarm, Some(60));
        });
        cloud.apply(&home(), &put).await.unwrap();
        assert_eq!(state().await, AlarmState::Alarm);
        clock.advance(59);
        assert_eq!(state().await, AlarmState::Alarm);
        clock.advance(1);
        assert_eq!(state().await, AlarmState::Ok, "a state set manually lasts until the next evaluation");
    });
}

#[test]
fn a_valid_pattern_is_tested_on_events_and_an_invalid_one_is_rejected() {
    run(async {
        let (cloud, _) = demo(Account::default());
        let events: Vec<&str> = SAMPLES.iter().map(|sample| sample.json).collect();
        let expected: Vec<bool> = SAMPLES.iter().map(|sample| sample.should_match).collect();
        assert_eq!(cloud.test_metric_filter(&home(), CIS_PATTERN, &events).await.unwrap(), expected);
        let error = cloud.test_metric_filter(&home(), "{ $.a = “x” }", &events).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.starts_with("Invalid metric filter pattern (at character 9"), "{error:?}");
    });
}

#[test]
fn a_demo_cloud_can_be_shared_between_threads() {
    fn assert_shareable<T: Send + Sync + 'static>(_: T) {}
    let (cloud, _) = demo(Account::default());
    assert_shareable(Arc::new(cloud) as Arc<dyn Cloud>);
}
