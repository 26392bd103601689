//! A proxy in front of the emulator: it records every request, can make any of them fail, and corrects the emulator's
//! differences from AWS:
//!
//! * CreateTrail: the emulator ignores the log group's ARN, the role's ARN, and the tags, but accepts them from
//!   UpdateTrail and AddTags. The proxy sends these two after a successful CreateTrail, with the same headers.
//! * CreateBucket: the emulator doesn't block public access to a new bucket; the proxy sends PutPublicAccessBlock.
//! * GetTrailStatus: the emulator never delivers anything; [`Proxy::set_delivery_time`] adds a time to the response.
//! * DescribeAlarmHistory: the actions run by SetAlarmState are missing; see [`super::history`].
//! * Email subscriptions are confirmed at once; [`Proxy::set_pending`] lists them as pending.

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::history::{self, ExecutedAction};
use super::program::PATIENCE;
use super::protocol::{Call, Protocol, Request, Response, error_response};

/// A request that the proxy forwarded or answered itself.
#[derive(Clone, Debug)]
pub struct SeenCall {
    pub call: Call,
    /// `None` until it is answered.
    pub status: Option<u16>,
}

/// How to make a call fail.
#[derive(Clone, Debug)]
enum ProxyFault {
    Deny,
    Expired,
    Throttle,
    Hang,
    Error { status: u16, code: String, message: String },
    Answer { status: u16, body: String },
}

#[derive(Clone, Debug)]
struct FaultRule {
    /// The call it applies to; `None` means every call.
    operation: Option<String>,
    fault: ProxyFault,
    /// How many more times it applies; `None` means always.
    remaining: Option<usize>,
}

#[derive(Default)]
struct ProxyState {
    rules: Vec<FaultRule>,
    seen_calls: Vec<SeenCall>,
    executed_actions: Vec<ExecutedAction>,
    latency: Duration,
    delivery_time: Option<i64>,
    is_pending: bool,
    /// After this many more successful writes, no response is sent.
    writes_left: Option<usize>,
    held: bool,
}

struct Shared {
    state: Mutex<ProxyState>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    longest_chain: AtomicUsize,
    connections: AtomicUsize,
    is_stopped: AtomicBool,
    emulator: u16,
}

/// A running proxy; dropping it ends it.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

impl Proxy {
    /// Starts a proxy in front of the emulator at this port.
    pub fn in_front_of(emulator: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            longest_chain: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
            emulator,
        });
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming().flatten() {
                    if shared.is_stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let shared = Arc::clone(&shared);
                    // A client that disconnects early is not an error here.
                    thread::spawn(move || shared.serve(stream).ok());
                }
            }
        });
        Self { shared, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on, answers this call with the service's "access denied" error.
    pub fn deny(&self, operation: &str) {
        self.rule(Some(operation), ProxyFault::Deny, None);
    }

    /// Never answers this call.
    pub fn hang(&self, operation: &str) {
        self.rule(Some(operation), ProxyFault::Hang, None);
    }

    /// Never answers any call.
    pub fn hang_all(&self) {
        self.rule(None, ProxyFault::Hang, None);
    }

    /// Answers every call with "the token is expired".
    pub fn expire(&self) {
        self.rule(None, ProxyFault::Expired, None);
    }

    /// Throttles this call once.
    pub fn throttle_once(&self, operation: &str) {
        self.rule(Some(operation), ProxyFault::Throttle, Some(1));
    }

    /// Answers this call with this error, the given number of times.
    pub fn refuse(&self, operation: &str, times: usize, status: u16, code: &str, message: &str) {
        let fault = ProxyFault::Error { status, code: code.to_owned(), message: message.to_owned() };
        self.rule(Some(operation), fault, Some(times));
    }

    /// Always answers this call with this body.
    pub fn answer_with(&self, operation: &str, status: u16, body: &str) {
        self.rule(Some(operation), ProxyFault::Answer { status, body: body.to_owned() }, None);
    }

    /// Makes each response take at least this long.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Sets when the trail last delivered to its log group (seconds since 1970).
    pub fn set_delivery_time(&self, at: i64) {
        self.shared.lock().delivery_time = Some(at);
    }

    /// Lists email subscriptions as pending, or as confirmed again.
    pub fn set_pending(&self, pending: bool) {
        self.shared.lock().is_pending = pending;
    }

    /// Lets this many writes succeed, and holds back the response to the last one and every later response.
    pub fn hold_after_writes(&self, writes: usize) {
        let mut state = self.shared.lock();
        state.writes_left = Some(writes);
        state.held = false;
    }

    /// Waits until [`Proxy::hold_after_writes`] has taken effect.
    #[track_caller]
    pub fn wait_until_held(&self) {
        self.wait_until("the writes", |state| state.held);
    }

    /// Waits until this call has come in.
    #[track_caller]
    pub fn wait_for_call(&self, operation: &str) {
        self.wait_until(operation, |state| state.seen_calls.iter().any(|s| s.call.operation == operation));
    }

    #[track_caller]
    fn wait_until(&self, what: &str, condition: impl Fn(&ProxyState) -> bool) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if condition(&self.shared.lock()) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("{what} did not come: {:?}", self.operations());
    }

    /// Removes all faults, and releases the responses held back.
    pub fn clear_faults(&self) {
        let mut state = self.shared.lock();
        let (seen_calls, executed_actions) =
            (std::mem::take(&mut state.seen_calls), std::mem::take(&mut state.executed_actions));
        *state = ProxyState { seen_calls, executed_actions, ..ProxyState::default() };
    }

    /// Forgets the recorded requests.
    pub fn forget_calls(&self) {
        self.shared.lock().seen_calls.clear();
        for count in [&self.shared.most_in_flight, &self.shared.longest_chain, &self.shared.connections] {
            count.store(0, Ordering::SeqCst);
        }
    }

    /// The number of sequential round trips: the longest chain of requests that each began when the previous one ended.
    pub fn longest_chain(&self) -> usize {
        self.shared.longest_chain.load(Ordering::SeqCst)
    }

    /// How many connections were opened and used.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub fn seen_calls(&self) -> Vec<SeenCall> {
        self.shared.lock().seen_calls.clone()
    }

    /// The recorded calls, in the order of their arrival.
    pub fn operations(&self) -> Vec<String> {
        self.seen_calls().into_iter().map(|s| s.call.operation).collect()
    }

    /// The recorded calls that change something.
    pub fn writes(&self) -> Vec<String> {
        self.seen_calls().into_iter().filter(|s| s.call.writes()).map(|s| s.call.operation).collect()
    }

    /// How many times each call was made.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for operation in self.operations() {
            *counts.entry(operation).or_default() += 1;
        }
        counts
    }

    /// The largest number of requests in progress at the same time.
    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }

    fn rule(&self, operation: Option<&str>, fault: ProxyFault, remaining: Option<usize>) {
        self.shared.lock().rules.push(FaultRule { operation: operation.map(str::to_owned), fault, remaining });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, ProxyState> {
        self.state.lock().unwrap()
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut used = false;
        while let Some(request) = Request::read(&mut reader)? {
            let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_in_flight.fetch_max(now, Ordering::SeqCst);
            self.connections.fetch_add(usize::from(!std::mem::replace(&mut used, true)), Ordering::SeqCst);
            let depth = self.longest_chain.load(Ordering::SeqCst) + 1;
            let answer = self.answer(&request, reader.get_ref());
            self.longest_chain.fetch_max(depth, Ordering::SeqCst);
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            answer?.write(reader.get_mut(), request.method == "HEAD")?;
        }
        Ok(())
    }

    fn answer(&self, request: &Request, client: &TcpStream) -> io::Result<Response> {
        let call = request.call();
        let (number, fault, latency) = {
            let mut state = self.lock();
            state.seen_calls.push(SeenCall { call: call.clone(), status: None });
            (state.seen_calls.len() - 1, state.next_fault(&call), state.latency)
        };
        thread::sleep(latency);
        if self.lock().held {
            self.hold(client)?;
        }
        let response = match fault {
            None => self.pass(&call, request)?,
            Some(ProxyFault::Hang) => {
                self.hold(client)?;
                self.pass(&call, request)?
            }
            Some(fault) => faulty_response(&call, &fault),
        };
        if response.succeeded() && call.writes() && self.lock().count_write() {
            self.hold(client)?;
        }
        if let Some(seen_call) = self.lock().seen_calls.get_mut(number) {
            seen_call.status = Some(response.status);
        }
        Ok(response)
    }

    /// Waits until the call may be answered, or the client has disconnected.
    fn hold(&self, client: &TcpStream) -> io::Result<()> {
        client.set_nonblocking(true)?;
        loop {
            {
                let state = self.lock();
                let hangs = state.rules.iter().any(|r| matches!(r.fault, ProxyFault::Hang));
                if self.is_stopped.load(Ordering::SeqCst) || !(state.held || hangs) {
                    break;
                }
            }
            if matches!(client.peek(&mut [0]), Ok(0)) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        client.set_nonblocking(false)
    }

    fn pass(&self, call: &Call, request: &Request) -> io::Result<Response> {
        let mut actions = match call.operation.as_str() {
            "SetAlarmState" => history::actions_to_run(request, self.emulator),
            _ => Vec::new(),
        };
        let mut response = request.forward(self.emulator)?;
        if response.succeeded() {
            match call.operation.as_str() {
                "SetAlarmState" => {
                    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
                    for action in &mut actions {
                        action.at = now;
                    }
                    self.lock().executed_actions.extend(actions);
                }
                "DescribeAlarmHistory" => {
                    history::add_to_history(request, &mut response, &self.lock().executed_actions);
                }
                "CreateBucket" => self.block_public_access(request)?,
                "CreateTrail" => self.complete_create_trail(request, &response)?,
                "GetTrailStatus" => self.add_delivery_time(&mut response),
                "ListSubscriptionsByTopic" | "GetSubscriptionAttributes" | "GetTopicAttributes" => {
                    self.mark_pending(&mut response);
                }
                _ => {}
            }
        }
        Ok(response)
    }

    fn block_public_access(&self, request: &Request) -> io::Result<()> {
        let mut put = request.clone();
        let bucket = request.target.split('?').next().unwrap_or_default();
        put.target = format!("{bucket}?publicAccessBlock");
        let settings = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
        let on = settings.map(|name| format!("<{name}>true</{name}>")).concat();
        put.body = format!("<PublicAccessBlockConfiguration>{on}</PublicAccessBlockConfiguration>").into_bytes();
        put.forward(self.emulator).map(drop)
    }

    fn complete_create_trail(&self, request: &Request, response: &Response) -> io::Result<()> {
        let Some(wanted) = request.json() else { return Ok(()) };
        let target = request.header("x-amz-target").unwrap_or_default();
        if wanted.get("CloudWatchLogsLogGroupArn").is_some() {
            let update = request.with("x-amz-target", &target.replace("CreateTrail", "UpdateTrail"));
            update.forward(self.emulator)?;
        }
        let arn = serde_json::from_slice::<Value>(&response.body).ok().and_then(|v| v.get("TrailARN").cloned());
        if let (Some(tags), Some(arn)) = (wanted.get("TagsList"), arn) {
            let mut add = request.with("x-amz-target", &target.replace("CreateTrail", "AddTags"));
            add.body = json!({ "ResourceId": arn, "TagsList": tags }).to_string().into_bytes();
            add.forward(self.emulator)?;
        }
        Ok(())
    }

    fn add_delivery_time(&self, response: &mut Response) {
        let Some(at) = self.lock().delivery_time else { return };
        if let Ok(mut status) = serde_json::from_slice::<Value>(&response.body) {
            status["LatestCloudWatchLogsDeliveryTime"] = json!(at);
            response.body = status.to_string().into_bytes();
        }
    }

    fn mark_pending(&self, response: &mut Response) {
        if !self.lock().is_pending {
            return;
        }
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let mut parts = text.split("<SubscriptionArn>");
        let mut changed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.find("</SubscriptionArn>").map_or(part, |at| &part[at..]);
            changed.push_str("<SubscriptionArn>PendingConfirmation");
            changed.push_str(rest);
        }
        let changed = changed.replace(
            "<key>PendingConfirmation</key><value>false</value>",
            "<key>PendingConfirmation</key><value>true</value>",
        );
        response.body = changed.into_bytes();
    }
}

impl ProxyState {
    fn next_fault(&mut self, call: &Call) -> Option<ProxyFault> {
        let rule = self.rules.iter_mut().find(|rule| {
            rule.remaining != Some(0) && rule.operation.as_ref().is_none_or(|operation| *operation == call.operation)
        })?;
        if let Some(remaining) = &mut rule.remaining {
            *remaining -= 1;
        }
        Some(rule.fault.clone())
    }

    /// Counts a write; returns whether its response is to be held back.
    fn count_write(&mut self) -> bool {
        if let Some(remaining) = &mut self.writes_left {
            *remaining = remaining.saturating_sub(1);
            self.held = *remaining == 0;
        }
        self.held
    }
}

/// Source: each service's API reference, "Common Errors".
fn faulty_response(call: &Call, fault: &ProxyFault) -> Response {
    // IAM's prefix for CloudWatch is not its signing name.
    let service = if call.service == "monitoring" { "cloudwatch" } else { &call.service };
    let message = format!(
        "User: arn:aws:iam::000000000000:user/alice is not authorized to perform: {}:{} because no identity-based policy \
         allows it",
        service, call.operation
    );
    let expired = "The security token included in the request is expired";
    match (fault, call.protocol) {
        (ProxyFault::Answer { status, body }, _) => {
            let headers = vec![("Content-Type".to_owned(), "text/xml".to_owned())];
            Response { status: *status, headers, body: body.clone().into_bytes() }
        }
        (ProxyFault::Error { status, code, message }, _) => error_response(call, *status, code, message),
        (ProxyFault::Expired, Protocol::Json | Protocol::Cbor) => {
            error_response(call, 400, "ExpiredTokenException", expired)
        }
        (ProxyFault::Expired, Protocol::Query) => error_response(call, 403, "ExpiredToken", expired),
        (ProxyFault::Expired, Protocol::S3) => {
            error_response(call, 400, "ExpiredToken", "The provided token has expired.")
        }
        (ProxyFault::Throttle, Protocol::Json | Protocol::Cbor) => {
            error_response(call, 400, "ThrottlingException", "Rate exceeded")
        }
        (ProxyFault::Throttle, Protocol::Query) => error_response(call, 400, "Throttling", "Rate exceeded"),
        (ProxyFault::Throttle, Protocol::S3) => {
            error_response(call, 503, "SlowDown", "Please reduce your request rate.")
        }
        (_, Protocol::Json | Protocol::Cbor) => error_response(call, 400, "AccessDeniedException", &message),
        (_, Protocol::Query) if call.service == "sns" => error_response(call, 403, "AuthorizationError", &message),
        (_, Protocol::Query) => error_response(call, 403, "AccessDenied", &message),
        (_, Protocol::S3) => error_response(call, 403, "AccessDenied", "Access Denied"),
    }
}
