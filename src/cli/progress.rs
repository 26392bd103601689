//! A run as lines on standard error, and what is known of it when it is cut short.

use std::sync::{Mutex, PoisonError};

use super::Console;
use crate::cloud::CloudError;
use crate::domain::Plan;
use crate::domain::text::escape_controls;
use crate::engine::{Progress, State};

/// Tells each turn of a run, and remembers what has become of which change.
pub(super) struct Teller<'a> {
    console: &'a Console,
    plan: &'a Plan,
    known: Mutex<Known>,
}

/// What has become of the changes so far, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub done: Vec<String>,
    pub failed: Vec<(String, CloudError)>,
    pub running: Vec<String>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(console: &'a Console, plan: &'a Plan) -> Self {
        Self { console, plan, known: Mutex::new(Known::default()) }
    }

    pub(super) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn hear(&self, news: &Progress) {
        self.remember(news);
        let what = self.name(&news.id);
        match &news.state {
            State::Queued => {}
            State::Running => self.console.tell(format_args!("running   {what}")),
            State::Retrying { attempt, because } => {
                self.console.tell(format_args!("retrying  {what}: attempt {attempt}, because {because}"));
            }
            State::Done => self.console.tell(format_args!("done      {what}")),
            State::Failed(error) => {
                self.console.tell(format_args!(
                    "failed    {what}\n          {}\n          {}",
                    error.why(),
                    error.fix()
                ));
            }
            State::Skipped { needs } => {
                self.console.tell(format_args!("skipped   {what}: it needs {}", self.name(needs)));
            }
        }
    }

    fn remember(&self, news: &Progress) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.running.retain(|id| *id != news.id);
        match &news.state {
            State::Running | State::Retrying { .. } => known.running.push(news.id.clone()),
            State::Done => known.done.push(news.id.clone()),
            State::Failed(error) => known.failed.push((news.id.clone(), error.clone())),
            State::Queued | State::Skipped { .. } => {}
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
