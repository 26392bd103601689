//! `rootbell plan`: what `apply` would change.

use jiff::Timestamp;

use crate::cli::args::{Format, GlobalOptions, PlanOptions, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::reasons_text;
use crate::cli::output::console::Console;
use crate::cli::output::plan::{document, setup_text};
use crate::cli::output::{elsewhere, script};
use crate::cli::session::AccountSession;
use crate::cloud::Connector;
use crate::domain::plan::{instead_of_second_trail, plan};
use crate::domain::{Observed, Plan, Settings, SetupOptions};
use crate::engine::{ObserveScope, Prefetch};

pub(in crate::cli) async fn run(
    options: &PlanOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = options.setup.setup_options();
    check_options(&setup)?;
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let PreparedPlan { observed, settings, plan } = prepare_plan(&session, &setup, now(), prefetch, console).await?;
    let account_region = session.identity.in_region(session.region());
    match options.format {
        Format::Text => {
            console.print(format_args!("Plan for account {} in {}", session.account(), session.region()));
            match instead_of_second_trail(&settings, &observed) {
                Some(elsewhere) => console.print(format_args!("\n{}", elsewhere::nothing_to_change(elsewhere, global))),
                None => console.print(setup_text(&plan)),
            }
        }
        Format::Json => {
            let mut document = document(&plan, &account_region);
            document["elsewhere"] = elsewhere::document(&observed);
            session.print_json(&document, console);
        }
        Format::AwsCli => console.print_raw(&script::render(script::Purpose::SetUp, &plan, &account_region, global)),
    }
    Ok(if plan.is_empty() { Exit::Done } else { Exit::Differs })
}

/// A plan, and the observations and settings that it is based on.
pub(in crate::cli) struct PreparedPlan {
    pub observed: Observed,
    pub settings: Settings,
    pub plan: Plan,
}

/// Observes the account and computes the plan. A plan that can't be applied is an error with every reason.
pub(in crate::cli) async fn prepare_plan(
    session: &AccountSession,
    setup: &SetupOptions,
    now: Timestamp,
    prefetch: Prefetch<'_>,
    console: &Console,
) -> Result<PreparedPlan, CommandError> {
    let observed = session.observe(setup, ObserveScope::Plan, Some(now), prefetch, console).await;
    let settings = Settings::resolve(&session.identity, session.region(), setup, &observed);
    let plan = plan(&settings, &observed);
    if plan.blocked.is_empty() {
        return Ok(PreparedPlan { observed, settings, plan });
    }
    Err(CommandError::failed(reasons_text(
        &plan.blocked,
        "The account could not be read completely, so nothing is planned or changed:",
        "This cannot be set up:",
    )))
}
