//! The screens.

use crate::domain::Step;

/// The screens of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Account,
    Step(Step),
    /// Whether an alert would arrive, and whether root was used.
    Dashboard,
}
