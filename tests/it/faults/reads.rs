//! A read that fails makes a check unknown, never wrong or missing; and one reason is given once.

use std::collections::BTreeMap;

use rootbell::domain::{Health, Verdict, health};

use super::*;

async fn verdicts(cloud: &DemoCloud, setup: &SetupOptions) -> BTreeMap<CheckId, Verdict> {
    let account = cloud.snapshot();
    let identity = account.identity();
    let region = Region::new(&account.region);
    let observed = engine::observe(
        cloud,
        &identity,
        &region,
        setup,
        ObserveScope::Everything,
        "2026-11-23T12:00:00Z".parse().ok(),
    )
    .await;
    let settings = Settings::resolve(&identity, &region, setup, &observed);
    let health: Health = health::health(&settings, &observed, "2026-11-23T12:00:00Z".parse().unwrap());
    health.checks.iter().map(|check| (check.id, check.verdict)).collect()
}

/// Every call that reads an account for the checks. The calls for a bucket's settings fail as `HeadBucket`, and those for a
/// key and a role as the second one of each.
const READS: [&str; 19] = [
    "DescribeAlarms",
    "DescribeAlarmsForMetric",
    "DescribeLogGroups",
    "DescribeMetricFilters",
    "DescribeTrails",
    "GetAccountSummary",
    "GetEventSelectors",
    "GetKeyPolicy",
    "GetMetricStatistics",
    "GetRole",
    "GetSubscriptionAttributes",
    "GetTopicAttributes",
    "GetTrailStatus",
    "HeadBucket",
    "ListAlarmMuteRules",
    "ListOrganizationsFeatures",
    "ListRules",
    "ListSubscriptionsByTopic",
    "ListVirtualMFADevices",
];

/// A working setup with a key, and those of others.
fn readable_accounts() -> Vec<(String, Account, SetupOptions)> {
    let told = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let mut own = Account::default().set_up_for(&[EMAIL]).unwrap();
    let statements = statements_for_key(&own.in_region(&Region::new(REGION)), KEY);
    own.keys.insert(KEY.into(), KmsKey { policy: json!({ "Statement": statements }).into(), ..KmsKey::default() });
    for topic in own.regions.get_mut(REGION).unwrap().topics.values_mut() {
        topic.config.kms_key = Some(KEY.into());
        topic.subscriptions[0].config.state = Confirmation::Confirmed;
    }
    let mut all = vec![("own".to_owned(), own, told.clone())];
    all.extend(accounts().into_iter().map(|(name, account, setup)| (name.to_owned(), account, setup)));
    for name in [
        "cloudtrail-user-guide",
        "two-trails-one-working",
        "two-alarms-on-two-topics",
        "security-hub-remediation",
        "delegated-administrator",
        "home-in-another-region",
        "trail-to-s3-only",
    ] {
        let file = format!("{}/tests/setups/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        all.push((name.to_owned(), Account::read(&std::fs::read_to_string(file).unwrap()).unwrap(), told.clone()));
    }
    all
}

#[test]
fn a_read_that_fails_makes_no_check_wrong_or_missing() {
    let (mut wrong, mut reads) = (Vec::new(), BTreeSet::new());
    for (name, account, setup) in readable_accounts() {
        let undisturbed = cloud(account.clone());
        let expected = in_virtual_time(verdicts(&undisturbed, &setup));
        let calls: BTreeSet<String> = undisturbed.calls().into_iter().collect();
        for operation in &calls {
            for (kind, fault, ..) in KINDS {
                let cloud = cloud(account.clone());
                cloud.inject_fault(operation, fault);
                for (check, verdict) in in_virtual_time(verdicts(&cloud, &setup)) {
                    if verdict != expected[&check] && verdict != Verdict::Unknown {
                        wrong.push(format!(
                            "{name}: {operation} {kind}: {check:?} is {verdict:?}, not {:?}",
                            expected[&check]
                        ));
                    }
                }
            }
        }
        reads.extend(calls);
    }
    assert_eq!(reads.iter().map(String::as_str).collect::<Vec<_>>(), READS);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_reason_for_which_every_call_fails_is_given_once_with_one_fix() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("account.toml");
    let demo = format!("--demo={}", file.display());
    for (kind, fault, why, fix) in KINDS.into_iter().filter(|(kind, ..)| *kind != "throttled once") {
        let faults = READS.iter().map(|read| ((*read).to_owned(), fault)).collect();
        let account = Account { faults, ..Account::default() };
        std::fs::write(&file, toml::to_string(&account).unwrap()).unwrap();
        let commands: [(&[&str], i32); 5] = [
            (&["status"], 3),
            (&["events"], 1),
            (&["plan", "--email", EMAIL], 1),
            (&["apply", "--yes", "--email", EMAIL], 1),
            (&["destroy", "--yes"], 1),
        ];
        for (args, status) in commands {
            let ended = Command::new(env!("CARGO_BIN_EXE_rootbell")).args(args).arg(&demo).output().unwrap();
            let text = String::from_utf8(ended.stdout).unwrap() + &String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(status), "{args:?} {kind}: {text}");
            // The headline of status gives it as well, and its sections, the event rules, and the root user have a fix
            // each. A denied bucket may be another
            // account's, so it has a reason of its own in destroy.
            let (most_reasons, most_fixes) = match args {
                ["status"] => (2, 6),
                ["destroy", ..] => (1, 2),
                _ => (1, 1),
            };
            let reasons = text.matches(why).count();
            assert!((1..=most_reasons).contains(&reasons), "{args:?} {kind}: {reasons} times {why}: {text}");
            let fixes = text.matches(fix).count();
            assert!((1..=most_fixes).contains(&fixes), "{args:?} {kind}: {fixes} times {fix}: {text}");
            if !["status", "events"].contains(&args[0]) {
                assert!(text.contains("could not be read completely"), "{args:?} {kind}: {text}");
            }
        }
    }
}
