//! `apply --wait`: until everybody has opened the link.

use std::time::Duration;

use super::signals::interrupted;
use super::{Console, Scene};
use crate::cloud::{CloudError, ErrorKind};
use crate::domain::Settings;
use crate::domain::observed::{Confirmation, Subscription};

const PAUSE: Duration = Duration::from_secs(3);

/// Whether every wanted address is confirmed before the time is up or the user has had enough. What goes wrong here is
/// said, and no more: the set-up is made, and its result is still to be told.
pub(super) async fn for_confirmation(scene: &Scene, settings: &Settings, minutes: u32, console: &Console) -> bool {
    let limit = Duration::from_mins(minutes.into());
    tokio::select! {
        all = tokio::time::timeout(limit, poll(scene, settings, console)) => match all {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                console.tell(format_args!("Nobody waits any longer. {error}"));
                false
            }
            Err(_) => {
                console.tell(format_args!("Nobody waits any longer: {minutes} minutes are over."));
                false
            }
        },
        () = interrupted() => {
            console.tell("Interrupted: the set-up is complete, only the waiting is over.");
            false
        }
    }
}

async fn poll(scene: &Scene, settings: &Settings, console: &Console) -> Result<(), CloudError> {
    let mut said = String::new();
    loop {
        let now = match scene.session.cloud.subscriptions(&settings.topic_arn()).await {
            Ok(all) => {
                let waiting = unconfirmed(&settings.emails.value, &all);
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

fn unconfirmed(wanted: &[String], standing: &[Subscription]) -> Vec<String> {
    let confirmed = |email: &String| {
        standing.iter().any(|s| s.state == Confirmation::Confirmed && s.endpoint.eq_ignore_ascii_case(email))
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
        let standing = [
            one("A@example.com", Confirmation::Confirmed),
            one("b@example.com", Confirmation::Pending),
            one("other@example.com", Confirmation::Pending),
        ];
        let wanted = ["a@example.com".to_owned(), "b@example.com".to_owned()];
        assert_eq!(unconfirmed(&wanted, &standing), ["b@example.com"]);
    }
}
