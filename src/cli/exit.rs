//! How a command ends: its exit status, and the message of one that ends early.

use crate::cloud::{CloudError, ErrorKind};

/// The exit status. Scripts depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, working, or nothing to change.
    Done = 0,
    Failed = 1,
    /// Invalid command line.
    Usage = 2,
    /// `status`: not working. `plan` and `destroy --format`: there are changes to make.
    Differs = 3,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ends early: the message for standard error, and the exit status.
#[derive(Debug)]
pub(in crate::cli) struct CommandError {
    pub exit: Exit,
    pub message: String,
}

impl CommandError {
    pub(in crate::cli) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    pub(in crate::cli) fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }
}

impl From<CloudError> for CommandError {
    fn from(error: CloudError) -> Self {
        // An error without an AWS call comes from the command line: an invalid or a missing option.
        let is_usage_error =
            error.operation.is_empty() && matches!(error.kind, ErrorKind::Invalid | ErrorKind::NoRegion);
        Self { exit: if is_usage_error { Exit::Usage } else { Exit::Failed }, message: error.to_string() }
    }
}
