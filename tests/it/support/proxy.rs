//! A proxy of our own before the emulator: it sees every request, can spoil any, and mends what the emulator drops.
//!
//! Mended, so that the account reads back as AWS would have it:
//! * CreateTrail: the emulator forgets the log group's ARN, the role's ARN and the tags, which it keeps when UpdateTrail
//!   and AddTags bring them. After a successful CreateTrail the proxy sends it those two, with the same headers and body.
//! * GetTrailStatus: nothing is ever delivered; [`Proxy::delivers`] puts a time of delivery into the answer.
//! * DescribeAlarmHistory: the actions that ran on a SetAlarmState are missing; see [`super::history`].
//! * Subscriptions by e-mail are confirmed at once; [`Proxy::nobody_confirms`] makes them pending in what is listed.

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::history::{self, Ran};
use super::protocol::{Call, Protocol, Request, Response, refusal};

/// A request that went through the proxy, or that it spoiled.
#[derive(Clone, Debug)]
pub struct ReadResult {
    pub call: Call,
    /// `None` while it is not answered.
    pub status: Option<u16>,
}

/// What to do to a call.
#[derive(Clone, Debug)]
enum Fault {
    Deny,
    Expired,
    Throttle,
    Hang,
    Refuse { status: u16, code: String, message: String },
    Say { status: u16, body: String },
}

#[derive(Clone, Debug)]
struct Rule {
    /// `None`: every call.
    operation: Option<String>,
    fault: Fault,
    /// How often it still applies; `None`: always.
    left: Option<usize>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<ReadResult>,
    ran: Vec<Ran>,
    latency: Duration,
    delivered: Option<i64>,
    pending: bool,
    /// After so many more successful writes, nothing is answered any more.
    writes_left: Option<usize>,
    held: bool,
}

struct Shared {
    state: Mutex<State>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    deepest: AtomicUsize,
    connections: AtomicUsize,
    over: AtomicBool,
    emulator: u16,
}

/// The proxy; it ends with this value.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

impl Proxy {
    /// Starts one before the emulator at `emulator`.
    pub fn before(emulator: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            deepest: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            emulator,
        });
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming().flatten() {
                    if shared.over.load(Ordering::SeqCst) {
                        return;
                    }
                    let shared = Arc::clone(&shared);
                    // A client that goes away in the middle is none of ours.
                    thread::spawn(move || shared.serve(stream).ok());
                }
            }
        });
        Self { shared, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers this call with the service's own "access denied", from now on.
    pub fn deny(&self, operation: &str) {
        self.rule(Some(operation), Fault::Deny, None);
    }

    /// Never answers this call.
    pub fn hang(&self, operation: &str) {
        self.rule(Some(operation), Fault::Hang, None);
    }

    /// Never answers anything.
    pub fn hang_all(&self) {
        self.rule(None, Fault::Hang, None);
    }

    /// Answers everything with "the token is expired".
    pub fn expire(&self) {
        self.rule(None, Fault::Expired, None);
    }

    /// Asks to slow down, once.
    pub fn throttle_once(&self, operation: &str) {
        self.rule(Some(operation), Fault::Throttle, Some(1));
    }

    /// Refuses this call so many times, in AWS's own words.
    pub fn refuse(&self, operation: &str, times: usize, status: u16, code: &str, message: &str) {
        let fault = Fault::Refuse { status, code: code.to_owned(), message: message.to_owned() };
        self.rule(Some(operation), fault, Some(times));
    }

    /// Answers this call with these words, whatever the emulator would say.
    pub fn say(&self, operation: &str, status: u16, body: &str) {
        self.rule(Some(operation), Fault::Say { status, body: body.to_owned() }, None);
    }

    /// Lets each answer take at least this long.
    pub fn latency(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Says that the trail delivered to its log group at this time (seconds since 1970).
    pub fn delivers(&self, at: i64) {
        self.shared.lock().delivered = Some(at);
    }

    /// Subscriptions are listed as pending, or as confirmed again.
    pub fn nobody_confirms(&self, pending: bool) {
        self.shared.lock().pending = pending;
    }

    /// Lets so many writes succeed; the last one's answer and everything after it is held back.
    pub fn hold_after_writes(&self, writes: usize) {
        let mut state = self.shared.lock();
        state.writes_left = Some(writes);
        state.held = false;
    }

    /// Waits until [`Proxy::hold_after_writes`] has come to pass.
    #[track_caller]
    pub fn wait_until_held(&self) {
        self.wait_until("the writes", |state| state.held);
    }

    /// Waits until this call has come in.
    #[track_caller]
    pub fn wait_for_call(&self, operation: &str) {
        self.wait_until(operation, |state| state.seen.iter().any(|s| s.call.operation == operation));
    }

    #[track_caller]
    fn wait_until(&self, what: &str, holds: impl Fn(&State) -> bool) {
        for _ in 0..4000 {
            if holds(&self.shared.lock()) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("{what} did not come: {:?}", self.operations());
    }

    /// Takes back everything that spoils, and lets go what is held.
    pub fn clear(&self) {
        let mut state = self.shared.lock();
        let (seen, ran) = (std::mem::take(&mut state.seen), std::mem::take(&mut state.ran));
        *state = State { seen, ran, ..State::default() };
    }

    /// Forgets what it saw.
    pub fn forget(&self) {
        self.shared.lock().seen.clear();
        for count in [&self.shared.most_in_flight, &self.shared.deepest, &self.shared.connections] {
            count.store(0, Ordering::SeqCst);
        }
    }

    /// How many requests had to wait for one another: the longest chain of one that began when another had ended.
    pub fn deepest(&self) -> usize {
        self.shared.deepest.load(Ordering::SeqCst)
    }

    /// How many connections were opened and used.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub fn seen(&self) -> Vec<ReadResult> {
        self.shared.lock().seen.clone()
    }

    /// The calls it saw, in the order in which they came.
    pub fn operations(&self) -> Vec<String> {
        self.seen().into_iter().map(|s| s.call.operation).collect()
    }

    /// Those of them that change something.
    pub fn writes(&self) -> Vec<String> {
        self.seen().into_iter().filter(|s| s.call.writes()).map(|s| s.call.operation).collect()
    }

    /// How often each call came.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for operation in self.operations() {
            *counts.entry(operation).or_default() += 1;
        }
        counts
    }

    /// How many requests were under way at one time at most.
    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }

    fn rule(&self, operation: Option<&str>, fault: Fault, left: Option<usize>) {
        self.shared.lock().rules.push(Rule { operation: operation.map(str::to_owned), fault, left });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
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
            let depth = self.deepest.load(Ordering::SeqCst) + 1;
            let answer = self.answer(&request, reader.get_ref());
            self.deepest.fetch_max(depth, Ordering::SeqCst);
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            answer?.write(reader.get_mut(), request.method == "HEAD")?;
        }
        Ok(())
    }

    fn answer(&self, request: &Request, client: &TcpStream) -> io::Result<Response> {
        let call = request.call();
        let (number, fault, latency) = {
            let mut state = self.lock();
            state.seen.push(ReadResult { call: call.clone(), status: None });
            (state.seen.len() - 1, state.fault(&call), state.latency)
        };
        thread::sleep(latency);
        if self.lock().held {
            self.hold(client)?;
        }
        let response = match fault {
            None => self.pass(&call, request)?,
            Some(Fault::Hang) => {
                self.hold(client)?;
                self.pass(&call, request)?
            }
            Some(fault) => spoil(&call, &fault),
        };
        if response.succeeded() && call.writes() && self.lock().count_a_write() {
            self.hold(client)?;
        }
        if let Some(seen) = self.lock().seen.get_mut(number) {
            seen.status = Some(response.status);
        }
        Ok(response)
    }

    /// Waits until nothing is spoiled any more, or the client has gone.
    fn hold(&self, client: &TcpStream) -> io::Result<()> {
        client.set_nonblocking(true)?;
        loop {
            {
                let state = self.lock();
                let hangs = state.rules.iter().any(|r| matches!(r.fault, Fault::Hang));
                if self.over.load(Ordering::SeqCst) || !(state.held || hangs) {
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
        let mut runs = match call.operation.as_str() {
            "SetAlarmState" => history::about_to_run(request, self.emulator),
            _ => Vec::new(),
        };
        let mut response = request.forward(self.emulator)?;
        if response.succeeded() {
            match call.operation.as_str() {
                "SetAlarmState" => {
                    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
                    for ran in &mut runs {
                        ran.at = now;
                    }
                    self.lock().ran.extend(runs);
                }
                "DescribeAlarmHistory" => history::add(request, &mut response, &self.lock().ran),
                "CreateTrail" => self.finish_trail(request, &response)?,
                "GetTrailStatus" => self.date_delivery(&mut response),
                "ListSubscriptionsByTopic" | "GetSubscriptionAttributes" | "GetTopicAttributes" => {
                    self.leave_pending(&mut response);
                }
                _ => {}
            }
        }
        Ok(response)
    }

    fn finish_trail(&self, request: &Request, response: &Response) -> io::Result<()> {
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

    fn date_delivery(&self, response: &mut Response) {
        let Some(at) = self.lock().delivered else { return };
        if let Ok(mut status) = serde_json::from_slice::<Value>(&response.body) {
            status["LatestCloudWatchLogsDeliveryTime"] = json!(at);
            response.body = status.to_string().into_bytes();
        }
    }

    fn leave_pending(&self, response: &mut Response) {
        if !self.lock().pending {
            return;
        }
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let mut parts = text.split("<SubscriptionArn>");
        let mut mended = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.find("</SubscriptionArn>").map_or(part, |at| &part[at..]);
            mended.push_str("<SubscriptionArn>PendingConfirmation");
            mended.push_str(rest);
        }
        let mended = mended.replace(
            "<key>PendingConfirmation</key><value>false</value>",
            "<key>PendingConfirmation</key><value>true</value>",
        );
        response.body = mended.into_bytes();
    }
}

impl State {
    fn fault(&mut self, call: &Call) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|rule| {
            rule.left != Some(0) && rule.operation.as_ref().is_none_or(|operation| *operation == call.operation)
        })?;
        if let Some(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.fault.clone())
    }

    /// Whether this write was the last that is answered.
    fn count_a_write(&mut self) -> bool {
        if let Some(left) = &mut self.writes_left {
            *left = left.saturating_sub(1);
            self.held = *left == 0;
        }
        self.held
    }
}

/// Source: each service's API reference, "Common Errors".
fn spoil(call: &Call, fault: &Fault) -> Response {
    let message = format!(
        "User: arn:aws:iam::000000000000:user/alice is not authorized to perform: {}:{} because no identity-based policy \
         allows it",
        call.service, call.operation
    );
    let expired = "The security token included in the request is expired";
    match (fault, call.protocol) {
        (Fault::Say { status, body }, _) => {
            let headers = vec![("Content-Type".to_owned(), "text/xml".to_owned())];
            Response { status: *status, headers, body: body.clone().into_bytes() }
        }
        (Fault::Refuse { status, code, message }, _) => refusal(call, *status, code, message),
        (Fault::Expired, Protocol::Json | Protocol::Cbor) => refusal(call, 400, "ExpiredTokenException", expired),
        (Fault::Expired, Protocol::Query) => refusal(call, 403, "ExpiredToken", expired),
        (Fault::Expired, Protocol::S3) => refusal(call, 400, "ExpiredToken", "The provided token has expired."),
        (Fault::Throttle, Protocol::Json | Protocol::Cbor) => {
            refusal(call, 400, "ThrottlingException", "Rate exceeded")
        }
        (Fault::Throttle, Protocol::Query) => refusal(call, 400, "Throttling", "Rate exceeded"),
        (Fault::Throttle, Protocol::S3) => refusal(call, 503, "SlowDown", "Please reduce your request rate."),
        (_, Protocol::Json | Protocol::Cbor) => refusal(call, 400, "AccessDeniedException", &message),
        (_, Protocol::Query) if call.service == "sns" => refusal(call, 403, "AuthorizationError", &message),
        (_, Protocol::Query) => refusal(call, 403, "AccessDenied", &message),
        (_, Protocol::S3) => refusal(call, 403, "AccessDenied", "Access Denied"),
    }
}
