//! The test alarm and the drill on the screen: confirmation, progress, and result.

use jiff::Timestamp;

use super::session::Ticket;
use crate::domain::health::AlertPath;
pub use crate::engine::alarm_test::{EventDrill, TestError, TestRun, TestStage};

/// A test alarm or a drill, from the confirmation to the result.
#[derive(Clone, Debug, PartialEq)]
pub struct TestScreen {
    pub is_drill: bool,
    /// What a drill does on the second path, if rootbell's event rules exist.
    pub events: Option<EventDrill>,
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
    /// The stages in order. A test begins at the alarm.
    pub fn stages(&self) -> impl Iterator<Item = TestStage> {
        TestStage::ALL.into_iter().filter(|stage| match (stage, &self.events) {
            (TestStage::Stored | TestStage::Matched | TestStage::Counted, _) => self.is_drill,
            (TestStage::Forwarded, Some(drill)) => drill.forward.is_some(),
            (stage, None) => stage.path() == AlertPath::Alarm,
            (_, Some(_)) => true,
        })
    }

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
