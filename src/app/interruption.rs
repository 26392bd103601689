//! What is said when the wizard is interrupted: what is done, what was under way, and what is left.

use super::progress::{ChangeState, StepRun};
use super::{Connection, Model, Overlay};
use crate::domain::interruption::{RunCount, set_back};
use crate::domain::{Step, Verdict};

impl Model {
    /// One or several sentences for the terminal as it is after the wizard.
    #[must_use]
    pub fn interruption(&self) -> String {
        let run = self.running.and_then(|(_, step)| self.runs[step as usize].as_ref());
        let teardown = match &self.overlay {
            Some(Overlay::Teardown(screen)) if self.is_running() => Some(&screen.run),
            _ => None,
        };
        if let Some(run) = run.or(teardown) {
            return format!("{} Starting rootbell again goes on from there.", count(run).sentence(&self.location()));
        }
        if let Some(count) = &self.unread {
            return count.ended(&self.location(), "the account was not read again");
        }
        let mut said = Vec::new();
        if let Some(test) = &self.test_running {
            let what = if test.is_drill { "a drill" } else { "a test alarm" };
            said.push(format!("Interrupted: {what} was under way in {}.", self.location()));
            if let Some(derived) = &self.derived {
                said.push(set_back(&test.alarm, &derived.settings.account_region));
            }
        } else if let [(_, change), rest @ ..] = self.single.as_slice() {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let operation = change.operation();
            said.push(format!(
                "Interrupted: {}{more} was under way in {}, not known how it ended.",
                operation.iam_action,
                self.location()
            ));
        } else {
            said.push(match &self.connection {
                Connection::Connecting(_) => "Interrupted while signing in: nothing was changed.".to_owned(),
                _ if self.is_looking() => "Interrupted while reading the account: no change was under way.".to_owned(),
                _ => "Interrupted: no change was under way.".to_owned(),
            });
        }
        said.extend(self.existing());
        said.join(" ")
    }

    /// "account 123456789012 (acme-prod), eu-west-1".
    fn location(&self) -> String {
        let Some(caller) = self.caller() else { return "no account".to_owned() };
        let alias = caller.identity.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
        format!("account {}{alias}, {}", caller.identity.account, caller.region)
    }

    /// What is set up and what is not, where that is known.
    fn existing(&self) -> Option<String> {
        let health = &self.derived.as_ref()?.health;
        let list = |done: bool| {
            let steps = Step::ALL.into_iter().filter(|step| (health.step(*step) == Verdict::Ok) == done);
            steps.map(Step::title).collect::<Vec<_>>().join(", ")
        };
        let location = self.location();
        Some(match (list(true), list(false)) {
            (_, open) if open.is_empty() => format!("All four steps are set up in {location}."),
            (done, open) if done.is_empty() => format!("Still open in {location}: {open}."),
            (done, open) => format!("Set up in {location}: {done}; still open: {open}."),
        })
    }
}

/// What has become of the changes of a run.
pub(super) fn count(run: &StepRun) -> RunCount {
    let states = |is: fn(&ChangeState) -> bool| {
        run.rows.iter().filter(|row| row.row.change.is_some() && row.state.as_ref().is_some_and(is)).count()
    };
    let (done, total) = run.count();
    RunCount {
        total,
        done,
        failed: states(|state| matches!(state, ChangeState::Failed(_))),
        running: states(|state| matches!(state, ChangeState::Running | ChangeState::Retrying { .. })),
    }
}
