//! A value that is requested repeatedly, at its own interval, and never twice at the same time.

use jiff::{SignedDuration, Timestamp};

use super::session::Ticket;
use crate::cloud::CloudError;

/// The longest interval after repeated failures.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(300);

/// A polled value: the last known value, its age, and when it is requested next.
#[derive(Clone, Debug, PartialEq)]
pub struct Polled<T> {
    pub value: Option<T>,
    /// When it was last read successfully.
    pub read_at: Option<Timestamp>,
    /// Why the last request failed.
    pub error: Option<CloudError>,
    every: SignedDuration,
    due: Option<Timestamp>,
    request: Option<Ticket>,
    failures: u32,
}

impl<T> Polled<T> {
    pub(in crate::app) fn new(every: SignedDuration) -> Self {
        Self { value: None, read_at: None, error: None, every, due: None, request: None, failures: 0 }
    }

    pub(in crate::app) fn is_due(&self, now: Timestamp) -> bool {
        self.request.is_none() && self.due.is_none_or(|at| at <= now)
    }

    /// When it is to be requested next; none while a request is running.
    pub(in crate::app) fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.request.is_none().then(|| self.due.unwrap_or(now))
    }

    pub(in crate::app) fn requested(&mut self, ticket: Ticket) {
        self.request = Some(ticket);
    }

    pub(in crate::app) fn is_requested(&self) -> bool {
        self.request.is_some()
    }

    /// Whether the request with this ticket is running.
    pub(in crate::app) fn awaits(&self, ticket: Ticket) -> bool {
        self.request == Some(ticket)
    }

    /// Records an answer and schedules the next request. The wait is `slowdown` times the usual interval, doubled for each
    /// failure in a row.
    pub(in crate::app) fn answered(&mut self, answer: Result<T, CloudError>, now: Timestamp, slowdown: i32) {
        self.request = None;
        match answer {
            Ok(value) => {
                self.value = Some(value);
                self.read_at = Some(now);
                self.error = None;
                self.failures = 0;
            }
            Err(error) => {
                self.error = Some(error);
                self.failures = (self.failures + 1).min(6);
            }
        }
        let usual = self.every * slowdown;
        let wait = match self.failures {
            0 => usual,
            // What is rarely requested is tried again sooner than that.
            failures if self.every > LONGEST_WAIT => (LONGEST_WAIT * 2_i32.pow(failures - 1)).min(usual),
            failures => (usual * 2_i32.pow(failures)).min(LONGEST_WAIT.max(usual)),
        };
        self.due = now.saturating_add(wait).ok();
    }

    /// Requests it again after this time at the latest, unless the last request failed.
    pub(in crate::app) fn request_within(&mut self, wait: SignedDuration, now: Timestamp) {
        if self.failures == 0 {
            let soon = now.saturating_add(wait).ok();
            self.due = match (self.due, soon) {
                (Some(due), Some(soon)) => Some(due.min(soon)),
                (due, _) => due,
            };
        }
    }

    /// Requests it at the next tick.
    pub(in crate::app) fn refresh_now(&mut self) {
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
    fn it_is_never_requested_twice_at_the_same_time() {
        let mut polled: Polled<()> = Polled::new(SignedDuration::from_secs(5));
        assert!(polled.is_due(at(0)));
        polled.requested(Ticket(1));
        assert!(!polled.is_due(at(1000)));
        assert_eq!(polled.deadline(at(1000)), None);
        assert!(polled.awaits(Ticket(1)) && !polled.awaits(Ticket(2)));
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_five_minutes_and_success_resets_it() {
        let mut polled: Polled<()> = Polled::new(SignedDuration::from_secs(5));
        let waits: Vec<i64> = (0..8)
            .map(|_| {
                polled.answered(Err(CloudError::local(ErrorKind::Throttled, "slow down")), at(0), 1);
                polled.deadline(at(0)).unwrap().as_second()
            })
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300, 300]);
        polled.answered(Ok(()), at(0), 1);
        assert_eq!(polled.deadline(at(0)), Some(at(5)));
        assert!(polled.error.is_none());
    }

    #[test]
    fn what_is_rarely_requested_is_retried_after_five_minutes_and_then_less_often() {
        let mut polled: Polled<()> = Polled::new(SignedDuration::from_hours(1));
        let waits: Vec<i64> = (0..6)
            .map(|_| {
                polled.answered(Err(CloudError::local(ErrorKind::Offline, "gone")), at(0), 1);
                polled.deadline(at(0)).unwrap().as_second()
            })
            .collect();
        assert_eq!(waits, [300, 600, 1200, 2400, 3600, 3600]);
        polled.answered(Ok(()), at(300), 1);
        assert_eq!(polled.deadline(at(300)), Some(at(3900)));
    }

    #[test]
    fn a_failure_keeps_the_last_value() {
        let mut polled = Polled::new(SignedDuration::from_secs(5));
        polled.answered(Ok(7), at(0), 1);
        polled.answered(Err(CloudError::local(ErrorKind::Offline, "gone")), at(5), 1);
        assert_eq!((polled.value, polled.read_at), (Some(7), Some(at(0))));
    }
}
