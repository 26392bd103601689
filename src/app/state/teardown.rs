//! The teardown on the screen: shows what will be deleted, asks for a typed confirmation, deletes it, and reads the
//! account again.

use tui_input::Input;

use super::progress::StepRun;
use super::session::Ticket;
use crate::domain::{Plan, SetupOptions};

/// The word to type as confirmation; the account number is accepted as well.
pub const CONFIRMATION_WORD: &str = "destroy";

/// A teardown, from finding the resources to its end.
#[derive(Clone, Debug)]
pub struct Teardown {
    /// Whether the bucket and the log group are deleted, too.
    pub logs: bool,
    pub phase: TeardownPhase,
    /// What the user confirms; nothing else is deleted.
    pub plan: Plan,
    /// The rows of the plan and their states.
    pub run: StepRun,
    pub scroll: u16,
    /// Whether the user is asked to confirm leaving while it runs.
    pub asks_to_leave: bool,
    pub(in crate::app) word: Input,
    /// The names that were looked for.
    pub(in crate::app) named: Vec<SetupOptions>,
    /// The names that the next teardown must look for if this one doesn't finish: a broken chain doesn't lead to them.
    pub(in crate::app) rest: Vec<SetupOptions>,
}

/// How far the teardown has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeardownPhase {
    /// Finding the resources that rootbell manages.
    Finding(Ticket),
    Asking,
    Running(Ticket),
    Ended,
}

impl Teardown {
    /// The typed word and the cursor.
    #[must_use]
    pub fn word(&self) -> &Input {
        &self.word
    }

    /// Whether the plan can be confirmed.
    #[must_use]
    pub fn can_confirm(&self) -> bool {
        self.phase == TeardownPhase::Asking && self.plan.blocked.is_empty() && !self.plan.is_empty()
    }

    /// Whether everything in the plan was deleted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let (done, all) = self.run.count();
        self.phase == TeardownPhase::Ended && done == all
    }

    /// Whether the user can include or exclude the logs. If the objects can't be counted, excluding them is still possible.
    #[must_use]
    pub fn can_toggle_logs(&self) -> bool {
        self.phase == TeardownPhase::Asking && (self.logs || self.plan.blocked.is_empty())
    }
}
