//! Accounts with existing resources: which of them are reused or attached to, what is created instead, and that no
//! unmanaged resource is changed without a plan row that says so.

use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cli::fix::{fix_text, problem_text};
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::DemoCloud;
use rootbell::cloud::demo::account::{Account, Bucket, LogGroup, Region, Role, Subscription, Topic, Trail};
use rootbell::domain::alarm::{AlarmConfig, Metric};
use rootbell::domain::health::health;
use rootbell::domain::observed::{self, Confirmation, MetricFilter};
use rootbell::domain::pattern::CIS_PATTERN;
use rootbell::domain::plan::teardown::teardown;
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::policy::{
    LogFileLocation, PolicyDocument, bucket_statements, merge, role_permissions, role_trust,
};
use rootbell::domain::{self, AccountId, Change, Check, Health, Settings, SetupOptions, Verdict};
use rootbell::engine::{self, ObserveScope};
use serde_json::json;

const EMAIL: &str = "alice@example.com";
const REGION: &str = "eu-west-1";

fn home() -> domain::Region {
    domain::Region::new(REGION)
}
const NOW: &str = "2026-11-23T12:00:00Z";

fn region_mut(account: &mut Account) -> &mut Region {
    account.regions.entry(REGION.into()).or_default()
}

/// A multi-Region trail that is logging, with its bucket, but without a log group.
fn trail_without_log_group(name: &str) -> Account {
    let mut account = Account::default();
    let account_region = account.in_region(&home());
    let statements =
        bucket_statements(&LogFileLocation::new(&account_region, "their-bucket", &account_region.trail_arn(name)));
    let bucket = Bucket {
        config: observed::Bucket { policy: Some(merge(None, &statements)), ..observed::Bucket::default() },
        region: REGION.into(),
        ..Bucket::default()
    };
    account.buckets.insert("their-bucket".into(), bucket);
    let trail = Trail {
        config: observed::Trail { multi_region: true, bucket: "their-bucket".into(), ..observed::Trail::default() },
        logging: true,
        ..Trail::default()
    };
    region_mut(&mut account).trails.insert(name.into(), trail);
    account
}

/// Like [`bare`], but the trail delivers to a log group.
fn delivering_trail(name: &str, group: &str) -> Account {
    let mut account = trail_without_log_group(name);
    add_delivery(&mut account, name, group);
    account
}

fn add_delivery(account: &mut Account, name: &str, group: &str) {
    let account_region = account.in_region(&home());
    let role = Role {
        config: observed::Role {
            trust: role_trust(None),
            policy: Some(role_permissions(&account_region, group, true)),
            ..observed::Role::default()
        },
        path: "/service-role/".into(),
        ..Role::default()
    };
    account.roles.insert(format!("role-of-{name}"), role);
    region_mut(account).log_groups.insert(group.into(), LogGroup::default());
    let trail = trail(account, name);
    trail.config.log_group_arn = Some(account_region.log_group_arn(group));
    trail.config.role_arn = Some(account_region.role_arn(&format!("service-role/role-of-{name}")));
}

fn trail<'a>(account: &'a mut Account, name: &str) -> &'a mut Trail {
    region_mut(account).trails.get_mut(name).unwrap()
}

/// A complete chain as articles describe it, under different names.
fn complete_chain() -> Account {
    let mut account = delivering_trail("main", "security/trail");
    let region = region_mut(&mut account);
    let filter = MetricFilter {
        pattern: CIS_PATTERN.into(),
        metric: Metric::new("LogMetrics", "RootAccountUsage"),
        ..MetricFilter::default()
    };
    region.log_groups.get_mut("security/trail").unwrap().filters.insert("root-usage".into(), filter);
    let alarm = AlarmConfig {
        metric: Metric::new("LogMetrics", "RootAccountUsage"),
        actions: vec!["arn:aws:sns:eu-west-1:123456789012:security".into()],
        ..AlarmConfig::default()
    };
    region.alarms.insert("RootAccountUsage".into(), alarm.into());
    let somebody = Subscription::from(observed::Subscription {
        endpoint: EMAIL.into(),
        state: Confirmation::Confirmed,
        ..observed::Subscription::default()
    });
    region.topics.insert("security".into(), Topic { subscriptions: vec![somebody], ..Topic::default() });
    account
}

fn organization(mut account: Account, name: &str, owner: Option<&str>) -> Account {
    let trail = trail(&mut account, name);
    (trail.config.organization, trail.owner) = (true, owner.map(AccountId::from));
    if let Some(owner) = owner {
        trail.config.log_group_arn = Some(format!("arn:aws:logs:eu-west-1:{owner}:log-group:org:*").into());
    }
    account
}

fn with(mut account: Account, change: impl FnOnce(&mut Account)) -> Account {
    change(&mut account);
    account
}

struct AdoptionCase {
    name: &'static str,
    account: Account,
    /// The trail that the setup uses.
    trail: &'static str,
    /// Words that the plan's notes contain.
    notes: &'static [&'static str],
    /// The ids of the rows that change unmanaged resources.
    unmanaged: &'static [&'static str],
    /// The number of changes in each step: trail, topic, filter, alarm.
    changes: [usize; 4],
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<AdoptionCase> {
    let case = |name, account, trail, notes, unmanaged, changes| AdoptionCase {
        name,
        account,
        trail,
        notes,
        unmanaged,
        changes,
    };
    let home_elsewhere = with(trail_without_log_group("main"), |a| {
        let trails = std::mem::take(&mut region_mut(a).trails);
        a.regions.entry("us-east-1".into()).or_default().trails = trails;
    });
    let two_trails = with(delivering_trail("a", "group-a"), |a| {
        let mut second = trail(a, "a").clone();
        (second.config.log_group_arn, second.config.role_arn) = (None, None);
        second.config.bucket = "bucket-b".into();
        let account_region = a.in_region(&rootbell::domain::Region::new(REGION));
        let statements =
            bucket_statements(&LogFileLocation::new(&account_region, "bucket-b", &account_region.trail_arn("b")));
        let bucket = Bucket {
            config: observed::Bucket { policy: Some(merge(None, &statements)), ..observed::Bucket::default() },
            region: REGION.into(),
            ..Bucket::default()
        };
        a.buckets.insert("bucket-b".into(), bucket);
        region_mut(a).trails.insert("b".into(), second);
        add_delivery(a, "b", "group-b");
    });
    let unquoted = with(complete_chain(), |a| {
        let filters = &mut region_mut(a).log_groups.get_mut("security/trail").unwrap().filters;
        filters.get_mut("root-usage").unwrap().pattern = CIS_PATTERN.replace('"', "");
    });
    vec![
        case("with CloudWatch Logs", delivering_trail("main", "logs"), "main", &[], &[], [0, 2, 1, 1]),
        case(
            "without CloudWatch Logs",
            trail_without_log_group("main"),
            "main",
            &["`main` is used", "--trail rootbell", "2 USD"],
            &["trail.tags", "trail.update"],
            [6, 2, 1, 1],
        ),
        case(
            "single-region",
            with(trail_without_log_group("main"), |a| trail(a, "main").config.multi_region = false),
            "main",
            &["`main` is used", "2 USD", "eu-west-1 only", "--trail rootbell"],
            &["trail.tags", "trail.update"],
            [6, 2, 1, 1],
        ),
        case(
            "stopped",
            with(delivering_trail("main", "logs"), |a| trail(a, "main").logging = false),
            "main",
            &["it is stopped"],
            &["trail.tags", "trail.start"],
            [2, 2, 1, 1],
        ),
        case(
            "stopped, and without CloudWatch Logs",
            with(trail_without_log_group("main"), |a| trail(a, "main").logging = false),
            "rootbell",
            &["it is stopped"],
            &[],
            [10, 2, 1, 1],
        ),
        case(
            "events excluded",
            with(delivering_trail("main", "logs"), |a| trail(a, "main").events.read = false),
            "main",
            &["skips some management events"],
            &[],
            [0, 2, 1, 1],
        ),
        case("shadow", home_elsewhere, "rootbell", &["its home Region is us-east-1", "2 USD"], &[], [10, 2, 1, 1]),
        case(
            "organization, member",
            organization(trail_without_log_group("org"), "org", Some("210987654321")),
            "rootbell",
            &["account 210987654321; only that account can change it"],
            &[],
            [10, 2, 1, 1],
        ),
        case(
            "organization, management account",
            organization(delivering_trail("org", "org-logs"), "org", None),
            "org",
            &["fires for the root user of each"],
            &[],
            [0, 2, 1, 1],
        ),
        case(
            "organization, management account, without CloudWatch Logs",
            organization(trail_without_log_group("org"), "org", None),
            "org",
            &["`org` is used", "fires for the root user of each"],
            &["trail.tags", "trail.update"],
            [6, 2, 1, 1],
        ),
        case(
            "Control Tower",
            organization(
                delivering_trail("aws-controltower-BaselineCloudTrail", "aws-controltower/CloudTrailLogs"),
                "aws-controltower-BaselineCloudTrail",
                None,
            ),
            "aws-controltower-BaselineCloudTrail",
            &[],
            &[],
            [0, 2, 1, 1],
        ),
        case(
            "Control Tower without CloudWatch Logs",
            trail_without_log_group("aws-controltower-BaselineCloudTrail"),
            "rootbell",
            &["Control Tower manages it"],
            &[],
            [10, 2, 1, 1],
        ),
        case("the whole chain under other names", complete_chain(), "main", &[], &[], [0, 0, 0, 0]),
        case("another pattern that fires, under another name", unquoted, "main", &[], &[], [0, 0, 0, 0]),
        case(
            "an alarm that never fires",
            with(complete_chain(), |a| region_mut(a).alarms.values_mut().for_each(|x| x.config.threshold = 9.0)),
            "main",
            &[],
            &[],
            [0, 0, 0, 1],
        ),
        case(
            "a topic that CloudWatch may not publish to",
            with(complete_chain(), |a| {
                region_mut(a).topics.values_mut().for_each(|t| t.config.policy = Some(PolicyDocument::default()));
            }),
            "main",
            &[],
            &[],
            [0, 2, 0, 1],
        ),
        case(
            "two usable trails",
            two_trails,
            "a",
            &["`a` is used", "--trail b", "--trail rootbell"],
            &[],
            [0, 2, 1, 1],
        ),
    ]
}

async fn observe_and_plan(cloud: &DemoCloud, setup: &SetupOptions) -> (Settings, Health, Plan) {
    let identity = cloud.identity().await.unwrap();
    let observed =
        engine::observe(cloud, &identity, &home(), setup, ObserveScope::Plan, crate::properties::now()).await;
    let settings = Settings::resolve(&identity, &home(), setup, &observed);
    let health = health(&settings, &observed, NOW.parse().unwrap());
    let plan = plan(&settings, &observed);
    (settings, health, plan)
}

fn setup_options() -> SetupOptions {
    SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() }
}

fn cloud(account: Account) -> DemoCloud {
    DemoCloud::new(account, Arc::new(|| NOW.parse::<Timestamp>().unwrap()))
}

fn in_virtual_time<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

/// The names of the existing resources that changed. A new filter in an existing log group does not count.
fn changed_names(before: Account, after: Account) -> Vec<String> {
    let (mut before, mut after) = (before.without_times(), after.without_times());
    let mut names = Vec::new();
    let (old, new) = (std::mem::take(region_mut(&mut before)), std::mem::take(region_mut(&mut after)));
    names.extend(old.trails.iter().filter(|(k, v)| new.trails.get(*k) != Some(v)).map(|(k, _)| k.clone()));
    names.extend(old.alarms.iter().filter(|(k, v)| new.alarms.get(*k) != Some(v)).map(|(k, _)| k.clone()));
    names.extend(old.topics.iter().filter(|(k, v)| new.topics.get(*k) != Some(v)).map(|(k, _)| k.clone()));
    for (group, existing) in &old.log_groups {
        let now = &new.log_groups[group];
        let filters = existing.filters.iter().filter(|(k, v)| now.filters.get(*k) != Some(v));
        names.extend(filters.map(|(k, _)| k.clone()));
        if now.config.retention_days != existing.config.retention_days {
            names.push(group.clone());
        }
    }
    names.extend(before.buckets.iter().filter(|(k, v)| after.buckets.get(*k) != Some(v)).map(|(k, _)| k.clone()));
    names.extend(before.roles.iter().filter(|(k, v)| after.roles.get(*k) != Some(v)).map(|(k, _)| k.clone()));
    names
}

#[test]
fn existing_resources_are_reused_at_the_lowest_cost_and_no_unmanaged_one_changes_without_a_marked_row() {
    for AdoptionCase { name, account, trail, notes, unmanaged, changes } in cases() {
        let cloud = cloud(account);
        in_virtual_time(async {
            let before = cloud.snapshot();
            let (settings, _, plan) = observe_and_plan(&cloud, &setup_options()).await;
            assert_eq!(settings.trail.value, trail, "{name}");
            assert!(plan.blocked.is_empty(), "{name}: {:?}", plan.blocked);
            let notes_text = plan.notes.iter().map(|(_, note)| problem_text(note)).collect::<Vec<_>>().join("\n");
            assert!(notes.iter().all(|word| notes_text.contains(word)), "{name}: {notes_text}");
            let marked: Vec<String> = plan.rows.iter().filter(|r| r.unmanaged).map(|r| r.id.to_string()).collect();
            assert_eq!(marked, unmanaged, "{name}");
            // Event rules come with a topic of ours.
            let is_of_events = |c: &&Change| c.resource().is_of_event_rules();
            let creates_topic = plan.changes().any(|c| matches!(c, Change::CreateTopic { .. }));
            assert_eq!(plan.changes().any(|c| is_of_events(&c)), creates_topic, "{name}");
            let rows = |step| plan.changes().filter(|c| c.step() == step && !is_of_events(c)).count();
            assert_eq!(rootbell::domain::Step::ALL.map(rows), changes, "{name}: {:#?}", plan.rows);
            let mut names: Vec<String> = plan.rows.iter().filter(|r| r.unmanaged).map(|r| r.name.clone()).collect();
            names.dedup();
            let report = engine::run(&cloud, &plan, None, &|_| {}).await;
            assert!(report.succeeded(), "{name}: {report:?}");
            assert_eq!(changed_names(before, cloud.snapshot()), names, "{name}");
            cloud.confirm(&EMAIL.into());
            let (again, health, plan) = observe_and_plan(&cloud, &setup_options()).await;
            assert_eq!(again.trail.value, trail, "{name}: the same trail is chosen again");
            assert!(plan.is_empty(), "{name}: {:#?}", plan.rows);
            assert!(health.healthy(), "{name}: {health:#?}");
        });
    }
}

#[test]
fn a_trail_picked_by_the_user_stays_selected() {
    let case = cases().into_iter().find(|c| c.name == "two usable trails").unwrap();
    let cloud = cloud(case.account);
    in_virtual_time(async {
        let picked = SetupOptions { trail: Some("b".into()), ..setup_options() };
        let (_, _, plan) = observe_and_plan(&cloud, &picked).await;
        assert!(engine::run(&cloud, &plan, None, &|_| {}).await.succeeded());
        cloud.confirm(&EMAIL.into());
        let (settings, health, plan) = observe_and_plan(&cloud, &SetupOptions::default()).await;
        assert_eq!(settings.trail.value, "b", "its log group has the filter");
        assert!(health.healthy() && plan.is_empty(), "{health:#?} {plan:#?}");
    });
}

#[test]
fn choosing_between_two_trails_takes_no_extra_round_trip() {
    let elapsed = |trails: &[&str]| {
        let case = cases().into_iter().find(|c| c.name == "two usable trails").unwrap();
        let account = with(case.account, |a| {
            a.timing.latency_ms = 100;
            a.regions.values_mut().for_each(|region| region.trails.retain(|name, _| trails.contains(&name.as_str())));
        });
        let cloud = cloud(account);
        in_virtual_time(async {
            let began = tokio::time::Instant::now();
            let identity = cloud.identity().await.unwrap();
            let (setup, scope) = (setup_options(), ObserveScope::Everything);
            engine::observe(&cloud, &identity, &home(), &setup, scope, crate::properties::now()).await;
            (began.elapsed().as_millis(), cloud.calls())
        })
    };
    let (one, two) = (elapsed(&["a"]), elapsed(&["a", "b"]));
    assert_eq!(two.0, one.0, "{two:?} {one:?}");
    // The last round trip looks for alarms that notify somebody indirectly, as wherever no path works.
    assert_eq!(two.0, 400, "{two:?}");
}

/// The two statements from AWS's guide that open a topic to an organization and to another account's alarms.
///
/// Source: SNS Developer Guide, "Example cases for Amazon SNS access control".
fn shared_topic_policy() -> PolicyDocument {
    let topic = "arn:aws:sns:eu-west-1:123456789012:security";
    json!({ "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "SNS:Publish", "Resource": topic,
          "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } } },
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "SNS:Publish", "Resource": topic,
          "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*" } } }
    ] })
    .into()
}

fn check<'a>(health: &'a Health, id: &str) -> &'a Check {
    health.checks.iter().find(|c| c.id.as_str() == id).unwrap()
}

fn topic_policy(account: &mut Account) -> PolicyDocument {
    region_mut(account).topics["security"].config.policy.clone().unwrap()
}

/// Deletes the resources that rootbell manages.
async fn tear_down(cloud: &DemoCloud, setup: &SetupOptions) {
    let identity = cloud.identity().await.unwrap();
    let chains = engine::teardown::managed_chains(cloud, &identity, &home(), setup, false).await;
    let plan = teardown(&chains, false);
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    assert!(plan.blocked.is_empty() && report.succeeded(), "{:?} {report:?}", plan.blocked);
}

#[test]
fn a_topic_shared_with_an_organization_and_another_accounts_alarms_keeps_its_statements() {
    let theirs = shared_topic_policy();
    let cloud = cloud(with(complete_chain(), |a| {
        region_mut(a).topics.get_mut("security").unwrap().config.policy = Some(theirs.clone());
    }));
    in_virtual_time(async {
        let (_, health, plan) = observe_and_plan(&cloud, &setup_options()).await;
        let check_result = check(&health, "topic.policy");
        assert!(
            check_result.detail.contains("CloudWatch can't publish"),
            "the topic is not open to everyone: {check_result:?}"
        );
        assert!(engine::run(&cloud, &plan, None, &|_| {}).await.succeeded());
        assert_eq!(topic_policy(&mut cloud.snapshot()), theirs, "our topic is created next to it");
        cloud.confirm(&EMAIL.into());
        let (_, health, plan) = observe_and_plan(&cloud, &setup_options()).await;
        assert!(plan.is_empty() && health.healthy(), "{:#?} {health:#?}", plan.rows);
        // If the user names it, a statement is added.
        let named =
            SetupOptions { topic: Some("security".into()), alarm: Some("RootAccountUsage".into()), ..setup_options() };
        let (_, _, plan) = observe_and_plan(&cloud, &named).await;
        let changed: Vec<(String, bool)> =
            plan.rows.iter().filter(|r| r.change.is_some()).map(|r| (r.id.to_string(), r.unmanaged)).collect();
        // The event rules notify the topic as well.
        let moved = |rule: &str| (format!("event_rule.target:rootbell-root-{rule}"), false);
        assert_eq!(changed, [("topic.policy".to_owned(), true), moved("sign-ins"), moved("changes")]);
        assert!(engine::run(&cloud, &plan, None, &|_| {}).await.succeeded());
        let written = topic_policy(&mut cloud.snapshot());
        for statement in theirs.statements() {
            assert!(written.statements().contains(statement), "{statement} is gone from {written}");
        }
        tear_down(&cloud, &named).await;
    });
    assert_eq!(topic_policy(&mut cloud.snapshot()), theirs, "the teardown restores the policy");
}

#[test]
fn an_unmanaged_topic_open_to_everyone_stays_as_it_is() {
    let open = json!({ "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "SNS:Publish", "Resource": "*",
        "Condition": {} });
    let open = PolicyDocument::new(&[open.into()]);
    let cloud = cloud(with(complete_chain(), |a| {
        region_mut(a).topics.get_mut("security").unwrap().config.policy = Some(open.clone());
    }));
    in_virtual_time(async {
        let (_, _, plan) = observe_and_plan(&cloud, &setup_options()).await;
        assert!(engine::run(&cloud, &plan, None, &|_| {}).await.succeeded());
        let after = topic_policy(&mut cloud.snapshot());
        assert_eq!(after, open, "it is left alone");
        let (_, health, plan) = observe_and_plan(&cloud, &setup_options()).await;
        let check_result = check(&health, "topic.public");
        assert_eq!(check_result.verdict, Verdict::Wrong, "{check_result:?}");
        assert!(check_result.detail.contains("Anyone can publish"), "{check_result:?}");
        assert!(
            fix_text(&check_result.fix).contains("Remove the statement")
                && !fix_text(&check_result.fix).contains("Run `rootbell apply`"),
            "{check_result:?}"
        );
        assert!(plan.is_empty(), "apply has nothing left to do: {:#?}", plan.rows);
        tear_down(&cloud, &setup_options()).await;
    });
    assert_eq!(topic_policy(&mut cloud.snapshot()), open);
}

#[test]
fn an_unmanaged_bucket_keeps_its_public_statement_and_is_reported() {
    let open = json!({ "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::theirs/public/*" })
    .into();
    let policy = PolicyDocument::new(std::slice::from_ref(&open));
    let existing = Bucket {
        config: observed::Bucket { policy: Some(policy), ..observed::Bucket::default() },
        region: REGION.into(),
        ..Bucket::default()
    };
    let cloud = cloud(with(Account::default(), |a| drop(a.buckets.insert("theirs".into(), existing))));
    let setup = SetupOptions { bucket: Some("theirs".into()), ..setup_options() };
    in_virtual_time(async {
        let (_, _, plan) = observe_and_plan(&cloud, &setup).await;
        assert!(engine::run(&cloud, &plan, None, &|_| {}).await.succeeded());
        let after = cloud.snapshot().buckets["theirs"].config.policy.clone().unwrap();
        assert!(after.statements().contains(&open), "{after}");
        let (_, health, plan) = observe_and_plan(&cloud, &setup).await;
        let check_result = check(&health, "bucket.private");
        assert_eq!(check_result.verdict, Verdict::Wrong, "{check_result:?}");
        assert!(check_result.detail.contains("allows everyone"), "{check_result:?}");
        assert!(
            fix_text(&check_result.fix).contains("Remove the statement")
                && !fix_text(&check_result.fix).contains("Run `rootbell apply`"),
            "{check_result:?}"
        );
        assert!(plan.is_empty(), "{:#?}", plan.rows);
    });
}
