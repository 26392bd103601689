//! The whole program from outside: its screens, its commands, the wire, the house rules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that cannot go on fails the test")]
#![allow(clippy::disallowed_methods, reason = "the program runs in real time here")]
#![allow(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "attributes are called as AWS calls them"
)]
#![allow(clippy::format_push_string, reason = "no test is slow for that")]

mod architecture;
#[cfg(unix)]
mod cli;
mod flows;
mod grants;
mod leaving;
#[cfg(unix)]
mod leaving_http;
mod properties;
mod support;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod wire;
