//! Messages about an interrupted run, shared by the commands and the wizard.

use super::observed::AlarmState;
use super::{AccountRegion, Change};

/// How many changes of a run are done, failed or running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCount {
    pub total: usize,
    pub done: usize,
    pub failed: usize,
    /// Sent to AWS, but not answered yet.
    pub running: usize,
}

impl RunCount {
    /// One sentence that says what was done, what was running and what was not started. `account_region` is text such
    /// as "account 123456789012, eu-west-1".
    #[must_use]
    pub fn sentence(&self, account_region: &str) -> String {
        let Self { total, done, failed, running } = *self;
        let rest = [
            (failed, "failed".to_owned()),
            (running, "in progress, outcome unknown".to_owned()),
            (total.saturating_sub(done + failed + running), "not started".to_owned()),
        ];
        let s = if total == 1 { "" } else { "s" };
        let mut parts = vec![format!("Interrupted: {done} of {total} change{s} made in {account_region}")];
        parts.extend(rest.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        parts.join("; ") + "."
    }

    /// The same for a run that may have finished, when only `rest` was still to be done.
    #[must_use]
    pub fn ended(&self, account_region: &str, rest: &str) -> String {
        match self.total {
            total if total > self.done => {
                let sentence = self.sentence(account_region);
                format!("{}; {rest}.", sentence.trim_end_matches('.'))
            }
            0 => format!("Interrupted: there was nothing to change in {account_region}; {rest}."),
            1 => format!("Interrupted: the 1 change was made in {account_region}; {rest}."),
            total => format!("Interrupted: all {total} changes were made in {account_region}; {rest}."),
        }
    }
}

/// Says that the alarm may be in ALARM after an interrupted test or drill, and how to set it back.
///
/// Source: CloudWatch API, SetAlarmState: a metric alarm returns to its actual state at the next evaluation.
#[must_use]
pub fn set_back(alarm: &str, account_region: &AccountRegion) -> String {
    let reason = "Set back to OK after an interrupted test".to_owned();
    let change = Change::SetAlarmState { alarm: alarm.to_owned(), state: AlarmState::Ok, reason };
    format!(
        "The alarm `{alarm}` may be in ALARM. It returns to OK by itself; to set it back now, run: {}",
        change.aws_cli(account_region)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_what_was_done_running_and_not_started_and_omits_empty_counts() {
        let run = RunCount { total: 15, done: 4, failed: 0, running: 2 };
        assert_eq!(
            run.sentence("account 1, eu-west-1"),
            "Interrupted: 4 of 15 changes made in account 1, eu-west-1; 2 in progress, outcome unknown; 9 not \
             started."
        );
        let run = RunCount { total: 1, done: 0, failed: 0, running: 1 };
        assert_eq!(run.sentence("x"), "Interrupted: 0 of 1 change made in x; 1 in progress, outcome unknown.");
    }
}
