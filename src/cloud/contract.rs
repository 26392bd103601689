//! One table of cases (what is asked, and what comes back or which refusal), put to the demo account and to the AWS
//! adapter, so that the two cannot drift apart.
//!
//! A case arranges the demo account, and says what AWS's services answer in that situation.

use std::fmt::Debug;

use jiff::Timestamp;
use serde_json::Value;

use super::aws::tests::{Asked, Protocol, cbor, never_set, ok, refusal, wire};
use super::demo::{Account, DemoCloud, InjectedFault, ManualClock};
use super::{Answer, Cloud, CloudError, ErrorKind, Search};
use crate::domain::observed::{Alarm, Metric};
use crate::domain::plan::plan;
use crate::domain::{Change, Observed, Settings, SetupOptions};

mod changes;
mod queries;

const START: &str = "2026-11-23T08:00:00Z";
const EMAIL: &str = "alice@example.com";
const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:rootbell-alerts";
const GROUP: &str = "rootbell/cloudtrail";
const GROUP_ARN: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:rootbell/cloudtrail:*";
const ROLE: &str = "rootbell-cloudtrail-to-logs-eu-west-1";
const BUCKET: &str = "rootbell-123456789012-eu-west-1";
const ALARM: &str = "rootbell-root-use";

/// What is asked.
#[derive(Clone, Debug)]
enum Request {
    Identity,
    Trails,
    TrailStatus(&'static str),
    ManagementEvents(&'static str),
    Bucket(&'static str),
    LogGroup(&'static str),
    MetricFilters(&'static str),
    Role(&'static str),
    Alarm(&'static str),
    AlarmsOn,
    Topic(&'static str),
    Subscriptions(&'static str),
    TestFilter(&'static str, Vec<&'static str>),
    History(&'static str),
    Sums,
    RootEvents(&'static str),
    Make(Box<Change>),
}

/// The answer as it is written for programmers: good enough to compare, and to read where it differs.
fn written<T: Debug>(answer: Answer<T>) -> Result<String, CloudError> {
    answer.map(|found| format!("{found:?}"))
}

async fn put(cloud: &dyn Cloud, ask: &Request) -> Result<String, CloudError> {
    let from: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
    let to = START.parse().unwrap();
    match ask {
        Request::Identity => written(cloud.identity().await),
        Request::Trails => written(cloud.trails().await),
        Request::TrailStatus(arn) => written(cloud.trail_status(arn).await),
        Request::ManagementEvents(arn) => written(cloud.management_events(arn).await),
        Request::Bucket(name) => written(cloud.bucket(name).await),
        Request::LogGroup(name) => written(cloud.log_group(name).await),
        Request::MetricFilters(group) => written(cloud.metric_filters(group).await),
        Request::Role(name) => written(cloud.role(name).await),
        Request::Alarm(name) => written(cloud.alarm(name).await),
        Request::AlarmsOn => written(cloud.describe_alarms_for_metric(&metric()).await),
        Request::Topic(arn) => written(cloud.topic(arn).await),
        Request::Subscriptions(arn) => written(cloud.subscriptions(arn).await),
        Request::TestFilter(pattern, events) => written(cloud.test_metric_filter(pattern, events).await),
        Request::History(alarm) => written(cloud.describe_alarm_history(alarm, from).await),
        Request::Sums => written(cloud.get_metric_data(&metric(), from, to, 300).await),
        Request::RootEvents(log_group) => {
            let search = Search { log_group, pattern: "{ $.a = 1 }", from, to, page: None };
            written(cloud.filter_log_events(&search).await)
        }
        Request::Make(change) => written(cloud.apply(change).await),
    }
}

/// What AWS answers to one operation.
#[derive(Clone, Debug)]
enum Reply {
    /// As JSON, or the same as CBOR, as the service's protocol wants it.
    Says(Value),
    /// The inside of `…Result`, or the whole body for S3.
    Xml(String),
    Refuses(u16, &'static str, &'static str),
    /// A status and nothing else, as HEAD is answered.
    Bare(u16),
}

/// A row of the table.
struct Case {
    says: &'static str,
    ask: Request,
    demo: Account,
    aws: Vec<(&'static str, Reply)>,
    back: Result<String, ErrorKind>,
}

impl Case {
    /// On an account that has nothing, with an AWS that says nothing.
    fn new(says: &'static str, ask: Request) -> Self {
        Self { says, ask, demo: Account::default(), aws: Vec::new(), back: Ok("()".to_owned()) }
    }

    fn make(says: &'static str, change: Change) -> Self {
        Self::new(says, Request::Make(Box::new(change)))
    }

    /// The account has all that rootbell sets up.
    fn set_up(mut self) -> Self {
        self.demo = self.demo.set_up_for(&[EMAIL]).unwrap();
        self
    }

    fn demo(mut self, arrange: impl FnOnce(&mut Account)) -> Self {
        arrange(&mut self.demo);
        self
    }

    fn aws(mut self, operation: &'static str, reply: Reply) -> Self {
        self.aws.push((operation, reply));
        self
    }

    /// AWS refuses with this code, and both say that it is of this kind.
    fn refused(self, operation: &'static str, code: &'static str, kind: ErrorKind) -> Self {
        let message = "Access denied. Said by AWS.";
        Self { back: Err(kind), ..self.aws(operation, Reply::Refuses(400, code, message)) }
    }

    fn finds<T: Debug>(mut self, found: &T) -> Self {
        self.back = Ok(format!("{found:?}"));
        self
    }

    async fn of_demo(&self) -> Result<String, CloudError> {
        let clock = ManualClock::at(START.parse().unwrap());
        put(&DemoCloud::new(self.demo.clone(), clock.clock()), &self.ask).await
    }

    async fn of_aws(&self) -> Result<String, CloudError> {
        let (says, replies) = (self.says, self.aws.clone());
        let cloud = wire(move |asked| {
            let named = |(operation, _): &&(&str, Reply)| asked.is(operation);
            match (replies.iter().find(named), asked.protocol) {
                (Some((_, reply)), _) => answer(asked, reply),
                (None, Protocol::S3) if asked.method == "GET" => never_set(asked),
                (None, _) if asked.operation == "ListAccountAliases" => refusal(asked, 403, "AccessDenied", "no"),
                (None, _) => panic!("{says}: nobody should ask {} {}", asked.operation, asked.url),
            }
        });
        put(&cloud, &self.ask).await
    }
}

impl Asked {
    /// S3 names its operations by method and path: `HEAD`, `PUT`, `PUT policy`.
    fn is(&self, operation: &str) -> bool {
        if self.protocol != Protocol::S3 {
            return self.operation == operation;
        }
        let (method, part) = operation.split_once(' ').unwrap_or((operation, ""));
        let asked_for = self.url.split_once('?').map_or("", |(_, query)| query.split(['&', '=']).next().unwrap());
        let part_asked = if asked_for.starts_with("x-id") { "" } else { asked_for };
        self.method == method && part_asked == part
    }
}

fn answer(asked: &Asked, reply: &Reply) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
    match reply {
        Reply::Says(value) if asked.protocol == Protocol::Cbor => {
            (200, vec![("smithy-protocol", "rpc-v2-cbor".to_owned())], as_cbor(value))
        }
        Reply::Says(value) => ok(value.to_string()),
        Reply::Xml(inside) if asked.protocol == Protocol::Query => {
            let name = &asked.operation;
            ok(format!("<{name}Response><{name}Result>{inside}</{name}Result></{name}Response>"))
        }
        Reply::Xml(body) => ok(body.as_str()),
        Reply::Refuses(status, code, message) => refusal(asked, *status, code, message),
        Reply::Bare(status) => (*status, Vec::new(), Vec::new()),
    }
}

/// JSON as CBOR. A number under a name that ends in `Timestamp` or `Timestamps` is a moment.
///
/// Source: RFC 8949, sections 3.1, 3.3 and 3.4.2; Smithy RPC v2 CBOR, "Timestamps".
fn as_cbor(value: &Value) -> Vec<u8> {
    fn head(major: u8, n: usize) -> Vec<u8> {
        let mut bytes = vec![major << 5 | 0x1a];
        bytes.extend(u32::try_from(n).unwrap().to_be_bytes());
        bytes
    }
    fn write(value: &Value, moment: bool, out: &mut Vec<u8>) {
        match value {
            Value::Null => out.push(0xf6),
            Value::Bool(set) => out.push(if *set { 0xf5 } else { 0xf4 }),
            Value::Number(n) => {
                match n.as_u64() {
                    _ if moment => out.push(0xc1),
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
            Value::Array(all) => {
                out.extend(head(4, all.len()));
                for one in all {
                    write(one, moment, out);
                }
            }
            Value::Object(fields) => {
                out.extend(head(5, fields.len()));
                for (name, value) in fields {
                    write(&Value::from(name.as_str()), false, out);
                    write(value, name.trim_end_matches('s').ends_with("Timestamp"), out);
                }
            }
        }
    }
    let mut out = Vec::new();
    write(value, false, &mut out);
    out
}

#[test]
fn json_becomes_the_same_cbor_as_by_hand() {
    let by_hand = cbor(&[("a", "b")]);
    // The same but for the length of the lengths.
    assert_eq!(by_hand, [0xa1, 0x78, 1, b'a', 0x78, 1, b'b']);
    let long = as_cbor(&serde_json::json!({ "a": "b" }));
    assert_eq!(long, [0xba, 0, 0, 0, 1, 0x7a, 0, 0, 0, 1, b'a', 0x7a, 0, 0, 0, 1, b'b']);
}

fn metric() -> Metric {
    Metric { namespace: "rootbell".into(), name: "RootUse".into() }
}

/// A change of a first set-up, by the beginning of its id.
fn change(id: &str) -> Change {
    let setup = SetupOptions { emails: vec![EMAIL.into()], ..SetupOptions::default() };
    let nothing = Observed::nothing();
    let settings = Settings::resolve(&Account::default().identity(), "eu-west-1", &setup, &nothing);
    let plan = plan(&settings, &nothing);
    plan.changes().find(|change| change.id().starts_with(id)).cloned().unwrap()
}

/// The alarm that a first set-up makes.
fn alarm() -> Alarm {
    match change("alarm.put") {
        Change::PutMetricAlarm { alarm } => *alarm,
        other => panic!("{other:?}"),
    }
}

/// Everything about an error but the words, which are each one's own.
fn told(error: &CloudError) -> (ErrorKind, &str, &str, &str, &str) {
    (error.kind, error.service, error.operation, error.iam_action, &error.resource)
}

#[tokio::test]
async fn the_demo_and_aws_give_the_same_answers() {
    let cases: Vec<Case> = queries::cases().into_iter().chain(changes::cases()).collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let (demo, aws) = (case.of_demo().await, case.of_aws().await);
        for (who, got) in [("demo", &demo), ("aws", &aws)] {
            let got_kind = got.as_ref().map_err(|error| error.kind).cloned();
            if got_kind != case.back {
                wrong.push(format!("{}: {who} gives {got:?}, expected {:?}", case.says, case.back));
            }
        }
        if let (Err(demo), Err(aws)) = (&demo, &aws)
            && told(demo) != told(aws)
        {
            wrong.push(format!("{}: demo tells {:?}, aws {:?}", case.says, told(demo), told(aws)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 95, "{}", cases.len());
}

/// Every question and every change, denied, throttled, with an expired session, and with a failure within AWS.
#[tokio::test]
async fn every_call_is_denied_and_throttled_in_the_same_words() {
    let mut wrong = Vec::new();
    for ask in queries::every().into_iter().chain(changes::every()) {
        for (fault, status, code) in [
            (InjectedFault::Deny, 403, "AccessDenied"),
            (InjectedFault::Throttle, 400, "Throttling"),
            (InjectedFault::Expired(1), 400, "ExpiredToken"),
            (InjectedFault::Error500, 500, "InternalFailure"),
        ] {
            // HEAD is answered without a body, so that its refusals have no name; of a look at a bucket that is
            // somebody else's there are cases of its own.
            if matches!(ask, Request::Bucket(_)) {
                continue;
            }
            let case = Case::new("", ask.clone()).set_up().demo(|account| {
                account.faults.insert("*".into(), fault);
            });
            let cloud = wire(move |asked| refusal(asked, status, code, "said"));
            let (demo, aws) = (case.of_demo().await.unwrap_err(), put(&cloud, &ask).await.unwrap_err());
            if told(&demo) != told(&aws) {
                wrong.push(format!("{ask:?}, {fault:?}: demo tells {:?}, aws {:?}", told(&demo), told(&aws)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
