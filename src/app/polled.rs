//! Something that is asked for again and again, at its own pace and never twice at once.

use jiff::{SignedDuration, Timestamp};

use super::Ticket;
use crate::cloud::CloudError;

/// The longest that trouble slows a part down to.
const SLOWEST: SignedDuration = SignedDuration::from_secs(300);

/// One part: what is known, how old that is, and when it is asked for next.
#[derive(Clone, Debug, PartialEq)]
pub struct Polled<T> {
    pub value: Option<T>,
    /// When it was last answered.
    pub seen: Option<Timestamp>,
    /// Why the last question was not answered.
    pub trouble: Option<CloudError>,
    every: SignedDuration,
    due: Option<Timestamp>,
    asked: Option<Ticket>,
    failures: u32,
}

impl<T> Polled<T> {
    pub(super) fn new(every: SignedDuration) -> Self {
        Self { value: None, seen: None, trouble: None, every, due: None, asked: None, failures: 0 }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.asked.is_none() && self.due.is_none_or(|at| at <= now)
    }

    /// When it wants to be asked for next; never, while it is being asked for.
    pub(super) fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.asked.is_none().then(|| self.due.unwrap_or(now))
    }

    pub(super) fn ask(&mut self, ticket: Ticket) {
        self.asked = Some(ticket);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether this ticket is the one waited for.
    pub(super) fn awaits(&self, ticket: Ticket) -> bool {
        self.asked == Some(ticket)
    }

    /// Takes an answer in, and sets the time of the next question: each failure in a row doubles the wait. `slow` is how
    /// many times slower than usual.
    pub(super) fn take(&mut self, answer: Result<T, CloudError>, now: Timestamp, slow: i32) {
        self.asked = None;
        match answer {
            Ok(value) => {
                self.value = Some(value);
                self.seen = Some(now);
                self.trouble = None;
                self.failures = 0;
            }
            Err(error) => {
                self.trouble = Some(error);
                self.failures = (self.failures + 1).min(6);
            }
        }
        let usual = self.every * slow;
        let wait = (usual * 2_i32.pow(self.failures)).min(SLOWEST.max(usual));
        self.due = now.saturating_add(wait).ok();
    }

    /// Is asked for again after this time at the latest, unless there is trouble.
    pub(super) fn again_within(&mut self, wait: SignedDuration, now: Timestamp) {
        if self.failures == 0 {
            let soon = now.saturating_add(wait).ok();
            self.due = match (self.due, soon) {
                (Some(due), Some(soon)) => Some(due.min(soon)),
                (due, _) => due,
            };
        }
    }

    /// Is asked for at the next chance.
    pub(super) fn refresh_now(&mut self) {
        self.due = None;
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ErrorKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn it_is_never_asked_for_twice_at_once() {
        let mut part: Polled<()> = Polled::new(SignedDuration::from_secs(5));
        assert!(part.is_due(at(0)));
        part.ask(Ticket(1));
        assert!(!part.is_due(at(1000)));
        assert_eq!(part.deadline(at(1000)), None);
        assert!(part.awaits(Ticket(1)) && !part.awaits(Ticket(2)));
    }

    #[test]
    fn trouble_doubles_the_wait_up_to_five_minutes_and_an_answer_ends_that() {
        let mut part: Polled<()> = Polled::new(SignedDuration::from_secs(5));
        let waits: Vec<i64> = (0..8)
            .map(|_| {
                part.take(Err(CloudError::local(ErrorKind::Throttled, "slow down")), at(0), 1);
                part.deadline(at(0)).unwrap().as_second()
            })
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300, 300]);
        part.take(Ok(()), at(0), 1);
        assert_eq!(part.deadline(at(0)), Some(at(5)));
        assert!(part.trouble.is_none());
    }

    #[test]
    fn what_is_known_outlives_trouble() {
        let mut part = Polled::new(SignedDuration::from_secs(5));
        part.take(Ok(7), at(0), 1);
        part.take(Err(CloudError::local(ErrorKind::Offline, "gone")), at(5), 1);
        assert_eq!((part.value, part.seen), (Some(7), Some(at(0))));
    }
}
