//! Prints the progress of a run on standard error, and keeps track of it in case the run is interrupted.

use std::sync::{Mutex, PoisonError};

use super::console::Console;
use crate::cli::fix::fix_text;
use crate::cloud::CloudError;
use crate::domain::Plan;
use crate::domain::change::ChangeId;
use crate::domain::text::escape_controls;
use crate::engine::{ChangeState, Progress};

/// Prints each change's progress and remembers its state.
pub(in crate::cli) struct ProgressPrinter<'a> {
    console: &'a Console,
    plan: &'a Plan,
    progress: Mutex<RunProgress>,
}

/// The state of each change so far, by id.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct RunProgress {
    pub done: Vec<ChangeId>,
    pub failed: Vec<(ChangeId, CloudError)>,
    pub running: Vec<ChangeId>,
}

impl<'a> ProgressPrinter<'a> {
    pub(in crate::cli) fn new(console: &'a Console, plan: &'a Plan) -> Self {
        Self { console, plan, progress: Mutex::new(RunProgress::default()) }
    }

    pub(in crate::cli) fn progress(&self) -> RunProgress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::cli) fn print(&self, update: &Progress) {
        let was_running = self.remember(update);
        let what = self.describe(&update.id);
        match &update.state {
            ChangeState::Queued => {}
            // Another attempt has been announced.
            ChangeState::Running if was_running => {}
            ChangeState::Running => self.console.eprint(format_args!("running   {what}")),
            ChangeState::Retrying { attempt, because } => {
                self.console.eprint(format_args!("retrying  {what}: attempt {attempt}, because {because}"));
            }
            ChangeState::Done => self.console.eprint(format_args!("done      {what}")),
            ChangeState::Failed(error) => {
                self.console.eprint(format_args!(
                    "failed    {what}\n          {}\n          {}",
                    error.why(),
                    fix_text(&error.fix())
                ));
                let row = self.plan.rows.iter().find(|row| row.id == update.id);
                if let Some(consequence) = row.and_then(|row| row.change.as_ref()?.if_it_fails()) {
                    self.console.eprint(format_args!("          {consequence}"));
                }
            }
            ChangeState::Skipped { needs } => {
                self.console.eprint(format_args!("skipped   {what}: it needs {}", self.describe(needs)));
            }
        }
    }

    /// Returns whether the change was running before.
    fn remember(&self, update: &Progress) -> bool {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let was_running = progress.running.contains(&update.id);
        progress.running.retain(|id| *id != update.id);
        match &update.state {
            ChangeState::Running | ChangeState::Retrying { .. } => progress.running.push(update.id.clone()),
            ChangeState::Done => progress.done.push(update.id.clone()),
            ChangeState::Failed(error) => progress.failed.push((update.id.clone(), error.clone())),
            ChangeState::Queued | ChangeState::Skipped { .. } => {}
        }
        was_running
    }

    /// "+ S3 bucket rootbell-…".
    pub(in crate::cli) fn describe(&self, id: &ChangeId) -> String {
        match self.plan.rows.iter().find(|row| row.id == *id) {
            Some(row) => format!("{} {} {}", row.action.mark(), row.resource, escape_controls(&row.name)),
            None => id.to_string(),
        }
    }
}
