//! The question for an MFA code.

use tui_input::{Input, InputRequest};

use crate::app::keymap::{Code, Key};
use crate::cloud::{CloudError, ErrorKind, MfaCode};
use crate::domain::Problem;

/// Asks for the code of an MFA device, which a role needs.
#[derive(Clone, Debug)]
pub struct MfaPrompt {
    /// The ARN of the role.
    pub role: String,
    /// The device, as the profile names it.
    pub device: String,
    /// Why the code has to be entered again.
    pub problem: Option<Problem>,
    input: Digits,
}

/// What has been typed. It is a secret for half a minute, so it isn't in debug output.
#[derive(Clone, Default)]
struct Digits(Input);

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} characters", self.0.value().chars().count())
    }
}

/// A code has six digits; apps show a space in the middle.
const LONGEST: usize = 7;

impl MfaPrompt {
    /// The question that an error asks for; none for other errors.
    #[must_use]
    pub fn for_error(error: &CloudError) -> Option<Self> {
        let problem = match error.kind {
            ErrorKind::MfaRequired => None,
            // The window names the role already.
            ErrorKind::MfaRejected => {
                let why = format!("{} ({}).", error.brief(), error.message.trim().trim_end_matches('.'));
                Some(Problem::new(why, error.fix()))
            }
            _ => return None,
        };
        let sign_in = error.sign_in.as_ref()?;
        let role = sign_in.roles.iter().find(|role| role.arn == error.resource)?;
        let device = role.mfa_serial.clone().unwrap_or_default();
        Some(Self { role: role.arn.clone(), device, problem, input: Digits::default() })
    }

    #[must_use]
    pub fn typed(&self) -> &str {
        self.input.0.value()
    }

    /// Edits the code. Anything but digits and spaces is ignored.
    pub(in crate::app) fn edit(&mut self, key: Key) {
        let request = match (key.code, key.ctrl) {
            (Code::Char(c), false) if (c.is_ascii_digit() || c == ' ') && self.typed().len() < LONGEST => {
                InputRequest::InsertChar(c)
            }
            (Code::Backspace, _) => InputRequest::DeletePrevChar,
            (Code::Char('u'), true) => InputRequest::DeleteLine,
            _ => return,
        };
        self.input.0.handle(request);
    }

    /// The code, or `None` if it isn't one; then `problem` says why.
    pub(in crate::app) fn code(&mut self) -> Option<MfaCode> {
        let code = MfaCode::parse(self.typed());
        code.map_err(|why| self.problem = Some(Problem::from(why))).ok()
    }
}
