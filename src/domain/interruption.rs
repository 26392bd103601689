//! How far a run had got when it was interrupted, as the commands and the wizard say it.

use super::observed::AlarmState;
use super::{AccountRegion, Change};

/// What had become of the changes of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCount {
    pub total: usize,
    pub done: usize,
    pub failed: usize,
    /// Sent to AWS, and not answered yet.
    pub running: usize,
}

impl RunCount {
    /// What is done, what was under way and what is left, in one sentence. `account_region` says where: "account 123456789012,
    /// eu-west-1".
    #[must_use]
    pub fn sentence(&self, account_region: &str) -> String {
        let Self { total, done, failed, running } = *self;
        let how = if running == 1 { "it" } else { "they" };
        let rest = [
            (failed, "failed".to_owned()),
            (running, format!("under way, not known how {how} ended")),
            (total.saturating_sub(done + failed + running), "not begun".to_owned()),
        ];
        let s = if total == 1 { "" } else { "s" };
        let mut parts = vec![format!("Interrupted: {done} of {total} change{s} made in {account_region}")];
        parts.extend(rest.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        parts.join("; ") + "."
    }

    /// The same where it had come to its end, and only `rest` was still to come.
    #[must_use]
    pub fn ended(&self, account_region: &str, rest: &str) -> String {
        match self.total {
            total if total > self.done => {
                let sentence = self.sentence(account_region);
                format!("{}; {rest}.", sentence.trim_end_matches('.'))
            }
            0 => format!("Interrupted: there was nothing to change in {account_region}; {rest}."),
            1 => format!("Interrupted: the 1 change is made in {account_region}; {rest}."),
            total => format!("Interrupted: all {total} changes are made in {account_region}; {rest}."),
        }
    }
}

/// What to know about the alarm where a test or a drill of it was interrupted: it may be in ALARM.
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
    fn it_says_what_is_done_under_way_and_left_and_leaves_out_what_there_is_none_of() {
        let run = RunCount { total: 15, done: 4, failed: 0, running: 2 };
        assert_eq!(
            run.sentence("account 1, eu-west-1"),
            "Interrupted: 4 of 15 changes made in account 1, eu-west-1; 2 under way, not known how they ended; 9 not \
             begun."
        );
        let run = RunCount { total: 1, done: 0, failed: 0, running: 1 };
        assert_eq!(run.sentence("x"), "Interrupted: 0 of 1 change made in x; 1 under way, not known how it ended.");
    }
}
