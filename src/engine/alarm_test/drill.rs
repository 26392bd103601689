//! What a drill uses: the log group that its event goes to, the filter and metric that count it, and the second path.

use jiff::Timestamp;

use super::events::EventDrill;
use super::result::TestError;
use crate::domain::change::Resource;
use crate::domain::observed::{Metric, Observed};
use crate::domain::settings::Settings;

/// The part of the chain before the alarm, and the second path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    pub log_group: String,
    pub pattern: String,
    pub metric: Metric,
    /// The ID of the drill's event.
    pub id: String,
    /// The second path, if rootbell's event rules exist.
    pub events: Option<EventDrill>,
}

impl Drill {
    /// Prepares a drill at the time `at`, with the account's own filter.
    ///
    /// # Errors
    /// [`TestError::Unreadable`] and [`TestError::NotCounted`]: a drill would leave its event behind and prove nothing.
    pub fn of(settings: &Settings, observed: &Observed, at: Timestamp) -> Result<Self, TestError> {
        let log_group = settings.log_group.value.clone();
        if let Err(unreadable) = &observed.filters {
            return Err(TestError::Unreadable(unreadable.clone()));
        }
        let Some(filter) = settings.root_use().existing_filter(observed) else {
            return Err(TestError::NotCounted { log_group });
        };
        let id = format!("rootbell-drill-{}", at.as_nanosecond());
        let events = EventDrill::of(&settings.account_region, &observed.events, &id);
        Ok(Self { log_group, pattern: filter.pattern.clone(), metric: filter.metric.clone(), id, events })
    }

    /// Whether others may use the log group's events: its name isn't rootbell's default (even if the user chose it), or
    /// the trail is an organization trail.
    pub fn is_shared_log_group(settings: &Settings, observed: &Observed) -> bool {
        let is_organization_trail = observed.trail.as_ref().is_some_and(|watched| watched.trail.organization);
        is_organization_trail || !settings.has_default_name(Resource::LogGroup)
    }
}
