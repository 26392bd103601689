//! What the dashboard watches beside the chain: what the alarm did, how often root was used, and by whom.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::account_region::Identity;
use super::event::RootEvent;
use super::health::{Check, Health, Verdict};
use super::observed::{Alarm, AlarmState, Confirmation};
use super::text::escape_controls;

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
        let summary = escape_controls(summary);
        let state = |pointer| text(pointer).and_then(AlarmState::parse);
        let kind = match kind {
            "StateUpdate" => match state("/newState/stateValue").or_else(|| last_word(&summary)) {
                Some(to) => HistoryKind::StateUpdate {
                    from: state("/oldState/stateValue"),
                    to,
                    reason: escape_controls(text("/newState/stateReason").unwrap_or_default()),
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
}

/// "Alarm updated from OK to ALARM".
fn last_word(summary: &str) -> Option<AlarmState> {
    summary.split_whitespace().last().and_then(AlarmState::parse)
}

/// What tells a state that rootbell has set from one that CloudWatch has found.
const BY_US: &str = " by rootbell, started by ";

/// What the alarm's state is set with: who did it, with what, when.
///
/// Source: CloudWatch API, SetAlarmState, `StateReason`: 1,023 characters at most.
#[must_use]
pub fn reason(what: &str, caller: &Identity, at: Timestamp) -> String {
    let said = format!("{what}{BY_US}{} at {}. Nobody used root.", caller.arn, at.strftime("%Y-%m-%dT%H:%M:%SZ"));
    said.chars().take(1023).collect()
}

/// The sum of a metric over one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// When the period begins.
    pub at: Timestamp,
    pub value: f64,
}

/// One page of root events, newest first. It may be empty and still lead on to another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    pub events: Vec<RootEvent>,
    /// The token of the page that follows; none on the last one.
    pub next: Option<String>,
    /// By the log's clock, down to when everything was read, where another page follows and that can be told.
    pub reached: Option<Timestamp>,
}

/// What made the alarm ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger<'a> {
    Root(&'a RootEvent),
    Drill(&'a RootEvent),
    /// Its state was set with rootbell: a test. The alarm's reason says by whom.
    Test,
    /// No use of root from that time is known.
    Unknown,
}

/// How long before the alarm what rang it can have been: delivery takes 15 minutes at most, counting it another 5, and
/// the evaluation has its own pace.
///
/// Source: CloudTrail User Guide, "How CloudTrail works"; CloudWatch User Guide, "Alarm evaluation".
const LATE: SignedDuration = SignedDuration::from_mins(30);

/// What made an alarm ring that is in ALARM, as far as its reason and the root events tell, newest first. A use of root
/// comes before all else; an event from another time explains nothing.
#[must_use]
pub fn alarm_trigger<'a>(alarm: &Alarm, events: &'a [RootEvent]) -> Trigger<'a> {
    let test = alarm.reason.contains(BY_US);
    let from = alarm.since.map(|since| if test { since } else { since.saturating_sub(LATE).unwrap_or(since) });
    let near = |event: &&RootEvent| from.is_none_or(|from| event.time.is_some_and(|at| at >= from));
    let mut near = events.iter().filter(near);
    match near.clone().find(|event| !event.drill) {
        Some(event) => Trigger::Root(event),
        None if test => Trigger::Test,
        None => near.next().map_or(Trigger::Unknown, Trigger::Drill),
    }
}

/// Why a use of root may be missing from what is recorded, as far as the checks tell.
#[must_use]
pub fn gap(health: &Health) -> Option<&str> {
    let recording =
        ["trail.exists", "trail.multi_region", "trail.logging", "trail.management_events", "trail.delivers"];
    let open = |check: &&Check| {
        (recording.contains(&check.id) || check.id == "log_group.exists") && check.verdict != Verdict::Ok
    };
    health.checks.iter().find(open).map(|check| check.detail.as_str())
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
    use crate::domain::SetupOptions;
    use crate::domain::fixtures::{NOW, settings, sound};
    use crate::domain::health::health;
    use crate::domain::observed::Observed;

    fn judged(alter: impl FnOnce(&mut Observed)) -> Health {
        let mut observed = sound();
        alter(&mut observed);
        health(&settings(&SetupOptions::default(), &observed), &observed, NOW.parse().unwrap())
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
        let wanted = ["actions of `rootbell-root-use` are disabled", "alias/aws/sns", "No alert reaches anyone until"];
        assert!(said.len() == 3 && said.iter().zip(wanted).all(|(said, word)| said.contains(word)), "{said:?}");
        let said = concerns(&judged(|observed| observed.topic = Ok(None)));
        assert_eq!(said, ["There is no topic `rootbell-alerts`."]);
    }

    /// An alarm that went off at noon, and what is known by then.
    fn ringer(reason: &str, lines: &[(&str, &str, bool)]) -> String {
        let noon = "2026-11-23T12:00:00Z";
        let alarm = Alarm { since: noon.parse().ok(), reason: reason.into(), ..sound().alarms.unwrap().remove(0) };
        let event = |(id, time, drill): &(&str, &str, bool)| {
            let mut event = RootEvent::decode("{}", id, time.parse().ok());
            event.drill = *drill;
            event
        };
        let events: Vec<RootEvent> = lines.iter().map(event).collect();
        match alarm_trigger(&alarm, &events) {
            Trigger::Root(event) => format!("root {}", event.id),
            Trigger::Drill(event) => format!("drill {}", event.id),
            Trigger::Test => "test".into(),
            Trigger::Unknown => "unknown".into(),
        }
    }

    #[test]
    fn only_an_event_of_that_time_explains_why_it_rings_and_root_comes_first() {
        let caller = Identity { account: String::new(), arn: "arn:aws:iam::1:user/a".into(), alias: None };
        let test = reason("Test alarm", &caller, NOW.parse().unwrap());
        let (crossed, old, near) = ("Threshold Crossed", "2026-11-21T12:00:00Z", "2026-11-23T11:50:00Z");
        let after = "2026-11-23T12:03:00Z";
        assert_eq!(ringer(crossed, &[("a", near, false), ("b", old, false)]), "root a");
        assert_eq!(ringer(crossed, &[("a", near, true), ("b", near, false)]), "root b");
        assert_eq!(ringer(crossed, &[("a", near, true), ("b", old, false)]), "drill a");
        assert_eq!(ringer(crossed, &[("a", old, true)]), "unknown");
        assert_eq!(ringer(crossed, &[]), "unknown");
        assert_eq!(ringer(&test, &[("a", near, false)]), "test");
        assert_eq!(ringer(&test, &[("a", after, false), ("b", near, false)]), "root a");
    }

    #[test]
    fn nobody_can_be_said_not_to_have_used_root_where_not_all_is_recorded() {
        assert_eq!(gap(&judged(|_| ())), None);
        let stopped = judged(|o| o.trail.as_mut().unwrap().status.as_mut().unwrap().logging = false);
        assert!(gap(&stopped).unwrap().contains("is stopped"));
        let none = judged(|o| (o.trails, o.trail) = (Ok(Vec::new()), None));
        assert!(gap(&none).unwrap().contains("no trail"));
        assert_eq!(gap(&judged(|o| o.topic = Ok(None))), None, "what comes after the log group hides nothing");
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
    }

    #[test]
    fn without_readable_data_the_summary_tells() {
        let got = item("StateUpdate", "Alarm updated from ALARM to OK", "{");
        assert!(matches!(got.kind, HistoryKind::StateUpdate { to: AlarmState::Ok, .. }), "{got:?}");
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
