//! `apply --wait`: waits until every address is confirmed.

use std::time::Duration;

use crate::cli::fix::problem_text;
use crate::cli::output::console::Console;
use crate::cli::output::text::pluralize;
use crate::cli::session::AccountSession;
use crate::cli::signals::Interrupt;
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::observed::{Confirmation, Subscription};
use crate::domain::{Email, Settings};

const PAUSE: Duration = Duration::from_secs(3);

/// How the wait ended.
pub(in crate::cli) enum WaitResult {
    Confirmed,
    GivenUp,
    /// The addresses that had not confirmed at the last read.
    Interrupted(Vec<Email>),
}

/// Waits until every address is confirmed, the time is up, or the user interrupts. An error is only printed: the setup is
/// complete, and its result still has to be reported.
pub(in crate::cli) async fn for_confirmation(
    session: &AccountSession,
    settings: &Settings,
    minutes: u32,
    interrupt: &Interrupt,
    console: &Console,
) -> WaitResult {
    let limit = Duration::from_mins(minutes.into());
    let mut waiting = settings.emails.value.clone();
    let result = tokio::select! {
        polled = tokio::time::timeout(limit, poll(session, settings, &mut waiting, console)) => Some(polled),
        () = interrupt.interrupted() => None,
    };
    match result {
        Some(Ok(Ok(()))) => WaitResult::Confirmed,
        Some(Ok(Err(error))) => {
            console.eprint(format_args!("Stopped waiting: {}", problem_text(&error.into())));
            WaitResult::GivenUp
        }
        Some(Err(_)) => {
            console.eprint(format_args!("Timed out after {}.", pluralize(minutes as usize, "minute")));
            WaitResult::GivenUp
        }
        None => WaitResult::Interrupted(waiting),
    }
}

async fn poll(
    session: &AccountSession,
    settings: &Settings,
    waiting: &mut Vec<Email>,
    console: &Console,
) -> Result<(), CloudError> {
    let mut last_printed = String::new();
    loop {
        let status = match session.connection.cloud.subscriptions(session.region(), &settings.topic_arn()).await {
            Ok(subscriptions) => {
                *waiting = unconfirmed(&settings.emails.value, &subscriptions);
                if waiting.is_empty() {
                    return Ok(());
                }
                format!("waiting   for {} to open the link in the email", Email::join(waiting, ", "))
            }
            Err(error) if is_transient(error.kind) => format!("waiting   and retrying: {}", error.why()),
            Err(error) => return Err(error),
        };
        if status != last_printed {
            console.eprint(&status);
            last_printed = status;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the next poll may succeed.
fn is_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Throttled | ErrorKind::Offline | ErrorKind::Proxy | ErrorKind::Timeout)
}

fn unconfirmed(wanted: &[Email], existing: &[Subscription]) -> Vec<Email> {
    let is_confirmed =
        |email: &Email| existing.iter().any(|s| s.state == Confirmation::Confirmed && *email == *s.endpoint);
    wanted.iter().filter(|email| !is_confirmed(email)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_requested_addresses_are_waited_for() {
        let subscription = |endpoint: &str, state| Subscription {
            endpoint: endpoint.into(),
            protocol: "email".into(),
            state,
            ..Subscription::default()
        };
        let existing = [
            subscription("A@example.com", Confirmation::Confirmed),
            subscription("b@example.com", Confirmation::Pending),
            subscription("other@example.com", Confirmation::Pending),
        ];
        let wanted = [Email::from("a@example.com"), "b@example.com".into()];
        assert_eq!(unconfirmed(&wanted, &existing), ["b@example.com"]);
    }
}
