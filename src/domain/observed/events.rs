//! The events that a trail records.

use serde::{Deserialize, Serialize};

/// Which management events a trail records, from `cloudtrail:GetEventSelectors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManagementEvents {
    pub read: bool,
    pub write: bool,
    /// The event sources of [`NEEDED_SOURCES`] and [`HIGH_VOLUME_SOURCES`] whose events it does not record. `excluded_sources` in a demo account's file.
    #[serde(rename = "excluded_sources")]
    pub excluded: Vec<String>,
    /// A field that its selectors depend on and that rootbell can't judge. `unjudged_field` in a demo account's file.
    #[serde(rename = "unjudged_field")]
    pub unjudged: Option<String>,
    /// There are also data events, advanced selectors or exclusions; replacing the selectors would lose them, and a teardown
    /// could not restore them.
    /// `other_selectors` in a demo account's file.
    #[serde(rename = "other_selectors")]
    pub others: bool,
}

/// The sources of the events that a trail must record: sign-ins, and changes to root's own credentials.
pub const NEEDED_SOURCES: [&str; 2] = ["signin.amazonaws.com", "iam.amazonaws.com"];

/// The sources that a trail can leave out because of their many events. Only auditors object.
///
/// Source: CloudTrail API, EventSelector, `ExcludeManagementEventSources`.
pub const HIGH_VOLUME_SOURCES: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// AWS's name for these management events in a basic event selector. A selector that includes none has it too.
///
/// Source: CloudTrail API, EventSelector, `ReadWriteType`.
#[must_use]
pub fn read_write_type(read: bool, write: bool) -> &'static str {
    match (read, write) {
        (true, false) => "ReadOnly",
        (false, true) => "WriteOnly",
        (true, true) | (false, false) => "All",
    }
}

impl Default for ManagementEvents {
    fn default() -> Self {
        Self::ALL
    }
}

impl ManagementEvents {
    /// What a new trail records by default.
    pub const ALL: Self = Self { read: true, write: true, excluded: Vec::new(), unjudged: None, others: false };

    /// The sign-ins that it certainly does not record, as the object of a sentence. A sign-in is a write event.
    ///
    /// Source: CloudTrail User Guide, "AWS Management Console sign-in events": the examples have `readOnly` false.
    #[must_use]
    pub fn missing_sign_ins(&self) -> Option<String> {
        match (self.read, self.write) {
            (false, false) => Some("management events".to_owned()),
            (true, false) => Some("writes, such as sign-ins".to_owned()),
            (_, true) => {
                let excluded = self.excluded.iter().find(|source| *source == NEEDED_SOURCES[0])?;
                Some(format!("the events of {excluded}"))
            }
        }
    }

    /// What it certainly does not record, as the object of a sentence; `None` if nothing of importance is known to be
    /// missing.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        match (self.read, self.write) {
            (false, false) => Some("management events".to_owned()),
            (true, false) => Some("writes".to_owned()),
            (false, true) => Some("reads".to_owned()),
            (true, true) => self.without_events_of(&NEEDED_SOURCES),
        }
    }

    /// The events that it leaves out because there are many of them, as the object of a sentence.
    #[must_use]
    pub fn missing_high_volume(&self) -> Option<String> {
        self.without_events_of(&HIGH_VOLUME_SOURCES)
    }

    fn without_events_of(&self, sources: &[&str]) -> Option<String> {
        let excluded: Vec<&str> =
            self.excluded.iter().map(String::as_str).filter(|source| sources.contains(source)).collect();
        (!excluded.is_empty()).then(|| format!("the events of {}", excluded.join(" and ")))
    }
}
