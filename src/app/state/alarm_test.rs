//! The test alarm and the drill on the screen: confirmation, progress, and result.

use jiff::Timestamp;

use super::session::Ticket;
pub use crate::engine::alarm_test::{TestError, TestRun, TestStage};

/// A test alarm or a drill, from the confirmation to the result.
#[derive(Clone, Debug, PartialEq)]
pub struct TestScreen {
    pub is_drill: bool,
    /// The confirmed addresses that will get an email.
    pub recipients: Vec<String>,
    /// Problems that would keep the notification from arriving.
    pub concerns: Vec<String>,
    /// The drill would write to an unmanaged log group.
    pub unmanaged: bool,
    pub phase: TestPhase,
    /// The stages seen so far.
    pub run: TestRun,
}

/// The test or drill that is running, whether or not its window is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct TestUnderWay {
    pub ticket: Ticket,
    pub is_drill: bool,
    pub alarm: String,
}

/// How far the test has got.
#[derive(Clone, Debug, PartialEq)]
pub enum TestPhase {
    Asking,
    Running { began: Timestamp },
    Ended(Result<(), TestError>),
}
