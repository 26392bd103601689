//! `rootbell policy`: the IAM policy that one use of rootbell takes.

use clap::{Args, ValueEnum};

use super::destroy::Named;
use super::{AccountSession, CommandError, Console, Exit, Global, refuse_faults};
use crate::cloud::Connector;
use crate::domain::Settings;
use crate::domain::iam_policy::{LONGEST, UseCase, length, policy};
use crate::engine::ObserveScope;

#[derive(Args, Debug)]
pub struct PolicyOptions {
    /// What it shall allow
    #[arg(value_name = "USE")]
    pub of: For,
    /// `destroy`: allow to delete the log files and the events, too
    #[arg(long)]
    pub with_logs: bool,
    #[command(flatten)]
    pub named: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum For {
    /// The wizard, `plan`, `apply` and `status`
    Setup,
    /// The dashboard, `status` and `events`: changes nothing
    Watch,
    /// `test`, with `--drill`
    Test,
    /// `destroy`
    Destroy,
}

pub(super) async fn run(
    options: &PolicyOptions,
    global: &Global,
    connector: &dyn Connector,
    console: &Console,
) -> Result<Exit, CommandError> {
    let of = match options.of {
        For::Destroy => UseCase::Leave { with_logs: options.with_logs },
        _ if options.with_logs => {
            return Err(CommandError::usage("--with-logs goes with `rootbell policy destroy` only."));
        }
        For::Setup => UseCase::SetUp,
        For::Watch => UseCase::Watch,
        For::Test => UseCase::Test,
    };
    let setup = options.named.setup_options();
    refuse_faults(&setup)?;
    let (scene, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    // What may not be looked at yet is called as rootbell would call it.
    let observed = scene.observe(&setup, ObserveScope::Chain, prefetch).await;
    let settings = Settings::resolve(&scene.identity, scene.region(), &setup, &observed);
    let policy = policy(of, &settings, &observed);
    let length = length(&policy);
    if length > LONGEST {
        console.tell(format_args!(
            "Warning: with these names it has {length} characters, and a managed policy takes {LONGEST}. Split it, or use \
             shorter names."
        ));
    }
    console.emit(&format!("{policy:#}"));
    Ok(Exit::Done)
}
