//! What is wrong with the chain and how to fix it.

use crate::domain::Health;
use crate::domain::alarm::USUAL_DELAY;
use crate::ui::fix::fix_text;

/// The weakest check and its fix in a sentence or two, or that everything works.
pub(in crate::ui) fn summary(health: &Health) -> String {
    match health.weakest() {
        None if health.reports.api == Some(true) => {
            format!("Everything works: root use is usually emailed within {USUAL_DELAY}.")
        }
        None => format!("Root sign-ins are usually emailed within {USUAL_DELAY}; not all API use is reported."),
        Some(check) => {
            let only = if health.healthy() { "Root sign-ins are reported, but only by event rules. " } else { "" };
            format!("{only}{} {}", check.detail, fix_text(&check.fix)).trim_end().to_owned()
        }
    }
}
