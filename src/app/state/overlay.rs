//! Windows over a screen: help, the commands, a picker, a question.

use super::mfa::MfaPrompt;
use super::picker::Picker;

/// A window over the screen; it gets the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        scroll: u16,
    },
    /// The plan as AWS CLI commands.
    Commands {
        text: String,
        scroll: u16,
    },
    Picker(Picker),
    /// Asks for the MFA code that a role needs.
    MfaCode(MfaPrompt),
    /// Asks whether to leave the screen, or to quit, while calls are running.
    ConfirmQuit {
        quit: bool,
    },
    /// Asks whether to set an alarm that has fired back to OK.
    SetOk,
    /// All checks, with how to fix what is wrong.
    Checks {
        scroll: u16,
    },
    /// The details of the selected event.
    Event {
        scroll: u16,
    },
    /// The account's test alarm or drill.
    Test,
    /// The account's teardown.
    Teardown,
}
