//! What the commands print, and how.

pub(super) mod console;
pub(super) mod progress;
pub(super) mod script;
