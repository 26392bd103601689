//! What is wrong with the chain and how to fix it.

use crate::domain::Health;
use crate::ui::fix::fix_text;

/// The weakest check and its fix in a sentence or two, or that everything works.
pub(in crate::ui) fn summary(health: &Health) -> String {
    match health.weakest() {
        None if health.reports.api == Some(true) => {
            "Everything works: an alert is emailed 5 to 10 minutes after anyone uses root.".to_owned()
        }
        None => {
            "An alert is emailed 5 to 10 minutes after anyone signs in as root; not all API use is reported.".to_owned()
        }
        Some(check) => format!("{} {}", check.detail, fix_text(&check.fix)).trim_end().to_owned(),
    }
}
