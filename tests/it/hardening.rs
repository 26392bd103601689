//! A customer-managed key for trail, log group, and topic, and a role that is restricted to its trail.

use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cli::fix::{fix_text, problem_text};
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::account::{Account, KmsKey};
use rootbell::cloud::demo::{DemoCloud, InjectedFault};
use rootbell::domain::health::{Check, health};
use rootbell::domain::observed::Confirmation;
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::{Health, Region, Settings, SetupOptions, Verdict};
use rootbell::engine::{self, ObserveScope};
use serde_json::{Value, json};

use crate::support::keys::statements_for_key;

const EMAIL: &str = "alice@example.com";
const REGION: &str = "eu-west-1";
const NOW: &str = "2026-11-23T12:00:00Z";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The statements that the key policy needs for a first setup.
fn statements() -> Vec<Value> {
    let account_region = Account::default().in_region(&Region::new(REGION));
    statements_for_key(&account_region, KEY)
}

fn with_key(mut account: Account, statements: &[Value]) -> Account {
    let key = KmsKey {
        alias: Some("alias/mine".into()),
        policy: json!({ "Statement": statements }).into(),
        ..KmsKey::default()
    };
    account.keys.insert(KEY.into(), key);
    account
}

fn set_up() -> Account {
    let mut account = Account::default().set_up_for(&[EMAIL]).unwrap();
    for topic in account.regions.get_mut(REGION).unwrap().topics.values_mut() {
        topic.subscriptions[0].config.state = Confirmation::Confirmed;
    }
    account
}

fn encrypted_topic(statements: &[Value]) -> Account {
    let mut account = with_key(set_up(), statements);
    for topic in account.regions.get_mut(REGION).unwrap().topics.values_mut() {
        topic.config.kms_key = Some("alias/mine".into());
    }
    account
}

fn cloud(account: Account) -> DemoCloud {
    DemoCloud::new(account, Arc::new(|| NOW.parse::<Timestamp>().unwrap()))
}

fn setup_options() -> SetupOptions {
    SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() }
}

fn encrypted() -> SetupOptions {
    SetupOptions { kms_key: Some(KEY.into()), ..setup_options() }
}

fn restricted(restricted: bool) -> SetupOptions {
    SetupOptions { role_source_arn: Some(restricted), ..setup_options() }
}

async fn observe_and_plan(cloud: &DemoCloud, setup: &SetupOptions) -> (Health, Plan) {
    let identity = cloud.identity().await.unwrap();
    let observed =
        engine::observe(cloud, &identity, &Region::new(REGION), setup, ObserveScope::Plan, crate::properties::now())
            .await;
    let settings = Settings::resolve(&identity, &Region::new(REGION), setup, &observed);
    (health(&settings, &observed, NOW.parse().unwrap()), plan(&settings, &observed))
}

async fn apply(cloud: &DemoCloud, setup: &SetupOptions) -> Plan {
    let (_, plan) = observe_and_plan(cloud, setup).await;
    assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    assert!(report.succeeded(), "{report:?}");
    cloud.confirm(&EMAIL.into());
    plan
}

/// Whether the change with this id sets a key.
fn is_key(id: &str) -> bool {
    id.rsplit('.').next() == Some("key")
}

type Damage = fn(&DemoCloud);

/// Lets only CloudWatch use the key, under this condition.
fn for_cloudwatch(account: &mut Account, key: &str, value: &str) {
    let statement = json!({ "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": KEY,
        "Condition": { "StringEquals": { key: value } } });
    account.keys.get_mut(KEY).unwrap().policy = json!({ "Statement": statement }).into();
}

fn check(health: &Health, id: &str) -> Check {
    health.checks.iter().find(|c| c.id.as_str() == id).unwrap().clone()
}

fn in_virtual_time<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn a_key_that_all_services_may_use_encrypts_all_three_and_stays_configured() {
    for account in [Account::default(), set_up()] {
        let cloud = cloud(with_key(account, &statements()));
        in_virtual_time(async {
            let plan = apply(&cloud, &encrypted()).await;
            let keys: Vec<String> =
                plan.changes().map(|change| change.id().to_string()).filter(|id| is_key(id)).collect();
            assert_eq!(keys, ["trail.key", "log_group.key", "topic.key"]);
            let region = cloud.snapshot().regions[REGION].clone();
            assert_eq!(region.trails["rootbell"].config.kms_key.as_deref(), Some(KEY));
            assert_eq!(region.log_groups["rootbell/cloudtrail"].config.kms_key.as_deref(), Some(KEY));
            assert_eq!(region.topics["rootbell-alerts"].config.kms_key.as_deref(), Some(KEY));
            for setup in [encrypted(), setup_options()] {
                let (health, plan) = observe_and_plan(&cloud, &setup).await;
                assert!(plan.is_empty() && health.healthy(), "{plan:#?} {health:#?}");
                assert!(check(&health, "topic.encryption").detail.contains("which CloudWatch can use"));
            }
        });
    }
}

#[test]
fn a_key_that_excludes_one_service_is_refused_with_the_statement_to_add() {
    for (missing, service) in
        ["cloudtrail.amazonaws.com", "logs.eu-west-1.amazonaws.com", "cloudwatch.amazonaws.com"].iter().enumerate()
    {
        let mut some = statements();
        let lacking = some.remove(missing);
        let cloud = cloud(with_key(Account::default(), &some));
        in_virtual_time(async {
            let (_, plan) = observe_and_plan(&cloud, &encrypted()).await;
            let why = problem_text(&plan.blocked[0].1);
            assert!(why.contains(service) && why.contains("kms:GenerateDataKey*"), "{why}");
            let added: Value = serde_json::from_str(&why[why.find("statements: ").unwrap() + 12..]).unwrap();
            assert_eq!(added, lacking, "the message ends with a statement that can be pasted");
            some.push(added);
            cloud.modify(|a| a.keys.get_mut(KEY).unwrap().policy = json!({ "Statement": some }).into());
            apply(&cloud, &encrypted()).await;
        });
    }
}

#[test]
fn an_unusable_key_is_refused_before_anything_is_created() {
    let far = "arn:aws:kms:us-east-1:123456789012:key/1";
    let cases: [(&str, Damage, &str, &str); 5] = [
        ("gone", |c| c.modify(|a| a.keys.clear()), KEY, "There is no key"),
        (
            "pending deletion",
            |c| c.modify(|a| a.keys.values_mut().for_each(|k| k.pending_deletion = true)),
            KEY,
            "cancel-key-deletion",
        ),
        ("disabled", |c| c.modify(|a| a.keys.values_mut().for_each(|k| k.disabled = true)), KEY, "enable-key"),
        (
            "elsewhere",
            |c| {
                c.modify(|a| {
                    let key = a.keys.values().next().unwrap().clone();
                    a.keys.insert("arn:aws:kms:us-east-1:123456789012:key/1".into(), key);
                });
            },
            far,
            "is in us-east-1",
        ),
        ("denied", |c| c.inject_fault("GetKeyPolicy", InjectedFault::Deny), KEY, "kms:GetKeyPolicy"),
    ];
    for (name, damage, key, says) in cases {
        let cloud = cloud(with_key(Account::default(), &statements()));
        damage(&cloud);
        in_virtual_time(async {
            let (_, plan) =
                observe_and_plan(&cloud, &SetupOptions { kms_key: Some(key.into()), ..setup_options() }).await;
            assert!(
                plan.blocked.iter().any(|(_, reason)| problem_text(reason).contains(says)),
                "{name}: {:?}",
                plan.blocked
            );
            assert!(!plan.changes().any(|c| is_key(&c.id().to_string())), "{name}");
        });
    }
}

#[test]
fn a_topic_with_a_customer_managed_key_is_checked_against_the_key_policy() {
    let cases: [(&str, Damage, Verdict, &str); 7] = [
        ("serves", |_| {}, Verdict::Ok, ""),
        (
            "serves through SNS",
            |c| c.modify(|a| for_cloudwatch(a, "kms:ViaService", "sns.eu-west-1.amazonaws.com")),
            Verdict::Ok,
            "",
        ),
        (
            "serves an organization",
            |c| c.modify(|a| for_cloudwatch(a, "aws:SourceOrgID", "o-a1b2c3d4e5")),
            Verdict::Unknown,
            "Run `rootbell test` to see whether an alert arrives",
        ),
        (
            "shuts CloudWatch out",
            |c| c.modify(|a| a.keys.values_mut().for_each(|k| k.policy = json!({ "Statement": [] }).into())),
            Verdict::Wrong,
            "\"Service\":\"cloudwatch.amazonaws.com\"",
        ),
        (
            "disabled",
            |c| c.modify(|a| a.keys.values_mut().for_each(|k| k.disabled = true)),
            Verdict::Wrong,
            "aws kms enable-key",
        ),
        ("gone", |c| c.modify(|a| a.keys.clear()), Verdict::Wrong, "another key"),
        ("denied", |c| c.inject_fault("GetKeyPolicy", InjectedFault::Deny), Verdict::Unknown, "kms:GetKeyPolicy"),
    ];
    for (name, damage, verdict, fix) in cases {
        let cloud = cloud(encrypted_topic(&statements()));
        damage(&cloud);
        in_virtual_time(async {
            let (health, plan) = observe_and_plan(&cloud, &setup_options()).await;
            let check_result = check(&health, "topic.encryption");
            assert_eq!(check_result.verdict, verdict, "{name}: {check_result:?}");
            assert!(fix_text(&check_result.fix).contains(fix), "{name}: {check_result:?}");
            assert!(plan.blocked.is_empty() && plan.is_empty(), "{name}: the plan needs no key: {:?}", plan.blocked);
        });
    }
}

#[test]
fn a_key_with_a_conditional_policy_is_used_with_a_note_about_the_statement_to_add() {
    let mut granted = statements();
    granted[2]["Condition"] = json!({ "StringEquals": { "aws:SourceOrgID": "o-a1b2c3d4e5" } });
    let cloud = cloud(with_key(Account::default(), &granted));
    in_virtual_time(async {
        let plan = apply(&cloud, &encrypted()).await;
        let notes = plan.notes.iter().map(|(_, note)| problem_text(note)).collect::<Vec<_>>().join("\n");
        assert!(notes.contains("lets cloudwatch.amazonaws.com use it depends on"), "{notes}");
        assert!(notes.contains("aws:SourceOrgID") && notes.contains(&statements()[2].to_string()), "{notes}");
        let (_, plan) = observe_and_plan(&cloud, &encrypted()).await;
        assert!(plan.is_empty() && plan.notes.is_empty(), "the note is not repeated after apply: {plan:#?}");
    });
}

#[test]
fn no_key_policy_is_read_where_there_is_no_key() {
    let cloud = cloud(set_up());
    in_virtual_time(observe_and_plan(&cloud, &setup_options()));
    assert!(!cloud.calls().contains(&"GetKeyPolicy".to_owned()), "{:?}", cloud.calls());
}

#[test]
fn a_role_can_be_restricted_to_its_trail_and_unrestricted_again() {
    for account in [Account::default(), set_up()] {
        let cloud = cloud(account);
        in_virtual_time(async {
            let plan = apply(&cloud, &restricted(true)).await;
            assert!(
                plan.notes.iter().any(|(_, note)| problem_text(note).contains("rootbell status")),
                "{:?}",
                plan.notes
            );
            let trust = cloud.snapshot().roles.values().next().unwrap().config.trust.to_string();
            assert!(trust.contains("aws:SourceArn") && trust.contains("trail/rootbell"), "{trust}");
            let (health, plan) = observe_and_plan(&cloud, &setup_options()).await;
            assert!(plan.is_empty() && health.healthy(), "{plan:#?} {health:#?}");
            let plan = apply(&cloud, &restricted(false)).await;
            assert_eq!(plan.changes().map(|change| change.id().to_string()).collect::<Vec<_>>(), ["role.trust"]);
            assert!(!cloud.snapshot().roles.values().next().unwrap().config.trust.to_string().contains("SourceArn"));
        });
    }
}

#[test]
fn deliveries_stopped_by_a_restricted_role_are_reported_with_the_fix() {
    let mut account = set_up();
    account.source_arn_unsaid = true;
    let cloud = cloud(account);
    in_virtual_time(async {
        apply(&cloud, &restricted(true)).await;
        let (health, _) = observe_and_plan(&cloud, &setup_options()).await;
        let check_result = check(&health, "trail.delivers");
        assert_eq!(check_result.verdict, Verdict::Wrong);
        assert!(fix_text(&check_result.fix).contains("--role-source-arn=false"), "{check_result:?}");
        apply(&cloud, &restricted(false)).await;
        assert!(observe_and_plan(&cloud, &setup_options()).await.0.healthy());
    });
}
