//! A step's run as its screen shows it: the plan rows being applied, and the state of each.

use jiff::{SignedDuration, Timestamp};

use crate::domain::interruption::RunCount;
use crate::domain::plan::Row;
use crate::domain::{Change, Email};
pub use crate::engine::ChangeState;

use crate::engine::{Progress, Report};

/// One row of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub row: Row,
    pub state: Option<ChangeState>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
}

impl RunRow {
    /// How long the call took, or has taken so far.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(self.ended.unwrap_or(now).duration_since(self.started?))
    }
}

/// The rows of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepRun {
    pub rows: Vec<RunRow>,
}

impl StepRun {
    /// A run of these rows. The rows that an earlier run of the step completed remain on the screen.
    #[must_use]
    pub fn new<'a>(rows: impl Iterator<Item = &'a Row>, earlier: Option<&Self>) -> Self {
        let done = earlier.map(|run| run.rows.iter().filter(|r| r.state == Some(ChangeState::Done)).cloned().collect());
        let mut all: Vec<RunRow> = done.unwrap_or_default();
        let completed = all.len();
        for row in rows {
            let done_before = all[..completed].iter().any(|d| d.row.id == row.id);
            // Once created, a resource is planned as "existing"; the row of the run that created it says more.
            let created_before = row.change.is_none()
                && all[..completed].iter().any(|d| d.row.resource == row.resource && d.row.name == row.name);
            if !done_before && !created_before {
                all.push(RunRow { row: row.clone(), state: None, started: None, ended: None });
            }
        }
        Self { rows: all }
    }

    /// Records the progress of one change.
    pub fn record(&mut self, progress: Progress, now: Timestamp) {
        let Some(row) = self.rows.iter_mut().find(|r| r.row.id == progress.id) else { return };
        match &progress.state {
            ChangeState::Running if row.started.is_none() => row.started = Some(now),
            ChangeState::Done | ChangeState::Failed(_) | ChangeState::Skipped { .. } => row.ended = Some(now),
            _ => {}
        }
        row.state = Some(progress.state);
    }

    /// The email addresses that `report` says were subscribed.
    #[must_use]
    pub fn subscribed(&self, report: &Report) -> Vec<Email> {
        let rows = report.done.iter().filter_map(|id| self.rows.iter().find(|r| r.row.id == *id));
        let subscribed = rows.filter_map(|r| match &r.row.change {
            Some(Change::Subscribe { email, .. }) => Some(email.clone()),
            _ => None,
        });
        subscribed.collect()
    }

    /// The first row that failed.
    #[must_use]
    pub fn failure(&self) -> Option<&RunRow> {
        self.rows.iter().find(|r| matches!(r.state, Some(ChangeState::Failed(_))))
    }

    /// The number of changes that are done, and of all changes.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let changes = self.rows.iter().filter(|r| r.row.change.is_some());
        (changes.clone().filter(|r| r.state == Some(ChangeState::Done)).count(), changes.count())
    }

    /// The number of changes in each state.
    #[must_use]
    pub fn run_count(&self) -> RunCount {
        let count_states = |has_state: fn(&ChangeState) -> bool| {
            self.rows.iter().filter(|row| row.row.change.is_some() && row.state.as_ref().is_some_and(has_state)).count()
        };
        let (done, total) = self.count();
        RunCount {
            total,
            done,
            failed: count_states(|state| matches!(state, ChangeState::Failed(_))),
            running: count_states(|state| matches!(state, ChangeState::Running | ChangeState::Retrying { .. })),
        }
    }
}
