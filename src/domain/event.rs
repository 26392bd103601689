//! A CloudTrail event for root use, decoded for display: who did what, when, from where, and whether it succeeded.
//!
//! Source: CloudTrail User Guide, "CloudTrail record contents" and "AWS Management Console sign-in events".

use jiff::Timestamp;
use serde_json::{Value, json};

use super::account_names::AccountNames;
use super::account_region::Identity;
use super::region::Region;
use super::text::{escape_controls, escape_controls_in_lines};

mod client;

/// Whether the sign-in or API call succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// With AWS's error message or code.
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

/// Whether MFA was used.
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

/// One use of root. All fields are safe to print: control characters are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootEvent {
    /// CloudTrail's `eventID`, or else the log event's ID.
    pub id: String,
    /// When it happened, or, if the event does not say, when it was logged.
    pub time: Option<Timestamp>,
    /// The event's name, such as `ConsoleLogin`.
    pub name: String,
    /// The service, such as `signin.amazonaws.com`.
    pub source: String,
    pub outcome: Outcome,
    pub mfa: Mfa,
    /// The account whose root user it was; `None` if the event does not say. With an organization trail, it can be any
    /// account of the organization.
    pub account: Option<String>,
    pub address: String,
    pub region: String,
    /// A short name for the user agent, such as "Firefox / macOS".
    pub client: String,
    /// Whether the console was used, rather than the API.
    pub console: bool,
    /// Whether this was a central root access session (`sts:AssumeRoot`), rather than someone with root's credentials.
    pub assumed_root: bool,
    /// Who it was, if not root: a filter with another pattern can match events of other identities.
    pub not_root: Option<String>,
    /// Whether [`drill_event`] wrote it, rather than CloudTrail.
    pub drill: bool,
    /// The whole event as indented JSON; its only control characters are line breaks.
    pub json: String,
}

impl RootEvent {
    /// Decodes a log line. One that is not an event is kept, with the name "unreadable": it matched the filter, so it
    /// may have set off the alarm.
    #[must_use]
    pub fn decode(line: &str, id: &str, logged: Option<Timestamp>) -> Self {
        let event: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let source = text("/eventSource");
        let readable = event.is_object();
        let assumed_root = event.pointer("/userIdentity/sessionContext/assumedRoot").is_some_and(is_true);
        let identity_type = text("/userIdentity/type");
        let is_other = !assumed_root && !matches!(identity_type, "" | "Root");
        let arn = text("/userIdentity/arn");
        Self {
            id: escape_controls(if text("/eventID").is_empty() { id } else { text("/eventID") }),
            time: text("/eventTime").parse().ok().or(logged),
            name: if readable { escape_controls(text("/eventName")) } else { "unreadable".into() },
            source: escape_controls(source),
            outcome: outcome(&event),
            mfa: mfa(&event),
            // The account that the event is recorded in may be another one: that of the resource.
            account: [text("/userIdentity/accountId"), text("/recipientAccountId")]
                .into_iter()
                .find(|account| !account.is_empty())
                .map(escape_controls),
            address: escape_controls(text("/sourceIPAddress")),
            region: escape_controls(text("/awsRegion")),
            client: escape_controls(&client::short(text("/userAgent"))),
            console: text("/eventType") == "AwsConsoleSignIn"
                || text("/sessionCredentialFromConsole") == "true"
                || source == "signin.amazonaws.com",
            assumed_root,
            not_root: is_other.then(|| escape_controls(if arn.is_empty() { identity_type } else { arn })),
            drill: source == DRILL_SOURCE,
            json: escape_controls_in_lines(&if readable { format!("{event:#}") } else { line.to_owned() }),
        }
    }

    /// The decoded fields and the whole event, as `rootbell events --json` prints them.
    #[must_use]
    pub fn to_json(&self, names: &AccountNames) -> Value {
        json!({
            "id": self.id,
            "time": self.time.map(|t| t.to_string()),
            "event": self.name,
            "source": self.source,
            "outcome": self.outcome.as_str().to_lowercase(),
            "error": match &self.outcome { Outcome::Failure(why) => Some(why), Outcome::Success => None },
            "account": self.account,
            "account_name": self.account.as_deref().and_then(|account| names.name(account)),
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

    /// Whether it is of another account than this one.
    #[must_use]
    pub fn is_of_other_account(&self, own: &str) -> bool {
        self.account.as_deref().is_some_and(|account| account != own)
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

/// A sign-in has its outcome in `responseElements.ConsoleLogin`; a failed API call has an `errorCode`.
fn outcome(event: &Value) -> Outcome {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    let failed = text("/responseElements/ConsoleLogin").is_some_and(|o| o.eq_ignore_ascii_case("failure"));
    let why = text("/errorMessage").or(text("/errorCode"));
    match (failed, why) {
        (false, None) => Outcome::Success,
        (_, why) => Outcome::Failure(escape_controls(why.unwrap_or("Failure"))),
    }
}

/// A sign-in has `MFAUsed`, in upper or lower case; an API call has its session's `mfaAuthenticated`.
fn mfa(event: &Value) -> Mfa {
    let used = event
        .pointer("/additionalEventData/MFAUsed")
        .or(event.pointer("/userIdentity/sessionContext/attributes/mfaAuthenticated"))
        .and_then(Value::as_str)
        .map(str::to_lowercase);
    match used.as_deref() {
        Some("yes" | "true") => Mfa::Yes,
        Some("no" | "false") => Mfa::No,
        _ => Mfa::Unknown,
    }
}

/// A drill event's `eventSource`, which CloudTrail never uses.
pub const DRILL_SOURCE: &str = "drill.rootbell";

/// The log stream that drills write to, separate from CloudTrail's.
pub const DRILL_STREAM: &str = "rootbell-drill";

/// The source of a drill's event on the event bus. Only AWS services may use sources that begin with `aws.`.
///
/// Source: EventBridge API, PutEventsRequestEntry, `Source`.
pub const DRILL_BUS_SOURCE: &str = "rootbell.drill";

/// The detail type of a drill's event on the event bus.
pub const DRILL_DETAIL_TYPE: &str = "rootbell drill";

/// The event that a drill writes: it matches the filter as root use, but is clearly marked as a drill.
#[must_use]
pub fn drill_event(id: &str, caller: &Identity, region: &Region, at: Timestamp) -> String {
    drill_record(id, caller, region, at).to_string()
}

/// The event that a drill puts on the event bus, as far as it is up to the caller: the record of a sign-in, which rootbell's
/// rules match. What marks it as a drill is in the first lines of the email.
#[must_use]
pub fn drill_bus_event(id: &str, caller: &Identity, region: &Region, at: Timestamp) -> String {
    let mut record = drill_record(id, caller, region, at);
    record["eventName"] = "ConsoleLogin".into();
    record["responseElements"] = json!({ "ConsoleLogin": "nobody signed in, this is a drill" });
    record["additionalEventData"]["drill"] = "DRILL, nobody used root: ".into();
    record["additionalEventData"]["MFAUsed"] = "this is a drill".into();
    record.to_string()
}

fn drill_record(id: &str, caller: &Identity, region: &Region, at: Timestamp) -> Value {
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
            "note": "A drill: nobody used root. This event was written by rootbell, not by CloudTrail.",
        },
    })
}

#[cfg(test)]
mod tests;
