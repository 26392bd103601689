//! Looks at an account, and runs a plan on it.

pub mod observe;
pub mod run;

pub use observe::{Look, observe};
pub use run::{Progress, Report, State, run};
