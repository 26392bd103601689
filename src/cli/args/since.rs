//! `--since`: how far back to search.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The start of a time range, as given on the command line.
#[derive(Clone, Copy, Debug)]
pub enum Since {
    /// "7d". These are calendar days, so a day is 23 or 25 hours long when the clocks change.
    Ago(Span),
    /// "2026-11-01": the start of that day in the local time zone.
    Local(DateTime),
    /// "2026-11-01T08:00:00Z".
    At(Timestamp),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid =
            || format!("`{text}` is not a valid start time; use 90m, 24h, 7d, 2w, or a date such as 2026-11-01");
        let text = text.trim();
        // Of the durations that jiff reads, only one number with a one-letter unit, so that "1y" or "-7d" is an error.
        if ["m", "h", "d", "w"].contains(&text.trim_start_matches(|c: char| c.is_ascii_digit())) {
            let span: Span = text.parse().map_err(|_| invalid())?;
            return if span.is_zero() { Err(invalid()) } else { Ok(Self::Ago(span)) };
        }
        let at = text.parse().map(Self::At);
        at.or_else(|_| text.parse().map(Self::Local)).map_err(|_| invalid())
    }
}

impl Since {
    /// The time that is meant; `zone` is the local time zone.
    ///
    /// # Errors
    /// A time in the future, or one that is out of range.
    pub(in crate::cli) fn timestamp(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
        let result = match self {
            Self::Ago(span) => now.to_zoned_datetime(zone.clone()).checked_sub(span).map(|at| at.timestamp()),
            Self::Local(at) => zone.to_timestamp(at),
            Self::At(at) => Ok(at),
        };
        match result {
            Ok(at) if at <= now => Ok(at),
            Ok(_) => Err("that is in the future".to_owned()),
            Err(_) => Err("that is too far back".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, zone: &str) -> Result<String, String> {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let at = text.parse::<Since>()?.timestamp(now, &TimeZone::get(zone).unwrap())?;
        Ok(at.to_string())
    }

    #[test]
    fn durations_and_dates_are_accepted() {
        for (text, expected) in [
            ("90m", "2026-11-23T10:30:00Z"),
            ("24h", "2026-11-22T12:00:00Z"),
            ("7d", "2026-11-16T12:00:00Z"),
            ("2w", "2026-11-09T12:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T08:30", "2026-11-01T08:30:00Z"),
            ("2026-11-01T08:30:00+02:00", "2026-11-01T06:30:00Z"),
        ] {
            assert_eq!(parse(text, "UTC").as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn days_follow_the_local_time_zone_and_its_clock_changes() {
        assert_eq!(parse("2026-11-01", "Europe/Berlin").unwrap(), "2026-10-31T23:00:00Z");
        // The clocks went back in between.
        assert_eq!(parse("30d", "Europe/Berlin").unwrap(), "2026-10-24T11:00:00Z");
        assert_eq!(parse("720h", "Europe/Berlin").unwrap(), "2026-10-24T12:00:00Z");
    }

    #[test]
    fn an_invalid_time_is_rejected_with_examples_of_valid_ones() {
        for text in
            ["", "7", "d", "7 days", "7y", "-7d", "0d", "7D", "99999999999999999999d", "9999999999w", "2026-13-01"]
        {
            let error = parse(text, "UTC").unwrap_err();
            assert!(error.contains("90m, 24h, 7d, 2w") && error.contains(&format!("`{text}`")), "{text}: {error}");
        }
        assert_eq!(parse("2026-12-01", "UTC").unwrap_err(), "that is in the future");
        assert_eq!(parse("900000w", "UTC").unwrap_err(), "that is too far back");
    }
}
