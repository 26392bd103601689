//! Sample CloudTrail events for testing a filter's pattern before the filter is created.

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

/// Three events that should set off the alarm, and three that should not.
pub const SAMPLES: [Sample; 6] = [
    sample!("root signs in", true, "root-sign-in.json"),
    sample!("root fails to sign in", true, "root-sign-in-failed.json"),
    sample!("root calls an API", true, "root-api-call.json"),
    sample!("an IAM user signs in", false, "iam-user-sign-in.json"),
    sample!("a service event", false, "service-event.json"),
    sample!("a service acts for root", false, "invoked-by-service.json"),
];
