//! `apply --wait`: until everybody has opened the link.

use std::time::Duration;

use super::signals::Interrupt;
use super::{AccountSession, Console};
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::Settings;
use crate::domain::observed::{Confirmation, Subscription};

const PAUSE: Duration = Duration::from_secs(3);

/// How the waiting ended.
pub(super) enum Waited {
    Confirmed,
    GivenUp,
    /// These had not confirmed, as far as is known.
    Interrupted(Vec<String>),
}

/// Waits until every wanted address is confirmed, the time is up, or the user has had enough. What goes wrong here is
/// said, and no more: the set-up is made, and its result is still to be told.
pub(super) async fn for_confirmation(
    scene: &AccountSession,
    settings: &Settings,
    minutes: u32,
    interrupt: &Interrupt,
    console: &Console,
) -> Waited {
    let limit = Duration::from_mins(minutes.into());
    let mut waiting = settings.emails.value.clone();
    let ended = tokio::select! {
        all = tokio::time::timeout(limit, poll(scene, settings, &mut waiting, console)) => Some(all),
        () = interrupt.came() => None,
    };
    match ended {
        Some(Ok(Ok(()))) => Waited::Confirmed,
        Some(Ok(Err(error))) => {
            console.tell(format_args!("Nobody waits any longer. {error}"));
            Waited::GivenUp
        }
        Some(Err(_)) => {
            console.tell(format_args!("Nobody waits any longer: {minutes} minutes are over."));
            Waited::GivenUp
        }
        None => Waited::Interrupted(waiting),
    }
}

async fn poll(
    scene: &AccountSession,
    settings: &Settings,
    waiting: &mut Vec<String>,
    console: &Console,
) -> Result<(), CloudError> {
    let mut said = String::new();
    loop {
        let now = match scene.session.cloud.subscriptions(&settings.topic_arn()).await {
            Ok(all) => {
                *waiting = unconfirmed(&settings.emails.value, &all);
                if waiting.is_empty() {
                    return Ok(());
                }
                format!("waiting   for {} to open the link in the e-mail", waiting.join(", "))
            }
            Err(error) if passes(error.kind) => format!("waiting   and asking again. {}", error.why()),
            Err(error) => return Err(error),
        };
        if now != said {
            console.tell(&now);
            said = now;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the next question may well be answered.
fn passes(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Throttled | ErrorKind::Offline | ErrorKind::Timeout)
}

fn unconfirmed(wanted: &[String], existing: &[Subscription]) -> Vec<String> {
    let confirmed = |email: &String| {
        existing.iter().any(|s| s.state == Confirmation::Confirmed && s.endpoint.eq_ignore_ascii_case(email))
    };
    wanted.iter().filter(|email| !confirmed(email)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wanted_address_is_waited_for_and_no_other() {
        let one = |endpoint: &str, state| Subscription {
            endpoint: endpoint.into(),
            protocol: "email".into(),
            state,
            arn: None,
        };
        let existing = [
            one("A@example.com", Confirmation::Confirmed),
            one("b@example.com", Confirmation::Pending),
            one("other@example.com", Confirmation::Pending),
        ];
        let wanted = ["a@example.com".to_owned(), "b@example.com".to_owned()];
        assert_eq!(unconfirmed(&wanted, &existing), ["b@example.com"]);
    }
}
