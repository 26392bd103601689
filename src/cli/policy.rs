//! `rootbell policy`: the IAM policy that one use of rootbell takes.

use clap::{Args, ValueEnum};

use super::destroy::Named;
use super::{Console, Exit, Global, Scene, Stop, refuse_faults};
use crate::cloud::Connector;
use crate::domain::Settings;
use crate::domain::grant::{LONGEST, Use, length, policy};
use crate::engine::Look;

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
) -> Result<Exit, Stop> {
    let of = match options.of {
        For::Destroy => Use::Leave { with_logs: options.with_logs },
        _ if options.with_logs => return Err(Stop::usage("--with-logs goes with `rootbell policy destroy` only.")),
        For::Setup => Use::SetUp,
        For::Watch => Use::Watch,
        For::Test => Use::Test,
    };
    let wishes = options.named.wishes();
    refuse_faults(&wishes)?;
    let (scene, ahead) = Scene::open_looking(global, connector, console, &wishes).await?;
    // What may not be looked at yet is called as rootbell would call it.
    let observed = scene.observe(&wishes, Look::Chain, ahead).await;
    let settings = Settings::resolve(&scene.identity, scene.region(), &wishes, &observed);
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
