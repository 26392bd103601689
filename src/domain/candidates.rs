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

/// A path that works in another Region, to which a trail of this account delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub region: Region,
    /// The names of the trail and the alarm.
    pub trail: String,
    pub alarm: String,
    /// Whether it still waits for a confirmation or a first delivery.
    pub pending: bool,
}

impl Elsewhere {
    /// What works there, as a sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { region, trail, alarm, pending } = self;
        let waits = if *pending { ", once what it still waits for has happened" } else { "" };
        format!("Root sign-ins are reported in {region}, by the trail `{trail}` and the alarm `{alarm}`{waits}.")
    }
}
