//! Deletes the topic and its subscriptions, or what rootbell added to an unmanaged topic.

use super::{TeardownPlanner, added};
use crate::domain::added::{Addition, Recorded};
use crate::domain::change::{Change, ResourceKind, Step};
use crate::domain::email::Email;
use crate::domain::observed::{Confirmation, Topic};
use crate::domain::plan::{Action, Hint, Plan};
use crate::domain::policy::{self, Remainder};
use crate::domain::settings::Origin;

impl TeardownPlanner<'_> {
    pub(super) fn topic(&self, plan: &mut Plan) {
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
        let mut managed = policy::topic_statements(&self.wanted().account_region, &topic.arn);
        managed.push(policy::topic_statement_for_rules(&topic.arn));
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
    pub(super) fn recorded_pending(&self) -> Vec<&str> {
        let is_recorded = |endpoint: &str| {
            added(&self.chain.managed.topic)
                .any(|addition| matches!(addition, Addition::Subscription(email) if **email == *endpoint))
        };
        let all = self.observed().subscriptions.as_deref().unwrap_or_default().iter();
        let pending = all.filter(|s| s.state == Confirmation::Pending && s.arn.is_none());
        pending.map(|s| s.endpoint.as_str()).filter(|endpoint| is_recorded(endpoint)).collect()
    }
}
