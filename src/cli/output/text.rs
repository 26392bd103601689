//! Phrases that several commands print.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time in this time zone, in a `strftime` format.
pub(in crate::cli) fn format_local(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    at.to_zoned_datetime(zone.clone()).strftime(format).to_string()
}

/// "1 change", "2 changes".
pub(in crate::cli) fn pluralize(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// "this 1 change", "these 2 changes".
pub(in crate::cli) fn these_changes(n: usize) -> String {
    format!("{} {}", if n == 1 { "this" } else { "these" }, pluralize(n, "change"))
}
