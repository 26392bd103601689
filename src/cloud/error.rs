//! An error for the person: which call, on what, why, and what to do now.

use std::fmt;
use std::sync::Arc;

use super::SignIn;
use crate::domain::names;
use crate::domain::observed::ReadError;

/// What kind of refusal it was; what to do follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    AccessDenied,
    ExpiredCredentials,
    /// AWS does not accept the credentials.
    InvalidCredentials,
    NoCredentials,
    /// The profile's role cannot be assumed.
    RoleDenied,
    /// The profile's role needs an MFA code.
    MfaRequired,
    /// The profile's `credential_process` did not return credentials.
    ProcessFailed,
    /// There is no profile of that name.
    NoProfile,
    /// The profile's settings contradict each other, or are incomplete.
    BadProfile,
    NoRegion,
    /// The account has not enabled the Region.
    RegionDisabled,
    /// This computer's clock is too far from AWS's.
    WrongClock,
    Throttled,
    /// The service is not available at the moment.
    Unavailable,
    /// A web page came instead of AWS's answer: a network's sign-in page, or a proxy.
    WebPage,
    NotFound,
    AlreadyExists,
    Quota,
    Invalid,
    /// Something made a moment ago is not seen everywhere yet: wait and ask again.
    EventualConsistency,
    /// No connection: no network, a name that does not resolve, a refused port, a TLS failure.
    Offline,
    Timeout,
    /// The endpoint does not know this call.
    Unsupported,
    Other,
}

/// A call that was not answered as hoped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudError {
    pub kind: ErrorKind,
    /// The permission's prefix: `cloudtrail`, `s3`, …
    pub service: &'static str,
    /// As in the API: `CreateTrail`.
    pub operation: &'static str,
    /// The permission the call takes, `cloudtrail:CreateTrail`.
    pub iam_action: &'static str,
    /// Name or ARN; empty where the call is about no one thing.
    pub resource: String,
    /// AWS's own words, or the network's.
    pub message: String,
    pub request_id: Option<String>,
    /// Whose credentials were used, and in which Region: what to do about a failed sign-in follows from it.
    pub sign_in: Option<Arc<SignIn>>,
}

impl CloudError {
    /// An error that no call had part in.
    #[must_use]
    pub fn local(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            service: "",
            operation: "",
            iam_action: "",
            resource: String::new(),
            message: message.into(),
            request_id: None,
            sign_in: None,
        }
    }

    /// Which call, on what, and why not: one sentence.
    #[must_use]
    pub fn why(&self) -> String {
        let mut text = self.reason();
        // A role that cannot be assumed says all there is to say about the call.
        if self.operation.is_empty() || matches!(self.kind, ErrorKind::RoleDenied | ErrorKind::MfaRequired) {
            text = capitalized(&text);
        } else {
            let on = if self.resource.is_empty() { String::new() } else { format!(" on `{}`", self.resource) };
            text = format!("{} ({}){on}: {text}", self.operation, self.service);
        }
        if let Some(tried) = self.sign_in.as_ref().filter(|_| self.is_about_the_sign_in()).and_then(|s| s.tried()) {
            text = match text.strip_suffix(')') {
                Some(open) => format!("{open}; {tried})"),
                None => format!("{text} ({tried})"),
            };
        }
        sentence(&text)
    }

    /// Why not, without an end.
    fn reason(&self) -> String {
        let message = self.message.trim().trim_end_matches('.');
        let of = self.sign_in.as_deref().cloned().unwrap_or_default();
        match self.kind {
            // AWS's sentence names caller, action and resource, which stand here already; what follows is news.
            ErrorKind::AccessDenied => match message.split_once(" because ") {
                Some((_, because)) => format!("permission denied, because {because}"),
                None => format!("permission denied for {}", self.missing().0),
            },
            ErrorKind::ExpiredCredentials => of.expired(),
            ErrorKind::InvalidCredentials => format!("{} ({message})", of.rejected()),
            ErrorKind::NoCredentials => format!("there are no credentials ({message})"),
            ErrorKind::ProcessFailed => format!("{} {message}", of.program()),
            ErrorKind::MfaRequired => {
                let role = of.role(message).map(|role| format!("`{}` ", role.arn)).unwrap_or_default();
                format!("the role {role}cannot be assumed: it needs an MFA code, and rootbell cannot ask for one")
            }
            ErrorKind::RoleDenied if self.operation == "GetRoleCredentials" => {
                format!("IAM Identity Center does not hand out the profile's role: {message}")
            }
            ErrorKind::RoleDenied => {
                let role = of.role(message).map(|role| format!("`{}` ", role.arn)).unwrap_or_default();
                format!("the role {role}cannot be assumed: {message}")
            }
            ErrorKind::BadProfile => {
                let profile = of.profile.as_deref().unwrap_or("default");
                format!("the profile `{profile}` cannot be used: {}", of.fault.as_deref().unwrap_or(message))
            }
            ErrorKind::WrongClock => format!("this computer's clock is wrong ({message})"),
            ErrorKind::RegionDisabled => format!("this account has not enabled the Region ({message})"),
            ErrorKind::Throttled => "AWS asked to slow down".to_owned(),
            ErrorKind::Unavailable => format!("the service is not available at the moment ({message})"),
            ErrorKind::Offline => format!("no connection ({message})"),
            ErrorKind::Timeout => "no answer in time".to_owned(),
            ErrorKind::Unsupported => "this endpoint does not know the call".to_owned(),
            ErrorKind::EventualConsistency => format!("not ready yet ({message})"),
            _ => message.to_owned(),
        }
    }

    /// Whether it is the credentials that are in the way, or something on the way to them.
    fn is_about_the_sign_in(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::ExpiredCredentials
                | ErrorKind::InvalidCredentials
                | ErrorKind::NoCredentials
                | ErrorKind::RoleDenied
                | ErrorKind::MfaRequired
                | ErrorKind::ProcessFailed
                | ErrorKind::BadProfile
                | ErrorKind::RegionDisabled
                | ErrorKind::WrongClock
        ) || ["AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials"].contains(&self.operation)
    }

    /// A few words for where there is no room for a sentence: what is missing, or why nothing came.
    #[must_use]
    pub fn brief(&self) -> String {
        match self.kind {
            ErrorKind::AccessDenied => format!("unknown, needs {}", self.iam_action),
            ErrorKind::Throttled => "AWS asked to slow down".to_owned(),
            ErrorKind::Offline => "no connection".to_owned(),
            ErrorKind::Timeout => "no answer in time".to_owned(),
            ErrorKind::ExpiredCredentials => "the sign-in has expired".to_owned(),
            ErrorKind::InvalidCredentials => "AWS does not accept the credentials".to_owned(),
            ErrorKind::MfaRequired => "the role needs an MFA code".to_owned(),
            ErrorKind::WrongClock => "this computer's clock is wrong".to_owned(),
            ErrorKind::Unavailable => "the service is not available".to_owned(),
            _ => format!("unknown: {}", self.message.trim().trim_end_matches('.')),
        }
    }

    /// What to do now: one sentence or two.
    #[must_use]
    pub fn fix(&self) -> String {
        let of = self.sign_in.as_deref().cloned().unwrap_or_default();
        match self.kind {
            ErrorKind::AccessDenied => {
                format!("Ask for {}, or another sign-in that has it: {}", self.missing().0, self.statement())
            }
            ErrorKind::ExpiredCredentials => of.renew(),
            ErrorKind::InvalidCredentials if names::opt_in(&of.region) => format!(
                "{} Or the account has not enabled {}: enable it on the console's page Account, under AWS Regions, or \
                 choose another Region (--region).",
                of.replace(),
                of.region
            ),
            ErrorKind::InvalidCredentials => of.replace(),
            ErrorKind::NoCredentials | ErrorKind::ProcessFailed => of.provide(),
            ErrorKind::MfaRequired => of.ask_for_code(),
            ErrorKind::RoleDenied if self.operation == "GetRoleCredentials" => {
                "Check sso_account_id and sso_role_name of the profile, and ask whoever manages IAM Identity Center for \
                 this account and permission set."
                    .to_owned()
            }
            ErrorKind::RoleDenied => of.allow_role(&self.message),
            ErrorKind::NoProfile => "Choose one that exists (--profile or AWS_PROFILE), or create it with \
                 `aws configure sso` or `aws login`."
                .to_owned(),
            ErrorKind::BadProfile => "Correct the profile's settings, or choose another one (--profile).".to_owned(),
            ErrorKind::WrongClock => "Set the clock (on Linux `sudo timedatectl set-ntp true`, on macOS and Windows the \
                 option to set the time automatically), then try again."
                .to_owned(),
            ErrorKind::RegionDisabled => "Enable it on the console's page Account, under AWS Regions, or choose another \
                 Region (--region)."
                .to_owned(),
            ErrorKind::Unavailable => {
                "Try again in a few minutes; https://health.aws.amazon.com/health/status has AWS's known problems.".to_owned()
            }
            ErrorKind::WebPage => "On a network with a sign-in page (hotel, airport), open any page in a browser and sign \
                 in to the network; otherwise check the proxy (HTTPS_PROXY) and the endpoint (AWS_ENDPOINT_URL). Then try \
                 again."
                .to_owned(),
            ErrorKind::NoRegion => "Name one with --region, such as --region us-east-1.".to_owned(),
            ErrorKind::Throttled => "Wait a moment, then try again.".to_owned(),
            ErrorKind::AlreadyExists if self.operation == "CreateBucket" => {
                format!(
                    "The name belongs to somebody else; choose another, such as `{}-logs` (--bucket).",
                    self.resource
                )
            }
            ErrorKind::AlreadyExists => "Try again: it is looked at anew and used.".to_owned(),
            ErrorKind::Quota => match self.operation {
                "CreateTrail" => {
                    "A region has at most 5 trails: name a standing one (--trail), or delete one.".to_owned()
                }
                _ => "Delete one that is no longer used, or ask AWS for a higher quota, then try again.".to_owned(),
            },
            ErrorKind::Offline if self.message.contains("certificate") => {
                "Somebody between here and AWS opens TLS, or the clock is wrong: name the certificate of your network's \
                 proxy in AWS_CA_BUNDLE, then try again."
                    .to_owned()
            }
            ErrorKind::Offline => {
                "Look at the network, the proxy (HTTPS_PROXY) and the endpoint (AWS_ENDPOINT_URL), then try again."
                    .to_owned()
            }
            ErrorKind::Timeout => {
                "Look at the network and the endpoint, then try again: what is done stays done.".to_owned()
            }
            ErrorKind::EventualConsistency => "Try again in a minute.".to_owned(),
            ErrorKind::NotFound => "Try again: the account is looked at anew.".to_owned(),
            ErrorKind::Invalid => "Correct the value, then try again.".to_owned(),
            ErrorKind::Unsupported => "Go on without it.".to_owned(),
            ErrorKind::Other if self.operation == "DeleteRole" => {
                "Take the other policies off the role, then try again.".to_owned()
            }
            ErrorKind::Other if self.operation == "DeleteBucket" => {
                "A log file came in between, or could not be deleted: try again.".to_owned()
            }
            ErrorKind::Other => match &self.request_id {
                Some(id) => format!("Try again; if it stays, AWS Support can look up the request {id}."),
                None => "Try again.".to_owned(),
            },
        }
    }

    /// The statement to add to the caller's policy.
    fn statement(&self) -> String {
        let (action, resource) = self.missing();
        serde_json::json!({ "Effect": "Allow", "Action": action, "Resource": resource }).to_string()
    }

    /// The permission that is missing, and on what: AWS's word where it has one, since it knows best ("… is not
    /// authorized to perform: iam:PassRole on resource: arn:… because …"), otherwise what is known of the call.
    fn missing(&self) -> (&str, &str) {
        let (_, said) = self.message.split_once("not authorized to perform: ").unwrap_or_default();
        if let Some((action, rest)) = said.split_once(" on resource: ") {
            let resource = rest.split_whitespace().next().unwrap_or_default().trim_matches('"').trim_end_matches('.');
            if resource.starts_with("arn:") && !action.contains(char::is_whitespace) {
                return (action, resource);
            }
        }
        (self.iam_action, if self.resource.starts_with("arn:") { &self.resource } else { "*" })
    }
}

/// With a full stop, unless it ends like a sentence already.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.why(), self.fix())
    }
}

impl std::error::Error for CloudError {}

impl From<CloudError> for ReadError {
    fn from(error: CloudError) -> Self {
        Self { why: error.why(), fix: error.fix() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{CredentialSource, KeyKind};

    fn error(kind: ErrorKind) -> CloudError {
        CloudError {
            kind,
            service: "cloudtrail",
            operation: "CreateTrail",
            iam_action: "cloudtrail:CreateTrail",
            resource: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell".into(),
            message: "not authorized".into(),
            request_id: Some("abc".into()),
            sign_in: Some(Arc::new(SignIn::sso(Some("prod"), "eu-west-1"))),
        }
    }

    #[test]
    fn a_missing_permission_names_the_action_and_the_statement() {
        let said = error(ErrorKind::AccessDenied).to_string();
        assert!(said.contains("CreateTrail (cloudtrail) on `arn:"), "{said}");
        assert!(said.contains(r#""Action":"cloudtrail:CreateTrail""#), "{said}");
    }

    #[test]
    fn the_statement_is_about_what_aws_says_is_missing() {
        let message = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: \
                       arn:aws:iam::1:role/r because no identity-based policy allows the iam:PassRole action";
        let said = CloudError { message: message.into(), ..error(ErrorKind::AccessDenied) }.fix();
        assert!(said.contains("Ask for iam:PassRole,"), "{said}");
        assert!(said.contains(r#""Resource":"arn:aws:iam::1:role/r""#), "{said}");
        let quoted = "User: x is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::b\"";
        let bare = CloudError { message: quoted.into(), resource: "b".into(), ..error(ErrorKind::AccessDenied) }.fix();
        assert!(bare.contains(r#""Resource":"arn:aws:s3:::b""#), "{bare}");
        let mute =
            CloudError { message: "Access Denied".into(), resource: "b".into(), ..error(ErrorKind::AccessDenied) };
        assert!(mute.fix().contains(r#""Action":"cloudtrail:CreateTrail","Resource":"*""#));
    }

    #[test]
    fn the_reason_of_a_denial_is_kept_and_its_repetitions_are_not() {
        let message = "User: arn:aws:iam::1:user/a is not authorized to perform: cloudtrail:CreateTrail on resource: x \
                       because no identity-based policy allows the cloudtrail:CreateTrail action";
        let said = CloudError { message: message.into(), ..error(ErrorKind::AccessDenied) }.why();
        assert!(said.ends_with(
            "permission denied, because no identity-based policy allows the cloudtrail:CreateTrail action."
        ));
    }

    #[test]
    fn an_expired_session_names_the_command_with_the_profile() {
        assert!(error(ErrorKind::ExpiredCredentials).to_string().contains("`aws sso login --profile prod`"));
    }

    const KINDS: [ErrorKind; 24] = [
        ErrorKind::AccessDenied,
        ErrorKind::ExpiredCredentials,
        ErrorKind::InvalidCredentials,
        ErrorKind::NoCredentials,
        ErrorKind::RoleDenied,
        ErrorKind::MfaRequired,
        ErrorKind::ProcessFailed,
        ErrorKind::NoProfile,
        ErrorKind::BadProfile,
        ErrorKind::NoRegion,
        ErrorKind::RegionDisabled,
        ErrorKind::WrongClock,
        ErrorKind::Throttled,
        ErrorKind::Unavailable,
        ErrorKind::WebPage,
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
        ErrorKind::Quota,
        ErrorKind::Invalid,
        ErrorKind::EventualConsistency,
        ErrorKind::Offline,
        ErrorKind::Timeout,
        ErrorKind::Unsupported,
        ErrorKind::Other,
    ];

    fn sources() -> Vec<CredentialSource> {
        let kinds = [KeyKind::LongTerm, KeyKind::Temporary, KeyKind::WithoutToken];
        let mut all = vec![
            CredentialSource::Unknown,
            CredentialSource::Sso,
            CredentialSource::Login,
            CredentialSource::Process("awscreds".into()),
            CredentialSource::WebIdentity("/token".into()),
            CredentialSource::Container,
            CredentialSource::Instance,
        ];
        all.extend(kinds.map(CredentialSource::Environment));
        all.extend(kinds.map(CredentialSource::Keys));
        all
    }

    #[test]
    fn every_reason_and_every_advice_is_a_sentence_for_every_kind_of_profile() {
        for kind in KINDS {
            for source in sources() {
                for message in ["no", "no.", "did you mean `x`?", "is that so (really)"] {
                    let sso = source == CredentialSource::Sso;
                    let sign_in = SignIn { source: source.clone(), ..SignIn::sso(Some("prod"), "eu-west-1") };
                    let error = CloudError { message: message.into(), sign_in: Some(Arc::new(sign_in)), ..error(kind) };
                    let said = error.to_string();
                    for wrong in ["?.", "..", "!.", " .", "()", "``", "  ", "Some(", "Error {"] {
                        assert!(!said.contains(wrong), "{wrong:?} in {said}");
                    }
                    assert!(error.why().ends_with(['.', '?']), "{said}");
                    assert!(error.fix().ends_with(['.', '}']), "{said}");
                    let missing = [
                        ErrorKind::ExpiredCredentials,
                        ErrorKind::InvalidCredentials,
                        ErrorKind::NoCredentials,
                        ErrorKind::ProcessFailed,
                    ];
                    let expected = sso && missing.contains(&kind);
                    assert_eq!(said.contains("aws sso login"), expected, "{said}");
                }
            }
        }
    }

    #[test]
    fn somebody_elses_bucket_proposes_another_name() {
        let taken = CloudError { operation: "CreateBucket", resource: "b".into(), ..error(ErrorKind::AlreadyExists) };
        assert!(taken.fix().contains("`b-logs`"));
    }
}
