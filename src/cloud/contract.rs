//! A table of calls with the expected result or error. Each is made to the demo account and to the AWS adapter, to make
//! sure that both behave the same.
//!
//! A case sets up the demo account and defines what AWS's services respond in the same situation.

use crate::domain::role_purpose::RolePurpose;
use std::fmt::Debug;

use jiff::Timestamp;
use serde_json::Value;

use super::aws::tests::{Asked, Protocol, base64, cbor, never_set, ok, refusal, wire};
use super::demo::{Account, DemoCloud, InjectedFault, ManualClock};
use super::{Answer, Cloud, CloudError, ErrorKind, MetricTotal, Search, TotalStatistic};
use crate::domain::alarm::{Alarm, AlarmState, Metric};
use crate::domain::filter_output::incoming_events;
use crate::domain::plan::plan;
use crate::domain::query::Tagged;
use crate::domain::{Change, Observed, Region, Settings, SetupOptions};

mod alarms;
mod changes;
mod event_rules;
mod identity;
mod queries;
mod regions;
mod root_user;
mod topics;
mod trails;

const START: &str = "2026-11-23T08:00:00Z";
const EMAIL: &str = "alice@example.com";
const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";
const SUBSCRIPTION: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts:00000000-0000-4000-8000-000000000001";
const GROUP: &str = "rootbell/cloudtrail";
const GROUP_ARN: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:rootbell/cloudtrail:*";
const ROLE: &str = "rootbell-cloudtrail-to-logs-eu-west-1";
const BUCKET: &str = "rootbell-123456789012-eu-west-1";
const ALARM: &str = "rootbell-root-use";

/// A call of [`Cloud`].
#[derive(Clone, Debug)]
enum CloudCall {
    Identity,
    OrganizationAccounts,
    RootCredentials,
    VirtualRootMfa,
    CentralizedRootAccess,
    GenerateCredentialReport,
    RootLastUse,
    Trails,
    TrailStatus(&'static str),
    ManagementEvents(&'static str),
    Bucket(&'static str),
    LogGroup(&'static str),
    MetricFilters(&'static str),
    Role(&'static str),
    Alarm(&'static str),
    AlarmsForMetric,
    IndirectAlarms,
    MuteRules(&'static str),
    Topic(&'static str),
    Subscriptions(&'static str),
    SubscriptionAttributes(&'static str),
    TestFilter(&'static str, Vec<&'static str>),
    History(&'static str),
    MetricStatistics,
    Datapoints,
    IncomingEvents(&'static str),
    RootEvents(&'static str),
    EventRules,
    RuleTargets(&'static str),
    TestEventPattern(&'static str, &'static str),
    Tags(Tagged, &'static str),
    Apply(Box<Change>),
}

/// The answer's debug text, which can be compared and shows what differs.
fn debug_text<T: Debug>(answer: Answer<T>) -> Result<String, CloudError> {
    answer.map(|found| format!("{found:?}"))
}

async fn send(cloud: &dyn Cloud, region: &Region, call: &CloudCall) -> Result<String, CloudError> {
    let from: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
    let to = START.parse().unwrap();
    match call {
        CloudCall::Identity => debug_text(cloud.identity().await),
        CloudCall::OrganizationAccounts => debug_text(cloud.organization_accounts().await),
        CloudCall::RootCredentials => debug_text(cloud.root_credentials().await),
        CloudCall::VirtualRootMfa => debug_text(cloud.has_virtual_root_mfa().await),
        CloudCall::CentralizedRootAccess => debug_text(cloud.is_root_access_centralized().await),
        CloudCall::GenerateCredentialReport => debug_text(cloud.generate_credential_report().await),
        CloudCall::RootLastUse => debug_text(cloud.root_last_use().await),
        CloudCall::Trails => debug_text(cloud.trails(region).await),
        CloudCall::TrailStatus(arn) => debug_text(cloud.trail_status(region, arn).await),
        CloudCall::ManagementEvents(arn) => debug_text(cloud.management_events(region, arn).await),
        CloudCall::Bucket(name) => debug_text(cloud.bucket(name).await),
        CloudCall::LogGroup(name) => debug_text(cloud.log_group(region, name).await),
        CloudCall::MetricFilters(group) => debug_text(cloud.metric_filters(region, group).await),
        CloudCall::Role(name) => debug_text(cloud.role(name, RolePurpose::Delivery).await),
        CloudCall::Alarm(name) => debug_text(cloud.alarm(region, name).await),
        CloudCall::AlarmsForMetric => debug_text(cloud.describe_alarms_for_metric(region, &metric()).await),
        CloudCall::IndirectAlarms => debug_text(cloud.indirect_alarms(region).await),
        CloudCall::MuteRules(alarm) => debug_text(cloud.alarm_mute_rules(region, alarm).await),
        CloudCall::Topic(arn) => debug_text(cloud.topic(region, arn).await),
        CloudCall::Subscriptions(arn) => debug_text(cloud.subscriptions(region, arn).await),
        CloudCall::SubscriptionAttributes(arn) => debug_text(cloud.subscription_attributes(region, arn).await),
        CloudCall::TestFilter(pattern, events) => debug_text(cloud.test_metric_filter(region, pattern, events).await),
        CloudCall::History(alarm) => debug_text(cloud.describe_alarm_history(region, alarm, from).await),
        CloudCall::MetricStatistics => debug_text(cloud.get_metric_statistics(region, &metric(), from, to, 300).await),
        CloudCall::Datapoints => {
            let (metric, statistic) = (&metric(), TotalStatistic::SampleCount);
            debug_text(cloud.metric_total(region, &MetricTotal { metric, dimension: None, statistic, from, to }).await)
        }
        CloudCall::IncomingEvents(group) => {
            let (metric, dimension) = (&incoming_events(), Some(("LogGroupName", *group)));
            let total = MetricTotal { metric, dimension, statistic: TotalStatistic::Sum, from, to };
            debug_text(cloud.metric_total(region, &total).await)
        }
        CloudCall::RootEvents(log_group) => {
            let search = Search { log_group, pattern: "{ $.a = 1 }", from, to, page: None };
            debug_text(cloud.filter_log_events(region, &search).await)
        }
        CloudCall::EventRules => debug_text(cloud.event_rules(region).await),
        CloudCall::RuleTargets(rule) => debug_text(cloud.rule_targets(region, rule).await),
        CloudCall::TestEventPattern(pattern, event) => {
            debug_text(cloud.test_event_pattern(region, pattern, event).await)
        }
        CloudCall::Tags(kind, arn) => debug_text(cloud.tags(region, *kind, arn).await),
        CloudCall::Apply(change) => debug_text(cloud.apply(region, change).await),
    }
}

/// AWS's response to one operation.
#[derive(Clone, Debug)]
enum AwsReply {
    /// A body in JSON, or in CBOR if that is the service's protocol.
    Json(Value),
    /// The contents of the element `…Result`; for S3, the whole body.
    Xml(String),
    /// Status, code and message.
    Error(u16, &'static str, &'static str),
    /// A status without a body, as for HEAD.
    Status(u16),
}

/// A row of the table: the call, the demo account, AWS's responses, and the expected debug text or error.
struct ContractCase {
    name: &'static str,
    call: CloudCall,
    region: Region,
    demo: Account,
    aws: Vec<(&'static str, AwsReply)>,
    expected: Result<String, ErrorKind>,
}

impl ContractCase {
    /// A case with an empty account that expects no request to AWS and succeeds.
    fn new(name: &'static str, call: CloudCall) -> Self {
        Self { name, call, region: home(), demo: Account::default(), aws: Vec::new(), expected: Ok("()".to_owned()) }
    }

    fn of_change(name: &'static str, change: Change) -> Self {
        Self::new(name, CloudCall::Apply(Box::new(change)))
    }

    /// The account has everything that rootbell sets up.
    fn set_up(mut self) -> Self {
        self.demo = self.demo.set_up_with_events_for(&[EMAIL]).unwrap();
        self
    }

    /// The call is made in another Region than the session's.
    fn in_region(self, region: &str) -> Self {
        Self { region: Region::new(region), ..self }
    }

    fn demo(mut self, edit: impl FnOnce(&mut Account)) -> Self {
        edit(&mut self.demo);
        self
    }

    fn aws(mut self, operation: &'static str, reply: AwsReply) -> Self {
        self.aws.push((operation, reply));
        self
    }

    /// AWS responds with this error code, and both report this kind of error.
    fn fails(self, operation: &'static str, code: &'static str, kind: ErrorKind) -> Self {
        let message = "Access denied. Message from AWS.";
        Self { expected: Err(kind), ..self.aws(operation, AwsReply::Error(400, code, message)) }
    }

    fn returns<T: Debug>(mut self, found: &T) -> Self {
        self.expected = Ok(format!("{found:?}"));
        self
    }

    async fn run_on_demo(&self) -> Result<String, CloudError> {
        let clock = ManualClock::at(START.parse().unwrap());
        send(&DemoCloud::new(self.demo.clone(), clock.clock()), &self.region, &self.call).await
    }

    async fn run_on_aws(&self) -> Result<String, CloudError> {
        let (case, replies, region) = (self.name, self.aws.clone(), self.region.clone());
        let cloud = wire(move |asked| {
            if !matches!(asked.service.as_str(), "iam" | "sts" | "s3" | "organizations") {
                assert_eq!(region, asked.region.as_str(), "{case}: {}", asked.operation);
            }
            let is_requested = |(operation, _): &&(&str, AwsReply)| asked.is_operation(operation);
            match (replies.iter().find(is_requested), asked.protocol) {
                (Some((_, reply)), _) => answer(asked, reply),
                (None, Protocol::S3) if asked.method == "GET" => never_set(asked),
                (None, _) if asked.operation == "ListAccountAliases" => refusal(asked, 403, "AccessDenied", "no"),
                (None, _) => panic!("{case}: unexpected request {} {}", asked.operation, asked.url),
            }
        });
        send(&cloud, &self.region, &self.call).await
    }
}

impl Asked {
    /// Whether the request is of that operation. An S3 operation is written as method and subresource: `HEAD`, `PUT`,
    /// `PUT policy`.
    fn is_operation(&self, operation: &str) -> bool {
        if self.protocol != Protocol::S3 {
            return self.operation == operation;
        }
        let (method, subresource) = operation.split_once(' ').unwrap_or((operation, ""));
        let first_parameter = self.url.split_once('?').map_or("", |(_, query)| query.split(['&', '=']).next().unwrap());
        let requested = if first_parameter.starts_with("x-id") { "" } else { first_parameter };
        self.method == method && requested == subresource
    }
}

fn answer(asked: &Asked, reply: &AwsReply) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
    match reply {
        AwsReply::Json(value) if asked.protocol == Protocol::Cbor => {
            (200, vec![("smithy-protocol", "rpc-v2-cbor".to_owned())], as_cbor(value))
        }
        AwsReply::Json(value) => ok(value.to_string()),
        AwsReply::Xml(contents) if asked.protocol == Protocol::Query => {
            let name = &asked.operation;
            ok(format!("<{name}Response><{name}Result>{contents}</{name}Result></{name}Response>"))
        }
        AwsReply::Xml(body) => ok(body.as_str()),
        AwsReply::Error(status, code, message) => refusal(asked, *status, code, message),
        AwsReply::Status(status) => (*status, Vec::new(), Vec::new()),
    }
}

/// Converts JSON to CBOR. A number under `ExpireDate` or a name that ends in `Timestamp` or `Timestamps` becomes a
/// timestamp.
///
/// Source: RFC 8949, sections 3.1, 3.3 and 3.4.2; Smithy RPC v2 CBOR, "Timestamps".
fn as_cbor(value: &Value) -> Vec<u8> {
    fn head(major: u8, n: usize) -> Vec<u8> {
        let mut bytes = vec![major << 5 | 0x1a];
        bytes.extend(u32::try_from(n).unwrap().to_be_bytes());
        bytes
    }
    fn write(value: &Value, is_timestamp: bool, out: &mut Vec<u8>) {
        match value {
            Value::Null => out.push(0xf6),
            Value::Bool(is_true) => out.push(if *is_true { 0xf5 } else { 0xf4 }),
            Value::Number(n) => {
                match n.as_u64() {
                    _ if is_timestamp => out.push(0xc1),
                    Some(n) => return out.extend(head(0, usize::try_from(n).unwrap())),
                    None => {}
                }
                out.push(0xfb);
                out.extend(n.as_f64().unwrap().to_be_bytes());
            }
            Value::String(text) => {
                out.extend(head(3, text.len()));
                out.extend(text.as_bytes());
            }
            Value::Array(items) => {
                out.extend(head(4, items.len()));
                for item in items {
                    write(item, is_timestamp, out);
                }
            }
            Value::Object(fields) => {
                out.extend(head(5, fields.len()));
                for (name, value) in fields {
                    write(&Value::from(name.as_str()), false, out);
                    let is_time = name == "ExpireDate" || name.trim_end_matches('s').ends_with("Timestamp");
                    write(value, is_time, out);
                }
            }
        }
    }
    let mut out = Vec::new();
    write(value, false, &mut out);
    out
}

#[test]
fn json_is_converted_to_the_expected_cbor() {
    let short = cbor(&[("a", "b")]);
    // The same value with lengths in one byte instead of four.
    assert_eq!(short, [0xa1, 0x78, 1, b'a', 0x78, 1, b'b']);
    let long = as_cbor(&serde_json::json!({ "a": "b" }));
    assert_eq!(long, [0xba, 0, 0, 0, 1, 0x7a, 0, 0, 0, 1, b'a', 0x7a, 0, 0, 0, 1, b'b']);
}

fn home() -> Region {
    Region::new("eu-west-1")
}

fn metric() -> Metric {
    Metric { namespace: "rootbell".into(), name: "RootUse".into() }
}

/// The change of a first setup whose id begins with `id`.
fn change(id: &str) -> Change {
    let setup = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let nothing = Observed::nothing();
    let settings = Settings::resolve(&Account::default().identity(), &Region::new("eu-west-1"), &setup, &nothing);
    let plan = plan(&settings, &nothing);
    plan.changes().find(|change| change.id().to_string().starts_with(id)).cloned().unwrap()
}

/// The alarm that a first setup creates.
fn alarm() -> Alarm {
    match change("alarm.put") {
        Change::PutMetricAlarm { alert: _, alarm, config } => {
            let (state, reason, since) = (AlarmState::InsufficientData, String::new(), None);
            Alarm {
                name: alarm,
                config: *config,
                state,
                reason,
                since,
                configured: None,
                evaluation: None,
                mute_rules: None,
            }
        }
        other => panic!("{other:?}"),
    }
}

/// The parts of an error that must be the same: all but the message.
fn comparable_parts(error: &CloudError) -> (ErrorKind, &str, &str, &str, &str) {
    (error.kind, error.service, error.operation, error.iam_action, &error.resource)
}

#[tokio::test]
async fn the_demo_and_the_aws_adapter_give_the_same_answers() {
    let cases: Vec<ContractCase> = [
        queries::cases(),
        root_user::cases(),
        alarms::cases(),
        topics::cases(),
        event_rules::cases(),
        trails::cases(),
        changes::cases(),
        regions::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let (demo, aws) = (case.run_on_demo().await, case.run_on_aws().await);
        for (who, got) in [("demo", &demo), ("aws", &aws)] {
            let got_kind = got.as_ref().map_err(|error| error.kind).cloned();
            if got_kind != case.expected {
                wrong.push(format!("{}: {who} returns {got:?}, expected {:?}", case.name, case.expected));
            }
        }
        if let (Err(demo), Err(aws)) = (&demo, &aws)
            && comparable_parts(demo) != comparable_parts(aws)
        {
            let (demo, aws) = (comparable_parts(demo), comparable_parts(aws));
            wrong.push(format!("{}: demo returns {demo:?}, aws {aws:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 115, "{}", cases.len());
}

/// Each query and each change: denied, throttled, with expired credentials, and with an internal failure of AWS.
#[tokio::test]
async fn each_call_fails_with_the_same_error_on_the_demo_and_the_aws_adapter() {
    let mut wrong = Vec::new();
    for call in queries::one_of_each().into_iter().chain(changes::one_of_each()) {
        for (fault, status, code) in [
            (InjectedFault::Deny, 403, "AccessDenied"),
            (InjectedFault::Throttle, 400, "Throttling"),
            (InjectedFault::Expired(1), 400, "ExpiredToken"),
            (InjectedFault::Error500, 500, "InternalFailure"),
        ] {
            // The response to HEAD has no body and therefore no error code. The table above covers its errors.
            if matches!(call, CloudCall::Bucket(_)) {
                continue;
            }
            let case = ContractCase::new("", call.clone()).set_up().demo(|account| {
                account.faults.insert("*".into(), fault);
            });
            let cloud = wire(move |asked| refusal(asked, status, code, "message"));
            let (demo, aws) = (case.run_on_demo().await.unwrap_err(), send(&cloud, &home(), &call).await.unwrap_err());
            let (demo, aws) = (comparable_parts(&demo), comparable_parts(&aws));
            if demo != aws {
                wrong.push(format!("{call:?}, {fault:?}: demo returns {demo:?}, aws {aws:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
