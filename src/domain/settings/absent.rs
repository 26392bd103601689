//! Resources that the user named, but that don't exist.

use super::{Origin, SettingId, Settings};
use crate::domain::change::Resource;
use crate::domain::observed::{BucketLookup, Observed};

impl Settings {
    /// That the resource which a setting names doesn't exist, as a sentence with the place where it was looked for.
    #[must_use]
    pub fn no_such(&self, id: SettingId) -> String {
        let kind = id.created_resource().map_or(id.spec().label, Resource::label);
        let place = match id {
            SettingId::Filter => format!(" on the log group `{}`", self.log_group.value),
            // Their names are not those of a Region.
            SettingId::Bucket | SettingId::Role => String::new(),
            _ => format!(" in {}", self.account_region.region),
        };
        format!("There is no {kind} `{}`{place}.", self.text(id).0)
    }

    /// The resources that the user named, but that don't exist. What could not be read may exist.
    #[must_use]
    pub fn absent(&self, observed: &Observed) -> Vec<SettingId> {
        let is_given = |id: &SettingId| id.created_resource().is_some() && self.text(*id).1 == Origin::Given;
        SettingId::ALL.iter().copied().filter(is_given).filter(|id| self.is_absent(*id, observed)).collect()
    }

    fn is_absent(&self, id: SettingId, observed: &Observed) -> bool {
        let root_use = self.root_use();
        match id {
            SettingId::Trail => observed.trails.is_ok() && observed.trail.is_none(),
            SettingId::Bucket => observed.bucket == Ok(BucketLookup::NotFound),
            SettingId::LogGroup => observed.log_group == Ok(None),
            SettingId::Role => observed.role == Ok(None),
            SettingId::Topic => observed.topic == Ok(None),
            SettingId::Filter => {
                let name = &root_use.filter.value;
                observed.filters.as_ref().is_ok_and(|all| !all.iter().any(|filter| filter.name == *name))
            }
            SettingId::Alarm => observed.alarms.is_ok() && root_use.named_alarm(observed).is_none(),
            SettingId::Retention
            | SettingId::KmsKey
            | SettingId::RestrictRole
            | SettingId::Emails
            | SettingId::Events
            | SettingId::Runbook
            | SettingId::Pattern
            | SettingId::Audit
            | SettingId::Trust => false,
        }
    }
}
