//! Looks at an account, and runs a plan on it.

pub mod leave;
pub mod observe;
pub mod ring;
pub mod run;
pub mod search;
pub mod watch;

pub use observe::{Ahead, Look, observe, observe_on};
pub use run::{Progress, Report, State, run, run_looking};
