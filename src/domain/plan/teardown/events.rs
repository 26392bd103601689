//! Deletes the event rules that rootbell created, and the role with which one of them forwards.

use super::{TeardownPlanner, tagged};
use crate::domain::change::{Change, ResourceKind, Step};
use crate::domain::own_rules::own_rules;
use crate::domain::plan::{Action, Plan};
use crate::domain::problem::Problem;
use crate::domain::role_purpose::RolePurpose;

impl TeardownPlanner<'_> {
    /// Each rule after its targets: AWS deletes no other.
    pub(super) fn event_rules(&self, plan: &mut Plan) {
        let (wanted, events) = (self.wanted(), &self.observed().events);
        for unread in events.unreadable() {
            let why = format!("The event rules could not be read, so rootbell deletes none: {}", unread.why);
            plan.note(Step::Topic, Problem::new(why, unread.fix.clone()));
        }
        let existing = own_rules(&wanted.account_region).filter_map(|(_, arn)| events.named(&arn));
        for rule in existing {
            if !self.chain.managed.rules.iter().flatten().any(|arn| *arn == rule.arn) {
                plan.keep_one(Step::Topic, ResourceKind::EventRule, &rule.name, "unmanaged");
                continue;
            }
            let detail = format!("in {}", rule.arn.region().unwrap_or_default());
            let targets = rule.targets.as_ref().and_then(|targets| targets.as_ref().ok());
            for target in targets.into_iter().flatten() {
                let change = Change::RemoveTarget { rule: rule.arn.clone(), target: target.id.clone() };
                plan.put(wanted, Action::Delete, change, detail.clone());
            }
            plan.put(wanted, Action::Delete, Change::DeleteRule { rule: rule.arn.clone() }, detail);
        }
    }

    pub(super) fn event_role(&self, plan: &mut Plan) {
        let Some(Ok(Some(role))) = &self.observed().events.role else { return };
        let purpose = RolePurpose::Forwarding;
        if !tagged(&role.tags) {
            return plan.keep(Step::Topic, ResourceKind::EventRole, &role.name, "unmanaged");
        }
        if role.policy.is_some() {
            let change = Change::DeleteRolePolicy { role: role.name.clone(), purpose };
            plan.put(self.wanted(), Action::Delete, change, "");
        }
        plan.put(self.wanted(), Action::Delete, Change::DeleteRole { role: role.name.clone(), purpose }, "");
    }
}
