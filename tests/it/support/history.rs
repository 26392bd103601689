//! Adds the executed actions to an alarm's history. The emulator runs them but does not record them.

use serde_json::{Value, json};

use super::protocol::{Request, Response};

/// An action that ran when an alarm changed its state.
#[derive(Clone, Debug)]
pub struct ExecutedAction {
    pub alarm: String,
    /// What the action notified.
    pub arn: String,
    /// Seconds since 1970.
    pub at: f64,
}

/// The actions that a SetAlarmState will run: all of the alarm's, if it changes to ALARM and its actions are enabled.
pub fn actions_to_run(request: &Request, emulator: u16) -> Vec<ExecutedAction> {
    let (name, state) = (text(&request.body, "AlarmName"), text(&request.body, "StateValue"));
    let (Some(alarm), Some("ALARM")) = (name, state.as_deref()) else { return Vec::new() };
    let mut lookup = request.clone();
    lookup.target = "/".into();
    lookup.headers.retain(|(n, _)| !["smithy-protocol", "content-type", "accept"].contains(&n.to_lowercase().as_str()));
    let json = [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("X-Amz-Target", "GraniteServiceVersion20100801.DescribeAlarms"),
    ];
    lookup.headers.extend(json.map(|(n, v)| (n.to_owned(), v.to_owned())));
    lookup.body = json!({ "AlarmNames": [alarm] }).to_string().into_bytes();
    let found: Value = serde_json::from_slice(&lookup.forward(emulator).unwrap().body).unwrap();
    let found = &found["MetricAlarms"][0];
    if found["ActionsEnabled"] != true || found["StateValue"] == "ALARM" {
        return Vec::new();
    }
    let actions = found["AlarmActions"].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap());
    actions.map(|arn| ExecutedAction { alarm: alarm.clone(), arn: arn.to_owned(), at: 0.0 }).collect()
}

/// Adds the entries to the response to a DescribeAlarmHistory, newest first.
///
/// Source: RFC 8949, section 3; CloudWatch API, AlarmHistoryItem.
pub fn add_to_history(request: &Request, response: &mut Response, all: &[ExecutedAction]) {
    let alarm = text(&request.body, "AlarmName").unwrap_or_default();
    let added: Vec<&ExecutedAction> = all.iter().rev().filter(|action| action.alarm == alarm).collect();
    let key = b"\x71AlarmHistoryItems";
    let Some(at) = find(&response.body, key).map(|at| at + key.len()) else { panic!("no list in {response:?}") };
    let (count, head) = match response.body[at] {
        n @ 0x80..=0x97 => (usize::from(n & 0x1f), 1),
        0x98 => (usize::from(response.body[at + 1]), 2),
        other => panic!("no list of known length: {other:#x}"),
    };
    let mut list = vec![0x98, u8::try_from(count + added.len()).unwrap()];
    for action in added {
        let summary = format!("Successfully executed action {}", action.arn);
        let data = json!({ "actionState": "Succeeded", "notificationResource": action.arn }).to_string();
        list.push(0xa5);
        let pairs = [
            ("AlarmName", &alarm),
            ("HistoryItemType", &"Action".to_owned()),
            ("HistorySummary", &summary),
            ("HistoryData", &data),
        ];
        for word in pairs.iter().flat_map(|(name, value)| [*name, value.as_str()]) {
            push_text(&mut list, word);
        }
        push_text(&mut list, "Timestamp");
        list.extend([0xc1, 0xfb]);
        list.extend(action.at.to_be_bytes());
    }
    response.body.splice(at..at + head, list);
}

fn push_text(bytes: &mut Vec<u8>, word: &str) {
    bytes.push(0x79);
    bytes.extend(u16::try_from(word.len()).unwrap().to_be_bytes());
    bytes.extend(word.as_bytes());
}

/// The text value of a key in a CBOR map.
fn text(body: &[u8], key: &str) -> Option<String> {
    let value = &body[find(body, key.as_bytes())? + key.len()..];
    let (length, head) = match value.first()? {
        n @ 0x60..=0x77 => (usize::from(n & 0x1f), 1),
        0x78 => (usize::from(*value.get(1)?), 2),
        0x79 => (usize::from(u16::from_be_bytes([*value.get(1)?, *value.get(2)?])), 3),
        _ => return None,
    };
    String::from_utf8(value.get(head..head + length)?.to_vec()).ok()
}

fn find(body: &[u8], what: &[u8]) -> Option<usize> {
    body.windows(what.len()).position(|window| window == what)
}
