//! What rootbell thinks about, without doing anything: names, what is wanted, what an account has,
//! the difference as a plan of API calls, and the verdict on whether the bell would ring.
//!
//! Nothing here does I/O or reads a clock; time is handed in.

pub mod change;
pub mod event;
pub mod event_search;
pub mod filter_pattern;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod grant;
pub mod health;
pub mod interruption;
pub mod lookup;
pub mod names;
pub mod observed;
pub mod pattern;
pub mod place;
pub mod plan;
pub mod policy;
pub mod samples;
pub mod settings;
pub mod text;
pub mod watch;

pub use change::{Change, Step};
pub use health::{Check, Health, Verdict};
pub use lookup::Lookup;
pub use observed::Observed;
pub use place::{Identity, Partition, Place};
pub use plan::{Action, Plan, Row};
pub use settings::{Settings, Wishes};
