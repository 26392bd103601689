//! What `doctor` reports about a connection: where each setting came from, and which endpoints answer. Nothing here is
//! secret: no keys, no tokens, and of a URL only its scheme, host, and port.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::error::CloudError;
use crate::domain::profile::SsoSession;

/// A setting, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced {
    pub value: String,
    pub from: String,
}

impl Sourced {
    pub fn new(value: impl Into<String>, from: impl Into<String>) -> Self {
        Self { value: value.into(), from: from.into() }
    }
}

/// Where the settings of a connection come from. Each can fail without the others.
#[derive(Clone, Debug)]
pub struct Origins {
    /// The files of the shared configuration, with what was found in them.
    pub files: Result<Vec<Sourced>, CloudError>,
    pub profile: Result<Sourced, CloudError>,
    pub region: Result<Sourced, CloudError>,
    /// What kind of credentials they are; whether AWS accepts them is another question.
    pub credentials: Result<Sourced, CloudError>,
    /// The session of IAM Identity Center that the credentials come from, if any.
    pub sso: Option<SsoSession>,
    /// The URL that replaces AWS's endpoints, if any.
    pub endpoint: Result<Option<Sourced>, CloudError>,
    pub proxy: Option<Sourced>,
    /// The hosts that are reached without the proxy.
    pub no_proxy: Option<Sourced>,
    /// The certificates that are trusted.
    pub certificates: Result<Sourced, CloudError>,
}

/// Whether the endpoint of a service answers.
#[derive(Clone, Debug)]
pub struct Reached {
    /// The service as in permissions: `sts`, `cloudtrail`, …
    pub service: &'static str,
    /// Host and port; empty if the endpoint isn't known.
    pub host: String,
    pub answer: Result<Answered, CloudError>,
}

/// The answer to an unsigned request. Its status doesn't matter: AWS refuses such a request, and that is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    pub took: Duration,
    /// When the answer arrived, by this computer's clock.
    pub at: Timestamp,
    /// The time in the answer's header `Date`, in whole seconds.
    pub date: Option<Timestamp>,
}

impl Answered {
    /// How fast this computer's clock is, compared with the answer; negative if it is slow. It is exact to about a second.
    #[must_use]
    pub fn clock_error(&self) -> Option<SignedDuration> {
        let half_way = SignedDuration::try_from(self.took / 2).ok()?;
        let sent = self.at.checked_sub(half_way).ok()?;
        // The header has no fraction, so that on average it is half a second behind.
        let date = self.date?.checked_add(SignedDuration::from_millis(500)).ok()?;
        let error = sent.duration_since(date);
        // Less than the header can tell.
        if error.abs() < SignedDuration::from_secs(1) { Some(SignedDuration::ZERO) } else { Some(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_the_clock_leaves_out_the_way_and_the_fraction_of_a_second() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let error = |arrived, date| {
            let took = Duration::from_millis(400);
            Answered { status: 403, took, at: at(arrived), date: Some(at(date)) }.clock_error().unwrap().as_secs()
        };
        assert_eq!(error("2026-11-30T12:00:01.1Z", "2026-11-30T12:00:00Z"), 0);
        assert_eq!(error("2026-11-30T12:10:00.7Z", "2026-11-30T12:00:00Z"), 600);
        assert_eq!(error("2026-11-30T11:00:00.7Z", "2026-11-30T12:00:00Z"), -3600);
        let without = Answered { status: 200, took: Duration::ZERO, at: at("2026-11-30T12:00:00Z"), date: None };
        assert_eq!(without.clock_error(), None);
    }
}
