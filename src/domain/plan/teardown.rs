//! The tear-down: what rootbell made goes, what it added to other people's things is taken out, and nothing else is
//! touched. What is whose, the tag tells where AWS has tags, and otherwise the chain.

use super::{Action, Plan};
use crate::domain::change::{Change, Step};
use crate::domain::observed::{
    Alarm, BucketLookup, Confirmation, Contents, MetricFilter, Observed, ReadError, ReadResult, Trail,
};
use crate::domain::policy::{self, Without};
use crate::domain::settings::{DEFAULT_FILTER, Origin, Settings, TAG, TRAIL, default_metric};

/// What carries rootbell's tag, where that has to be asked for apart; and how much would be lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Managed {
    pub trail: ReadResult<bool>,
    pub log_group: ReadResult<bool>,
    pub topic: ReadResult<bool>,
    /// The names of the alarms that carry it.
    pub alarms: ReadResult<Vec<String>>,
    /// What is in the bucket, where it is to go; `None`: not counted.
    pub contents: ReadResult<Option<Contents>>,
}

impl Managed {
    /// Nothing carries the tag.
    #[must_use]
    pub fn nothing() -> Self {
        Self { trail: Ok(false), log_group: Ok(false), topic: Ok(false), alarms: Ok(Vec::new()), contents: Ok(None) }
    }

    fn unreadable(&self) -> Vec<&ReadError> {
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

/// One chain of the account with everything that the tear-down has to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub settings: Settings,
    pub observed: Observed,
    pub managed: Managed,
}

/// Whether these tags have rootbell's among them.
#[must_use]
pub fn tagged(tags: &[(String, String)]) -> bool {
    tags.iter().any(|(key, value)| (key.as_str(), value.as_str()) == TAG)
}

/// What has to be called to take rootbell out of the account. Bucket and log group stay unless `logs` is said. A part
/// that could not be read blocks the plan.
///
/// An account has more than one chain where rootbell once made a trail of its own and later used somebody else's; what
/// one of them would do already, the others leave out.
#[must_use]
pub fn teardown(chains: &[Chain], logs: bool) -> Plan {
    let mut plan = Plan::default();
    let unreadable =
        chains.iter().flat_map(|chain| chain.observed.unreadable().into_iter().chain(chain.managed.unreadable()));
    for unreadable in unreadable {
        let said = (Step::Trail, format!("{} {}", unreadable.why, unreadable.fix));
        if !plan.blocked.contains(&said) {
            plan.blocked.push(said);
        }
    }
    for chain in chains.iter().filter(|chain| chain.observed.bucket == Ok(BucketLookup::Forbidden)) {
        let why = format!(
            "HeadBucket (s3) on `{}`: it may not be looked at, so whose it is cannot be told. Ask for s3:ListBucket on \
             it, or name another (--bucket).",
            chain.settings.bucket.value
        );
        plan.blocked.push((Step::Trail, why));
    }
    if !plan.blocked.is_empty() {
        return plan;
    }
    for chain in chains {
        let mut one = Plan::default();
        let leaving = TeardownPlanner { chain, logs };
        leaving.alarms(&mut one);
        leaving.topic(&mut one);
        leaving.filters(&mut one);
        leaving.trail(&mut one);
        leaving.role(&mut one);
        leaving.log_group(&mut one);
        leaving.bucket(&mut one);
        add(&mut plan, one);
    }
    plan
}

/// The rows that are not there yet; a change says more than a thing that stays.
fn add(plan: &mut Plan, more: Plan) {
    for row in more.rows {
        let same = |other: &super::Row| other.id == row.id && other.name == row.name;
        if !plan.rows.iter().any(same) {
            plan.rows.push(row);
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

    fn topic_goes(&self) -> bool {
        self.observed().topic.as_ref().is_ok_and(Option::is_some) && self.chain.managed.topic == Ok(true)
    }

    /// A trail is deleted where it lives, by its own account.
    fn trail_goes(&self) -> bool {
        self.chain.managed.trail == Ok(true) && self.existing().is_some_and(|trail| self.alterable(trail))
    }

    fn alterable(&self, trail: &Trail) -> bool {
        let account_region = &self.wanted().account_region;
        trail.home_region == account_region.region
            && trail.arn.split(':').nth(4) == Some(account_region.account.as_str())
    }

    /// Somebody else's trail that delivers to a log group of ours, or as a role of ours: rootbell attached it.
    fn trail_is_detached(&self) -> bool {
        let Some(trail) = self.existing() else { return false };
        let here = self.wanted().account_region.log_group_arn(&self.wanted().log_group.value);
        let to_ours = self.chain.managed.log_group == Ok(true)
            && trail
                .log_group_arn
                .as_deref()
                .is_some_and(|arn| arn.trim_end_matches(":*") == here.trim_end_matches(":*"));
        let as_ours = trail.role_arn.is_some() && trail.role_arn.as_deref() == self.role_arn() && self.role_is_tagged();
        !self.trail_goes() && self.alterable(trail) && (to_ours || as_ours)
    }

    fn role_arn(&self) -> Option<&str> {
        self.observed().role.as_ref().ok()?.as_ref().map(|role| role.arn.as_str())
    }

    fn role_is_tagged(&self) -> bool {
        matches!(&self.observed().role, Ok(Some(role)) if tagged(&role.tags))
    }

    /// The first trail that stays and uses the thing.
    fn user(&self, uses: impl Fn(&Trail) -> bool, detached_too: bool) -> Option<&str> {
        let goes = |trail: &Trail| {
            self.existing().is_some_and(|existing| existing.arn == trail.arn)
                && (self.trail_goes() || (detached_too && self.trail_is_detached()))
        };
        let trails = self.observed().trails.as_deref().unwrap_or_default();
        trails.iter().find(|trail| uses(trail) && !goes(trail)).map(|trail| trail.name.as_str())
    }

    fn alarms(&self, plan: &mut Plan) {
        let managed = self.chain.managed.alarms.as_deref().unwrap_or_default();
        for alarm in self.observed().alarms.as_deref().unwrap_or_default() {
            if managed.contains(&alarm.name) {
                let change = Change::DeleteAlarm { alarm: alarm.name.clone() };
                plan.put(Action::Delete, change, "nobody is told any more");
            } else {
                self.foreign_alarm(plan, alarm);
            }
        }
    }

    /// Only the topic that goes is taken out of an alarm of somebody else's.
    fn foreign_alarm(&self, plan: &mut Plan, alarm: &Alarm) {
        let topic = self.wanted().topic_arn();
        let id = format!("alarm:{}", alarm.name);
        let told = [&alarm.actions, &alarm.ok_actions, &alarm.insufficient_data_actions];
        if !self.topic_goes() || !told.iter().any(|list| list.contains(&topic)) {
            return plan.keep(Step::Alarm, &id, "alarm", &alarm.name, "not rootbell's");
        }
        // The call that takes it out writes the whole alarm: only one on our metric is known well enough.
        if alarm.name != self.wanted().alarm.value || alarm.metric != self.wanted().metric {
            let detail = "not rootbell's; it tells a topic that goes";
            return plan.keep(Step::Alarm, &id, "alarm", &alarm.name, detail);
        }
        let less = |list: &[String]| list.iter().filter(|arn| **arn != topic).cloned().collect();
        let rest = Alarm {
            actions: less(&alarm.actions),
            ok_actions: less(&alarm.ok_actions),
            insufficient_data_actions: less(&alarm.insufficient_data_actions),
            ..alarm.clone()
        };
        let change = Change::PutMetricAlarm { alarm: Box::new(rest) };
        plan.put(Action::Update, change, format!("not rootbell's; told `{}` → does not", self.wanted().topic.value));
    }

    fn topic(&self, plan: &mut Plan) {
        let Ok(Some(topic)) = &self.observed().topic else { return };
        self.subscriptions(plan);
        if self.topic_goes() {
            let change = Change::DeleteTopic { topic_arn: topic.arn.clone() };
            return plan.put(Action::Delete, change, "");
        }
        let managed = policy::topic_statements(&self.wanted().account_region, &topic.arn);
        plan.keep(Step::Topic, "topic", "SNS topic", topic.name(), "not rootbell's");
        let (policy, detail) = match policy::without(topic.policy.as_ref(), &managed) {
            Without::Unchanged => return,
            Without::Rest(rest) => (rest, "not rootbell's; its two statements → gone"),
            // A topic has a policy, always.
            Without::Empty => match policy::without(topic.policy.as_ref(), &managed[1..]) {
                Without::Rest(rest) => (rest, "not rootbell's; CloudWatch may publish → may not"),
                Without::Unchanged | Without::Empty => return,
            },
        };
        plan.put(Action::Update, Change::SetTopicPolicy { topic_arn: topic.arn.clone(), policy }, detail);
    }

    /// Those of a topic that goes, go; those of another's topic only where the address is named, since nothing tells who
    /// asked for them.
    fn subscriptions(&self, plan: &mut Plan) {
        let named = &self.wanted().emails;
        let goes = |endpoint: &str| {
            self.topic_goes()
                || (named.origin == Origin::Given && named.value.iter().any(|e| e.eq_ignore_ascii_case(endpoint)))
        };
        for subscription in self.observed().subscriptions.as_deref().unwrap_or_default() {
            let endpoint = &subscription.endpoint;
            let detail = match (subscription.state, &subscription.arn) {
                (Confirmation::Deleted, _) => continue,
                (_, Some(arn)) if goes(endpoint) => {
                    let change = Change::Unsubscribe { arn: arn.clone(), endpoint: endpoint.clone() };
                    plan.put(Action::Delete, change, "");
                    continue;
                }
                (Confirmation::Pending, _) if goes(endpoint) => {
                    "never confirmed, so it cannot be deleted: it goes by itself within 48 hours"
                }
                _ => "of a topic that is not rootbell's; name it (--email) to take it off",
            };
            plan.keep(Step::Topic, &format!("subscription:{endpoint}"), "subscription", endpoint, detail);
        }
    }

    /// A filter has no tags: its name tells, or that it counts into our namespace.
    fn filters(&self, plan: &mut Plan) {
        let log_group = &self.wanted().log_group.value;
        let managed = |f: &&MetricFilter| f.name == DEFAULT_FILTER || f.metric.namespace == default_metric().namespace;
        for filter in self.observed().filters.as_deref().unwrap_or_default().iter().filter(managed) {
            let change = Change::DeleteMetricFilter { log_group: log_group.clone(), filter: filter.name.clone() };
            plan.put(Action::Delete, change, format!("on `{log_group}`"));
        }
    }

    fn trail(&self, plan: &mut Plan) {
        let Some(trail) = self.existing() else { return };
        let name = &trail.name;
        if self.trail_goes() {
            let status = self.observed().trail.as_ref().and_then(|watched| watched.status.as_ref().ok());
            if status.is_some_and(|status| status.logging) {
                plan.put(Action::Delete, Change::StopLogging { trail: name.clone() }, "records nothing any more");
            }
            return plan.put(Action::Delete, Change::DeleteTrail { trail: name.clone() }, "");
        }
        if self.trail_is_detached() {
            let change = Change::DetachLogs { trail: name.clone() };
            let detail = format!("not rootbell's; delivers to `{}` → to no log group", self.wanted().log_group.value);
            plan.put(Action::Update, change, detail);
            return plan.notes.push((
                Step::Trail,
                format!(
                    "If rootbell made the trail `{name}` see every region, sign its log files or record, it goes on to: \
                     what it was before is written down nowhere."
                ),
            ));
        }
        let detail = if trail.organization {
            "the organization's".to_owned()
        } else if *name == TRAIL && trail.home_region != self.wanted().account_region.region {
            format!("lives in {0}: to take it away, go there (--region {0})", trail.home_region)
        } else {
            "not rootbell's".to_owned()
        };
        plan.keep(Step::Trail, "trail", "trail", name, detail);
    }

    fn role(&self, plan: &mut Plan) {
        let Ok(Some(role)) = &self.observed().role else { return };
        if let Some(user) = self.user(|trail| trail.role_arn.as_deref() == Some(role.arn.as_str()), true) {
            return plan.keep(Step::Trail, "role", "IAM role", &role.name, format!("the trail `{user}` needs it"));
        }
        let name = || role.name.clone();
        if tagged(&role.tags) {
            if role.policy.is_some() {
                plan.put(Action::Delete, Change::DeleteRolePolicy { role: name() }, "");
            }
            return plan.put(Action::Delete, Change::DeleteRole { role: name() }, "");
        }
        plan.keep(Step::Trail, "role", "IAM role", &role.name, "not rootbell's");
        let statements = |document: &serde_json::Value| document["Statement"].as_array().cloned().unwrap_or_default();
        let permissions =
            policy::role_permissions(&self.wanted().account_region, &self.wanted().log_group.value, false);
        match policy::without(role.policy.as_ref(), &statements(&permissions)) {
            Without::Unchanged => {}
            Without::Empty => plan.put(Action::Delete, Change::DeleteRolePolicy { role: name() }, "rootbell's own"),
            Without::Rest(policy) => {
                plan.put(Action::Update, Change::PutRolePolicy { role: name(), policy }, "rootbell's statement → gone");
            }
        }
        // A role that nobody may take is left with the statement: a trust policy has one at least.
        if let Without::Rest(trust) = policy::without(Some(&role.trust), &statements(&policy::role_trust(None))) {
            let change = Change::UpdateAssumeRolePolicy { role: name(), trust };
            plan.put(Action::Update, change, "CloudTrail may act as it → may not");
        }
    }

    fn log_group(&self, plan: &mut Plan) {
        let Ok(Some(group)) = &self.observed().log_group else { return };
        let arn = self.wanted().account_region.log_group_arn(&group.name);
        let delivers = |trail: &Trail| {
            trail.log_group_arn.as_deref().is_some_and(|to| to.trim_end_matches(":*") == arn.trim_end_matches(":*"))
        };
        let stays = if self.chain.managed.log_group != Ok(true) {
            "not rootbell's".to_owned()
        } else if let Some(user) = self.user(delivers, true) {
            format!("the trail `{user}` delivers to it")
        } else if self.logs {
            let detail = format!("with its events, about {}", bytes(group.stored_bytes));
            return plan.put(Action::Delete, Change::DeleteLogGroup { log_group: group.name.clone() }, detail);
        } else {
            format!("stays with its events, about {} (--with-logs takes it away)", bytes(group.stored_bytes))
        };
        plan.keep(Step::Trail, "log_group", "log group", &group.name, stays);
    }

    fn bucket(&self, plan: &mut Plan) {
        let Ok(BucketLookup::Owned(bucket)) = &self.observed().bucket else { return };
        let name = || bucket.name.clone();
        if let Some(user) = self.user(|trail| trail.bucket == bucket.name, false) {
            let detail = format!("the trail `{user}` writes to it");
            return plan.keep(Step::Trail, "bucket", "S3 bucket", &bucket.name, detail);
        }
        if !tagged(&bucket.tags) {
            plan.keep(Step::Trail, "bucket", "S3 bucket", &bucket.name, "not rootbell's");
            let account_region = &self.wanted().account_region;
            let trail = account_region.trail_arn(&self.wanted().trail.value);
            let managed = policy::bucket_statements(account_region, &bucket.name, &trail);
            match policy::without(bucket.policy.as_ref(), &managed) {
                Without::Unchanged => {}
                Without::Empty => {
                    plan.put(Action::Delete, Change::DeleteBucketPolicy { bucket: name() }, "rootbell's own");
                }
                Without::Rest(policy) => {
                    let change = Change::PutBucketPolicy { bucket: name(), policy };
                    plan.put(Action::Update, change, "rootbell's statements → gone");
                }
            }
            return;
        }
        let Some(contents) = self.chain.managed.contents.clone().unwrap_or_default().filter(|_| self.logs) else {
            let detail = "stays with its log files (--with-logs takes it away)";
            return plan.keep(Step::Trail, "bucket", "S3 bucket", &bucket.name, detail);
        };
        if contents.objects > 0 || self.trail_goes() {
            let detail = format!("{}, every version", amount(contents));
            plan.put(Action::Delete, Change::EmptyBucket { bucket: name() }, detail);
        }
        plan.put(Action::Delete, Change::DeleteBucket { bucket: name() }, "");
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

/// In the unit that leaves one to three digits before the point.
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
