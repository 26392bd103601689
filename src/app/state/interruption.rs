//! The message after the wizard was interrupted: what is done, what was running, and what is left.

use super::account::AccountState;
use super::session::Connection;
use crate::domain::interruption::set_back;
use crate::domain::{Step, Verdict};

impl AccountState {
    /// One or more sentences, printed after the terminal has been restored.
    #[must_use]
    pub(super) fn interruption(&self) -> String {
        let run = self.running.and_then(|(_, step)| self.runs[step].as_ref());
        let teardown = self.teardown.as_ref().filter(|_| self.is_running()).map(|teardown| &teardown.run);
        if let Some(run) = run.or(teardown) {
            return format!("{} Run rootbell again to continue.", run.run_count().sentence(&self.location()));
        }
        if let Some(count) = &self.unobserved_run {
            return count.ended(&self.location(), "the account was not read again");
        }
        let mut sentences = Vec::new();
        if let Some(test) = &self.test_running {
            let what = if test.is_drill { "a drill" } else { "a test alarm" };
            sentences.push(format!("Interrupted: {what} was in progress in {}.", self.location()));
            if let Some(derived) = &self.derived {
                sentences.push(set_back(&test.alarm, &derived.settings.account_region));
            }
        } else if let [(_, change), rest @ ..] = self.single_changes.as_slice() {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let operation = change.operation();
            sentences.push(format!(
                "Interrupted: {}{more} was in progress in {}; its result is unknown.",
                operation.iam_action,
                self.location()
            ));
        } else {
            sentences.push(match &self.connection {
                Connection::Connecting => "Interrupted while signing in: nothing was changed.".to_owned(),
                _ if self.is_observing() => {
                    "Interrupted while reading the account: no change was in progress.".to_owned()
                }
                _ => "Interrupted: no change was in progress.".to_owned(),
            });
        }
        sentences.extend(self.existing());
        sentences.join(" ")
    }

    /// "account 123456789012 (acme-prod), eu-west-1".
    fn location(&self) -> String {
        let Some(caller) = self.caller() else { return "no account".to_owned() };
        let alias = caller.identity.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
        format!("account {}{alias}, {}", caller.identity.account, caller.region)
    }

    /// Which steps are set up and which are not, if known.
    fn existing(&self) -> Option<String> {
        let health = &self.derived.as_ref()?.health;
        let titles = |is_done: bool| {
            let steps = Step::ALL.into_iter().filter(|step| (health.step(*step) == Verdict::Ok) == is_done);
            steps.map(Step::title).collect::<Vec<_>>().join(", ")
        };
        let location = self.location();
        Some(match (titles(true), titles(false)) {
            (_, open) if open.is_empty() => format!("All four steps are set up in {location}."),
            (done, open) if done.is_empty() => format!("Still open in {location}: {open}."),
            (done, open) => format!("Set up in {location}: {done}; still open: {open}."),
        })
    }
}
