//! What can be said on the command line.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::destroy::DestroyOptions;
use super::policy::PolicyOptions;
use super::since::Since;
use crate::cloud::Target;
use crate::domain::SetupOptions;
use crate::domain::change::quote;
use crate::domain::names;

const EXAMPLES: &str = "\
Examples:
  rootbell                                        the wizard: four steps, then the verdict
  rootbell --profile prod --region eu-west-1      the wizard, on that account and region
  rootbell --demo                                 the wizard, on an account in memory
  rootbell plan --email alice@example.com         what would be set up, changing nothing
  rootbell apply --email alice@example.com        set it up, after a question
  rootbell status                                 would it ring?
  rootbell test                                   ring it, and see the notification go out
  rootbell events --since 30d                     who used root, when, from where

Exit status: 0 done, healthy or nothing to change; 1 it failed; 2 the command line is wrong;
3 `status`: it would not ring, `plan` and `destroy --format`: there is something to change.";

const PLAN_EXAMPLES: &str = "\
Examples:
  rootbell plan --email alice@example.com
  rootbell plan --email alice@example.com --format json | jq '.changes[].iam_action'
  rootbell plan --email alice@example.com --format aws-cli > setup.sh

JSON: {account, region, changes: [{id, step, action: create|update|keep|delete, resource, name, detail, aws_cli, \
iam_action, needs: [id], foreign}], notes: []}

Exit status: 0 nothing to change; 3 there is something to change; 1 it failed; 2 the command line is wrong.";

const APPLY_EXAMPLES: &str = "\
Examples:
  rootbell apply --email alice@example.com
  rootbell apply --yes --email alice@example.com --email bob@example.com --wait
  rootbell apply --yes --trail main --log-group security/cloudtrail --retention-days 731 --email a@example.com

Applying twice changes nothing the second time; applying after a failure goes on from there.

JSON: {account, region, applied: [id], failed: [{id, why, fix}], skipped: [id], unknown: [id of what was under way \
at an interrupt], open: []}

Exit status: 0 set up, or nothing to change; 1 it failed, in whole or in part; 2 the command line is wrong, or nobody \
is there to ask.";

const STATUS_EXAMPLES: &str = "\
Examples:
  rootbell status
  rootbell status --json | jq -r '.checks[] | select(.verdict != \"ok\") | .fix'

JSON: {account, region, healthy, checks: [{id, title, verdict: ok|missing|wrong|pending|unknown, detail, fix}], alarm: \
{name, state, reason, since} or null, subscriptions: [{endpoint, state: confirmed|pending|deleted}]}

Exit status: 0 it would ring; 3 it would not; 1 it could not be asked; 2 the command line is wrong.";

const TEST_EXAMPLES: &str = "\
Examples:
  rootbell test
  rootbell test --json | jq '.hops[] | {hop, after_seconds}'
  rootbell test --drill

A test sets the alarm to ALARM by hand, with a reason that says who did and that nobody used root, and reads the \
alarm's history until the notification has gone out; the alarm goes back to OK by itself. Everybody who is subscribed \
gets the message. It proves alarm and topic. Beside what `status` takes, it takes cloudwatch:SetAlarmState, \
cloudwatch:DescribeAlarms and cloudwatch:DescribeAlarmHistory; `rootbell policy test` prints all of it.

A drill proves filter and metric as well. It writes one marked event into the log group, and asks before it does. It \
takes logs:CreateLogStream, logs:PutLogEvents, logs:FilterLogEvents, cloudwatch:GetMetricData, \
cloudwatch:DescribeAlarms and cloudwatch:DescribeAlarmHistory.

JSON: {account, region, alarm, kind: test|drill, dispatched, recipients: [], concerns: [], hops: [{hop: \
stored|matched|counted|alarm|action|back, after_seconds, said}], error: {why, fix} or null}

Exit status: 0 the notification was seen to go out; 1 it was not; 2 the command line is wrong.";

const EVENTS_EXAMPLES: &str = "\
Examples:
  rootbell events
  rootbell events --since 12h
  rootbell events --since 2026-11-01 --json | jq -r '.events[] | select(.drill | not) | .address'

Events come from the trail's log group, a few minutes after they happened, by the pattern of the filter itself where \
that finds every use of root, otherwise by the auditors'. Takes logs:FilterLogEvents, and what `status` takes.

JSON: {account, region, log_group, since, gap: why not all is recorded, or null, events: [{id, time, event, source, outcome: success|failure, error, mfa, \
address, region, client, via: console|API, assumed_root, not_root: who it was instead, or null, drill, raw}], more, searched_back_to: time or null, error: {why, fix} or null}

Exit status: 0 the log group was read; 1 it could not be; 2 the command line is wrong.";

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
  rootbell destroy --format text                  what would go, changing nothing
  rootbell destroy                                take it away, after a question
  rootbell destroy --yes --with-logs              without a question, with the logs

What carries the tag rootbell = managed is deleted, and what rootbell added to other people's
things is taken out. Run again after a failure, it goes on from there.

Exit status: 0 taken away, or nothing to take away; 1 it failed; 2 the command line is wrong, or
nobody is there to ask; 3 `--format`: there is something to take away.";

const POLICY_EXAMPLES: &str = "\
Examples:
  rootbell policy setup > setup.json
  rootbell policy watch --profile prod --region eu-west-1
  rootbell policy destroy --with-logs

  aws iam create-policy --policy-name rootbell-setup --policy-document file://setup.json

The resources are those of this account and region, and of the names in use.";

/// The bell that rings when somebody signs in as AWS root.
///
/// Sets up, in four steps, a CloudTrail trail that delivers to CloudWatch Logs, an SNS topic that mails you, a metric
/// filter that counts every use of the root user, and a CloudWatch alarm on that count. Without a command, the wizard
/// takes you through them.
#[derive(Debug, Parser)]
#[command(name = "rootbell", version = env!("ROOTBELL_VERSION"), after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what `apply` would change, changing nothing
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanOptions),
    /// Set the alarm up without the wizard
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(ApplyOptions),
    /// Say whether it would ring
    #[command(after_help = STATUS_EXAMPLES)]
    Status(StatusOptions),
    /// Ring it, and see that the notification goes out: it mails everybody who is subscribed
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestOptions),
    /// Say who used root, when and from where
    #[command(after_help = EVENTS_EXAMPLES)]
    Events(EventsOptions),
    /// Take away what rootbell made
    #[command(after_help = DESTROY_EXAMPLES)]
    Destroy(DestroyOptions),
    /// Print the least-privilege IAM policy for what rootbell does
    #[command(after_help = POLICY_EXAMPLES)]
    Policy(PolicyOptions),
    /// Print the completions of a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions { shell: clap_complete::Shell },
    /// Print the manual page of the program, or of one command
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// The command whose page it is; left out: the program
        #[arg(value_name = "COMMAND")]
        page: Option<String>,
    },
}

/// Which account and region, and how the program behaves.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Profile of the AWS configuration; otherwise AWS_PROFILE, or `default`
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region the alarm lives in; otherwise AWS_REGION, or the profile's
    #[arg(long, global = true, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,
    /// Send every request here instead of to AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Try it on an account in memory: no credentials, no network, nothing that stays
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true,
          default_missing_value = "fresh")]
    pub demo: Option<String>,
    /// Colours of the wizard
    #[arg(long, global = true, value_name = "THEME", default_value = "auto")]
    pub theme: Theme,
    /// Leave the terminal's bell still when the alarm goes off
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Write a log to this file; it has no credentials in it
    #[arg(long, global = true, value_name = "PATH")]
    pub log_file: Option<PathBuf>,
    /// Say more in the log (twice: still more)
    #[arg(short, long, global = true, action = ArgAction::Count, requires = "log_file")]
    pub verbose: u8,
}

impl Global {
    /// The options that say which account it is, for a command that goes to the same; each with a blank before it.
    #[must_use]
    pub fn flags(&self) -> String {
        let valued = [("profile", &self.profile), ("region", &self.region), ("endpoint-url", &self.endpoint_url)];
        let mut flags = String::new();
        for (name, value) in valued {
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
pub enum Theme {
    /// `mono` where NO_COLOR is set, otherwise the terminal's own colours
    #[default]
    Auto,
    Dark,
    Light,
    /// No colours
    Mono,
}

impl Theme {
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
    pub wanted: Wanted,
    /// How the plan is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs; its fields are stable
    Json,
    /// A shell script that does the same, with the AWS CLI
    AwsCli,
}

#[derive(Args, Debug)]
pub struct ApplyOptions {
    #[command(flatten)]
    pub wanted: Wanted,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Then wait until every address is confirmed
    #[arg(long)]
    pub wait: bool,
    /// How long to wait for that at most
    #[arg(long, value_name = "MINUTES", default_value_t = 10, requires = "wait",
          value_parser = clap::value_parser!(u32).range(1..=2880))]
    pub wait_timeout: u32,
    /// Write the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct StatusOptions {
    /// Write the verdicts as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct TestOptions {
    /// Ring the whole chain but CloudTrail itself, by a marked event in the log group
    #[arg(long)]
    pub drill: bool,
    /// Do not ask before the drill
    #[arg(long, short = 'y', requires = "drill")]
    pub yes: bool,
    /// Drill even where the log group is an organization's, or not rootbell's own
    #[arg(long, requires = "drill")]
    pub foreign_log_group: bool,
    /// How long to wait for each hop [default: 120; with --drill: 300]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: Option<u32>,
    /// Write the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct EventsOptions {
    /// How far back: minutes, hours, days or weeks (90m, 24h, 7d, 2w), or from a date on (2026-11-01)
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    pub since: Since,
    /// How many events at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Write the events as JSON, with all that CloudTrail recorded
    #[arg(long)]
    pub json: bool,
}

/// What `plan` and `apply` are told about what is wanted. Everything has a default, or is found in the account.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is wanted")]
pub struct Wanted {
    /// Address that is told (an SNS e-mail subscription); may be given several times
    #[arg(long = "email", value_name = "ADDRESS", value_delimiter = ',')]
    pub emails: Vec<String>,
    /// CloudTrail trail: a standing one is used, otherwise it is made [default: one that fits, or `rootbell`]
    #[arg(long, value_name = "NAME")]
    pub trail: Option<String>,
    /// S3 bucket for the trail's log files [default: rootbell-ACCOUNT-REGION]
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// CloudWatch Logs log group that the trail delivers to [default: the trail's, or `rootbell/cloudtrail`]
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// IAM role that CloudTrail delivers as [default: rootbell-cloudtrail-to-logs-REGION]
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// How long the log group keeps events [default: 365]
    #[arg(long, value_name = "DAYS")]
    pub retention_days: Option<u32>,
    /// SNS topic that the alarm notifies [default: the alarm's, or `rootbell-alerts`]
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// CloudWatch Logs metric filter that counts root use [default: the log group's, or `rootbell-root-use`]
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// Pattern of that filter [default: to the letter the one that CIS and Security Hub ask for]
    #[arg(long, value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// CloudWatch alarm [default: one on that count, or `rootbell-root-use`]
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
    /// Key of your own that trail, log group and topic are encrypted with, once its policy serves them [default: as it is]
    #[arg(long, value_name = "ARN")]
    pub kms_key: Option<String>,
    /// Let CloudTrail take the role for this trail only; see with `status` that deliveries go on [default: as it is]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub role_source_arn: Option<bool>,
}

impl Wanted {
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
            kms_key: self.kms_key.clone(),
            role_source_arn: self.role_source_arn,
        }
    }
}

fn region(value: &str) -> Result<String, String> {
    names::region(value).map(|()| value.to_owned())
}
