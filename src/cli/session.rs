//! A connection to the account that a command is about.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::args::GlobalOptions;
use super::exit::CommandError;
use super::fix::problem_text;
use super::output::console::Console;
use super::output::json;
use crate::cloud::{CALL_LIMIT, CloudError, Connector, ErrorKind, MfaCode, Session, Target};
use crate::domain::health::health;
use crate::domain::text::escape_controls;
use crate::domain::{Health, Identity, Observed, Region, Settings, SetupOptions};
use crate::engine::{ObserveScope, Prefetch, observe_with};

/// A connection to an account, and the identity that is signed in.
pub(super) struct AccountSession {
    pub connection: Session,
    pub identity: Identity,
    demo: bool,
}

impl AccountSession {
    /// Connects, reads the identity, and prints its warnings.
    pub(super) async fn open(
        global: &GlobalOptions,
        connector: &dyn Connector,
        console: &Console,
    ) -> Result<Self, CommandError> {
        let connection = Self::connect(global, connector, console).await?;
        let identity = answered(console, "who is signed in", connection.cloud.identity()).await?;
        Self::check_identity(connection, identity, global, console)
    }

    /// The same for a command that observes the account next: starts the first queries while the identity is read.
    pub(super) async fn open_prefetching(
        global: &GlobalOptions,
        connector: &dyn Connector,
        console: &Console,
        setup: &SetupOptions,
    ) -> Result<(Self, Prefetch<'static>), CommandError> {
        let prefetch = |to: &Session| Prefetch::new(&to.cloud, &to.region, setup);
        Self::open_with(global, connector, console, prefetch).await
    }

    /// The same for a command that also says something about the root user.
    pub(super) async fn open_prefetching_root_user(
        global: &GlobalOptions,
        connector: &dyn Connector,
        console: &Console,
        setup: &SetupOptions,
    ) -> Result<(Self, Prefetch<'static>), CommandError> {
        let prefetch = |to: &Session| Prefetch::new(&to.cloud, &to.region, setup).with_root_user(&to.cloud);
        Self::open_with(global, connector, console, prefetch).await
    }

    async fn open_with(
        global: &GlobalOptions,
        connector: &dyn Connector,
        console: &Console,
        prefetch: impl FnOnce(&Session) -> Prefetch<'static>,
    ) -> Result<(Self, Prefetch<'static>), CommandError> {
        let connection = Self::connect(global, connector, console).await?;
        let prefetch = prefetch(&connection);
        let identity = prefetch.alongside(connection.cloud.identity());
        let identity = answered(console, "who is signed in", identity).await?;
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
        let target = global.target();
        loop {
            match connector.connect(&target).await {
                Err(error) if error.kind == ErrorKind::MfaRequired && console.can_ask() => {
                    enter_code(connector, &target, &error, console).await?;
                }
                answer => return Ok(answer?),
            }
        }
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
    pub(super) async fn observe(
        &self,
        setup: &SetupOptions,
        scope: ObserveScope,
        now: Option<Timestamp>,
        prefetch: Prefetch<'_>,
        console: &Console,
    ) -> Observed {
        let cloud = self.connection.cloud.as_ref();
        let observed = observe_with(cloud, &self.identity, self.region(), setup, scope, now, prefetch);
        answered(console, "reading the account", Box::pin(observed)).await
    }

    /// Prints the result of a command as JSON.
    pub(super) fn print_json(&self, result: &Value, console: &Console) {
        console.print_raw(&json::render(self.demo, result));
    }

    /// Observes the chain; returns that, the settings derived from it, and the chain's health.
    pub(super) async fn observe_chain(
        &self,
        setup: &SetupOptions,
        prefetch: Prefetch<'_>,
        now: fn() -> Timestamp,
        console: &Console,
    ) -> (Observed, Settings, Health) {
        let observed = self.observe(setup, ObserveScope::Chain, Some(now()), prefetch, console).await;
        let settings = Settings::resolve(&self.identity, self.region(), setup, &observed);
        let health = health(&settings, &observed, now());
        (observed, settings, health)
    }

    pub(super) fn region(&self) -> &Region {
        &self.connection.region
    }

    /// "account 123456789012 (acme-prod), eu-west-1".
    pub(super) fn location(&self) -> String {
        format!("account {}, {}", self.account(), self.region())
    }

    /// "123456789012 (acme-prod)".
    pub(super) fn account(&self) -> String {
        match &self.identity.alias {
            Some(alias) => format!("{} ({})", self.identity.account, escape_controls(alias)),
            None => self.identity.account.to_string(),
        }
    }
}

/// The answer. While it takes long, it is said what is asked for, so that the terminal doesn't stay empty.
async fn answered<T>(console: &Console, what: &str, answer: impl Future<Output = T>) -> T {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut answer = pin!(answer);
    match tokio::time::timeout(PATIENCE, &mut answer).await {
        Ok(answer) => answer,
        Err(_) => {
            if console.can_ask() {
                console.eprint(format_args!(
                    "No answer from AWS for {} s ({what}). A call is tried up to three times, and given up after {} s at \
                     most. Ctrl+C ends it now.",
                    PATIENCE.as_secs(),
                    CALL_LIMIT.as_secs()
                ));
            }
            answer.await
        }
    }
}

/// Asks for the code of the MFA device that a role needs, up to three times.
async fn enter_code(
    connector: &dyn Connector,
    target: &Target,
    needed: &CloudError,
    console: &Console,
) -> Result<(), CommandError> {
    const ATTEMPTS: u32 = 3;
    let roles = needed.sign_in.iter().flat_map(|sign_in| &sign_in.roles);
    let device = roles.filter(|role| role.arn == needed.resource).find_map(|role| role.mfa_serial.as_deref());
    let question = format!("Code of the MFA device {} for {}:", device.unwrap_or_default(), needed.resource);
    let mut attempt = 1;
    loop {
        let Some(line) = console.ask_line(&question).await else { return Err(needed.clone().into()) };
        let answer = match MfaCode::parse(&line) {
            Ok(code) => connector.enter_code(target, &code).await,
            Err(why) => {
                console.eprint(why);
                continue;
            }
        };
        match answer {
            Err(error) if error.kind == ErrorKind::MfaRejected && attempt < ATTEMPTS => {
                attempt += 1;
                console.eprint(problem_text(&error.into()));
            }
            answer => return Ok(answer?),
        }
    }
}
