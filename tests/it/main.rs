//! The whole program from outside: its screens, its commands, the wire, the house rules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that cannot go on fails the test")]
#![allow(clippy::disallowed_methods, reason = "the program runs in real time here")]
#![allow(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "attributes are called as AWS calls them"
)]
#![allow(clippy::format_push_string, reason = "no test is slow for that")]

mod adoption;
#[cfg(unix)]
mod alarm_test;
mod architecture;
mod broken;
#[cfg(unix)]
mod cli;
#[cfg(unix)]
mod cut_short;
mod fast;
mod faults;
mod flows;
mod fuzz;
mod hardening;
#[cfg(unix)]
mod hostile;
mod iam_policies;
#[cfg(unix)]
mod interrupts;
mod properties;
#[cfg(unix)]
mod readme;
mod screens;
#[cfg(unix)]
mod search;
#[cfg(unix)]
mod sign_in;
mod support;
mod teardown;
#[cfg(unix)]
mod teardown_http;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod version;
#[cfg(unix)]
mod wire;
