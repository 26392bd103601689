//! Wanted − observed = plan.

use super::change::{Change, Step};
use super::health::{action_fault, alarm_faults, is_topic_elsewhere, silenced_by_key};
use super::observed::{Alarm, AlarmState, Confirmation, MetricFilter, Observed, Topic};
use super::pattern::{self, Reading};
use super::policy::{self, TopicAccess};
use super::settings::{PERIOD, Settings};

mod key;
pub mod teardown;
mod trail;

/// What happens to a thing. The words are those of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Keep,
    Delete,
}

impl Action {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Keep => "keep",
            Self::Delete => "delete",
        }
    }

    /// The mark in front of a row.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Keep => '=',
            Self::Delete => '-',
        }
    }
}

/// One row of the plan: a change, or a thing that stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: String,
    pub step: Step,
    pub action: Action,
    pub resource: &'static str,
    pub name: String,
    /// A few words: what for, or what becomes what.
    pub detail: String,
    /// `None` for what stays.
    pub change: Option<Change>,
    /// It alters something that does not carry rootbell's name, so that somebody else may rely on it.
    pub foreign: bool,
}

/// All rows, in an order that could be walked one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub rows: Vec<Row>,
    /// What the user should know before agreeing.
    pub notes: Vec<(Step, String)>,
    /// Why it cannot be applied as it is, each with what to do.
    pub blocked: Vec<(Step, String)>,
}

impl Plan {
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.rows.iter().filter_map(|row| row.change.as_ref())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    pub fn step(&self, step: Step) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.step == step)
    }

    /// The ids among `change.needs()` that this plan has to do first.
    #[must_use]
    pub fn needs(&self, change: &Change) -> Vec<String> {
        let speaks_of = |id: &String| change.needs().iter().any(|need| Change::meets(id, need));
        self.changes().map(Change::id).filter(speaks_of).collect()
    }

    fn put(&mut self, action: Action, change: Change, detail: impl Into<String>) {
        self.rows.push(Row {
            id: change.id(),
            step: change.step(),
            action,
            resource: change.resource(),
            name: change.name().to_owned(),
            detail: detail.into(),
            change: Some(change),
            foreign: false,
        });
    }

    fn keep(&mut self, step: Step, id: &str, resource: &'static str, name: &str, detail: impl Into<String>) {
        self.rows.push(Row {
            id: id.to_owned(),
            step,
            action: Action::Keep,
            resource,
            name: name.to_owned(),
            detail: detail.into(),
            change: None,
            foreign: false,
        });
    }
}

/// What has to be called to get from `observed` to `wanted`. A part that could not be read blocks the plan: nothing is
/// done on a guess.
#[must_use]
pub fn plan(wanted: &Settings, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    for unreadable in observed.unreadable() {
        plan.blocked.push((Step::Trail, format!("{} {}", unreadable.why, unreadable.fix)));
    }
    if plan.blocked.is_empty() {
        trail::bucket(&mut plan, wanted, observed);
        trail::log_group(&mut plan, wanted, observed);
        trail::role(&mut plan, wanted, observed);
        trail::trail(&mut plan, wanted, observed);
        topic(&mut plan, wanted, observed);
        subscriptions(&mut plan, wanted, observed);
        filter(&mut plan, wanted, observed);
        alarm(&mut plan, wanted, observed);
        key::encrypt(&mut plan, wanted, observed);
    }
    for row in plan.rows.iter_mut().filter(|row| row.action == Action::Update) {
        row.foreign = !wanted.has_our_name(row.id.split('.').next().unwrap_or_default());
    }
    plan
}

fn topic(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let arn = wanted.topic_arn();
    let name = &wanted.topic.value;
    let statements = policy::topic_statements(&wanted.account_region, &arn);
    let Ok(found) = &observed.topic else { return };
    let Some(existing) = found else {
        let policy = policy::merge(None, &statements);
        return plan.put(
            Action::Create,
            Change::CreateTopic { topic: name.clone(), policy },
            "only CloudWatch of this account may publish",
        );
    };
    plan.keep(Step::Topic, "topic", "SNS topic", name, "already there");
    topic_policy(plan, wanted, existing, &statements);
    if silenced_by_key(existing.kms_key.as_deref()) && wanted.kms_key.is_none() {
        if wanted.topic_is_ours() {
            let detail = "alias/aws/sns, which CloudWatch cannot use → not encrypted";
            plan.put(Action::Update, Change::SetTopicKey { topic_arn: wanted.topic_arn(), key: None }, detail);
        } else {
            plan.notes.push((
                Step::Topic,
                format!(
                    "The topic `{name}` is encrypted with `alias/aws/sns`, which CloudWatch cannot use: no alert \
                     would arrive. It is not rootbell's: take the encryption off yourself, or name another topic \
                     (--topic)."
                ),
            ));
        }
    }
}

/// Only from rootbell's own topic is a statement taken out, and only one that lets anyone publish; the policy of another
/// topic is added to, where CloudWatch may not publish for certain.
fn topic_policy(plan: &mut Plan, wanted: &Settings, topic: &Topic, statements: &[serde_json::Value]) {
    let name = topic.name();
    let alarm = wanted.account_region.alarm_arn(&wanted.alarm.value);
    let access = |policy| policy::topic_access(policy, &topic.arn, &alarm);
    let existing = topic.policy.as_ref();
    let ours = wanted.has_our_name("topic");
    let detail = match access(existing) {
        TopicAccess::AlarmsOnly => None,
        TopicAccess::Public if ours => Some("anyone may publish → no longer; CloudWatch of this account may"),
        TopicAccess::Public => {
            plan.notes.push((
                Step::Topic,
                format!(
                    "Anyone may publish to the topic `{name}`. It is not rootbell's, so nothing is taken out of its \
                     policy: remove that statement yourself, or give it a condition."
                ),
            ));
            // Alarms must still arrive once it is removed.
            (!policy::has_all(existing, statements))
                .then_some("CloudWatch may publish by a statement of its own as well")
        }
        TopicAccess::NoAlarms => Some("CloudWatch may not publish → may, for this account"),
        TopicAccess::Unknown(doubt) if doubt.denies => None,
        TopicAccess::Unknown(_) => Some("CloudWatch may publish under a condition → may, for this account"),
    };
    let Some(detail) = detail else { return };
    let policy = if ours { policy::repair_topic(existing, statements) } else { policy::merge(existing, statements) };
    if access(Some(&policy)) == TopicAccess::NoAlarms {
        plan.notes.push((
            Step::Topic,
            format!(
                "The policy of the topic `{name}` denies CloudWatch, or this account, to publish: no alert would \
                 arrive. rootbell takes nobody's denial out: do it yourself, or name another topic (--topic)."
            ),
        ));
    } else {
        plan.put(Action::Update, Change::SetTopicPolicy { topic_arn: topic.arn.clone(), policy }, detail);
    }
}

fn subscriptions(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let existing = observed.subscriptions.as_deref().unwrap_or_default();
    let state = |email: &str| {
        let same = |s: &&super::observed::Subscription| s.protocol == "email" && s.endpoint.eq_ignore_ascii_case(email);
        let mut states = existing.iter().filter(same).map(|s| s.state);
        let all: Vec<Confirmation> = states.by_ref().collect();
        [Confirmation::Confirmed, Confirmation::Pending].into_iter().find(|s| all.contains(s))
    };
    for email in &wanted.emails.value {
        match state(email) {
            Some(Confirmation::Confirmed) => {
                plan.keep(Step::Topic, &format!("subscription:{email}"), "subscription", email, "confirmed");
            }
            Some(_) => {
                let detail = "open the link in the e-mail";
                plan.keep(Step::Topic, &format!("subscription:{email}"), "subscription", email, detail);
            }
            None => plan.put(
                Action::Create,
                Change::Subscribe { topic_arn: wanted.topic_arn(), email: email.clone() },
                "a link comes by e-mail",
            ),
        }
    }
    for other in existing.iter().filter(|s| s.state == Confirmation::Confirmed) {
        if !wanted.emails.value.iter().any(|e| e.eq_ignore_ascii_case(&other.endpoint)) {
            let id = format!("subscription:{}", other.endpoint);
            plan.keep(Step::Topic, &id, "subscription", &other.endpoint, "confirmed");
        }
    }
    if wanted.emails.value.is_empty() && !existing.iter().any(|s| s.state != Confirmation::Deleted) {
        plan.blocked.push((Step::Topic, "Nobody would be told: give an e-mail address (--email).".to_owned()));
    }
}

fn filter(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let existing = observed.filters.as_deref().unwrap_or_default().iter().find(|f| f.name == wanted.filter.value);
    let filter = MetricFilter {
        name: wanted.filter.value.clone(),
        pattern: wanted.pattern.value.clone(),
        metric: wanted.metric.clone(),
        value: "1".into(),
        default: Some(0.0),
    };
    let log_group = wanted.log_group.value.clone();
    let counts = match pattern::read(&filter.pattern) {
        Reading::Audited => "counts every use of root",
        Reading::Equivalent => "counts every use of root, but auditors want it written otherwise",
        Reading::Other(faults) => {
            let note = format!("The pattern is not the auditors': {}.", faults.join("; "));
            plan.notes.push((Step::Filter, note));
            "by a pattern of yours that is not the auditors'"
        }
        Reading::Unjudged(why) => {
            let note = format!("The pattern is not the auditors', and what it counts can't be judged: {why}.");
            plan.notes.push((Step::Filter, note));
            "by a pattern of yours that is not the auditors'"
        }
    };
    // Auditors take one for the other where only white space differs.
    let has_pattern = |f: &MetricFilter| {
        f.pattern == filter.pattern || (pattern::is_cis_pattern(&f.pattern) && pattern::is_cis_pattern(&filter.pattern))
    };
    match existing {
        None => plan.put(Action::Create, Change::PutMetricFilter { log_group, filter }, counts),
        Some(f) if has_pattern(f) && f.value == filter.value => {
            plan.keep(Step::Filter, "filter", "metric filter", &f.name, "already there");
        }
        Some(f) => {
            let detail = if has_pattern(f) {
                format!("counts {} → 1 for each event", f.value)
            } else {
                "another pattern → this one".to_owned()
            };
            plan.put(Action::Update, Change::PutMetricFilter { log_group, filter }, detail);
        }
    }
}

fn alarm(plan: &mut Plan, wanted: &Settings, observed: &Observed) {
    let topic = wanted.topic_arn();
    let existing = observed.alarms.as_deref().unwrap_or_default().iter().find(|a| a.name == wanted.alarm.value);
    let sound = Alarm {
        name: wanted.alarm.value.clone(),
        metric: wanted.metric.clone(),
        statistic: "Sum".into(),
        period: PERIOD,
        evaluation_periods: 1,
        datapoints_to_alarm: 1,
        threshold: 1.0,
        comparison: "GreaterThanOrEqualToThreshold".into(),
        missing_data: "notBreaching".into(),
        actions_enabled: true,
        actions: vec![topic.clone()],
        ok_actions: Vec::new(),
        insufficient_data_actions: Vec::new(),
        description: "Somebody used the root user of this account (made by rootbell).".into(),
        state: AlarmState::InsufficientData,
        reason: String::new(),
        since: None,
    };
    let Some(existing) = existing else {
        let detail = "at least one use in 5 minutes → the topic";
        return plan.put(Action::Create, Change::PutMetricAlarm { alarm: Box::new(sound) }, detail);
    };
    let mut faults = alarm_faults(existing, &wanted.metric);
    faults.extend(action_fault(existing, wanted, observed));
    if faults.is_empty() {
        return plan.keep(Step::Alarm, "alarm", "alarm", &existing.name, "already there");
    }
    // The call overwrites the whole configuration: what others added is handed back, but for what reaches nobody.
    let reaches = |arn: &&String| !observed.gone.contains(arn) && !is_topic_elsewhere(arn, wanted);
    let mut actions: Vec<String> = existing.actions.iter().filter(reaches).cloned().collect();
    if !actions.contains(&topic) {
        actions.push(topic);
    }
    let description =
        if existing.description.is_empty() { sound.description.clone() } else { existing.description.clone() };
    let mended = Alarm {
        actions,
        description,
        ok_actions: existing.ok_actions.clone(),
        insufficient_data_actions: existing.insufficient_data_actions.clone(),
        ..sound
    };
    plan.put(
        Action::Update,
        Change::PutMetricAlarm { alarm: Box::new(mended) },
        format!("{} → mended", faults.join(", ")),
    );
}

#[cfg(test)]
mod tests;
