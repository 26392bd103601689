//! The command line: every command and option, and their help.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

mod check;
mod global;
mod help;
mod options;
mod setup;
mod since;

pub(super) use check::check_options;
pub use global::{GlobalOptions, ThemeOption};
use help::{
    APPLY_EXAMPLES, COMPLETIONS_EXAMPLES, DESTROY_EXAMPLES, DOCTOR_EXAMPLES, EVENTS_EXAMPLES, EXAMPLES, MAN_EXAMPLES,
    PLAN_EXAMPLES, POLICY_EXAMPLES, STATUS_EXAMPLES, TEST_EXAMPLES,
};
pub(super) use options::{
    ApplyOptions, DestroyOptions, DoctorOptions, EventsOptions, Format, PlanOptions, PolicyOptions, PolicyTask,
    StatusOptions, TestOptions,
};
use setup::CheckArgs;

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
    #[command(flatten)]
    pub names: CheckArgs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Fails if an option of the wizard comes before a command, which has the same option.
    ///
    /// # Errors
    /// With a message that says where the option belongs.
    pub(super) fn check(self) -> Result<Self, clap::Error> {
        let Some(id) = self.names.first().filter(|_| self.command.is_some()) else { return Ok(self) };
        let message = format!("`{}` belongs after the command", id.flag());
        Err(Self::command().error(ErrorKind::ArgumentConflict, message))
    }
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
    /// Collect what a bug report needs, and find out why a sign-in fails; changes nothing
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorOptions),
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
