//! The parts that several screens share.

pub(super) mod band;
pub(super) mod footer;
pub(super) mod header;
pub(super) mod plan;
pub(super) mod text;
