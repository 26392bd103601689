//! What to do about a problem, in terms of commands and flags.

use crate::domain::plan::Hint;
use crate::domain::problem::{CONFIRM, FailedCall, Fix, Input, Problem, ask_for, combined, try_again};
use crate::domain::settings::SettingKind;
use crate::domain::{Observed, Row, Settings, Step};

/// The problem and what to do about it.
#[must_use]
pub fn problem_text(problem: &Problem) -> String {
    format!("{} {}", problem.why, fix_text(&problem.fix)).trim().to_owned()
}

/// The reasons why a plan can't be applied, one below the other, with an introduction: `unreadable` if a call
/// failed.
#[must_use]
pub fn reasons_text(blocked: &[(Step, Problem)], unreadable: &str, introduction: &str) -> String {
    let reasons: Vec<Problem> = combined(blocked.iter().map(|(_, reason)| reason));
    let is_unreadable = blocked.iter().any(|(_, reason)| FailedCall::parse(&reason.why).is_some());
    let introduction = if is_unreadable { unreadable } else { introduction };
    let lines: Vec<String> = reasons.iter().map(|reason| format!("\n  {}", problem_text(reason))).collect();
    format!("{introduction}{}", lines.concat())
}

/// That resources which the user named don't exist. Nothing is done with others instead.
#[must_use]
pub fn no_such_name(settings: &Settings, observed: &Observed) -> Option<Problem> {
    let absent: Vec<String> = settings.absent(observed).into_iter().map(|id| settings.no_such(id)).collect();
    (!absent.is_empty()).then(|| Problem::new(absent.join(" "), Fix::advice("Check the name.")))
}

/// What to do, in one or more sentences; empty if there is nothing to do.
#[must_use]
pub fn fix_text(fix: &Fix) -> String {
    match fix {
        Fix::Nothing => String::new(),
        Fix::Advice(text) => text.clone(),
        Fix::Apply(goal) => format!("Run `rootbell apply` to {}.", goal.purpose()),
        Fix::ApplyWith { input, value } => format!("Run `rootbell apply {}`.", option(*input, value)),
        Fix::Choose { advice, input, values } if values.is_empty() => format!("{advice} ({}).", flag(*input)),
        Fix::Choose { advice, input, values } => {
            let options: Vec<String> = values.iter().map(|value| option(*input, value)).collect();
            format!("{advice} ({}).", options.join(" or "))
        }
        Fix::SendTest => "Run `rootbell test` to see whether an alert arrives.".to_owned(),
        Fix::SeeChecks(what) => format!("Run `rootbell status` to see {what}."),
        Fix::Confirm => CONFIRM.to_owned(),
        Fix::ConfirmAgain { endpoint } => {
            format!("Run `rootbell confirm --again {}`.", crate::domain::change::quote(endpoint))
        }
        Fix::AskFor { actions, resources } => ask_for(actions, resources),
        Fix::TryAgain { requests } => try_again(requests),
        Fix::EnterCode(command) => format!(
            "Run this in a terminal, where rootbell asks for the code. Or let the AWS CLI ask: run `{command}`, enter the code, \
             and then start rootbell in the same shell without choosing a profile."
        ),
        Fix::TryDemo => "Or try the demo: `rootbell --demo`.".to_owned(),
        Fix::Each(fixes) => fixes.iter().map(fix_text).collect::<Vec<_>>().join(" "),
    }
}

/// A row's detail, with the option that has it treated differently.
#[must_use]
pub fn row_detail(row: &Row) -> String {
    match &row.hint {
        None => row.detail.clone(),
        Some(Hint::DeleteLogs) => format!("{} (--with-logs deletes it)", row.detail),
        Some(Hint::NameEmail) => format!("{} (--email deletes it)", row.detail),
        Some(Hint::DeleteInRegion(region)) => format!("{} (--region {region})", row.detail),
    }
}

fn flag(input: Input) -> &'static str {
    match input {
        Input::Setting(id) => id.flag(),
        Input::Profile => "--profile",
        Input::Region => "--region",
    }
}

/// The flag with a value.
fn option(input: Input, value: &str) -> String {
    let (flag, value) = (flag(input), crate::domain::change::quote(value));
    match input {
        Input::Setting(id) if matches!(id.spec().kind, SettingKind::YesOrNo | SettingKind::Choice(_)) => {
            match value.as_str() {
                "yes" | "changes" => flag.to_owned(),
                // The value of this flag is optional, so it needs an equals sign.
                _ => format!("{flag}={value}"),
            }
        }
        Input::Setting(_) | Input::Profile | Input::Region => format!("{flag} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::domain::problem::{check_sentences, samples};

    #[test]
    fn every_fix_is_a_sentence_that_names_no_key() {
        check_sentences(fix_text, &["press", "Press", "Ctrl", "Enter", "key `", "field"]);
    }

    #[test]
    fn a_problem_without_a_fix_is_only_its_reason() {
        assert_eq!(problem_text(&"Nothing delivered yet.".to_owned().into()), "Nothing delivered yet.");
    }

    #[test]
    fn every_flag_that_a_fix_names_exists() {
        let command = crate::cli::Cli::command();
        let apply = command.find_subcommand("apply").unwrap();
        let confirm = command.find_subcommand("confirm").unwrap();
        let known: Vec<String> = apply
            .get_arguments()
            .chain(confirm.get_arguments())
            .chain(command.get_arguments())
            .filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
            .collect();
        for fix in samples() {
            let text = fix_text(&fix);
            for word in text.split([' ', '(', ')', '`', '=', '.']).filter(|word| word.starts_with("--")) {
                assert!(known.iter().any(|flag| flag == word), "{word} in: {text}");
            }
        }
    }
}
