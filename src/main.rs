use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use rootbell::cli::{self, Console, Exit};
use rootbell::cloud::Connector;
use rootbell::cloud::aws::AwsConnector;
use rootbell::runtime;
use rootbell::ui::Theme;

fn main() -> ExitCode {
    let console = Console::standard();
    ring(&console).unwrap_or_else(|exit| exit).into()
}

/// Reads the command line, and hands over to the command or to the wizard.
fn ring(console: &Console) -> Result<Exit, Exit> {
    let cli = cli::parse()?;
    cli::start_log(&cli.global, console)?;
    let connector: Arc<dyn Connector> = Arc::new(AwsConnector::new());
    if cli.command.is_none() {
        cli::demand_terminal(console)?;
    }
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| Exit::Failed)?;
    let exit = match &cli.command {
        Some(command) => tokio.block_on(cli::run(command, &cli.global, &*connector, Timestamp::now, console)),
        None => {
            let theme = Theme::named(cli.global.theme.as_str(), |name| std::env::var(name).ok());
            let options = runtime::Options { connector, target: cli.global.target(), theme, demo: None };
            match tokio.block_on(runtime::run(options)) {
                Ok(()) => Exit::Done,
                Err(error) => {
                    console.tell(format_args!("rootbell: {error:#}"));
                    Exit::Failed
                }
            }
        }
    };
    // A name that is still being resolved must not keep the user waiting.
    tokio.shutdown_background();
    Ok(exit)
}
