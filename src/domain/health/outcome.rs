//! The result of a check.

use crate::domain::observed::ReadResult;
use crate::domain::problem::{Fix, Goal, Problem};

/// The result of a check. The words are part of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Missing,
    Wrong,
    /// Set up, but waiting for something outside rootbell: a confirmation or a first delivery.
    Pending,
    /// It could not be read.
    Unknown,
}

impl Verdict {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict, the reason, and what to do.
pub(super) type Outcome = (Verdict, String, Fix);

pub(super) fn ok(detail: impl Into<String>) -> Outcome {
    (Verdict::Ok, detail.into(), Fix::Nothing)
}

pub(super) fn wrong(detail: impl Into<String>, fix: Fix) -> Outcome {
    (Verdict::Wrong, detail.into(), fix)
}

pub(super) fn missing(detail: impl Into<String>) -> Outcome {
    (Verdict::Missing, detail.into(), Fix::Apply(Goal::SetUp))
}

pub(super) fn unknown(unreadable: &Problem) -> Outcome {
    (Verdict::Unknown, unreadable.why.clone(), unreadable.fix.clone())
}

pub(super) const REPAIR: Fix = Fix::Apply(Goal::Repair);

pub(super) fn check_existing<T>(
    resource: &ReadResult<Option<T>>,
    none: impl FnOnce() -> Outcome,
    judge: impl FnOnce(&T) -> Outcome,
) -> Outcome {
    match resource {
        Err(unreadable) => unknown(unreadable),
        Ok(None) => none(),
        Ok(Some(existing)) => judge(existing),
    }
}
