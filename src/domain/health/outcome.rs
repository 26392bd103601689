//! What a check says: a verdict, the reason, and what to do.

use crate::domain::observed::ReadResult;
use crate::domain::problem::{Fix, Goal, Input, Problem};
use crate::domain::settings::{SettingId, yes_or_no};
use crate::domain::three_valued::Holds;

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

    /// Whether the check certainly passes, or certainly doesn't.
    #[must_use]
    pub fn holds(self) -> Holds {
        match self {
            Self::Ok => Some(true),
            Self::Missing | Self::Wrong | Self::Pending => Some(false),
            Self::Unknown => None,
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

/// What to do about an audit finding on something that rootbell leaves alone otherwise.
pub(super) fn for_auditors() -> Fix {
    Fix::ApplyWith { input: Input::Setting(SettingId::Audit), value: yes_or_no(true).to_owned() }
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

/// The result if the resource to judge doesn't exist.
pub(super) fn nothing_to_judge(what: &str) -> Outcome {
    (Verdict::Unknown, format!("There is no {what} yet."), Fix::Apply(Goal::SetUp))
}

/// The result if a policy isn't in IAM's format; `question` is what can't be told.
pub(super) fn unreadable_policy(what: &str, name: &str, question: &str) -> Outcome {
    (
        Verdict::Unknown,
        format!("The policy of the {what} `{name}` isn't in IAM's format, so rootbell can't tell {question}."),
        Fix::Advice(format!("Check the policy of the {what}.")),
    )
}
