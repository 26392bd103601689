//! What to do about a problem, in terms of commands and flags.

use crate::domain::plan::Hint;
use crate::domain::problem::{Fix, Goal, Input, Problem};
use crate::domain::settings::SettingKind;
use crate::domain::{Observed, Row, Settings};

/// The problem and what to do about it.
#[must_use]
pub fn problem_text(problem: &Problem) -> String {
    format!("{} {}", problem.why, fix_text(&problem.fix)).trim().to_owned()
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
        Fix::Apply(goal) => format!("Run `rootbell apply` to {}.", purpose(*goal)),
        Fix::ApplyWith { input, value } => format!("Run `rootbell apply {}`.", option(*input, value)),
        Fix::Choose { advice, input, values } if values.is_empty() => format!("{advice} ({}).", flag(*input)),
        Fix::Choose { advice, input, values } => {
            let options: Vec<String> = values.iter().map(|value| option(*input, value)).collect();
            format!("{advice} ({}).", options.join(" or "))
        }
        Fix::SendTest => "Run `rootbell test` to see whether an alert arrives.".to_owned(),
        Fix::SeeChecks(what) => format!("Run `rootbell status` to see {what}."),
        Fix::Confirm => {
            "Open the link in the email from AWS Notifications (check the junk folder). It is valid for 2 days."
                .to_owned()
        }
        Fix::AskFor { permission, statement } => {
            format!("Grant {permission} to this identity, or use credentials that have it: {statement}")
        }
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

fn purpose(goal: Goal) -> &'static str {
    match goal {
        Goal::SetUp => "set it up",
        Goal::Repair => "fix this",
        Goal::ReplacePattern => "replace the pattern with the CIS pattern",
        Goal::AllowPublishing => "add a statement that allows CloudWatch to publish",
        Goal::RepairRole => "repair a role that rootbell created",
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
        Input::Setting(id) if matches!(id.spec().kind, SettingKind::YesOrNo) => match value.as_str() {
            "yes" => flag.to_owned(),
            // The value of this flag is optional, so it needs an equals sign.
            _ => format!("{flag}={value}"),
        },
        Input::Setting(_) | Input::Profile | Input::Region => format!("{flag} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::domain::problem::samples;

    #[test]
    fn every_fix_is_a_sentence_that_names_no_key() {
        for fix in samples() {
            let text = fix_text(&fix);
            assert!(text.ends_with(['.', '}']) && text.starts_with(char::is_uppercase), "{text}");
            for key in ["press", "Press", "Ctrl", "Enter", "key `", "field"] {
                assert!(!text.contains(key), "{key} in: {text}");
            }
        }
        assert_eq!(fix_text(&Fix::Nothing), "");
    }

    #[test]
    fn a_problem_without_a_fix_is_only_its_reason() {
        assert_eq!(problem_text(&"Nothing delivered yet.".to_owned().into()), "Nothing delivered yet.");
    }

    #[test]
    fn every_flag_that_a_fix_names_exists() {
        let command = crate::cli::Cli::command();
        let apply = command.find_subcommand("apply").unwrap();
        let known: Vec<String> = apply
            .get_arguments()
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
