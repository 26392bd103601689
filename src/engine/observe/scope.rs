//! How much of an account is read.

/// How much of the account to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObserveScope {
    /// From the trail to the subscriptions: enough to tell whether an alert would be sent.
    Chain,
    /// The bucket, the role, and the root user too, which the full set of checks needs.
    Everything,
    /// Also what rootbell's tags say about the resources that don't have its names, which only a plan needs.
    Plan,
}
