//! A plan as text and as JSON.

use serde_json::{Value, json};

use super::text::pluralize;
use crate::cli::fix::{problem_text, row_detail};
use crate::domain::change::Scope;
use crate::domain::plan::cost::monthly;
use crate::domain::text::escape_controls;
use crate::domain::{AccountRegion, Action, Plan, Row, Step};

/// The alarm first, the trail last.
const TEARDOWN_ORDER: [Step; 4] = [Step::Alarm, Step::Topic, Step::Filter, Step::Trail];

/// The plan's rows in columns, grouped by step, with the notes of each step.
pub(in crate::cli) fn table(plan: &Plan, steps: &[Step]) -> String {
    let width = |column: fn(&Row) -> &str| plan.rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
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
                escape_controls(&row_detail(row))
            );
            lines.push(line.trim_end().to_owned());
        }
        for (_, note) in plan.notes.iter().filter(|(s, _)| *s == step) {
            lines.push(format!("  Note: {}", escape_controls(&problem_text(note))));
        }
    }
    if plan.rows.iter().any(|row| row.unmanaged) {
        lines.push("\nUnmanaged: it has neither rootbell's name nor its tag, so others may depend on it.".to_owned());
    }
    lines.join("\n") + "\n"
}

/// A plan that sets up, with what it costs and the number of changes.
pub(in crate::cli) fn setup_text(plan: &Plan) -> String {
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
    let cost = monthly(plan).map(|cost| format!("\nAWS charges {cost}.\n")).unwrap_or_default();
    table(plan, &Step::ALL) + &cost + &summary
}

/// A plan that deletes, with the number of changes.
pub(in crate::cli) fn teardown_text(plan: &Plan) -> String {
    let number = |action| plan.rows.iter().filter(|r| r.action == action).count();
    let summary = if plan.is_empty() {
        "\nNothing to delete.".to_owned()
    } else {
        format!(
            "\n{}: {} to delete (-), {} to update (~); {} kept (=).",
            pluralize(plan.changes().count(), "change"),
            number(Action::Delete),
            number(Action::Update),
            number(Action::Keep)
        )
    };
    table(plan, &TEARDOWN_ORDER) + &summary
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
                "detail": row_detail(row),
                "aws_cli": row.aws_cli(account_region),
                "iam_action": change.map(|c| c.operation().iam_action),
                "region": change.filter(|c| c.spec().scope != Scope::Global).and(row.region.as_ref()),
                "needs": change.map(|c| plan.needs(c)).unwrap_or_default(),
                "foreign": row.unmanaged,
            })
        })
        .collect();
    let notes: Vec<String> = plan.notes.iter().map(|(_, note)| problem_text(note)).collect();
    let cost = monthly(plan).map(|cost| json!({ "usd_per_month": cost.usd_per_month(), "text": cost.to_string() }));
    json!({
        "account": account_region.account,
        "region": account_region.region,
        "changes": changes,
        "notes": notes,
        "cost": cost,
    })
}
