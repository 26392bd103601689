//! What the queries about trails return, also if the trail does not exist.

use serde_json::json;

use super::queries::ago;
use super::*;
use crate::cloud::demo::account;
use crate::domain::observed::{ManagementEvents, Trail, TrailStatus};

pub(super) fn cases() -> Vec<ContractCase> {
    [trails(), trail_statuses(), event_selectors()].into_iter().flatten().collect()
}

/// The trails that are listed.
fn trails() -> Vec<ContractCase> {
    let role = format!("arn:aws:iam::123456789012:role/{ROLE}");
    let existing = Trail {
        name: "rootbell".into(),
        arn: TRAIL.into(),
        home_region: Region::new("eu-west-1"),
        multi_region: true,
        organization: false,
        log_file_validation: true,
        bucket: BUCKET.into(),
        key_prefix: None,
        log_group_arn: Some(GROUP_ARN.into()),
        role_arn: Some(role.as_str().into()),
        kms_key: None,
    };
    let listed = json!({ "trailList": [{
        "Name": "rootbell", "TrailARN": TRAIL, "HomeRegion": "eu-west-1", "S3BucketName": BUCKET,
        "IsMultiRegionTrail": true, "IsOrganizationTrail": false, "LogFileValidationEnabled": true,
        "CloudWatchLogsLogGroupArn": GROUP_ARN, "CloudWatchLogsRoleArn": role,
    }] });
    let shadow = Trail {
        name: "org".into(),
        arn: "arn:aws:cloudtrail:us-east-1:210987654321:trail/org".into(),
        home_region: Region::new("us-east-1"),
        multi_region: true,
        organization: true,
        log_file_validation: false,
        bucket: "acme-org".into(),
        key_prefix: Some("audit".into()),
        log_group_arn: None,
        role_arn: None,
        kms_key: None,
    };
    let shadowed = json!({ "trailList": [{
        "Name": "org", "TrailARN": shadow.arn, "HomeRegion": "us-east-1", "S3BucketName": "acme-org",
        "S3KeyPrefix": "audit", "IsMultiRegionTrail": true, "IsOrganizationTrail": true,
    }] });
    let add_organization_trail = |account: &mut Account| {
        let trail = account::Trail {
            owner: Some("210987654321".into()),
            config: Trail {
                organization: true,
                multi_region: true,
                bucket: "acme-org".into(),
                key_prefix: Some("audit".into()),
                ..Trail::default()
            },
            ..account::Trail::default()
        };
        account.region_mut("us-east-1").trails.insert("org".into(), trail);
    };
    vec![
        ContractCase::new("no trail", CloudCall::Trails)
            .aws("DescribeTrails", AwsReply::Json(json!({ "trailList": [] })))
            .returns(&Vec::<Trail>::new()),
        ContractCase::new("a trail", CloudCall::Trails)
            .set_up()
            .aws("DescribeTrails", AwsReply::Json(listed))
            .returns(&vec![existing]),
        ContractCase::new("an organization trail, listed as a shadow trail", CloudCall::Trails)
            .demo(add_organization_trail)
            .aws("DescribeTrails", AwsReply::Json(shadowed))
            .returns(&vec![shadow]),
    ]
}

/// The delivery status of a trail.
fn trail_statuses() -> Vec<ContractCase> {
    let stop_trail = |account: &mut Account| {
        let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
        (trail.logging, trail.stopped) = (false, Some(-600));
    };
    let restart_trail = |account: &mut Account| {
        account.timing.delivers_after = 300;
        let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
        (trail.started, trail.delivered_before) = (Some(-60), Some(-86_400));
    };
    let restarted = json!({ "IsLogging": true, "StartLoggingTime": ago(60).as_second(),
        "LatestDeliveryTime": ago(86_400).as_second(), "LatestCloudWatchLogsDeliveryTime": ago(86_400).as_second() });
    let restarted_status = TrailStatus {
        logging: true,
        started: Some(ago(60)),
        bucket_delivery: Some(ago(86_400)),
        logs_delivery: Some(ago(86_400)),
        ..TrailStatus::default()
    };
    let status = json!({ "IsLogging": false, "LatestDeliveryTime": ago(780).as_second(),
        "LatestCloudWatchLogsDeliveryTime": ago(780).as_second() });
    let stopped_status =
        TrailStatus { bucket_delivery: Some(ago(780)), logs_delivery: Some(ago(780)), ..TrailStatus::default() };
    let fail_and_recover = |account: &mut Account| {
        let trail = account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap();
        (trail.delivered, trail.logs_error) = (Some(-120), Some("AccessDenied".into()));
        (trail.bucket_delivered, trail.bucket_error) = (Some(-7200), Some("NoSuchBucket".into()));
    };
    let recovered = json!({ "IsLogging": true, "LatestDeliveryTime": ago(7200).as_second(),
        "LatestDeliveryError": "NoSuchBucket", "LatestCloudWatchLogsDeliveryTime": ago(120).as_second(),
        "LatestCloudWatchLogsDeliveryError": "AccessDenied" });
    let recovered_status = TrailStatus {
        logging: true,
        started: None,
        bucket_delivery: Some(ago(7200)),
        bucket_error: Some("NoSuchBucket".into()),
        logs_delivery: Some(ago(120)),
        logs_error: Some("AccessDenied".into()),
    };
    let missing = "TrailNotFoundException";
    vec![
        ContractCase::new("status of a stopped trail", CloudCall::TrailStatus(TRAIL))
            .set_up()
            .demo(stop_trail)
            .aws("GetTrailStatus", AwsReply::Json(status))
            .returns(&stopped_status),
        ContractCase::new("status of a trail that was started after its last delivery", CloudCall::TrailStatus(TRAIL))
            .set_up()
            .demo(restart_trail)
            .aws("GetTrailStatus", AwsReply::Json(restarted))
            .returns(&restarted_status),
        ContractCase::new("status of a trail with errors and deliveries", CloudCall::TrailStatus(TRAIL))
            .set_up()
            .demo(fail_and_recover)
            .aws("GetTrailStatus", AwsReply::Json(recovered))
            .returns(&recovered_status),
        ContractCase::new("status of a trail that does not exist", CloudCall::TrailStatus(TRAIL)).fails(
            "GetTrailStatus",
            missing,
            ErrorKind::NotFound,
        ),
    ]
}

fn events_of(account: &mut Account) -> &mut ManagementEvents {
    &mut account.region_mut("eu-west-1").trails.get_mut("rootbell").unwrap().events
}

/// The management events that a trail records.
fn event_selectors() -> Vec<ContractCase> {
    let selector =
        |fields: Value| json!({ "TrailARN": TRAIL, "AdvancedEventSelectors": [{ "FieldSelectors": fields }] });
    let category = || json!({ "Field": "eventCategory", "Equals": ["Management"] });
    let no_sign_ins = selector(json!([category(), { "Field": "eventSource", "NotEquals": ["signin.amazonaws.com"] }]));
    let by_arn = selector(json!([category(), { "Field": "userIdentity.arn", "NotEndsWith": [":user/ci"] }]));
    let reads = json!({ "TrailARN": TRAIL, "EventSelectors": [
        { "ReadWriteType": "ReadOnly", "IncludeManagementEvents": true, "DataResources": [] },
    ] });
    let missing = "TrailNotFoundException";
    vec![
        ContractCase::new("event selectors of a trail that records only reads", CloudCall::ManagementEvents(TRAIL))
            .set_up()
            .demo(|account| events_of(account).write = false)
            .aws("GetEventSelectors", AwsReply::Json(reads))
            .returns(&ManagementEvents { write: false, ..ManagementEvents::ALL }),
        ContractCase::new("event selectors of a trail that records everything", CloudCall::ManagementEvents(TRAIL))
            .set_up()
            .aws("GetEventSelectors", AwsReply::Json(json!({ "TrailARN": TRAIL })))
            .returns(&ManagementEvents::ALL),
        ContractCase::new("event selectors that exclude sign-ins", CloudCall::ManagementEvents(TRAIL))
            .set_up()
            .demo(|account| {
                let events = events_of(account);
                (events.excluded, events.others) = (vec!["signin.amazonaws.com".into()], true);
            })
            .aws("GetEventSelectors", AwsReply::Json(no_sign_ins))
            .returns(&ManagementEvents {
                excluded: vec!["signin.amazonaws.com".into()],
                others: true,
                ..ManagementEvents::ALL
            }),
        ContractCase::new("event selectors by a field that cannot be judged", CloudCall::ManagementEvents(TRAIL))
            .set_up()
            .demo(|account| {
                let events = events_of(account);
                (events.unjudged, events.others) = (Some("userIdentity.arn".into()), true);
            })
            .aws("GetEventSelectors", AwsReply::Json(by_arn))
            .returns(&ManagementEvents {
                unjudged: Some("userIdentity.arn".into()),
                others: true,
                ..ManagementEvents::ALL
            }),
        ContractCase::new("event selectors of a trail that does not exist", CloudCall::ManagementEvents(TRAIL)).fails(
            "GetEventSelectors",
            missing,
            ErrorKind::NotFound,
        ),
    ]
}
