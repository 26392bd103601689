//! What can go wrong on request, and the record of what was asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::ErrorKind;

/// What happens to a call instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InjectedFault {
    /// The caller lacks the permission.
    Deny,
    /// AWS asks to slow down, every time.
    Throttle,
    /// AWS asks to slow down, the first time only.
    ThrottleOnce,
    /// No answer ever comes.
    Hang,
    /// No answer came in time.
    Timeout,
    /// There is no connection.
    Offline,
    /// The sign-in has expired, from the n-th call on (counted from 1).
    Expired(usize),
    /// AWS fails within.
    Error500,
    /// Nobody listens at the other end.
    Refused,
    /// The other end shows a certificate that nobody here trusts.
    Tls,
    /// What comes back is none of AWS's answers.
    Malformed,
}

/// What comes back instead of an answer, or never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InjectedError {
    Silence,
    Error(ErrorKind, &'static str),
}

impl InjectedFault {
    /// What the fault does to the `nth` call that it concerns, counted from 1.
    fn blow(self, nth: usize) -> Option<InjectedError> {
        let error = |kind, message| Some(InjectedError::Error(kind, message));
        match self {
            Self::Deny => error(ErrorKind::AccessDenied, ""),
            Self::Throttle => error(ErrorKind::Throttled, "Rate exceeded"),
            Self::ThrottleOnce if nth == 1 => error(ErrorKind::Throttled, "Rate exceeded"),
            Self::Expired(from) if nth >= from => {
                error(ErrorKind::ExpiredCredentials, "The security token included in the request is expired")
            }
            Self::ThrottleOnce | Self::Expired(_) => None,
            Self::Hang => Some(InjectedError::Silence),
            Self::Timeout => error(ErrorKind::Timeout, "the operation took too long"),
            Self::Offline => error(ErrorKind::Offline, "the name of the endpoint could not be resolved"),
            Self::Error500 => error(ErrorKind::Other, "AWS had an internal failure"),
            Self::Refused => error(ErrorKind::Offline, "connection refused"),
            Self::Tls => error(ErrorKind::Offline, "invalid peer certificate: UnknownIssuer"),
            Self::Malformed => {
                error(ErrorKind::Other, "the answer is not one that AWS gives; is the endpoint the right one?")
            }
        }
    }
}

/// Which calls were made, in their order, and how many at once.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub calls: Vec<String>,
    pub in_flight: usize,
    pub max_in_flight: usize,
    /// How often each fault was asked, by the key it stands under.
    seen: BTreeMap<String, usize>,
}

impl Record {
    /// Notes a call that sets out, and says what becomes of it.
    pub fn enter(&mut self, operation: &str, faults: &BTreeMap<String, InjectedFault>) -> Option<InjectedError> {
        self.calls.push(operation.to_owned());
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        [operation, "*"].into_iter().find_map(|key| {
            let fault = faults.get(key)?;
            let nth = self.seen.entry(key.to_owned()).or_default();
            *nth += 1;
            fault.blow(*nth)
        })
    }

    /// A fault set anew counts from its first call again.
    pub fn forget(&mut self, key: &str) {
        self.seen.remove(key);
    }
}
