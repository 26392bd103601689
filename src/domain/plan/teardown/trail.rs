//! What a teardown does to the trail: deletes rootbell's own, and reverts what rootbell added to an unmanaged one.

use super::{TeardownPlanner, added, is_managed};
use crate::domain::added::{ADDED, Addition, Recorded};
use crate::domain::arn::Arn;
use crate::domain::change::{Change, ResourceKind, Step, TrailUpdate};
use crate::domain::observed::{ManagementEvents, Trail};
use crate::domain::plan::{Action, Hint, Plan};
use crate::domain::settings::{DEFAULT_LOG_GROUP, TRAIL};

impl TeardownPlanner<'_> {
    pub(super) fn trail(&self, plan: &mut Plan) {
        let Some(trail) = self.existing() else { return };
        let name = &trail.name;
        if self.deletes_trail() {
            if self.is_logging() {
                plan.put(self.wanted(), Action::Delete, Change::StopLogging { trail: name.clone() }, "stops logging");
            }
            return plan.put(self.wanted(), Action::Delete, Change::DeleteTrail { trail: name.clone() }, "");
        }
        let before = plan.rows.len();
        if self.can_change(trail) {
            self.revert_trail(plan, trail);
        }
        if plan.rows.len() > before {
            return;
        }
        if !trail.organization && *name == TRAIL && trail.home_region != self.wanted().account_region.region {
            let detail = format!("home Region is {}: delete it there", trail.home_region);
            plan.keep(Step::Trail, ResourceKind::Trail, name, detail);
            return plan.hint(Hint::DeleteInRegion(trail.home_region.clone()));
        }
        let detail = if trail.organization { "organization trail" } else { "unmanaged" };
        plan.keep(Step::Trail, ResourceKind::Trail, name, detail);
    }

    fn is_logging(&self) -> bool {
        let watched = self.observed().trail.as_ref();
        watched.and_then(|watched| watched.status.as_ref().ok()).is_some_and(|status| status.logging)
    }

    /// Whether rootbell attached the log group to an unmanaged trail: the tag says so, or it delivers to a log group or with
    /// a role that rootbell created.
    pub(super) fn detaches_trail(&self) -> bool {
        let Some(trail) = self.existing() else { return false };
        let is_recorded = added(&self.chain.managed.trail)
            .any(|addition| matches!(addition, Addition::LogGroup(name) if trail.log_group() == Some(name.as_deref().unwrap_or(DEFAULT_LOG_GROUP))));
        let our_log_group = self.wanted().account_region.log_group_arn(&self.wanted().log_group.value);
        let uses_our_log_group = is_managed(&self.chain.managed.log_group)
            && trail.delivers_to(&our_log_group)
            && !self.named_log_group_before(trail);
        let uses_our_role =
            trail.role_arn.is_some() && trail.role_arn.as_ref() == self.role_arn() && self.role_is_tagged();
        !self.deletes_trail() && self.can_change(trail) && (is_recorded || uses_our_log_group || uses_our_role)
    }

    /// Whether the trail already delivered to the log group when rootbell created that.
    pub(super) fn named_log_group_before(&self, trail: &Trail) -> bool {
        let added = self.chain.managed.log_group.as_ref().map(|record| &record.added);
        added.is_ok_and(|added| added.iter().any(|a| matches!(a, Addition::LogGroupOf(name) if *name == trail.name)))
    }

    /// Reverts what rootbell added, unless somebody has changed it since.
    fn revert_trail(&self, plan: &mut Plan, trail: &Trail) {
        let name = || trail.name.clone();
        let has_record = added(&self.chain.managed.trail).next().is_some();
        if self.detaches_trail() {
            let detail = format!("unmanaged; delivers to `{}` → to no log group", self.wanted().log_group.value);
            plan.put(self.wanted(), Action::Update, Change::DetachLogs { trail: name() }, detail);
            if !has_record {
                let note = format!(
                    "If rootbell turned on all Regions, log file validation, or logging for the trail `{}`, that stays on: \
                     the earlier settings were not saved.",
                    trail.name
                );
                plan.note(Step::Trail, note.into());
            }
        }
        let mut update = TrailUpdate::default();
        let mut details = Vec::new();
        for addition in added(&self.chain.managed.trail) {
            match addition {
                Addition::Regions { global_events } if trail.multi_region => {
                    (update.multi_region, update.global_events) = (Some(false), Some(*global_events));
                    details.push(format!("covers all Regions → only {}", trail.home_region));
                }
                Addition::Validation if trail.log_file_validation => {
                    update.validation = Some(false);
                    details.push("log file validation on → off".to_owned());
                }
                _ => {}
            }
        }
        if !details.is_empty() {
            let change = Change::UpdateTrail { trail: name(), update };
            plan.put(self.wanted(), Action::Update, change, format!("unmanaged; {}", details.join("; ")));
        }
        let events = self.observed().trail.as_ref().and_then(|watched| watched.events.as_ref().ok());
        let recorded_events = added(&self.chain.managed.trail).find_map(|addition| match addition {
            Addition::Events { read, write } => Some((*read, *write)),
            _ => None,
        });
        if let Some((read, write)) = recorded_events.filter(|_| events == Some(&ManagementEvents::ALL)) {
            let change = Change::PutEventSelectors { trail: name(), read, write };
            let before = match (read, write) {
                (true, false) => "reads only",
                (false, true) => "writes only",
                (true, true) | (false, false) => "none",
            };
            let detail = format!("unmanaged; all management events → {before}");
            plan.put(self.wanted(), Action::Update, change, detail);
        }
        if self.is_logging() && added(&self.chain.managed.trail).any(|addition| *addition == Addition::Logging) {
            let change = Change::StopLogging { trail: name() };
            plan.put(self.wanted(), Action::Update, change, "unmanaged; logging → stopped, as it was");
        }
        self.remove_record(plan, Recorded::Trail, &trail.arn);
    }

    /// Removes the record of what is reverted.
    pub(super) fn remove_record(&self, plan: &mut Plan, kind: Recorded, arn: &Arn) {
        let record = match kind {
            Recorded::Trail => &self.chain.managed.trail,
            Recorded::LogGroup => &self.chain.managed.log_group,
            Recorded::Topic => &self.chain.managed.topic,
        };
        if added(record).next().is_none() {
            return;
        }
        let change = Change::RemoveAdded { kind, arn: arn.clone() };
        let step = change.step();
        let unknown: Vec<String> = added(record)
            .filter(|addition| matches!(addition, Addition::Unknown(_)))
            .map(|addition| format!("`{addition}`"))
            .collect();
        let pending = self.recorded_pending();
        if kind == Recorded::Topic && !pending.is_empty() {
            let note = format!(
                "The tag {ADDED} of `{}` stays while {} can still be confirmed, which takes AWS a few days to rule out: only a \
                 confirmed subscription can be deleted.",
                kind.name(arn),
                pending.join(" and ")
            );
            return plan.note(step, note.into());
        }
        if unknown.is_empty() {
            return plan.put(self.wanted(), Action::Delete, change, format!("unmanaged; the tag {ADDED}"));
        }
        let note = format!(
            "The tag {ADDED} of `{}` stays: this version doesn't know how to undo {}. A later version of rootbell added it.",
            kind.name(arn),
            unknown.join(", ")
        );
        plan.note(step, note.into());
    }
}
