//! Collects what `doctor` reports: all parts at the same time, so that one that hangs or fails leaves the others.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::cloud::diagnosis::{Answered, Origins, Reached};
use crate::cloud::{Answer, CloudError, Connector, ErrorKind, Target};
use crate::domain::Identity;

/// How long the sign-in may take. AWS's answers take less than a second; a `credential_process` can take longer.
const SIGN_IN: Duration = Duration::from_secs(15);

/// How wrong the clock may be. AWS refuses signatures that are older than five minutes.
///
/// Source: IAM User Guide, "Troubleshoot signed requests for AWS APIs", expired signatures.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5 * 60);

/// What was found.
#[derive(Debug)]
pub struct Examination {
    pub origins: Origins,
    /// One for each service; an error if no request could be made at all.
    pub endpoints: Answer<Vec<Reached>>,
    pub caller: Answer<Identity>,
}

/// How wrong this computer's clock is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockError {
    /// Positive if it is fast.
    pub error: SignedDuration,
    /// Whose clock it was compared with.
    pub host: String,
}

impl ClockError {
    /// Whether AWS accepts requests in spite of it.
    #[must_use]
    pub fn is_tolerated(&self) -> bool {
        self.error.abs() < TOLERANCE
    }
}

impl Examination {
    /// How wrong the clock is, according to the fastest answer with a date.
    #[must_use]
    pub fn clock(&self) -> Option<ClockError> {
        let answers = self.endpoints.iter().flatten();
        let dated = answers.filter_map(|reached| {
            let answer: &Answered = reached.answer.as_ref().ok()?;
            Some((answer.took, ClockError { error: answer.clock_error()?, host: reached.host.clone() }))
        });
        dated.min_by_key(|(took, _)| *took).map(|(_, error)| error)
    }

    /// Whether nothing could be determined: neither the files could be read, nor did anything answer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let has_answer = self.endpoints.iter().flatten().any(|reached| reached.answer.is_ok());
        self.origins.files.is_err() && self.caller.is_err() && !has_answer
    }
}

/// Examines the connection that `target` asks for. `now` reads the clock.
pub async fn examine(connector: &dyn Connector, target: &Target, now: fn() -> Timestamp) -> Examination {
    let caller = async {
        let signed_in = async { connector.connect(target).await?.cloud.identity().await };
        tokio::time::timeout(SIGN_IN, signed_in).await.unwrap_or_else(|_| {
            let why = format!("The sign-in did not end within {} s", SIGN_IN.as_secs());
            Err(CloudError::local(ErrorKind::Timeout, why))
        })
    };
    let (origins, endpoints, caller) = tokio::join!(connector.origins(target), connector.reach(target, now), caller);
    Examination { origins, endpoints, caller }
}
