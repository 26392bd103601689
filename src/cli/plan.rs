//! `rootbell plan`: what `apply` would change.

use serde_json::{Value, json};

use super::args::{Format, PlanOptions};
use super::{AccountSession, CommandError, Console, Exit, Global, count, refuse_faults, script};
use crate::cloud::Connector;
use crate::domain::plan::plan;
use crate::domain::text::escape_controls;
use crate::domain::{AccountRegion, Action, Observed, Plan, Settings, SetupOptions, Step};
use crate::engine::{ObserveScope, Prefetch};

pub(super) async fn run(
    options: &PlanOptions,
    global: &Global,
    connector: &dyn Connector,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = options.wanted.setup_options();
    refuse_faults(&setup)?;
    let (scene, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let Drawn { plan, .. } = draw_up(&scene, &setup, prefetch).await?;
    let account_region = scene.identity.in_region(scene.region());
    match options.format {
        Format::Text => {
            console.say(format_args!("Plan for account {} in {}", scene.account(), scene.region()));
            console.say(text(&plan));
        }
        Format::Json => scene.emit(&document(&plan, &account_region), console),
        Format::AwsCli => console.emit(&script::render(script::Purpose::SetUp, &plan, &account_region, global)),
    }
    Ok(if plan.is_empty() { Exit::Done } else { Exit::Differs })
}

/// A plan, and what it was drawn up from.
pub(super) struct Drawn {
    pub observed: Observed,
    pub settings: Settings,
    pub plan: Plan,
}

/// Looks at the account and draws up the plan; one that cannot be applied as it is ends here, with every reason.
pub(super) async fn draw_up(
    scene: &AccountSession,
    setup: &SetupOptions,
    prefetch: Prefetch<'_>,
) -> Result<Drawn, CommandError> {
    let observed = scene.observe(setup, ObserveScope::Everything, prefetch).await;
    let settings = Settings::resolve(&scene.identity, scene.region(), setup, &observed);
    let plan = plan(&settings, &observed);
    if plan.blocked.is_empty() {
        return Ok(Drawn { observed, settings, plan });
    }
    let mut reasons: Vec<&str> = plan.blocked.iter().map(|(_, why)| why.trim()).collect();
    reasons.dedup();
    Err(CommandError::failed(format!("This cannot be set up as it is:\n  {}", reasons.join("\n  "))))
}

/// The rows in columns, grouped by step, and what should be known before agreeing.
pub(super) fn table(plan: &Plan, steps: &[Step]) -> String {
    let width =
        |of: fn(&crate::domain::Row) -> &str| plan.rows.iter().map(|r| of(r).chars().count()).max().unwrap_or(0);
    let (resources, names) = (width(|r| r.resource), width(|r| &r.name).min(48));
    let mut lines = Vec::new();
    let said = |step: &&Step| plan.step(**step).next().is_some() || plan.notes.iter().any(|(s, _)| s == *step);
    for step in steps.iter().filter(said).copied() {
        lines.push(format!("\n{} {}", step.number(), step.title()));
        for row in plan.step(step) {
            let managed_parts = if row.foreign { " (not ours)" } else { "" };
            let mark = row.action.mark();
            let line = format!(
                "  {mark} {:resources$}  {:names$}  {}{managed_parts}",
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
    if plan.rows.iter().any(|row| row.foreign) {
        lines.push("\nNot ours: it does not carry rootbell's name, so somebody else may rely on it.".to_owned());
    }
    lines.join("\n") + "\n"
}

/// The whole plan, and its sum.
pub(super) fn text(plan: &Plan) -> String {
    let number = |action| plan.rows.iter().filter(|r| r.action == action).count();
    let end = if plan.is_empty() {
        "\nNothing to change.".to_owned()
    } else {
        format!(
            "\n{}: {} to create (+), {} to update (~); {} kept (=).",
            count(plan.changes().count(), "change"),
            number(Action::Create),
            number(Action::Update),
            number(Action::Keep)
        )
    };
    table(plan, &Step::ALL) + &end
}

/// The contract of `plan --format json`.
pub(super) fn document(plan: &Plan, account_region: &AccountRegion) -> Value {
    let changes: Vec<Value> = plan
        .rows
        .iter()
        .map(|row| {
            let change = row.change.as_ref();
            json!({
                "id": row.id,
                "step": row.step.id(),
                "action": row.action.as_str(),
                "resource": row.resource,
                "name": row.name,
                "detail": row.detail,
                "aws_cli": change.map(|c| c.aws_cli(account_region)),
                "iam_action": change.map(|c| c.operation().iam_action),
                "needs": change.map(|c| plan.needs(c)).unwrap_or_default(),
                "foreign": row.foreign,
            })
        })
        .collect();
    let notes: Vec<&str> = plan.notes.iter().map(|(_, note)| note.as_str()).collect();
    json!({ "account": account_region.account, "region": account_region.region, "changes": changes, "notes": notes })
}
