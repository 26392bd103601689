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
    /// Whether the email arrived, according to the user; `None` until they answer.
    pub arrived: Option<bool>,
}

impl TestScreen {
    /// Whether the user is asked whether the email arrived. Nobody else can tell: AWS sees only that it was sent.
    #[must_use]
    pub fn asks_arrival(&self) -> bool {
        self.run.dispatched() && !self.recipients.is_empty() && self.arrived.is_none()
    }
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
