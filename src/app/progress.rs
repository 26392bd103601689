//! A step's run as its screen shows it: the rows that were applied, and how each is getting on.

use jiff::{SignedDuration, Timestamp};

use crate::domain::plan::Row;
pub use crate::engine::ChangeState;

use crate::engine::Progress;

/// One row of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub row: Row,
    pub state: Option<ChangeState>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
}

impl RunRow {
    /// How long the call has taken, or did take.
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
    /// What is about to be applied. What an earlier run of this step did stays in view.
    #[must_use]
    pub fn of<'a>(rows: impl Iterator<Item = &'a Row>, before: Option<&Self>) -> Self {
        let done = before.map(|b| b.rows.iter().filter(|r| r.state == Some(ChangeState::Done)).cloned().collect());
        let mut all: Vec<RunRow> = done.unwrap_or_default();
        let known = all.len();
        for row in rows {
            let done_before = all[..known].iter().any(|d| d.row.id == row.id);
            // What a run made is "already there" at the next look; its own row says more.
            let made_before = row.change.is_none()
                && all[..known].iter().any(|d| d.row.resource == row.resource && d.row.name == row.name);
            if !done_before && !made_before {
                all.push(RunRow { row: row.clone(), state: None, started: None, ended: None });
            }
        }
        Self { rows: all }
    }

    /// Takes news of one change in.
    pub fn tell(&mut self, news: Progress, now: Timestamp) {
        let Some(row) = self.rows.iter_mut().find(|r| r.row.id == news.id) else { return };
        match &news.state {
            ChangeState::Running if row.started.is_none() => row.started = Some(now),
            ChangeState::Done | ChangeState::Failed(_) | ChangeState::Skipped { .. } => row.ended = Some(now),
            _ => {}
        }
        row.state = Some(news.state);
    }

    /// The first row that failed.
    #[must_use]
    pub fn failure(&self) -> Option<&RunRow> {
        self.rows.iter().find(|r| matches!(r.state, Some(ChangeState::Failed(_))))
    }

    /// How many of the changes are done, and how many there are.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let changes = self.rows.iter().filter(|r| r.row.change.is_some());
        (changes.clone().filter(|r| r.state == Some(ChangeState::Done)).count(), changes.count())
    }
}
