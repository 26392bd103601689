//! Real HTTP: the program with an emulated account, which is read back with the SDK.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use rootbell::domain::account_region::AccountRegion;
use rootbell::domain::event_scope::EventScope;
use rootbell::domain::own_rules::OwnRule;
use rootbell::domain::{self, Partition, root_rules};

use crate::support::EmulatedAws;
use crate::support::read::{self, Account, Names, Tags};

pub(crate) const EMAILS: [&str; 4] = ["--email", "a@example.com", "--email", "b@example.com"];

pub(crate) fn apply(aws: &EmulatedAws) -> crate::support::program::Program {
    aws.rootbell(&["apply", "--yes"]).args(EMAILS)
}

fn managed_tag() -> Tags {
    BTreeMap::from([("rootbell".to_owned(), "managed".to_owned())])
}

/// What a fresh account has to contain after `apply`.
pub(crate) fn wanted(region: &str) -> Account {
    let bucket = format!("rootbell-000000000000-{region}");
    let trail = format!("arn:aws:cloudtrail:{region}:000000000000:trail/rootbell");
    let topic = format!("arn:aws:sns:{region}:000000000000:rootbell-alerts");
    Account {
        bucket: Some(read::Bucket {
            location: (region != "us-east-1").then(|| region.to_owned()),
            ownership: Some("BucketOwnerEnforced".into()),
            public_access_block: Some([true; 4]),
            versioning: Some("Enabled".into()),
            policy: Some(json!({
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "RootbellAclCheckrootbell",
                        "Effect": "Allow",
                        "Principal": { "Service": "cloudtrail.amazonaws.com" },
                        "Action": "s3:GetBucketAcl",
                        "Resource": format!("arn:aws:s3:::{bucket}"),
                        "Condition": { "StringEquals": { "aws:SourceArn": trail } }
                    },
                    {
                        "Sid": "RootbellWriterootbell",
                        "Effect": "Allow",
                        "Principal": { "Service": "cloudtrail.amazonaws.com" },
                        "Action": "s3:PutObject",
                        "Resource": format!("arn:aws:s3:::{bucket}/AWSLogs/000000000000/*"),
                        "Condition": { "StringEquals": {
                            "s3:x-amz-acl": "bucket-owner-full-control",
                            "aws:SourceArn": trail
                        } }
                    },
                    {
                        "Sid": "RootbellTlsOnly",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
                        "Condition": { "Bool": { "aws:SecureTransport": "false" } }
                    }
                ]
            })),
            tags: managed_tag(),
        }),
        log_group: Some(read::LogGroup { retention_days: Some(365), tags: managed_tag() }),
        role: Some(read::Role {
            trust: json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "RootbellCloudTrail",
                    "Effect": "Allow",
                    "Principal": { "Service": "cloudtrail.amazonaws.com" },
                    "Action": "sts:AssumeRole"
                }]
            }),
            policies: BTreeMap::from([(
                "rootbell-deliver-to-logs".to_owned(),
                json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Sid": "RootbellDeliverrootbellcloudtrail",
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": format!(
                            "arn:aws:logs:{region}:000000000000:log-group:rootbell/cloudtrail:log-stream:\
                             000000000000_CloudTrail_{region}*"
                        )
                    }]
                }),
            )]),
            tags: managed_tag(),
        }),
        trail: Some(read::Trail {
            home_region: Some(region.into()),
            multi_region: true,
            validation: true,
            global_events: true,
            organization: false,
            bucket: Some(bucket),
            log_group_arn: Some(format!("arn:aws:logs:{region}:000000000000:log-group:rootbell/cloudtrail:*")),
            role_arn: Some(format!("arn:aws:iam::000000000000:role/rootbell-cloudtrail-to-logs-{region}")),
            logging: true,
            tags: managed_tag(),
            selectors: vec![("All".into(), true)],
        }),
        topic: Some(read::Topic {
            policy: json!({
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "RootbellOwner",
                        "Effect": "Allow",
                        "Principal": { "AWS": "arn:aws:iam::000000000000:root" },
                        "Action": [
                            "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                            "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                            "SNS:ListSubscriptionsByTopic", "SNS:Publish"
                        ],
                        "Resource": topic
                    },
                    {
                        "Sid": "RootbellAlarmsOfThisAccount",
                        "Effect": "Allow",
                        "Principal": { "Service": "cloudwatch.amazonaws.com" },
                        "Action": "SNS:Publish",
                        "Resource": topic,
                        "Condition": {
                            "StringEquals": { "aws:SourceAccount": "000000000000" },
                            "ArnLike": { "aws:SourceArn": format!("arn:aws:cloudwatch:{region}:000000000000:alarm:*") }
                        }
                    },
                    {
                        "Sid": "RootbellEventRules",
                        "Effect": "Allow",
                        "Principal": { "Service": "events.amazonaws.com" },
                        "Action": "SNS:Publish",
                        "Resource": topic
                    }
                ]
            }),
            key: None,
            tags: managed_tag(),
        }),
        subscriptions: ["a@example.com", "b@example.com"]
            .map(|endpoint| read::Subscription { endpoint: endpoint.into(), protocol: "email".into() })
            .into(),
        filters: vec![read::Filter {
            name: "rootbell-root-use".into(),
            pattern: concat!(
                r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS"#,
                r#" && $.eventType != "AwsServiceEvent" }"#
            )
            .into(),
            metric: "RootUse".into(),
            namespace: "rootbell".into(),
            value: "1".into(),
            default: Some(0.0),
            unit: Some("Count".into()),
        }],
        alarms: vec![read::Alarm {
            name: "rootbell-root-use".into(),
            description: Some("Somebody used the root user of this account (made by rootbell).".into()),
            namespace: Some("rootbell".into()),
            metric: Some("RootUse".into()),
            statistic: Some("Sum".into()),
            period: Some(300),
            evaluation_periods: Some(1),
            datapoints_to_alarm: Some(1),
            threshold: Some(1.0),
            comparison: Some("GreaterThanOrEqualToThreshold".into()),
            missing_data: Some("notBreaching".into()),
            actions_enabled: true,
            actions: vec![topic],
            ok_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            dimensions: 0,
            tags: managed_tag(),
        }],
        trails: vec!["rootbell".into()],
        event_role: (region != "us-east-1").then(|| event_role(region)),
        rules: rules(region),
    }
}

fn event_role(region: &str) -> read::Role {
    read::Role {
        trust: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "RootbellEventRules",
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sts:AssumeRole"
            }]
        }),
        policies: BTreeMap::from([(
            "rootbell-forward-events".to_owned(),
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "RootbellForward",
                    "Effect": "Allow",
                    "Action": "events:PutEvents",
                    "Resource": format!("arn:aws:events:{region}:000000000000:event-bus/default")
                }]
            }),
        )]),
        tags: managed_tag(),
    }
}

/// The rules that email sign-ins and changes, and outside of us-east-1 the one that forwards them.
fn rules(region: &str) -> BTreeMap<String, read::Rule> {
    let home = AccountRegion {
        partition: Partition::Aws,
        account: "000000000000".into(),
        region: domain::Region::new(region),
    };
    let rule = |own: OwnRule, target: (String, bool, Option<String>)| read::Rule {
        state: "ENABLED".into(),
        pattern: serde_json::from_str(&root_rules::pattern(own, &home, EventScope::Changes)).unwrap(),
        targets: vec![target],
        tags: managed_tag(),
    };
    let topic = format!("arn:aws:sns:{region}:000000000000:rootbell-alerts");
    let line = |text: &str| Some(format!("\"<drill>AWS account 000000000000, root user: {text}\""));
    let mut all = BTreeMap::from([
        (
            format!("arn:aws:events:{region}:000000000000:rule/rootbell-root-sign-ins"),
            rule(OwnRule::SignIns, (topic.clone(), false, line("<event>"))),
        ),
        (
            format!("arn:aws:events:{region}:000000000000:rule/rootbell-root-changes"),
            rule(OwnRule::Changes, (topic, false, line("<event> (<service>)"))),
        ),
    ]);
    if region != "us-east-1" {
        let bus = format!("arn:aws:events:{region}:000000000000:event-bus/default");
        all.insert(
            format!("arn:aws:events:us-east-1:000000000000:rule/rootbell-root-use-to-{region}"),
            rule(OwnRule::Forward, (bus, true, None)),
        );
    }
    all
}

fn sets_up_a_fresh_account(region: &str) {
    let aws = EmulatedAws::new(region);
    let output = apply(&aws).output().exits(0);
    // Two more rules and targets, and outside of us-east-1 a third one and a role with its policy.
    let count = if region == "us-east-1" { 19 } else { 23 };
    assert!(output.stdout.starts_with(&format!("Set up: {count} changes made in account 000000000000")), "{output:#?}");
    assert!(output.stdout.contains("first delivery"), "{output:#?}");
    assert_eq!(aws.account(&Names::default_in(region)), wanted(region));
}

#[test]
fn apply_sets_up_a_fresh_account_in_us_east_1() {
    sets_up_a_fresh_account("us-east-1");
}

#[test]
fn apply_sets_up_a_fresh_account_in_eu_west_1() {
    sets_up_a_fresh_account("eu-west-1");
}

#[test]
fn apply_again_changes_nothing_and_says_so() {
    let aws = EmulatedAws::new("eu-west-1");
    apply(&aws).output().exits(0);
    let before = aws.account(&Names::default_in("eu-west-1"));
    aws.proxy.forget_calls();
    let output = apply(&aws).output().exits(0);
    assert!(output.stdout.starts_with("Nothing to change"), "{output:#?}");
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
    assert_eq!(aws.account(&Names::default_in("eu-west-1")), before);
    // Without --email, the existing subscriptions are kept.
    let output = aws.rootbell(&["apply", "--yes", "--json"]).output().exits(0).json();
    assert_eq!(output["applied"], json!([]));
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
}

#[test]
fn independent_calls_overlap_and_no_write_is_repeated() {
    let aws = EmulatedAws::new("us-east-1");
    // Long enough to overlap on a busy machine.
    aws.proxy.set_latency(Duration::from_millis(200));
    apply(&aws).output().exits(0);
    assert!(aws.proxy.most_in_flight() >= 4, "{}", aws.proxy.most_in_flight());
    let writes: BTreeMap<String, usize> =
        aws.proxy.counts().into_iter().filter(|(name, _)| aws.proxy.writes().contains(name)).collect();
    for (operation, count) in writes {
        // Two addresses and two rules.
        let is_twofold = ["Subscribe", "PutRule", "PutTargets"].contains(&operation.as_str());
        let wanted = if is_twofold { 2 } else { 1 };
        assert_eq!(count, wanted, "{operation}");
    }
}

#[test]
fn the_script_creates_the_same_account() {
    let region = "eu-west-1";
    let planning = EmulatedAws::new(region);
    let plan = planning.rootbell(&["plan", "--format", "aws-cli"]).args(EMAILS).output().exits(3);
    assert_eq!(planning.proxy.writes(), Vec::<String>::new());

    let aws = EmulatedAws::new(region);
    let script = aws.emulator.home().join("setup.sh");
    std::fs::write(&script, &plan.stdout).unwrap();
    let ran = aws.aws_cli("sh").arg(&script).output().unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{errors}\n{}", plan.stdout);
    assert!(errors.contains("15/23 create alarm rootbell-root-use"), "{errors}");
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        "23 changes made. Run `rootbell status` to check whether an alert would reach you.\n"
    );
    assert_eq!(aws.account(&Names::default_in(region)), wanted(region));

    // rootbell finds nothing to change in it.
    let again = aws.rootbell(&["plan"]).args(EMAILS).output().exits(0);
    assert!(again.stdout.contains("Nothing to change."), "{again:#?}");
}

#[test]
fn the_script_retries_what_is_not_ready_and_stops_at_any_other_error() {
    let region = "us-east-1";
    let aws = EmulatedAws::new(region);
    let plan = aws.rootbell(&["plan", "--format", "aws-cli"]).args(EMAILS).output().exits(3);
    let script = aws.emulator.home().join("setup.sh");
    // Don't wait 5 seconds in a test.
    std::fs::write(&script, plan.stdout.replace("sleep 5", "sleep 0.1")).unwrap();

    let why = "Access denied. Verify in IAM that the role has adequate permissions.";
    aws.proxy.refuse("CreateTrail", 2, 400, "InvalidCloudWatchLogsRoleArnException", why);
    aws.proxy.deny("Subscribe");
    let ran = aws.aws_cli("sh").arg(&script).output().unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success(), "{errors}");
    assert_eq!(aws.proxy.counts()["CreateTrail"], 3, "{errors}");
    assert_eq!(errors.matches("not ready yet").count(), 2, "{errors}");
    assert_eq!(aws.proxy.counts()["Subscribe"], 1, "{errors}");
    assert!(!aws.proxy.counts().contains_key("PutMetricAlarm"), "{errors}");
}

#[test]
fn the_script_does_nothing_in_another_account() {
    let aws = EmulatedAws::new("us-east-1");
    let plan = aws.rootbell(&["plan", "--format", "aws-cli"]).args(EMAILS).output().exits(3);
    let script = aws.emulator.home().join("setup.sh");
    std::fs::write(&script, plan.stdout).unwrap();
    // The emulator uses an access key of twelve digits as the account ID.
    let ran = aws.aws_cli("sh").env("AWS_ACCESS_KEY_ID", "111122223333").arg(&script).output().unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success(), "{errors}");
    assert!(
        errors.contains("This is for account 000000000000, but the AWS CLI is signed in to 111122223333"),
        "{errors}"
    );
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
}

#[test]
fn plan_and_status_report_through_their_exit_status() {
    let aws = EmulatedAws::new("us-east-1");
    aws.rootbell(&["plan"]).args(EMAILS).output().exits(3);
    aws.rootbell(&["status"]).output().exits(3);
    assert_eq!(aws.proxy.writes(), Vec::<String>::new());
    apply(&aws).output().exits(0);
    aws.rootbell(&["plan"]).args(EMAILS).output().exits(0);
    // The trail has not delivered anything yet, so that only event rules would report a sign-in.
    let waiting = aws.rootbell(&["status", "--json"]).output().exits(0).json();
    assert_eq!(waiting["paths"], json!({ "alarm": false, "events": true }));
    let open: Vec<&str> = waiting["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["verdict"] != "ok")
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    // The emulator doesn't say whether the root user has a password.
    assert_eq!(open, ["trail.delivers", "root.mfa", "root.hardware_mfa"]);
    aws.proxy.set_delivery_time(now());
    let output = aws.rootbell(&["status"]).output().exits(0);
    assert!(output.stdout.starts_with("OK"), "{output:#?}");
    let output = aws.rootbell(&["status", "--json"]).output().exits(0).json();
    assert_eq!(output["healthy"], true);
    assert_eq!(output["account"], "000000000000");
    assert_eq!(output["region"], "us-east-1");
    assert_eq!(output["alarm"]["name"], "rootbell-root-use");
    // The attributes of only one person are read, because that one receives all messages.
    let subscription = |endpoint: &str, signed: Value| {
        json!({
            "endpoint": endpoint, "protocol": "email", "state": "confirmed", "filter_policy": null, "signed": signed,
        })
    };
    let (read, not_read) = (subscription("a@example.com", true.into()), subscription("b@example.com", Value::Null));
    assert_eq!(output["subscriptions"], json!([read, not_read]));
    let ids: Vec<&str> = output["checks"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "trail.exists",
            "trail.multi_region",
            "trail.logging",
            "trail.management_events",
            "trail.delivers",
            "trail.all_regions",
            "trail.validation",
            "bucket.private",
            "role.scope",
            "log_group.exists",
            "log_group.retention",
            "filter.pattern",
            "filter.publishes",
            "filter.cis_pattern",
            "alarm.exists",
            "alarm.actions",
            "alarm.mute_rules",
            "topic.exists",
            "topic.policy",
            "topic.public",
            "topic.encryption",
            "subscription.confirmed",
            "subscription.signed",
            "events.rule",
            "events.forwarded",
            "events.home_rule",
            "events.topic",
            "events.inbox",
            "events.deliveries",
            "root.mfa",
            "root.hardware_mfa",
            "root.access_keys",
            "root.certificates",
        ]
    );
}

#[test]
fn the_json_plan_names_the_command_permission_and_order_of_each_change() {
    let aws = EmulatedAws::new("us-east-1");
    let plan = aws.rootbell(&["plan", "--format", "json"]).args(EMAILS).output().exits(3).json();
    let changes = plan["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 19);
    let mut before: Vec<&str> = Vec::new();
    for change in changes {
        assert_eq!(change["action"], "create", "{change}");
        assert!(change["aws_cli"].as_str().unwrap().starts_with("aws "), "{change}");
        assert!(change["iam_action"].as_str().unwrap().contains(':'), "{change}");
        assert!(["trail", "topic", "filter", "alarm"].contains(&change["step"].as_str().unwrap()), "{change}");
        for need in change["needs"].as_array().unwrap() {
            assert!(before.contains(&need.as_str().unwrap()), "{change} comes before a change that it needs");
        }
        before.push(change["id"].as_str().unwrap());
    }
    apply(&aws).output().exits(0);
    let plan = aws.rootbell(&["plan", "--format", "json"]).args(EMAILS).output().exits(0).json();
    for change in plan["changes"].as_array().unwrap() {
        assert_eq!(change["action"], "keep", "{change}");
        assert_eq!((&change["aws_cli"], &change["iam_action"]), (&json!(null), &json!(null)), "{change}");
    }
}

#[test]
fn a_role_that_is_not_ready_yet_is_retried_and_reported() {
    let aws = EmulatedAws::new("us-east-1");
    let why = "Access denied. Verify in IAM that the role has adequate permissions.";
    aws.proxy.refuse("CreateTrail", 1, 400, "InvalidCloudWatchLogsRoleArnException", why);
    aws.proxy.refuse("PutBucketVersioning", 1, 409, "OperationAborted", "A conflicting operation is in progress.");
    let output = apply(&aws).output().exits(0);
    assert!(output.stderr.contains("retrying  + trail rootbell: attempt 2, because Access denied."), "{output:#?}");
    assert_eq!(aws.account(&Names::default_in("us-east-1")), wanted("us-east-1"));
}

#[test]
fn a_concurrent_modification_error_is_retried_for_any_change() {
    let aws = EmulatedAws::new("us-east-1");
    let busy = "Another request is at it.";
    aws.proxy.refuse("CreateRole", 1, 409, "ConcurrentModification", busy);
    aws.proxy.refuse("PutRetentionPolicy", 1, 400, "OperationAbortedException", busy);
    let output = apply(&aws).output().exits(0);
    let retried = output.stderr.lines().filter(|line| line.starts_with("retrying") && line.contains(busy)).count();
    assert_eq!(retried, 2, "{output:#?}");
    assert_eq!(aws.account(&Names::default_in("us-east-1")), wanted("us-east-1"));
}

#[test]
fn a_throttled_call_is_retried_by_the_sdk() {
    let aws = EmulatedAws::new("us-east-1");
    for operation in ["DescribeTrails", "CreateTopic", "PutMetricAlarm", "CreateRole", "PutBucketPolicy"] {
        aws.proxy.throttle_once(operation);
    }
    apply(&aws).output().exits(0);
    assert_eq!(aws.account(&Names::default_in("us-east-1")), wanted("us-east-1"));
}

/// Reads that only add information, or that only a check needs; the setup succeeds without them.
const OPTIONAL: [&str; 6] = [
    "GetSubscriptionAttributes",
    "ListAccountAliases",
    "ListAlarmMuteRules",
    "ListRules",
    "ListTargetsByRule",
    "GetMetricStatistics",
];

#[test]
fn each_denied_call_names_its_permission_and_the_next_run_completes_the_setup() {
    let region = "us-east-1";
    let aws = EmulatedAws::new(region);
    apply(&aws).output().exits(0);
    let mut operations = aws.proxy.operations();
    // Add the calls that are only made when resources exist.
    aws.proxy.forget_calls();
    apply(&aws).output().exits(0);
    operations.extend(aws.proxy.operations());
    operations.sort();
    operations.dedup();
    assert!(operations.len() > 25, "{operations:?}");
    for operation in &operations {
        aws.reset();
        aws.proxy.deny(operation);
        // On a fresh account; or, for calls that are only made later, on the account with the setup.
        let mut output = apply(&aws).output().well_behaved();
        if output.status == Some(0) && !OPTIONAL.contains(&operation.as_str()) {
            output = apply(&aws).output().well_behaved();
        }
        if OPTIONAL.contains(&operation.as_str()) {
            assert_eq!(output.status, Some(0), "{operation}: {output:#?}");
        } else {
            assert_eq!(output.status, Some(1), "{operation}: {output:#?}");
            let action = permission(operation);
            assert!(output.stderr.contains(action), "{operation} should name {action}: {output:#?}");
        }
        aws.proxy.clear_faults();
        apply(&aws).output().exits(0);
        assert_eq!(aws.account(&Names::default_in(region)), wanted(region), "after {operation} was denied");
    }
}

/// The permission that a call needs.
///
/// Source: Service Authorization Reference, one page per service.
fn permission(operation: &str) -> &'static str {
    match operation {
        "GetCallerIdentity" => "sts:GetCallerIdentity",
        "DescribeTrails" => "cloudtrail:DescribeTrails",
        "GetTrailStatus" => "cloudtrail:GetTrailStatus",
        "GetEventSelectors" => "cloudtrail:GetEventSelectors",
        "CreateTrail" => "cloudtrail:CreateTrail",
        "StartLogging" => "cloudtrail:StartLogging",
        "HeadBucket" => "s3:ListBucket",
        "CreateBucket" => "s3:CreateBucket",
        "GetBucketLocation" => "s3:GetBucketLocation",
        "GetBucketPolicy" => "s3:GetBucketPolicy",
        "PutBucketPolicy" => "s3:PutBucketPolicy",
        "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock",
        "GetBucketVersioning" => "s3:GetBucketVersioning",
        "PutBucketVersioning" => "s3:PutBucketVersioning",
        "GetBucketOwnershipControls" => "s3:GetBucketOwnershipControls",
        "GetBucketTagging" => "s3:GetBucketTagging",
        "PutBucketTagging" => "s3:PutBucketTagging",
        "DescribeLogGroups" => "logs:DescribeLogGroups",
        "CreateLogGroup" => "logs:CreateLogGroup",
        "PutRetentionPolicy" => "logs:PutRetentionPolicy",
        "DescribeMetricFilters" => "logs:DescribeMetricFilters",
        "PutMetricFilter" => "logs:PutMetricFilter",
        "GetAccountSummary" => "iam:GetAccountSummary",
        "ListVirtualMFADevices" => "iam:ListVirtualMFADevices",
        "ListOrganizationsFeatures" => "iam:ListOrganizationsFeatures",
        "GenerateCredentialReport" => "iam:GenerateCredentialReport",
        "GetCredentialReport" => "iam:GetCredentialReport",
        "GetRole" => "iam:GetRole",
        "GetRolePolicy" => "iam:GetRolePolicy",
        "CreateRole" => "iam:CreateRole",
        "PutRolePolicy" => "iam:PutRolePolicy",
        "GetTopicAttributes" => "sns:GetTopicAttributes",
        "CreateTopic" => "sns:CreateTopic",
        "ListSubscriptionsByTopic" => "sns:ListSubscriptionsByTopic",
        "GetSubscriptionAttributes" => "sns:GetSubscriptionAttributes",
        "Subscribe" => "sns:Subscribe",
        "DescribeAlarms" => "cloudwatch:DescribeAlarms",
        "DescribeAlarmsForMetric" => "cloudwatch:DescribeAlarmsForMetric",
        "ListAlarmMuteRules" => "cloudwatch:ListAlarmMuteRules",
        "PutMetricAlarm" => "cloudwatch:PutMetricAlarm",
        "PutRule" => "events:PutRule",
        "PutTargets" => "events:PutTargets",
        other => panic!("no permission is known for {other}"),
    }
}

#[test]
fn an_apply_killed_after_any_write_can_be_continued() {
    let region = "eu-west-1";
    let aws = EmulatedAws::new(region);
    for writes in [1, 3, 6, 9, 11, 13, 15, 17, 19, 21, 22] {
        aws.reset();
        aws.proxy.hold_after_writes(writes);
        let running = apply(&aws).start();
        aws.proxy.wait_until_held();
        running.kill();
        aws.proxy.clear_faults();
        apply(&aws).output().exits(0);
        assert_eq!(aws.account(&Names::default_in(region)), wanted(region), "killed after {writes} writes");
    }
}

#[test]
fn one_denied_change_skips_only_what_needs_it() {
    let aws = EmulatedAws::new("us-east-1");
    aws.proxy.deny("CreateTopic");
    let output = apply(&aws).arg("--json").output().exits(1);
    let result = output.json();
    assert_eq!(result["failed"][0]["id"], "topic.create", "{result}");
    assert!(result["failed"][0]["fix"].as_str().unwrap().contains("sns:CreateTopic"), "{result}");
    let skipped: Vec<&str> = result["skipped"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    assert_eq!(
        BTreeSet::from_iter(skipped),
        BTreeSet::from([
            "alarm.put",
            "event_rule.target:rootbell-root-changes",
            "event_rule.target:rootbell-root-sign-ins",
            "subscription.create:a@example.com",
            "subscription.create:b@example.com"
        ])
    );
    let account = aws.account(&Names::default_in("us-east-1"));
    assert_eq!(account.trail, wanted("us-east-1").trail);
    assert_eq!(account.filters, wanted("us-east-1").filters);
}

#[test]
fn status_without_one_permission_reports_only_the_checks_that_need_it_as_unknown() {
    let aws = EmulatedAws::new("us-east-1");
    apply(&aws).output().exits(0);
    aws.proxy.set_delivery_time(now());
    aws.proxy.deny("GetEventSelectors");
    let output = aws.rootbell(&["status", "--json"]).output().exits(3).json();
    for check in output["checks"].as_array().unwrap() {
        let needs_it = ["trail.management_events", "trail.all_regions"].iter().any(|id| check["id"] == *id);
        // The emulator doesn't say whether the root user has a password.
        let is_about_mfa = ["root.mfa", "root.hardware_mfa"].iter().any(|id| check["id"] == *id);
        let verdict = if needs_it || is_about_mfa { "unknown" } else { "ok" };
        assert_eq!(check["verdict"], verdict, "{check}");
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
