//! The plan: the changes that turn the observed account into the wanted one.

use super::added::{Addition, Recorded};
use super::alarm::AlarmConfig;
use super::change::{Change, Resource, ResourceKind, Scope, Step};
use super::email::Email;
use super::health::{action_fault, filter_faults, is_aws_sns_key, trusted_in_vain, use_other_region};
use super::observed::{Alarm, BucketLookup, Confirmation, Elsewhere, ElsewhereState, MetricFilter, Observed, Topic};
use super::pattern::{self, Reading};
use super::policy::{self, DoubtCause, Statement, TopicAccess};
use super::problem::{Fix, Input, Problem};
use super::region::Region;
use super::settings::{AlertSettings, Origin, SettingId, Settings};

pub mod cost;
mod key;
mod record;
mod refused;
pub mod resubscribe;
mod rows;
pub mod teardown;
mod trail;

pub use record::{unmanaged_kinds, unmanaged_resources};
use rows::policy_not_changed;
pub use rows::{Action, Hint, Plan, Row};

/// The changes that turn `observed` into `wanted`. Anything that could not be read blocks the plan: rootbell does not
/// guess.
#[must_use]
pub fn plan(wanted: &Settings, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    if let Some(elsewhere) = &observed.elsewhere {
        let other_region = Problem::new(elsewhere.describe(), use_other_region(elsewhere, observed.trail.is_none()));
        match instead_of_second_trail(wanted, observed) {
            Some(Elsewhere { state: ElsewhereState::Lacking(_), .. }) => plan.block(Step::Trail, other_region),
            Some(_) | None => plan.note(Step::Trail, other_region),
        }
        if instead_of_second_trail(wanted, observed).is_some() {
            return plan;
        }
    }
    for unreadable in observed.unreadable() {
        plan.block(Step::Trail, unreadable.clone());
    }
    if plan.blocked.is_empty() {
        let mut planned_filters = Vec::new();
        for resource in Resource::ALL {
            match resource {
                Resource::Bucket => trail::bucket(&mut plan, wanted, observed),
                Resource::LogGroup => trail::log_group(&mut plan, wanted, observed),
                Resource::Role => trail::role(&mut plan, wanted, observed),
                Resource::Trail => trail::trail(&mut plan, wanted, observed),
                Resource::Topic => notifications(&mut plan, wanted, observed),
                Resource::EventRole | Resource::EventRule => {}
                Resource::MetricFilter => planned_filters = filters(&mut plan, wanted, observed),
                Resource::Alarm => {
                    for (alert, filter) in wanted.alerts.values().zip(&planned_filters) {
                        alarm(&mut plan, wanted, alert, observed, filter);
                    }
                }
            }
        }
        key::encrypt(&mut plan, wanted, observed);
    }
    for remark in trusted_in_vain(wanted, observed) {
        plan.note(Step::Alarm, remark.into());
    }
    for left_out in &observed.left_out {
        plan.note(Step::Filter, left_out.clone().into());
    }
    place(&mut plan, observed);
    for row in plan.rows.iter_mut().filter(|row| row.change.is_some()) {
        let resource = row.resource.part_of();
        row.unmanaged = match Recorded::of(resource) {
            Some(kind) => !record::is_managed(wanted, observed, kind),
            None => row.action == Action::Update && !wanted.has_default_name(resource),
        };
    }
    plan
}

/// The setup in another Region that is to be used. A setup in this Region would take a second trail, which costs money, so
/// there is one only if the user names the trail.
#[must_use]
pub fn instead_of_second_trail<'a>(wanted: &Settings, observed: &'a Observed) -> Option<&'a Elsewhere> {
    let needs_trail = observed.trail.is_none() && wanted.trail.origin != Origin::Given;
    observed.elsewhere.as_ref().filter(|_| needs_trail)
}

/// Corrects the Regions of the changes that are made elsewhere than the others: a trail is changed in its home Region, and
/// a bucket where it is.
///
/// Source: CloudTrail API, UpdateTrail, `InvalidHomeRegionException`; S3 API, "Error responses", `PermanentRedirect`.
fn place(plan: &mut Plan, observed: &Observed) {
    let trail = observed.trail.as_ref().map(|watched| &watched.trail);
    let bucket = match &observed.bucket {
        Ok(BucketLookup::Owned(bucket)) => Some(bucket),
        _ => None,
    };
    for row in &mut plan.rows {
        let Some(change) = &row.change else { continue };
        if let Change::PutRule { rule, .. }
        | Change::PutTarget { rule, .. }
        | Change::RemoveTarget { rule, .. }
        | Change::DeleteRule { rule } = change
        {
            row.region = rule.region().map(Region::new);
            continue;
        }
        let spec = change.spec();
        let elsewhere = match spec.scope {
            Scope::Bucket => {
                bucket.filter(|bucket| bucket.name == change.name()).and_then(|bucket| bucket.region.as_ref())
            }
            Scope::Regional if spec.operation.service == "cloudtrail" => trail
                .filter(|trail| [trail.name.as_str(), trail.arn.as_str()].contains(&change.name()))
                .map(|trail| &trail.home_region),
            Scope::Regional | Scope::Global => None,
        };
        if let Some(region) = elsewhere.filter(|region| row.region.as_ref() != Some(region)) {
            row.detail =
                [row.detail.as_str(), &format!("in {region}")].join(if row.detail.is_empty() { "" } else { "; " });
            row.region = Some(region.clone());
        }
    }
}

/// The topic and its subscriptions, unless the alarm in use notifies what the user trusts.
fn notifications(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let alarm_in_use = wanted.root_use().named_alarm(observed);
    match alarm_in_use.filter(|alarm| wanted.relies_on_trust(alarm) && observed.path.topic.is_none()) {
        Some(alarm) => {
            let why = format!("`{}` notifies what you trust, so no topic is needed.", alarm.name);
            plan.note(Step::Topic, why.into());
        }
        None => {
            topic(plan, wanted, observed);
            subscriptions(plan, wanted, observed);
        }
    }
}

fn topic(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let arn = wanted.topic_arn();
    let name = &wanted.topic.value;
    let statements = policy::topic_statements(&wanted.account_region, &arn);
    let Ok(found) = &observed.topic else { return };
    let Some(existing) = found else {
        let policy = policy::merge(None, &statements);
        return plan.put(
            wanted,
            Action::Create,
            Change::CreateTopic { topic: name.clone(), policy },
            "only CloudWatch in this account can publish",
        );
    };
    plan.keep(Step::Topic, ResourceKind::Topic, name, "existing");
    // Another topic than ours is used because it does its job, and left alone; or the user named it.
    if !wanted.topic_is_managed() {
        return;
    }
    topic_policy(plan, wanted, existing, &statements);
    if is_aws_sns_key(existing.kms_key.as_deref()) && wanted.kms_key.is_none() {
        if record::is_managed(wanted, observed, Recorded::Topic) {
            let detail = "alias/aws/sns, which CloudWatch cannot use → not encrypted";
            plan.put(wanted, Action::Update, Change::SetTopicKey { topic_arn: wanted.topic_arn(), key: None }, detail);
        } else {
            let why = format!(
                "The topic `{name}` is encrypted with `alias/aws/sns`, which CloudWatch cannot use: no alert would arrive."
            );
            let advice = "rootbell doesn't manage this topic: remove its encryption yourself, or use another topic";
            plan.note(Step::Topic, Problem::new(why, Fix::choose(advice, Input::Setting(SettingId::Topic))));
        }
    }
}

/// Plans the topic's policy. Statements are removed only from the topic that has rootbell's name, and only those that let
/// anyone publish. To the policy of another topic, rootbell adds a statement if CloudWatch can't certainly publish.
fn topic_policy(plan: &mut Plan, wanted: &Settings, topic: &Topic, statements: &[Statement]) {
    let name = topic.name();
    let alarm = wanted.account_region.alarm_arn(&wanted.root_use().alarm.value);
    let access = |policy| policy::topic_access(policy, &topic.arn, &alarm);
    let existing = topic.policy.as_ref();
    let is_managed = wanted.has_default_name(Resource::Topic);
    let detail = match access(existing) {
        TopicAccess::Alarms if !policy::topic_is_public(existing, &topic.arn) => None,
        TopicAccess::Alarms if is_managed => Some("public → not public; CloudWatch in this account can publish"),
        TopicAccess::Alarms => {
            let advice = "rootbell doesn't manage this topic, so it removes nothing from its policy: remove that statement \
                          yourself, or add a condition to it.";
            let why = format!("Anyone can publish to the topic `{name}`.");
            plan.note(Step::Topic, Problem::new(why, Fix::advice(advice)));
            None
        }
        TopicAccess::NoAlarms => Some("CloudWatch can't publish → can, for this account"),
        TopicAccess::Unknown(doubt) => match doubt.cause {
            DoubtCause::Allow => Some("CloudWatch can publish if a condition holds → can, for this account"),
            DoubtCause::Deny => None,
            DoubtCause::Document => {
                plan.note(Step::Topic, policy_not_changed("topic", name, SettingId::Topic));
                None
            }
        },
    };
    let Some(detail) = detail else { return };
    let policy = if is_managed {
        policy::repair_topic(existing, &topic.arn, statements)
    } else {
        policy::merge(existing, statements)
    };
    if access(Some(&policy)) == TopicAccess::NoAlarms {
        let why = format!(
            "The policy of the topic `{name}` denies CloudWatch or this account permission to publish: no alert would \
             arrive."
        );
        let advice = "rootbell never removes a Deny statement: remove it yourself, or use another topic";
        plan.note(Step::Topic, Problem::new(why, Fix::choose(advice, Input::Setting(SettingId::Topic))));
    } else {
        plan.put(wanted, Action::Update, Change::SetTopicPolicy { topic_arn: topic.arn.clone(), policy }, detail);
    }
}

fn subscriptions(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let existing = observed.subscriptions.as_deref().unwrap_or_default();
    let state = |email: &Email| {
        let matches_email = |s: &&super::observed::Subscription| s.protocol == "email" && *email == *s.endpoint;
        let states: Vec<Confirmation> = existing.iter().filter(matches_email).map(|s| s.state).collect();
        [Confirmation::Confirmed, Confirmation::Pending].into_iter().find(|s| states.contains(s))
    };
    let adds_any = wanted.emails.value.iter().any(|email| state(email).is_none());
    let refusal = adds_any.then(|| refused::email_on_fifo_topic(wanted)).flatten();
    let is_refused = refusal.is_some();
    plan.block_if(Step::Topic, refusal);
    let start = plan.rows.len();
    let mut added = Vec::new();
    for email in &wanted.emails.value {
        match state(email) {
            Some(Confirmation::Confirmed) => {
                plan.keep_one(Step::Topic, ResourceKind::Subscription, email, "confirmed");
            }
            Some(_) => {
                let detail = "open the link in the email";
                plan.keep_one(Step::Topic, ResourceKind::Subscription, email, detail);
            }
            None if is_refused => {}
            None => {
                let change = Change::Subscribe { topic_arn: wanted.topic_arn(), email: email.clone() };
                let detail = if wanted.has_default_name(Resource::Topic) {
                    "AWS emails a confirmation link".to_owned()
                } else {
                    format!("AWS emails a confirmation link; receives everything sent to `{}`", wanted.topic.value)
                };
                plan.put(wanted, Action::Create, change, detail);
                added.push(Addition::Subscription(email.clone()));
            }
        }
    }
    plan.record(start, wanted, observed, Recorded::Topic, added);
    for other in existing.iter().filter(|s| s.state == Confirmation::Confirmed) {
        if !wanted.emails.value.iter().any(|email| *email == *other.endpoint) {
            plan.keep_one(Step::Topic, ResourceKind::Subscription, &other.endpoint, "confirmed");
        }
    }
    if wanted.emails.value.is_empty() && !existing.iter().any(|s| s.state != Confirmation::Deleted) {
        let fix = Fix::choose("Enter an email address", Input::Setting(SettingId::Emails));
        plan.block(Step::Topic, Problem::new("No one would be alerted.", fix));
    }
}

/// Plans the filters, and returns the one of each alert as it will be. Several alarms can watch the metric of one filter.
fn filters(plan: &mut Plan, wanted: &Settings, observed: &Observed) -> Vec<MetricFilter> {
    let mut filters: Vec<MetricFilter> = Vec::new();
    for alert in wanted.alerts.values() {
        let planned = filters.iter().find(|planned| planned.name == alert.filter.value).cloned();
        filters.push(planned.unwrap_or_else(|| filter(plan, wanted, alert, observed)));
    }
    filters
}

/// Plans the filter of an alert, and returns it as it will be.
fn filter(plan: &mut Plan, wanted: &Settings, alert: &AlertSettings, observed: &Observed) -> MetricFilter {
    let existing = observed.filters.as_deref().unwrap_or_default().iter().find(|f| f.name == alert.filter.value);
    let filter = alert.wanted_filter();
    let counts = alert.alert.spec().filter.counts;
    let log_group = wanted.log_group.value.clone();
    let purpose = match pattern::read(&filter.pattern) {
        Reading::CisPattern => format!("counts {counts}"),
        Reading::Equivalent => format!("counts {counts}, but is not the exact CIS pattern"),
        Reading::Other(faults) => {
            let note = format!("The pattern is not the CIS pattern: {}.", faults.join("; "));
            plan.note(Step::Filter, note.into());
            "uses your pattern, not the CIS pattern".to_owned()
        }
        Reading::Unjudged(why) => {
            let note = format!("The pattern is not the CIS pattern, and rootbell can't tell what it counts: {why}.");
            plan.note(Step::Filter, note.into());
            "uses your pattern, not the CIS pattern".to_owned()
        }
    };
    // Audit tools ignore white space.
    let has_pattern = |f: &MetricFilter| {
        f.pattern == filter.pattern || (pattern::is_cis_pattern(&f.pattern) && pattern::is_cis_pattern(&filter.pattern))
    };
    let alarm = alert.named_alarm(observed);
    let is_managed = alert.filter_has_default_name();
    let (action, detail, filter) = match existing {
        None => {
            let filters = observed.filters.as_deref().unwrap_or_default();
            let group = observed.log_group.as_ref().ok().and_then(Option::as_ref);
            plan.block_if(Step::Filter, group.and_then(|group| refused::filter_on_class(wanted, observed, group)));
            plan.block_if(Step::Filter, refused::another_filter(wanted, filters));
            (Action::Create, purpose, like_others_of_its_metric(filter, filters))
        }
        Some(f) => {
            // A filter that others made is left alone if it works, unless the user wants another pattern.
            let has_other_pattern = !has_pattern(f)
                && (is_managed
                    || alert.pattern.origin == Origin::Given
                    || !pattern::fires_for_sign_in(&f.pattern, &wanted.account_region.account));
            let faults = filter_faults(f, alarm, &wanted.account_region);
            let detail = if has_other_pattern {
                "other pattern → this one".to_owned()
            } else if !faults.is_empty() {
                let faults: Vec<String> = faults.known.into_iter().chain(faults.possible).collect();
                format!("{} → fixed", faults.join(", "))
            } else if is_managed && !f.counts_one() {
                format!("counts {} → 1 per event", f.value)
            } else {
                plan.keep(Step::Filter, ResourceKind::MetricFilter, &f.name, "existing");
                return f.clone();
            };
            (Action::Update, detail, MetricFilter { unit: f.unit.clone(), ..filter })
        }
    };
    plan.put(wanted, action, Change::PutMetricFilter { log_group, filter: filter.clone() }, detail);
    filter
}

/// The filter to be created, with datapoints that an existing alarm on the same metric treats like those of the existing
/// filter: it may rely on the unit, or on there being no default value.
fn like_others_of_its_metric(filter: MetricFilter, existing: &[MetricFilter]) -> MetricFilter {
    match existing.iter().find(|other| other.metric == filter.metric) {
        Some(other) => MetricFilter { default: other.default, unit: other.unit.clone(), ..filter },
        None => filter,
    }
}

fn alarm(plan: &mut Plan, wanted: &Settings, alert: &AlertSettings, observed: &Observed, filter: &MetricFilter) {
    let (topic, spec) = (wanted.topic_arn(), alert.alert.spec());
    let existing = alert.named_alarm(observed);
    let desired = alert.wanted_alarm(&topic);
    let put = |config| Change::PutMetricAlarm {
        alert: alert.alert,
        alarm: alert.alarm.value.clone(),
        config: Box::new(config),
    };
    let Some(existing) = existing else {
        return plan.put(wanted, Action::Create, put(desired), format!("{} → the topic", spec.fires));
    };
    let mut when_it_fires = (spec.faults)(existing, filter);
    if alert.alarm_has_default_name() {
        when_it_fires.extend((spec.doubts)(existing, filter));
        when_it_fires.extend((spec.remark)(existing, filter));
    }
    let whom_it_notifies = action_fault(existing, wanted, observed);
    if when_it_fires.is_empty() && whom_it_notifies.is_none() {
        let name_in_id = put(desired).id().name;
        return plan.keep_as(name_in_id, Step::Alarm, ResourceKind::Alarm, &existing.name, "existing");
    }
    let own = desired.clone();
    // PutMetricAlarm replaces the whole configuration, so what it had is sent again, except actions that reach nobody.
    let mut repaired = existing.config.clone();
    if !when_it_fires.is_empty() {
        repaired = AlarmConfig {
            metric: desired.metric,
            statistic: desired.statistic,
            period: desired.period,
            evaluation_periods: desired.evaluation_periods,
            datapoints_to_alarm: desired.datapoints_to_alarm,
            threshold: desired.threshold,
            comparison: desired.comparison,
            missing_data: desired.missing_data,
            unit: repaired.unit.filter(|unit| unit == filter.published_unit()),
            dimensions: desired.dimensions,
            ..repaired
        };
    }
    repaired.actions_enabled = true;
    repaired.actions.retain(|arn| !observed.is_gone(arn) && !arn.is_topic_outside(&wanted.account_region.region));
    if !repaired.actions.contains(&topic) {
        repaired.actions.push(topic);
    }
    if refused::has_too_many_actions(&repaired) {
        return next_to_full_alarm(plan, wanted, alert, existing, own);
    }
    if repaired.description.is_empty() {
        repaired.description = desired.description;
    }
    let faults: Vec<String> = when_it_fires.into_iter().chain(whom_it_notifies).collect();
    plan.put(wanted, Action::Update, put(repaired), format!("{} → fixed", faults.join(", ")));
}

/// The alarm has as many actions as AWS allows, and can't notify the topic as well: plans rootbell's own alarm next to it.
fn next_to_full_alarm(plan: &mut Plan, wanted: &Settings, alert: &AlertSettings, existing: &Alarm, own: AlarmConfig) {
    if let Some(reason) = refused::full_alarm(wanted, alert, existing) {
        return plan.block(Step::Alarm, reason);
    }
    let (spec, detail) = (alert.alert.spec(), format!("has {} actions, which is the maximum", refused::MAX_ACTIONS));
    plan.keep_one(Step::Alarm, ResourceKind::Alarm, &existing.name, detail);
    let change = Change::PutMetricAlarm { alert: alert.alert, alarm: spec.alarm.to_owned(), config: Box::new(own) };
    plan.put(wanted, Action::Create, change, format!("{} → the topic", spec.fires));
}

#[cfg(test)]
mod tests;
