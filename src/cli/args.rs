//! The options and commands, and their help.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::commands::destroy::DestroyOptions;
use super::commands::policy::PolicyOptions;
use since::Since;

mod since;
use crate::cloud::Target;
use crate::domain::arn::Arn;
use crate::domain::change::quote;
use crate::domain::{Region, RetentionDays, SetupOptions};

const EXAMPLES: &str = "\
Examples:
  rootbell                                        the wizard: four steps, then the dashboard
  rootbell --profile prod --region eu-west-1      the wizard, for that account and Region
  rootbell --demo                                 the wizard, on a simulated account
  rootbell plan --email alice@example.com         show what would be set up
  rootbell apply --email alice@example.com        set it up, after a confirmation
  rootbell status                                 check whether an alert would reach you
  rootbell test                                   send a test alarm
  rootbell events --since 30d                     show who used root, when, and from where

Exit status: 0 done, working, or nothing to change; 1 failed; 2 invalid command line; 3 for
`status`: not working, for `plan` and `destroy --format`: there are changes to make.";

const PLAN_EXAMPLES: &str = "\
Examples:
  rootbell plan --email alice@example.com
  rootbell plan --email alice@example.com --format json | jq '.changes[].iam_action'
  rootbell plan --email alice@example.com --format aws-cli > setup.sh

JSON: {account, region, changes: [{id, step, action: create|update|keep|delete, resource, name, detail, aws_cli, \
iam_action, needs: [id], foreign}], notes: []}

Exit status: 0 nothing to change; 3 there are changes to make; 1 failed; 2 invalid command line.";

const APPLY_EXAMPLES: &str = "\
Examples:
  rootbell apply --email alice@example.com
  rootbell apply --yes --email alice@example.com --email bob@example.com --wait
  rootbell apply --yes --trail main --log-group security/cloudtrail --retention-days 731 --email a@example.com

Running it twice changes nothing the second time; after a failure, run it again to continue.

JSON: {account, region, applied: [id], failed: [{id, why, fix}], skipped: [id], unknown: [id of each change in \
progress at an interrupt], open: []}

Exit status: 0 set up, or nothing to change; 1 failed, in whole or in part; 2 invalid command line, or no terminal \
to ask on.";

const STATUS_EXAMPLES: &str = "\
Examples:
  rootbell status
  rootbell status --json | jq -r '.checks[] | select(.verdict != \"ok\") | .fix'

JSON: {account, region, healthy, checks: [{id, title, verdict: ok|missing|wrong|pending|unknown, detail, fix}], alarm: \
{name, state, reason, since} or null, subscriptions: [{endpoint, state: confirmed|pending|deleted}]}

Exit status: 0 an alert would reach you; 3 it would not, or that is not certain; 1 failed; 2 invalid command line.";

const TEST_EXAMPLES: &str = "\
Examples:
  rootbell test
  rootbell test --json | jq '.hops[] | {hop, after_seconds}'
  rootbell test --drill

A test sets the alarm to ALARM, with a reason that says who started the test and that nobody used root. It then reads \
the alarm's history until the notification has been sent; the alarm returns to OK by itself. Every confirmed \
subscriber gets the message. This verifies the alarm and the topic. In addition to the permissions of `status`, it \
needs cloudwatch:SetAlarmState, cloudwatch:DescribeAlarms and cloudwatch:DescribeAlarmHistory; `rootbell policy test` \
prints all of them.

A drill verifies the filter and the metric as well. It writes one marked event to the log group, after asking for \
confirmation. It needs logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricData, \
cloudwatch:DescribeAlarms and cloudwatch:DescribeAlarmHistory.

JSON: {account, region, alarm, kind: test|drill, dispatched, recipients: [], concerns: [], hops: [{hop: \
stored|matched|counted|alarm|action|back, after_seconds, said}], error: {why, fix} or null}

Exit status: 0 the notification was sent; 1 it was not; 2 invalid command line.";

const EVENTS_EXAMPLES: &str = "\
Examples:
  rootbell events
  rootbell events --since 12h
  rootbell events --since 2026-11-01 --json | jq -r '.events[] | select(.drill | not) | .address'

Events are read from the trail's log group, where they appear a few minutes after they happen. The search uses the \
metric filter's pattern if that finds every use of root, and the CIS pattern otherwise. It needs logs:FilterLogEvents, \
in addition to the permissions of `status`.

JSON: {account, region, log_group, since, gap: why events may be missing, or null, events: [{id, time, event, source, \
outcome: success|failure, error, mfa, address, region, client, via: console|API, assumed_root, not_root: who it was \
instead, or null, drill, raw}], more, searched_back_to: time or null, error: {why, fix} or null}

Exit status: 0 the log group was read; 1 it could not be read; 2 invalid command line.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  rootbell completions bash > ~/.local/share/bash-completion/completions/rootbell
  rootbell completions zsh > ~/.zfunc/_rootbell                  (with ~/.zfunc in $fpath, before compinit)
  rootbell completions fish > ~/.config/fish/completions/rootbell.fish
  rootbell completions powershell >> $PROFILE";

const MAN_EXAMPLES: &str = "\
Examples:
  rootbell man > ~/.local/share/man/man1/rootbell.1
  rootbell man apply > ~/.local/share/man/man1/rootbell-apply.1
  rootbell man apply | man -l -";

const DESTROY_EXAMPLES: &str = "\
Examples:
  rootbell destroy --format text                  show what would be deleted
  rootbell destroy                                delete it, after a confirmation
  rootbell destroy --yes --with-logs              delete it without asking, with the logs

Deletes the resources with the tag rootbell = managed, and removes what rootbell added to
unmanaged resources. After a failure, run it again to continue.

Exit status: 0 deleted, or nothing to delete; 1 failed; 2 invalid command line, or no terminal
to ask on; 3 `--format`: there are resources to delete.";

const POLICY_EXAMPLES: &str = "\
Examples:
  rootbell policy setup > setup.json
  rootbell policy watch --profile prod --region eu-west-1
  rootbell policy destroy --with-logs

  aws iam create-policy --policy-name rootbell-setup --policy-document file://setup.json

The policy is limited to this account and Region, and to the resource names in use.";

/// Get an email whenever anyone uses your AWS account's root user.
///
/// Sets up, in four steps, a CloudTrail trail that delivers to CloudWatch Logs, an SNS topic that emails you, a metric
/// filter that counts every use of the root user, and a CloudWatch alarm on that count. Then it verifies that an alert
/// would reach you. Without a command, it opens the wizard.
#[derive(Debug, Parser)]
#[command(name = "rootbell", version = env!("ROOTBELL_VERSION"), after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalOptions,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what `apply` would change, without changing it
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanOptions),
    /// Set up without the wizard
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(ApplyOptions),
    /// Check whether an alert would reach you
    #[command(after_help = STATUS_EXAMPLES)]
    Status(StatusOptions),
    /// Send a test alarm, which emails all subscribers, and check that the notification was sent
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestOptions),
    /// Show who used root, when, and from where
    #[command(after_help = EVENTS_EXAMPLES)]
    Events(EventsOptions),
    /// Delete what rootbell created
    #[command(after_help = DESTROY_EXAMPLES)]
    Destroy(DestroyOptions),
    /// Print the least-privilege IAM policy for a task
    #[command(after_help = POLICY_EXAMPLES)]
    Policy(PolicyOptions),
    /// Print the completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions { shell: clap_complete::Shell },
    /// Print the man page of rootbell, or of one of its commands
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// The command to print the page of [default: rootbell itself]
        #[arg(value_name = "COMMAND")]
        page: Option<String>,
    },
}

/// The account and Region to use, and options that apply to every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Profile in the AWS configuration [default: AWS_PROFILE, or `default`]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS Region of the alarm [default: AWS_REGION, or the profile's]
    #[arg(long, global = true, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,
    /// Send all requests to this URL instead of AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Use a simulated account: no credentials, no network, nothing is kept
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true,
          default_missing_value = "fresh")]
    pub demo: Option<String>,
    /// Colors of the wizard
    #[arg(long, global = true, value_name = "THEME", default_value = "auto")]
    pub theme: ThemeOption,
    /// Don't ring the terminal bell when the alarm fires
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Write a log to this file; it contains no credentials
    #[arg(long, global = true, value_name = "PATH")]
    pub log_file: Option<PathBuf>,
    /// Log more details (twice: even more)
    #[arg(short, long, global = true, action = ArgAction::Count, requires = "log_file")]
    pub verbose: u8,
}

impl GlobalOptions {
    /// The options that select the account, for a command to run on the same account. Each is preceded by a space.
    #[must_use]
    pub fn flags(&self) -> String {
        let options = [("profile", &self.profile), ("region", &self.region), ("endpoint-url", &self.endpoint_url)];
        let mut flags = String::new();
        for (name, value) in options {
            if let Some(value) = value {
                let _ = write!(flags, " --{name} {}", quote(value));
            }
        }
        if let Some(scenario) = &self.demo {
            let _ = write!(flags, " --demo={}", quote(scenario));
        }
        flags
    }

    #[must_use]
    pub fn target(&self) -> Target {
        Target { profile: self.profile.clone(), region: self.region.clone(), endpoint_url: self.endpoint_url.clone() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ThemeOption {
    /// `mono` if NO_COLOR is set, otherwise the terminal's colors
    #[default]
    Auto,
    Dark,
    Light,
    /// No colors
    Mono,
}

impl ThemeOption {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }
}

#[derive(Args, Debug)]
pub struct PlanOptions {
    #[command(flatten)]
    pub setup: SetupArgs,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs; its fields are stable
    Json,
    /// A shell script that makes the same changes with the AWS CLI
    AwsCli,
}

#[derive(Args, Debug)]
pub struct ApplyOptions {
    #[command(flatten)]
    pub setup: SetupArgs,
    /// Skip confirmation
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Wait until every address is confirmed
    #[arg(long)]
    pub wait: bool,
    /// How long to wait for the confirmations
    #[arg(long, value_name = "MINUTES", default_value_t = 10, requires = "wait",
          value_parser = clap::value_parser!(u32).range(1..=2880))]
    pub wait_timeout: u32,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct StatusOptions {
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct TestOptions {
    /// Test the whole chain except CloudTrail itself, with a marked event in the log group
    #[arg(long)]
    pub drill: bool,
    /// Skip confirmation of the drill
    #[arg(long, short = 'y', requires = "drill")]
    pub yes: bool,
    /// Run the drill even if the log group belongs to an organization or is unmanaged
    #[arg(long, requires = "drill")]
    pub foreign_log_group: bool,
    /// How long to wait for each stage [default: 120; with --drill: 300]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: Option<u32>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct EventsOptions {
    /// How far back to search: minutes, hours, days or weeks (90m, 24h, 7d, 2w), or a start date (2026-11-01)
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    pub since: Since,
    /// Maximum number of events
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Print the events as JSON, with everything that CloudTrail recorded
    #[arg(long)]
    pub json: bool,
}

/// The setup options of `plan` and `apply`. Each has a default, or its value is found in the account.
#[derive(Args, Debug)]
#[command(next_help_heading = "Setup options")]
pub struct SetupArgs {
    /// Email address to alert (an SNS email subscription); can be given several times
    #[arg(long = "email", value_name = "ADDRESS", value_delimiter = ',')]
    pub emails: Vec<String>,
    /// CloudTrail trail; created if it doesn't exist [default: an existing one that can be used, or `rootbell`]
    #[arg(long, value_name = "NAME")]
    pub trail: Option<String>,
    /// S3 bucket for the trail's log files [default: rootbell-ACCOUNT-REGION]
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// CloudWatch Logs log group that the trail delivers to [default: the trail's, or `rootbell/cloudtrail`]
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// IAM role that CloudTrail assumes to deliver events [default: rootbell-cloudtrail-to-logs-REGION]
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// Retention of the log group in days, or `never` to keep events forever [default: 365]
    #[arg(long, value_name = "DAYS")]
    pub retention_days: Option<RetentionDays>,
    /// SNS topic that the alarm notifies [default: the alarm's, or `rootbell-alerts`]
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// CloudWatch Logs metric filter that counts root use [default: the log group's, or `rootbell-root-use`]
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// Pattern of that filter [default: the pattern that CIS and Security Hub require]
    #[arg(long, value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// CloudWatch alarm [default: an existing one on that metric, or `rootbell-root-use`]
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
    /// Customer managed KMS key for trail, log group and topic; its policy must allow them [default: no change]
    #[arg(long, value_name = "ARN")]
    pub kms_key: Option<String>,
    /// Restrict the role to this trail; check with `status` that deliveries continue [default: no change]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub role_source_arn: Option<bool>,
}

impl SetupArgs {
    #[must_use]
    pub fn setup_options(&self) -> SetupOptions {
        SetupOptions {
            trail: self.trail.clone(),
            bucket: self.bucket.clone(),
            log_group: self.log_group.clone(),
            role: self.role.clone(),
            retention_days: self.retention_days,
            topic: self.topic.clone(),
            emails: self.emails.clone(),
            filter: self.filter.clone(),
            pattern: self.pattern.clone(),
            alarm: self.alarm.clone(),
            kms_key: self.kms_key.as_deref().map(Arn::from),
            role_source_arn: self.role_source_arn,
        }
    }
}

fn region(value: &str) -> Result<String, String> {
    Region::parse(value).map(|region| region.to_string())
}
