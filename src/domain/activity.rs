//! What the dashboard shows besides the chain: the alarm's history, how often root was used, and by whom.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::account_region::Identity;
use super::event::RootEvent;
use super::health::{Check, Health, Trusted, Verdict};
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
    /// The state changed; with AWS's reason.
    StateUpdate { from: Option<AlarmState>, to: AlarmState, reason: String },
    /// A notification was sent, or failed.
    Action { ok: bool },
    /// The alarm was created, updated or deleted.
    Configuration,
}

impl HistoryItem {
    /// Decodes an item of `DescribeAlarmHistory`: its type, summary, and data, which is JSON.
    ///
    /// Source: CloudWatch API, AlarmHistoryItem.
    #[must_use]
    pub fn decode(at: Timestamp, kind: &str, summary: &str, data: &str) -> Self {
        let data: Value = serde_json::from_str(data).unwrap_or(Value::Null);
        let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str);
        let summary = escape_controls(summary);
        let state = |pointer| text(pointer).and_then(AlarmState::parse);
        let kind = match kind {
            "StateUpdate" => match state("/newState/stateValue").or_else(|| state_in_summary(&summary)) {
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

/// The new state in "Alarm updated from OK to ALARM".
fn state_in_summary(summary: &str) -> Option<AlarmState> {
    summary.split_whitespace().last().and_then(AlarmState::parse)
}

/// Marks a state that rootbell set, as opposed to one that CloudWatch evaluated.
const MARKER: &str = " by rootbell, started by ";

/// The reason for setting the alarm's state: what was done, by whom, and when.
///
/// Source: CloudWatch API, SetAlarmState, `StateReason`: 1,023 characters at most.
#[must_use]
pub fn reason(what: &str, caller: &Identity, at: Timestamp) -> String {
    let reason = format!("{what}{MARKER}{} at {}. Nobody used root.", caller.arn, at.strftime("%Y-%m-%dT%H:%M:%SZ"));
    reason.chars().take(1023).collect()
}

/// The sum of a metric over one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// When the period begins.
    pub at: Timestamp,
    pub value: f64,
}

/// One page of root events, newest first. It can be empty even though another page follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    pub events: Vec<RootEvent>,
    /// The token of the next page; `None` on the last one.
    pub next: Option<String>,
    /// If another page follows: everything from this time on has been read, by the log's timestamps. `None` if unknown.
    pub reached: Option<Timestamp>,
}

/// What made the alarm fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger<'a> {
    Root(&'a RootEvent),
    Drill(&'a RootEvent),
    /// A test: rootbell set the state. The alarm's reason says who started it.
    Test,
    /// No root use from around that time is known.
    Unknown,
}

/// How long before the alarm its cause can have happened: delivery takes up to 15 minutes, the metric's period is 5,
/// and the evaluation takes some time as well.
///
/// Source: CloudTrail User Guide, "How CloudTrail works"; CloudWatch User Guide, "Alarm evaluation".
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(30);

/// Why an alarm is in ALARM, judging by its reason and the root events (newest first). Root use takes precedence over
/// drills and tests; events from other times are ignored.
#[must_use]
pub fn alarm_trigger<'a>(alarm: &Alarm, events: &'a [RootEvent]) -> Trigger<'a> {
    let is_test = alarm.reason.contains(MARKER);
    let from = alarm.since.map(|since| if is_test { since } else { since.saturating_sub(MAX_DELAY).unwrap_or(since) });
    let is_recent = |event: &&RootEvent| from.is_none_or(|from| event.time.is_some_and(|at| at >= from));
    let mut recent = events.iter().filter(is_recent);
    match recent.clone().find(|event| !event.drill) {
        Some(event) => Trigger::Root(event),
        None if is_test => Trigger::Test,
        None => recent.next().map_or(Trigger::Unknown, Trigger::Drill),
    }
}

/// Root use after the notification of the current ALARM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaterUses {
    /// How many are known.
    pub count: usize,
    /// The notification was about root use too, not about a test or a drill.
    pub after_use: bool,
    /// The events since then have not all been read.
    pub is_partial: bool,
}

/// The uses of root after the notification of the current ALARM was sent. They send none themselves, because the state
/// doesn't change. None if no notification is known. The events (newest first) have been read back to `read_back_to`.
///
/// Source: CloudWatch User Guide, "Alarm actions": only on a change of state.
#[must_use]
pub fn uses_since_notification(
    alarm: &Alarm,
    history: &[HistoryItem],
    events: &[RootEvent],
    read_back_to: Option<Timestamp>,
) -> LaterUses {
    let is_current = |at: Timestamp| alarm.since.is_some_and(|since| at >= since);
    // Newest first, so the last one is that of the change to ALARM.
    let sent = history.iter().rfind(|item| item.kind == HistoryKind::Action { ok: true } && is_current(item.at));
    let Some(sent) = sent.map(|item| item.at) else { return LaterUses::default() };
    let is_use = |event: &RootEvent| !event.drill && event.not_root.is_none();
    let from = sent.saturating_sub(MAX_DELAY).unwrap_or(sent);
    let mut reported = events.iter().filter(|event| event.time.is_some_and(|time| (from..=sent).contains(&time)));
    let is_test = alarm.reason.contains(MARKER);
    LaterUses {
        count: events.iter().filter(|event| is_use(event) && event.time.is_some_and(|time| time > sent)).count(),
        after_use: !is_test && (reported.clone().any(is_use) || !reported.any(|event| event.drill)),
        is_partial: read_back_to.is_none_or(|back_to| back_to > sent),
    }
}

/// Why root use may be missing from the log group, according to the checks.
#[must_use]
pub fn gap(health: &Health) -> Option<&str> {
    let is_gap = |check: &&Check| check.id.concerns_recording() && check.verdict != Verdict::Ok;
    health.checks.iter().find(is_gap).map(|check| check.detail.as_str())
}

/// Who gets a notification when the alarm fires: all confirmed endpoints.
#[must_use]
pub fn recipients(health: &Health) -> Vec<String> {
    let confirmed = health.subscriptions.iter().filter(|s| s.state == Confirmation::Confirmed);
    let mut all: Vec<String> = confirmed.map(|s| s.endpoint.clone()).collect();
    for arn in health.trusted.iter().filter(|trusted| trusted.notified).map(|trusted| trusted.arn.to_string()) {
        if !all.contains(&arn) {
            all.push(arn);
        }
    }
    all
}

/// Why a notification would not reach anyone, according to the checks.
#[must_use]
pub fn concerns(health: &Health) -> Vec<String> {
    let broken = health.checks.iter().filter(|c| c.id.concerns_notification() && c.verdict != Verdict::Ok);
    let mut concerns: Vec<String> = broken.map(|c| c.detail.clone()).collect();
    // A missing resource makes several checks in a row fail with the same text.
    concerns.dedup();
    concerns.extend(health.trusted.iter().filter(|trusted| !trusted.notified).map(Trusted::remark));
    concerns
}

/// What to check if an email that was sent did not arrive: the last hop, which only its recipients can see.
///
/// Source: SNS FAQs, "email notifications": the sender is no-reply@sns.amazonaws.com.
#[must_use]
pub fn not_arrived(recipients: &[String]) -> Vec<String> {
    vec![
        "An email can take a few minutes.".to_owned(),
        "Look in the junk folder for an email from AWS Notifications (no-reply@sns.amazonaws.com), and mark it as not junk."
            .to_owned(),
        format!("Check the spelling: it was sent to {}.", recipients.join(", ")),
        "Ask whoever runs your mail server to let this sender through: a filter may hold the email back before the junk \
         folder."
            .to_owned(),
        "A group address must accept email from outside of your organization.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SetupOptions;
    use crate::domain::fixtures::{NOW, settings, sound};
    use crate::domain::health::health;
    use crate::domain::observed::Observed;

    fn health_of(alter: impl FnOnce(&mut Observed)) -> Health {
        let mut observed = sound();
        alter(&mut observed);
        health(&settings(&SetupOptions::default(), &observed), &observed, NOW.parse().unwrap())
    }

    #[test]
    fn only_confirmed_addresses_are_recipients() {
        let health = health_of(|observed| {
            let mut more = observed.subscriptions.clone().unwrap();
            more.push(more[0].clone());
            (more[1].endpoint, more[1].state) = ("bob@example.com".into(), Confirmation::Pending);
            observed.subscriptions = Ok(more);
        });
        assert_eq!(recipients(&health), ["alice@example.com"]);
        assert_eq!(concerns(&health), Vec::<String>::new());
    }

    #[test]
    fn each_problem_between_the_alarm_and_the_inbox_is_named_once_and_no_other() {
        let found = concerns(&health_of(|observed| {
            observed.alarms.as_mut().unwrap()[0].config.actions_enabled = false;
            let topic = observed.topic.as_mut().unwrap().as_mut().unwrap();
            topic.kms_key = Some("alias/aws/sns".into());
            observed.subscriptions.as_mut().unwrap()[0].state = Confirmation::Pending;
            // Not between the alarm and the inbox.
            observed.trails = Ok(Vec::new());
        }));
        let wanted = ["actions of `rootbell-root-use` are disabled", "alias/aws/sns", "No alert reaches anyone until"];
        assert!(
            found.len() == 3 && found.iter().zip(wanted).all(|(concern, words)| concern.contains(words)),
            "{found:?}"
        );
        let found = concerns(&health_of(|observed| observed.topic = Ok(None)));
        assert_eq!(found, ["There is no topic `rootbell-alerts`."]);
    }

    /// The trigger of an alarm that fired at noon, given these events (id, time, whether it is a drill).
    fn trigger_of(reason: &str, items: &[(&str, &str, bool)]) -> String {
        let noon = "2026-11-23T12:00:00Z";
        let alarm = Alarm { since: noon.parse().ok(), reason: reason.into(), ..sound().alarms.unwrap().remove(0) };
        let event = |(id, time, drill): &(&str, &str, bool)| {
            let mut event = RootEvent::decode("{}", id, time.parse().ok());
            event.drill = *drill;
            event
        };
        let events: Vec<RootEvent> = items.iter().map(event).collect();
        match alarm_trigger(&alarm, &events) {
            Trigger::Root(event) => format!("root {}", event.id),
            Trigger::Drill(event) => format!("drill {}", event.id),
            Trigger::Test => "test".into(),
            Trigger::Unknown => "unknown".into(),
        }
    }

    #[test]
    fn only_a_recent_event_can_be_the_trigger_and_root_use_takes_precedence() {
        let caller = Identity { account: "".into(), arn: "arn:aws:iam::1:user/a".into(), alias: None };
        let test = reason("Test alarm", &caller, NOW.parse().unwrap());
        let (crossed, old, near) = ("Threshold Crossed", "2026-11-21T12:00:00Z", "2026-11-23T11:50:00Z");
        let after = "2026-11-23T12:03:00Z";
        assert_eq!(trigger_of(crossed, &[("a", near, false), ("b", old, false)]), "root a");
        assert_eq!(trigger_of(crossed, &[("a", near, true), ("b", near, false)]), "root b");
        assert_eq!(trigger_of(crossed, &[("a", near, true), ("b", old, false)]), "drill a");
        assert_eq!(trigger_of(crossed, &[("a", old, true)]), "unknown");
        assert_eq!(trigger_of(crossed, &[]), "unknown");
        assert_eq!(trigger_of(&test, &[("a", near, false)]), "test");
        assert_eq!(trigger_of(&test, &[("a", after, false), ("b", near, false)]), "root a");
    }

    #[test]
    fn only_uses_after_the_notification_of_this_alarm_are_counted_and_no_drills() {
        let time = |minute: i64| Timestamp::from_second(1_790_000_000 + minute * 60).unwrap();
        let alarm = Alarm { since: Some(time(10)), ..sound().alarms.unwrap().remove(0) };
        let action =
            |minute, ok| HistoryItem { at: time(minute), kind: HistoryKind::Action { ok }, summary: String::new() };
        let mut events: Vec<RootEvent> =
            [20, 15, 12, 8].map(|minute| RootEvent::decode("{}", &minute.to_string(), Some(time(minute)))).into();
        let uses = |history: &[HistoryItem], events: &[RootEvent], back_to| {
            uses_since_notification(&alarm, history, events, back_to)
        };
        let count = |history: &[HistoryItem], events: &[RootEvent]| uses(history, events, None).count;
        assert_eq!(count(&[action(10, true)], &events), 3);
        assert_eq!(count(&[action(10, false)], &events), 0, "no email was sent");
        assert_eq!(count(&[action(2, true)], &events), 0, "that was an earlier alarm");
        // A second topic is notified of the same change of state.
        assert_eq!(count(&[action(13, true), action(10, true), action(1, true)], &events), 3);
        events[0].drill = true;
        assert_eq!(count(&[action(10, true)], &events), 2);
        events[1].not_root = Some("arn:aws:iam::1:user/a".into());
        assert_eq!(count(&[action(10, true)], &events), 1, "a pattern can be too wide");
        let is_partial = |back_to| uses(&[action(10, true)], &events, back_to).is_partial;
        assert!(is_partial(None) && is_partial(Some(time(11))) && !is_partial(Some(time(10))));
        let after_use = |events: &[RootEvent]| uses(&[action(10, true)], events, None).after_use;
        assert!(after_use(&events) && after_use(&[]));
        events[3].drill = true;
        assert!(!after_use(&events), "the email was about a drill");
        let caller = Identity { account: "".into(), arn: "arn:aws:iam::1:user/a".into(), alias: None };
        let test = Alarm { reason: reason("Test alarm", &caller, time(10)), ..alarm.clone() };
        assert!(!uses_since_notification(&test, &[action(10, true)], &[], None).after_use);
    }

    #[test]
    fn a_broken_trail_or_log_group_is_a_gap_but_a_broken_topic_is_not() {
        assert_eq!(gap(&health_of(|_| ())), None);
        let stopped = health_of(|o| o.trail.as_mut().unwrap().status.as_mut().unwrap().logging = false);
        assert!(gap(&stopped).unwrap().contains("is stopped"));
        let none = health_of(|o| (o.trails, o.trail) = (Ok(Vec::new()), None));
        assert!(gap(&none).unwrap().contains("no trail"));
        assert_eq!(gap(&health_of(|o| o.topic = Ok(None))), None, "a missing topic does not hide events");
    }

    fn item(kind: &str, summary: &str, data: &str) -> HistoryItem {
        HistoryItem::decode("2026-11-23T08:21:00Z".parse().unwrap(), kind, summary, data)
    }

    #[test]
    fn a_state_change_has_the_old_and_new_state_and_the_reason() {
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
    fn without_readable_data_the_summary_is_used() {
        let got = item("StateUpdate", "Alarm updated from ALARM to OK", "{");
        assert!(matches!(got.kind, HistoryKind::StateUpdate { to: AlarmState::Ok, .. }), "{got:?}");
        assert_eq!(item("Action", "Successfully executed action arn:x", "").kind, HistoryKind::Action { ok: true });
        assert_eq!(item("Action", "Failed to execute action arn:x", "").kind, HistoryKind::Action { ok: false });
    }

    #[test]
    fn an_actions_data_takes_precedence_over_its_summary() {
        let got = item("Action", "whatever", r#"{"actionState":"Failed"}"#);
        assert_eq!(got.kind, HistoryKind::Action { ok: false });
        assert_eq!(item("ConfigurationUpdate", "Alarm \"a\" created", "{}").kind, HistoryKind::Configuration);
        assert_eq!(item("StateUpdate", "?", "[]").kind, HistoryKind::Configuration);
    }
}
