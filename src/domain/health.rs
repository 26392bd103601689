//! Would it ring? A list of checks with verdicts: the dashboard, `status`, the exit statuses and the wizard's "already
//! done" marks are this one list.

use jiff::{SignedDuration, Timestamp};

use super::change::Step;
use super::observed::{
    Alarm, AlarmState, Confirmation, LogGroup, Metric, Observed, ReadError, ReadResult, Subscription, Topic,
    WatchedTrail,
};
use super::pattern::{self, Reading};
use super::settings::{RETENTION, Settings};

mod topic;
mod trail;

pub use topic::silenced_by_key;
use topic::{encryption, publishable};
use trail::{delivers, logging, management_events, multi_region};

/// The words are those of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Missing,
    Wrong,
    /// Made, and waiting for something outside: a click, a first delivery.
    Pending,
    /// It could not be read.
    Unknown,
}

impl Verdict {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

/// One link's verdict, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable: scripts rely on it.
    pub id: &'static str,
    pub step: Step,
    pub title: &'static str,
    pub verdict: Verdict,
    pub detail: String,
    /// Empty where nothing is to be done.
    pub fix: String,
}

/// The verdict on the whole chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    pub checks: Vec<Check>,
    pub alarm: Option<Alarm>,
    pub subscriptions: Vec<Subscription>,
}

impl Health {
    /// Whether every link holds.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.checks.iter().all(|c| c.verdict == Verdict::Ok)
    }

    /// The alarm, while it rings.
    #[must_use]
    pub fn in_alarm(&self) -> Option<&Alarm> {
        self.alarm.as_ref().filter(|alarm| alarm.state == AlarmState::Alarm)
    }

    /// The first link that does not hold.
    #[must_use]
    pub fn weakest(&self) -> Option<&Check> {
        let rank = |check: &&Check| match check.verdict {
            Verdict::Missing | Verdict::Wrong => 0,
            // A click is up to the user; a first delivery comes by itself.
            Verdict::Pending if check.id == "subscription.confirmed" => 1,
            Verdict::Pending => 2,
            Verdict::Unknown => 3,
            Verdict::Ok => 4,
        };
        self.checks.iter().filter(|c| c.verdict != Verdict::Ok).min_by_key(rank)
    }

    /// The worst verdict of a step's checks.
    #[must_use]
    pub fn step(&self, step: Step) -> Verdict {
        let order = [Verdict::Missing, Verdict::Wrong, Verdict::Unknown, Verdict::Pending];
        let of = |v: &Verdict| self.checks.iter().any(|c| c.step == step && c.verdict == *v);
        order.into_iter().find(of).unwrap_or(Verdict::Ok)
    }

    /// Whether a step needs nothing more from the wizard: what only waits for the outside counts as done.
    #[must_use]
    pub fn done(&self, step: Step) -> bool {
        matches!(self.step(step), Verdict::Ok | Verdict::Pending)
    }
}

/// What a link is found to be: a verdict, why, what to do.
type Found = (Verdict, String, String);

fn ok(detail: impl Into<String>) -> Found {
    (Verdict::Ok, detail.into(), String::new())
}

fn wrong(detail: impl Into<String>, fix: impl Into<String>) -> Found {
    (Verdict::Wrong, detail.into(), fix.into())
}

fn missing(detail: impl Into<String>) -> Found {
    (Verdict::Missing, detail.into(), "Run `rootbell apply`, or the wizard.".into())
}

fn unknown(unreadable: &ReadError) -> Found {
    (Verdict::Unknown, unreadable.why.clone(), unreadable.fix.clone())
}

const APPLY: &str = "Run `rootbell apply`, or the wizard: it mends this.";

/// The verdicts on `observed`, at a point in time (deliveries grow stale).
///
/// Source: CIS AWS Foundations Benchmark 4.3, audit procedure; Security Hub CloudWatch.1.
#[must_use]
pub fn health(settings: &Settings, observed: &Observed, now: Timestamp) -> Health {
    let filter = observed.root_filter(Some(&settings.filter.value));
    let metric = filter.map_or(&settings.metric, |f| &f.metric);
    let alarm = observed.alarm_on(metric, Some(&settings.alarm.value));
    let check = |id, step, title, (verdict, detail, fix): Found| Check { id, step, title, verdict, detail, fix };
    let trail = |id, title, judge: &dyn Fn(&WatchedTrail) -> Found| {
        let found = match (&observed.trails, &observed.trail) {
            (Err(unreadable), _) => unknown(unreadable),
            (Ok(others), None) => {
                let name = &settings.trail.value;
                missing(match others.first() {
                    Some(other) => {
                        format!("There is no trail `{name}`; {}.", other.in_words(&settings.account_region.account))
                    }
                    None => format!("There is no trail `{name}`."),
                })
            }
            (Ok(_), Some(watched)) => judge(watched),
        };
        check(id, Step::Trail, title, found)
    };
    let topic = |id, title, judge: &dyn Fn(&Topic) -> Found| {
        check(
            id,
            Step::Topic,
            title,
            over(&observed.topic, || missing(format!("There is no topic `{}`.", settings.topic.value)), judge),
        )
    };
    let on_alarm = |id, title, judge: &dyn Fn(&Alarm) -> Found| {
        let found = match (&observed.alarms, alarm) {
            (Err(unreadable), _) => unknown(unreadable),
            (Ok(_), None) => missing(format!(
                "There is no alarm `{}` in {}; one in another region does not see this count.",
                settings.alarm.value, settings.account_region.region
            )),
            (Ok(_), Some(alarm)) => judge(alarm),
        };
        check(id, Step::Alarm, title, found)
    };
    let group = |id, title, judge: fn(&LogGroup) -> Found| {
        let none = || missing(format!("There is no log group `{}`.", settings.log_group.value));
        check(id, Step::Trail, title, over(&observed.log_group, none, &judge))
    };
    let checks = vec![
        trail("trail.exists", "A trail is there", &|t| ok(format!("`{}`", t.trail.name))),
        trail("trail.multi_region", "It sees every region", &|t| multi_region(t, settings)),
        trail("trail.logging", "It records", &|t| logging(t, settings, observed)),
        trail("trail.management_events", "It records reads and writes", &|t| management_events(t, settings)),
        trail("trail.delivers", "It delivers to CloudWatch Logs", &|t| delivers(t, settings, observed, now)),
        group("log_group.exists", "The log group is there", |g| ok(format!("`{}`", g.name))),
        group("log_group.retention", "It keeps events long enough", kept_long_enough),
        check("filter.pattern", Step::Filter, "The filter counts root use", filter_pattern(settings, observed)),
        on_alarm("alarm.exists", "The alarm watches that count", &|a| watches(a, metric)),
        on_alarm("alarm.actions", "It notifies a topic", &|a| acts(a, settings, observed)),
        topic("topic.exists", "The topic is there", &|t| ok(format!("`{}`", t.name()))),
        topic("topic.policy", "CloudWatch may publish to it", &|t| publishable(t, settings)),
        topic("topic.encryption", "Its encryption lets alarms through", &|t| encryption(t, settings, observed)),
        check("subscription.confirmed", Step::Topic, "Somebody has confirmed", confirmed(&observed.subscriptions)),
    ];
    Health {
        checks,
        alarm: alarm.cloned(),
        subscriptions: observed.subscriptions.as_deref().unwrap_or_default().to_vec(),
    }
}

fn over<T>(seen: &ReadResult<Option<T>>, none: impl FnOnce() -> Found, judge: &dyn Fn(&T) -> Found) -> Found {
    match seen {
        Err(unreadable) => unknown(unreadable),
        Ok(None) => none(),
        Ok(Some(there)) => judge(there),
    }
}

fn kept_long_enough(group: &LogGroup) -> Found {
    match group.retention_days {
        None => ok("for ever"),
        Some(days) if days >= RETENTION => ok(format!("{days} days")),
        Some(days) => wrong(
            format!("Events are kept {days} days; auditors want {RETENTION}."),
            format!("Run `rootbell apply --retention-days {RETENTION}`."),
        ),
    }
}

fn filter_pattern(settings: &Settings, observed: &Observed) -> Found {
    if let Err(unreadable) = &observed.filters {
        return unknown(unreadable);
    }
    let filter = observed.root_filter(Some(&settings.filter.value));
    if let Some(f) = filter {
        match pattern::read(&f.pattern) {
            Reading::Audited => {}
            Reading::Equivalent => {
                let said = "rings, but is written differently from the one auditors accept.";
                return wrong(format!("The pattern of `{}` {said}", f.name), APPLY);
            }
            Reading::Other(faults) => {
                let said = faults.join("; ");
                return wrong(format!("The pattern of `{}` is not the auditors': {said}.", f.name), APPLY);
            }
            Reading::Unjudged(why) => {
                return (
                    Verdict::Unknown,
                    format!("Whether `{}` counts every use of root can't be judged: {why}.", f.name),
                    "Run `rootbell apply`, or the wizard: it puts the auditors' pattern in its place.".into(),
                );
            }
        }
    }
    match filter {
        None => missing(format!("No filter on `{}` counts root use.", settings.log_group.value)),
        Some(f) if f.value != "1" => {
            wrong(format!("`{}` counts {} for each event instead of 1.", f.name, f.value), APPLY)
        }
        Some(f) => ok(format!("`{}`, the auditors' pattern", f.name)),
    }
}

fn watches(alarm: &Alarm, metric: &Metric) -> Found {
    let faults = alarm_faults(alarm, metric);
    if faults.is_empty() {
        return ok(format!("`{}` is {}", alarm.name, alarm.state.as_str()));
    }
    wrong(format!("`{}`: {}.", alarm.name, faults.join("; ")), APPLY)
}

fn acts(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Found {
    match action_fault(alarm, settings, observed) {
        Some(fault) => wrong(format!("{fault}."), APPLY),
        None => ok(format!("{} action{}", alarm.actions.len(), if alarm.actions.len() == 1 { "" } else { "s" })),
    }
}

/// Why the alarm tells nobody, half a sentence; `None` where it tells the topic.
#[must_use]
pub fn action_fault(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, topic) = (&alarm.name, &settings.topic.value);
    if !alarm.actions_enabled {
        return Some(format!("The actions of `{name}` are off"));
    }
    if alarm.actions.is_empty() {
        return Some(format!("`{name}` has no action: nobody is told"));
    }
    if alarm.actions.contains(&settings.topic_arn()) {
        return None;
    }
    if let Some(gone) = alarm.actions.iter().find(|arn| observed.gone.contains(arn)) {
        return Some(format!("`{name}` notifies {gone}, which is not there"));
    }
    if let Some(far) = alarm.actions.iter().find(|arn| is_topic_elsewhere(arn, settings)) {
        return Some(format!("`{name}` notifies {far}; an alarm reaches topics of its own region only"));
    }
    Some(format!("`{name}` does not notify the topic `{topic}`"))
}

/// Whether it is a topic of another region.
///
/// Source: CloudWatch API, PutMetricAlarm, `AlarmActions`.
#[must_use]
pub fn is_topic_elsewhere(arn: &str, settings: &Settings) -> bool {
    let mut parts = arn.split(':').skip(2);
    parts.next() == Some("sns") && parts.next() != Some(settings.account_region.region.as_str())
}

fn confirmed(subscriptions: &ReadResult<Vec<Subscription>>) -> Found {
    let all = match subscriptions {
        Err(unreadable) => return unknown(unreadable),
        Ok(all) => all,
    };
    let count = |state| all.iter().filter(|s| s.state == state).count();
    let (confirmed, pending) = (count(Confirmation::Confirmed), count(Confirmation::Pending));
    if confirmed > 0 {
        return ok(format!("{confirmed} of {} confirmed", confirmed + pending));
    }
    if pending > 0 {
        let who: Vec<&str> =
            all.iter().filter(|s| s.state == Confirmation::Pending).map(|s| s.endpoint.as_str()).collect();
        return (
            Verdict::Pending,
            format!("Nobody has confirmed, so nobody would be told: {} waits.", who.join(", ")),
            "Open the link in the e-mail from AWS Notifications (look among the junk). It is good for 2 days.".into(),
        );
    }
    missing("Nobody is subscribed, so nobody would be told.")
}

/// What keeps an alarm from ringing for every use of root, in words; nothing where it is sound.
#[must_use]
pub fn alarm_faults(alarm: &Alarm, metric: &Metric) -> Vec<String> {
    let mut faults = Vec::new();
    if alarm.metric != *metric {
        faults.push(format!(
            "it watches {}/{}, the filter counts {}/{}",
            alarm.metric.namespace, alarm.metric.name, metric.namespace, metric.name
        ));
    }
    if !matches!(alarm.statistic.as_str(), "Sum" | "Maximum") {
        faults.push(format!("{} instead of Sum drowns a single use", alarm.statistic));
    }
    let first_use_counts = match alarm.comparison.as_str() {
        "GreaterThanOrEqualToThreshold" => alarm.threshold > 0.0 && alarm.threshold <= 1.0,
        "GreaterThanThreshold" => alarm.threshold >= 0.0 && alarm.threshold < 1.0,
        _ => false,
    };
    if !first_use_counts {
        let sign = match alarm.comparison.as_str() {
            "GreaterThanOrEqualToThreshold" => ">=",
            "GreaterThanThreshold" => ">",
            "LessThanThreshold" => "<",
            "LessThanOrEqualToThreshold" => "<=",
            other => other,
        };
        faults.push(format!("it rings at a count {sign} {}, not at the first use", alarm.threshold));
    }
    if alarm.datapoints_to_alarm > 1 {
        faults.push(format!("it waits for {} datapoints", alarm.datapoints_to_alarm));
    }
    if alarm.period.saturating_mul(alarm.evaluation_periods) > 900 {
        let minutes = alarm.period.saturating_mul(alarm.evaluation_periods) / 60;
        faults.push(format!("it stays in ALARM for {minutes} minutes and hides the next use"));
    }
    if matches!(alarm.missing_data.as_str(), "breaching" | "ignore") {
        faults.push(format!("missing data counts as {}, so it may never go back to OK", alarm.missing_data));
    }
    faults
}

/// A duration in the largest unit that fits, as in "3 min", "12 d".
#[must_use]
pub fn age(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
