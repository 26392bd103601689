//! The types of the model.

pub(in crate::app) mod activity;
pub mod alarm_test;
pub mod dashboard;
pub mod form;
pub(in crate::app) mod interruption;
pub(in crate::app) mod model;
pub(in crate::app) mod notice;
pub mod overlay;
pub mod polled;
pub mod progress;
pub mod teardown;
