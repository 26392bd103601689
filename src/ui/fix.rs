//! What to do about a problem, in terms of keys and fields.

use crate::domain::problem::{Fix, Goal, Input, Problem};
use crate::domain::settings::SettingId;

/// The problem and what to do about it.
#[must_use]
pub fn problem_text(problem: &Problem) -> String {
    format!("{} {}", problem.why, fix_text(&problem.fix)).trim().to_owned()
}

/// What to do, in one or more sentences; empty if there is nothing to do.
#[must_use]
pub fn fix_text(fix: &Fix) -> String {
    match fix {
        Fix::Nothing => String::new(),
        Fix::Advice(text) => text.clone(),
        Fix::Apply(goal) => format!("Press `w` to {}.", purpose(*goal)),
        Fix::ApplyWith { input: Input::Setting(SettingId::Audit), .. } => {
            format!("Press `w`, and choose yes in step 3 ({}).", place(Input::Setting(SettingId::Audit)))
        }
        Fix::ApplyWith { input, value } => format!("Press `w`, and enter {value} ({}).", place(*input)),
        Fix::Choose { advice, input, values } if values.is_empty() => format!("{advice} ({}).", place(*input)),
        Fix::Choose { advice, input, values } => format!("{advice} ({}: {}).", place(*input), values.join(" or ")),
        Fix::SendTest => "Press `t` to see whether an alert arrives.".to_owned(),
        Fix::SeeChecks(what) => format!("On the dashboard, press `c` to see {what}."),
        Fix::Confirm => {
            "Open the link in the email from AWS Notifications (check the junk folder). It is valid for 2 days."
                .to_owned()
        }
        Fix::AskFor { permission, statement } => {
            format!("Grant {permission} to this identity, or use credentials that have it: {statement}")
        }
        Fix::EnterCode(_) => "On the first screen, press `r` to enter it.".to_owned(),
        // It takes another start of the program, so there is no key for it.
        Fix::TryDemo => "Or quit, and try the demo: `rootbell --demo`.".to_owned(),
        Fix::Each(fixes) => fixes.iter().map(fix_text).collect::<Vec<_>>().join(" "),
    }
}

fn purpose(goal: Goal) -> &'static str {
    match goal {
        Goal::SetUp => "set it up",
        Goal::Repair => "fix this",
        Goal::ReplacePattern => "replace the pattern with the CIS pattern",
        Goal::AllowPublishing => "add a statement that allows CloudWatch to publish",
        Goal::RepairRole => "repair a role that rootbell created",
    }
}

/// Where on the screen it is entered.
fn place(input: Input) -> String {
    match input {
        Input::Setting(id) => format!("field {}", id.spec().label),
        Input::Profile => "key `p` on the first screen".to_owned(),
        Input::Region => "key `g` on the first screen".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keymap::{BINDINGS, Code, Context, Intent, Key};
    use crate::domain::problem::samples;

    #[test]
    fn every_fix_is_a_sentence_that_names_neither_a_flag_nor_a_command() {
        for fix in samples() {
            let text = fix_text(&fix);
            assert!(text.ends_with(['.', '}']) && text.starts_with(char::is_uppercase), "{text}");
            // The demo takes another start of the program.
            let is_exempt = fix == Fix::TryDemo;
            assert!(is_exempt || !text.contains("--") && !text.contains("`rootbell "), "{text}");
        }
        assert_eq!(fix_text(&Fix::Nothing), "");
    }

    #[test]
    fn the_keys_that_a_fix_names_do_what_it_says() {
        for (context, key, intent) in [
            (Context::Dashboard, 'w', Intent::Wizard),
            (Context::Dashboard, 't', Intent::Test),
            (Context::Dashboard, 'c', Intent::Checks),
            (Context::Account, 'p', Intent::PickProfile),
            (Context::Account, 'g', Intent::PickRegion),
            (Context::Account, 'r', Intent::Refresh),
        ] {
            let key = Key::plain(Code::Char(key));
            let does = BINDINGS.iter().any(|b| b.context == context && b.intent == intent && b.keys.contains(&key));
            assert!(does, "{key:?} in {context:?}");
        }
    }
}
