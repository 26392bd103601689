//! What is wrong with the chain and how to fix it, for a user who has the wizard open.

use crate::domain::Health;

/// The weakest check and its fix in a sentence or two, or that everything works.
pub(in crate::ui) fn summary(health: &Health) -> String {
    match health.weakest() {
        None => "Everything works: an alert is emailed 5 to 10 minutes after anyone uses root.".to_owned(),
        Some(check) if check.fix.is_empty() => check.detail.clone(),
        Some(check) => format!("{} {}", check.detail, for_wizard(&check.fix)),
    }
}

/// The fix, for a user who already has the wizard open.
pub(in crate::ui) fn for_wizard(fix: &str) -> String {
    fix.replace("Run `rootbell apply` or use the wizard", "Press `w`")
}
