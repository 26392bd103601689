//! Sample CloudTrail events, to try a pattern on before it is written.

/// An event and whether a sound pattern rings for it.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What happens in it, in a few words.
    pub title: &'static str,
    pub rings: bool,
    /// As CloudTrail records it: one JSON object.
    pub json: &'static str,
}

macro_rules! sample {
    ($title:literal, $rings:literal, $file:literal) => {
        Sample { title: $title, rings: $rings, json: include_str!(concat!("../../assets/events/", $file)) }
    };
}

/// Three that must ring, three that must not.
pub const SAMPLES: [Sample; 6] = [
    sample!("root signs in", true, "root-sign-in.json"),
    sample!("root fails to sign in", true, "root-sign-in-failed.json"),
    sample!("root calls an API", true, "root-api-call.json"),
    sample!("an IAM user signs in", false, "iam-user-sign-in.json"),
    sample!("a service event", false, "service-event.json"),
    sample!("a service acts for root", false, "invoked-by-service.json"),
];
