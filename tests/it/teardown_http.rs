//! Real HTTP: `destroy` deletes what `apply` created, read back with the SDK; and the policies cover every request.

use std::collections::BTreeSet;

use crate::iam_policies::permissions;
use crate::support::EmulatedAws;
use crate::support::program::{Ended, Program};
use crate::support::pty::key;
use crate::support::read::{self, Account, Names};
use crate::wire::wanted;

const REGION: &str = "eu-west-1";
const BUCKET: &str = "rootbell-000000000000-eu-west-1";

fn aws_with_setup() -> EmulatedAws {
    let world = EmulatedAws::new(REGION);
    set_up(&world);
    world
}

fn set_up(world: &EmulatedAws) -> Ended {
    world.rootbell(&["apply", "--yes"]).args(["--email", "a@example.com", "--email", "b@example.com"]).output().exits(0)
}

fn destroy(world: &EmulatedAws) -> Program {
    world.rootbell(&["destroy", "--yes", "--with-logs"])
}

fn put_objects(world: &EmulatedAws, count: usize) {
    read::put_objects(&world.emulator.url(), REGION, BUCKET, count);
}

fn account(world: &EmulatedAws) -> Account {
    world.account(&Names::default_in(REGION))
}

#[test]
fn destroy_with_logs_deletes_everything_apply_created() {
    let world = aws_with_setup();
    put_objects(&world, 1_010);
    world.proxy.forget_calls();
    let said = destroy(&world).output().exits(0);
    assert!(said.stderr.contains("1,012 objects, 101.1 kB, all versions"), "{said:#?}");
    assert!(said.stdout.starts_with("Deleted: 12 changes made in account 000000000000"), "{said:#?}");
    assert_eq!(world.proxy.counts()["DeleteObjects"], 2, "in batches of a thousand");
    assert_eq!(account(&world), Account::default());
    let again = destroy(&world).output().exits(0);
    assert!(again.stdout.starts_with("Nothing to delete: rootbell has created nothing"), "{again:#?}");
}

#[test]
fn destroy_without_with_logs_keeps_the_bucket_and_the_log_group() {
    let world = aws_with_setup();
    put_objects(&world, 3);
    let said = world.rootbell(&["destroy", "--yes"]).output().exits(0);
    assert!(said.stdout.contains("log group rootbell/cloudtrail: kept with its events"), "{said:#?}");
    let all = wanted(REGION);
    let kept = Account { bucket: all.bucket, log_group: all.log_group, ..Account::default() };
    assert_eq!(account(&world), kept);
    let again = world.rootbell(&["destroy", "--yes"]).output().exits(0);
    assert!(again.stdout.starts_with("Nothing to delete in account"), "{again:#?}");
    set_up(&world);
    assert_eq!(account(&world), wanted(REGION));
}

#[test]
fn printing_the_destroy_plan_changes_nothing() {
    let world = aws_with_setup();
    world.proxy.forget_calls();
    let text = world.rootbell(&["destroy", "--format", "text"]).output().exits(3);
    assert!(text.stdout.contains("- SNS topic"), "{text:#?}");
    let json = world.rootbell(&["destroy", "--with-logs", "--format", "json"]).output().exits(3).json();
    let changes = json["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 12, "{json}");
    assert!(changes.iter().all(|change| change["action"] == "delete"), "{json}");
    assert_eq!(world.proxy.writes(), Vec::<String>::new());
    assert_eq!(account(&world), wanted(REGION));
}

#[test]
fn the_destroy_script_deletes_the_same_resources() {
    let world = aws_with_setup();
    put_objects(&world, 5);
    let plan = world.rootbell(&["destroy", "--with-logs", "--format", "aws-cli"]).output().exits(3);
    let script = world.emulator.home().join("teardown.sh");
    std::fs::write(&script, &plan.stdout).unwrap();
    let ran = world.aws_cli("sh").arg(&script).output().unwrap();
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stderr), plan.stdout);
    assert_eq!(account(&world), Account::default());
}

#[test]
fn a_destroy_killed_after_any_deletion_can_be_continued() {
    let world = EmulatedAws::new(REGION);
    for writes in [1, 3, 5, 8, 10, 11] {
        world.reset();
        set_up(&world);
        put_objects(&world, 2);
        world.proxy.hold_after_writes(writes);
        let running = destroy(&world).start();
        world.proxy.wait_until_held();
        running.kill();
        world.proxy.clear_faults();
        destroy(&world).output().exits(0);
        assert_eq!(account(&world), Account::default(), "killed after {writes} deletions");
    }
}

#[test]
fn a_denied_deletion_is_named_and_the_rest_is_deleted() {
    let world = aws_with_setup();
    world.proxy.deny("DeleteTopic");
    let said = destroy(&world).arg("--json").output().exits(1);
    let result = said.json();
    assert_eq!(result["failed"][0]["id"], "topic.delete:rootbell-alerts", "{result}");
    assert!(result["failed"][0]["fix"].as_str().unwrap().contains("sns:DeleteTopic"), "{result}");
    assert_eq!(result["skipped"], serde_json::json!([]));
    // The command to rerun is for this account, not for the default one.
    let again =
        format!("Run `rootbell destroy --endpoint-url {} --with-logs` to continue.", world.proxy.url());
    assert_eq!(result["open"][0], again);
    let left = account(&world);
    assert_eq!(Account { topic: None, ..left.clone() }, Account::default());
    assert_eq!(left.topic, wanted(REGION).topic);
    world.proxy.clear_faults();
    destroy(&world).output().exits(0);
    assert_eq!(account(&world), Account::default());
}

#[test]
fn the_rerun_command_names_resources_that_the_chain_no_longer_leads_to() {
    let world = EmulatedAws::new(REGION);
    let names = ["--topic", "on-call", "--alarm", "root rings"];
    world.rootbell(&["apply", "--yes", "--email", "a@example.com"]).args(names).output().exits(0);
    world.proxy.deny("DeleteTopic");
    // The topic is found through the filter and the alarm, which are deleted by now.
    let said = world.rootbell(&["destroy", "--yes"]).output().exits(1);
    let again =
        format!("Run `rootbell destroy --endpoint-url {} --topic on-call --alarm 'root rings'`", world.proxy.url());
    assert!(said.stdout.contains(&again), "{said:#?}");
    world.proxy.clear_faults();
    let said = world.rootbell(&["destroy", "--yes"]).args(names).output().exits(0);
    assert!(said.stdout.starts_with("Deleted: 1 change"), "{said:#?}");
}

#[test]
fn an_unmanaged_trail_is_restored_without_the_log_group() {
    let world = EmulatedAws::new(REGION);
    read::make_trail(&world.emulator.url(), REGION, "audit");
    let names = Names { trail: "audit".into(), bucket: "theirs".into(), ..Names::default_in(REGION) };
    let before = world.account(&names);
    world.rootbell(&["apply", "--yes", "--email", "a@example.com", "--trail", "audit"]).output().exits(0);
    let attached = world.account(&names).trail.unwrap();
    assert_eq!(
        attached.log_group_arn.as_deref(),
        Some("arn:aws:logs:eu-west-1:000000000000:log-group:rootbell/cloudtrail:*")
    );
    let said = destroy(&world).output().exits(0);
    assert!(said.stderr.contains("~ trail"), "{said:#?}");
    let mut after = world.account(&names);
    // The emulator keeps an empty string where AWS returns nothing.
    let trail = after.trail.as_mut().unwrap();
    for arn in [&mut trail.log_group_arn, &mut trail.role_arn] {
        *arn = arn.take().filter(|arn| !arn.is_empty());
    }
    assert_eq!(after, before);
}

#[test]
fn nothing_is_deleted_until_the_word_is_typed() {
    let world = aws_with_setup();
    let said = world.rootbell(&["destroy"]).stdin("destroy\n").output().exits(2).without_result();
    said.says("--yes").says("Nothing was changed");
    let mut pty = world.rootbell(&["destroy"]).pty(100, 40);
    pty.wait_for("Type `destroy` or the account number 000000000000 to make these 9 changes:");
    pty.press("yes");
    pty.press(key::ENTER);
    pty.wait_for("Nothing was changed.");
    assert_eq!(pty.wait_exit().code, 1);
    assert_eq!(account(&world), wanted(REGION));
    let mut pty = world.rootbell(&["destroy"]).pty(100, 40);
    pty.wait_for("Type `destroy` or the account number 000000000000 to make these 9 changes:");
    pty.press("000000000000");
    pty.press(key::ENTER);
    pty.wait_for("Deleted: ");
    assert_eq!(pty.wait_exit().code, 0);
    assert_eq!(account(&world).trail, None);
}

/// The permissions for the requests that the proxy recorded.
fn asked(world: &EmulatedAws) -> BTreeSet<String> {
    let seen = world.proxy.seen_calls();
    let all = seen.iter().flat_map(|seen| permissions(&seen.call.service, &seen.call.operation));
    all.map(str::to_owned).collect()
}

fn granted(world: &EmulatedAws, args: &[&str]) -> BTreeSet<String> {
    let policy = world.rootbell(&[&["policy"], args].concat()).output().exits(0).json();
    rootbell::domain::iam_policy::actions(&policy).into_iter().collect()
}

#[test]
fn every_request_is_covered_by_the_policy_and_unused_permissions_are_listed() {
    let world = EmulatedAws::new(REGION);
    set_up(&world);
    set_up(&world);
    world.rootbell(&["plan", "--email", "a@example.com"]).output().decent();
    world.rootbell(&["status"]).output().decent();
    let asked_for = asked(&world);
    let setup = granted(&world, &["setup"]);
    assert_eq!(asked_for.difference(&setup).collect::<Vec<_>>(), Vec::<&String>::new());
    // Only a drifted account or the wizard needs these.
    let drifted = [
        "cloudtrail:PutEventSelectors",
        "cloudtrail:UpdateTrail",
        "iam:UpdateAssumeRolePolicy",
        "logs:TestMetricFilter",
        "sns:SetTopicAttributes",
    ];
    assert_eq!(setup.difference(&asked_for).collect::<Vec<_>>(), drifted.iter().collect::<Vec<_>>());

    put_objects(&world, 2);
    world.proxy.forget_calls();
    world.rootbell(&["destroy", "--yes"]).output().exits(0);
    let asked_for = asked(&world);
    let teardown = granted(&world, &["destroy"]);
    assert_eq!(asked_for.difference(&teardown).collect::<Vec<_>>(), Vec::<&String>::new());
    // Only unmanaged resources need these.
    let adopted = [
        "cloudtrail:UpdateTrail",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
        "sns:SetTopicAttributes",
    ];
    assert_eq!(teardown.difference(&asked_for).collect::<Vec<_>>(), adopted.iter().collect::<Vec<_>>());

    world.proxy.forget_calls();
    destroy(&world).output().exits(0);
    let all = asked(&world);
    let logs: Vec<String> = granted(&world, &["destroy", "--with-logs"]).difference(&teardown).cloned().collect();
    assert_eq!(
        logs,
        [
            "logs:DeleteLogGroup",
            "s3:DeleteBucket",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:ListBucketVersions"
        ]
    );
    assert!(logs.iter().all(|action| all.contains(action)), "{all:?}");
}
