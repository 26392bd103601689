//! When this session read and changed the account.

use jiff::Timestamp;

use super::change::Step;

/// What rootbell itself did in this session. AWS's answers don't contain these times, but what they mean depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionTimes {
    /// The first read of the account; `None`: only one read has been made.
    pub first_read: Option<Timestamp>,
    /// The last change of the trail, or of what it delivers to or with; `None`: nothing was changed.
    pub trail_changed: Option<Timestamp>,
    /// The last change of a filter; `None`: none was changed.
    pub filter_changed: Option<Timestamp>,
}

impl SessionTimes {
    /// Notes that something of the step was changed.
    pub fn changed(&mut self, step: Step, at: Timestamp) {
        match step {
            Step::Trail => self.trail_changed = Some(at),
            Step::Filter => self.filter_changed = Some(at),
            Step::Topic | Step::Alarm => {}
        }
    }
}
