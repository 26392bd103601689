//! The parts that several screens share.

pub(super) mod advice;
pub(super) mod band;
pub(super) mod footer;
pub(super) mod header;
pub(super) mod notice;
pub(super) mod plan;
pub(super) mod root_user;
pub(super) mod test_result;
pub(super) mod text;
pub(super) mod time;
pub(super) mod view;
pub(super) mod window;
