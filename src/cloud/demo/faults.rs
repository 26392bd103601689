//! Faults that can be injected into calls, and the log of the calls made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::{ErrorKind, OrganizationProblem};
use crate::domain::Region;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InjectedFault {
    /// The caller lacks the permission.
    Deny,
    /// A service control policy of the organization denies the call.
    DenyByOrganization,
    /// The caller's permissions boundary doesn't allow the call.
    DenyByBoundary,
    /// This computer's clock is an hour slow.
    WrongClock,
    /// The resource is protected from deletion.
    DeletionProtected,
    /// The organization does not trust CloudTrail.
    NoTrustedAccess,
    /// AWS throttles every call.
    Throttle,
    /// AWS throttles the first call only.
    ThrottleOnce,
    /// The call never returns.
    Hang,
    /// The call times out.
    Timeout,
    /// There is no network connection.
    Offline,
    /// The credentials expire: the n-th call (counted from 1) and all later ones fail.
    Expired(usize),
    /// AWS has an internal failure (status 500).
    Error500,
    /// The connection is refused.
    Refused,
    /// The server's TLS certificate is not trusted.
    Tls,
    /// The response is not one that AWS sends.
    Malformed,
}

/// What an injected fault does to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InjectedOutcome {
    /// The call never returns.
    NoReply,
    /// With AWS's message; for a denial, with what follows the resource in it, where `ACTION` stands for the action.
    Error(ErrorKind, &'static str),
}

impl InjectedFault {
    /// What the fault does to the `nth` call that it applies to, counted from 1; `None`: the call succeeds.
    fn outcome_of(self, nth: usize) -> Option<InjectedOutcome> {
        let error = |kind, message| Some(InjectedOutcome::Error(kind, message));
        match self {
            Self::Deny => error(ErrorKind::AccessDenied, ""),
            Self::DenyByOrganization => error(
                ErrorKind::AccessDenied,
                " with an explicit deny in a service control policy: \
                 arn:aws:organizations::210987654321:policy/o-exampleorgid/service_control_policy/p-examplepolicyid",
            ),
            Self::DenyByBoundary => {
                error(ErrorKind::AccessDenied, " because no permissions boundary allows the ACTION action")
            }
            Self::WrongClock => error(
                ErrorKind::WrongClock,
                "Signature expired: 20261123T110000Z is now earlier than 20261123T115500Z (20261123T120000Z - 5 min.)",
            ),
            Self::DeletionProtected => error(
                ErrorKind::DeletionProtected,
                "Cannot delete log group with deletion protection enabled. Disable deletion protection first.",
            ),
            Self::NoTrustedAccess => error(
                ErrorKind::Organization(OrganizationProblem::TrustedAccessDisabled),
                "The request could not be processed because your organization hasn't enabled CloudTrail service access. \
                 Enable service access for CloudTrail, and then try again.",
            ),
            Self::Throttle => error(ErrorKind::Throttled, "Rate exceeded"),
            Self::ThrottleOnce if nth == 1 => error(ErrorKind::Throttled, "Rate exceeded"),
            Self::Expired(from) if nth >= from => {
                error(ErrorKind::ExpiredCredentials, "The security token included in the request is expired")
            }
            Self::ThrottleOnce | Self::Expired(_) => None,
            Self::Hang => Some(InjectedOutcome::NoReply),
            Self::Timeout => error(ErrorKind::Timeout, "the operation took too long"),
            Self::Offline => error(ErrorKind::Offline, "the name of the endpoint could not be resolved"),
            Self::Error500 => error(ErrorKind::Other, "AWS had an internal failure"),
            Self::Refused => error(ErrorKind::Offline, "connection refused"),
            Self::Tls => error(ErrorKind::Offline, "invalid peer certificate: UnknownIssuer"),
            Self::Malformed => error(ErrorKind::NotAws, "the answer is not one that AWS gives"),
        }
    }
}

/// The calls made, in order, and how many were in flight at once.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    /// Each with its Region.
    pub calls: Vec<(String, Region)>,
    pub in_flight: usize,
    pub max_in_flight: usize,
    /// The number of calls that each fault applied to, by its key in `Account::faults`.
    fault_calls: BTreeMap<String, usize>,
}

impl CallLog {
    /// Logs the start of a call and returns what its fault does to it, if it has one.
    pub(super) fn start_call(
        &mut self,
        region: &Region,
        operation: &str,
        faults: &BTreeMap<String, InjectedFault>,
    ) -> Option<InjectedOutcome> {
        self.calls.push((operation.to_owned(), region.clone()));
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        [operation, "*"].into_iter().find_map(|key| {
            let fault = faults.get(key)?;
            let nth = self.fault_calls.entry(key.to_owned()).or_default();
            *nth += 1;
            fault.outcome_of(*nth)
        })
    }

    /// Restarts the count of a fault's calls.
    pub(super) fn reset_count(&mut self, key: &str) {
        self.fault_calls.remove(key);
    }
}
