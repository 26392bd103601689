//! Reads the command line, and hands over: to a command that prints, or to the wizard.

use std::process::ExitCode;

use jiff::Timestamp;
use rootbell::cli::{self, Cli, Console, Exit};
use rootbell::runtime;
use rootbell::ui::Theme;

fn main() -> ExitCode {
    let console = Console::standard();
    ring(&console).unwrap_or_else(|exit| exit).into()
}

fn ring(console: &Console) -> Result<Exit, Exit> {
    let cli = cli::parse()?;
    cli::start_log(&cli.global, console)?;
    if cli.command.is_none() {
        cli::demand_terminal(console)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| cli::fail(format!("The system gives no event loop: {error}."), console))?;
    let exit = runtime.block_on(dispatch(cli, console));
    // A look-up of a name that hangs would otherwise be waited for.
    runtime.shutdown_background();
    exit
}

async fn dispatch(cli: Cli, console: &Console) -> Result<Exit, Exit> {
    #[expect(clippy::disallowed_methods, reason = "the one clock of the commands; everything else is handed its time")]
    let now: fn() -> Timestamp = Timestamp::now;
    let connector = cli::connector(&cli.global, now, console)?;
    let Some(command) = &cli.command else {
        let options = runtime::Options {
            connector,
            target: cli.global.target(),
            theme: Theme::named(cli.global.theme.as_str(), |name| std::env::var(name).ok()),
            demo: cli.global.demo,
            quiet: cli.global.quiet,
        };
        return match runtime::run(options).await {
            Ok(None) => Ok(Exit::Done),
            Ok(Some(said)) => Err(cli::fail(said, console)),
            Err(error) => Err(cli::fail(format!("{error:#}"), console)),
        };
    };
    Ok(cli::run(command, &cli.global, connector.as_ref(), now, console).await)
}
