//! What the commands print, and how.

pub(super) mod console;
pub(super) mod elsewhere;
pub(super) mod json;
pub(super) mod plan;
pub(super) mod progress;
pub(super) mod script;
pub(super) mod text;
