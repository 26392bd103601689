//! The teardown plan: deletes what rootbell created, removes what it added to unmanaged resources, and changes nothing
//! else. rootbell's tag shows what it created; for resources without tags, their name or place in the chain does.

use super::{Action, Hint, Plan, place};
use crate::domain::added::{Addition, Recorded, TagRecord, tagged};
use crate::domain::alarm::AlarmConfig;
use crate::domain::alert::AlertId;
use crate::domain::arn::Arn;
use crate::domain::change::{Change, Resource, ResourceKind, Step};
use crate::domain::email::Email;
use crate::domain::observed::{Alarm, BucketLookup, Confirmation, Contents, Observed, ReadResult, Topic, Trail};
use crate::domain::policy::{self, Remainder};
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::role_purpose::RolePurpose;
use crate::domain::settings::{AlertSettings, Origin, SettingId, Settings};

mod log_group;
mod trail;

/// What the tags say about rootbell, where reading them takes a separate call, and how much data would be deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct Managed {
    pub trail: ReadResult<TagRecord>,
    pub log_group: ReadResult<TagRecord>,
    pub topic: ReadResult<TagRecord>,
    /// The names of the alarms that have the tag.
    pub alarms: ReadResult<Vec<String>>,
    /// What is in the bucket, if it would be deleted; `None`: not counted.
    pub contents: ReadResult<Option<Contents>>,
}

impl Managed {
    /// Nothing has the tag.
    #[must_use]
    pub fn nothing() -> Self {
        let none = || Ok(TagRecord::default());
        Self { trail: none(), log_group: none(), topic: none(), alarms: Ok(Vec::new()), contents: Ok(None) }
    }

    fn unreadable(&self) -> Vec<&Problem> {
        let all = [
            self.trail.as_ref().err(),
            self.log_group.as_ref().err(),
            self.topic.as_ref().err(),
            self.alarms.as_ref().err(),
            self.contents.as_ref().err(),
        ];
        all.into_iter().flatten().collect()
    }
}

/// One chain of the account, with everything that the teardown plan needs to know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub settings: Settings,
    pub observed: Observed,
    pub managed: Managed,
}

/// Whether rootbell created the resource. What can't be read blocks the plan before anything asks this.
fn is_managed(record: &ReadResult<TagRecord>) -> bool {
    record.as_ref().is_ok_and(|record| record.managed)
}

/// What rootbell added to a resource that it did not create.
fn added(record: &ReadResult<TagRecord>) -> impl Iterator<Item = &Addition> {
    record.as_ref().ok().filter(|record| !record.managed).into_iter().flat_map(|record| record.added.iter())
}

/// The order of the rows: each resource before those that it needs.
const ORDER: [Resource; Resource::ALL.len()] = [
    Resource::Alarm,
    Resource::EventRule,
    Resource::EventRole,
    Resource::Topic,
    Resource::MetricFilter,
    Resource::Trail,
    Resource::Role,
    Resource::LogGroup,
    Resource::Bucket,
];

/// The changes that remove rootbell from the account. The bucket and the log group are kept unless `logs` is set.
/// Anything that could not be read blocks the plan.
///
/// An account has more than one chain if rootbell created a trail and later switched to an existing one. Each row appears
/// only once.
#[must_use]
pub fn teardown(chains: &[Chain], logs: bool) -> Plan {
    let mut plan = Plan::default();
    let unreadable =
        chains.iter().flat_map(|chain| chain.observed.unreadable().into_iter().chain(chain.managed.unreadable()));
    for unreadable in unreadable {
        let reason = (Step::Trail, unreadable.clone());
        if !plan.blocked.contains(&reason) {
            plan.blocked.push(reason);
        }
    }
    for chain in chains.iter().filter(|chain| chain.observed.bucket == Ok(BucketLookup::Forbidden)) {
        let why = format!(
            "HeadBucket (s3) on `{}`: access denied, so rootbell can't tell whether it created the bucket.",
            chain.settings.bucket.value
        );
        let fix = Fix::choose("Grant s3:ListBucket on it, or use another", Input::Setting(SettingId::Bucket));
        plan.block(Step::Trail, Problem::new(why, fix));
    }
    if !plan.blocked.is_empty() {
        return plan;
    }
    for chain in chains {
        let mut chain_plan = Plan::default();
        let planner = TeardownPlanner { chain, logs };
        for resource in ORDER {
            match resource {
                Resource::Alarm => planner.alarms(&mut chain_plan),
                Resource::EventRule | Resource::EventRole => {}
                Resource::Topic => planner.topic(&mut chain_plan),
                Resource::MetricFilter => planner.filters(&mut chain_plan),
                Resource::Trail => planner.trail(&mut chain_plan),
                Resource::Role => planner.role(&mut chain_plan),
                Resource::LogGroup => planner.log_group(&mut chain_plan),
                Resource::Bucket => planner.bucket(&mut chain_plan),
            }
        }
        place(&mut chain_plan, &chain.observed);
        add_missing(&mut plan, chain_plan);
    }
    plan
}

/// Adds the rows and notes that the plan does not have yet.
fn add_missing(plan: &mut Plan, more: Plan) {
    for row in more.rows {
        let is_same = |other: &super::Row| other.id == row.id && other.name == row.name;
        if !plan.rows.iter().any(is_same) {
            plan.rows.push(row);
        }
    }
    for reason in more.blocked {
        if !plan.blocked.contains(&reason) {
            plan.blocked.push(reason);
        }
    }
    for note in more.notes {
        if !plan.notes.contains(&note) {
            plan.notes.push(note);
        }
    }
}

struct TeardownPlanner<'a> {
    chain: &'a Chain,
    logs: bool,
}

impl TeardownPlanner<'_> {
    fn wanted(&self) -> &Settings {
        &self.chain.settings
    }

    fn observed(&self) -> &Observed {
        &self.chain.observed
    }

    fn existing(&self) -> Option<&Trail> {
        self.observed().trail.as_ref().map(|watched| &watched.trail)
    }

    fn deletes_topic(&self) -> bool {
        self.observed().topic.as_ref().is_ok_and(Option::is_some) && is_managed(&self.chain.managed.topic)
    }

    /// A trail can only be deleted in its home Region, by its own account.
    fn deletes_trail(&self) -> bool {
        is_managed(&self.chain.managed.trail) && self.existing().is_some_and(|trail| self.can_change(trail))
    }

    fn can_change(&self, trail: &Trail) -> bool {
        trail.can_be_changed_from(&self.wanted().account_region)
    }

    fn role_arn(&self) -> Option<&Arn> {
        self.observed().role.as_ref().ok()?.as_ref().map(|role| &role.arn)
    }

    fn role_is_tagged(&self) -> bool {
        matches!(&self.observed().role, Ok(Some(role)) if tagged(&role.tags))
    }

    /// The first trail that is kept and still uses the resource. `ignore_detached`: being detached ends the use.
    fn remaining_user(&self, uses: impl Fn(&Trail) -> bool, ignore_detached: bool) -> Option<&str> {
        let stops_using = |trail: &Trail| {
            self.existing().is_some_and(|existing| existing.arn == trail.arn)
                && (self.deletes_trail() || (ignore_detached && self.detaches_trail()))
        };
        let trails = self.observed().trails.as_deref().unwrap_or_default();
        trails.iter().find(|trail| uses(trail) && !stops_using(trail)).map(|trail| trail.name.as_str())
    }

    fn alarms(&self, plan: &mut Plan) {
        let managed = self.chain.managed.alarms.as_deref().unwrap_or_default();
        for alarm in self.observed().alarms.as_deref().unwrap_or_default() {
            if managed.contains(&alarm.name) {
                let change = Change::DeleteAlarm { alarm: alarm.name.clone() };
                let alert = self.alert_of(alarm).map_or(AlertId::RootUse, |alert| alert.alert);
                plan.put(self.wanted(), Action::Delete, change, format!("no more alerts for {}", alert.spec().reports));
            } else {
                self.unmanaged_alarm(plan, alarm);
            }
        }
    }

    /// The alert that an alarm belongs to, by its name.
    fn alert_of(&self, alarm: &Alarm) -> Option<&AlertSettings> {
        self.wanted().alerts.values().find(|alert| alert.alarm.value == alarm.name)
    }

    /// From an unmanaged alarm, only the deleted topic is removed.
    fn unmanaged_alarm(&self, plan: &mut Plan, alarm: &Alarm) {
        let topic = self.wanted().topic_arn();
        let actions = [&alarm.config.actions, &alarm.config.ok_actions, &alarm.config.insufficient_data_actions];
        if !self.deletes_topic() || !actions.iter().any(|list| list.contains(&topic)) {
            return plan.keep_one(Step::Alarm, ResourceKind::Alarm, &alarm.name, "unmanaged");
        }
        // PutMetricAlarm replaces the whole alarm, and only an alarm on our metric was read completely enough for that.
        let Some(alert) = self.alert_of(alarm).filter(|alert| alert.metric == alarm.config.metric) else {
            let detail = "unmanaged; notifies the deleted topic";
            return plan.keep_one(Step::Alarm, ResourceKind::Alarm, &alarm.name, detail);
        };
        let without_topic = |list: &[Arn]| list.iter().filter(|arn| **arn != topic).cloned().collect();
        let rest = AlarmConfig {
            actions: without_topic(&alarm.config.actions),
            ok_actions: without_topic(&alarm.config.ok_actions),
            insufficient_data_actions: without_topic(&alarm.config.insufficient_data_actions),
            ..alarm.config.clone()
        };
        let change = Change::PutMetricAlarm { alert: alert.alert, alarm: alarm.name.clone(), config: Box::new(rest) };
        plan.put(
            self.wanted(),
            Action::Update,
            change,
            format!("unmanaged; notifies `{}` → no longer", self.wanted().topic.value),
        );
    }

    fn topic(&self, plan: &mut Plan) {
        let Ok(Some(topic)) = &self.observed().topic else { return };
        self.subscriptions(plan);
        if self.deletes_topic() {
            let change = Change::DeleteTopic { topic_arn: topic.arn.clone() };
            return plan.put(self.wanted(), Action::Delete, change, "");
        }
        self.topic_policy(plan, topic);
        self.remove_record(plan, Recorded::Topic, &topic.arn);
    }

    /// Removes rootbell's statements from the policy of an unmanaged topic.
    fn topic_policy(&self, plan: &mut Plan, topic: &Topic) {
        let managed = policy::topic_statements(&self.wanted().account_region, &topic.arn);
        plan.keep(Step::Topic, ResourceKind::Topic, topic.name(), "unmanaged");
        let (policy, detail) = match policy::remove_statements(topic.policy.as_ref(), &managed) {
            Remainder::Unchanged => return,
            Remainder::Rest(rest) => (rest, "unmanaged; rootbell's statements → removed"),
            // A topic's policy cannot be deleted, so the owner's statement is kept.
            Remainder::Empty => match policy::remove_statements(topic.policy.as_ref(), &managed[1..]) {
                Remainder::Rest(rest) => (rest, "unmanaged; CloudWatch can publish → can't"),
                Remainder::Unchanged | Remainder::Empty => return,
            },
        };
        plan.put(
            self.wanted(),
            Action::Update,
            Change::SetTopicPolicy { topic_arn: topic.arn.clone(), policy },
            detail,
        );
    }

    /// Deletes the subscriptions of a deleted topic. On an unmanaged topic, deletes only the addresses that its tag records
    /// or that the user named: nothing else shows who created a subscription.
    fn subscriptions(&self, plan: &mut Plan) {
        let named = &self.wanted().emails;
        let recorded: Vec<&Email> = added(&self.chain.managed.topic)
            .filter_map(|addition| if let Addition::Subscription(email) = addition { Some(email) } else { None })
            .collect();
        let is_deleted = |endpoint: &str| {
            self.deletes_topic()
                || recorded.iter().any(|email| **email == *endpoint)
                || (named.origin == Origin::Given && named.value.iter().any(|email| email == endpoint))
        };
        for subscription in self.observed().subscriptions.as_deref().unwrap_or_default() {
            let endpoint = &subscription.endpoint;
            let (detail, hint) = match (subscription.state, &subscription.arn) {
                (Confirmation::Deleted, _) => continue,
                (_, Some(arn)) if is_deleted(endpoint) => {
                    let change = Change::Unsubscribe { arn: arn.clone(), endpoint: endpoint.clone() };
                    plan.put(self.wanted(), Action::Delete, change, "");
                    continue;
                }
                (Confirmation::Pending, _) if is_deleted(endpoint) => {
                    ("never confirmed, so it can't be deleted: AWS removes it within a few days", None)
                }
                // A later version than the one that records them has subscribed the others.
                _ if !recorded.is_empty() => ("on an unmanaged topic; not added by rootbell", None),
                _ => ("on an unmanaged topic", Some(Hint::NameEmail)),
            };
            plan.keep_one(Step::Topic, ResourceKind::Subscription, endpoint, detail);
            if let Some(hint) = hint {
                plan.hint(hint);
            }
        }
    }

    /// The recorded addresses whose subscriptions are still pending, so that they can't be deleted yet.
    fn recorded_pending(&self) -> Vec<&str> {
        let is_recorded = |endpoint: &str| {
            added(&self.chain.managed.topic)
                .any(|addition| matches!(addition, Addition::Subscription(email) if **email == *endpoint))
        };
        let all = self.observed().subscriptions.as_deref().unwrap_or_default().iter();
        let pending = all.filter(|s| s.state == Confirmation::Pending && s.arn.is_none());
        pending.map(|s| s.endpoint.as_str()).filter(|endpoint| is_recorded(endpoint)).collect()
    }

    fn role(&self, plan: &mut Plan) {
        let Ok(Some(role)) = &self.observed().role else { return };
        if let Some(user) = self.remaining_user(|trail| trail.role_arn.as_deref() == Some(role.arn.as_str()), true) {
            return plan.keep(Step::Trail, ResourceKind::Role, &role.name, format!("the trail `{user}` uses it"));
        }
        let name = || role.name.clone();
        if tagged(&role.tags) {
            if role.policy.is_some() {
                plan.put(
                    self.wanted(),
                    Action::Delete,
                    Change::DeleteRolePolicy { role: name(), purpose: RolePurpose::Delivery },
                    "",
                );
            }
            return plan.put(
                self.wanted(),
                Action::Delete,
                Change::DeleteRole { role: name(), purpose: RolePurpose::Delivery },
                "",
            );
        }
        plan.keep(Step::Trail, ResourceKind::Role, &role.name, "unmanaged");
        let permissions =
            policy::role_permissions(&self.wanted().account_region, &self.wanted().log_group.value, false);
        match policy::remove_statements(role.policy.as_ref(), permissions.statements()) {
            Remainder::Unchanged => {}
            Remainder::Empty => {
                plan.put(
                    self.wanted(),
                    Action::Delete,
                    Change::DeleteRolePolicy { role: name(), purpose: RolePurpose::Delivery },
                    "rootbell's policy",
                );
            }
            Remainder::Rest(policy) => {
                plan.put(
                    self.wanted(),
                    Action::Update,
                    Change::PutRolePolicy { role: name(), purpose: RolePurpose::Delivery, policy },
                    "rootbell's statement → removed",
                );
            }
        }
        // A trust policy needs at least one statement, so the only one is kept.
        if let Remainder::Rest(trust) =
            policy::remove_statements(Some(&role.trust), policy::role_trust(None).statements())
        {
            let change = Change::UpdateAssumeRolePolicy { role: name(), purpose: RolePurpose::Delivery, trust };
            plan.put(self.wanted(), Action::Update, change, "CloudTrail can assume it → can't");
        }
    }

    fn bucket(&self, plan: &mut Plan) {
        let Ok(BucketLookup::Owned(bucket)) = &self.observed().bucket else { return };
        let name = || bucket.name.clone();
        if let Some(user) = self.remaining_user(|trail| trail.bucket == bucket.name, false) {
            let detail = format!("the trail `{user}` writes to it");
            return plan.keep(Step::Trail, ResourceKind::Bucket, &bucket.name, detail);
        }
        if !tagged(&bucket.tags) {
            plan.keep(Step::Trail, ResourceKind::Bucket, &bucket.name, "unmanaged");
            let account_region = &self.wanted().account_region;
            let trail = account_region.trail_arn(&self.wanted().trail.value);
            let managed = policy::bucket_statements(&self.wanted().log_file_location(self.observed(), &trail));
            match policy::remove_statements(bucket.policy.as_ref(), &managed) {
                Remainder::Unchanged => {}
                Remainder::Empty => {
                    plan.put(
                        self.wanted(),
                        Action::Delete,
                        Change::DeleteBucketPolicy { bucket: name() },
                        "rootbell's policy",
                    );
                }
                Remainder::Rest(policy) => {
                    let change = Change::PutBucketPolicy { bucket: name(), policy };
                    plan.put(self.wanted(), Action::Update, change, "rootbell's statements → removed");
                }
            }
            return;
        }
        let Some(contents) = self.chain.managed.contents.clone().unwrap_or_default().filter(|_| self.logs) else {
            plan.keep(Step::Trail, ResourceKind::Bucket, &bucket.name, "kept with its log files");
            return plan.hint(Hint::DeleteLogs);
        };
        if contents.objects > 0 || self.deletes_trail() {
            let detail = format!("{}, all versions", amount(contents));
            plan.put(self.wanted(), Action::Delete, Change::EmptyBucket { bucket: name() }, detail);
        }
        plan.put(self.wanted(), Action::Delete, Change::DeleteBucket { bucket: name() }, "");
    }
}

/// "1,234 objects, 5.6 MB".
#[must_use]
pub fn amount(contents: Contents) -> String {
    let digits = contents.objects.to_string();
    let mut number = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            number.push(',');
        }
        number.push(digit);
    }
    format!("{number} object{}, {}", if contents.objects == 1 { "" } else { "s" }, bytes(contents.bytes))
}

/// A size in the unit that leaves one to three digits before the decimal point.
fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} bytes");
    }
    let (mut tenths, mut unit) = (n / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1000, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests;
