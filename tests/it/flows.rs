//! The wizard as a person uses it: keys in, screen out.

mod activity;
mod alarm_elsewhere;
mod choices;
mod dashboard;
mod early_keys;
mod fields;
mod first_run;
mod interrupted;
mod leaving;
mod scenarios;
mod trouble;
