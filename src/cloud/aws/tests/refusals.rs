//! AWS's error responses as errors for the user.

use crate::domain::role_purpose::RolePurpose;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::domain::change::transient::is_transient;

fn refusing(status: u16, code: &'static str, message: &'static str) -> AwsCloud {
    wire(move |asked| refusal(asked, status, code, message))
}

fn change(id: &str) -> Change {
    every_change().into_iter().find(|c| c.id().to_string().starts_with(id)).unwrap()
}

async fn kind_of(id: &str, code: &'static str, message: &'static str) -> ErrorKind {
    refusing(400, code, message).apply(&eu_west_1(), &change(id)).await.unwrap_err().kind
}

#[tokio::test]
async fn a_denied_change_names_its_action_service_and_request() {
    for change in every_change() {
        let error = refusing(403, "AccessDenied", "not authorized").apply(&eu_west_1(), &change).await.unwrap_err();
        let operation = change.operation();
        assert_eq!(
            error,
            CloudError {
                kind: ErrorKind::AccessDenied,
                service: operation.service,
                operation: operation.name,
                iam_action: operation.iam_action,
                resource: change.name().to_owned(),
                message: "not authorized".into(),
                request_id: Some("req-1".into()),
                sign_in: Some(Arc::new(SignIn::sso(Some("prod"), &eu_west_1()))),
            }
        );
    }
}

#[tokio::test]
async fn a_denied_query_names_its_action() {
    let cloud = refusing(403, "AccessDeniedException", "not authorized");
    let denied_action = |error: CloudError| {
        assert_eq!(error.kind, ErrorKind::AccessDenied, "{error}");
        error.iam_action
    };
    assert_eq!(denied_action(cloud.identity().await.unwrap_err()), "sts:GetCallerIdentity");
    assert_eq!(denied_action(cloud.trails(&eu_west_1()).await.unwrap_err()), "cloudtrail:DescribeTrails");
    assert_eq!(denied_action(cloud.trail_status(&eu_west_1(), TRAIL).await.unwrap_err()), "cloudtrail:GetTrailStatus");
    assert_eq!(
        denied_action(cloud.management_events(&eu_west_1(), TRAIL).await.unwrap_err()),
        "cloudtrail:GetEventSelectors"
    );
    assert_eq!(denied_action(cloud.log_group(&eu_west_1(), "g").await.unwrap_err()), "logs:DescribeLogGroups");
    assert_eq!(denied_action(cloud.metric_filters(&eu_west_1(), "g").await.unwrap_err()), "logs:DescribeMetricFilters");
    assert_eq!(
        denied_action(cloud.test_metric_filter(&eu_west_1(), "x", &["{}"]).await.unwrap_err()),
        "logs:TestMetricFilter"
    );
    assert_eq!(denied_action(cloud.role("r", RolePurpose::Delivery).await.unwrap_err()), "iam:GetRole");
    assert_eq!(denied_action(cloud.alarm(&eu_west_1(), "a").await.unwrap_err()), "cloudwatch:DescribeAlarms");
    assert_eq!(
        denied_action(cloud.describe_alarms_for_metric(&eu_west_1(), &metric()).await.unwrap_err()),
        "cloudwatch:DescribeAlarmsForMetric"
    );
    assert_eq!(
        denied_action(cloud.alarm_mute_rules(&eu_west_1(), "a").await.unwrap_err()),
        "cloudwatch:ListAlarmMuteRules"
    );
    assert_eq!(denied_action(cloud.topic(&eu_west_1(), TOPIC).await.unwrap_err()), "sns:GetTopicAttributes");
    assert_eq!(denied_action(cloud.key(&eu_west_1(), KEY).await.unwrap_err()), "kms:DescribeKey");
    assert_eq!(
        denied_action(cloud.subscriptions(&eu_west_1(), TOPIC).await.unwrap_err()),
        "sns:ListSubscriptionsByTopic"
    );
    assert_eq!(
        denied_action(cloud.subscription_attributes(&eu_west_1(), TOPIC).await.unwrap_err()),
        "sns:GetSubscriptionAttributes"
    );
}

#[tokio::test]
async fn a_denied_query_about_a_bucket_of_ours_names_its_action() {
    let parts = [
        ("policy", "s3:GetBucketPolicy"),
        ("versioning", "s3:GetBucketVersioning"),
        ("publicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("ownershipControls", "s3:GetBucketOwnershipControls"),
        ("tagging", "s3:GetBucketTagging"),
    ];
    for (part, action) in parts {
        let cloud = wire(move |asked| {
            if asked.url.ends_with(part) {
                refusal(asked, 403, "AccessDenied", "Access Denied")
            } else {
                never_set(asked)
            }
        });
        let error = cloud.bucket("b").await.unwrap_err();
        assert_eq!((error.kind, error.iam_action), (ErrorKind::AccessDenied, action));
        assert_eq!(error.resource, "b");
    }
}

#[tokio::test]
async fn a_role_that_does_not_exist_yet_is_waited_for() {
    let said = "Access denied. Verify in IAM that the role has adequate permissions.";
    for id in ["trail.create", "trail.update"] {
        assert_eq!(
            kind_of(id, "InvalidCloudWatchLogsRoleArnException", said).await,
            ErrorKind::EventualConsistency,
            "{id}"
        );
    }
    assert_eq!(kind_of("role.policy", "NoSuchEntity", "no role").await, ErrorKind::EventualConsistency);
    assert_eq!(kind_of("role.trust", "NoSuchEntity", "no role").await, ErrorKind::EventualConsistency);
    assert_eq!(kind_of("trail.start", "TrailNotFoundException", "unknown").await, ErrorKind::EventualConsistency);
}

#[tokio::test]
async fn a_denied_log_group_is_waited_for_and_an_invalid_one_is_not() {
    let code = "InvalidCloudWatchLogsLogGroupArnException";
    assert_eq!(kind_of("trail.create", code, "Access denied. Check it.").await, ErrorKind::EventualConsistency);
    assert_eq!(kind_of("trail.create", code, "No such format of an ARN.").await, ErrorKind::Invalid);
}

#[tokio::test]
async fn an_error_that_resolves_itself_is_waited_for() {
    for (id, code) in [
        ("trail.create", "InsufficientS3BucketPolicyException"),
        ("trail.create", "S3BucketDoesNotExistException"),
        ("trail.update", "ConflictException"),
        ("bucket.policy", "OperationAborted"),
        ("bucket.policy", "NoSuchBucket"),
        ("role.policy", "ConcurrentModification"),
        ("filter.put", "OperationAbortedException"),
    ] {
        assert_eq!(kind_of(id, code, "later").await, ErrorKind::EventualConsistency, "{code}");
    }
}

#[tokio::test]
async fn a_change_is_waited_for_on_exactly_the_errors_of_the_table() {
    let message = "Access denied. Try again later.";
    for code in
        every_change().iter().flat_map(|change| change.spec().eventual).map(|error| error.code).collect::<BTreeSet<_>>()
    {
        for change in every_change() {
            let error = refusing(400, code, message).apply(&eu_west_1(), &change).await.unwrap_err();
            let waited_for = error.kind == ErrorKind::EventualConsistency;
            assert_eq!(waited_for, is_transient(change.spec().eventual, code, message), "{code} of {}", change.id());
        }
    }
}

#[tokio::test]
async fn every_code_has_its_kind() {
    for (id, code, kind) in [
        ("trail.create", "ThrottlingException", ErrorKind::Throttled),
        ("topic.create", "Throttling", ErrorKind::Throttled),
        ("alarm.put", "ThrottlingException", ErrorKind::Throttled),
        ("bucket.create", "SlowDown", ErrorKind::Throttled),
        ("role.create", "RequestLimitExceeded", ErrorKind::Throttled),
        ("trail.create", "TooManyRequestsException", ErrorKind::Throttled),
        ("trail.create", "MaximumNumberOfTrailsExceededException", ErrorKind::Quota),
        ("bucket.create", "TooManyBuckets", ErrorKind::Quota),
        ("topic.create", "TopicLimitExceeded", ErrorKind::Quota),
        ("subscription", "SubscriptionLimitExceeded", ErrorKind::Quota),
        ("log_group.create", "LimitExceededException", ErrorKind::Quota),
        ("alarm.put", "LimitExceeded", ErrorKind::Quota),
        ("topic.create", "AuthorizationError", ErrorKind::AccessDenied),
        ("role.create", "UnauthorizedOperation", ErrorKind::AccessDenied),
        ("trail.create", "ExpiredTokenException", ErrorKind::ExpiredCredentials),
        ("role.create", "ExpiredToken", ErrorKind::ExpiredCredentials),
        ("role.create", "RequestExpired", ErrorKind::WrongClock),
        ("bucket.create", "RequestTimeTooSkewed", ErrorKind::WrongClock),
        ("role.create", "OptInRequired", ErrorKind::RegionDisabled),
        ("topic.create", "ServiceUnavailable", ErrorKind::Unavailable),
        ("role.create", "InvalidClientTokenId", ErrorKind::InvalidCredentials),
        ("trail.create", "UnrecognizedClientException", ErrorKind::InvalidCredentials),
        ("bucket.create", "InvalidAccessKeyId", ErrorKind::InvalidCredentials),
        ("bucket.create", "BucketAlreadyExists", ErrorKind::AlreadyExists),
        ("trail.create", "TrailAlreadyExistsException", ErrorKind::AlreadyExists),
        ("role.create", "EntityAlreadyExists", ErrorKind::AlreadyExists),
        ("log_group.create", "ResourceAlreadyExistsException", ErrorKind::AlreadyExists),
        ("filter.put", "ResourceNotFoundException", ErrorKind::NotFound),
        ("trail.update", "TrailNotFoundException", ErrorKind::NotFound),
        ("topic.policy", "NotFound", ErrorKind::NotFound),
        ("filter.put", "InvalidParameterException", ErrorKind::Invalid),
        ("trail.update", "InvalidHomeRegionException", ErrorKind::Invalid),
        ("role.policy", "MalformedPolicyDocument", ErrorKind::Invalid),
        ("alarm.put", "ValidationError", ErrorKind::Invalid),
        ("filter.put", "UnknownOperationException", ErrorKind::Unsupported),
        ("topic.create", "InvalidAction", ErrorKind::Unsupported),
        ("trail.create", "SomethingNewException", ErrorKind::Other),
    ] {
        assert_eq!(kind_of(id, code, "said").await, kind, "{code}");
    }
}

#[tokio::test]
async fn an_expired_token_is_also_recognized_by_its_message() {
    let said = "The security token included in the request is expired";
    assert_eq!(kind_of("trail.create", "SomeException", said).await, ErrorKind::ExpiredCredentials);
}

#[tokio::test]
async fn an_endpoint_that_lacks_the_call_is_distinguished_from_a_denial() {
    for cloud in [
        refusing(400, "UnknownOperationException", ""),
        refusing(404, "UnknownOperationException", ""),
        refusing(400, "InvalidAction", "no such action"),
        refusing(400, "InvalidOperationException", "Unknown action: TestMetricFilter"),
        wire(|_| (404, Vec::new(), Vec::new())),
        wire(|_| (404, Vec::new(), b"<html>Not Found</html>".to_vec())),
    ] {
        assert_eq!(
            cloud.test_metric_filter(&eu_west_1(), "x", &["{}"]).await.unwrap_err().kind,
            ErrorKind::Unsupported
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_not_from_aws_is_reported_in_a_plain_sentence() {
    let gateway = wire(|_| (502, Vec::new(), b"<html><body>Bad Gateway</body></html>".to_vec()));
    for error in [
        gateway.trails(&eu_west_1()).await.unwrap_err(),
        gateway.topic(&eu_west_1(), TOPIC).await.unwrap_err(),
        gateway.alarm(&eu_west_1(), "a").await.unwrap_err(),
        gateway.bucket("b").await.unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::Other, "{error:?}");
        assert!(error.message.contains("HTTP 502"), "{}", error.message);
        assert!(!error.message.contains(['{', '<']), "no debug string: {}", error.message);
    }
    let nonsense = wire(|_| ok("nonsense"));
    let error = nonsense.trails(&eu_west_1()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotAws);
    assert!(error.message.contains("is not one that AWS gives"), "{}", error.message);
}

#[tokio::test]
async fn a_message_is_cut_to_one_readable_line() {
    let cloud = wire(|asked| refusal(asked, 400, "Oops", &format!("a\nb\u{1b}[31m\t{}", "x".repeat(2000))));
    let message = cloud.trails(&eu_west_1()).await.unwrap_err().message;
    assert!(message.starts_with("a b [31m x"), "{message}");
    assert!(!message.contains(char::is_control));
    assert_eq!(message.chars().count(), 301, "300 characters and an ellipsis");
}

#[tokio::test]
async fn the_code_replaces_a_missing_message() {
    assert_eq!(refusing(400, "Strange", "").trails(&eu_west_1()).await.unwrap_err().message, "Strange");
}

#[tokio::test]
async fn creating_a_bucket_of_another_account_is_an_error_and_ones_own_is_not() {
    let create = change("bucket.create");
    refusing(409, "BucketAlreadyOwnedByYou", "yours").apply(&eu_west_1(), &create).await.unwrap();
    let error = refusing(409, "BucketAlreadyExists", "taken").apply(&eu_west_1(), &create).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AlreadyExists);
    assert!(error.fix().content().contains("`b-logs`"));
}

#[tokio::test]
async fn a_signature_mismatch_never_shows_the_token() {
    let words = "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String \
                 for this request should have been\n'POST\n/\n\nx-amz-security-token:secret-token\n'";
    for code in ["SignatureDoesNotMatch", "InvalidSignatureException"] {
        let error = refusing(403, code, words).trails(&eu_west_1()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidCredentials);
        assert_eq!(error.message, "The request signature we calculated does not match the signature you provided.");
    }
}
