//! Reads the event rules that could report root use, in the Region where sign-ins are recorded and in the home Region.

use futures::future::{OptionFuture, join_all};
use futures::join;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::read::to_read_result;
use super::subscriptions;
use crate::cloud::{Answer, Cloud, MetricTotal, TotalStatistic};
use crate::domain::arn::Arn;
use crate::domain::event_pattern::{RuleCoverage, RuleKind, coverage_with, undecided};
use crate::domain::event_rule::{EventRule, EventRules, Failures};
use crate::domain::observed::{Metric, ReadResult, TopicDetails};
use crate::domain::own_rules::{forwarding_role, is_own};
use crate::domain::path::MAX_CANDIDATES;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::{AccountRegion, Identity, Region};

/// How far back deliveries that failed are counted.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The rules, and the topics of their targets except those that are read anyway. Takes three round trips at most: the rules, their
/// targets, and topics with other names.
pub(in crate::engine) async fn event_rules(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    now: Option<Timestamp>,
    known_topic: &Arn,
) -> (EventRules, Vec<TopicDetails>) {
    let home = identity.in_region(region);
    let elsewhere = home.sign_in_region().filter(|other| other != region).map(|other| home.in_region(&other));
    let role_name = forwarding_role(&home);
    let role = role_name.as_ref().map(|name| cloud.role(name, RolePurpose::Forwarding));
    let (at_sign_ins, at_home, role) = join!(
        OptionFuture::from(elsewhere.as_ref().map(|there| relevant_rules(cloud, there, &home, now))),
        relevant_rules(cloud, &home, &home, now),
        OptionFuture::from(role),
    );
    let (at_home, mut failures) = at_home;
    let at_sign_ins = at_sign_ins.map(|(rules, failed)| {
        failures.extend(failed);
        rules
    });
    let rules =
        EventRules { at_sign_ins, at_home, role: role.map(to_read_result), failures: failures.into_iter().collect() };
    let topics = topics(&rules, &home, known_topic);
    let details = topics.into_iter().map(async |arn: Arn| {
        let there = Region::new(arn.region().unwrap_or_default());
        let (topic, subscriptions) = join!(cloud.topic(&there, &arn), subscriptions(cloud, &there, &arn));
        TopicDetails { arn, topic: to_read_result(topic), subscriptions: to_read_result(subscriptions), key: None }
    });
    let details = join_all(details).await;
    (rules, details)
}

/// The topics of this account that the rules notify, apart from the known one.
fn topics(rules: &EventRules, home: &AccountRegion, known_topic: &Arn) -> Vec<Arn> {
    let targets = rules.all().filter_map(|rule| rule.targets.as_ref()?.as_ref().ok()).flatten();
    let is_topic = |arn: &&Arn| arn.service() == Some("sns") && arn.belongs_to(&home.account) && *arn != known_topic;
    let mut topics: Vec<Arn> = targets.map(|target| &target.arn).filter(is_topic).cloned().collect();
    topics.sort();
    topics.dedup();
    topics.truncate(MAX_CANDIDATES);
    topics
}

/// The rules of a Region that are rootbell's or that may be about root, with their targets, and what they failed to deliver.
async fn relevant_rules(
    cloud: &dyn Cloud,
    at: &AccountRegion,
    home: &AccountRegion,
    now: Option<Timestamp>,
) -> (ReadResult<Vec<EventRule>>, Vec<(Arn, ReadResult<Failures>)>) {
    let rules = match cloud.event_rules(&at.region).await {
        Ok(rules) => rules,
        Err(error) => return (to_read_result(Err(error)), Vec::new()),
    };
    let sign_ins = home.where_sign_ins_are();
    let concerns_root = |rule: &&EventRule| {
        rule.coverage
            .as_ref()
            .is_some_and(|found| found.reports_sign_in() != Some(false) || found.kind != RuleKind::CloudTrail)
    };
    // Rules that are only about root come first.
    let is_wide = |rule: &EventRule| rule.coverage.as_ref().is_some_and(|found| found.others == Some(true));
    let (mut ours, mut others): (Vec<EventRule>, Vec<EventRule>) = rules
        .into_iter()
        .map(|rule| rule.judged(&sign_ins))
        .filter(|rule| is_own(home, &rule.arn) || concerns_root(&rule))
        .partition(|rule| is_own(home, &rule.arn));
    others.sort_by_key(is_wide);
    others.truncate(MAX_CANDIDATES);
    ours.append(&mut others);
    let read = ours.into_iter().map(async |rule| {
        let (settled, targets, failed) = join!(
            settled(cloud, at, &sign_ins, &rule),
            cloud.rule_targets(&at.region, &rule.name),
            OptionFuture::from(now.map(|now| count(cloud, at, &rule, "FailedInvocations", now)))
        );
        let failures = match (now, failed) {
            (Some(_), Some(Err(error))) => Some((rule.arn.clone(), to_read_result(Err(error)))),
            (Some(now), Some(Ok(failed))) if failed > 0.0 => {
                let invocations = count(cloud, at, &rule, "Invocations", now).await;
                let failures = invocations.map(|invocations| Failures { failed, invocations });
                Some((rule.arn.clone(), to_read_result(failures)))
            }
            _ => None,
        };
        let coverage = settled.or(rule.coverage);
        (EventRule { targets: Some(to_read_result(targets)), coverage, ..rule }, failures)
    });
    let (rules, failures): (Vec<EventRule>, Vec<_>) = join_all(read).await.into_iter().unzip();
    (Ok(rules), failures.into_iter().flatten().collect())
}

/// What the rule reports, if only AWS can tell and does. Nothing is asked about a pattern that can be evaluated here.
///
/// Source: EventBridge API, TestEventPattern.
async fn settled(
    cloud: &dyn Cloud,
    at: &AccountRegion,
    sign_ins: &AccountRegion,
    rule: &EventRule,
) -> Option<RuleCoverage> {
    let pattern = rule.pattern.as_deref().filter(|_| rule.coverage.as_ref().is_some_and(|c| c.sign_in.is_none()))?;
    let asked = undecided(pattern, sign_ins).ok()?.into_iter().map(async |event: Value| {
        let matches = cloud.test_event_pattern(&at.region, pattern, &event.to_string()).await;
        matches.ok().map(|matches| (event, matches))
    });
    let answers: Vec<(Value, bool)> = join_all(asked).await.into_iter().flatten().collect();
    coverage_with(pattern, sign_ins, &answers).ok()
}

/// The sum of a rule's metric over the last 24 hours.
///
/// Source: EventBridge User Guide, "Monitoring Amazon EventBridge", dimensions.
async fn count(cloud: &dyn Cloud, at: &AccountRegion, rule: &EventRule, name: &str, now: Timestamp) -> Answer<f64> {
    let metric = Metric::new("AWS/Events", name);
    let total = MetricTotal {
        metric: &metric,
        dimension: Some(("RuleName", &rule.name)),
        statistic: TotalStatistic::Sum,
        from: now.checked_sub(WINDOW).unwrap_or(now),
        to: now,
    };
    cloud.metric_total(&at.region, &total).await
}
