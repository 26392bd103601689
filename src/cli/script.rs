//! `rootbell plan --format aws-cli`: the plan as a script for `sh` and the AWS CLI.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Global, count};
use crate::domain::change::quote;
use crate::domain::change::transient::TransientError;
use crate::domain::{AccountRegion, Change, Plan};

/// Which plan it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    SetUp,
    Leave,
}

impl Purpose {
    /// What it does, the command that does the same, the one that wrote it, and what to do next.
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::SetUp => [
                "Sets up the alarm that rings when somebody signs in as the AWS root user:",
                "rootbell apply",
                "rootbell plan --format aws-cli",
                "`rootbell status` says whether it would ring.",
            ],
            Self::Leave => [
                "Takes away the alarm that rings when somebody signs in as the AWS root user:",
                "rootbell destroy",
                "rootbell destroy --format aws-cli",
                "Nobody is told any more when root signs in.",
            ],
        }
    }
}

/// The script. It does what `apply` or `destroy` does, in the plan's order, and stops at the first refusal that waiting
/// cannot cure.
pub(super) fn render(purpose: Purpose, plan: &Plan, account_region: &AccountRegion, global: &Global) -> String {
    let AccountRegion { account, region, .. } = account_region;
    let [what_for, command, writer, next] = purpose.words();
    let mut script = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(script, "{text}");
    };
    line("#!/bin/sh");
    line(&format!("# {what_for}"));
    line(&format!(
        "# what `{command}` would do in account {account}, region {region}, as it was when this was written."
    ));
    line(&format!("# Written by rootbell {} (`{writer}`).", env!("CARGO_PKG_VERSION")));
    line("set -eu");
    line("");
    let setting = |name: &str, value: &Option<String>| {
        value.as_ref().map(|v| format!("if [ -z \"${{{name}:-}}\" ]; then {name}={}; fi\nexport {name}", quote(v)))
    };
    let settings = [setting("AWS_PROFILE", &global.profile), setting("AWS_ENDPOINT_URL", &global.endpoint_url)];
    for said in settings.iter().flatten() {
        line(said);
    }
    line("AWS_PAGER=");
    line("export AWS_PAGER");
    line("");
    line(&check_of_account(account, region));
    let transient = transient(plan);
    if !transient.is_empty() {
        line(&retry(&transient));
    }
    let total = plan.changes().count();
    let mut number = 0;
    for row in &plan.rows {
        let Some(change) = &row.change else { continue };
        number += 1;
        let what = format!("{number}/{total} {} {} {}", row.action.as_str(), row.resource, row.name);
        line(&format!("printf '%s\\n' {} >&2", quote(&what)));
        let again = if change.transient_errors().next().is_some() { "retry " } else { "" };
        line(&format!("{again}{} > /dev/null", change.aws_cli(account_region)));
        line("");
    }
    let end = match total {
        0 => "Nothing to change.".to_owned(),
        n => format!("{} made. {next}", count(n, "change")),
    };
    line(&format!("printf '%s\\n' {}", quote(&end)));
    script.truncate(script.trim_end().len());
    script
}

/// Everything below is for one account: the wrong profile must not get it.
fn check_of_account(account: &str, region: &str) -> String {
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
        region = quote(region)
    )
}

/// The calls of the plan with the errors that waiting resolves, each once.
fn transient(plan: &Plan) -> BTreeSet<(&'static str, &'static TransientError)> {
    let of = |change: &Change| {
        let operation = change.operation().name;
        change.transient_errors().map(move |error| (operation, error)).collect::<Vec<_>>()
    };
    plan.changes().flat_map(of).collect()
}

/// `retry` runs a command again for as long as `passes` finds in its message one of the errors that `apply` waits for.
///
/// Source of how a message begins: botocore, `ClientError.MSG_TEMPLATE`.
fn retry(transient: &BTreeSet<(&str, &TransientError)>) -> String {
    let mut cases = String::new();
    for (operation, TransientError { code, words, .. }) in transient {
        let of = format!("*'({code}) when calling the {operation} operation'*");
        let _ = if words.is_empty() {
            writeln!(cases, "    {of}) ;;")
        } else {
            let words = words.iter().map(|word| format!("*'{word}'*")).collect::<Vec<_>>().join(" | ");
            writeln!(
                cases,
                "    {of})\n        case $(printf '%s' \"$1\" | tr '[:upper:]' '[:lower:]') in\n        {words}) ;;\n        \
                 *) return 1 ;;\n        esac\n        ;;"
            )
        };
    }
    format!(
        r#"# Whether waiting resolves an error: what was created a moment ago isn't visible everywhere at once.
passes() {{
    case $1 in
{cases}    *) return 1 ;;
    esac
}}

# Runs a command, and runs it again while its error is one of those, for two minutes at most.
retry() {{
    waited=0
    until said=$("$@" 2>&1); do
        passes "$said" || waited=120
        if [ "$waited" -ge 120 ]; then
            printf '%s\n' "$said" >&2
            return 1
        fi
        echo '    not ready yet, trying again in 5 seconds' >&2
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
    use crate::domain::change::transient::{TRANSIENT, is_transient};
    use crate::domain::plan::plan;
    use crate::domain::{Identity, Observed, Settings, SetupOptions};

    fn identity() -> Identity {
        Identity { account: "123456789012".into(), arn: "arn:aws:iam::123456789012:user/alice".into(), alias: None }
    }

    fn planned(setup: &SetupOptions) -> Plan {
        let settings = Settings::resolve(&identity(), "eu-west-1", setup, &Observed::nothing());
        let plan = plan(&settings, &Observed::nothing());
        assert_eq!(plan.blocked, []);
        plan
    }

    fn script(setup: &SetupOptions, global: &Global) -> String {
        render(Purpose::SetUp, &planned(setup), &identity().in_region("eu-west-1"), global)
    }

    fn setup_options() -> SetupOptions {
        SetupOptions { emails: vec!["a@example.com".into()], ..SetupOptions::default() }
    }

    #[test]
    fn the_script_asks_for_its_account_before_it_changes_anything() {
        let script = script(&setup_options(), &Global::default());
        let check = script.find("get-caller-identity").unwrap();
        assert!(check < script.find("create-bucket").unwrap());
        assert!(script.starts_with("#!/bin/sh\n"));
        assert!(script.contains("\nset -eu\n"));
        assert!(!script.contains("AWS_PROFILE="), "nobody named a profile");
    }

    #[test]
    fn a_profile_and_an_endpoint_of_the_command_line_go_along_unless_the_shell_has_its_own() {
        let global =
            Global { profile: Some("it's".into()), endpoint_url: Some("http://x".into()), ..Global::default() };
        let script = script(&setup_options(), &global);
        assert!(script.contains(r#"if [ -z "${AWS_PROFILE:-}" ]; then AWS_PROFILE='it'\''s'; fi"#), "{script}");
        assert!(script.contains("export AWS_ENDPOINT_URL"), "{script}");
    }

    #[test]
    fn what_leans_on_something_new_is_tried_again_and_the_rest_is_not() {
        let script = script(&setup_options(), &Global::default());
        assert!(script.contains("\nretry aws cloudtrail create-trail "), "{script}");
        assert!(script.contains("\naws sns create-topic "), "{script}");
    }

    /// A message of the AWS CLI.
    fn message(operation: &str, code: &str, why: &str) -> String {
        format!("An error occurred ({code}) when calling the {operation} operation: {why}")
    }

    /// What the script's own `passes` makes of each message.
    fn passes(functions: &str, messages: &[String]) -> Vec<bool> {
        let script =
            format!("{functions}\nwhile IFS= read -r m; do if passes \"$m\"; then echo y; else echo n; fi; done");
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
    fn the_script_waits_for_exactly_the_errors_that_apply_waits_for() {
        let plan = planned(&setup_options());
        let other = ["AccessDenied", "ThrottlingException", "NoSuchBucketPolicy", "InvalidParameter", "NoSuchEntityX"];
        let codes: Vec<&str> = TRANSIENT.iter().map(|error| error.code).chain(other).collect();
        let reasons = ["Access Denied. Verify it.", "You are not AUTHORIZED.", "No such format of an ARN.", ""];
        let mut messages = Vec::new();
        let mut expected = Vec::new();
        for change in plan.changes() {
            let operation = change.operation();
            for (code, why) in codes.iter().flat_map(|code| reasons.map(|why| (code, why))) {
                messages.push(message(operation.name, code, why));
                expected.push(is_transient(operation, code, why));
            }
        }
        let said = passes(&retry(&transient(&plan)), &messages);
        assert_eq!(said.len(), expected.len());
        for ((message, said), expected) in messages.iter().zip(said).zip(expected) {
            assert_eq!(said, expected, "{message}");
        }
        let script = script(&setup_options(), &Global::default());
        for change in plan.changes() {
            let command = change.aws_cli(&identity().in_region("eu-west-1"));
            let retried = script.contains(&format!("\nretry {command}"));
            assert_eq!(retried, change.transient_errors().next().is_some(), "{command}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_words() {
        let odd = SetupOptions { filter: Some("a'; rm -rf ~; '".into()), ..setup_options() };
        let script = script(&odd, &Global::default());
        assert!(script.contains(r"--filter-name 'a'\''; rm -rf ~; '\'''"), "{script}");
    }
}
