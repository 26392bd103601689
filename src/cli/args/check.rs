//! The check of the setup options, before any request.

use crate::cli::exit::CommandError;
use crate::domain::SetupOptions;
use crate::domain::settings::{InvalidSetting, SettingId};

/// Fails with a line for each option that AWS would reject.
pub(in crate::cli) fn check_options(setup: &SetupOptions) -> Result<(), CommandError> {
    let invalid_settings = setup.invalid_settings();
    if invalid_settings.is_empty() {
        return Ok(());
    }
    let pattern_is_empty = setup.pattern.as_deref().is_some_and(|pattern| pattern.trim().is_empty());
    let describe = |InvalidSetting { id, said: reason }: &InvalidSetting| match *id {
        SettingId::Pattern if pattern_is_empty => {
            format!("{0}: {reason} Without {0}, the CIS pattern is used.", id.flag())
        }
        id => format!("{}: {reason}", id.flag()),
    };
    let lines: Vec<String> = invalid_settings.iter().map(describe).collect();
    Err(CommandError::usage(lines.join("\n          ")))
}
