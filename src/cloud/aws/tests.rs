//! Tests the adapter with answers that AWS gives and emulators don't. No test reads the environment or leaves loopback.

use crate::domain::AlertId;
use crate::domain::event_rule::RuleTarget;
use crate::domain::role_purpose::RolePurpose;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::sdk_config;
use serde_json::{Value, json};

use super::{AwsCloud, Services};
use crate::cloud::SignIn;
use crate::domain;
use crate::domain::added::{Additions, Recorded};
use crate::domain::alarm::{AlarmConfig, AlarmState, Metric};
use crate::domain::change::{Change, Delivery, TrailUpdate};
use crate::domain::observed::MetricFilter;
use crate::domain::policy::PolicyDocument;

mod activity;
mod answers;
mod connecting;
mod faults;
mod profiles;
mod refusals;
mod requests;
mod root_user;
mod teardown;
mod wordings;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";
const RULE: &str = "arn:aws:events:eu-west-1:123456789012:rule/root";
const BUS: &str = "arn:aws:events:eu-west-1:123456789012:event-bus/default";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell";

fn settings(http: SharedHttpClient, region: &'static str) -> sdk_config::Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKID", "secret", None, None, "test")))
        .retry_config(RetryConfig::disabled())
        .http_client(http)
}

/// A request as the tests see it.
#[derive(Clone)]
pub(in crate::cloud) struct Asked {
    pub method: String,
    pub url: String,
    /// The operation, if a header or the body names it.
    pub operation: String,
    body: String,
    pub protocol: Protocol,
    /// The Region and the service that the request is signed for; empty if it isn't signed.
    pub region: String,
    pub service: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(in crate::cloud) enum Protocol {
    Json,
    Query,
    Cbor,
    S3,
}

impl From<HttpRequest> for Asked {
    fn from(request: HttpRequest) -> Self {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let url = request.uri().to_owned();
        let query = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
        let (protocol, operation) = match (request.headers().get("x-amz-target"), query) {
            (Some(target), _) => (Protocol::Json, target.rsplit('.').next().unwrap().to_owned()),
            (None, Some(action)) => (Protocol::Query, action),
            _ if url.contains("/operation/") => (Protocol::Cbor, url.rsplit('/').next().unwrap().to_owned()),
            _ => (Protocol::S3, String::new()),
        };
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let scope =
            request.headers().get("authorization").and_then(|value| value.split_once("Credential=")).map(|(_, s)| s);
        let mut scope = scope.unwrap_or_default().split('/').skip(2).map(str::to_owned);
        let (region, service) = (scope.next().unwrap_or_default(), scope.next().unwrap_or_default());
        Self { method: request.method().to_owned(), url, operation, body, protocol, region, service }
    }
}

/// A cloud whose requests are answered by `answer`: status, a header or two, and a body.
fn wire_in(
    region: &'static str,
    answer: impl Fn(&Asked) -> (u16, Vec<(&'static str, String)>, Vec<u8>) + Send + Sync + 'static,
) -> AwsCloud {
    let http = infallible_client_fn(move |request| {
        let asked = Asked::from(HttpRequest::try_from(request).unwrap());
        let (status, headers, body) = answer(&asked);
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response.try_into_http1x().unwrap()
    });
    let session_region = domain::Region::new(region);
    let sign_in = SignIn::sso(Some("prod"), &session_region);
    AwsCloud::new(settings(http, region).build(), session_region, sign_in)
}

pub(in crate::cloud) fn wire(
    answer: impl Fn(&Asked) -> (u16, Vec<(&'static str, String)>, Vec<u8>) + Send + Sync + 'static,
) -> AwsCloud {
    wire_in("eu-west-1", answer)
}

fn eu_west_1() -> domain::Region {
    domain::Region::new("eu-west-1")
}

impl AwsCloud {
    /// The same, with other clients in the session's Region.
    fn with(self, edit: impl FnOnce(&mut Services)) -> Self {
        let mut services = Services::new(&self.config, &self.known_buckets);
        edit(&mut services);
        self.services.lock().unwrap().insert(self.region.clone(), Arc::new(services));
        self
    }
}

/// A blob, as the XML protocols write it.
pub(in crate::cloud) fn base64(text: &str) -> String {
    aws_smithy_types::base64::encode(text)
}

/// An error answer as the service of the request writes it.
pub(in crate::cloud) fn refusal(
    asked: &Asked,
    status: u16,
    code: &str,
    message: &str,
) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
    let xml = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let (id, body) = match asked.protocol {
        Protocol::Json => ("x-amzn-requestid", json!({ "__type": code, "message": message }).to_string().into_bytes()),
        Protocol::Query => ("x-amzn-requestid", format!("<ErrorResponse>{xml}</ErrorResponse>").into_bytes()),
        Protocol::S3 => ("x-amz-request-id", xml.into_bytes()),
        Protocol::Cbor => ("x-amzn-requestid", cbor(&[("__type", code), ("message", message)])),
    };
    let mut headers = vec![(id, "req-1".to_owned())];
    if asked.protocol == Protocol::Cbor {
        headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
    }
    (status, headers, body)
}

/// A CBOR map of short texts.
///
/// Source: RFC 8949, section 3.1, major types 3 and 5.
pub(in crate::cloud) fn cbor(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0xa0 | u8::try_from(entries.len()).unwrap()];
    for text in entries.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend([0x78, u8::try_from(text.len()).unwrap()]);
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// S3's answers for a bucket with no setting ever made.
pub(in crate::cloud) fn never_set(asked: &Asked) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
    let parts = [
        ("policy", "NoSuchBucketPolicy"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("ownershipControls", "OwnershipControlsNotFoundError"),
        ("tagging", "NoSuchTagSet"),
    ];
    match parts.iter().find(|(part, _)| asked.url.ends_with(part)) {
        Some((_, code)) => refusal(asked, 404, code, "never set"),
        None if asked.url.ends_with("versioning") => ok("<VersioningConfiguration/>"),
        None => ok(""),
    }
}

pub(in crate::cloud) fn ok(body: impl Into<Vec<u8>>) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
    (200, Vec::new(), body.into())
}

/// A client of one service with mock rules.
macro_rules! mocked {
    ($sdk:ident, $($rule:expr),+) => {{
        let rules = aws_smithy_mocks::MockResponseInterceptor::new()$(.with_rule(&$rule))+;
        let settings = $crate::cloud::aws::tests::settings(aws_smithy_mocks::create_mock_http_client(), "eu-west-1");
        $sdk::Client::from_conf($sdk::config::Builder::from(&settings.build()).interceptor(rules).build())
    }};
}
use mocked;

fn metric() -> Metric {
    Metric { namespace: "LogMetrics".into(), name: "RootUse".into() }
}

fn filter() -> MetricFilter {
    MetricFilter {
        name: "root".into(),
        pattern: "{ $.x = 1 }".into(),
        metric: metric(),
        default: Some(0.0),
        unit: Some("Count".into()),
        ..MetricFilter::default()
    }
}

fn alarm_config() -> AlarmConfig {
    AlarmConfig {
        metric: metric(),
        actions: vec![TOPIC.into()],
        insufficient_data_actions: vec!["arn:aws:sns:eu-west-1:123456789012:other".into()],
        description: "Somebody used root.".into(),
        ..AlarmConfig::default()
    }
}

fn delivery() -> Delivery {
    Delivery {
        log_group_arn: "arn:aws:logs:eu-west-1:123456789012:log-group:g:*".into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
    }
}

fn policy() -> PolicyDocument {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sns:Publish" }] }).into()
}

fn record(kind: Recorded, arn: &str) -> Change {
    Change::RecordAdded { kind, arn: arn.into(), added: Additions::parse("logging") }
}

/// One of each change that is a single call: all except emptying a bucket.
fn every_change() -> Vec<Change> {
    let (bucket, group, role, trail) = ("b".to_owned(), "g".to_owned(), "r".to_owned(), "rootbell".to_owned());
    vec![
        Change::CreateBucket { bucket: bucket.clone() },
        Change::PutBucketOwnershipControls { bucket: bucket.clone() },
        Change::PutPublicAccessBlock { bucket: bucket.clone() },
        Change::PutBucketVersioning { bucket: bucket.clone() },
        Change::PutBucketTagging { bucket: bucket.clone(), tags: vec![("a".into(), "b".into())] },
        Change::PutBucketPolicy { bucket: bucket.clone(), policy: policy() },
        Change::CreateLogGroup { log_group: group.clone(), added: Additions::default() },
        Change::PutRetentionPolicy { log_group: group.clone(), days: 365 },
        Change::DeleteRetentionPolicy { log_group: group.clone() },
        Change::CreateRole { role: role.clone(), purpose: RolePurpose::Delivery, trust: policy() },
        Change::UpdateAssumeRolePolicy { role: role.clone(), purpose: RolePurpose::Delivery, trust: policy() },
        Change::PutRolePolicy { role, purpose: RolePurpose::Delivery, policy: policy() },
        Change::CreateTrail { trail: trail.clone(), bucket, delivery: delivery() },
        Change::UpdateTrail {
            trail: trail.clone(),
            update: TrailUpdate { delivery: Some(delivery()), ..TrailUpdate::default() },
        },
        Change::PutEventSelectors { trail: trail.clone(), read: true, write: true },
        Change::SetTrailKey { trail: trail.clone(), key: KEY.into() },
        Change::SetLogGroupKey { log_group: group.clone(), key: KEY.into() },
        Change::SetTopicKey { topic_arn: TOPIC.into(), key: Some(KEY.into()) },
        Change::StartLogging { trail },
        Change::CreateTopic { topic: "rootbell".into(), policy: policy() },
        Change::SetTopicPolicy { topic_arn: TOPIC.into(), policy: policy() },
        Change::Subscribe { topic_arn: TOPIC.into(), email: "alice@example.com".into() },
        Change::ConfirmSubscription { topic_arn: TOPIC.into(), token: "token-of-the-email".into() },
        Change::PutMetricFilter { log_group: group, filter: filter() },
        Change::PutMetricAlarm { alert: AlertId::RootUse, alarm: "root".into(), config: Box::new(alarm_config()) },
        Change::SetAlarmState { alarm: "root".into(), state: AlarmState::Ok, reason: "back".into() },
        Change::CreateLogStream { log_group: "g".into(), stream: "s".into() },
        Change::PutLogEvents {
            log_group: "g".into(),
            stream: "s".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            message: "{}".into(),
        },
        Change::CreateRole { role: "f".into(), purpose: RolePurpose::Forwarding, trust: policy() },
        Change::UpdateAssumeRolePolicy { role: "f".into(), purpose: RolePurpose::Forwarding, trust: policy() },
        Change::PutRolePolicy { role: "f".into(), purpose: RolePurpose::Forwarding, policy: policy() },
        Change::PutRule { rule: RULE.into(), pattern: "{}".into(), description: "about root".into() },
        Change::PutTarget {
            rule: RULE.into(),
            target: RuleTarget { id: "t".into(), arn: TOPIC.into(), ..RuleTarget::default() },
        },
        Change::PutEvents { bus: BUS.into(), at: jiff::Timestamp::UNIX_EPOCH, detail: "{}".into() },
        Change::RemoveTarget { rule: RULE.into(), target: "t".into() },
        Change::DeleteRule { rule: RULE.into() },
        Change::DeleteRolePolicy { role: "f".into(), purpose: RolePurpose::Forwarding },
        Change::DeleteRole { role: "f".into(), purpose: RolePurpose::Forwarding },
        Change::DeleteAlarm { alarm: "a".into() },
        Change::DeleteMetricFilter { log_group: "g".into(), filter: "f".into() },
        Change::Unsubscribe { arn: format!("{TOPIC}:1").into(), endpoint: "alice@example.com".into() },
        Change::DeleteTopic { topic_arn: TOPIC.into() },
        Change::StopLogging { trail: "rootbell".into() },
        record(Recorded::Trail, TRAIL),
        record(Recorded::LogGroup, "arn:aws:logs:eu-west-1:123456789012:log-group:g"),
        record(Recorded::Topic, TOPIC),
        Change::RemoveAdded { kind: Recorded::Trail, arn: TRAIL.into() },
        Change::RemoveAdded { kind: Recorded::LogGroup, arn: "arn:aws:logs:eu-west-1:123456789012:log-group:g".into() },
        Change::RemoveAdded { kind: Recorded::Topic, arn: TOPIC.into() },
        Change::DeleteTrail { trail: "rootbell".into() },
        Change::DetachLogs { trail: "rootbell".into() },
        Change::DeleteRolePolicy { role: "r".into(), purpose: RolePurpose::Delivery },
        Change::DeleteRole { role: "r".into(), purpose: RolePurpose::Delivery },
        Change::DeleteLogGroup { log_group: "g".into() },
        Change::DeleteBucketPolicy { bucket: "b".into() },
        Change::DeleteBucket { bucket: "b".into() },
    ]
}
