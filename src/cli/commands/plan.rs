//! `rootbell plan`: what `apply` would change.

use serde_json::{Value, json};

use crate::cli::args::{Format, PlanOptions};
use crate::cli::output::script;
use crate::cli::{AccountSession, CommandError, Console, Exit, GlobalOptions, check_options, pluralize};
use crate::cloud::Connector;
use crate::domain::plan::plan;
use crate::domain::text::escape_controls;
use crate::domain::{AccountRegion, Action, Observed, Plan, Settings, SetupOptions, Step};
use crate::engine::{ObserveScope, Prefetch};

pub(in crate::cli) async fn run(
    options: &PlanOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = options.setup.setup_options();
    check_options(&setup)?;
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let PreparedPlan { plan, .. } = prepare_plan(&session, &setup, prefetch).await?;
    let account_region = session.identity.in_region(session.region());
    match options.format {
        Format::Text => {
            console.print(format_args!("Plan for account {} in {}", session.account(), session.region()));
            console.print(text(&plan));
        }
        Format::Json => session.print_json(&document(&plan, &account_region), console),
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
    prefetch: Prefetch<'_>,
) -> Result<PreparedPlan, CommandError> {
    let observed = session.observe(setup, ObserveScope::Everything, prefetch).await;
    let settings = Settings::resolve(&session.identity, session.region(), setup, &observed);
    let plan = plan(&settings, &observed);
    if plan.blocked.is_empty() {
        return Ok(PreparedPlan { observed, settings, plan });
    }
    let mut reasons: Vec<&str> = plan.blocked.iter().map(|(_, why)| why.trim()).collect();
    reasons.dedup();
    Err(CommandError::failed(format!("This cannot be set up:\n  {}", reasons.join("\n  "))))
}

/// The plan's rows in columns, grouped by step, with the notes of each step.
pub(in crate::cli) fn table(plan: &Plan, steps: &[Step]) -> String {
    let width = |column: fn(&crate::domain::Row) -> &str| {
        plan.rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
    };
    let (resources, names) = (width(|r| r.resource.label()), width(|r| &r.name).min(48));
    let mut lines = Vec::new();
    let has_content = |step: &&Step| plan.step(**step).next().is_some() || plan.notes.iter().any(|(s, _)| s == *step);
    for step in steps.iter().filter(has_content).copied() {
        lines.push(format!("\n{} {}", step.number(), step.title()));
        for row in plan.step(step) {
            let unmanaged = if row.unmanaged { " (unmanaged)" } else { "" };
            let mark = row.action.mark();
            let line = format!(
                "  {mark} {:resources$}  {:names$}  {}{unmanaged}",
                row.resource,
                escape_controls(&row.name),
                escape_controls(&row.detail)
            );
            lines.push(line.trim_end().to_owned());
        }
        for (_, note) in plan.notes.iter().filter(|(s, _)| *s == step) {
            lines.push(format!("  Note: {}", escape_controls(note)));
        }
    }
    if plan.rows.iter().any(|row| row.unmanaged) {
        lines.push("\nUnmanaged: it does not have rootbell's name, so others may depend on it.".to_owned());
    }
    lines.join("\n") + "\n"
}

/// The whole plan, with the number of changes.
pub(in crate::cli) fn text(plan: &Plan) -> String {
    let number = |action| plan.rows.iter().filter(|r| r.action == action).count();
    let summary = if plan.is_empty() {
        "\nNothing to change.".to_owned()
    } else {
        format!(
            "\n{}: {} to create (+), {} to update (~); {} unchanged (=).",
            pluralize(plan.changes().count(), "change"),
            number(Action::Create),
            number(Action::Update),
            number(Action::Keep)
        )
    };
    table(plan, &Step::ALL) + &summary
}

/// The output of `plan --format json`; its fields are stable.
pub(in crate::cli) fn document(plan: &Plan, account_region: &AccountRegion) -> Value {
    let changes: Vec<Value> = plan
        .rows
        .iter()
        .map(|row| {
            let change = row.change.as_ref();
            json!({
                "id": row.id,
                "step": row.step.id(),
                "action": row.action.as_str(),
                "resource": row.resource.label(),
                "name": row.name,
                "detail": row.detail,
                "aws_cli": change.map(|c| c.aws_cli(account_region)),
                "iam_action": change.map(|c| c.operation().iam_action),
                "needs": change.map(|c| plan.needs(c)).unwrap_or_default(),
                "foreign": row.unmanaged,
            })
        })
        .collect();
    let notes: Vec<&str> = plan.notes.iter().map(|(_, note)| note.as_str()).collect();
    json!({ "account": account_region.account, "region": account_region.region, "changes": changes, "notes": notes })
}
