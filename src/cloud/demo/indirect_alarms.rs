//! Alarms that don't simply watch one metric. The demo lists them, but doesn't evaluate them.

use super::account::Account;
use super::view::AccountView;
use crate::domain::arn::Arn;
use crate::domain::indirect_alarm::{IndirectAlarm, IndirectKind};

/// Source: CloudWatch API, DescribeAlarms, `AlarmTypes`.
pub(super) fn all(account: &Account, view: &AccountView) -> Vec<IndirectAlarm> {
    let Some(region) = account.regions.get(view.account_region.region.as_str()) else { return Vec::new() };
    let alarm = |name: &String, kind, actions_enabled, actions: &Vec<Arn>| IndirectAlarm {
        name: name.clone(),
        kind,
        actions_enabled,
        actions: actions.clone(),
    };
    let composite = region.composite_alarms.iter().map(|(name, it)| {
        let kind = IndirectKind::Composite { rule: it.rule.clone(), suppressor: it.suppressor.clone() };
        alarm(name, kind, it.actions_enabled, &it.actions)
    });
    let on_expressions = region.alarms.iter().filter(|(_, it)| it.expression.is_some()).map(|(name, it)| {
        let expressions = it.expression.iter().cloned().collect();
        let kind = IndirectKind::Expression { metrics: it.metrics.clone(), expressions };
        alarm(name, kind, it.config.actions_enabled, &it.config.actions)
    });
    let on_logs = region.log_alarms.iter().map(|(name, it)| {
        let kind = IndirectKind::Log { query: it.query.clone(), log_groups: it.log_groups.clone() };
        alarm(name, kind, it.actions_enabled, &it.actions)
    });
    composite.chain(on_expressions).chain(on_logs).collect()
}
