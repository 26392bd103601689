//! The commands, one file each.

pub(super) mod alarm_test;
pub(super) mod apply;
pub(super) mod destroy;
pub(super) mod doctor;
pub(super) mod events;
pub(super) mod manual;
pub(super) mod plan;
pub(super) mod policy;
mod run;
pub(super) mod status;
mod wait;
