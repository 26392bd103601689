//! Reads the command line, and runs a command or the wizard.

use std::process::ExitCode;

use jiff::Timestamp;
use rootbell::cli::{self, Cli, Console, Exit};
use rootbell::runtime;
use rootbell::ui::Theme;

fn main() -> ExitCode {
    let console = Console::standard();
    run(&console).unwrap_or_else(|exit| exit).into()
}

fn run(console: &Console) -> Result<Exit, Exit> {
    let cli = cli::parse()?;
    cli::start_log(&cli.global, console)?;
    if cli.command.is_none() {
        cli::require_terminal(console)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| cli::fail(format!("The async runtime could not start: {error}."), console))?;
    let exit = runtime.block_on(dispatch(cli, console));
    // Dropping the runtime would wait for a DNS lookup that hangs.
    runtime.shutdown_background();
    exit
}

async fn dispatch(cli: Cli, console: &Console) -> Result<Exit, Exit> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the clock; all other code is given the time"
    )]
    let now: fn() -> Timestamp = Timestamp::now;
    let connector = cli::connector(&cli.global, now, console)?;
    let Some(command) = &cli.command else {
        let options = runtime::Options {
            connector,
            setup: cli::wizard_options(&cli, console)?,
            target: cli.global.target(),
            theme: Theme::named(cli.global.theme.as_str(), |name| std::env::var(name).ok()),
            demo: cli.global.demo,
            quiet: cli.global.quiet,
        };
        return match runtime::run(options).await {
            Ok(None) => Ok(Exit::Done),
            Ok(Some(message)) => Err(cli::fail(message, console)),
            Err(error) => Err(cli::fail(format!("{error:#}"), console)),
        };
    };
    Ok(cli::run(command, &cli.global, connector.as_ref(), now, console).await)
}
