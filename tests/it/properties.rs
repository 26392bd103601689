//! What holds for every account: applying a plan leaves nothing to plan, even if an earlier run was stopped anywhere.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::account::{Account, Region, Subscription};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::domain::observed::{self, Confirmation};
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::policy::PolicyDocument;
use rootbell::domain::root_user::RootMfa;
use rootbell::domain::{self, Observed, Settings, SetupOptions};
use rootbell::engine::{self, ObserveScope};

pub(crate) const EMAIL: &str = "alice@example.com";

pub(crate) fn cloud(account: Account) -> DemoCloud {
    DemoCloud::new(account, Arc::new(|| "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap()))
}

/// The time of [`cloud`], as an observation takes it.
pub(crate) fn now() -> Option<Timestamp> {
    "2026-11-23T12:00:00Z".parse().ok()
}

pub(crate) fn setup_options() -> SetupOptions {
    SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() }
}

pub(crate) async fn observe_and_plan(cloud: &DemoCloud, setup: &SetupOptions) -> (Observed, Plan) {
    let identity = cloud.identity().await.unwrap();
    let region = cloud.snapshot().region;
    let observed =
        engine::observe(cloud, &identity, &domain::Region::new(region.as_str()), setup, ObserveScope::Plan, now())
            .await;
    let settings = Settings::resolve(&identity, &domain::Region::new(region), setup, &observed);
    let plan = plan(&settings, &observed);
    (observed, plan)
}

pub(crate) fn in_virtual_time<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

/// Applies the plan once, and returns the plan after that.
pub(crate) async fn set_up(cloud: &DemoCloud, setup: &SetupOptions) -> Plan {
    let (_, plan) = observe_and_plan(cloud, setup).await;
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    assert!(plan.blocked.is_empty() && report.succeeded(), "{:?} {report:?}", plan.blocked);
    observe_and_plan(cloud, setup).await.1
}

pub(crate) fn region_mut(account: &mut Account) -> &mut Region {
    account.regions.entry("eu-west-1".into()).or_default()
}

pub(crate) type Drift = fn(&mut Account);

/// What somebody may have changed since the setup was made.
pub(crate) const DRIFTS: &[(&str, Drift)] = &[
    ("no bucket policy", |a| a.buckets.values_mut().for_each(|b| b.config.policy = None)),
    ("ACLs on", |a| a.buckets.values_mut().for_each(|b| b.config.owner_enforced = false)),
    ("public access not blocked", |a| a.buckets.values_mut().for_each(|b| b.config.public_blocked = false)),
    ("not versioned", |a| a.buckets.values_mut().for_each(|b| b.config.versioned = false)),
    ("other tags", |a| a.buckets.values_mut().for_each(|b| b.tags = [("team".to_owned(), "x".to_owned())].into())),
    ("no role policy", |a| a.roles.values_mut().for_each(|r| r.config.policy = None)),
    ("role trusts nobody", |a| a.roles.values_mut().for_each(|r| r.config.trust = PolicyDocument::default())),
    ("role gone", |a| a.roles.clear()),
    ("single region", |a| region_mut(a).trails.values_mut().for_each(|t| t.config.multi_region = false)),
    ("not validated", |a| region_mut(a).trails.values_mut().for_each(|t| t.config.log_file_validation = false)),
    ("stopped", |a| region_mut(a).trails.values_mut().for_each(|t| t.logging = false)),
    ("detached", |a| {
        region_mut(a).trails.values_mut().for_each(|t| (t.config.log_group_arn, t.config.role_arn) = (None, None));
    }),
    ("reads left out", |a| region_mut(a).trails.values_mut().for_each(|t| t.events.read = false)),
    ("trail gone", |a| region_mut(a).trails.clear()),
    ("log group gone", |a| region_mut(a).log_groups.clear()),
    ("a week", |a| {
        region_mut(a)
            .log_groups
            .values_mut()
            .for_each(|g| g.config.retention_days = rootbell::domain::RetentionDays::Days(7));
    }),
    ("no filter", |a| region_mut(a).log_groups.values_mut().for_each(|g| g.filters.clear())),
    ("other pattern", |a| {
        let groups = region_mut(a).log_groups.values_mut();
        groups.flat_map(|g| g.filters.values_mut()).for_each(|f| f.pattern = "{ $.eventName = ConsoleLogin }".into());
    }),
    ("other metric", |a| {
        let groups = region_mut(a).log_groups.values_mut();
        groups.flat_map(|g| g.filters.values_mut()).for_each(|f| f.metric.name = "Other".into());
    }),
    ("counts ten", |a| {
        region_mut(a).log_groups.values_mut().flat_map(|g| g.filters.values_mut()).for_each(|f| f.value = "10".into());
    }),
    ("topic gone", |a| region_mut(a).topics.clear()),
    ("topic shut", |a| {
        region_mut(a).topics.values_mut().for_each(|t| t.config.policy = Some(PolicyDocument::default()));
    }),
    ("topic open", |a| {
        region_mut(a).topics.values_mut().for_each(|t| {
            t.config.policy = Some(
                serde_json::json!({ "Statement":
                [{ "Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": "*" }] })
                .into(),
            );
        });
    }),
    ("nobody subscribed", |a| region_mut(a).topics.values_mut().for_each(|t| t.subscriptions.clear())),
    ("confirmed", |a| set_link(a, Confirmation::Confirmed)),
    ("unsubscribed", |a| set_link(a, Confirmation::Deleted)),
    ("somebody else too", |a| {
        let bob = Subscription::from(observed::Subscription {
            endpoint: "bob@example.com".into(),
            state: Confirmation::Confirmed,
            ..observed::Subscription::default()
        });
        region_mut(a).topics.values_mut().for_each(|t| t.subscriptions.push(bob.clone()));
    }),
    ("alarm gone", |a| region_mut(a).alarms.clear()),
    ("threshold 100", |a| region_mut(a).alarms.values_mut().for_each(|x| x.config.threshold = 100.0)),
    ("average", |a| region_mut(a).alarms.values_mut().for_each(|x| x.config.statistic = "Average".into())),
    ("no actions", |a| region_mut(a).alarms.values_mut().for_each(|x| x.config.actions.clear())),
    ("actions off", |a| region_mut(a).alarms.values_mut().for_each(|x| x.config.actions_enabled = false)),
    ("alarm renamed", |a| {
        let alarms = std::mem::take(&mut region_mut(a).alarms);
        region_mut(a).alarms = alarms.into_values().map(|alarm| ("theirs".to_owned(), alarm)).collect();
    }),
    ("a foreign trail", |a| {
        let trail = rootbell::cloud::demo::account::Trail::from(observed::Trail {
            bucket: "theirs".into(),
            ..observed::Trail::default()
        });
        region_mut(a).trails.insert("theirs".into(), trail);
    }),
];

fn set_link(account: &mut Account, link: Confirmation) {
    let topics = region_mut(account).topics.values_mut();
    topics.flat_map(|t| &mut t.subscriptions).for_each(|s| s.config.state = link);
}

/// Random accounts: fresh or set up, with several random drifts.
pub(crate) fn accounts() -> impl Strategy<Value = (Vec<&'static str>, Account)> {
    let drifts = proptest::sample::subsequence(DRIFTS, 0..8).prop_shuffle();
    (any::<bool>(), drifts).prop_map(|(made, drifts)| {
        let mut account = Account::default();
        if made {
            account = account.set_up_for(&[EMAIL]).unwrap();
        }
        for (_, drift) in &drifts {
            drift(&mut account);
        }
        (drifts.into_iter().map(|(name, _)| name).collect(), account)
    })
}

/// A fixed seed gives the same cases on every machine.
const SEED: proptest::test_runner::RngSeed = proptest::test_runner::RngSeed::Fixed(43);

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: SEED, ..ProptestConfig::default() })]

    #[test]
    fn after_a_plan_is_applied_there_is_nothing_left_to_plan((drifts, account) in accounts()) {
        let cloud = cloud(account);
        let remaining_plan = in_virtual_time(set_up(&cloud, &setup_options()));
        prop_assert!(remaining_plan.is_empty(), "{:?}: {:?}", drifts, remaining_plan.changes().collect::<Vec<_>>());
    }

    #[test]
    fn an_apply_stopped_anywhere_and_rerun_ends_in_the_same_account((drifts, account) in accounts(), stop in 0usize..16) {
        let (undisturbed, broken) = (cloud(account.clone()), cloud(account));
        in_virtual_time(async {
            set_up(&undisturbed, &setup_options()).await;
            let (_, plan) = observe_and_plan(&broken, &setup_options()).await;
            for (change, region) in plan.changes_in_regions().take(stop) {
                broken.apply(region, change).await.unwrap();
            }
            let remaining_plan = set_up(&broken, &setup_options()).await;
            prop_assert!(remaining_plan.is_empty(), "{:?} stopped after {}: {:?}", drifts, stop, remaining_plan);
            prop_assert_eq!(broken.snapshot().without_times(), undisturbed.snapshot().without_times(), "{:?} stopped after {}", drifts, stop);
            Ok(())
        })?;
    }
}

#[test]
fn each_single_drift_is_repaired_by_one_run() {
    for (name, drift) in DRIFTS {
        let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
        drift(&mut account);
        let remaining_plan = in_virtual_time(set_up(&cloud(account), &setup_options()));
        assert!(remaining_plan.is_empty(), "{name}: {remaining_plan:?}");
    }
}

#[test]
fn a_failed_change_is_made_by_the_next_run_and_nothing_is_made_twice() {
    let all = in_virtual_time(async { observe_and_plan(&cloud(Account::default()), &setup_options()).await.1 });
    let undisturbed = cloud(Account::default());
    in_virtual_time(set_up(&undisturbed, &setup_options()));
    for change in all.changes() {
        let cloud = cloud(Account::default());
        in_virtual_time(async {
            let operation = change.operation().name;
            cloud.inject_fault(operation, InjectedFault::Deny);
            let (_, plan) = observe_and_plan(&cloud, &setup_options()).await;
            let report = engine::run(&cloud, &plan, None, &|_| {}).await;
            // Two roles are created.
            let failed = report.failed.iter().find(|(id, _)| *id == change.id());
            let error = failed.map(|(_, error)| error).or(report.failed.first().map(|(_, error)| error)).unwrap();
            assert!(failed.is_some() || report.skipped.contains(&change.id()), "{}", change.id());
            assert_eq!(error.iam_action, change.operation().iam_action);
            cloud.clear_fault(operation);
            assert!(set_up(&cloud, &setup_options()).await.is_empty(), "{}", change.id());
        });
        assert_eq!(cloud.snapshot().without_times(), undisturbed.snapshot().without_times(), "{}", change.id());
    }
}

#[test]
fn independent_calls_overlap_and_none_is_repeated() {
    let mut account = Account::default();
    account.timing.latency_ms = 50;
    // Which kind of MFA it is depends on whether there is any.
    account.root_user.mfa = RootMfa::None;
    let cloud = cloud(account);
    in_virtual_time(async {
        let began = tokio::time::Instant::now();
        let (_, plan) = observe_and_plan(&cloud, &setup_options()).await;
        let calls = cloud.calls();
        assert_eq!(calls.len(), 15, "{calls:?}");
        let unique: std::collections::BTreeSet<&String> = calls.iter().collect();
        // The rules of two Regions, and two roles.
        assert_eq!(unique.len(), calls.len() - 2, "{calls:?}");
        assert_eq!(cloud.regions_of("ListRules"), ["us-east-1", "eu-west-1"]);
        // First the identity, then everything else at once.
        assert_eq!(began.elapsed().as_millis(), 100);
        let began = tokio::time::Instant::now();
        engine::run(&cloud, &plan, None, &|_| {}).await;
        // Bucket, policy, trail, start: a change takes twice as long as a read.
        assert_eq!(began.elapsed().as_millis(), 400);
    });
}
