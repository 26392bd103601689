//! `rootbell plan --format aws-cli`: the plan as a shell script that uses the AWS CLI.

use std::fmt::Write;

use super::{GlobalOptions, pluralize};
use crate::domain::change::quote;
use crate::domain::{AccountRegion, Change, Plan};

/// Parts of the codes of errors that go away by themselves: the call depends on a resource that was only just created.
///
/// Source: CloudTrail API, CreateTrail errors; S3 API, `OperationAborted`; IAM User Guide, "Changes that I make are not
/// always immediately visible".
const TRANSIENT_ERRORS: &[&str] = &[
    "InvalidCloudWatchLogsRoleArn",
    "InvalidCloudWatchLogsLogGroupArn",
    "InsufficientS3BucketPolicy",
    "S3BucketDoesNotExist",
    "ConflictException",
    "ConcurrentModification",
    "OperationAborted",
    "NoSuchBucket",
    "NoSuchEntity",
    "TrailNotFound",
];

/// Whether the plan sets up or deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
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
pub(super) fn render(purpose: Purpose, plan: &Plan, account_region: &AccountRegion, global: &GlobalOptions) -> String {
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
    if plan.changes().any(Change::needs_something_new) {
        line(&retry_function());
    }
    let total = plan.changes().count();
    let mut number = 0;
    for row in &plan.rows {
        let Some(change) = &row.change else { continue };
        number += 1;
        let progress = format!("{number}/{total} {} {} {}", row.action.as_str(), row.resource, row.name);
        line(&format!("printf '%s\\n' {} >&2", quote(&progress)));
        let retry = if change.needs_something_new() { "retry " } else { "" };
        line(&format!("{retry}{} > /dev/null", change.aws_cli(account_region)));
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

/// Checks that the AWS CLI is signed in to the right account, before any change.
fn account_check(account: &str, region: &str) -> String {
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

fn retry_function() -> String {
    let codes = TRANSIENT_ERRORS.iter().map(|code| format!("*{code}*")).collect::<Vec<_>>().join(" | ");
    format!(
        r#"# A new resource is not visible everywhere at once: such errors are retried for up to two minutes.
retry() {{
    waited=0
    until output=$("$@" 2>&1); do
        case $output in
        {codes}) ;;
        *) waited=120 ;;
        esac
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
    use super::*;
    use crate::domain::plan::plan;
    use crate::domain::{Identity, Observed, Settings, SetupOptions};

    fn script(setup: &SetupOptions, global: &GlobalOptions) -> String {
        let identity = Identity {
            account: "123456789012".into(),
            arn: "arn:aws:iam::123456789012:user/alice".into(),
            alias: None,
        };
        let settings = Settings::resolve(&identity, "eu-west-1", setup, &Observed::nothing());
        let plan = plan(&settings, &Observed::nothing());
        assert_eq!(plan.blocked, []);
        render(Purpose::SetUp, &plan, &identity.in_region("eu-west-1"), global)
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

    #[test]
    fn a_name_with_quotes_cannot_run_a_command() {
        let quoted = SetupOptions { filter: Some("a'; rm -rf ~; '".into()), ..setup_options() };
        let script = script(&quoted, &GlobalOptions::default());
        assert!(script.contains(r"--filter-name 'a'\''; rm -rf ~; '\'''"), "{script}");
    }
}
