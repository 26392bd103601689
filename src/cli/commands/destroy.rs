//! `rootbell destroy`: deletes what rootbell created, and nothing else.

use std::fmt::Write;

use super::run::{RunOutcome, carry_out};
use crate::cli::args::{DestroyOptions, Format, GlobalOptions, check_options};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::{reasons_text, row_detail};
use crate::cli::output::console::{Console, Question};
use crate::cli::output::plan::{document, teardown_text};
use crate::cli::output::script;
use crate::cli::output::text::{pluralize, these_changes};
use crate::cli::session::AccountSession;
use crate::cli::signals::Interrupt;
use crate::cloud::Connector;
use crate::domain::change::quote;
use crate::domain::plan::teardown::{Chain, teardown};
use crate::domain::settings::SettingId;
use crate::domain::{Action, Plan, SetupOptions};
use crate::engine::teardown::managed_chains;

pub(in crate::cli) async fn run(
    options: &DestroyOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = SetupOptions { emails: options.emails.clone(), ..options.names.setup_options() };
    check_options(&setup)?;
    if !options.yes && options.format.is_none() && !console.can_ask() {
        return Err(CommandError::usage(
            "There is no terminal to ask for confirmation on. Use --yes to skip confirmation, or see the plan with \
             `rootbell destroy --format text` first. Nothing was changed.",
        ));
    }
    let session = AccountSession::open(global, connector, console).await?;
    if options.with_logs {
        console.eprint("Counting the objects in the bucket; this takes one request per 1,000 objects.");
    }
    let cloud = session.connection.cloud.as_ref();
    let chains = managed_chains(cloud, &session.identity, session.region(), &setup, options.with_logs).await;
    let plan = teardown(&chains, options.with_logs);
    if !plan.blocked.is_empty() {
        return Err(CommandError::failed(reasons_text(
            &plan.blocked,
            "The account could not be read completely, so nothing was deleted:",
            "What rootbell created could not be determined, so nothing was deleted:",
        )));
    }
    if let Some(format) = options.format {
        return Ok(show(format, &session, &plan, global, console));
    }
    if !plan.is_empty() {
        console.eprint(format_args!("Resources to delete in account {}, {}", session.account(), session.region()));
        console.eprint(teardown_text(&plan));
        if !options.yes && !confirm_deletion(&session, &plan, options.with_logs, console).await {
            return Err(CommandError::failed("Nothing was changed."));
        }
    }
    let mut outcome = carry_out(&session, &plan, interrupt, console).await;
    let complete = !outcome.interrupted && outcome.failed.is_empty() && outcome.skipped.is_empty();
    if !complete {
        outcome.open.push(how_to_continue(&chains, options, global));
    }
    if options.json {
        if outcome.interrupted {
            console.eprint(outcome.interruption(&session.location()));
        }
        session.print_json(&outcome.document(&session), console);
    } else {
        console.print(summary(&session, &plan, &outcome, complete));
    }
    Ok(if complete { Exit::Done } else { Exit::Failed })
}

fn show(format: Format, session: &AccountSession, plan: &Plan, global: &GlobalOptions, console: &Console) -> Exit {
    let location = session.identity.in_region(session.region());
    match format {
        Format::Text => {
            console.print(format_args!("Resources to delete in account {}, {}", session.account(), session.region()));
            console.print(teardown_text(plan));
        }
        Format::Json => session.print_json(&document(plan, &location), console),
        Format::AwsCli => console.print_raw(&script::render(script::Purpose::Destroy, plan, &location, global)),
    }
    if plan.is_empty() { Exit::Done } else { Exit::Differs }
}

/// Asks for a word that nobody types by accident.
async fn confirm_deletion(session: &AccountSession, plan: &Plan, with_logs: bool, console: &Console) -> bool {
    let warning = if with_logs { " Deleted logs cannot be recovered." } else { "" };
    console.eprint(format_args!("You will no longer be alerted to root use.{warning}"));
    let changes = these_changes(plan.changes().count());
    let account = &session.identity.account;
    let question = format!("Type `destroy` or the account number {account} to make {changes}:");
    console.ask(&Question::Word(&question, &["destroy", account])).await
}

fn summary(session: &AccountSession, plan: &Plan, outcome: &RunOutcome, complete: bool) -> String {
    let location = session.location();
    let (total, done) = (plan.changes().count(), outcome.applied.len());
    let headline = if plan.is_empty() && !plan.rows.is_empty() {
        format!("Nothing to delete in {location}.")
    } else if plan.is_empty() {
        format!("Nothing to delete: rootbell has created nothing in {location}.")
    } else if outcome.interrupted {
        outcome.interruption(&location)
    } else if complete {
        format!("Deleted: {} made in {location}.", pluralize(total, "change"))
    } else {
        format!(
            "Not completely deleted: {done} of {} made in {location}, {} failed, {} not tried.",
            pluralize(total, "change"),
            outcome.failed.len(),
            outcome.skipped.len()
        )
    };
    let kept = plan.rows.iter().filter(|row| row.action == Action::Keep);
    let kept: Vec<String> = kept.map(|row| format!("{} {}: {}", row.resource, row.name, row_detail(row))).collect();
    let list = |title: &str, lines: &[String]| match lines {
        [] => String::new(),
        lines => format!("\n{title}\n  - {}", lines.join("\n  - ")),
    };
    format!("{headline}{}{}", list("Kept:", &kept), list("Still open:", &outcome.open))
}

/// The commands that continue an incomplete teardown. Deleted resources no longer lead to the remaining ones, so every
/// name that isn't the default is given, and so are the options that select the account.
fn how_to_continue(chains: &[Chain], options: &DestroyOptions, global: &GlobalOptions) -> String {
    let mut command = format!("rootbell destroy{}", global.flags());
    if options.with_logs {
        command.push_str(" --with-logs");
    }
    for email in &options.emails {
        let _ = write!(command, " {} {}", SettingId::Emails.flag(), quote(email));
    }
    let mut commands: Vec<String> = Vec::new();
    for Chain { settings, .. } in chains {
        let mut command = command.clone();
        for (id, name) in settings.custom_names() {
            let _ = write!(command, " {} {}", id.flag(), quote(&name));
        }
        let command = format!("`{command}`");
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    if commands.is_empty() {
        commands.push(format!("`{command}`"));
    }
    format!("Run {} to continue.", commands.join(", then "))
}
