//! Tests of the whole program from the outside: its screens, its commands, real HTTP, and its architecture rules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails also fails the test")]
#![allow(clippy::disallowed_methods, reason = "these tests run the program in real time")]
#![allow(clippy::struct_excessive_bools, clippy::struct_field_names, reason = "attributes have AWS's names")]
#![allow(unreachable_pub, reason = "nothing outside of the tests uses their helpers")]
#![allow(clippy::format_push_string, reason = "speed does not matter here")]

mod adoption;
#[cfg(unix)]
mod alarm_test;
mod architecture;
mod broken;
#[cfg(unix)]
mod cli;
#[cfg(unix)]
mod confirm;
#[cfg(unix)]
mod doctor;
mod faults;
mod flows;
mod fuzz;
mod hardening;
#[cfg(unix)]
mod hostile;
mod iam_policies;
#[cfg(unix)]
mod interrupted_apply;
#[cfg(unix)]
mod interrupts;
#[cfg(unix)]
mod naming;
#[cfg(unix)]
mod other_region;
mod performance;
mod properties;
#[cfg(unix)]
mod readme;
#[cfg(unix)]
mod refusals;
mod regions;
#[cfg(unix)]
mod release;
#[cfg(unix)]
mod root_user;
mod screens;
#[cfg(unix)]
mod search;
mod service_authorization;
mod setups;
#[cfg(unix)]
mod sign_in;
mod support;
mod teardown;
#[cfg(unix)]
mod teardown_http;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod trust;
#[cfg(unix)]
mod version;
#[cfg(unix)]
mod wire;
mod wordings;
