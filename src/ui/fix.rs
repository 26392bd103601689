//! What to do about a problem, in terms of keys and fields.

use crate::domain::problem::{CONFIRM, Fix, Input, Problem, ask_for, try_again};
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
        Fix::Apply(goal) => format!("Press `w` to {}.", goal.purpose()),
        Fix::ApplyWith { input: Input::Setting(SettingId::Audit), .. } => {
            format!("Press `w`, and choose yes in step 3 ({}).", place(Input::Setting(SettingId::Audit)))
        }
        Fix::ApplyWith { input, value } => format!("Press `w`, and enter {value} ({}).", place(*input)),
        // What the advice names need not be named twice.
        Fix::Choose { advice, input, values } if values.iter().all(|value| advice.contains(value.as_str())) => {
            format!("{advice} ({}).", place(*input))
        }
        Fix::Choose { advice, input, values } => format!("{advice} ({}: {}).", place(*input), values.join(" or ")),
        Fix::SendTest => "Press `t` to see whether an alert arrives.".to_owned(),
        Fix::SeeChecks(what) => format!("On the dashboard, press `c` to see {what}."),
        Fix::Confirm => CONFIRM.to_owned(),
        // It takes a terminal of its own, so there is no key for it.
        Fix::ConfirmAgain { endpoint } => {
            format!("In another terminal, run `rootbell confirm --again {}`.", crate::domain::change::quote(endpoint))
        }
        Fix::AskFor { actions, resources } => ask_for(actions, resources),
        Fix::TryAgain { requests } => try_again(requests),
        Fix::EnterCode(_) => "On the first screen, press `r` to enter it.".to_owned(),
        // It takes another start of the program, so there is no key for it.
        Fix::TryDemo => "Or quit, and try the demo: `rootbell --demo`.".to_owned(),
        Fix::Each(fixes) => fixes.iter().map(fix_text).collect::<Vec<_>>().join(" "),
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
    use crate::domain::problem::check_sentences;

    #[test]
    fn every_fix_is_a_sentence_that_names_neither_a_flag_nor_a_command() {
        // These take another start of the program.
        let without_commands = |fix: &Fix| {
            let text = fix_text(fix);
            text.replace("`rootbell --demo`", "the demo").replace("`rootbell confirm --again ", "the command `")
        };
        check_sentences(without_commands, &["--", "`rootbell "]);
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
