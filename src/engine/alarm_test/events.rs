//! The drill of the second path: a marked event on the event bus, followed over the event rules to the topic.

use std::time::Duration;

use futures::join;
use jiff::{SignedDuration, Timestamp};

use super::progress::{Progress, minus, unless_throttled};
use super::result::{TestError, TestStage};
use crate::cloud::{Answer, Cloud, MetricTotal, TotalStatistic};
use crate::domain::arn::Arn;
use crate::domain::event::drill_bus_event;
use crate::domain::event_rule::EventRules;
use crate::domain::observed::{Metric, ReadResult};
use crate::domain::own_rules::OwnRule;
use crate::domain::{AccountRegion, Change, Identity, Region};

/// Time between two polls. EventBridge's metrics have a resolution of one minute.
///
/// Source: EventBridge User Guide, "Monitoring Amazon EventBridge".
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Where the event is put, and the rules that it has to pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDrill {
    /// The event bus on which root's sign-ins appear.
    pub bus: Arn,
    /// The rule that forwards to the topic's Region, if that is another one.
    pub forward: Option<Arn>,
    /// The rule that sends the email.
    pub rule: Arn,
    /// The ID of the drill's event.
    pub id: String,
}

impl EventDrill {
    /// `None` if not all of rootbell's rules exist: what a rule of somebody else does with an event isn't known.
    pub fn of(home: &AccountRegion, rules: &EventRules, id: &str) -> Option<Self> {
        let existing = |rule: OwnRule| rule.arn(home).map(|arn| rules.named(&arn).is_some().then_some(arn));
        let forward = match existing(OwnRule::Forward) {
            None => None,
            Some(forward) => Some(forward?),
        };
        let bus = home.where_sign_ins_are().event_bus_arn();
        Some(Self { bus, forward, rule: existing(OwnRule::SignIns)??, id: id.to_owned() })
    }
}

/// Reads which event rules exist, without their targets.
pub async fn existing_rules(cloud: &dyn Cloud, home: &AccountRegion) -> EventRules {
    let start = home.where_sign_ins_are();
    let read = async |region: &Region| -> ReadResult<_> { cloud.event_rules(region).await.map_err(Into::into) };
    if start == *home {
        return EventRules { at_sign_ins: None, at_home: read(&home.region).await, ..EventRules::default() };
    }
    let (at_sign_ins, at_home) = join!(read(&start.region), read(&home.region));
    EventRules { at_sign_ins: Some(at_sign_ins), at_home, ..EventRules::default() }
}

/// What EventBridge counted.
#[derive(Clone, Copy, Default)]
struct Counts {
    forwarded: f64,
    triggered: f64,
    passed_on: f64,
    failed: f64,
}

/// Puts the event on the bus, and follows it until EventBridge has passed it on to the topic. Nothing is put if a query that
/// follows it fails.
///
/// Source: EventBridge API, PutEvents; EventBridge User Guide, "Monitoring Amazon EventBridge", metrics by `RuleName`.
pub(super) async fn follow(
    cloud: &dyn Cloud,
    drill: &EventDrill,
    caller: &Identity,
    progress: &mut Progress<'_>,
) -> Result<(), TestError> {
    let before = unless_throttled(drill.counts(cloud, progress.started, progress.now()).await)?.unwrap_or_default();
    progress.wait_for(TestStage::Put);
    let region = Region::new(drill.bus.region().unwrap_or_default());
    let at = progress.now();
    let detail = drill_bus_event(&drill.id, caller, &region, at);
    cloud.apply(&region, &Change::PutEvents { bus: drill.bus.clone(), at, detail }).await?;
    progress.record(TestStage::Put, progress.elapsed(), String::new());
    let mut stage_started = progress.elapsed();
    let stages = [TestStage::Forwarded, TestStage::Triggered, TestStage::PassedOn];
    loop {
        let is_open = |stage: &TestStage| {
            !progress.is_reached(*stage) && (*stage != TestStage::Forwarded || drill.forward.is_some())
        };
        let Some(stage) = stages.into_iter().find(is_open) else {
            progress.run.waiting_for = None;
            return Ok(());
        };
        progress.begin_stage(stage, &mut stage_started);
        let counts = drill.counts(cloud, progress.started, progress.now()).await;
        if let Some(now) = progress.tolerate(counts)? {
            let passed_on = now.passed_on > before.passed_on;
            let triggered = passed_on || now.triggered > before.triggered;
            // The metrics of two Regions may arrive in any order.
            let forwarded = triggered || now.forwarded > before.forwarded;
            let reached = [
                (TestStage::Forwarded, forwarded && drill.forward.is_some()),
                (TestStage::Triggered, triggered),
                (TestStage::PassedOn, passed_on),
            ];
            if now.failed > before.failed {
                let rule = if triggered { Some(&drill.rule) } else { drill.forward.as_ref() };
                let rule = rule.unwrap_or(&drill.rule).rule_name().unwrap_or_default().to_owned();
                return Err(TestError::NotPassedOn { rule });
            }
            for (stage, _) in reached.into_iter().filter(|(_, is_reached)| *is_reached) {
                progress.record(stage, progress.elapsed(), String::new());
            }
            if passed_on {
                continue;
            }
        }
        progress.pause(stage, stage_started).await?;
    }
}

impl EventDrill {
    /// What EventBridge has counted since shortly before the start.
    async fn counts(&self, cloud: &dyn Cloud, started: Timestamp, now: Timestamp) -> Answer<Counts> {
        let minute = SignedDuration::from_mins(1);
        let (from, to) = (minus(started, minute), now.saturating_add(minute).unwrap_or(now));
        let sum = async |rule: Option<&Arn>, name: &str| -> Answer<f64> {
            let Some(rule) = rule else { return Ok(0.0) };
            let metric = Metric::new("AWS/Events", name);
            let dimension = Some(("RuleName", rule.rule_name().unwrap_or_default()));
            let total = MetricTotal { metric: &metric, dimension, statistic: TotalStatistic::Sum, from, to };
            cloud.metric_total(&Region::new(rule.region().unwrap_or_default()), &total).await
        };
        let (forward, rule) = (self.forward.as_ref(), Some(&self.rule));
        let (forwarded, not_forwarded, triggered, invoked, failed) = join!(
            sum(forward, "Invocations"),
            sum(forward, "FailedInvocations"),
            sum(rule, "TriggeredRules"),
            sum(rule, "Invocations"),
            sum(rule, "FailedInvocations"),
        );
        // `Invocations` includes those that failed.
        let (not_forwarded, failed) = (not_forwarded?, failed?);
        Ok(Counts {
            forwarded: forwarded? - not_forwarded,
            triggered: triggered?,
            passed_on: invoked? - failed,
            failed: not_forwarded + failed,
        })
    }
}
