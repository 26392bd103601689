//! The wizard as a person uses it: keys in, screen out.

mod activity;
mod alarm_elsewhere;
mod choices;
mod dashboard;
mod early_keys;
mod errors;
mod fields;
mod first_run;
mod interrupted;
mod scenarios;
mod teardown;
