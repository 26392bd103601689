//! Observes an account, runs plans on it, and tests its alarm.

pub mod alarm_test;
pub mod doctor;
pub mod observe;
pub mod poll;
pub mod run;
pub mod search;
pub mod teardown;

pub use observe::{ObserveScope, Prefetch, observe, observe_with};
pub use run::{ChangeState, Progress, Report, run};
