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
    let aws = EmulatedAws::new(REGION);
    set_up(&aws);
    aws
}

fn set_up(aws: &EmulatedAws) -> Ended {
    aws.rootbell(&["apply", "--yes"]).args(["--email", "a@example.com", "--email", "b@example.com"]).output().exits(0)
}

fn destroy(aws: &EmulatedAws) -> Program {
    aws.rootbell(&["destroy", "--yes", "--with-logs"])
}

fn put_objects(aws: &EmulatedAws, count: usize) {
    read::put_objects(&aws.emulator.url(), REGION, BUCKET, count);
}

fn account(aws: &EmulatedAws) -> Account {
    aws.account(&Names::default_in(REGION))
}

#[test]
fn destroy_with_logs_deletes_everything_apply_created() {
    let aws = aws_with_setup();
    put_objects(&aws, 1_010);
    aws.proxy.forget_calls();
    let output = destroy(&aws).output().exits(0);
    assert!(output.stderr.contains("1,012 objects, 101.1 kB, all versions"), "{output:#?}");
    assert!(output.stdout.starts_with("Deleted: 20 changes made in account 000000000000"), "{output:#?}");
    assert_eq!(aws.proxy.counts()["DeleteObjects"], 2, "in batches of a thousand");
    assert_eq!(account(&aws), Account::default());
    let again = destroy(&aws).output().exits(0);
    assert!(again.stdout.starts_with("Nothing to delete: rootbell has created nothing"), "{again:#?}");
}

#[test]
fn destroy_without_with_logs_keeps_the_bucket_and_the_log_group() {
    let aws = aws_with_setup();
    put_objects(&aws, 3);
    let output = aws.rootbell(&["destroy", "--yes"]).output().exits(0);
    assert!(output.stdout.contains("log group rootbell/cloudtrail: kept with its events"), "{output:#?}");
    let all = wanted(REGION);
    let kept = Account { bucket: all.bucket, log_group: all.log_group, ..Account::default() };
    assert_eq!(account(&aws), kept);
    let again = aws.rootbell(&["destroy", "--yes"]).output().exits(0);
    assert!(again.stdout.starts_with("Nothing to delete in account"), "{again:#?}");
    set_up(&aws);
    assert_eq!(account(&aws), wanted(REGION));
}

#[test]
fn printing_the_destroy_plan_changes_nothing() {
    let aws = aws_with_setup();
    aws.proxy.forget_calls();
    let text = aws.rootbell(&["destroy", "--format", "text"]).output().exits(3);
    assert!(text.stdout.contains("- SNS topic"), "{text:#?}");
    let json = aws.rootbell(&["destroy", "--with-logs", "--format", "json"]).output().exits(3).json();
    let changes = json["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 20, "{json}");
    assert!(changes.iter().all(|change| change["action"] == "delete"), "{json}");
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
    assert_eq!(account(&aws), wanted(REGION));
}

#[test]
fn the_destroy_script_deletes_the_same_resources() {
    let aws = aws_with_setup();
    put_objects(&aws, 5);
    let plan = aws.rootbell(&["destroy", "--with-logs", "--format", "aws-cli"]).output().exits(3);
    let script = aws.emulator.home().join("teardown.sh");
    std::fs::write(&script, &plan.stdout).unwrap();
    let ran = aws.aws_cli("sh").arg(&script).output().unwrap();
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stderr), plan.stdout);
    assert_eq!(account(&aws), Account::default());
}

#[test]
fn a_destroy_killed_after_any_deletion_can_be_continued() {
    let aws = EmulatedAws::new(REGION);
    for writes in [1, 3, 5, 8, 10, 11] {
        aws.reset();
        set_up(&aws);
        put_objects(&aws, 2);
        aws.proxy.hold_after_writes(writes);
        let running = destroy(&aws).start();
        aws.proxy.wait_until_held();
        running.kill();
        aws.proxy.clear_faults();
        destroy(&aws).output().exits(0);
        assert_eq!(account(&aws), Account::default(), "killed after {writes} deletions");
    }
}

#[test]
fn a_denied_deletion_is_named_and_the_rest_is_deleted() {
    let aws = aws_with_setup();
    aws.proxy.deny("DeleteTopic");
    let output = destroy(&aws).arg("--json").output().exits(1);
    let result = output.json();
    assert_eq!(result["failed"][0]["id"], "topic.delete:rootbell-alerts", "{result}");
    assert!(result["failed"][0]["fix"].as_str().unwrap().contains("sns:DeleteTopic"), "{result}");
    assert_eq!(result["skipped"], serde_json::json!([]));
    // The command to rerun is for this account, not for the default one.
    let again = format!("Run `rootbell destroy --endpoint-url {} --with-logs` to continue.", aws.proxy.url());
    assert_eq!(result["open"][0], again);
    let left = account(&aws);
    assert_eq!(Account { topic: None, ..left.clone() }, Account::default());
    assert_eq!(left.topic, wanted(REGION).topic);
    aws.proxy.clear_faults();
    destroy(&aws).output().exits(0);
    assert_eq!(account(&aws), Account::default());
}

#[test]
fn the_rerun_command_names_resources_that_the_chain_no_longer_leads_to() {
    let aws = EmulatedAws::new(REGION);
    let names = ["--topic", "on-call", "--alarm", "root rings"];
    aws.rootbell(&["apply", "--yes", "--email", "a@example.com"]).args(names).output().exits(0);
    aws.proxy.deny("DeleteTopic");
    // The topic is found through the filter and the alarm, which are deleted by now.
    let output = aws.rootbell(&["destroy", "--yes"]).output().exits(1);
    let again =
        format!("Run `rootbell destroy --endpoint-url {} --topic on-call --alarm 'root rings'`", aws.proxy.url());
    assert!(output.stdout.contains(&again), "{output:#?}");
    aws.proxy.clear_faults();
    let output = aws.rootbell(&["destroy", "--yes"]).args(names).output().exits(0);
    assert!(output.stdout.starts_with("Deleted: 1 change"), "{output:#?}");
}

#[test]
fn an_unmanaged_trail_is_restored_without_the_log_group() {
    let aws = EmulatedAws::new(REGION);
    read::make_trail(&aws.emulator.url(), REGION, "audit");
    let names = Names { trail: "audit".into(), bucket: "theirs".into(), ..Names::default_in(REGION) };
    let before = aws.account(&names);
    aws.rootbell(&["apply", "--yes", "--email", "a@example.com", "--trail", "audit"]).output().exits(0);
    let attached = aws.account(&names).trail.unwrap();
    assert_eq!(
        attached.log_group_arn.as_deref(),
        Some("arn:aws:logs:eu-west-1:000000000000:log-group:rootbell/cloudtrail:*")
    );
    let output = destroy(&aws).output().exits(0);
    assert!(output.stderr.contains("~ trail"), "{output:#?}");
    let mut after = aws.account(&names);
    // The emulator keeps an empty string where AWS returns nothing.
    let trail = after.trail.as_mut().unwrap();
    for arn in [&mut trail.log_group_arn, &mut trail.role_arn] {
        *arn = arn.take().filter(|arn| !arn.is_empty());
    }
    assert_eq!(after, before);
}

#[test]
fn nothing_is_deleted_until_the_word_is_typed() {
    let aws = aws_with_setup();
    let output = aws.rootbell(&["destroy"]).stdin("destroy\n").output().exits(2).with_empty_stdout();
    output.stderr_contains("--yes").stderr_contains("Nothing was changed");
    let mut pty = aws.rootbell(&["destroy"]).pty(100, 40);
    pty.wait_for("Type `destroy` or the account number 000000000000 to make these 17 changes:");
    pty.press("yes");
    pty.press(key::ENTER);
    pty.wait_for("Nothing was changed.");
    assert_eq!(pty.wait_exit().code, 1);
    assert_eq!(account(&aws), wanted(REGION));
    let mut pty = aws.rootbell(&["destroy"]).pty(100, 40);
    pty.wait_for("Type `destroy` or the account number 000000000000 to make these 17 changes:");
    pty.press("000000000000");
    pty.press(key::ENTER);
    pty.wait_for("Deleted: ");
    assert_eq!(pty.wait_exit().code, 0);
    assert_eq!(account(&aws).trail, None);
}

/// The permissions for the requests that the proxy recorded.
fn permissions_used(aws: &EmulatedAws) -> BTreeSet<String> {
    let seen = aws.proxy.seen_calls();
    let all = seen.iter().flat_map(|seen| permissions(&seen.call.service, &seen.call.operation));
    all.map(str::to_owned).collect()
}

fn permissions_granted(aws: &EmulatedAws, args: &[&str]) -> BTreeSet<String> {
    let policy = aws.rootbell(&[&["policy"], args].concat()).output().exits(0).json();
    rootbell::domain::policy::PolicyDocument::from(policy).actions().into_iter().map(str::to_owned).collect()
}

#[test]
fn every_request_is_covered_by_the_policy_and_unused_permissions_are_listed() {
    let aws = EmulatedAws::new(REGION);
    set_up(&aws);
    set_up(&aws);
    aws.rootbell(&["plan", "--email", "a@example.com"]).output().well_behaved();
    aws.rootbell(&["status"]).output().well_behaved();
    let asked_for = permissions_used(&aws);
    let setup = permissions_granted(&aws, &["setup"]);
    assert_eq!(asked_for.difference(&setup).collect::<Vec<_>>(), Vec::<&String>::new());
    // Only a drifted account or the wizard needs these.
    let drifted = [
        "cloudtrail:PutEventSelectors",
        "cloudtrail:UpdateTrail",
        // Only for an alarm with mute rules.
        "cloudwatch:GetAlarmMuteRule",
        // Only for a rule whose pattern can't be evaluated here.
        "events:TestEventPattern",
        // Only where the root user has MFA.
        "iam:ListVirtualMFADevices",
        "iam:UpdateAssumeRolePolicy",
        "logs:TestMetricFilter",
        "s3:PutBucketPublicAccessBlock",
        // Only with the link of the email.
        "sns:ConfirmSubscription",
        "sns:SetTopicAttributes",
    ];
    assert_eq!(setup.difference(&asked_for).collect::<Vec<_>>(), drifted.iter().collect::<Vec<_>>());

    put_objects(&aws, 2);
    aws.proxy.forget_calls();
    aws.rootbell(&["destroy", "--yes"]).output().exits(0);
    let asked_for = permissions_used(&aws);
    let teardown = permissions_granted(&aws, &["destroy"]);
    assert_eq!(asked_for.difference(&teardown).collect::<Vec<_>>(), Vec::<&String>::new());
    // Only unmanaged resources need these.
    let adopted = [
        "cloudtrail:UpdateTrail",
        "cloudwatch:GetAlarmMuteRule",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "events:TestEventPattern",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
        "sns:SetTopicAttributes",
    ];
    assert_eq!(teardown.difference(&asked_for).collect::<Vec<_>>(), adopted.iter().collect::<Vec<_>>());

    aws.proxy.forget_calls();
    destroy(&aws).output().exits(0);
    let all = permissions_used(&aws);
    let logs: Vec<String> =
        permissions_granted(&aws, &["destroy", "--with-logs"]).difference(&teardown).cloned().collect();
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
