//! rootbell: the bell that rings when somebody signs in as AWS root.
//!
//! The idea that carries everything: wanted − observed = a plan of changes, each one API call. See `ARCHITECTURE.md`.

pub mod app;
pub mod cli;
pub mod cloud;
pub mod domain;
pub mod engine;
pub mod runtime;
pub mod ui;
