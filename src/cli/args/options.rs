//! The options of each command.

use crate::domain::Email;
use clap::{Args, ValueEnum};

use super::setup::{CheckArgs, NameArgs, SetupArgs};
use super::since::Since;

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
pub struct DoctorOptions {
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct StatusOptions {
    /// Also exit with 3 if auditors would object to something
    #[arg(long)]
    pub audit: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub names: CheckArgs,
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
    #[command(flatten)]
    pub names: CheckArgs,
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
    #[command(flatten)]
    pub names: NameArgs,
}

#[derive(Args, Debug)]
pub struct DestroyOptions {
    /// Skip confirmation
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Also delete the bucket with its log files, and the log group with its events
    #[arg(long)]
    pub with_logs: bool,
    /// Only show what would be deleted, in this format
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["yes", "json"])]
    pub format: Option<Format>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Remove this address from an unmanaged topic; can be given several times
    #[arg(long = "email", value_name = "ADDRESS", value_delimiter = ',')]
    pub emails: Vec<Email>,
    #[command(flatten)]
    pub names: NameArgs,
}

#[derive(Args, Debug)]
pub struct PolicyOptions {
    /// The task that it allows
    #[arg(value_name = "TASK")]
    pub task: PolicyTask,
    /// `destroy`: also allow deleting the log files and the events
    #[arg(long)]
    pub with_logs: bool,
    #[command(flatten)]
    pub names: NameArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyTask {
    /// The wizard, `plan`, `apply` and `status`
    Setup,
    /// The dashboard, `status` and `events`: read-only
    Watch,
    /// `test`, with or without `--drill`
    Test,
    /// `destroy`
    Destroy,
}
