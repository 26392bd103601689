//! What is wrong, and what to do about it.
//!
//! A fix is a value. The command line says it in terms of commands and flags, the screens in terms of keys and fields;
//! nothing below them names any of these.

use serde_json::json;

use super::setting_id::SettingId;
use super::text::and;

mod alike;

pub use alike::{FailedCall, combined, common_fix};

/// Something that is wrong or worth knowing, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One or more sentences: what is wrong, and why.
    pub why: String,
    pub fix: Fix,
}

impl Problem {
    #[must_use]
    pub fn new(why: impl Into<String>, fix: Fix) -> Self {
        Self { why: why.into(), fix }
    }
}

/// Something to know that needs no action.
impl From<String> for Problem {
    fn from(why: String) -> Self {
        Self::new(why, Fix::Nothing)
    }
}

/// A part of the account, or why it could not be read: which call failed, on what, and why.
pub type ReadResult<T> = Result<T, Problem>;

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// There is nothing to do.
    Nothing,
    /// One or more sentences that name none of rootbell's commands, flags, and keys. Commands of the AWS CLI are fine.
    Advice(String),
    /// Apply the plan, for this purpose.
    Apply(Goal),
    /// Apply the plan with this input.
    ApplyWith { input: Input, value: String },
    /// Enter something else. The advice is a sentence without its full stop; the values are proposals for the input.
    Choose { advice: String, input: Input, values: Vec<String> },
    /// Send a test alarm to see whether an alert arrives.
    SendTest,
    /// Look at the checks, which show what this says, as in "what is wrong".
    SeeChecks(&'static str),
    /// Open the link in the email from AWS.
    Confirm,
    /// Subscribe this address again, and confirm it in a signed call.
    ConfirmAgain { endpoint: String },
    /// Get permissions: these IAM actions on these resources.
    AskFor { actions: Vec<String>, resources: Vec<String> },
    /// Try again; AWS can look up these requests if the problem persists.
    TryAgain { requests: Vec<String> },
    /// Enter the code of the MFA device. Where nobody can be asked, this command of the AWS CLI exports the role's
    /// credentials to the shell that rootbell is then started from, without choosing a profile.
    EnterCode(String),
    /// Try the demo account, which needs no credentials.
    TryDemo,
    /// Several, one after the other.
    Each(Vec<Fix>),
}

impl Fix {
    #[must_use]
    pub fn advice(text: impl Into<String>) -> Self {
        Self::Advice(text.into())
    }

    #[must_use]
    pub fn choose(advice: impl Into<String>, input: Input) -> Self {
        Self::Choose { advice: advice.into(), input, values: Vec::new() }
    }

    #[must_use]
    pub fn choose_value(advice: impl Into<String>, input: Input, value: impl Into<String>) -> Self {
        Self::Choose { advice: advice.into(), input, values: vec![value.into()] }
    }

    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// A request for permissions, with the statement that grants them.
#[must_use]
pub fn ask_for(actions: &[String], resources: &[String]) -> String {
    let one_or_all = |all: &[String]| match all {
        [only] => json!(only),
        all => json!(all),
    };
    let all_resources = resources.iter().find(|resource| *resource == "*").cloned().into_iter().collect::<Vec<_>>();
    let resources = if all_resources.is_empty() { resources } else { &all_resources };
    let (them, all) = (if actions.len() == 1 { "it" } else { "them" }, and(actions));
    let statement = json!({ "Effect": "Allow", "Action": one_or_all(actions), "Resource": one_or_all(resources) });
    format!("Grant {all} to this identity, or use credentials that have {them}: {statement}")
}

/// Advice to try again, with at most three of the requests.
#[must_use]
pub fn try_again(requests: &[String]) -> String {
    let few = &requests[..requests.len().min(3)];
    match few {
        [] => "Try again.".to_owned(),
        [only] => format!("Try again; if the error persists, AWS Support can look up request {only}."),
        few => format!("Try again; if the error persists, AWS Support can look up the requests {}.", and(few)),
    }
}

/// Why to apply the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To create what is missing.
    SetUp,
    /// To fix what is wrong.
    Repair,
    /// To replace a filter's pattern with the CIS pattern.
    ReplacePattern,
    /// To add a statement that allows CloudWatch to publish to the topic.
    AllowPublishing,
    /// To repair a role that rootbell created.
    RepairRole,
}

impl Goal {
    /// As in "to fix this".
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::SetUp => "set it up",
            Self::Repair => "fix this",
            Self::ReplacePattern => "replace the pattern with the CIS pattern",
            Self::AllowPublishing => "add a statement that allows CloudWatch to publish",
            Self::RepairRole => "repair a role that rootbell created",
        }
    }
}

/// How to confirm a subscription.
///
/// Source: SNS API, Subscribe: confirmation tokens are valid for two days.
pub const CONFIRM: &str =
    "Open the link in the email from AWS Notifications (check the junk folder). It is valid for 2 days.";

/// What a fix tells the user to enter: an option of a command, or a field or a key on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Setting(SettingId),
    Profile,
    Region,
}

#[cfg(test)]
impl Fix {
    /// Everything it contains, for tests below the layers that put it in words.
    pub(crate) fn content(&self) -> String {
        match self {
            Self::Advice(text) => text.clone(),
            Self::AskFor { actions, resources } => ask_for(actions, resources),
            Self::TryAgain { requests } => try_again(requests),
            Self::Choose { advice, input, values } => format!("{advice} ({input:?} {}).", values.join(" ")),
            Self::Each(fixes) => fixes.iter().map(Self::content).collect::<Vec<_>>().join(" "),
            Self::Nothing
            | Self::Apply(_)
            | Self::ApplyWith { .. }
            | Self::SendTest
            | Self::SeeChecks(_)
            | Self::Confirm
            | Self::ConfirmAgain { .. }
            | Self::EnterCode(_)
            | Self::TryDemo => format!("{self:?}."),
        }
    }
}

/// Sample fixes, for tests that render every kind of fix with every input and goal.
#[cfg(test)]
pub(crate) fn samples() -> Vec<Fix> {
    let goals = [Goal::SetUp, Goal::Repair, Goal::ReplacePattern, Goal::AllowPublishing, Goal::RepairRole];
    let settings = SettingId::ALL.into_iter().map(Input::Setting);
    let mut all = vec![
        Fix::advice("Check the role."),
        Fix::SendTest,
        Fix::SeeChecks("what is wrong"),
        Fix::Confirm,
        Fix::ConfirmAgain { endpoint: "a@example.com".into() },
        Fix::AskFor { actions: vec!["iam:GetRole".into()], resources: vec!["*".into()] },
        Fix::AskFor {
            actions: vec!["iam:GetRole".into(), "s3:ListBucket".into()],
            resources: vec!["arn:aws:iam::123456789012:role/r".into(), "arn:aws:s3:::b".into()],
        },
        Fix::TryAgain { requests: Vec::new() },
        Fix::TryAgain { requests: vec!["1".into(), "2".into()] },
        Fix::EnterCode("eval \"$(aws configure export-credentials)\"".into()),
        Fix::TryDemo,
        Fix::Each(vec![Fix::advice("Check the role."), Fix::Apply(Goal::Repair)]),
    ];
    all.extend(goals.map(Fix::Apply));
    for input in settings.chain([Input::Profile, Input::Region]) {
        all.push(Fix::ApplyWith { input, value: "a".into() });
        all.push(Fix::choose("Use another", input));
        all.push(Fix::choose_value("Use another", input, "a"));
        all.push(Fix::Choose { advice: "Use another".into(), input, values: vec!["a".into(), "b".into()] });
    }
    all
}

/// Checks that each fix is one or more sentences that contain none of these words.
#[cfg(test)]
pub(crate) fn check_sentences(fix_text: impl Fn(&Fix) -> String, without: &[&str]) {
    for fix in samples() {
        let text = fix_text(&fix);
        assert!(text.ends_with(['.', '}']) && text.starts_with(char::is_uppercase), "{text}");
        for word in without {
            assert!(!text.contains(word), "{word} in: {text}");
        }
    }
    assert_eq!(fix_text(&Fix::Nothing), "");
}
