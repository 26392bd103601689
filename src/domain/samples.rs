//! Sample CloudTrail events for testing a filter's pattern before the filter is created.

/// The account in the sample events.
pub const ACCOUNT: &str = "123456789012";

/// An event, and whether a correct pattern matches it.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// A short description of the event.
    pub title: &'static str,
    /// Whether the event should set off the alarm.
    pub should_match: bool,
    /// The event as CloudTrail records it: a JSON object.
    pub json: &'static str,
}

macro_rules! sample {
    ($title:literal, $should_match:literal, $file:literal) => {
        Sample {
            title: $title,
            should_match: $should_match,
            json: include_str!(concat!("../../assets/events/", $file)),
        }
    };
}

/// What an event is an example of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// Root signs in to the console, or fails to.
    SignIn,
    /// Root calls an API.
    ApiUse,
    /// Somebody other than root does something that is common in an account in use.
    Other,
    /// A service does something that CloudTrail attributes to root.
    Service,
}

/// Three events that should set off the alarm, and three that should not.
pub const SAMPLES: [Sample; 6] = [
    sample!("root signs in", true, "root-sign-in.json"),
    sample!("root fails to sign in", true, "root-sign-in-failed.json"),
    sample!("root calls an API", true, "root-api-call.json"),
    sample!("an IAM user signs in", false, "iam-user-sign-in.json"),
    sample!("a service event", false, "service-event.json"),
    sample!("a service acts for root", false, "invoked-by-service.json"),
];

/// More events, which together with [`SAMPLES`] decide what a filter counts.
pub const MORE_SAMPLES: [(SampleKind, Sample); 9] = [
    (SampleKind::SignIn, sample!("root signs in without MFA", true, "root-sign-in-without-mfa.json")),
    (SampleKind::SignIn, sample!("root fails to sign in with MFA", true, "root-sign-in-failed-mfa.json")),
    (SampleKind::ApiUse, sample!("root uses the console", true, "root-console-call.json")),
    (SampleKind::Other, sample!("an IAM user fails to sign in", false, "iam-user-sign-in-failed.json")),
    (SampleKind::Other, sample!("a federated user signs in", false, "role-sign-in.json")),
    (SampleKind::Other, sample!("an IAM user calls an API", false, "iam-user-call.json")),
    (SampleKind::Other, sample!("a role calls an API", false, "role-call.json")),
    (SampleKind::Other, sample!("a role is denied a call", false, "role-call-denied.json")),
    (SampleKind::Other, sample!("a service assumes a role", false, "service-assumes-role.json")),
];

/// All samples with what they are examples of.
pub fn all() -> impl Iterator<Item = (SampleKind, Sample)> {
    const KINDS: [SampleKind; 6] = [
        SampleKind::SignIn,
        SampleKind::SignIn,
        SampleKind::ApiUse,
        SampleKind::Other,
        SampleKind::Service,
        SampleKind::Service,
    ];
    KINDS.into_iter().zip(SAMPLES).chain(MORE_SAMPLES)
}
