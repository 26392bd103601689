//! The health checks: would a root sign-in be reported? The dashboard, `status`, the exit statuses, and the wizard's
//! marks for finished steps all use this one list.

use jiff::{SignedDuration, Timestamp};

use super::change::Step;
use super::observed::{
    Alarm, AlarmState, Confirmation, LogGroup, Metric, Observed, ReadError, ReadResult, Subscription, Topic,
    TrailDetails,
};
use super::pattern::{self, Reading};
use super::settings::{RETENTION, Settings};

mod topic;
mod trail;

pub use topic::is_aws_sns_key;
use topic::{encryption, publishable};
use trail::{delivers, logging, management_events, multi_region};

/// The result of a check. The words are part of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Missing,
    Wrong,
    /// Set up, but waiting for something outside rootbell: a confirmation or a first delivery.
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

/// One check: its verdict, the reason, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable, because scripts rely on it.
    pub id: &'static str,
    pub step: Step,
    pub title: &'static str,
    pub verdict: Verdict,
    pub detail: String,
    /// Empty if there is nothing to do.
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
    /// Whether every check is ok.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.checks.iter().all(|c| c.verdict == Verdict::Ok)
    }

    /// The alarm, if it is in ALARM.
    #[must_use]
    pub fn in_alarm(&self) -> Option<&Alarm> {
        self.alarm.as_ref().filter(|alarm| alarm.state == AlarmState::Alarm)
    }

    /// The check that most needs attention; `None` if all are ok.
    #[must_use]
    pub fn weakest(&self) -> Option<&Check> {
        let rank = |check: &&Check| match check.verdict {
            Verdict::Missing | Verdict::Wrong => 0,
            // The user has to confirm; a first delivery happens by itself.
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
        let occurs = |v: &Verdict| self.checks.iter().any(|c| c.step == step && c.verdict == *v);
        order.into_iter().find(occurs).unwrap_or(Verdict::Ok)
    }

    /// Whether a step needs nothing more from the wizard. A pending step counts as done.
    #[must_use]
    pub fn done(&self, step: Step) -> bool {
        matches!(self.step(step), Verdict::Ok | Verdict::Pending)
    }
}

/// A verdict, the reason, and what to do.
type Outcome = (Verdict, String, String);

fn ok(detail: impl Into<String>) -> Outcome {
    (Verdict::Ok, detail.into(), String::new())
}

fn wrong(detail: impl Into<String>, fix: impl Into<String>) -> Outcome {
    (Verdict::Wrong, detail.into(), fix.into())
}

fn missing(detail: impl Into<String>) -> Outcome {
    (Verdict::Missing, detail.into(), "Run `rootbell apply` or use the wizard to set it up.".into())
}

fn unknown(unreadable: &ReadError) -> Outcome {
    (Verdict::Unknown, unreadable.why.clone(), unreadable.fix.clone())
}

const APPLY: &str = "Run `rootbell apply` or use the wizard to fix this.";

/// Checks `observed` as of `now` (a last delivery that is too old is a fault).
///
/// Source: CIS AWS Outcomeations Benchmark 4.3, audit procedure; Security Hub CloudWatch.1.
#[must_use]
pub fn health(settings: &Settings, observed: &Observed, now: Timestamp) -> Health {
    let filter = observed.root_filter(Some(&settings.filter.value));
    let metric = filter.map_or(&settings.metric, |f| &f.metric);
    let alarm = observed.alarm_on(metric, Some(&settings.alarm.value));
    let check = |id, step, title, (verdict, detail, fix): Outcome| Check { id, step, title, verdict, detail, fix };
    let trail_check = |id, title, judge: &dyn Fn(&TrailDetails) -> Outcome| {
        let outcome = match (&observed.trails, &observed.trail) {
            (Err(unreadable), _) => unknown(unreadable),
            (Ok(others), None) => {
                let name = &settings.trail.value;
                missing(match others.first() {
                    Some(other) => {
                        format!("There is no trail `{name}`; {}.", other.describe(&settings.account_region.account))
                    }
                    None => format!("There is no trail `{name}`."),
                })
            }
            (Ok(_), Some(watched)) => judge(watched),
        };
        check(id, Step::Trail, title, outcome)
    };
    let topic_check = |id, title, judge: &dyn Fn(&Topic) -> Outcome| {
        check(
            id,
            Step::Topic,
            title,
            check_existing(
                &observed.topic,
                || missing(format!("There is no topic `{}`.", settings.topic.value)),
                judge,
            ),
        )
    };
    let alarm_check = |id, title, judge: &dyn Fn(&Alarm) -> Outcome| {
        let outcome = match (&observed.alarms, alarm) {
            (Err(unreadable), _) => unknown(unreadable),
            (Ok(_), None) => missing(format!(
                "There is no alarm `{}` in {}; an alarm in another Region can't watch this metric.",
                settings.alarm.value, settings.account_region.region
            )),
            (Ok(_), Some(alarm)) => judge(alarm),
        };
        check(id, Step::Alarm, title, outcome)
    };
    let log_group_check = |id, title, judge: fn(&LogGroup) -> Outcome| {
        let none = || missing(format!("There is no log group `{}`.", settings.log_group.value));
        check(id, Step::Trail, title, check_existing(&observed.log_group, none, &judge))
    };
    let checks = vec![
        trail_check("trail.exists", "Trail exists", &|t| ok(format!("`{}`", t.trail.name))),
        trail_check("trail.multi_region", "Trail covers all Regions", &|t| multi_region(t, settings)),
        trail_check("trail.logging", "Trail is logging", &|t| logging(t, settings, observed)),
        trail_check("trail.management_events", "Trail records reads and writes", &|t| management_events(t, settings)),
        trail_check("trail.delivers", "Trail delivers to CloudWatch Logs", &|t| delivers(t, settings, observed, now)),
        log_group_check("log_group.exists", "Log group exists", |g| ok(format!("`{}`", g.name))),
        log_group_check("log_group.retention", "Retention is at least 365 days", retention),
        check("filter.pattern", Step::Filter, "Filter counts root use", filter_pattern(settings, observed)),
        alarm_check("alarm.exists", "Alarm watches the metric", &|a| watches_metric(a, metric)),
        alarm_check("alarm.actions", "Alarm notifies a topic", &|a| notifies_topic(a, settings, observed)),
        topic_check("topic.exists", "Topic exists", &|t| ok(format!("`{}`", t.name()))),
        topic_check("topic.policy", "CloudWatch can publish to the topic", &|t| publishable(t, settings)),
        topic_check("topic.encryption", "Topic encryption allows CloudWatch", &|t| encryption(t, settings, observed)),
        check("subscription.confirmed", Step::Topic, "Subscription confirmed", confirmed(&observed.subscriptions)),
    ];
    Health {
        checks,
        alarm: alarm.cloned(),
        subscriptions: observed.subscriptions.as_deref().unwrap_or_default().to_vec(),
    }
}

fn check_existing<T>(
    resource: &ReadResult<Option<T>>,
    none: impl FnOnce() -> Outcome,
    judge: &dyn Fn(&T) -> Outcome,
) -> Outcome {
    match resource {
        Err(unreadable) => unknown(unreadable),
        Ok(None) => none(),
        Ok(Some(existing)) => judge(existing),
    }
}

fn retention(group: &LogGroup) -> Outcome {
    match group.retention_days {
        None => ok("events never expire"),
        Some(days) if days >= RETENTION => ok(format!("{days} days")),
        Some(days) => wrong(
            format!("Events are kept for {days} days; the audit baseline is {RETENTION}."),
            format!("Run `rootbell apply --retention-days {RETENTION}`."),
        ),
    }
}

fn filter_pattern(settings: &Settings, observed: &Observed) -> Outcome {
    if let Err(unreadable) = &observed.filters {
        return unknown(unreadable);
    }
    let filter = observed.root_filter(Some(&settings.filter.value));
    if let Some(f) = filter {
        match pattern::read(&f.pattern) {
            Reading::CisPattern => {}
            Reading::Equivalent => {
                return wrong(
                    format!(
                        "`{}` counts root use, but not with the exact CIS pattern that audit tools accept.",
                        f.name
                    ),
                    APPLY,
                );
            }
            Reading::Other(faults) => {
                let faults = faults.join("; ");
                return wrong(format!("The pattern of `{}` is not the CIS pattern: {faults}.", f.name), APPLY);
            }
            Reading::Unjudged(why) => {
                return (
                    Verdict::Unknown,
                    format!("rootbell can't tell whether `{}` counts every use of root: {why}.", f.name),
                    "Run `rootbell apply` or use the wizard to replace the pattern with the CIS pattern.".into(),
                );
            }
        }
    }
    match filter {
        None => missing(format!("No filter on `{}` counts root use.", settings.log_group.value)),
        Some(f) if f.value != "1" => wrong(format!("`{}` counts {} per event instead of 1.", f.name, f.value), APPLY),
        Some(f) => ok(format!("`{}`, the CIS pattern", f.name)),
    }
}

fn watches_metric(alarm: &Alarm, metric: &Metric) -> Outcome {
    let faults = alarm_faults(alarm, metric);
    if faults.is_empty() {
        return ok(format!("`{}` is {}", alarm.name, alarm.state.as_str()));
    }
    wrong(format!("`{}`: {}.", alarm.name, faults.join("; ")), APPLY)
}

fn notifies_topic(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Outcome {
    match action_fault(alarm, settings, observed) {
        Some(fault) => wrong(format!("{fault}."), APPLY),
        None => ok(format!("{} action{}", alarm.actions.len(), if alarm.actions.len() == 1 { "" } else { "s" })),
    }
}

/// Why the alarm does not notify the topic, as part of a sentence; `None` if it does.
#[must_use]
pub fn action_fault(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, topic) = (&alarm.name, &settings.topic.value);
    if !alarm.actions_enabled {
        return Some(format!("The actions of `{name}` are disabled"));
    }
    if alarm.actions.is_empty() {
        return Some(format!("`{name}` has no action, so no alert is sent"));
    }
    if alarm.actions.contains(&settings.topic_arn()) {
        return None;
    }
    if let Some(gone) = alarm.actions.iter().find(|arn| observed.gone.contains(arn)) {
        return Some(format!("`{name}` notifies {gone}, which does not exist"));
    }
    if let Some(other_region) = alarm.actions.iter().find(|arn| arn.is_topic_outside(&settings.account_region.region)) {
        return Some(format!("`{name}` notifies {other_region}; an alarm can only notify topics in its own Region"));
    }
    Some(format!("`{name}` does not notify the topic `{topic}`"))
}

fn confirmed(subscriptions: &ReadResult<Vec<Subscription>>) -> Outcome {
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
        let addresses: Vec<&str> =
            all.iter().filter(|s| s.state == Confirmation::Pending).map(|s| s.endpoint.as_str()).collect();
        return (
            Verdict::Pending,
            format!("No alert reaches anyone until {} confirms.", addresses.join(" or ")),
            "Open the link in the email from AWS Notifications (check the junk folder). It is valid for 2 days.".into(),
        );
    }
    missing("There is no subscription, so no alert would reach anyone.")
}

/// What keeps an alarm from firing on every use of root, each as part of a sentence; empty if nothing does.
#[must_use]
pub fn alarm_faults(alarm: &Alarm, metric: &Metric) -> Vec<String> {
    let mut faults = Vec::new();
    if alarm.metric != *metric {
        faults.push(format!(
            "it watches {}/{}, but the filter counts {}/{}",
            alarm.metric.namespace, alarm.metric.name, metric.namespace, metric.name
        ));
    }
    if !matches!(alarm.statistic.as_str(), "Sum" | "Maximum") {
        faults.push(format!("it uses {} instead of Sum, which can hide a single use", alarm.statistic));
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
        faults.push(format!("it fires at a count {sign} {}, not on the first use", alarm.threshold));
    }
    if alarm.datapoints_to_alarm > 1 {
        faults.push(format!("it waits for {} datapoints", alarm.datapoints_to_alarm));
    }
    if alarm.period.saturating_mul(alarm.evaluation_periods) > 900 {
        let minutes = alarm.period.saturating_mul(alarm.evaluation_periods) / 60;
        faults.push(format!("it stays in ALARM for at least {minutes} minutes and hides the next use"));
    }
    if matches!(alarm.missing_data.as_str(), "breaching" | "ignore") {
        faults.push(format!("missing data is treated as {}, so it may never return to OK", alarm.missing_data));
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
