//! Follows one path stage by stage: records what was reached, and gives up on a stage after a while.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::result::{PathRun, StageResult, TestError, TestStage};
use crate::cloud::{Answer, CloudError, ErrorKind};

/// The clock, the time limit, and whom to tell.
pub(super) struct Following<'a> {
    pub(super) clock: &'a (dyn Fn() -> Timestamp + Sync),
    pub(super) report: &'a (dyn Fn(PathRun) + Sync),
    /// How long to wait for each stage.
    pub(super) timeout: SignedDuration,
    /// Time between two polls.
    pub(super) interval: Duration,
}

/// How far it got on one path.
pub(super) struct Progress<'a> {
    following: Following<'a>,
    pub(super) started: Timestamp,
    /// The temporary error of the last poll, if it had one.
    last_error: Option<CloudError>,
    pub(super) run: PathRun,
}

impl<'a> Progress<'a> {
    pub(super) fn new(following: Following<'a>) -> Self {
        Self { started: (following.clock)(), following, last_error: None, run: PathRun::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.following.clock)()
    }

    pub(super) fn timeout(&self) -> SignedDuration {
        self.following.timeout
    }

    pub(super) fn elapsed(&self) -> SignedDuration {
        self.now().duration_since(self.started)
    }

    fn tell(&self) {
        (self.following.report)(self.run.clone());
    }

    pub(super) fn wait_for(&mut self, stage: TestStage) {
        self.run.waiting_for = Some(stage);
        self.tell();
    }

    /// AWS's clock may differ from ours, so no stage may be earlier than the previous one or in the future.
    pub(super) fn record(&mut self, stage: TestStage, after: SignedDuration, said: String) {
        if !self.is_reached(stage) {
            let last = self.run.seen.last().map_or(SignedDuration::ZERO, |seen| seen.after);
            let after = after.min(self.elapsed()).max(last);
            self.run.seen.push(StageResult { stage, after, said });
            self.tell();
        }
    }

    pub(super) fn is_reached(&self, stage: TestStage) -> bool {
        self.run.reached(stage).is_some()
    }

    /// The timeout of a stage starts when it becomes the next one.
    pub(super) fn begin_stage(&mut self, stage: TestStage, stage_started: &mut SignedDuration) {
        if self.run.waiting_for != Some(stage) {
            self.wait_for(stage);
            *stage_started = self.elapsed();
        }
    }

    /// Waits until the next poll.
    ///
    /// # Errors
    /// The stage wasn't reached in time.
    pub(super) async fn pause(&mut self, stage: TestStage, stage_started: SignedDuration) -> Result<(), TestError> {
        let waited = self.elapsed() - stage_started;
        if waited >= self.following.timeout {
            return Err(self.last_error.take().map_or(TestError::TimedOut { stage, waited }, TestError::Call));
        }
        self.last_error = None;
        tokio::time::sleep(self.following.interval).await;
        Ok(())
    }

    /// A temporary error while polling doesn't end the test: the next poll may succeed.
    pub(super) fn tolerate<T>(&mut self, answer: Answer<T>) -> Answer<Option<T>> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Throttled | ErrorKind::Offline | ErrorKind::Proxy | ErrorKind::Timeout
                ) =>
            {
                self.last_error = Some(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

pub(super) fn minus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(at)
}

/// Before anything is changed, every error but throttling is a reason to stop.
pub(super) fn unless_throttled<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::Throttled => Ok(None),
        Err(error) => Err(error),
    }
}
