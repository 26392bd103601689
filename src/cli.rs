//! The command line, and the commands that print their result: `plan`, `apply`, `status`, `test`, `events`,
//! `destroy`, `policy`, `doctor`.
//!
//! Results go to standard output, everything else (questions, progress, warnings, errors) to standard error.

use std::sync::Arc;

use clap::Parser;
use jiff::Timestamp;

use crate::cloud::Connector;
use crate::cloud::demo::DemoConnector;
use crate::domain::SetupOptions;
use commands::{alarm_test, apply, confirm, destroy, doctor, events, manual, plan, policy, status};
use exit::CommandError;
use signals::Interrupt;

mod args;
mod commands;
mod exit;
pub mod fix;
mod log;
mod output;
mod session;
mod signals;

pub use args::{Cli, Command, GlobalOptions, ThemeOption};
pub use exit::Exit;
pub use output::console::Console;

/// Parses the arguments. Prints the help or the error, if that is the result.
///
/// # Errors
/// The exit status, after `--help`, `--version` or an error.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().and_then(Cli::check).map_err(|error| {
        // If this fails, nobody is reading the output.
        let _ = error.print();
        if error.exit_code() == 0 { Exit::Done } else { Exit::Usage }
    })
}

/// Starts the log if `--log-file` is given. It is written to the file, never to the screen.
///
/// # Errors
/// The exit status, after printing the reason.
pub fn start_log(global: &GlobalOptions, console: &Console) -> Result<(), Exit> {
    log::start(global.log_file.as_deref(), global.verbose).map_err(|error| print_error(&error, console))
}

/// The wizard needs a screen and a keyboard.
///
/// # Errors
/// The exit status, after printing the reason.
pub fn require_terminal(console: &Console) -> Result<(), Exit> {
    if console.is_terminal() {
        return Ok(());
    }
    Err(print_error(
        &CommandError::usage(
            "The wizard needs a terminal. Use `rootbell apply --yes --email you@example.com` to set up without one; \
             `rootbell --help` lists all commands.",
        ),
        console,
    ))
}

/// The setup options that the wizard starts with.
///
/// # Errors
/// The exit status, after printing what is wrong with them.
pub fn wizard_options(cli: &Cli, console: &Console) -> Result<SetupOptions, Exit> {
    let setup = cli.names.setup_options();
    args::check_options(&setup).map_err(|error| print_error(&error, console))?;
    Ok(setup)
}

/// Connects to AWS, or to the demo account.
///
/// # Errors
/// The exit status, after printing the reason.
pub fn connector(
    global: &GlobalOptions,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Arc<dyn Connector>, Exit> {
    let Some(scenario) = &global.demo else { return aws_connector(console) };
    match DemoConnector::new(scenario, Arc::new(now)) {
        Ok(demo) => Ok(Arc::new(demo)),
        Err(message) => Err(print_error(&CommandError::usage(format!("--demo: {message}")), console)),
    }
}

#[cfg(feature = "aws")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature `aws`, there is no connection to AWS")]
fn aws_connector(_console: &Console) -> Result<Arc<dyn Connector>, Exit> {
    Ok(Arc::new(crate::cloud::aws::AwsConnector::new()))
}

#[cfg(not(feature = "aws"))]
fn aws_connector(console: &Console) -> Result<Arc<dyn Connector>, Exit> {
    Err(print_error(
        &CommandError::usage(
            "This build can't connect to AWS, because it was made without the feature `aws`. Add `--demo` for a \
             simulated account, or build the whole program with `cargo build --release`.",
        ),
        console,
    ))
}

/// Prints the message, and returns the exit status for a failure.
pub fn fail(message: impl Into<String>, console: &Console) -> Exit {
    print_error(&CommandError::failed(message), console)
}

/// Runs a command. `now` reads the clock.
pub async fn run(
    command: &Command,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Exit {
    let interrupt = Interrupt::listen();
    let command = async {
        match command {
            Command::Plan(options) => plan::run(options, global, connector, now, console).await,
            Command::Apply(options) => Box::pin(apply::run(options, global, connector, now, &interrupt, console)).await,
            Command::Status(options) => status::run(options, global, connector, now, console).await,
            Command::Test(options) => {
                Box::pin(alarm_test::run(options, global, connector, now, &interrupt, console)).await
            }
            Command::Confirm(options) => {
                Box::pin(confirm::run(options, global, connector, now, &interrupt, console)).await
            }
            Command::Events(options) => events::run(options, global, connector, now, console).await,
            Command::Doctor(options) => doctor::run(options, global, connector, now, console).await,
            Command::Completions { shell } => Ok(manual::completions(*shell, console)),
            Command::Man { page } => manual::page(page.as_deref(), console),
            Command::Destroy(options) => destroy::run(options, global, connector, &interrupt, console).await,
            Command::Policy(options) => policy::run(options, global, connector, console).await,
        }
    };
    // While a command changes something, it handles the interrupt itself and reports how far it got.
    let result = tokio::select! {
        biased;
        result = command => result,
        () = interrupt.unhandled() => Err(CommandError::failed("Interrupted: nothing was changed.")),
    };
    let exit = result.unwrap_or_else(|error| print_error(&error, console));
    match console.write_error() {
        Some(reason) => {
            print_error(&CommandError::failed(format!("The output could not be written: {reason}.")), console)
        }
        None => exit,
    }
}

fn print_error(error: &CommandError, console: &Console) -> Exit {
    tracing::error!(reason = error.message, "ended early");
    console.eprint(format_args!("rootbell: {}", error.message));
    error.exit
}

#[cfg(test)]
#[cfg(not(feature = "aws"))]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_aws_connects_to_the_demo_account_and_says_why_it_cannot_connect_to_any_other() {
        let console = Console::standard();
        let now: fn() -> Timestamp = || Timestamp::UNIX_EPOCH;
        let connect = |arguments: &[&str]| connector(&Cli::try_parse_from(arguments).unwrap().global, now, &console);
        assert!(connect(&["rootbell", "--demo"]).is_ok());
        assert!(matches!(connect(&["rootbell"]), Err(Exit::Usage)));
    }
}
