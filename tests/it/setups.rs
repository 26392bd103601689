//! Accounts modeled on setups that people publish, and on unusual ones (tests/setups). tests/setups/expected.toml says what
//! is true of each, from AWS's behavior; these tests compare that with the verdict, the plan, and what `apply` and
//! `destroy` leave behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rootbell::cli::fix::{fix_text, problem_text};
use rootbell::cloud::Cloud;
use rootbell::cloud::demo::DemoCloud;
use rootbell::cloud::demo::account::Account;
use rootbell::domain::health::{Counts, health};
use rootbell::domain::plan::teardown::teardown;
use rootbell::domain::plan::{Plan, plan};
use rootbell::domain::{CheckId, Email, Health, Region, Settings, SetupOptions, Verdict};
use rootbell::engine::{self, ObserveScope};
use serde::Deserialize;
use serde_json::Value;
use toml::Table;

use crate::properties::{cloud, in_virtual_time};

mod audit;

/// The time at which [`cloud`]'s clock stands still.
const NOW: &str = "2026-11-23T12:00:00Z";

/// The audit checks, which issue 13 introduces.
const AUDIT_CHECKS: [&str; 7] = [
    "filter.cis_pattern",
    "topic.public",
    "trail.all_regions",
    "trail.validation",
    "bucket.private",
    "role.scope",
    "log_group.retention",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Answer {
    #[serde(rename = "reaches")]
    Reaches,
    #[serde(rename = "does not reach")]
    DoesNotReach,
    #[serde(rename = "can't tell")]
    CannotTell,
}

/// A row of expected.toml, which documents the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    source: String,
    sign_in: Answer,
    api_use: Answer,
    verdict: Option<String>,
    objections: Option<Vec<String>>,
    #[serde(default)]
    unread: Vec<String>,
    #[serde(default)]
    weakest: Vec<String>,
    plan: Option<Vec<String>>,
    #[serde(default)]
    unmanaged_changes: Vec<String>,
    email: Option<String>,
    in_region: Option<String>,
    #[serde(default)]
    own_names: bool,
    fixed: Option<bool>,
    #[serde(default = "this_issue")]
    issue: u32,
    needs: Option<String>,
    unsure: Option<String>,
    why: String,
}

fn this_issue() -> u32 {
    13
}

impl Expected {
    /// The headlines, as in JSON output, that are right.
    fn verdicts(&self) -> Vec<&str> {
        match (&self.verdict, self.sign_in) {
            (Some(verdict), _) => vec![verdict],
            (None, Answer::Reaches) => vec!["ok"],
            (None, Answer::DoesNotReach) => vec!["wrong", "missing"],
            (None, Answer::CannotTell) => vec!["unknown"],
        }
    }

    fn setup(&self) -> SetupOptions {
        SetupOptions { emails: self.email.as_deref().map(Email::from).into_iter().collect(), ..SetupOptions::default() }
    }

    /// Whether the column may be wrong.
    fn is_unsure(&self, column: &str) -> bool {
        self.unsure.as_ref().is_some_and(|unsure| {
            let unsure_column = unsure.split(':').next().unwrap_or_default();
            // The verdict and the plan follow from it; what is not ours stays as it is in either case.
            unsure_column == column || (unsure_column == "sign_in" && column != "unmanaged_changes")
        })
    }
}

struct Setup {
    name: String,
    expected: Expected,
    /// `None`: the format can't express it yet.
    account: Option<Account>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setups")
}

fn rows() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(folder().join("expected.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("expected.toml: {error}"))
}

/// The names of the accounts in the folder.
fn files() -> BTreeSet<String> {
    let paths = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).filter(|n| n != "expected").collect()
}

fn read(name: &str, needs: Option<&str>) -> Option<Account> {
    let text = std::fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap();
    let Some(needs) = needs else {
        return Some(Account::read(&text).unwrap_or_else(|message| panic!("{name}: {message}")));
    };
    let needs: Table = needs.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut account: Table = text.parse().unwrap();
    merge(&mut account, needs.clone());
    let account = Account::read(&account.to_string()).ok()?;
    // A key that the format doesn't have must not be ignored either.
    has_keys(&Table::try_from(&account).unwrap().into(), &needs.into()).then_some(account)
}

fn has_keys(found: &toml::Value, wanted: &toml::Value) -> bool {
    match (found, wanted) {
        (found, toml::Value::Table(wanted)) => {
            wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| has_keys(found, wanted)))
        }
        (found, toml::Value::Array(wanted)) => {
            (0..wanted.len()).all(|i| found.get(i).is_some_and(|found| has_keys(found, &wanted[i])))
        }
        _ => true,
    }
}

fn merge(base: &mut Table, more: Table) {
    for (key, value) in more {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(more)) => merge(base, more),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

fn setups() -> Vec<Setup> {
    let load = |(name, expected): (String, Expected)| {
        let account = read(&name, expected.needs.as_deref());
        Setup { name, expected, account }
    };
    rows().into_iter().map(load).collect()
}

/// The accounts that the format can express, each with whether it has only rootbell's names.
pub fn expressible_accounts() -> impl Iterator<Item = (String, bool, Account)> {
    readable_setups().map(|(name, expected, account)| (name, expected.own_names, account))
}

fn readable_setups() -> impl Iterator<Item = (String, Expected, Account)> {
    setups().into_iter().filter_map(|setup| Some((setup.name, setup.expected, setup.account?)))
}

async fn observe_and_plan(cloud: &DemoCloud, setup: &SetupOptions) -> (Health, Plan) {
    let identity = cloud.identity().await.unwrap();
    let region = Region::new(cloud.snapshot().region);
    let observed =
        engine::observe(cloud, &identity, &region, setup, ObserveScope::Plan, crate::properties::now()).await;
    let settings = Settings::resolve(&identity, &region, setup, &observed);
    (health(&settings, &observed, NOW.parse().unwrap()), plan(&settings, &observed))
}

/// Applies the plan unless it is blocked.
async fn apply(cloud: &DemoCloud, setup: &SetupOptions) -> Result<(), String> {
    let (_, plan) = observe_and_plan(cloud, setup).await;
    if let [(_, why), ..] = plan.blocked.as_slice() {
        return Err(format!("blocked: {}", problem_text(why)));
    }
    let report = engine::run(cloud, &plan, None, &|_| {}).await;
    if report.succeeded() { Ok(()) } else { Err(format!("failed: {report:?}")) }
}

/// Opens the link in every email that has arrived at the address given to `apply`.
fn confirm(cloud: &DemoCloud, setup: &SetupOptions) {
    setup.emails.iter().for_each(|email| cloud.confirm(email));
}

/// The options for `destroy`. To an unmanaged topic `apply` may have added the address, and only its owner can tell, so he
/// names it; unless it was subscribed before.
fn destroy_options(before: &Account, setup: &SetupOptions) -> SetupOptions {
    let subscribed = resources(before).into_keys().filter(|id| id.starts_with("subscription:")).collect::<String>();
    let emails = setup.emails.iter().filter(|email| !subscribed.contains(email.as_str())).cloned().collect();
    SetupOptions { emails, ..SetupOptions::default() }
}

/// The audit checks that fail; `None` while there are no audit checks.
fn objections(health: &Health) -> Option<BTreeSet<&'static str>> {
    let counts = |id: CheckId| id.counts() == Counts::Audit;
    let audit = health.checks.iter().filter(|check| counts(check.id));
    let failed = audit.filter(|check| matches!(check.verdict, Verdict::Wrong | Verdict::Missing));
    CheckId::ALL.iter().copied().any(counts).then(|| failed.map(|check| check.id.as_str()).collect())
}

/// The kinds of changes in the plan: their ids without names.
fn kinds(plan: &Plan) -> Vec<String> {
    let kinds: BTreeSet<String> =
        plan.changes().map(|change| change.id().to_string().split(':').next().unwrap_or_default().to_owned()).collect();
    kinds.into_iter().collect()
}

/// Every resource of the account by kind and name, so that two accounts can be compared part by part. Times and the
/// states of alarms are left out.
fn resources(account: &Account) -> BTreeMap<String, Value> {
    let home = account.region.clone();
    let account = serde_json::to_value(account.clone().without_times()).unwrap();
    let mut found = BTreeMap::new();
    for kind in ["buckets", "roles", "keys"] {
        add_all(&mut found, kind.trim_end_matches('s'), "", &account[kind]);
    }
    for (region, contents) in account["regions"].as_object().unwrap() {
        let suffix = if *region == home { String::new() } else { format!(" in {region}") };
        for (kind, all) in contents.as_object().unwrap() {
            add_all(&mut found, kind.trim_end_matches('s'), &suffix, all);
        }
        for group in contents["log_groups"].as_object().unwrap().values() {
            add_all(&mut found, "filter", &suffix, &group["filters"]);
        }
        for (topic, contents) in contents["topics"].as_object().unwrap() {
            // A deleted subscription disappears by itself.
            let listed = contents["subscriptions"].as_array().unwrap().iter().filter(|s| s["state"] != "deleted");
            for subscription in listed {
                let endpoint = subscription["endpoint"].as_str().unwrap();
                found.insert(format!("subscription:{topic} {endpoint}{suffix}"), subscription.clone());
            }
        }
    }
    found
}

fn add_all(found: &mut BTreeMap<String, Value>, kind: &str, suffix: &str, all: &Value) {
    if let Some(orphans) = all.as_array().filter(|orphans| !orphans.is_empty()) {
        found.insert(format!("{kind}{suffix}"), orphans.clone().into());
    }
    for (name, contents) in all.as_object().into_iter().flatten() {
        let mut contents = contents.clone();
        for part in ["filters", "subscriptions", "state", "reason"] {
            contents.as_object_mut().unwrap().remove(part);
        }
        found.insert(format!("{kind}:{name}{suffix}"), contents);
    }
}

/// The resources that rootbell did not make. A filter has no tags, so its name or namespace shows who made it.
fn unmanaged(account: &Account) -> BTreeMap<String, Value> {
    let mut all = resources(account);
    let tagged = |contents: &Value| contents["tags"]["rootbell"] == "managed";
    let topics: Vec<String> = all
        .iter()
        .filter(|(_, contents)| tagged(contents))
        .filter_map(|(id, _)| id.strip_prefix("topic:").map(|name| format!("subscription:{name} ")))
        .collect();
    let is_managed = |id: &str, contents: &Value| {
        let filter =
            id == "filter:rootbell-root-use" || id.starts_with("filter:") && contents["namespace"] == "rootbell";
        tagged(contents) || filter || topics.iter().any(|topic| id.starts_with(topic.as_str()))
    };
    all.retain(|id, contents| !is_managed(id, contents));
    all
}

/// The resources of `before` that are gone or different, and those of `after` that are new.
fn differences(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
    let changed = before.iter().filter_map(|(id, contents)| match after.get(id) {
        None => Some(format!("{id} is gone")),
        Some(now) if now != contents => Some(format!("{id} is changed")),
        Some(_) => None,
    });
    let new = after.keys().filter(|id| !before.contains_key(*id)).map(|id| format!("{id} is left behind"));
    changed.chain(new).collect()
}

/// The existing resources that `apply` changes or deletes, although rootbell did not make them.
fn changed_by_apply(before: &Account, after: &Account) -> Vec<String> {
    let now = resources(after);
    unmanaged(before).into_iter().filter(|(id, contents)| now.get(id) != Some(contents)).map(|(id, _)| id).collect()
}

/// One difference between what is true and what rootbell says.
struct Deviation {
    setup: String,
    issue: u32,
    column: &'static str,
    /// The kind of mistake, for counting.
    kind: &'static str,
    expected: String,
    said: String,
    unsure: bool,
}

async fn deviations(name: &str, expected: &Expected, account: Account) -> Vec<Deviation> {
    let mut found = Vec::new();
    let mut add = |column, kind, wanted: String, said: String| {
        let unsure = expected.is_unsure(column);
        found.push(Deviation {
            setup: name.to_owned(),
            issue: expected.issue,
            column,
            kind,
            expected: wanted,
            said,
            unsure,
        });
    };
    let cloud = cloud(account);
    let before = cloud.snapshot();
    let (health, plan) = observe_and_plan(&cloud, &expected.setup()).await;
    let (said, weakest) = (health.alerting().as_str(), health.weakest());
    let said_weakest = weakest.map_or_else(String::new, |check| format!("{}: {}", check.id, check.detail));
    let points_to =
        |region: &String| weakest.is_some_and(|check| fix_text(&check.fix).contains(&format!("--region {region}")));
    if !expected.verdicts().contains(&said) && !expected.in_region.as_ref().is_some_and(points_to) {
        let kind = match (expected.verdicts()[0], said) {
            ("ok", _) => "works, but is not called OK",
            ("unknown", _) => "can't be told, but is called something else",
            (_, "ok") => "doesn't work, but is called OK",
            _ => "doesn't work, for another reason than is said",
        };
        add("sign_in", kind, expected.verdicts().join(" or "), format!("{said}: {said_weakest}"));
    } else if !expected.weakest.is_empty()
        && !weakest.is_some_and(|check| expected.weakest.iter().any(|id| id == check.id.as_str()))
    {
        add("weakest", "another check is reported first", expected.weakest.join(" or "), said_weakest);
    }
    if said == "ok" && health.reports.api != Some(expected.api_use == Answer::Reaches) {
        let wanted = format!("{:?}", expected.api_use);
        add("api_use", "is wrong about API use", wanted, format!("{:?}", health.reports.api));
    }
    if let (Some(wanted), Some(said)) = (&expected.objections, objections(&health)) {
        let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
        if wanted != said {
            add("objections", "other audit findings", format!("{wanted:?}"), format!("{said:?}"));
        }
    }
    let has_verdict =
        |id: &&String, verdict| health.checks.iter().any(|c| c.id.as_str() == *id && c.verdict == verdict);
    for id in expected.unread.iter().filter(|id| !has_verdict(id, Verdict::Unknown)) {
        add("unread", "judges what it doesn't read", format!("{id} unknown"), format!("{:?}", objections(&health)));
    }
    if !expected.unread.is_empty() && health.audit_ok() == Some(true) {
        add("unread", "is called accepted without having been read", "not accepted".into(), "audit_ok".into());
    }
    let said_kinds = kinds(&plan);
    if let Some(allowed) = &expected.plan {
        // Event rules come with a topic of ours.
        let comes_with_topic =
            |kind: &str| kind.starts_with("event_r") && said_kinds.iter().any(|said| said == "topic.create");
        let is_allowed = |kind: &&String| allowed.contains(kind) || comes_with_topic(kind);
        let surplus: Vec<&str> = said_kinds.iter().filter(|kind| !is_allowed(kind)).map(String::as_str).collect();
        let wanted = if allowed.is_empty() { "nothing".into() } else { format!("only {}", allowed.join(", ")) };
        if !surplus.is_empty() {
            add("plan", "the plan does more than it should", wanted, surplus.join(", "));
        } else if let [(_, why), ..] = plan.blocked.as_slice() {
            add("plan", "the plan is blocked", wanted, problem_text(why));
        } else if !allowed.is_empty() && expected.sign_in == Answer::DoesNotReach && said_kinds.is_empty() {
            add("plan", "the plan does nothing", wanted, String::new());
        }
    }
    if plan.blocked.is_empty() {
        let outcome = apply(&cloud, &expected.setup()).await;
        let changed = changed_by_apply(&before, &cloud.snapshot());
        let surplus: Vec<&str> =
            changed.iter().filter(|id| !expected.unmanaged_changes.contains(id)).map(String::as_str).collect();
        if !surplus.is_empty() {
            let wanted = format!("{:?}", expected.unmanaged_changes);
            add("unmanaged_changes", "changes unmanaged resources", wanted, surplus.join(", "));
        }
        if let Err(message) = outcome {
            add("plan", "the plan can't be applied", String::new(), message);
        }
    }
    found
}

/// The table of deviations, with their numbers at the end.
fn report(found: &[Deviation]) -> String {
    let mut text = String::new();
    let mut kinds: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for Deviation { setup, issue, column, kind, expected, said, unsure } in found {
        *kinds.entry((kind, *unsure)).or_default() += 1;
        let mark = if *unsure { " (unsure)" } else { "" };
        let said: String = said.chars().take(160).collect();
        writeln!(text, "{setup:34} {issue} {column:18} {kind}{mark}: expected {expected}; said {said}").unwrap();
    }
    writeln!(text).unwrap();
    for ((kind, unsure), count) in kinds {
        writeln!(text, "{count:4} {kind}{}", if unsure { " (unsure)" } else { "" }).unwrap();
    }
    text
}

/// Panics with the failures unless there are none.
fn assert_none(failed: &[String], of: &str) {
    assert!(failed.is_empty(), "{} {of}\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_account_has_a_row_that_says_what_is_true_and_why() {
    let setups = setups();
    assert_eq!(setups.iter().map(|setup| setup.name.clone()).collect::<BTreeSet<_>>(), files());
    assert!(setups.len() >= 48 && setups.iter().filter(|setup| setup.expected.own_names).count() >= 6);
    for Setup { name, expected, account } in setups {
        assert!(!expected.source.is_empty() && !expected.why.is_empty(), "{name}");
        assert!(!expected.verdicts().contains(&"ok") || expected.weakest.is_empty(), "{name}: nothing is weak");
        assert!(account.is_some() || expected.needs.is_some(), "{name}");
        let audit_checks = expected.objections.iter().flatten().chain(&expected.unread);
        assert!(audit_checks.map(String::as_str).all(|id| AUDIT_CHECKS.contains(&id)), "{name}");
        let columns = ["sign_in", "api_use", "objections", "plan"];
        let has_column = |unsure: &String| columns.iter().any(|column| unsure.starts_with(&format!("{column}: ")));
        assert!(expected.unsure.iter().all(has_column), "{name}: unsure begins with a column");
    }
}

/// The accounts that the format can't express yet, and what it lacks.
const INEXPRESSIBLE: [(&str, &str); 0] = [];

#[test]
fn every_account_can_be_expressed_but_those_listed() {
    let unreadable: Vec<String> =
        setups().into_iter().filter(|setup| setup.account.is_none()).map(|setup| setup.name).collect();
    // Also if the format has learned it, so that the list doesn't outlive its reason.
    assert_eq!(unreadable, INEXPRESSIBLE.map(|(name, _lacking)| name));
}

#[test]
fn the_verdict_and_the_plan_are_right_for_every_account() {
    let (mut found, mut all, mut working) = (Vec::new(), 0, 0);
    for (name, expected, account) in readable_setups() {
        all += 1;
        working += usize::from(expected.verdicts()[0] == "ok");
        found.extend(in_virtual_time(deviations(&name, &expected, account)));
    }
    // Deviations in columns that may be wrong are listed, but don't fail.
    let is_right = found.iter().all(|deviation| deviation.unsure);
    assert!(is_right, "{all} accounts, {working} of which work\n{}", report(&found));
}

#[test]
fn one_apply_and_the_confirmation_make_a_sign_in_reach_somebody() {
    let mut failed = Vec::new();
    let needs_setup = |expected: &Expected| {
        expected.sign_in == Answer::DoesNotReach && expected.fixed != Some(false) && expected.email.is_some()
    };
    for (name, expected, account) in readable_setups().filter(|(_, expected, _)| needs_setup(expected)) {
        let cloud = cloud(account);
        in_virtual_time(async {
            let outcome = apply(&cloud, &expected.setup()).await;
            confirm(&cloud, &expected.setup());
            let (health, _) = observe_and_plan(&cloud, &expected.setup()).await;
            if outcome.is_err() || !health.healthy() {
                let weakest = health.weakest().map(|check| format!("{}: {}", check.id, check.detail));
                failed.push(format!("{name}: {outcome:?} {weakest:?}"));
            }
        });
    }
    assert_none(&failed, "accounts");
}

#[test]
fn a_second_apply_is_empty() {
    let mut failed = Vec::new();
    for (name, expected, account) in readable_setups() {
        let cloud = cloud(account);
        in_virtual_time(async {
            if apply(&cloud, &expected.setup()).await.is_ok() {
                confirm(&cloud, &expected.setup());
                let (_, plan) = observe_and_plan(&cloud, &expected.setup()).await;
                if !plan.is_empty() || !plan.blocked.is_empty() {
                    failed.push(format!("{name}: {:?} {:?}", kinds(&plan), plan.blocked));
                }
            }
        });
    }
    assert_none(&failed, "accounts");
}

#[test]
fn apply_then_destroy_leaves_every_account_as_it_was() {
    let mut failed = Vec::new();
    for (name, expected, account) in readable_setups() {
        let cloud = cloud(account);
        let before = cloud.snapshot();
        in_virtual_time(async {
            let applied = apply(&cloud, &expected.setup()).await;
            let options = destroy_options(&before, &expected.setup());
            // An address that was pending before stays pending.
            confirm(&cloud, &options);
            let identity = cloud.identity().await.unwrap();
            let region = Region::new(before.region.as_str());
            let chains = engine::teardown::managed_chains(&cloud, &identity, &region, &options, true).await;
            let plan = teardown(&chains, true);
            let report = engine::run(&cloud, &plan, None, &|_| {}).await;
            let left = differences(&unmanaged(&before), &resources(&cloud.snapshot()));
            if !left.is_empty() || !plan.blocked.is_empty() || !report.succeeded() {
                let blocked = plan.blocked.first().map(|(_, why)| why);
                failed.push(format!("{name}: {} {blocked:?} {applied:?}", left.join(", ")));
            }
        });
    }
    assert_none(&failed, "accounts");
}
