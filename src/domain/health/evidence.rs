//! What the checks judge.

use jiff::Timestamp;

use crate::domain::observed::Observed;
use crate::domain::settings::Settings;

/// What the checks judge.
pub(super) struct Evidence<'a> {
    pub settings: &'a Settings,
    pub observed: &'a Observed,
    pub now: Timestamp,
}
