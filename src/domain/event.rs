//! A CloudTrail event by root, decoded for people: who did what, when, from where, and was it let in.
//!
//! Source: CloudTrail User Guide, "CloudTrail record contents" and "AWS Management Console sign-in events".

use jiff::Timestamp;
use serde_json::{Value, json};

use super::account_region::Identity;
use super::text::{escape_controls, escape_controls_in_lines};

mod client;

/// Whether the use succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// With AWS's words for it.
    Failure(String),
}

impl Outcome {
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Failure(_) => "Failure",
        }
    }
}

/// Whether a second factor was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mfa {
    Yes,
    No,
    /// The event does not say.
    Unknown,
}

impl Mfa {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "-",
        }
    }
}

/// One use of root. No field holds a character that a terminal would obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootEvent {
    /// CloudTrail's `eventID`, or the log event's where there is none.
    pub id: String,
    /// When it happened; when it was logged, where the event does not say.
    pub time: Option<Timestamp>,
    /// As in `ConsoleLogin`.
    pub name: String,
    /// As in `signin.amazonaws.com`.
    pub source: String,
    pub outcome: Outcome,
    pub mfa: Mfa,
    pub address: String,
    pub region: String,
    /// The user agent in short words, as in "Firefox / macOS".
    pub client: String,
    /// By the console; otherwise by the API.
    pub console: bool,
    /// By central root management (`sts:AssumeRoot`), not by somebody with root's password.
    pub assumed_root: bool,
    /// Whoever it was, where a filter that is not the auditors' let somebody else through.
    pub not_root: Option<String>,
    /// Written by [`drill`], not by CloudTrail.
    pub drill: bool,
    /// The whole event, indented; lines are its only control characters.
    pub json: String,
}

impl RootEvent {
    /// Reads a log line. What is no event comes back too, named as unreadable: it matched the filter, so it rang.
    #[must_use]
    pub fn decode(line: &str, id: &str, logged: Option<Timestamp>) -> Self {
        let event: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let source = text("/eventSource");
        let readable = event.is_object();
        let assumed_root = event.pointer("/userIdentity/sessionContext/assumedRoot").is_some_and(is_true);
        let kind = text("/userIdentity/type");
        let other = !assumed_root && !matches!(kind, "" | "Root");
        let arn = text("/userIdentity/arn");
        Self {
            id: escape_controls(if text("/eventID").is_empty() { id } else { text("/eventID") }),
            time: text("/eventTime").parse().ok().or(logged),
            name: if readable { escape_controls(text("/eventName")) } else { "unreadable".into() },
            source: escape_controls(source),
            outcome: outcome(&event),
            mfa: mfa(&event),
            address: escape_controls(text("/sourceIPAddress")),
            region: escape_controls(text("/awsRegion")),
            client: escape_controls(&client::short(text("/userAgent"))),
            console: text("/eventType") == "AwsConsoleSignIn"
                || text("/sessionCredentialFromConsole") == "true"
                || source == "signin.amazonaws.com",
            assumed_root,
            not_root: other.then(|| escape_controls(if arn.is_empty() { kind } else { arn })),
            drill: source == DRILL_SOURCE,
            json: escape_controls_in_lines(&if readable { format!("{event:#}") } else { line.to_owned() }),
        }
    }

    /// Decoded and whole, as `rootbell events --json` prints it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "time": self.time.map(|t| t.to_string()),
            "event": self.name,
            "source": self.source,
            "outcome": self.outcome.as_str().to_lowercase(),
            "error": match &self.outcome { Outcome::Failure(why) => Some(why), Outcome::Success => None },
            "mfa": match self.mfa { Mfa::Yes => Some(true), Mfa::No => Some(false), Mfa::Unknown => None },
            "address": self.address,
            "region": self.region,
            "client": self.client,
            "via": self.via(),
            "assumed_root": self.assumed_root,
            "not_root": self.not_root,
            "drill": self.drill,
            "raw": serde_json::from_str::<Value>(&self.json).unwrap_or_else(|_| json!(self.json)),
        })
    }

    /// "console" or "API".
    #[must_use]
    pub fn via(&self) -> &'static str {
        if self.console { "console" } else { "API" }
    }
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// A sign-in says so in `responseElements.ConsoleLogin`; an API call that failed has an `errorCode`.
fn outcome(event: &Value) -> Outcome {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    let failed = text("/responseElements/ConsoleLogin").is_some_and(|o| o.eq_ignore_ascii_case("failure"));
    let why = text("/errorMessage").or(text("/errorCode"));
    match (failed, why) {
        (false, None) => Outcome::Success,
        (_, why) => Outcome::Failure(escape_controls(why.unwrap_or("Failure"))),
    }
}

/// A sign-in has `MFAUsed`, in upper or lower case; a call has its session's `mfaAuthenticated`.
fn mfa(event: &Value) -> Mfa {
    let said = event
        .pointer("/additionalEventData/MFAUsed")
        .or(event.pointer("/userIdentity/sessionContext/attributes/mfaAuthenticated"))
        .and_then(Value::as_str)
        .map(str::to_lowercase);
    match said.as_deref() {
        Some("yes" | "true") => Mfa::Yes,
        Some("no" | "false") => Mfa::No,
        _ => Mfa::Unknown,
    }
}

/// Whence a drill's event says it comes; CloudTrail never writes this.
pub const DRILL_SOURCE: &str = "drill.rootbell";

/// The log stream that drills write to, beside CloudTrail's own.
pub const DRILL_STREAM: &str = "rootbell-drill";

/// The one event of a drill: the filter takes it for root, people and auditors see what it is.
#[must_use]
pub fn drill_event(id: &str, caller: &Identity, region: &str, at: Timestamp) -> String {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "accountId": caller.account,
            "arn": caller.in_region(region).root_arn(),
        },
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": DRILL_SOURCE,
        "eventName": "RootbellDrill",
        "awsRegion": region,
        "sourceIPAddress": "drill.rootbell",
        "userAgent": concat!("rootbell/", env!("CARGO_PKG_VERSION"), " drill"),
        "eventType": "RootbellDrill",
        "eventID": id,
        "recipientAccountId": caller.account,
        "additionalEventData": {
            "rootbellDrill": true,
            "startedBy": caller.arn,
            "note": "A drill. Nobody used root. CloudTrail did not write this event; rootbell did.",
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests;
