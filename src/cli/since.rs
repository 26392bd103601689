//! `--since`: how far back.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A point in time as people say it.
#[derive(Clone, Copy, Debug)]
pub enum Since {
    /// "7d": days are the calendar's, so that one is 23 hours long where the clocks change.
    Ago(Span),
    /// "2026-11-01": from when that day begins here.
    Here(DateTime),
    /// "2026-11-01T08:00:00Z".
    At(Timestamp),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time to begin at; say 90m, 24h, 7d, 2w, or a date such as 2026-11-01");
        let text = text.trim();
        if let Some(unit) = text.strip_prefix(|c: char| c.is_ascii_digit()).and_then(|_| text.chars().last())
            && unit.is_ascii_lowercase()
        {
            let number: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
            let span = match unit {
                'm' => Span::new().try_minutes(number),
                'h' => Span::new().try_hours(number),
                'd' => Span::new().try_days(number),
                'w' => Span::new().try_weeks(number),
                _ => return Err(wrong()),
            };
            return if number == 0 { Err(wrong()) } else { span.map(Self::Ago).map_err(|_| wrong()) };
        }
        let at = text.parse().map(Self::At);
        at.or_else(|_| text.parse().map(Self::Here)).map_err(|_| wrong())
    }
}

impl Since {
    /// The moment that is meant.
    ///
    /// # Errors
    /// A moment to come, or one that no calendar has.
    pub(super) fn moment(self, now: Timestamp, here: &TimeZone) -> Result<Timestamp, String> {
        let found = match self {
            Self::Ago(span) => now.to_zoned_datetime(here.clone()).checked_sub(span).map(|at| at.timestamp()),
            Self::Here(at) => here.to_timestamp(at),
            Self::At(at) => Ok(at),
        };
        match found {
            Ok(at) if at <= now => Ok(at),
            Ok(_) => Err("that is still to come".to_owned()),
            Err(_) => Err("no calendar goes back that far".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str, zone: &str) -> Result<String, String> {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let at = text.parse::<Since>()?.moment(now, &TimeZone::get(zone).unwrap())?;
        Ok(at.to_string())
    }

    #[test]
    fn a_while_ago_and_a_date_are_understood() {
        for (text, wanted) in [
            ("90m", "2026-11-23T10:30:00Z"),
            ("24h", "2026-11-22T12:00:00Z"),
            ("7d", "2026-11-16T12:00:00Z"),
            ("2w", "2026-11-09T12:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T08:30", "2026-11-01T08:30:00Z"),
            ("2026-11-01T08:30:00+02:00", "2026-11-01T06:30:00Z"),
        ] {
            assert_eq!(moment(text, "UTC").as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn a_day_begins_when_it_begins_here_and_is_as_long_as_it_is_here() {
        assert_eq!(moment("2026-11-01", "Europe/Berlin").unwrap(), "2026-10-31T23:00:00Z");
        // The clocks went back in between.
        assert_eq!(moment("30d", "Europe/Berlin").unwrap(), "2026-10-24T11:00:00Z");
        assert_eq!(moment("720h", "Europe/Berlin").unwrap(), "2026-10-24T12:00:00Z");
    }

    #[test]
    fn anything_else_says_what_would_be_right() {
        for text in
            ["", "7", "d", "7 days", "7y", "-7d", "0d", "7D", "99999999999999999999d", "9999999999w", "2026-13-01"]
        {
            let said = moment(text, "UTC").unwrap_err();
            assert!(said.contains("90m, 24h, 7d, 2w") && said.contains(&format!("`{text}`")), "{text}: {said}");
        }
        assert_eq!(moment("2026-12-01", "UTC").unwrap_err(), "that is still to come");
        assert_eq!(moment("900000w", "UTC").unwrap_err(), "no calendar goes back that far");
    }
}
