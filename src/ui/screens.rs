//! One file per screen.

pub(super) mod account;
pub(super) mod dashboard;
pub(super) mod step;
