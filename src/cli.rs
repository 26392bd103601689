//! The command line, and the commands that print: `plan`, `apply`, `status`, `test`, `events`,
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
use crate::domain::{Health, Identity, Observed, Settings, SetupOptions};
use crate::engine::{ObserveScope, Prefetch, observe_with};
use signals::Interrupt;

mod alarm_test;
mod apply;
mod args;
mod console;
mod destroy;
mod events;
mod log;
mod manual;
mod plan;
mod policy;
mod progress;
mod script;
mod signals;
mod since;
mod status;
mod wait;

pub use args::{Cli, Command, Global, Theme};
pub use console::Console;

/// How the program ends; the numbers are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, healthy, or nothing to change.
    Done = 0,
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// `status`: not healthy. `plan`: there is something to change.
    Differs = 3,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ends early: what to say on standard error, and the status to leave with.
#[derive(Debug)]
struct CommandError {
    exit: Exit,
    said: String,
}

impl CommandError {
    fn usage(said: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, said: said.into() }
    }

    fn failed(said: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, said: said.into() }
    }
}

impl From<CloudError> for CommandError {
    fn from(error: CloudError) -> Self {
        // What no call had part in was on the command line, or is missing from it.
        let ours = error.operation.is_empty() && matches!(error.kind, ErrorKind::Invalid | ErrorKind::NoRegion);
        Self { exit: if ours { Exit::Usage } else { Exit::Failed }, said: error.to_string() }
    }
}

/// Reads the arguments. What is asked for by `--help`, or wrong, is said here, and comes back as a status to leave with.
///
/// # Errors
/// The status to leave with at once.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        // Nobody reads it any more where this fails.
        let _ = error.print();
        if error.exit_code() == 0 { Exit::Done } else { Exit::Usage }
    })
}

/// Starts the log, where one is asked for. It goes to a file, never to the screen.
///
/// # Errors
/// The status to leave with, once the reason is said.
pub fn start_log(global: &Global, console: &Console) -> Result<(), Exit> {
    log::start(global.log_file.as_deref(), global.verbose).map_err(|stop| finish(&stop, console))
}

/// The wizard needs a screen and a keyboard.
///
/// # Errors
/// The status to leave with, once the reason is said.
pub fn demand_terminal(console: &Console) -> Result<(), Exit> {
    if console.is_terminal() {
        return Ok(());
    }
    Err(finish(
        &CommandError::usage(
            "The wizard needs a terminal, and this is none. Use `rootbell apply --yes --email you@example.com` to set \
             up without it; `rootbell --help` has all commands.",
        ),
        console,
    ))
}

/// What makes sessions: AWS, or the demo account.
///
/// # Errors
/// The status to leave with, once the reason is said.
pub fn connector(global: &Global, now: fn() -> Timestamp, console: &Console) -> Result<Arc<dyn Connector>, Exit> {
    let Some(scenario) = &global.demo else { return Ok(Arc::new(AwsConnector::new())) };
    match DemoConnector::new(scenario, Arc::new(now)) {
        Ok(demo) => Ok(Arc::new(demo)),
        Err(said) => Err(finish(&CommandError::usage(format!("--demo: {said}")), console)),
    }
}

/// Says what failed, and gives the status to leave with.
pub fn fail(said: impl Into<String>, console: &Console) -> Exit {
    finish(&CommandError::failed(said), console)
}

/// Runs a command to its end. `now` is the clock, read when a verdict depends on it.
pub async fn run(
    command: &Command,
    global: &Global,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Exit {
    let interrupt = Interrupt::listen();
    let work = async {
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
    // A command that is changing something sees to the interrupt itself, and ends with what it knows.
    let ended = tokio::select! {
        biased;
        ended = work => ended,
        () = interrupt.unhandled() => Err(CommandError::failed("Interrupted: nothing was changed.")),
    };
    let exit = ended.unwrap_or_else(|stop| finish(&stop, console));
    match console.lost() {
        Some(reason) => finish(&CommandError::failed(format!("The output could not be written: {reason}.")), console),
        None => exit,
    }
}

fn finish(stop: &CommandError, console: &Console) -> Exit {
    tracing::error!(said = stop.said, "ended early");
    console.tell(format_args!("rootbell: {}", stop.said));
    stop.exit
}

/// A session, and who is signed in to it.
struct AccountSession {
    session: Session,
    identity: Identity,
    demo: bool,
}

impl AccountSession {
    /// Connects and asks who is there; says what the user should know about it.
    async fn open(global: &Global, connector: &dyn Connector, console: &Console) -> Result<Self, CommandError> {
        let session = Self::connect(global, connector, console).await?;
        let identity = session.cloud.identity().await?;
        Self::welcome(session, identity, global, console)
    }

    /// The same for a command that looks at the account next: what can be asked meanwhile is under way by then.
    async fn open_prefetching(
        global: &Global,
        connector: &dyn Connector,
        console: &Console,
        setup: &SetupOptions,
    ) -> Result<(Self, Prefetch<'static>), CommandError> {
        let session = Self::connect(global, connector, console).await?;
        let prefetch = Prefetch::first(&session.cloud, setup);
        let identity = prefetch.alongside(session.cloud.identity()).await?;
        Ok((Self::welcome(session, identity, global, console)?, prefetch))
    }

    async fn connect(global: &Global, connector: &dyn Connector, console: &Console) -> Result<Session, CommandError> {
        if global.demo.is_some() {
            console.tell("Demo: an account in memory. Nothing of it is real, and nothing stays.");
        }
        Ok(connector.connect(&global.target()).await?)
    }

    fn welcome(session: Session, identity: Identity, global: &Global, console: &Console) -> Result<Self, CommandError> {
        if let Some(refusal) = identity.refusal() {
            return Err(CommandError::failed(refusal));
        }
        for warning in identity.warnings() {
            console.tell(format_args!("Warning: {warning}"));
        }
        Ok(Self { session, identity, demo: global.demo.is_some() })
    }

    /// What the account has, going on from what is asked already.
    async fn observe(&self, setup: &SetupOptions, look: ObserveScope, prefetch: Prefetch<'_>) -> Observed {
        observe_with(self.session.cloud.as_ref(), &self.identity, self.region(), setup, look, prefetch).await
    }

    /// The result of a command as JSON; that of a demo says first of all that it is one. JSON leaves some characters as
    /// they are that a terminal obeys: these become escapes.
    fn emit(&self, result: &Value, console: &Console) {
        let mut marked = Map::new();
        if self.demo {
            marked.insert("demo".to_owned(), true.into());
        }
        marked.extend(result.as_object().cloned().unwrap_or_default());
        console.emit(&escape_controls_in_lines(&format!("{:#}", Value::Object(marked))));
    }

    /// What the account has along the chain, what that makes the settings, and the verdict on it.
    async fn look(
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

    fn region(&self) -> &str {
        &self.session.region
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

/// A moment as people here read it, by `strftime`'s words.
fn local(at: Timestamp, here: &TimeZone, format: &str) -> String {
    at.to_zoned_datetime(here.clone()).strftime(format).to_string()
}

/// Every wish that AWS would refuse is named, each on its line.
fn refuse_faults(setup: &SetupOptions) -> Result<(), CommandError> {
    let faults = setup.faults();
    if faults.is_empty() {
        return Ok(());
    }
    let no_pattern = setup.pattern.as_deref().is_some_and(|pattern| pattern.trim().is_empty());
    let line = |InvalidSetting { field, said }: &InvalidSetting| match *field {
        "--pattern" if no_pattern => format!("{field}: {said} Without {field}, the auditors' own is used."),
        field => format!("{field}: {said}"),
    };
    let lines: Vec<String> = faults.iter().map(line).collect();
    Err(CommandError::usage(lines.join("\n          ")))
}

/// "1 change", "2 changes".
fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
