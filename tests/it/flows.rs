//! The wizard as a person uses it: keys in, screen out.

mod activity;
mod choices;
mod dashboard;
mod first_run;
mod leaving;
mod scenarios;
mod trouble;
