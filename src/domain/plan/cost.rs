//! What a plan adds to the bill.

use std::fmt;

use super::{Action, Plan};
use crate::domain::change::{Change, ResourceKind, TrailUpdate};
use crate::domain::cost::{ALARM, Dollars, FILES, LOG_INGESTION, METRIC, Price};

/// How many digest files a trail of all Regions writes each month: one an hour in each of the 17 Regions that are enabled
/// in every account.
///
/// Source: CloudTrail User Guide, "CloudTrail digest file structure"; Account Management Guide, "Enable or disable AWS
/// Regions in your account".
const DIGEST_FILES: u64 = 17 * 730;

/// What a plan adds to the bill each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthlyCost {
    /// What it costs even if nothing happens in the account.
    pub fixed: Dollars,
    /// The part of `fixed` that is free as long as CloudWatch's free tier has room.
    pub in_free_tier: Dollars,
    /// Whether events are delivered to a log group that received none before.
    pub ingestion: bool,
}

/// What the resources that the plan creates cost; `None` if it creates nothing that AWS charges for.
#[must_use]
pub fn monthly(plan: &Plan) -> Option<MonthlyCost> {
    let creates = |kind| plan.rows.iter().any(|row| row.action == Action::Create && row.resource == kind);
    let price_of = |kind, price: Price| if creates(kind) { price.microdollars } else { 0 };
    let in_free_tier = price_of(ResourceKind::MetricFilter, METRIC) + price_of(ResourceKind::Alarm, ALARM);
    let files = price_of(ResourceKind::Trail, FILES) * DIGEST_FILES / 1_000;
    let delivers = |change: &Change| {
        matches!(
            change,
            Change::CreateTrail { .. } | Change::UpdateTrail { update: TrailUpdate { delivery: Some(_), .. }, .. }
        )
    };
    let cost = MonthlyCost {
        fixed: Dollars { microdollars: in_free_tier + files }.to_cents(),
        in_free_tier: Dollars { microdollars: in_free_tier },
        ingestion: plan.changes().any(delivers),
    };
    (cost.fixed.microdollars > 0 || cost.ingestion).then_some(cost)
}

impl MonthlyCost {
    /// What it costs each month even if nothing happens in the account, in US dollars.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few dollars in microdollars are far below 2^52")]
    pub fn usd_per_month(self) -> f64 {
        self.fixed.microdollars as f64 / 1e6
    }
}

impl fmt::Display for MonthlyCost {
    /// A sentence without a subject, as in "about 0.46 USD a month in a quiet account (0.06 USD within CloudWatch's free
    /// tier), plus 0.50 USD per GB of events".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {} a month in a quiet account", self.fixed)?;
        let rest = Dollars { microdollars: self.fixed.microdollars.saturating_sub(self.in_free_tier.microdollars) };
        match (self.in_free_tier.microdollars, rest.microdollars) {
            (0, _) => {}
            (_, 0) => write!(f, " (nothing within CloudWatch's free tier)")?,
            (_, _) => write!(f, " ({rest} within CloudWatch's free tier)")?,
        }
        if self.ingestion {
            write!(f, ", plus {} of events", LOG_INGESTION.in_words())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{settings, sound};
    use crate::domain::plan::plan;
    use crate::domain::{Observed, SetupOptions};

    fn cost_of(observed: &Observed) -> Option<String> {
        let plan = plan(&settings(&SetupOptions::default(), observed), observed);
        monthly(&plan).map(|cost| cost.to_string())
    }

    #[test]
    fn a_fresh_setup_costs_the_metric_the_alarm_and_the_digest_files() {
        let fresh = cost_of(&Observed::nothing()).unwrap();
        assert_eq!(
            fresh,
            "about 0.46 USD a month in a quiet account (0.06 USD within CloudWatch's free tier), plus 0.50 USD per GB of \
             events"
        );
    }

    #[test]
    fn only_what_is_created_is_counted() {
        assert_eq!(cost_of(&sound()), None);
        let without_alarm = Observed { alarms: Ok(Vec::new()), ..sound() };
        let wanted = "about 0.10 USD a month in a quiet account (nothing within CloudWatch's free tier)";
        assert_eq!(cost_of(&without_alarm).as_deref(), Some(wanted));
        let mut bare = sound();
        let trail = &mut bare.trail.as_mut().unwrap().trail;
        (trail.log_group_arn, trail.role_arn) = (None, None);
        bare.trails = Ok(vec![trail.clone()]);
        assert!(cost_of(&bare).unwrap().ends_with("plus 0.50 USD per GB of events"), "{:?}", cost_of(&bare));
    }
}
