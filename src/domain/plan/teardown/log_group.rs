//! The teardown of the log group and of what is on it.

use super::{TeardownPlanner, added, bytes, is_managed};
use crate::domain::added::{Addition, Recorded};
use crate::domain::alert::{AlertId, FilterSpec};
use crate::domain::change::{Change, ResourceKind, Step};
use crate::domain::enum_map::Variants;
use crate::domain::observed::{LogGroup, MetricFilter, Trail};
use crate::domain::plan::{Action, Hint, Plan, refused};
use crate::domain::retention::RetentionDays;

/// Whether rootbell created the filter. It has no tags, but rootbell's filters have its name or count into its namespace.
fn is_own_filter(filter: &MetricFilter) -> bool {
    AlertId::ALL.iter().any(|alert| {
        let FilterSpec { name, namespace, .. } = alert.spec().filter;
        filter.name == name || filter.metric.namespace == namespace
    })
}

impl TeardownPlanner<'_> {
    pub(super) fn filters(&self, plan: &mut Plan) {
        let log_group = &self.wanted().log_group.value;
        let managed = |filter: &&MetricFilter| is_own_filter(filter);
        for filter in self.observed().filters.as_deref().unwrap_or_default().iter().filter(managed) {
            let change = Change::DeleteMetricFilter { log_group: log_group.clone(), filter: filter.name.clone() };
            plan.put(self.wanted(), Action::Delete, change, format!("on `{log_group}`"));
        }
    }

    pub(super) fn log_group(&self, plan: &mut Plan) {
        let Ok(Some(group)) = &self.observed().log_group else { return };
        let arn = self.wanted().account_region.log_group_arn(&group.name);
        let delivers = |trail: &Trail| trail.delivers_to(&arn) && !self.named_log_group_before(trail);
        let detail = if !is_managed(&self.chain.managed.log_group) {
            return self.unmanaged_log_group(plan, group);
        } else if let Some(user) = self.remaining_user(delivers, true) {
            format!("the trail `{user}` delivers to it")
        } else if self.logs {
            plan.block_if(Step::Trail, refused::deletion(group));
            let detail = format!(
                "with its events, about {}, and any subscription filter{}",
                bytes(group.stored_bytes),
                self.filters_of_others().unwrap_or_default()
            );
            return plan.put(
                self.wanted(),
                Action::Delete,
                Change::DeleteLogGroup { log_group: group.name.clone() },
                detail,
            );
        } else {
            let detail = format!("kept with its events, about {}", bytes(group.stored_bytes));
            plan.keep(Step::Trail, ResourceKind::LogGroup, &group.name, detail);
            return plan.hint(Hint::DeleteLogs);
        };
        plan.keep(Step::Trail, ResourceKind::LogGroup, &group.name, detail);
    }

    /// Restores the retention of an unmanaged log group, unless somebody has changed it since.
    fn unmanaged_log_group(&self, plan: &mut Plan, group: &LogGroup) {
        plan.keep(Step::Trail, ResourceKind::LogGroup, &group.name, "unmanaged");
        for addition in added(&self.chain.managed.log_group) {
            let Addition::Retention { from, to } = *addition else { continue };
            if group.retention_days != to {
                continue;
            }
            let log_group = group.name.clone();
            let change = match from {
                RetentionDays::Days(days) => Change::PutRetentionPolicy { log_group, days },
                RetentionDays::Never => Change::DeleteRetentionPolicy { log_group },
            };
            let detail = format!("unmanaged; {} → {}, as before", to.describe(), from.describe());
            plan.put(self.wanted(), Action::Update, change, detail);
        }
        let arn = self.wanted().account_region.log_group_tagging_arn(&group.name);
        self.remove_record(plan, Recorded::LogGroup, &arn);
    }

    /// The metric filters that disappear with the log group although rootbell didn't create them, as the end of a sentence.
    fn filters_of_others(&self) -> Option<String> {
        let all = self.observed().filters.as_deref().unwrap_or_default().iter();
        let names: Vec<String> =
            all.filter(|filter| !is_own_filter(filter)).map(|filter| format!("`{}`", filter.name)).collect();
        let more = match names.len() {
            0 => return None,
            1 => "an unmanaged metric filter".to_owned(),
            several => format!("{several} unmanaged metric filters"),
        };
        let listed = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let rest = if names.len() > 3 { ", …" } else { "" };
        Some(format!("; and {more}: {listed}{rest}"))
    }
}
