//! The windows over a screen.

pub(super) mod alarm_test;
pub(super) mod checks;
pub(super) mod teardown;
pub(super) mod window;
