//! Each call the program makes, in each kind of trouble, on accounts where all of them are made: no panic, a sentence
//! with call, resource, reason and what to do, what is done stays done, and the next run ends where an undisturbed one
//! does.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::account::{Account, Key, Link, Trail};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::{Change, Settings, SetupOptions};
use rootbell::engine::{self, ObserveScope};
use serde_json::{Value, json};

use crate::support::keys::statements_for_key;

mod dashboard;
mod screens;

const EMAIL: &str = "alice@example.com";
const HERE: &str = "eu-west-1";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

/// A kind of trouble, with words of the reason and of what to do.
const KINDS: [(&str, InjectedFault, &str, &str); 9] = [
    ("denied", InjectedFault::Deny, "permission denied", "Grant "),
    ("throttled once", InjectedFault::ThrottleOnce, "throttled by AWS", "Wait a moment"),
    ("throttled for good", InjectedFault::Throttle, "throttled by AWS", "Wait a moment"),
    ("500", InjectedFault::Error500, "internal failure", "Try again"),
    ("connection refused", InjectedFault::Refused, "connection refused", "Check the network"),
    ("hung", InjectedFault::Timeout, "timed out", "Check the network"),
    ("TLS error", InjectedFault::Tls, "invalid peer certificate", "AWS_CA_BUNDLE"),
    ("expired token", InjectedFault::Expired(1), "the sign-in has expired", "aws sso login"),
    ("malformed answer", InjectedFault::Malformed, "not one that AWS gives", "Try again"),
];

/// Accounts on which, together, every call is made.
fn accounts() -> Vec<(&'static str, Account, SetupOptions)> {
    let told = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let account_region = Account::default().in_region(HERE);
    let statements = statements_for_key(&account_region, KEY);
    let mut fresh = Account::default();
    fresh.keys.insert(KEY.into(), Key { policy: json!({ "Statement": statements }), ..Key::default() });
    let with_key = SetupOptions { kms_key: Some(KEY.into()), ..told.clone() };

    let mut drifted = Account::default().set_up_for(&[EMAIL]).unwrap();
    for bucket in drifted.buckets.values_mut() {
        (bucket.policy, bucket.owner_enforced, bucket.public_blocked, bucket.versioned) = (None, false, false, false);
        bucket.tags.clear();
    }
    for role in drifted.roles.values_mut() {
        (role.trust, role.policy) = (json!({}), None);
    }
    let region = drifted.regions.get_mut(HERE).unwrap();
    for trail in region.trails.values_mut() {
        (trail.multi_region, trail.logging, trail.read) = (false, false, false);
        (trail.log_group_arn, trail.role_arn) = (None, None);
    }
    for group in region.log_groups.values_mut() {
        group.retention_days = Some(1);
        group.filters.clear();
    }
    for topic in region.topics.values_mut() {
        (topic.policy, topic.kms_key) = (Some(json!({})), Some("alias/aws/sns".into()));
        topic.subscriptions[0].state = Link::Deleted;
    }
    region.alarms.values_mut().for_each(|alarm| alarm.threshold = 100.0);

    let mut foreign = Account::default();
    let theirs = Trail { multi_region: true, logging: true, bucket: "theirs".into(), ..Trail::default() };
    foreign.regions.entry(HERE.into()).or_default().trails.insert("theirs".into(), theirs);
    vec![("fresh, with a key", fresh, with_key), ("drifted", drifted, told.clone()), ("foreign trail", foreign, told)]
}

fn cloud(account: Account) -> DemoCloud {
    DemoCloud::new(account, Arc::new(|| "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap()))
}

fn now<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

/// The plan, or the sentence of the call that who is signed in takes.
async fn look(cloud: &DemoCloud, setup: &SetupOptions) -> Result<Plan, String> {
    let identity = cloud.identity().await.map_err(|error| error.to_string())?;
    let observed = engine::observe(cloud, &identity, HERE, setup, ObserveScope::Everything).await;
    let settings = Settings::resolve(&identity, HERE, setup, &observed);
    Ok(plan(&settings, &observed))
}

/// One run as `apply` makes it: the sentences of what failed, and the ids of what was done.
async fn run(cloud: &DemoCloud, setup: &SetupOptions) -> (Vec<String>, Vec<String>) {
    let plan = match look(cloud, setup).await {
        Err(said) => return (vec![said], Vec::new()),
        Ok(plan) if !plan.blocked.is_empty() => {
            return (plan.blocked.into_iter().map(|(_, why)| why).collect(), Vec::new());
        }
        Ok(plan) => plan,
    };
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    let all = plan.changes().count();
    assert_eq!(report.done.len() + report.failed.len() + report.skipped.len(), all, "every change is accounted for");
    (report.failed.iter().map(|(_, error)| error.to_string()).collect(), report.done)
}

async fn ends_like(cloud: &DemoCloud, whole: &DemoCloud, setup: &SetupOptions, name: &str) {
    let (failed, _) = run(cloud, setup).await;
    assert_eq!(failed, Vec::<String>::new(), "{name}");
    let left = look(cloud, setup).await.unwrap();
    assert!(left.is_empty() && left.blocked.is_empty(), "{name}: {left:#?}");
    assert_eq!(undisturbed(cloud), undisturbed(whole), "{name}");
}

/// The account without the faults and without what depends on when something was done.
fn undisturbed(cloud: &DemoCloud) -> Account {
    let mut account = cloud.snapshot().timeless();
    account.faults.clear();
    account
}

/// What was set up without any trouble, and the calls that took.
fn whole(account: &Account, setup: &SetupOptions) -> (DemoCloud, BTreeSet<String>) {
    let cloud = cloud(account.clone());
    now(async {
        let (failed, _) = run(&cloud, setup).await;
        assert_eq!(failed, Vec::<String>::new());
        look(&cloud, setup).await.unwrap();
    });
    let calls = cloud.calls().into_iter().collect();
    (cloud, calls)
}

/// Where an alarm of our own name stands, nobody needs to know of others on its metric; what is first asked of a trail
/// that has just been made is not asked of the account before; and a trail with a bucket needs no bucket of our name.
fn may_go_unsaid(account: &str, operation: &str) -> bool {
    match operation {
        "DescribeAlarmsForMetric" => account == "drifted",
        "HeadBucket" => account == "foreign trail",
        "GetTrailStatus" | "GetEventSelectors" => account == "fresh, with a key",
        _ => false,
    }
}

#[test]
fn each_call_in_each_kind_of_trouble_is_told_and_the_next_run_ends_as_if_nothing_had_been() {
    let (mut cases, mut operations) = (0, BTreeSet::new());
    for (account_name, account, setup) in accounts() {
        let (whole, calls) = whole(&account, &setup);
        for operation in &calls {
            operations.insert(operation.clone());
            for (kind, fault, why, fix) in KINDS {
                cases += 1;
                let name = format!("{account_name}: {operation} {kind}");
                let cloud = cloud(account.clone());
                now(async {
                    cloud.fault(operation, fault);
                    let (failed, done) = run(&cloud, &setup).await;
                    if may_go_unsaid(account_name, operation) {
                        assert_eq!(failed, Vec::<String>::new(), "{name}");
                    } else {
                        let said = failed.iter().find(|said| said.contains(&format!("{operation} (")));
                        // A bucket that may not be looked at cannot be told from somebody else's.
                        let closed = failed.iter().find(|said| {
                            (operation.as_str(), kind) == ("HeadBucket", "denied") && said.contains("s3:ListBucket")
                        });
                        let said = said.or(closed).unwrap_or_else(|| panic!("{name} is not told: {failed:?}"));
                        assert!(closed.is_some() || said.contains(why) && said.contains(fix), "{name}: {said}");
                    }
                    cloud.mend(operation);
                    let left = look(&cloud, &setup).await.unwrap();
                    let again: Vec<String> = left.changes().map(Change::id).filter(|id| done.contains(id)).collect();
                    assert_eq!(again, Vec::<String>::new(), "{name}: what is done stays done");
                    ends_like(&cloud, &whole, &setup, &name).await;
                });
            }
        }
    }
    assert_eq!(operations.len(), 34, "{operations:?}");
    assert_eq!(cases, 711, "the table is as long as it says");
}

#[test]
fn a_sign_in_that_expires_before_any_call_loses_nothing() {
    for (account_name, account, setup) in accounts() {
        let (whole, _) = whole(&account, &setup);
        let total = whole.calls().len();
        for from in 1..=total {
            let name = format!("{account_name}: expired from call {from}");
            let cloud = cloud(account.clone());
            now(async {
                cloud.fault("*", InjectedFault::Expired(from));
                let (failed, _) = run(&cloud, &setup).await;
                assert!(failed.iter().all(|said| said.contains("aws sso login")), "{name}: {failed:?}");
                cloud.mend("*");
                ends_like(&cloud, &whole, &setup, &name).await;
            });
        }
    }
}

#[test]
fn a_run_that_hangs_at_any_call_can_be_dropped_and_the_next_goes_on() {
    for (account_name, account, setup) in accounts() {
        let (whole, calls) = whole(&account, &setup);
        for operation in &calls {
            let name = format!("{account_name}: {operation} hangs");
            let cloud = cloud(account.clone());
            now(async {
                cloud.fault(operation, InjectedFault::Hang);
                let minute = std::time::Duration::from_mins(1);
                let ended = tokio::time::timeout(minute, run(&cloud, &setup)).await;
                assert!(ended.is_err() || may_go_unsaid(account_name, operation), "{name}");
                cloud.mend(operation);
                ends_like(&cloud, &whole, &setup, &name).await;
            });
        }
    }
}

#[test]
fn two_at_once_on_one_account_end_in_one_set_up() {
    for (account_name, account, setup) in accounts() {
        let (whole, _) = whole(&account, &setup);
        for (first, second) in [(0, 0), (0, 1), (1, 0), (0, 7), (3, 2)] {
            let mut slow = account.clone();
            slow.timing.latency_ms = 10;
            let cloud = cloud(slow);
            now(async {
                let twin = async |late: u64| {
                    tokio::time::sleep(std::time::Duration::from_millis(late * 10)).await;
                    // Whoever comes second may be told that something is there already; trying again is the cure.
                    for _ in 0..3 {
                        let (failed, _) = run(&cloud, &setup).await;
                        if failed.is_empty() {
                            return;
                        }
                        assert!(failed.iter().all(|said| said.contains("Try again")), "{account_name}: {failed:?}");
                    }
                    panic!("{account_name}: {first}/{second} never ends");
                };
                futures::join!(twin(first), twin(second));
                let mut both = undisturbed(&cloud);
                both.timing.latency_ms = 0;
                assert_eq!(both, undisturbed(&whole), "{account_name}: nothing is there twice");
                assert!(look(&cloud, &setup).await.unwrap().is_empty());
            });
        }
    }
}

#[test]
fn every_command_leaves_with_a_sentence_for_each_call_in_each_kind_of_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("account.toml");
    let demo = format!("--demo={}", file.display());
    let command = |args: &[&str]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_rootbell")).args(args).arg(&demo).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!said.contains("panicked"), "{said}");
        (ended.status.code(), said, ended.stdout)
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
            let (status, said, _) = command(&["apply", "--yes", "--email", EMAIL]);
            assert_eq!(status, Some(1), "{name}: {said}");
            let closed = (operation, kind) == ("HeadBucket", "denied") && said.contains("s3:ListBucket");
            let told = said.contains(operation) && said.contains(why) && said.contains(fix);
            assert!(told || closed, "{name}: {said}");
            let (status, said, _) = command(&["plan", "--email", EMAIL]);
            assert_eq!(status, Some(if is_look { 1 } else { 3 }), "{name}: {said}");
            let (status, said, out) = command(&["status", "--json"]);
            if operation == "GetCallerIdentity" {
                assert_eq!(status, Some(1), "{name}: {said}");
            } else {
                assert_eq!(status, Some(3), "{name}: {said}");
                let document: Value = serde_json::from_slice(&out).unwrap();
                assert_eq!(document["checks"].as_array().unwrap().len(), 14, "{name}");
            }
        }
    }
}
