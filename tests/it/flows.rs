//! The wizard as a person uses it: keys and screens.

mod activity;
mod alarm_banner;
mod choices;
mod confirmation;
mod dashboard;
mod early_keys;
mod elsewhere;
mod errors;
mod fields;
mod first_run;
mod interrupted;
mod pickers;
mod root_user;
mod scenarios;
mod sessions;
mod teardown;
mod waiting;
