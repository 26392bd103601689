//! The types of the model. They know nothing about messages and effects: `update` changes them.

pub mod account;
pub mod accounts;
pub mod activity;
pub mod alarm_test;
pub mod dashboard;
pub mod form;
mod interruption;
pub mod mfa;
pub mod model;
pub mod notice;
pub mod overlay;
pub mod picker;
pub mod polled;
pub mod progress;
pub mod screen;
pub mod session;
pub mod teardown;
