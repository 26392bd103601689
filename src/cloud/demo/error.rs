//! The errors of the demo account.

use crate::cloud::ErrorKind;
use crate::domain::filter_pattern::PatternError;

/// An error response of the demo account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DemoError {
    pub kind: ErrorKind,
    pub message: String,
}

impl DemoError {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl From<PatternError> for DemoError {
    fn from(error: PatternError) -> Self {
        let message = format!("Invalid metric filter pattern (at character {}: {})", error.at, error.message);
        Self::new(ErrorKind::Invalid, message)
    }
}
