//! An error for the user: which call failed, on what, why, and what to do now.

use std::fmt;
use std::sync::Arc;

use super::SignIn;
use crate::domain::problem::{Fix, Input, Problem};
use crate::domain::settings::SettingId;

/// The kind of error, which determines what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    AccessDenied,
    ExpiredCredentials,
    /// AWS doesn't accept the credentials.
    InvalidCredentials,
    NoCredentials,
    /// The profile's role can't be assumed.
    RoleDenied,
    /// The profile's role needs an MFA code.
    MfaRequired,
    /// The profile's `credential_process` did not return credentials.
    ProcessFailed,
    /// There is no profile with that name.
    NoProfile,
    /// The profile's settings contradict each other, or are incomplete.
    BadProfile,
    NoRegion,
    /// The account has not enabled the Region.
    RegionDisabled,
    /// This computer's clock is too far from AWS's.
    WrongClock,
    Throttled,
    /// The service isn't available at the moment.
    Unavailable,
    /// The answer is a web page that isn't from AWS, such as a network's sign-in page or a proxy's error.
    WebPage,
    NotFound,
    AlreadyExists,
    Quota,
    Invalid,
    /// Something created a moment ago isn't visible everywhere yet: wait and try again.
    EventualConsistency,
    /// No connection: no network, a host name that doesn't resolve, a refused connection, or a TLS failure.
    Offline,
    Timeout,
    /// The endpoint doesn't support this call.
    Unsupported,
    Other,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudError {
    pub kind: ErrorKind,
    /// The service as in permissions: `cloudtrail`, `s3`, …
    pub service: &'static str,
    /// As in the API: `CreateTrail`.
    pub operation: &'static str,
    /// The permission that the call needs: `cloudtrail:CreateTrail`.
    pub iam_action: &'static str,
    /// Name or ARN; empty if the call isn't about a single resource.
    pub resource: String,
    /// The message from AWS or the network.
    pub message: String,
    pub request_id: Option<String>,
    /// Whose credentials were used, and in which Region. What to do about a failed sign-in depends on it.
    pub sign_in: Option<Arc<SignIn>>,
}

impl CloudError {
    /// An error that didn't come from a call.
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

    /// Which call failed, on what, and why: one sentence.
    #[must_use]
    pub fn why(&self) -> String {
        let mut text = self.reason();
        // If a role can't be assumed, the message already says everything about the call.
        if self.operation.is_empty() || matches!(self.kind, ErrorKind::RoleDenied | ErrorKind::MfaRequired) {
            text = capitalized(&text);
        } else {
            let on_resource = if self.resource.is_empty() { String::new() } else { format!(" on `{}`", self.resource) };
            text = format!("{} ({}){on_resource}: {text}", self.operation, self.service);
        }
        if let Some(tried) = self.sign_in.as_ref().filter(|_| self.is_about_the_sign_in()).and_then(|s| s.tried()) {
            text = match text.strip_suffix(')') {
                Some(open) => format!("{open}; {tried})"),
                None => format!("{text} ({tried})"),
            };
        }
        sentence(&text)
    }

    /// The reason, without a full stop.
    fn reason(&self) -> String {
        let message = self.message.trim().trim_end_matches('.');
        let sign_in = self.sign_in.as_deref().cloned().unwrap_or_default();
        match self.kind {
            // AWS's message repeats the caller, the action, and the resource; only the rest is new.
            ErrorKind::AccessDenied => match message.split_once(" because ") {
                Some((_, because)) => format!("permission denied, because {because}"),
                None => format!("permission denied for {}", self.missing().0),
            },
            ErrorKind::ExpiredCredentials => sign_in.expired(),
            ErrorKind::InvalidCredentials => format!("{} ({message})", sign_in.rejected()),
            ErrorKind::NoCredentials => format!("there are no credentials ({message})"),
            ErrorKind::ProcessFailed => format!("{} {message}", sign_in.program()),
            ErrorKind::MfaRequired => {
                let role = sign_in.role(message).map(|role| format!("`{}` ", role.arn)).unwrap_or_default();
                format!("the role {role}cannot be assumed: it needs an MFA code, and rootbell cannot ask for one")
            }
            ErrorKind::RoleDenied if self.operation == "GetRoleCredentials" => {
                format!("IAM Identity Center doesn't provide the profile's role: {message}")
            }
            ErrorKind::RoleDenied => {
                let role = sign_in.role(message).map(|role| format!("`{}` ", role.arn)).unwrap_or_default();
                format!("the role {role}cannot be assumed: {message}")
            }
            ErrorKind::BadProfile => {
                let profile = sign_in.profile.as_deref().unwrap_or("default");
                format!("the profile `{profile}` cannot be used: {}", sign_in.fault.as_deref().unwrap_or(message))
            }
            ErrorKind::WrongClock => format!("this computer's clock is wrong ({message})"),
            ErrorKind::RegionDisabled => format!("this account has not enabled the Region ({message})"),
            ErrorKind::Throttled => "throttled by AWS".to_owned(),
            ErrorKind::Unavailable => format!("the service is not available at the moment ({message})"),
            ErrorKind::Offline => format!("no connection ({message})"),
            ErrorKind::Timeout => "timed out".to_owned(),
            ErrorKind::Unsupported => "this endpoint doesn't support the call".to_owned(),
            ErrorKind::EventualConsistency => format!("not ready yet ({message})"),
            _ => message.to_owned(),
        }
    }

    /// Whether the problem is the credentials, or getting them.
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

    /// A few words, where there is no room for a sentence: the missing permission, or the reason.
    #[must_use]
    pub fn brief(&self) -> String {
        match self.kind {
            ErrorKind::AccessDenied => format!("unknown, needs {}", self.iam_action),
            ErrorKind::Throttled => "throttled by AWS".to_owned(),
            ErrorKind::Offline => "no connection".to_owned(),
            ErrorKind::Timeout => "timed out".to_owned(),
            ErrorKind::ExpiredCredentials => "the sign-in has expired".to_owned(),
            ErrorKind::InvalidCredentials => "AWS does not accept the credentials".to_owned(),
            ErrorKind::MfaRequired => "the role needs an MFA code".to_owned(),
            ErrorKind::WrongClock => "this computer's clock is wrong".to_owned(),
            ErrorKind::Unavailable => "the service is not available".to_owned(),
            _ => format!("unknown: {}", self.message.trim().trim_end_matches('.')),
        }
    }

    /// What to do now.
    #[must_use]
    pub fn fix(&self) -> Fix {
        let sign_in = self.sign_in.as_deref().cloned().unwrap_or_default();
        let advice = match self.kind {
            ErrorKind::AccessDenied => {
                return Fix::AskFor { permission: self.missing().0.to_owned(), statement: self.statement() };
            }
            ErrorKind::ExpiredCredentials => sign_in.renew(),
            ErrorKind::InvalidCredentials => match sign_in.region.as_ref().filter(|region| region.is_opt_in()) {
                Some(region) => {
                    let enable = format!(
                        "Or the account has not enabled {region}: enable it on the console's page Account, under AWS \
                         Regions, or choose another Region"
                    );
                    return Fix::Each(vec![Fix::Advice(sign_in.replace()), Fix::choose(enable, Input::Region)]);
                }
                None => sign_in.replace(),
            },
            ErrorKind::NoCredentials | ErrorKind::ProcessFailed => return sign_in.provide(),
            ErrorKind::MfaRequired => sign_in.ask_for_code(),
            ErrorKind::RoleDenied if self.operation == "GetRoleCredentials" => {
                "Check sso_account_id and sso_role_name of the profile, and ask whoever manages IAM Identity Center for \
                 this account and permission set."
                    .to_owned()
            }
            ErrorKind::RoleDenied => sign_in.allow_role(&self.message),
            ErrorKind::NoProfile => {
                let advice = "Create it with `aws configure sso` or `aws login`, or choose one that exists";
                return Fix::choose(advice, Input::Profile);
            }
            ErrorKind::BadProfile => {
                return Fix::choose("Correct the profile's settings, or choose another one", Input::Profile);
            }
            ErrorKind::WrongClock => "Set the clock (on Linux `sudo timedatectl set-ntp true`, on macOS and Windows the \
                 option to set the time automatically), then try again."
                .to_owned(),
            ErrorKind::RegionDisabled => {
                let advice = "Enable it on the console's page Account, under AWS Regions, or choose another Region";
                return Fix::choose(advice, Input::Region);
            }
            ErrorKind::Unavailable => {
                "Try again in a few minutes; https://health.aws.amazon.com/health/status has AWS's known problems.".to_owned()
            }
            ErrorKind::WebPage => "On a network with a sign-in page (hotel, airport), open any page in a browser and sign \
                 in to the network; otherwise check the proxy (HTTPS_PROXY) and the endpoint (AWS_ENDPOINT_URL). Then try \
                 again."
                .to_owned(),
            ErrorKind::NoRegion => return Fix::choose_value("Choose one, such as us-east-1", Input::Region, "us-east-1"),
            ErrorKind::Throttled => "Wait a moment, then try again.".to_owned(),
            ErrorKind::AlreadyExists if self.operation == "CreateBucket" => {
                let advice =
                    format!("The name is taken by another account; choose another, such as `{}-logs`", self.resource);
                return Fix::choose(advice, Input::Setting(SettingId::Bucket));
            }
            ErrorKind::AlreadyExists => "Try again: the existing one will be used.".to_owned(),
            ErrorKind::Quota => match self.operation {
                "CreateTrail" => {
                    let advice = "A Region can have at most 5 trails: delete one, or use an existing one";
                    return Fix::choose(advice, Input::Setting(SettingId::Trail));
                }
                _ => "Delete one you no longer need, or request a higher quota from AWS, then try again.".to_owned(),
            },
            ErrorKind::Offline if self.message.contains("certificate") => {
                "A proxy is intercepting TLS, or the clock is wrong: set AWS_CA_BUNDLE to the file with your proxy's \
                 certificate, then try again."
                    .to_owned()
            }
            ErrorKind::Offline => {
                "Check the network, the proxy (HTTPS_PROXY), and the endpoint (AWS_ENDPOINT_URL), then try again."
                    .to_owned()
            }
            ErrorKind::Timeout => {
                "Check the network and the endpoint, then try again: finished changes are kept.".to_owned()
            }
            ErrorKind::EventualConsistency => "Try again in a minute.".to_owned(),
            ErrorKind::NotFound => "Try again: the account will be read again.".to_owned(),
            ErrorKind::Invalid => "Correct the value, then try again.".to_owned(),
            ErrorKind::Unsupported => "Continue without it.".to_owned(),
            ErrorKind::Other if self.operation == "DeleteRole" => {
                "Detach the other policies from the role, then try again.".to_owned()
            }
            ErrorKind::Other if self.operation == "DeleteBucket" => {
                "A new log file arrived, or one could not be deleted: try again.".to_owned()
            }
            ErrorKind::Other => match &self.request_id {
                Some(id) => format!("Try again; if the error persists, AWS Support can look up request {id}."),
                None => "Try again.".to_owned(),
            },
        };
        Fix::Advice(advice)
    }

    /// The statement to add to the caller's policy.
    fn statement(&self) -> String {
        let (action, resource) = self.missing();
        serde_json::json!({ "Effect": "Allow", "Action": action, "Resource": resource }).to_string()
    }

    /// The missing permission and its resource: from AWS's message if it names them ("… is not authorized to perform:
    /// iam:PassRole on resource: arn:… because …"), otherwise the call's own permission.
    fn missing(&self) -> (&str, &str) {
        let (_, text) = self.message.split_once("not authorized to perform: ").unwrap_or_default();
        if let Some((action, rest)) = text.split_once(" on resource: ") {
            let resource = rest.split_whitespace().next().unwrap_or_default().trim_matches('"').trim_end_matches('.');
            if resource.starts_with("arn:") && !action.contains(char::is_whitespace) {
                return (action, resource);
            }
        }
        (self.iam_action, if self.resource.starts_with("arn:") { &self.resource } else { "*" })
    }
}

/// Adds a full stop, unless the text ends in a punctuation mark.
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
        f.write_str(&self.why())
    }
}

impl std::error::Error for CloudError {}

impl From<CloudError> for Problem {
    fn from(error: CloudError) -> Self {
        Self::new(error.why(), error.fix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{CredentialSource, KeyKind};
    use crate::domain::Region;

    fn error(kind: ErrorKind) -> CloudError {
        CloudError {
            kind,
            service: "cloudtrail",
            operation: "CreateTrail",
            iam_action: "cloudtrail:CreateTrail",
            resource: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell".into(),
            message: "not authorized".into(),
            request_id: Some("abc".into()),
            sign_in: Some(Arc::new(SignIn::sso(Some("prod"), &Region::new("eu-west-1")))),
        }
    }

    fn text(error: &CloudError) -> String {
        format!("{} {}", error.why(), error.fix().content())
    }

    #[test]
    fn a_missing_permission_names_the_action_and_the_statement() {
        let text = text(&error(ErrorKind::AccessDenied));
        assert!(text.contains("CreateTrail (cloudtrail) on `arn:"), "{text}");
        assert!(text.contains(r#""Action":"cloudtrail:CreateTrail""#), "{text}");
    }

    #[test]
    fn the_statement_names_the_permission_that_aws_says_is_missing() {
        let message = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: \
                       arn:aws:iam::1:role/r because no identity-based policy allows the iam:PassRole action";
        let text = CloudError { message: message.into(), ..error(ErrorKind::AccessDenied) }.fix().content();
        assert!(text.contains("Grant iam:PassRole: "), "{text}");
        assert!(text.contains(r#""Resource":"arn:aws:iam::1:role/r""#), "{text}");
        let quoted = "User: x is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::b\"";
        let unqualified = CloudError { message: quoted.into(), resource: "b".into(), ..error(ErrorKind::AccessDenied) }
            .fix()
            .content();
        assert!(unqualified.contains(r#""Resource":"arn:aws:s3:::b""#), "{unqualified}");
        let without_details =
            CloudError { message: "Access Denied".into(), resource: "b".into(), ..error(ErrorKind::AccessDenied) };
        assert!(without_details.fix().content().contains(r#""Action":"cloudtrail:CreateTrail","Resource":"*""#));
    }

    #[test]
    fn the_reason_for_a_denial_is_kept_without_repeating_the_call() {
        let message = "User: arn:aws:iam::1:user/a is not authorized to perform: cloudtrail:CreateTrail on resource: x \
                       because no identity-based policy allows the cloudtrail:CreateTrail action";
        let text = CloudError { message: message.into(), ..error(ErrorKind::AccessDenied) }.why();
        assert!(text.ends_with(
            "permission denied, because no identity-based policy allows the cloudtrail:CreateTrail action."
        ));
    }

    #[test]
    fn an_expired_session_names_the_sign_in_command_with_the_profile() {
        assert!(text(&error(ErrorKind::ExpiredCredentials)).contains("`aws sso login --profile prod`"));
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
    fn every_reason_and_fix_is_a_full_sentence_for_every_kind_of_profile() {
        for kind in KINDS {
            for source in sources() {
                for message in ["no", "no.", "did you mean `x`?", "is that so (really)"] {
                    let sso = source == CredentialSource::Sso;
                    let sign_in =
                        SignIn { source: source.clone(), ..SignIn::sso(Some("prod"), &Region::new("eu-west-1")) };
                    let error = CloudError { message: message.into(), sign_in: Some(Arc::new(sign_in)), ..error(kind) };
                    let text = text(&error);
                    for wrong in ["?.", "..", "!.", " .", "()", "``", "  ", "Some(", "Error {"] {
                        assert!(!text.contains(wrong), "{wrong:?} in {text}");
                    }
                    assert!(error.why().ends_with(['.', '?']), "{text}");
                    assert!(error.fix().content().ends_with(['.', '}']), "{text}");
                    let missing = [
                        ErrorKind::ExpiredCredentials,
                        ErrorKind::InvalidCredentials,
                        ErrorKind::NoCredentials,
                        ErrorKind::ProcessFailed,
                    ];
                    let expected = sso && missing.contains(&kind);
                    assert_eq!(text.contains("aws sso login"), expected, "{text}");
                }
            }
        }
    }

    #[test]
    fn a_bucket_name_taken_by_another_account_suggests_another_name() {
        let taken = CloudError { operation: "CreateBucket", resource: "b".into(), ..error(ErrorKind::AlreadyExists) };
        assert!(taken.fix().content().contains("`b-logs`"));
    }
}
