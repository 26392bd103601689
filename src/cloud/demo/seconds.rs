//! The demo's unit of time.

/// A time in seconds since the start of the demo, or a duration in seconds.
pub type Seconds = i64;
