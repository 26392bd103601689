//! A step's run as its screen shows it: the plan rows being applied, and the state of each.

use jiff::{SignedDuration, Timestamp};

use crate::domain::change::{Resource, ResourceKind};
use crate::domain::interruption::RunCount;
use crate::domain::plan::{Action, Row};
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

impl From<Row> for RunRow {
    /// A row that has not run.
    fn from(row: Row) -> Self {
        Self { row, state: None, started: None, ended: None }
    }
}

/// The rows with those of the event rules as one, unless some of them failed.
#[must_use]
pub fn folded(rows: Vec<RunRow>) -> Vec<RunRow> {
    let is_of_events = |row: &RunRow| row.row.resource.is_of_event_rules();
    let events: Vec<&RunRow> = rows.iter().filter(|row| is_of_events(row)).collect();
    let is_undone = |row: &&RunRow| matches!(row.state, Some(ChangeState::Failed(_) | ChangeState::Skipped { .. }));
    let (Some(first), false) = (events.first(), events.len() < 3 || events.iter().any(is_undone)) else { return rows };
    let states: Vec<&ChangeState> = events.iter().filter_map(|row| row.state.as_ref()).collect();
    let all = |state: &ChangeState| states.iter().all(|other| *other == state);
    let retrying = states.iter().find(|state| matches!(state, ChangeState::Retrying { .. }));
    let state = match retrying {
        _ if states.is_empty() => None,
        Some(retrying) => Some((*retrying).clone()),
        None if all(&ChangeState::Done) => Some(ChangeState::Done),
        None if all(&ChangeState::Queued) => Some(ChangeState::Queued),
        None => Some(ChangeState::Running),
    };
    let does = |action| events.iter().any(|row| row.row.action == action);
    let actions = [Action::Create, Action::Update, Action::Delete];
    let action = actions.into_iter().find(|action| does(*action)).unwrap_or(Action::Keep);
    let mut rules: Vec<&str> = events
        .iter()
        .filter(|row| row.row.resource.part_of() == Resource::EventRule)
        .map(|row| row.row.name.as_str())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    let group = RunRow {
        row: Row {
            action,
            resource: ResourceKind::EventRule,
            name: format!("{} rules", rules.len()),
            detail: "email each sign-in, usually within a minute".to_owned(),
            ..first.row.clone()
        },
        state,
        started: events.iter().filter_map(|row| row.started).min(),
        ended: events.iter().map(|row| row.ended).max().flatten(),
    };
    let mut group = Some(group);
    // The group stands where the first of its rows stood.
    rows.into_iter().filter_map(|row| if is_of_events(&row) { group.take() } else { Some(row) }).collect()
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
