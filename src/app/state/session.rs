//! A session with AWS: the credentials of one profile, in one account.

use std::time::Duration;

use jiff::SignedDuration;

use crate::cloud::CloudError;
use crate::domain::{Identity, Region};

/// Identifies a session. Signing in again begins a new one, so that answers to the old one are recognized as late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Identifies one piece of work of a session. An answer whose ticket is not the expected one is late and is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// How long a wait may be before the user is told how long it is.
pub const SLOW: SignedDuration = SignedDuration::from_secs(5);

/// How long a call to AWS can take at most.
pub const CALL_LIMIT: Duration = crate::cloud::CALL_LIMIT;

/// Who is signed in, in which Region, and where the Region came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub identity: Identity,
    pub region: Region,
    pub region_from: String,
    pub profile: Option<String>,
}

/// The state of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    Connecting,
    Failed(CloudError),
    Ready(Caller),
}
