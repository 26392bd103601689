//! The command line, and the commands that print their result: `plan`, `apply`, `status`, `test`, `events`,
//! `destroy`, `policy`.
//!
//! Results go to standard output, everything else (questions, progress, warnings, errors) to standard error.

use std::sync::Arc;

use clap::Parser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::cloud::aws::AwsConnector;
use crate::cloud::demo::DemoConnector;
use crate::cloud::{CloudError, Connector, ErrorKind, Session};
use crate::domain::health::health;
use crate::domain::settings::InvalidSetting;
use crate::domain::text::{escape_controls, escape_controls_in_lines};
use crate::domain::{Health, Identity, Observed, Region, Settings, SetupOptions};
use crate::engine::{ObserveScope, Prefetch, observe_with};
use signals::Interrupt;

mod args;
mod commands;
mod log;
mod output;
mod signals;

pub use args::{Cli, Command, GlobalOptions, ThemeOption};
pub use output::console::Console;

use commands::{alarm_test, apply, destroy, events, manual, plan, policy, status};

/// The exit status. Scripts depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, working, or nothing to change.
    Done = 0,
    Failed = 1,
    /// Invalid command line.
    Usage = 2,
    /// `status`: not working. `plan` and `destroy --format`: there are changes to make.
    Differs = 3,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ends early: the message for standard error, and the exit status.
#[derive(Debug)]
struct CommandError {
    exit: Exit,
    message: String,
}

impl CommandError {
    fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }
}

impl From<CloudError> for CommandError {
    fn from(error: CloudError) -> Self {
        // An error without an AWS call comes from the command line: an invalid or a missing option.
        let is_usage_error =
            error.operation.is_empty() && matches!(error.kind, ErrorKind::Invalid | ErrorKind::NoRegion);
        Self { exit: if is_usage_error { Exit::Usage } else { Exit::Failed }, message: error.to_string() }
    }
}

/// Parses the arguments. Prints the help or the error, if that is the result.
///
/// # Errors
/// The exit status, after `--help`, `--version` or an error.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
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

/// Connects to AWS, or to the demo account.
///
/// # Errors
/// The exit status, after printing the reason.
pub fn connector(
    global: &GlobalOptions,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Arc<dyn Connector>, Exit> {
    let Some(scenario) = &global.demo else { return Ok(Arc::new(AwsConnector::new())) };
    match DemoConnector::new(scenario, Arc::new(now)) {
        Ok(demo) => Ok(Arc::new(demo)),
        Err(message) => Err(print_error(&CommandError::usage(format!("--demo: {message}")), console)),
    }
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
            Command::Plan(options) => plan::run(options, global, connector, console).await,
            Command::Apply(options) => apply::run(options, global, connector, now, &interrupt, console).await,
            Command::Status(options) => status::run(options, global, connector, now, console).await,
            Command::Test(options) => alarm_test::run(options, global, connector, now, &interrupt, console).await,
            Command::Events(options) => events::run(options, global, connector, now, console).await,
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

/// A connection to an account, and the identity that is signed in.
struct AccountSession {
    connection: Session,
    identity: Identity,
    demo: bool,
}

impl AccountSession {
    /// Connects, reads the identity, and prints its warnings.
    async fn open(global: &GlobalOptions, connector: &dyn Connector, console: &Console) -> Result<Self, CommandError> {
        let connection = Self::connect(global, connector, console).await?;
        let identity = connection.cloud.identity().await?;
        Self::check_identity(connection, identity, global, console)
    }

    /// The same for a command that observes the account next: starts the first queries while the identity is read.
    async fn open_prefetching(
        global: &GlobalOptions,
        connector: &dyn Connector,
        console: &Console,
        setup: &SetupOptions,
    ) -> Result<(Self, Prefetch<'static>), CommandError> {
        let connection = Self::connect(global, connector, console).await?;
        let prefetch = Prefetch::new(&connection.cloud, setup);
        let identity = prefetch.alongside(connection.cloud.identity()).await?;
        Ok((Self::check_identity(connection, identity, global, console)?, prefetch))
    }

    async fn connect(
        global: &GlobalOptions,
        connector: &dyn Connector,
        console: &Console,
    ) -> Result<Session, CommandError> {
        if global.demo.is_some() {
            console.eprint("Demo: a simulated account. Nothing here is real, and nothing is kept.");
        }
        Ok(connector.connect(&global.target()).await?)
    }

    /// Refuses an identity that rootbell can't work with, and prints the warnings about any other.
    fn check_identity(
        connection: Session,
        identity: Identity,
        global: &GlobalOptions,
        console: &Console,
    ) -> Result<Self, CommandError> {
        if let Some(refusal) = identity.refusal() {
            return Err(CommandError::failed(refusal));
        }
        for warning in identity.warnings() {
            console.eprint(format_args!("Warning: {warning}"));
        }
        Ok(Self { connection, identity, demo: global.demo.is_some() })
    }

    /// Observes the account, using the queries that were started early.
    async fn observe(&self, setup: &SetupOptions, scope: ObserveScope, prefetch: Prefetch<'_>) -> Observed {
        observe_with(self.connection.cloud.as_ref(), &self.identity, self.region(), setup, scope, prefetch).await
    }

    /// Prints the result of a command as JSON. For a demo account, its first field is `demo`. JSON allows some control
    /// characters unescaped that a terminal would interpret, so these are escaped here.
    fn print_json(&self, result: &Value, console: &Console) {
        let mut fields = Map::new();
        if self.demo {
            fields.insert("demo".to_owned(), true.into());
        }
        fields.extend(result.as_object().cloned().unwrap_or_default());
        console.print_raw(&escape_controls_in_lines(&format!("{:#}", Value::Object(fields))));
    }

    /// Observes the chain; returns that, the settings derived from it, and the chain's health.
    async fn observe_chain(
        &self,
        setup: &SetupOptions,
        prefetch: Prefetch<'_>,
        now: fn() -> Timestamp,
    ) -> (Observed, Settings, Health) {
        let observed = self.observe(setup, ObserveScope::Chain, prefetch).await;
        let settings = Settings::resolve(&self.identity, self.region(), setup, &observed);
        let health = health(&settings, &observed, now());
        (observed, settings, health)
    }

    fn region(&self) -> &Region {
        &self.connection.region
    }

    /// "account 123456789012 (acme-prod), eu-west-1".
    fn location(&self) -> String {
        format!("account {}, {}", self.account(), self.region())
    }

    /// "123456789012 (acme-prod)".
    fn account(&self) -> String {
        match &self.identity.alias {
            Some(alias) => format!("{} ({})", self.identity.account, escape_controls(alias)),
            None => self.identity.account.clone(),
        }
    }
}

/// A time in this time zone, in a `strftime` format.
fn format_local(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    at.to_zoned_datetime(zone.clone()).strftime(format).to_string()
}

/// Fails with a line for each option that AWS would reject.
fn check_options(setup: &SetupOptions) -> Result<(), CommandError> {
    let invalid_settings = setup.invalid_settings();
    if invalid_settings.is_empty() {
        return Ok(());
    }
    let pattern_is_empty = setup.pattern.as_deref().is_some_and(|pattern| pattern.trim().is_empty());
    let describe = |InvalidSetting { field, said: reason }: &InvalidSetting| match *field {
        "--pattern" if pattern_is_empty => format!("{field}: {reason} Without {field}, the CIS pattern is used."),
        field => format!("{field}: {reason}"),
    };
    let lines: Vec<String> = invalid_settings.iter().map(describe).collect();
    Err(CommandError::usage(lines.join("\n          ")))
}

/// "1 change", "2 changes".
fn pluralize(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
