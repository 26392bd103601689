//! The spinner, and lengths of time.

use jiff::{SignedDuration, Timestamp};

/// A spinner: one of four characters, depending on the time.
pub(in crate::ui) fn spinner(now: Timestamp) -> char {
    let turn = now.as_millisecond().rem_euclid(480) / 120;
    ['-', '\\', '|', '/'][usize::try_from(turn).unwrap_or(0)]
}

/// Minutes and seconds, such as "0:42".
pub(in crate::ui) fn clock(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
