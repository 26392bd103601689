//! A session with AWS: the credentials of one profile, in one account.

use crate::cloud::CloudError;
use crate::domain::{Identity, Region};

/// Identifies a session. Signing in again begins a new one, so that answers to the old one are recognized as late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Identifies one piece of work of a session. An answer whose ticket is not the expected one is late and is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

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
