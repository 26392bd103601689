//! Running a plan, for `apply` and `destroy`, and how the run ended.

use serde_json::{Value, json};

use crate::cli::fix::fix_text;
use crate::cli::output::console::Console;
use crate::cli::output::progress::{ProgressPrinter, RunProgress};
use crate::cli::session::AccountSession;
use crate::cli::signals::Interrupt;
use crate::cloud::CloudError;
use crate::domain::change::ChangeId;
use crate::domain::interruption::RunCount;
use crate::domain::{Change, Plan};
use crate::engine;

/// How a run ended.
#[derive(Default)]
pub(in crate::cli) struct RunOutcome {
    pub applied: Vec<ChangeId>,
    pub failed: Vec<(ChangeId, CloudError)>,
    pub skipped: Vec<ChangeId>,
    /// In progress when the run was interrupted: AWS may or may not have made the change.
    pub unknown: Vec<ChangeId>,
    /// The run was interrupted.
    pub interrupted: bool,
    /// What was left to do when the run was interrupted after the last change.
    pub unfinished: Option<&'static str>,
    pub open: Vec<String>,
}

impl RunOutcome {
    /// The outcome of an interrupted run. Changes that were not started count as skipped.
    fn interrupted(plan: &Plan, progress: RunProgress) -> Self {
        let RunProgress { done: applied, failed, running: unknown } = progress;
        let was_started = |id: &ChangeId| {
            applied.contains(id) || unknown.contains(id) || failed.iter().any(|(failed_id, _)| failed_id == id)
        };
        let skipped = plan.changes().map(Change::id).filter(|id| !was_started(id)).collect();
        Self { applied, failed, skipped, unknown, interrupted: true, unfinished: None, open: Vec::new() }
    }

    /// Why there are no event rules, if a policy of the organization denies them and everything else was done: alerting works
    /// without them.
    pub(in crate::cli) fn rules_not_possible(&self) -> Option<&CloudError> {
        let is_of_rules = |id: &ChangeId| id.kind.is_of_event_rules();
        let is_denied = |error: &CloudError| error.is_denied_by_organization();
        let only_rules = self.skipped.iter().all(is_of_rules)
            && self.failed.iter().all(|(id, error)| is_of_rules(id) && is_denied(error));
        self.failed.first().map(|(_, error)| error).filter(|_| only_rules && !self.interrupted)
    }

    /// A sentence on how far the run got before it was interrupted.
    pub(in crate::cli) fn interruption(&self, location: &str) -> String {
        let (done, failed, running) = (self.applied.len(), self.failed.len(), self.unknown.len());
        let count = RunCount { total: done + failed + running + self.skipped.len(), done, failed, running };
        match self.unfinished {
            None => count.sentence(location),
            Some(unfinished) => count.ended(location, unfinished),
        }
    }

    /// The output of `apply --json` and `destroy --json`; its fields are stable.
    pub(in crate::cli) fn document(&self, session: &AccountSession) -> Value {
        let failed: Vec<Value> =
            self.failed.iter().map(|(id, e)| json!({ "id": id, "why": e.why(), "fix": fix_text(&e.fix()) })).collect();
        json!({
            "account": session.identity.account,
            "region": session.region(),
            "applied": self.applied,
            "failed": failed,
            "skipped": self.skipped,
            "unknown": self.unknown,
            "open": self.open,
        })
    }
}

/// Runs the plan until it is complete or interrupted.
pub(in crate::cli) async fn carry_out(
    session: &AccountSession,
    plan: &Plan,
    interrupt: &Interrupt,
    console: &Console,
) -> RunOutcome {
    if plan.is_empty() {
        return RunOutcome::default();
    }
    interrupt.handle();
    let printer = ProgressPrinter::new(console, plan);
    let print_update = |update| printer.print(&update);
    let cloud = session.connection.cloud.as_ref();
    let report = tokio::select! {
        report = engine::run(cloud, plan, None, &print_update) => Some(report),
        () = interrupt.interrupted() => None,
    };
    if let Some(report) = report {
        let (applied, failed, skipped) = (report.done, report.failed, report.skipped);
        return RunOutcome { applied, failed, skipped, ..RunOutcome::default() };
    }
    let progress = printer.progress();
    for id in &progress.running {
        console.eprint(format_args!("stopped   {}: it was in progress, outcome unknown", printer.describe(id)));
    }
    RunOutcome::interrupted(plan, progress)
}
