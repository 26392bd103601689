//! How long a call may take.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;

use crate::cloud::CALL_LIMIT;

/// The timeouts of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    pub(super) read: Duration,
    /// `attempt` is for one attempt, `operation` for all attempts together.
    pub(super) attempt: Duration,
    pub(super) operation: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(10),
            attempt: Duration::from_secs(12),
            operation: CALL_LIMIT,
        }
    }
}

impl From<Timeouts> for TimeoutConfig {
    fn from(timeouts: Timeouts) -> Self {
        Self::builder()
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.read)
            .operation_attempt_timeout(timeouts.attempt)
            .operation_timeout(timeouts.operation)
            .build()
    }
}
