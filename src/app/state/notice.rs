//! The line above the footer, and a key that was pressed before it could take effect.

use super::screen::Screen;
use crate::app::keymap::Intent;
use crate::cloud::CloudError;
use crate::domain::observed::AlarmState;
use crate::domain::{AccountId, Email, Region};
use crate::engine::alarm_test::{TestError, TestRun};

/// The line above the footer. It disappears with the next key, or when what it describes has ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A key was pressed before it is known who is signed in.
    WhileConnecting,
    /// A key was pressed while the account is being read for the first time.
    WhileReading,
    /// Enter was pressed on a step while the account is being read: its plan is not known yet.
    WhilePlanning,
    /// Enter was pressed while calls are running.
    WhileRunning,
    /// The fields can't be edited while calls are running.
    FieldsWhileRunning,
    /// The account could not be read.
    NotRead,
    /// This identity can't set anything up, for this reason.
    Refused(&'static str),
    /// This Region has a setup, so setting up the selected one as well needs a second trail. Enter does so.
    SecondTrail(Region),
    /// What is wrong with what was chosen in a list.
    WrongChoice(String),
    /// There is only one trail to choose.
    NoOtherTrail,
    /// Text was pasted where it is not clear which field it belongs to.
    PastedNowhere,
    NoEvent,
    NoAlarm,
    NoAlarmToTest,
    AlarmIsOk,
    /// A drill proves nothing while the alarm is in ALARM.
    DrillInAlarm,
    CannotDrill(TestError),
    /// The drill's event would be written to an unmanaged log group, which takes another key.
    UnmanagedLogGroup,
    TestIsRunning,
    /// A test or drill has ended, and its window was closed before.
    TestEnded(Result<(), TestError>, TestRun),
    /// A teardown can't start while a test is running.
    TeardownWaitsForTest,
    /// There is no account in which something could be deleted.
    NoAccount,
    /// The word typed to confirm the teardown is neither [`super::teardown::CONFIRMATION_WORD`] nor this account number.
    WrongConfirmation {
        account: AccountId,
    },
    NothingToConfirm,
    /// The confirmation email was sent again to these addresses.
    SentAgain(Vec<Email>),
    AlarmSet {
        alarm: String,
        state: AlarmState,
    },
    CallFailed(CloudError),
    Copied(String),
}

/// A key that was pressed before it could take effect. Any other key replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct EarlyKey {
    pub intent: Intent,
    pub screen: Screen,
}
