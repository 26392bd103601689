//! `rootbell plan --format aws-cli`: the plan as a shell script that uses the AWS CLI.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::text::pluralize;
use crate::cli::args::GlobalOptions;
use crate::domain::change::quote;
use crate::domain::change::transient::TransientError;
use crate::domain::{AccountId, AccountRegion, Change, Plan, Region};

/// Whether the plan sets up or deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Purpose {
    SetUp,
    Destroy,
}

impl Purpose {
    /// A heading, the command that makes the same changes, the command that wrote the script, and what to do next.
    fn texts(self) -> [&'static str; 4] {
        match self {
            Self::SetUp => [
                "Sets up an alert for the use of this AWS account's root user:",
                "rootbell apply",
                "rootbell plan --format aws-cli",
                "Run `rootbell status` to check whether an alert would reach you.",
            ],
            Self::Destroy => [
                "Deletes the alert for the use of this AWS account's root user:",
                "rootbell destroy",
                "rootbell destroy --format aws-cli",
                "You will no longer be alerted to root use.",
            ],
        }
    }
}

/// The script. It makes the same changes as `apply` or `destroy`, in the plan's order, and stops at the first error that
/// isn't transient.
pub(in crate::cli) fn render(
    purpose: Purpose,
    plan: &Plan,
    account_region: &AccountRegion,
    global: &GlobalOptions,
) -> String {
    let AccountRegion { account, region, .. } = account_region;
    let [heading, command, writer, next_step] = purpose.texts();
    let mut script = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(script, "{text}");
    };
    line("#!/bin/sh");
    line(&format!("# {heading}"));
    line(&format!(
        "# the changes that `{command}` would have made in account {account}, {region} when this was written."
    ));
    line(&format!("# Written by rootbell {} (`{writer}`).", env!("CARGO_PKG_VERSION")));
    line("set -eu");
    line("");
    let export = |name: &str, value: &Option<String>| {
        value.as_ref().map(|v| format!("if [ -z \"${{{name}:-}}\" ]; then {name}={}; fi\nexport {name}", quote(v)))
    };
    let exports = [export("AWS_PROFILE", &global.profile), export("AWS_ENDPOINT_URL", &global.endpoint_url)];
    for export in exports.iter().flatten() {
        line(export);
    }
    line("AWS_PAGER=");
    line("export AWS_PAGER");
    line("");
    line(&account_check(account, region));
    let transient_errors = transient_errors(plan);
    if !transient_errors.is_empty() {
        line(&retry_functions(&transient_errors));
    }
    let total = plan.changes().count();
    let mut number = 0;
    for row in &plan.rows {
        let Some((change, command)) = row.change.as_ref().zip(row.aws_cli(account_region)) else { continue };
        number += 1;
        let progress = format!("{number}/{total} {} {} {}", row.action.as_str(), row.resource, row.name);
        line(&format!("printf '%s\\n' {} >&2", quote(&progress)));
        let retry = if change.spec().eventual.is_empty() { "" } else { "retry " };
        // Without a record, the change itself still works.
        let tolerate =
            if change.is_record() { format!(" || printf '%s\\n' {} >&2", quote(NOT_RECORDED)) } else { String::new() };
        line(&format!("{retry}{command} > /dev/null{tolerate}"));
        line("");
    }
    let summary = match total {
        0 => "Nothing to change.".to_owned(),
        n => format!("{} made. {next_step}", pluralize(n, "change")),
    };
    line(&format!("printf '%s\\n' {}", quote(&summary)));
    script.truncate(script.trim_end().len());
    script
}

const NOT_RECORDED: &str = "This could not be recorded, so `rootbell destroy` will not undo it.";

/// Checks that the AWS CLI is signed in to the right account, before any change.
fn account_check(account: &AccountId, region: &Region) -> String {
    format!(
        r#"account=$(aws sts get-caller-identity --query Account --output text --region {region}) || {{
    echo 'The AWS CLI is not signed in: run `aws sso login` or `aws login`, or set AWS_PROFILE.' >&2
    exit 1
}}
if [ "$account" != {account} ]; then
    echo "This is for account {account}, but the AWS CLI is signed in to $account: set AWS_PROFILE." >&2
    exit 1
fi
"#,
        region = quote(region.as_str())
    )
}

/// The operations of the plan with their transient errors, each pair once.
fn transient_errors(plan: &Plan) -> BTreeSet<(&'static str, &'static TransientError)> {
    let errors_of = |change: &Change| {
        let spec = change.spec();
        spec.eventual.iter().map(move |error| (spec.operation.name, error))
    };
    plan.changes().flat_map(errors_of).collect()
}

/// The shell functions `is_transient`, which recognizes the messages of these errors, and `retry`.
///
/// Source: botocore, `ClientError.MSG_TEMPLATE` (how a message begins).
fn retry_functions(errors: &BTreeSet<(&str, &TransientError)>) -> String {
    let mut cases = String::new();
    for (operation, TransientError { code, words, .. }) in errors {
        let pattern = format!("*'({code}) when calling the {operation} operation'*");
        let _ = if words.is_empty() {
            writeln!(cases, "    {pattern}) ;;")
        } else {
            let words = words.iter().map(|word| format!("*'{word}'*")).collect::<Vec<_>>().join(" | ");
            writeln!(
                cases,
                "    {pattern})\n        case $(printf '%s' \"$1\" | tr '[:upper:]' '[:lower:]') in\n        {words}) ;;\n        \
                 *) return 1 ;;\n        esac\n        ;;"
            )
        };
    }
    format!(
        r#"# Whether an error is transient: a new resource is not visible everywhere at once.
is_transient() {{
    case $1 in
{cases}    *) return 1 ;;
    esac
}}

# Runs a command, and retries it for up to two minutes while its error is transient.
retry() {{
    waited=0
    until output=$("$@" 2>&1); do
        is_transient "$output" || waited=120
        if [ "$waited" -ge 120 ]; then
            printf '%s\n' "$output" >&2
            return 1
        fi
        echo '    not ready yet, retrying in 5 seconds' >&2
        sleep 5
        waited=$((waited + 5))
    done
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write as _};
    use std::process::Command;

    use super::*;
    use crate::domain::change::transient::is_transient;
    use crate::domain::plan::plan;
    use crate::domain::{Identity, Observed, Settings, SetupOptions};

    fn identity() -> Identity {
        Identity { account: "123456789012".into(), arn: "arn:aws:iam::123456789012:user/alice".into(), alias: None }
    }

    fn create_plan(setup: &SetupOptions) -> Plan {
        let settings = Settings::resolve(&identity(), &Region::new("eu-west-1"), setup, &Observed::nothing());
        let plan = plan(&settings, &Observed::nothing());
        assert_eq!(plan.blocked, []);
        plan
    }

    fn script(setup: &SetupOptions, global: &GlobalOptions) -> String {
        render(Purpose::SetUp, &create_plan(setup), &identity().in_region(&Region::new("eu-west-1")), global)
    }

    fn setup_options() -> SetupOptions {
        SetupOptions { emails: vec!["a@example.com".into()], ..SetupOptions::default() }
    }

    #[test]
    fn the_script_checks_the_account_before_it_changes_anything() {
        let script = script(&setup_options(), &GlobalOptions::default());
        let check = script.find("get-caller-identity").unwrap();
        assert!(check < script.find("create-bucket").unwrap());
        assert!(script.starts_with("#!/bin/sh\n"));
        assert!(script.contains("\nset -eu\n"));
        assert!(!script.contains("AWS_PROFILE="), "no profile was given");
    }

    #[test]
    fn the_profile_and_endpoint_of_the_command_line_are_exported_unless_the_shell_sets_its_own() {
        let global = GlobalOptions {
            profile: Some("it's".into()),
            endpoint_url: Some("http://x".into()),
            ..GlobalOptions::default()
        };
        let script = script(&setup_options(), &global);
        assert!(script.contains(r#"if [ -z "${AWS_PROFILE:-}" ]; then AWS_PROFILE='it'\''s'; fi"#), "{script}");
        assert!(script.contains("export AWS_ENDPOINT_URL"), "{script}");
    }

    #[test]
    fn only_calls_that_depend_on_something_new_are_retried() {
        let script = script(&setup_options(), &GlobalOptions::default());
        assert!(script.contains("\nretry aws cloudtrail create-trail "), "{script}");
        assert!(script.contains("\naws sns create-topic "), "{script}");
    }

    /// An error message of the AWS CLI.
    fn message(operation: &str, code: &str, why: &str) -> String {
        format!("An error occurred ({code}) when calling the {operation} operation: {why}")
    }

    /// Which of these messages the script's `is_transient` accepts.
    fn run_is_transient(functions: &str, messages: &[String]) -> Vec<bool> {
        let script =
            format!("{functions}\nwhile IFS= read -r m; do if is_transient \"$m\"; then echo y; else echo n; fi; done");
        let mut input = tempfile::tempfile().unwrap();
        for message in messages {
            writeln!(input, "{message}").unwrap();
        }
        input.seek(SeekFrom::Start(0)).unwrap();
        let ran = Command::new("sh").args(["-c", &script]).stdin(input).output().unwrap();
        assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().lines().map(|line| line == "y").collect()
    }

    #[test]
    fn the_script_retries_exactly_the_errors_that_apply_retries() {
        let plan = create_plan(&setup_options());
        let other_codes =
            ["AccessDenied", "ThrottlingException", "NoSuchBucketPolicy", "InvalidParameter", "NoSuchEntityX"];
        let codes: Vec<&str> = plan
            .changes()
            .flat_map(|change| change.spec().eventual)
            .map(|error| error.code)
            .chain(other_codes)
            .collect();
        let reasons = ["Access Denied. Verify it.", "You are not AUTHORIZED.", "No such format of an ARN.", ""];
        let mut messages = Vec::new();
        let mut expected = Vec::new();
        for change in plan.changes() {
            let spec = change.spec();
            for (code, why) in codes.iter().flat_map(|code| reasons.map(|why| (code, why))) {
                messages.push(message(spec.operation.name, code, why));
                expected.push(is_transient(spec.eventual, code, why));
            }
        }
        let actual = run_is_transient(&retry_functions(&transient_errors(&plan)), &messages);
        assert_eq!(actual.len(), expected.len());
        for ((message, actual), expected) in messages.iter().zip(actual).zip(expected) {
            assert_eq!(actual, expected, "{message}");
        }
        let script = script(&setup_options(), &GlobalOptions::default());
        for (change, region) in plan.changes_in_regions() {
            let command = change.aws_cli(&identity().in_region(region));
            let retried = script.contains(&format!("\nretry {command}"));
            assert_eq!(retried, !change.spec().eventual.is_empty(), "{command}");
        }
    }

    #[test]
    fn a_name_with_quotes_cannot_run_a_command() {
        let quoted = SetupOptions { filter: Some("a'; rm -rf ~; '".into()), ..setup_options() };
        let script = script(&quoted, &GlobalOptions::default());
        assert!(script.contains(r"--filter-name 'a'\''; rm -rf ~; '\'''"), "{script}");
    }
}
