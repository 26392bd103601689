//! A run as lines on standard error, and what is known of it when it is cut short.

use std::sync::{Mutex, PoisonError};

use super::Console;
use crate::cloud::CloudError;
use crate::domain::Plan;
use crate::domain::text::escape_controls;
use crate::engine::{ChangeState, Progress};

/// Tells each turn of a run, and remembers what has become of which change.
pub(super) struct ProgressPrinter<'a> {
    console: &'a Console,
    plan: &'a Plan,
    known: Mutex<RunProgress>,
}

/// What has become of the changes so far, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct RunProgress {
    pub done: Vec<String>,
    pub failed: Vec<(String, CloudError)>,
    pub running: Vec<String>,
}

impl<'a> ProgressPrinter<'a> {
    pub(super) fn new(console: &'a Console, plan: &'a Plan) -> Self {
        Self { console, plan, known: Mutex::new(RunProgress::default()) }
    }

    pub(super) fn known(&self) -> RunProgress {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn print(&self, news: &Progress) {
        self.remember(news);
        let what = self.name(&news.id);
        match &news.state {
            ChangeState::Queued => {}
            ChangeState::Running => self.console.tell(format_args!("running   {what}")),
            ChangeState::Retrying { attempt, because } => {
                self.console.tell(format_args!("retrying  {what}: attempt {attempt}, because {because}"));
            }
            ChangeState::Done => self.console.tell(format_args!("done      {what}")),
            ChangeState::Failed(error) => {
                self.console.tell(format_args!(
                    "failed    {what}\n          {}\n          {}",
                    error.why(),
                    error.fix()
                ));
            }
            ChangeState::Skipped { needs } => {
                self.console.tell(format_args!("skipped   {what}: it needs {}", self.name(needs)));
            }
        }
    }

    fn remember(&self, news: &Progress) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.running.retain(|id| *id != news.id);
        match &news.state {
            ChangeState::Running | ChangeState::Retrying { .. } => known.running.push(news.id.clone()),
            ChangeState::Done => known.done.push(news.id.clone()),
            ChangeState::Failed(error) => known.failed.push((news.id.clone(), error.clone())),
            ChangeState::Queued | ChangeState::Skipped { .. } => {}
        }
    }

    /// "+ S3 bucket rootbell-…".
    pub(super) fn name(&self, id: &str) -> String {
        match self.plan.rows.iter().find(|row| row.id == id) {
            Some(row) => format!("{} {} {}", row.action.mark(), row.resource, escape_controls(&row.name)),
            None => id.to_owned(),
        }
    }
}
