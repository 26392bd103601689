//! How long a log group keeps its events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::names::Validity;

/// The retention of a log group; in a demo account's file, a number of days or left out. A number of days that CloudWatch Logs doesn't offer can be represented, so that
/// [`Self::check`] can say what is wrong with it together with all other options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Option<u32>", into = "Option<u32>")]
pub enum RetentionDays {
    Days(u32),
    /// Events never expire.
    #[default]
    Never,
}

/// The retention periods that CloudWatch Logs accepts, in days.
///
/// Source: CloudWatch Logs API, PutRetentionPolicy, `retentionInDays`.
const ALLOWED: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

impl RetentionDays {
    /// From a log group's `retentionInDays`, which is missing if its events never expire.
    #[must_use]
    pub fn from_days(days: Option<u32>) -> Self {
        days.map_or(Self::Never, Self::Days)
    }

    /// The number of days; `None` if events never expire.
    #[must_use]
    pub fn days(self) -> Option<u32> {
        match self {
            Self::Days(days) => Some(days),
            Self::Never => None,
        }
    }

    /// # Errors
    /// The closest allowed values.
    pub fn check(self) -> Validity {
        let Self::Days(days) = self else { return Ok(()) };
        if ALLOWED.contains(&days) {
            return Ok(());
        }
        let below = ALLOWED.iter().rev().find(|d| **d < days);
        let above = ALLOWED.iter().find(|d| **d > days);
        let near = match (below, above) {
            (Some(b), Some(a)) => format!("{b} or {a}"),
            (Some(only), None) | (None, Some(only)) => only.to_string(),
            (None, None) => String::new(),
        };
        Err(format!("CloudWatch Logs cannot keep logs for {days} days; the closest it allows: {near}."))
    }

    /// As in `365 days` or `never expire`.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Days(days) => format!("{days} days"),
            Self::Never => "never expire".into(),
        }
    }
}

impl From<Option<u32>> for RetentionDays {
    fn from(days: Option<u32>) -> Self {
        Self::from_days(days)
    }
}

impl From<RetentionDays> for Option<u32> {
    fn from(retention: RetentionDays) -> Self {
        retention.days()
    }
}

impl fmt::Display for RetentionDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => days.fmt(f),
            Self::Never => f.write_str("never"),
        }
    }
}

impl FromStr for RetentionDays {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("never") {
            return Ok(Self::Never);
        }
        text.parse().map(Self::Days).map_err(|_| "Enter a number of days, such as 365, or `never`.".into())
    }
}

#[cfg(test)]
mod tests {
    use super::RetentionDays::{Days, Never};
    use super::*;

    #[test]
    fn a_retention_that_is_not_allowed_is_refused_with_the_closest_allowed_values() {
        let error = Days(42).check().unwrap_err();
        assert!(error.contains("30 or 60"), "{error}");
        assert!(Days(365).check().is_ok() && Never.check().is_ok());
        assert!(Days(5000).check().unwrap_err().contains("3653"));
        assert!(Days(0).check().unwrap_err().contains(": 1."));
    }

    #[test]
    fn a_retention_is_a_number_of_days_or_never() {
        for retention in ALLOWED.into_iter().map(Days).chain([Never]) {
            assert_eq!(retention.to_string().parse(), Ok(retention));
            assert_eq!(RetentionDays::from_days(retention.days()), retention);
        }
        assert_eq!("Never".parse(), Ok(Never));
        for text in ["", "many", "-1", "1.5", "forever", "365 days"] {
            assert!(text.parse::<RetentionDays>().unwrap_err().contains("`never`"), "{text}");
        }
    }

    #[test]
    fn never_is_longer_than_any_number_of_days() {
        assert!(Never > Days(u32::MAX) && Days(731) > Days(365));
    }
}
