//! `apply --audit` on accounts that others set up.

use super::*;

/// What rootbell leaves to the owner of an unmanaged topic or bucket: it removes nothing from their policies.
const LEFT_TO_OTHERS: [&str; 2] = ["topic.public", "bucket.private"];

#[test]
fn apply_for_auditors_leaves_no_finding_that_it_can_fix_and_keeps_alerts_arriving() {
    let (mut failed, mut fixed) = (Vec::new(), 0);
    for (name, expected, account) in readable_setups() {
        let setup = SetupOptions { audit: Some(true), ..expected.setup() };
        let cloud = cloud(account);
        in_virtual_time(async {
            let (before, plan) = observe_and_plan(&cloud, &setup).await;
            if !before.healthy() || before.audit_findings().next().is_none() || !plan.blocked.is_empty() {
                return;
            }
            let outcome = apply(&cloud, &setup).await;
            // What was asked for once needn't be asked for again.
            let (health, _) = observe_and_plan(&cloud, &expected.setup()).await;
            let (_, plan) = observe_and_plan(&cloud, &setup).await;
            let left: Vec<_> = health.audit_findings().map(|check| check.id.as_str()).collect();
            let is_left_to_others = left.iter().all(|id| LEFT_TO_OTHERS.contains(id));
            fixed += usize::from(left.is_empty());
            if outcome.is_err() || !health.healthy() || !plan.is_empty() || !is_left_to_others {
                failed.push(format!("{name}: {outcome:?} {left:?} {:?} {:?}", health.weakest(), kinds(&plan)));
            }
        });
    }
    assert_none(&failed, "accounts");
    assert!(fixed >= 10, "{fixed}");
}
