//! `rootbell plan --format aws-cli`: the plan as a script for `sh` and the AWS CLI.

use std::fmt::Write;

use super::{Global, count};
use crate::domain::change::quote;
use crate::domain::{AccountRegion, Change, Plan};

/// Refusals of what leans on something made a moment ago, by the words of their codes.
///
/// Source: CloudTrail API, CreateTrail errors; S3 API, `OperationAborted`; IAM User Guide, "Changes that I make are not
/// always immediately visible".
const PASSING: &[&str] = &[
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
    if plan.changes().any(Change::needs_something_new) {
        line(&retry());
    }
    let total = plan.changes().count();
    let mut number = 0;
    for row in &plan.rows {
        let Some(change) = &row.change else { continue };
        number += 1;
        let what = format!("{number}/{total} {} {} {}", row.action.as_str(), row.resource, row.name);
        line(&format!("printf '%s\\n' {} >&2", quote(&what)));
        let again = if change.needs_something_new() { "retry " } else { "" };
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

fn retry() -> String {
    let codes = PASSING.iter().map(|code| format!("*{code}*")).collect::<Vec<_>>().join(" | ");
    format!(
        r#"# What was made a moment ago is not seen everywhere at once: such a refusal is waited out, for two minutes at most.
retry() {{
    waited=0
    until said=$("$@" 2>&1); do
        case $said in
        {codes}) ;;
        *) waited=120 ;;
        esac
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
    use super::*;
    use crate::domain::plan::plan;
    use crate::domain::{Identity, Observed, Settings, SetupOptions};

    fn script(setup: &SetupOptions, global: &Global) -> String {
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

    #[test]
    fn a_name_cannot_break_out_of_its_words() {
        let odd = SetupOptions { filter: Some("a'; rm -rf ~; '".into()), ..setup_options() };
        let script = script(&odd, &Global::default());
        assert!(script.contains(r"--filter-name 'a'\''; rm -rf ~; '\'''"), "{script}");
    }
}
