//! rootbell: alerts you when anyone uses your AWS account's root user.
//!
//! The core idea: compare the settings with the observed account, and plan the difference as changes, each one API
//! call. See `ARCHITECTURE.md`.

pub mod app;
pub mod cli;
pub mod cloud;
pub mod domain;
pub mod engine;
pub mod runtime;
pub mod ui;
