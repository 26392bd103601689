//! Runs a plan. A change starts as soon as the changes it needs are done, so independent calls overlap.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::domain::change::ChangeId;
use crate::domain::{Change, Plan, Region, Step};

/// The state of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeState {
    /// Waiting for the changes it needs.
    Queued,
    Running,
    /// AWS rejected it for a reason that will pass: the number of the next attempt, and AWS's reason.
    Retrying {
        attempt: u32,
        because: String,
    },
    Done,
    Failed(CloudError),
    /// Not tried, because the change with this ID failed.
    Skipped {
        needs: ChangeId,
    },
}

/// A change's new state.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub id: ChangeId,
    pub state: ChangeState,
}

/// The outcome of a run, change by change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub done: Vec<ChangeId>,
    pub failed: Vec<(ChangeId, CloudError)>,
    pub skipped: Vec<ChangeId>,
}

impl Report {
    pub fn succeeded(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }
}

/// How long to retry a change that AWS rejects for a reason that will pass.
///
/// Source: CloudTrail User Guide and provider practice: a new role is usually visible within seconds, sometimes only after a minute.
const RETRY_TIMEOUT: Duration = Duration::from_mins(2);

/// Applies the changes of a plan, or of one of its steps, each in its Region, and reports each change of state to `on_progress`. If the future
/// is dropped, nothing keeps running; finished changes stay.
pub async fn run(
    cloud: &dyn Cloud,
    plan: &Plan,
    only_step: Option<Step>,
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Report {
    let is_in_step = |(change, _): &(&Change, &Region)| only_step.is_none_or(|step| change.step() == step);
    let mut waiting: Vec<(&Change, &Region)> = plan.changes_in_regions().filter(is_in_step).collect();
    let all = waiting.clone();
    let set_state = |id: &ChangeId, state: ChangeState| {
        log(id, &state);
        on_progress(Progress { id: id.clone(), state });
    };
    for (change, _) in &all {
        set_state(&change.id(), ChangeState::Queued);
    }
    let mut outcomes: BTreeMap<ChangeId, bool> = BTreeMap::new();
    let mut report = Report::default();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|&(change, region)| {
            let id = change.id();
            let mut needs = all.iter().filter(|(other, _)| change.needs(other)).map(|(other, _)| other.id());
            if let Some(failed_need) = needs.clone().find(|need| outcomes.get(need) == Some(&false)) {
                set_state(&id, ChangeState::Skipped { needs: failed_need });
                outcomes.insert(id.clone(), false);
                report.skipped.push(id);
                return false;
            }
            let mut after = all.iter().filter(|(other, _)| change.is_after(other)).map(|(other, _)| other.id());
            let ready =
                needs.all(|need| outcomes.get(&need) == Some(&true)) && after.all(|id| outcomes.contains_key(&id));
            if ready {
                set_state(&id, ChangeState::Running);
                running
                    .push(async move { (change.id(), apply_with_retries(cloud, region, change, on_progress).await) });
            }
            !ready
        });
        let Some((id, result)) = running.next().await else {
            // Nothing is running, so the waiting changes need one that failed; the next round skips them.
            if waiting.is_empty() {
                break;
            }
            continue;
        };
        match result {
            Ok(()) => {
                set_state(&id, ChangeState::Done);
                outcomes.insert(id.clone(), true);
                report.done.push(id);
            }
            Err(error) => {
                set_state(&id, ChangeState::Failed(error.clone()));
                outcomes.insert(id.clone(), false);
                report.failed.push((id, error));
            }
        }
    }
    report
}

fn log(id: &ChangeId, state: &ChangeState) {
    let id = id.to_string();
    match state {
        ChangeState::Queued | ChangeState::Retrying { .. } => {}
        ChangeState::Running => tracing::info!(id, "started"),
        ChangeState::Done => tracing::info!(id, "done"),
        ChangeState::Failed(error) => tracing::error!(id, why = error.why(), "failed"),
        ChangeState::Skipped { needs } => tracing::warn!(id, needs = needs.to_string(), "skipped"),
    }
}

/// Applies one change, and retries it while AWS rejects it for a reason that will pass.
async fn apply_with_retries(
    cloud: &dyn Cloud,
    region: &Region,
    change: &Change,
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), CloudError> {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(500);
    let mut attempt = 1;
    loop {
        match cloud.apply(region, change).await {
            Err(error) if error.kind == ErrorKind::EventualConsistency && waited < RETRY_TIMEOUT => {
                attempt += 1;
                tracing::warn!(id = change.id().to_string(), attempt, because = error.message, "retrying");
                on_progress(Progress {
                    id: change.id(),
                    state: ChangeState::Retrying { attempt, because: error.message },
                });
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(Duration::from_secs(8));
                on_progress(Progress { id: change.id(), state: ChangeState::Running });
            }
            // It was deleted by someone else, or by a first attempt whose response was lost.
            Err(error) if error.kind == ErrorKind::NotFound && change.deletes() => return Ok(()),
            answer => return answer,
        }
    }
}
