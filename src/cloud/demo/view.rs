//! From where, and when, a call sees the demo account.

use jiff::{SignedDuration, Timestamp};

use super::account::Seconds;
use crate::domain::AccountRegion;

/// The Region and time of a call.
pub(super) struct AccountView {
    pub account_region: AccountRegion,
    pub start: Timestamp,
    pub now: Seconds,
}

impl AccountView {
    pub(super) fn time_at(&self, at: Seconds) -> Timestamp {
        self.start.checked_add(SignedDuration::from_secs(at)).unwrap_or(self.start)
    }

    /// Whether a change made at that time, which needs `delay` seconds to propagate, is visible now.
    pub(super) fn has_propagated(&self, changed: Option<Seconds>, delay: Seconds) -> bool {
        changed.is_none_or(|changed| self.now >= changed.saturating_add(delay))
    }
}
