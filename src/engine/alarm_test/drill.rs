//! A drill's way into the chain: where its event goes, and by what it is counted.

use jiff::Timestamp;

use super::TestError;
use crate::domain::observed::{Metric, Observed};
use crate::domain::settings::Settings;

/// The drill's part of the chain, before the alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    pub log_group: String,
    pub pattern: String,
    pub metric: Metric,
    /// The event's own name.
    pub id: String,
}

impl Drill {
    /// For a drill at that moment, through what the account has.
    ///
    /// # Errors
    /// [`TestError::ReadError`] and [`TestError::NotCounted`]: a drill would leave its event behind, and prove nothing.
    pub fn of(settings: &Settings, observed: &Observed, at: Timestamp) -> Result<Self, TestError> {
        let log_group = settings.log_group.value.clone();
        if let Err(unreadable) = &observed.filters {
            return Err(TestError::ReadError(unreadable.clone()));
        }
        let Some(filter) = observed.root_filter(Some(&settings.filter.value)) else {
            return Err(TestError::NotCounted { log_group });
        };
        Ok(Self {
            log_group,
            pattern: filter.pattern.clone(),
            metric: filter.metric.clone(),
            id: format!("rootbell-drill-{}", at.as_nanosecond()),
        })
    }

    /// Whether others may work with what is in the log group: it has not rootbell's own name, even if the user gave it
    /// the name it has, or the trail is an organization's.
    #[must_use]
    pub fn is_among_others(settings: &Settings, observed: &Observed) -> bool {
        let of_organization = observed.trail.as_ref().is_some_and(|watched| watched.trail.organization);
        of_organization || !settings.has_our_name("log_group")
    }
}
