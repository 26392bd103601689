//! Whether an alarm notifies the topic.

use crate::domain::observed::{Alarm, Observed};
use crate::domain::settings::Settings;

/// Why the alarm does not notify the topic, as part of a sentence; `None` if it does, or if the setup relies on something
/// else that it notifies.
#[must_use]
pub fn action_fault(alarm: &Alarm, settings: &Settings, observed: &Observed) -> Option<String> {
    let (name, topic) = (&alarm.name, &settings.topic.value);
    if !alarm.config.actions_enabled {
        return Some(format!("The actions of `{name}` are disabled"));
    }
    if alarm.config.actions.is_empty() {
        return Some(format!("`{name}` has no action, so no alert is sent"));
    }
    if alarm.config.actions.contains(&settings.topic_arn()) || settings.relies_on_trust(alarm) {
        return None;
    }
    if let Some(gone) = alarm.config.actions.iter().find(|arn| observed.is_gone(arn)) {
        return Some(format!("`{name}` notifies {gone}, which does not exist"));
    }
    if let Some(other_region) =
        alarm.config.actions.iter().find(|arn| arn.is_topic_outside(&settings.account_region.region))
    {
        return Some(format!("`{name}` notifies {other_region}; an alarm can only notify topics in its own Region"));
    }
    Some(format!("`{name}` does not notify the topic `{topic}`"))
}
