use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cli::{self, Console, Exit};
use rootbell::cloud::Connector;

fn main() -> ExitCode {
    let console = Console::standard();
    ring(&console).unwrap_or_else(|exit| exit).into()
}

/// Reads the command line, and hands over to the command or to the wizard.
fn ring(console: &Console) -> Result<Exit, Exit> {
    let cli = cli::parse()?;
    cli::start_log(&cli.global, console)?;
    let connector = connector();
    let Some(command) = &cli.command else {
        cli::demand_terminal(console)?;
        return Ok(wizard(connector, &cli.global));
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| Exit::Failed)?;
    let now: fn() -> Timestamp = Timestamp::now;
    Ok(runtime.block_on(cli::run(command, &cli.global, connector.as_ref(), now, console)))
}

/// PLACEHOLDER, until `rootbell::runtime::run(runtime::Options { connector, target: global.target(), theme, .. })` is
/// there: the one call site of the wizard.
fn wizard(_connector: Arc<dyn Connector>, _global: &cli::Global) -> Exit {
    Exit::Failed
}

/// PLACEHOLDER, until the AWS adapter is there.
fn connector() -> Arc<dyn Connector> {
    Arc::new(Nothing)
}

struct Nothing;

#[async_trait::async_trait]
impl Connector for Nothing {
    async fn connect(&self, _: &rootbell::cloud::Target) -> rootbell::cloud::Answer<rootbell::cloud::Session> {
        Err(rootbell::cloud::CloudError::local(rootbell::cloud::ErrorKind::Offline, "no adapter yet"))
    }

    async fn profiles(&self) -> Vec<String> {
        Vec::new()
    }
}
