//! What rootbell's IAM roles are for.

use super::enum_map::variants;

variants! {
    /// Which service assumes a role, and for what.
    pub enum RolePurpose {
        /// CloudTrail delivers events to a log group.
        Delivery,
        /// EventBridge forwards events to the event bus of another Region.
        Forwarding,
    }
}

impl RolePurpose {
    /// The service that assumes the role.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::Delivery => "cloudtrail.amazonaws.com",
            Self::Forwarding => "events.amazonaws.com",
        }
    }

    /// The name of the role's inline policy.
    #[must_use]
    pub const fn policy_name(self) -> &'static str {
        match self {
            Self::Delivery => "rootbell-deliver-to-logs",
            Self::Forwarding => "rootbell-forward-events",
        }
    }
}
