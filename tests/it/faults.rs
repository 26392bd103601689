//! Injects every kind of failure into every call, on accounts where together all calls are made: there is no panic; the
//! message names the call, the resource, the reason, and the fix; completed changes stay; and the next run ends in the
//! same state as an undisturbed one.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cli::fix::problem_text;
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::account::{Account, KmsKey, Trail};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::domain::observed::{self, Confirmation};
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::policy::PolicyDocument;
use rootbell::domain::{CheckId, Region, Settings, SetupOptions};
use rootbell::engine::{self, ObserveScope};
use serde_json::{Value, json};

use crate::support::keys::statements_for_key;

mod dashboard;
mod reads;
mod screens;

const EMAIL: &str = "alice@example.com";
const REGION: &str = "eu-west-1";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

/// The kinds of failure, each with words from the reason and from the fix.
const KINDS: [(&str, InjectedFault, &str, &str); 11] = [
    ("denied", InjectedFault::Deny, "permission denied", "Grant "),
    (
        "denied by the organization",
        InjectedFault::DenyByOrganization,
        "permission denied: a service control policy (arn:aws:organizations::210987654321:policy/",
        "An administrator of the organization",
    ),
    ("a wrong clock", InjectedFault::WrongClock, "clock is about 60 minutes slow", "Set the clock"),
    ("throttled once", InjectedFault::ThrottleOnce, "throttled by AWS", "Wait a moment"),
    ("throttled for good", InjectedFault::Throttle, "throttled by AWS", "Wait a moment"),
    ("500", InjectedFault::Error500, "internal failure", "Try again"),
    ("connection refused", InjectedFault::Refused, "connection refused", "Check the network"),
    ("hung", InjectedFault::Timeout, "timed out", "Check the network"),
    ("TLS error", InjectedFault::Tls, "invalid peer certificate", "AWS_CA_BUNDLE"),
    ("expired token", InjectedFault::Expired(1), "the sign-in has expired", "aws sso login"),
    ("malformed answer", InjectedFault::Malformed, "not one that AWS gives", "Check the endpoint"),
];

/// Accounts on which, together, every call is made.
fn accounts() -> Vec<(&'static str, Account, SetupOptions)> {
    let told = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let account_region = Account::default().in_region(&Region::new(REGION));
    let statements = statements_for_key(&account_region, KEY);
    let mut fresh = Account::default();
    fresh.keys.insert(KEY.into(), KmsKey { policy: json!({ "Statement": statements }).into(), ..KmsKey::default() });
    let with_key = SetupOptions { kms_key: Some(KEY.into()), ..told.clone() };

    let mut drifted = Account::default().set_up_for(&[EMAIL]).unwrap();
    for bucket in drifted.buckets.values_mut() {
        (bucket.config.policy, bucket.config.owner_enforced, bucket.config.public_blocked, bucket.config.versioned) =
            (None, false, false, false);
        bucket.tags.clear();
    }
    for role in drifted.roles.values_mut() {
        (role.config.trust, role.config.policy) = (PolicyDocument::default(), None);
    }
    let region = drifted.regions.get_mut(REGION).unwrap();
    for trail in region.trails.values_mut() {
        (trail.config.multi_region, trail.logging, trail.events.read) = (false, false, false);
        (trail.config.log_group_arn, trail.config.role_arn) = (None, None);
    }
    for group in region.log_groups.values_mut() {
        group.config.retention_days = rootbell::domain::RetentionDays::Days(1);
        group.filters.clear();
    }
    for topic in region.topics.values_mut() {
        (topic.config.policy, topic.config.kms_key) = (Some(PolicyDocument::default()), Some("alias/aws/sns".into()));
        topic.subscriptions[0].config.state = Confirmation::Deleted;
    }
    region.alarms.values_mut().for_each(|alarm| alarm.config.threshold = 100.0);

    let mut foreign = Account::default();
    let theirs = Trail {
        config: observed::Trail { multi_region: true, bucket: "theirs".into(), ..observed::Trail::default() },
        logging: true,
        ..Trail::default()
    };
    foreign.regions.entry(REGION.into()).or_default().trails.insert("theirs".into(), theirs);
    vec![("fresh, with a key", fresh, with_key), ("drifted", drifted, told.clone()), ("foreign trail", foreign, told)]
}

fn cloud(account: Account) -> DemoCloud {
    DemoCloud::new(account, Arc::new(|| "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap()))
}

fn in_virtual_time<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

/// The plan, or the error message of the call that reads the identity.
async fn observe_and_plan(cloud: &DemoCloud, setup: &SetupOptions) -> Result<Plan, String> {
    let identity = cloud.identity().await.map_err(|error| problem_text(&error.into()))?;
    let observed =
        engine::observe(cloud, &identity, &Region::new(REGION), setup, ObserveScope::Plan, crate::properties::now())
            .await;
    let settings = Settings::resolve(&identity, &Region::new(REGION), setup, &observed);
    Ok(plan(&settings, &observed))
}

/// One run, as `apply` does it: the messages of the failed changes, and the ids of the completed ones.
async fn run(cloud: &DemoCloud, setup: &SetupOptions) -> (Vec<String>, Vec<String>) {
    let plan = match observe_and_plan(cloud, setup).await {
        Err(message) => return (vec![message], Vec::new()),
        Ok(plan) if !plan.blocked.is_empty() => {
            return (plan.blocked.into_iter().map(|(_, reason)| problem_text(&reason)).collect(), Vec::new());
        }
        Ok(plan) => plan,
    };
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    let all = plan.changes().count();
    assert_eq!(report.done.len() + report.failed.len() + report.skipped.len(), all, "every change is accounted for");
    (
        report.failed.iter().map(|(_, error)| problem_text(&error.clone().into())).collect(),
        report.done.iter().map(ToString::to_string).collect(),
    )
}

async fn assert_next_run_completes(cloud: &DemoCloud, undisturbed_setup: &DemoCloud, setup: &SetupOptions, name: &str) {
    let (failed, _) = run(cloud, setup).await;
    assert_eq!(failed, Vec::<String>::new(), "{name}");
    let remaining_plan = observe_and_plan(cloud, setup).await.unwrap();
    assert!(remaining_plan.is_empty() && remaining_plan.blocked.is_empty(), "{name}: {remaining_plan:#?}");
    let (mut found, mut wanted) = (undisturbed(cloud), undisturbed(undisturbed_setup));
    if name.contains(": AddTags ") || name.contains(": ListTags ") {
        // The trail was changed without a record, and the next run has nothing left to record.
        forget_records(&mut found);
        forget_records(&mut wanted);
    }
    assert_eq!(found, wanted, "{name}");
}

fn forget_records(account: &mut Account) {
    let trails = account.regions.values_mut().flat_map(|region| region.trails.values_mut());
    trails.for_each(|trail| drop(trail.tags.remove(rootbell::domain::added::ADDED)));
}

/// The account without its injected faults and without values that depend on the time.
fn undisturbed(cloud: &DemoCloud) -> Account {
    let mut account = cloud.snapshot().without_times();
    account.faults.clear();
    account
}

/// The result of an undisturbed setup, and the calls that it made.
fn undisturbed_setup(account: &Account, setup: &SetupOptions) -> (DemoCloud, BTreeSet<String>) {
    let cloud = cloud(account.clone());
    in_virtual_time(async {
        let (failed, _) = run(&cloud, setup).await;
        assert_eq!(failed, Vec::<String>::new());
        observe_and_plan(&cloud, setup).await.unwrap();
    });
    let calls = cloud.calls().into_iter().collect();
    (cloud, calls)
}

/// Whether the setup succeeds although this call fails. If an alarm with the default name exists, other alarms on its
/// metric don't matter; the status of a trail is not read in a fresh account; a trail with a bucket needs no new one.
fn is_not_needed(account: &str, operation: &str) -> bool {
    match operation {
        "DescribeAlarmsForMetric" => account == "drifted",
        // Without the trail's tags, a note says that its changes can't be recorded.
        "HeadBucket" | "ListTags" => account == "foreign trail",
        "GetTrailStatus" | "GetEventSelectors" => account == "fresh, with a key",
        // A check only mentions that the mute rules could not be read.
        // The root user's credentials don't matter to the setup.
        // Event rules are optional: a note says that they can't be read, and what they failed to deliver is only judged.
        "ListAlarmMuteRules"
        | "GetAccountSummary"
        | "ListVirtualMFADevices"
        | "ListOrganizationsFeatures"
        | "ListRules"
        | "ListTargetsByRule"
        | "GetMetricStatistics" => true,
        _ => false,
    }
}

#[test]
fn every_failing_call_is_explained_and_the_next_run_completes_the_setup() {
    let (mut cases, mut operations) = (0, BTreeSet::new());
    for (account_name, account, setup) in accounts() {
        let (undisturbed_setup, calls) = undisturbed_setup(&account, &setup);
        for operation in &calls {
            operations.insert(operation.clone());
            for (kind, fault, why, fix) in KINDS {
                cases += 1;
                let name = format!("{account_name}: {operation} {kind}");
                let cloud = cloud(account.clone());
                in_virtual_time(async {
                    cloud.inject_fault(operation, fault);
                    let (failed, done) = run(&cloud, &setup).await;
                    if is_not_needed(account_name, operation) {
                        assert_eq!(failed, Vec::<String>::new(), "{name}");
                    } else {
                        let message = failed.iter().find(|message| message.contains(&format!("{operation} (")));
                        // A bucket that may not be read looks like one of another account.
                        let closed = failed.iter().find(|message| {
                            operation == "HeadBucket" && kind.starts_with("denied") && message.contains("s3:ListBucket")
                        });
                        let message =
                            message.or(closed).unwrap_or_else(|| panic!("{name} is not reported: {failed:?}"));
                        assert!(
                            closed.is_some() || message.contains(why) && message.contains(fix),
                            "{name}: {message}"
                        );
                    }
                    cloud.clear_fault(operation);
                    let remaining_plan = observe_and_plan(&cloud, &setup).await.unwrap();
                    let again: Vec<String> = remaining_plan
                        .changes()
                        .map(|change| change.id().to_string())
                        .filter(|id| done.contains(id))
                        .collect();
                    assert_eq!(again, Vec::<String>::new(), "{name}: completed changes are not repeated");
                    assert_next_run_completes(&cloud, &undisturbed_setup, &setup, &name).await;
                });
            }
        }
    }
    assert_eq!(operations.len(), 45, "{operations:?}");
    assert_eq!(cases, 1122, "the number of cases");
}

#[test]
fn credentials_that_expire_before_any_call_lose_nothing() {
    for (account_name, account, setup) in accounts() {
        let (undisturbed_setup, _) = undisturbed_setup(&account, &setup);
        let total = undisturbed_setup.calls().len();
        for from in 1..=total {
            let name = format!("{account_name}: expired from call {from}");
            let cloud = cloud(account.clone());
            in_virtual_time(async {
                cloud.inject_fault("*", InjectedFault::Expired(from));
                let (failed, _) = run(&cloud, &setup).await;
                assert!(failed.iter().all(|message| message.contains("aws sso login")), "{name}: {failed:?}");
                cloud.clear_fault("*");
                assert_next_run_completes(&cloud, &undisturbed_setup, &setup, &name).await;
            });
        }
    }
}

#[test]
fn a_run_that_hangs_at_any_call_can_be_aborted_and_the_next_completes_the_setup() {
    for (account_name, account, setup) in accounts() {
        let (undisturbed_setup, calls) = undisturbed_setup(&account, &setup);
        for operation in &calls {
            let name = format!("{account_name}: {operation} hangs");
            let cloud = cloud(account.clone());
            in_virtual_time(async {
                cloud.inject_fault(operation, InjectedFault::Hang);
                let minute = std::time::Duration::from_mins(1);
                let ended = tokio::time::timeout(minute, run(&cloud, &setup)).await;
                assert!(ended.is_err() || is_not_needed(account_name, operation), "{name}");
                cloud.clear_fault(operation);
                assert_next_run_completes(&cloud, &undisturbed_setup, &setup, &name).await;
            });
        }
    }
}

#[test]
fn two_concurrent_runs_on_one_account_end_in_a_single_setup() {
    for (account_name, account, setup) in accounts() {
        let (undisturbed_setup, _) = undisturbed_setup(&account, &setup);
        for (first, second) in [(0, 0), (0, 1), (1, 0), (0, 7), (3, 2)] {
            let mut slow = account.clone();
            slow.timing.latency_ms = 10;
            let cloud = cloud(slow);
            in_virtual_time(async {
                let run_late = async |late: u64| {
                    tokio::time::sleep(std::time::Duration::from_millis(late * 10)).await;
                    // The second run may fail because a resource already exists; a retry fixes that.
                    for _ in 0..3 {
                        let (failed, _) = run(&cloud, &setup).await;
                        if failed.is_empty() {
                            return;
                        }
                        assert!(
                            failed.iter().all(|message| message.contains("Try again")),
                            "{account_name}: {failed:?}"
                        );
                    }
                    panic!("{account_name}: {first}/{second} never ends");
                };
                futures::join!(run_late(first), run_late(second));
                let mut both = undisturbed(&cloud);
                both.timing.latency_ms = 0;
                assert_eq!(both, undisturbed(&undisturbed_setup), "{account_name}: nothing exists twice");
                assert!(observe_and_plan(&cloud, &setup).await.unwrap().is_empty());
            });
        }
    }
}

#[test]
fn every_command_explains_every_kind_of_failure_of_every_call() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("account.toml");
    let demo = format!("--demo={}", file.display());
    let command = |args: &[&str]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_rootbell")).args(args).arg(&demo).output().unwrap();
        let message = String::from_utf8(ended.stderr).unwrap();
        assert!(!message.contains("panicked"), "{message}");
        (ended.status.code(), message, ended.stdout)
    };
    let (_, fresh, _) = accounts().swap_remove(0);
    let calls: [(&str, bool); 13] = [
        ("GetCallerIdentity", true),
        ("DescribeTrails", true),
        ("HeadBucket", true),
        ("GetRole", true),
        ("DescribeAlarms", true),
        ("GetTopicAttributes", true),
        ("CreateBucket", false),
        ("PutBucketPolicy", false),
        ("CreateRole", false),
        ("CreateTrail", false),
        ("Subscribe", false),
        ("PutMetricFilter", false),
        ("PutMetricAlarm", false),
    ];
    for (operation, is_look) in calls {
        for (kind, fault, why, fix) in KINDS {
            let name = format!("{operation} {kind}");
            let mut account = fresh.clone();
            account.faults.insert(operation.into(), fault);
            std::fs::write(&file, toml::to_string(&account).unwrap()).unwrap();
            let (status, message, _) = command(&["apply", "--yes", "--email", EMAIL]);
            assert_eq!(status, Some(1), "{name}: {message}");
            let closed = operation == "HeadBucket" && kind.starts_with("denied") && message.contains("s3:ListBucket");
            let told = message.contains(operation) && message.contains(why) && message.contains(fix);
            assert!(told || closed, "{name}: {message}");
            let (status, message, _) = command(&["plan", "--email", EMAIL]);
            assert_eq!(status, Some(if is_look { 1 } else { 3 }), "{name}: {message}");
            let (status, message, out) = command(&["status", "--json"]);
            if operation == "GetCallerIdentity" {
                assert_eq!(status, Some(1), "{name}: {message}");
            } else {
                assert_eq!(status, Some(3), "{name}: {message}");
                let document: Value = serde_json::from_slice(&out).unwrap();
                assert_eq!(document["checks"].as_array().unwrap().len(), CheckId::ALL.len(), "{name}");
            }
        }
    }
}
