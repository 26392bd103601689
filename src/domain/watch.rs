//! What the dashboard watches beside the chain: what the alarm did, how often root was used, and by whom.

use jiff::Timestamp;
use serde_json::Value;

use super::event::{RootEvent, harmless};
use super::health::{Health, Verdict};
use super::observed::{AlarmState, Confirmation};
use super::place::Identity;

/// One entry of an alarm's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryItem {
    pub at: Timestamp,
    pub kind: HistoryKind,
    /// AWS's one-line summary.
    pub summary: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryKind {
    /// The state changed, and AWS's reason.
    StateUpdate { from: Option<AlarmState>, to: AlarmState, reason: String },
    /// A notification was sent, or could not be.
    Action { ok: bool },
    /// It was made, changed or deleted.
    Configuration,
}

impl HistoryItem {
    /// From what `DescribeAlarmHistory` answers: the type's name, the summary, and the data, which is JSON.
    ///
    /// Source: CloudWatch API, AlarmHistoryItem.
    #[must_use]
    pub fn decode(at: Timestamp, kind: &str, summary: &str, data: &str) -> Self {
        let data: Value = serde_json::from_str(data).unwrap_or(Value::Null);
        let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str);
        let summary = harmless(summary).replace('\n', " ");
        let state = |pointer| text(pointer).and_then(AlarmState::parse);
        let kind = match kind {
            "StateUpdate" => match state("/newState/stateValue").or_else(|| last_word(&summary)) {
                Some(to) => HistoryKind::StateUpdate {
                    from: state("/oldState/stateValue"),
                    to,
                    reason: harmless(text("/newState/stateReason").unwrap_or_default()).replace('\n', " "),
                },
                None => HistoryKind::Configuration,
            },
            "Action" => HistoryKind::Action {
                ok: text("/actionState").map_or_else(|| summary.starts_with("Success"), |s| s == "Succeeded"),
            },
            _ => HistoryKind::Configuration,
        };
        Self { at, kind, summary }
    }

    /// Whether it is a change to that state.
    #[must_use]
    pub fn is_change_to(&self, state: AlarmState) -> bool {
        matches!(&self.kind, HistoryKind::StateUpdate { to, .. } if *to == state)
    }
}

/// "Alarm updated from OK to ALARM".
fn last_word(summary: &str) -> Option<AlarmState> {
    summary.split_whitespace().last().and_then(AlarmState::parse)
}

/// What the alarm's state is set with: who did it, with what, when.
///
/// Source: CloudWatch API, SetAlarmState, `StateReason`: 1,023 characters at most.
#[must_use]
pub fn reason(what: &str, caller: &Identity, at: Timestamp) -> String {
    let said = format!(
        "{what} by rootbell, started by {} at {}. Nobody used root.",
        caller.arn,
        at.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    said.chars().take(1023).collect()
}

/// The sum of a metric over one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// When the period begins.
    pub at: Timestamp,
    pub value: f64,
}

/// Root events, newest first, and where the older ones go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    pub events: Vec<RootEvent>,
    pub next: Option<String>,
}

/// Who gets mail when the alarm rings.
#[must_use]
pub fn recipients(health: &Health) -> Vec<String> {
    let confirmed = health.subscriptions.iter().filter(|s| s.state == Confirmation::Confirmed);
    confirmed.map(|s| s.endpoint.clone()).collect()
}

/// Why a ring would not reach anybody, as far as the checks tell.
#[must_use]
pub fn concerns(health: &Health) -> Vec<String> {
    let on_the_way = ["alarm.actions", "topic.exists", "topic.policy", "topic.encryption", "subscription.confirmed"];
    let broken = health.checks.iter().filter(|c| on_the_way.contains(&c.id) && c.verdict != Verdict::Ok);
    let mut said: Vec<String> = broken.map(|c| c.detail.clone()).collect();
    // What is not there breaks several checks in a row.
    said.dedup();
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Wishes;
    use crate::domain::fixtures::{NOW, settings, sound};
    use crate::domain::health::health;
    use crate::domain::observed::Observed;

    fn judged(alter: impl FnOnce(&mut Observed)) -> Health {
        let mut observed = sound();
        alter(&mut observed);
        health(&settings(&Wishes::default(), &observed), &observed, NOW.parse().unwrap())
    }

    #[test]
    fn only_who_has_confirmed_is_told() {
        let health = judged(|observed| {
            let mut more = observed.subscriptions.clone().unwrap();
            more.push(more[0].clone());
            (more[1].endpoint, more[1].state) = ("bob@example.com".into(), Confirmation::Pending);
            observed.subscriptions = Ok(more);
        });
        assert_eq!(recipients(&health), ["alice@example.com"]);
        assert_eq!(concerns(&health), Vec::<String>::new());
    }

    #[test]
    fn what_would_silence_the_ring_is_said_once_and_nothing_else() {
        let said = concerns(&judged(|observed| {
            observed.alarms.as_mut().unwrap()[0].actions_enabled = false;
            let topic = observed.topic.as_mut().unwrap().as_mut().unwrap();
            topic.kms_key = Some("alias/aws/sns".into());
            observed.subscriptions.as_mut().unwrap()[0].state = Confirmation::Pending;
            // No link of the way from the alarm to the inbox.
            observed.trails = Ok(Vec::new());
        }));
        let wanted = ["actions of `rootbell-root-use` are off", "alias/aws/sns", "Nobody has confirmed"];
        assert!(said.len() == 3 && said.iter().zip(wanted).all(|(said, word)| said.contains(word)), "{said:?}");
        let said = concerns(&judged(|observed| observed.topic = Ok(None)));
        assert_eq!(said, ["There is no topic `rootbell-alerts`."]);
    }

    fn item(kind: &str, summary: &str, data: &str) -> HistoryItem {
        HistoryItem::decode("2026-11-23T08:21:00Z".parse().unwrap(), kind, summary, data)
    }

    #[test]
    fn a_change_of_state_says_from_what_to_what_and_why() {
        let data = r#"{"version":"1.0","oldState":{"stateValue":"OK","stateReason":"r0"},
            "newState":{"stateValue":"ALARM","stateReason":"Threshold Crossed"}}"#;
        let got = item("StateUpdate", "Alarm updated from OK to ALARM", data);
        let wanted = HistoryKind::StateUpdate {
            from: Some(AlarmState::Ok),
            to: AlarmState::Alarm,
            reason: "Threshold Crossed".into(),
        };
        assert_eq!(got.kind, wanted);
        assert!(got.is_change_to(AlarmState::Alarm) && !got.is_change_to(AlarmState::Ok));
    }

    #[test]
    fn without_readable_data_the_summary_tells() {
        let got = item("StateUpdate", "Alarm updated from ALARM to OK", "{");
        assert!(got.is_change_to(AlarmState::Ok));
        assert_eq!(item("Action", "Successfully executed action arn:x", "").kind, HistoryKind::Action { ok: true });
        assert_eq!(item("Action", "Failed to execute action arn:x", "").kind, HistoryKind::Action { ok: false });
    }

    #[test]
    fn the_datas_word_on_an_action_counts() {
        let got = item("Action", "whatever", r#"{"actionState":"Failed"}"#);
        assert_eq!(got.kind, HistoryKind::Action { ok: false });
        assert_eq!(item("ConfigurationUpdate", "Alarm \"a\" created", "{}").kind, HistoryKind::Configuration);
        assert_eq!(item("StateUpdate", "?", "[]").kind, HistoryKind::Configuration);
    }
}
