//! Which of the existing resources make up the path from a root sign-in to a person.

use super::arn::Arn;
use super::region::Region;

/// An existing resource on the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    pub value: T,
    /// Whether it does its job, so that it can be used as it is.
    pub usable: bool,
}

/// The existing resources by which a root sign-in reaches a person or, if it doesn't, would do so with the fewest repairs.
/// The default is that there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPath {
    /// The name of the filter on the chain's log group.
    pub filter: Option<Found<String>>,
    /// The alarm's name.
    pub alarm: Option<Found<String>>,
    pub topic: Option<Found<Arn>>,
}

impl<T> Found<T> {
    /// Its value, whether it can be used or not.
    #[must_use]
    pub fn any(found: Option<&Self>) -> Option<&T> {
        found.map(|found| &found.value)
    }

    /// Its value, if it can be used as it is.
    #[must_use]
    pub fn usable(found: Option<&Self>) -> Option<&T> {
        found.filter(|found| found.usable).map(|found| &found.value)
    }
}

/// A path in another Region, to which a trail of this account delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub region: Region,
    /// The trail's name.
    pub trail: String,
    /// The alarm's name; `None`: there is none.
    pub alarm: Option<String>,
    pub state: ElsewhereState,
}

/// Whether a path in another Region works, the best state first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ElsewhereState {
    Works,
    /// It still waits for a confirmation or a first delivery.
    Pending,
    /// It doesn't work, or that isn't known, for this reason, in one or more sentences.
    Lacking(String),
}

impl ElsewhereState {
    /// Its text in JSON output. Stable, because scripts rely on it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Pending => "pending",
            Self::Lacking(_) => "lacking",
        }
    }
}

impl Elsewhere {
    /// What exists there, in one or more sentences.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { region, trail, alarm, state } = self;
        let by = match alarm {
            Some(alarm) => format!("by the trail `{trail}` and the alarm `{alarm}`"),
            None => format!("by the trail `{trail}`"),
        };
        match state {
            ElsewhereState::Works => format!("Root use is already monitored in {region}, {by}."),
            ElsewhereState::Pending => {
                format!("Root use is already monitored in {region}, {by}, once what it still waits for has happened.")
            }
            ElsewhereState::Lacking(why) => {
                format!("The trail `{trail}` delivers to {region}, where the setup is incomplete: {why}")
            }
        }
    }

    /// What it lacks; `None`: it works, or only waits.
    #[must_use]
    pub fn lacks(&self) -> Option<&str> {
        match &self.state {
            ElsewhereState::Works | ElsewhereState::Pending => None,
            ElsewhereState::Lacking(why) => Some(why),
        }
    }
}
