//! Which of root's events are emailed one by one.

use std::fmt;
use std::str::FromStr;

use super::enum_map::variants;

variants! {
    /// Which events the event rules report. All of them leave out read-only calls.
    pub enum EventScope {
        /// None: only the alarm reports root use.
        No,
        /// Sign-ins, recoveries of the password, and changes to root's credentials, to the contacts, and to the account.
        Changes,
        /// Sign-ins, and every call that writes. An account that runs on root's access keys gets thousands of emails.
        Writes,
    }
}

impl EventScope {
    /// Their names, in the order in which the form offers them.
    pub const NAMES: [&'static str; Self::ALL.len()] =
        [Self::No.as_str(), Self::Changes.as_str(), Self::Writes.as_str()];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Changes => "changes",
            Self::Writes => "writes",
        }
    }
}

impl fmt::Display for EventScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EventScope {
    type Err = String;

    /// # Errors
    /// If there is no such scope.
    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == name)
            .ok_or_else(|| format!("`{name}` is not one of {}.", Self::NAMES.join(", ")))
    }
}
