//! `rootbell policy`: the IAM policy that a task needs.

use crate::cli::args::{GlobalOptions, PolicyOptions, PolicyTask, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::output::console::Console;
use crate::cli::session::AccountSession;
use crate::cloud::Connector;
use crate::domain::Settings;
use crate::domain::iam_policy::{MAX_POLICY_LENGTH, UseCase, length, policy};
use crate::engine::ObserveScope;

pub(in crate::cli) async fn run(
    options: &PolicyOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    console: &Console,
) -> Result<Exit, CommandError> {
    let use_case = match options.task {
        PolicyTask::Destroy => UseCase::Teardown { with_logs: options.with_logs },
        _ if options.with_logs => {
            return Err(CommandError::usage("--with-logs is only valid with `rootbell policy destroy`."));
        }
        PolicyTask::Setup => UseCase::Setup,
        PolicyTask::Watch => UseCase::Watch,
        PolicyTask::Test => UseCase::Test,
    };
    let setup = options.names.setup_options();
    check_options(&setup)?;
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    // A resource that can't be read gets its default name.
    let observed = session.observe(&setup, ObserveScope::Chain, None, prefetch, console).await;
    let settings = Settings::resolve(&session.identity, session.region(), &setup, &observed);
    let policy = policy(use_case, &settings, &observed);
    let length = length(&policy);
    if length > MAX_POLICY_LENGTH {
        console.eprint(format_args!(
            "Warning: with these names the policy has {length} characters; the maximum for a managed policy is {MAX_POLICY_LENGTH}. \
             Split it, or use shorter names."
        ));
    }
    console.print_raw(&format!("{policy:#}"));
    Ok(Exit::Done)
}
