//! The domain model: names, settings, the observed account, the plan of API calls that closes the gap between them, and
//! the verdict on whether root use would be reported.
//!
//! Nothing here does I/O or reads a clock; the time is passed in.

pub mod account_id;
pub mod account_names;
pub mod account_region;
pub mod activity;
pub mod added;
pub mod alarm;
pub mod alert;
pub mod arn;
pub mod candidates;
pub mod change;
pub mod confirmation;
pub mod cost;
pub mod datapoints;
pub mod email;
pub mod enum_map;
pub mod event;
pub mod event_path;
pub mod event_pattern;
pub mod event_rule;
pub mod event_scope;
pub mod event_search;
pub mod filter_output;
pub mod filter_pattern;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod health;
pub mod iam_policy;
pub mod indirect_alarm;
pub mod input_transformer;
pub mod interruption;
pub mod key_state;
pub mod metric_filter;
pub mod mute_rule;
pub mod mute_schedule;
pub mod names;
pub mod observed;
pub mod own_rules;
pub mod path;
pub mod pattern;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod profile;
pub mod query;
pub mod region;
pub mod retention;
pub mod role;
pub mod role_purpose;
pub mod root_rules;
pub mod root_user;
pub mod samples;
pub mod session_times;
pub mod setting_id;
pub mod settings;
pub mod subscription;
pub mod text;
mod text_type;
pub mod three_valued;

pub use account_id::AccountId;
pub use account_names::AccountNames;
pub use account_region::{AccountRegion, Identity};
pub use alert::AlertId;
pub use change::{ByStep, Change, Step};
pub use email::Email;
pub use health::{Check, CheckId, Health, Verdict};
pub use observed::Observed;
pub use plan::{Action, Plan, Row};
pub use problem::{Fix, Problem};
pub use query::Query;
pub use region::{Partition, Region};
pub use retention::RetentionDays;
pub use settings::{Settings, SetupOptions};
