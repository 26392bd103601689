//! The check of the setup options, before any request.

use crate::cli::exit::CommandError;
use crate::domain::SetupOptions;
use crate::domain::settings::InvalidSetting;

/// Fails with a line for each option that AWS would reject.
pub(in crate::cli) fn check_options(setup: &SetupOptions) -> Result<(), CommandError> {
    let invalid_settings = setup.invalid_settings();
    if invalid_settings.is_empty() {
        return Ok(());
    }
    let pattern_is_empty = setup.pattern.as_deref().is_some_and(|pattern| pattern.trim().is_empty());
    let describe = |InvalidSetting { field, said: reason }: &InvalidSetting| match *field {
        "--pattern" if pattern_is_empty => format!("{field}: {reason} Without {field}, the CIS pattern is used."),
        field => format!("{field}: {reason}"),
    };
    let lines: Vec<String> = invalid_settings.iter().map(describe).collect();
    Err(CommandError::usage(lines.join("\n          ")))
}
