//! Real HTTP: the program against an account that others emulate, read back with the SDK.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::World;
use crate::support::read::{self, Account, Names, Tags};

const EMAILS: [&str; 4] = ["--email", "a@example.com", "--email", "b@example.com"];

fn apply(world: &World) -> crate::support::program::Program {
    world.rootbell(&["apply", "--yes"]).args(EMAILS)
}

fn ours() -> Tags {
    BTreeMap::from([("rootbell".to_owned(), "managed".to_owned())])
}

/// What a fresh account has to look like, spelled out.
fn wanted(region: &str) -> Account {
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
            tags: ours(),
        }),
        log_group: Some(read::LogGroup { retention_days: Some(365), tags: ours() }),
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
            tags: ours(),
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
            tags: ours(),
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
                    }
                ]
            }),
            key: None,
            tags: ours(),
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
            tags: ours(),
        }],
        trails: vec!["rootbell".into()],
    }
}

fn sets_up_a_fresh_account(region: &str) {
    let world = World::new(region);
    let said = apply(&world).output().exits(0);
    assert!(said.stdout.starts_with("Set up: 16 changes made in account 000000000000"), "{said:#?}");
    assert!(said.stdout.contains("first delivery"), "{said:#?}");
    assert_eq!(world.account(&Names::default_in(region)), wanted(region));
}

#[test]
fn apply_sets_up_a_fresh_account_in_us_east_1() {
    sets_up_a_fresh_account("us-east-1");
}

#[test]
fn apply_sets_up_a_fresh_account_in_eu_west_1() {
    sets_up_a_fresh_account("eu-west-1");
}
