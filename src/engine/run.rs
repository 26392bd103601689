//! Runs a plan: a change starts as soon as what it needs is done, so independent calls overlap.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::Notify;

use super::Prefetch;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::domain::{Change, Plan, Step};

/// How a change is getting on.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeState {
    /// It waits for what it needs.
    Queued,
    Running,
    /// A refusal that a wait can cure: which attempt comes next, and AWS's reason.
    Retrying {
        attempt: u32,
        because: String,
    },
    Done,
    Failed(CloudError),
    /// Not tried, since the change of this id failed.
    Skipped {
        needs: String,
    },
}

/// News of one change.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub id: String,
    pub state: ChangeState,
}

/// How a run ended, change by change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub done: Vec<String>,
    pub failed: Vec<(String, CloudError)>,
    pub skipped: Vec<String>,
}

impl Report {
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }
}

/// How long a refusal is waited out that a wait can cure.
///
/// Source: CloudTrail User Guide and provider practice: a new role is seen within seconds, now and then only after a minute.
const PATIENCE: Duration = Duration::from_mins(2);

/// Applies the changes of a plan, or of one step of it, and tells `news` of each turn. Nothing is left running when the
/// future is dropped; what was done stays done.
pub async fn run(cloud: &dyn Cloud, plan: &Plan, only: Option<Step>, news: &(dyn Fn(Progress) + Sync)) -> Report {
    let mut waiting: Vec<&Change> = plan.changes().filter(|c| only.is_none_or(|step| c.step() == step)).collect();
    let ids: Vec<String> = waiting.iter().map(|c| c.id()).collect();
    let tell = |id: &str, state: ChangeState| {
        log(id, &state);
        news(Progress { id: id.to_owned(), state });
    };
    for id in &ids {
        tell(id, ChangeState::Queued);
    }
    let mut ended: BTreeMap<String, bool> = BTreeMap::new();
    let mut report = Report::default();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|change| {
            let change = *change;
            let id = change.id();
            let mut needs = ids.iter().filter(|id| change.needs().iter().any(|need| Change::meets(id, need)));
            if let Some(broken) = needs.clone().find(|need| ended.get(*need) == Some(&false)) {
                tell(&id, ChangeState::Skipped { needs: broken.clone() });
                ended.insert(id.clone(), false);
                report.skipped.push(id);
                return false;
            }
            let ready = needs.all(|need| ended.get(need) == Some(&true));
            if ready {
                tell(&id, ChangeState::Running);
                running.push(async move { (change.id(), persist(cloud, change, news).await) });
            }
            !ready
        });
        let Some((id, result)) = running.next().await else {
            // With nothing running, what still waits has just lost what it needs; another round skips it.
            if waiting.is_empty() {
                break;
            }
            continue;
        };
        match result {
            Ok(()) => {
                tell(&id, ChangeState::Done);
                ended.insert(id.clone(), true);
                report.done.push(id);
            }
            Err(error) => {
                tell(&id, ChangeState::Failed(error.clone()));
                ended.insert(id.clone(), false);
                report.failed.push((id, error));
            }
        }
    }
    report
}

/// Runs a whole plan. While its last change is under way and concerns the trail alone, everything but the trail is
/// looked at again already.
pub async fn run_looking(
    cloud: &dyn Cloud,
    plan: &Plan,
    again: &Prefetch<'_>,
    news: &(dyn Fn(Progress) + Sync),
) -> Report {
    let left: Mutex<Vec<String>> = Mutex::new(plan.changes().map(Change::id).collect());
    let only_the_trail = Notify::new();
    let hear = |progress: Progress| {
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.state == ChangeState::Done {
            left.retain(|id| *id != progress.id);
        }
        if matches!(left.as_slice(), [last] if last.starts_with("trail.")) {
            only_the_trail.notify_one();
        }
        drop(left);
        news(progress);
    };
    again.alongside_from(only_the_trail.notified(), run(cloud, plan, None, &hear)).await
}

fn log(id: &str, state: &ChangeState) {
    match state {
        ChangeState::Queued | ChangeState::Retrying { .. } => {}
        ChangeState::Running => tracing::info!(id, "started"),
        ChangeState::Done => tracing::info!(id, "done"),
        ChangeState::Failed(error) => tracing::error!(id, why = error.why(), "failed"),
        ChangeState::Skipped { needs } => tracing::warn!(id, needs, "skipped"),
    }
}

/// Applies one change, again and again while the refusal is one that passes.
async fn persist(cloud: &dyn Cloud, change: &Change, news: &(dyn Fn(Progress) + Sync)) -> Result<(), CloudError> {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(500);
    let mut attempt = 1;
    loop {
        match cloud.apply(change).await {
            Err(error) if error.kind == ErrorKind::EventualConsistency && waited < PATIENCE => {
                attempt += 1;
                tracing::warn!(id = change.id(), attempt, because = error.message, "retrying");
                news(Progress { id: change.id(), state: ChangeState::Retrying { attempt, because: error.message } });
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(Duration::from_secs(8));
                news(Progress { id: change.id(), state: ChangeState::Running });
            }
            // Somebody was quicker, or the answer to a first attempt was lost.
            Err(error) if error.kind == ErrorKind::NotFound && change.deletes() => return Ok(()),
            answer => return answer,
        }
    }
}
