//! What is wrong, and what to do about it.
//!
//! A fix is a value. The command line says it in terms of commands and flags, the screens in terms of keys and fields;
//! nothing below them names any of these.

use super::setting_id::SettingId;

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
    /// Get a permission: the IAM action, and the statement that grants it.
    AskFor { permission: String, statement: String },
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
            Self::AskFor { permission, statement } => format!("Grant {permission}: {statement}"),
            Self::Choose { advice, input, values } => format!("{advice} ({input:?} {}).", values.join(" ")),
            Self::Each(fixes) => fixes.iter().map(Self::content).collect::<Vec<_>>().join(" "),
            Self::Nothing
            | Self::Apply(_)
            | Self::ApplyWith { .. }
            | Self::SendTest
            | Self::SeeChecks(_)
            | Self::Confirm
            | Self::EnterCode(_)
            | Self::TryDemo => format!("{self:?}."),
        }
    }
}

/// Sample fixes, for tests that render every kind of fix with every input and goal.
#[cfg(test)]
pub(crate) fn samples() -> Vec<Fix> {
    let goals = [Goal::SetUp, Goal::Repair, Goal::ReplacePattern, Goal::AllowPublishing, Goal::RepairRole];
    let settings = SettingId::ALL.iter().copied().map(Input::Setting);
    let mut all = vec![
        Fix::advice("Check the role."),
        Fix::SendTest,
        Fix::SeeChecks("what is wrong"),
        Fix::Confirm,
        Fix::AskFor { permission: "iam:GetRole".into(), statement: r#"{"Effect":"Allow"}"#.into() },
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
