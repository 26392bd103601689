//! An error for the user: which call failed, on what, why, and what to do now.

use std::fmt;
use std::sync::Arc;

use super::SignIn;
use super::sign_in_problem::SignInFailure;
use crate::domain::change::quote;
use crate::domain::key_state::KeyState;
use crate::domain::problem::{FailedCall, Fix, Input, Problem};
use crate::domain::settings::SettingId;
use crate::domain::{Query, Region};

mod clock;
mod denial;
mod organization;
mod sign_in;

pub use clock::in_words as clock_error_in_words;
pub use denial::{Denial, DenialCause, PolicyKind};
pub use organization::OrganizationProblem;

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
    /// The profile's role needs an MFA code, which nobody has entered yet.
    MfaRequired,
    /// AWS doesn't accept the MFA code.
    MfaRejected,
    /// The profile's `credential_process` did not return credentials.
    ProcessFailed,
    /// There is no profile with that name.
    NoProfile,
    /// The profile's settings contradict each other, or are incomplete.
    BadProfile,
    NoRegion,
    /// The account has not enabled the Region, or has not signed up for the service.
    RegionDisabled,
    /// This computer's clock is too far from AWS's.
    WrongClock,
    Throttled,
    /// The service isn't available at the moment.
    Unavailable,
    /// The proxy can't be reached, or it doesn't let the request pass.
    Proxy,
    /// The answer is a web page that isn't from AWS, such as a network's sign-in page or a proxy's error.
    WebPage,
    /// The answer is empty or garbled: it isn't from AWS.
    NotAws,
    NotFound,
    AlreadyExists,
    Quota,
    Invalid,
    /// The resource is protected from deletion.
    DeletionProtected,
    /// A KMS key can't be used.
    Key(KeyProblem),
    /// An organization's trail can't be changed.
    Organization(OrganizationProblem),
    /// Something created a moment ago isn't visible everywhere yet: wait and try again.
    EventualConsistency,
    /// No connection: no network, a host name that doesn't resolve, a refused connection, or a TLS failure.
    Offline,
    Timeout,
    /// The endpoint doesn't support this call.
    Unsupported,
    Other,
}

/// Why a KMS key can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    State(KeyState),
    NotFound,
    /// It doesn't exist in the Region, or its policy doesn't allow the service to use it: AWS doesn't say which.
    NotAllowed,
    /// It belongs to another account, so its policy can't be read.
    OfAnotherAccount,
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
        if self.operation.is_empty() || self.is_about_a_role() {
            text = capitalized(&text);
        } else {
            text = FailedCall::new(self.operation, self.service, &self.resource, text).to_string();
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
        if let Some(problem) = self.sign_in_problem() {
            return problem.why;
        }
        let message = without_advice(&self.message);
        let sign_in = self.sign_in.as_deref().cloned().unwrap_or_default();
        match self.kind {
            // AWS's message repeats the caller, the call, and the resource; only the rest is new.
            ErrorKind::AccessDenied => self.denial().reason(),
            ErrorKind::InvalidCredentials => {
                let region = sign_in.region.as_ref().map(ToString::to_string).unwrap_or_default();
                let rejected = sign_in.problem(SignInFailure::Rejected, message).why;
                format!("this account has not enabled the Region {region}, or {rejected}")
            }
            ErrorKind::RoleDenied => {
                format!("IAM Identity Center doesn't provide the profile's role: {message}")
            }
            ErrorKind::BadProfile => {
                let profile = sign_in.profile.as_deref().unwrap_or("default");
                format!("the profile `{profile}` cannot be used: {}", sign_in.fault.as_deref().unwrap_or(message))
            }
            ErrorKind::WrongClock => format!("{} ({message})", clock::reason(message)),
            ErrorKind::RegionDisabled => match self.opt_in_region() {
                Some(region) => format!("this account has not enabled the Region {region} ({message})"),
                None => format!("this account has not signed up for the service ({message})"),
            },
            ErrorKind::Throttled => "throttled by AWS".to_owned(),
            ErrorKind::Unavailable => format!("the service is not available at the moment ({message})"),
            ErrorKind::Offline if message.starts_with("the connection was ") => message.to_owned(),
            ErrorKind::Offline => format!("no connection ({message})"),
            ErrorKind::Timeout if message.starts_with("no ") => message.to_owned(),
            ErrorKind::Timeout => "timed out".to_owned(),
            ErrorKind::Unsupported => "this endpoint doesn't support the call".to_owned(),
            ErrorKind::EventualConsistency => format!("not ready yet ({message})"),
            _ => message.to_owned(),
        }
    }

    /// Whether the call only reads.
    fn is_of_query(&self) -> bool {
        Query::ALL.iter().any(|query| query.operation().name == self.operation)
    }

    /// A few words, where there is no room for a sentence: the missing permission, or the reason.
    #[must_use]
    pub fn brief(&self) -> String {
        match self.kind {
            ErrorKind::AccessDenied => self.denial().brief(),
            ErrorKind::Throttled => "throttled by AWS".to_owned(),
            ErrorKind::Offline => "no connection".to_owned(),
            ErrorKind::Proxy => "no connection through the proxy".to_owned(),
            ErrorKind::Timeout => "timed out".to_owned(),
            ErrorKind::ExpiredCredentials => "the sign-in has expired".to_owned(),
            ErrorKind::InvalidCredentials => "AWS does not accept the credentials".to_owned(),
            ErrorKind::MfaRequired => "the role needs an MFA code".to_owned(),
            ErrorKind::MfaRejected => "AWS does not accept the MFA code".to_owned(),
            ErrorKind::WrongClock => clock::reason(&self.message),
            ErrorKind::Unavailable => "the service is not available".to_owned(),
            _ => format!("unknown: {}", self.message.trim().trim_end_matches('.')),
        }
    }

    /// What to do now.
    #[must_use]
    pub fn fix(&self) -> Fix {
        if let Some(problem) = self.sign_in_problem() {
            return self.fix_of_policy().unwrap_or(problem.fix);
        }
        let sign_in = self.sign_in.as_deref().cloned().unwrap_or_default();
        let advice = match self.kind {
            ErrorKind::AccessDenied => {
                let denial = self.denial();
                let ask = || Fix::AskFor {
                    actions: vec![denial.action.to_string()],
                    resources: vec![self.denied_resource(&denial).to_owned()],
                };
                return denial.fix().unwrap_or_else(ask);
            }
            ErrorKind::InvalidCredentials => {
                let replace = sign_in.problem(SignInFailure::Rejected, "").fix;
                return self.opt_in_region().map_or(replace.clone(), |region| enable_region_or(region, replace, &sign_in));
            }
            ErrorKind::RoleDenied => {
                "Check sso_account_id and sso_role_name of the profile, and ask whoever manages IAM Identity Center for \
                 this account and permission set."
                    .to_owned()
            }
            // What is said about these depends on the kind of credentials, as above.
            ErrorKind::ExpiredCredentials
            | ErrorKind::NoCredentials
            | ErrorKind::ProcessFailed
            | ErrorKind::MfaRequired
            | ErrorKind::MfaRejected => return Fix::Nothing,
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
                if let Some(region) = self.opt_in_region() {
                    return enable_region(region);
                }
                "Finish the account's sign-up (payment method and phone number), and wait until AWS has activated it, which \
                 can take a day; then try again."
                    .to_owned()
            }
            ErrorKind::Unavailable => {
                "Try again in a few minutes; https://health.aws.amazon.com/health/status has AWS's known problems.".to_owned()
            }
            // The SDK hides whether this one is a web page.
            ErrorKind::WebPage => WEB_PAGE.to_owned(),
            ErrorKind::NotAws if self.service == "signin" => WEB_PAGE.to_owned(),
            ErrorKind::NotAws => NOT_AWS.to_owned(),
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
            ErrorKind::Proxy => self.fix_of_proxy().to_owned(),
            ErrorKind::Offline if self.message.contains("certificate") => {
                "A proxy is intercepting TLS, or the clock is wrong: set AWS_CA_BUNDLE to the file with your proxy's \
                 certificate, then try again."
                    .to_owned()
            }
            ErrorKind::Offline => NO_CONNECTION.to_owned(),
            // Nothing has been changed before the sign-in, nor by a query.
            ErrorKind::Timeout if self.is_about_the_sign_in() || self.is_of_query() => NO_CONNECTION.to_owned(),
            ErrorKind::Timeout => {
                "Check the network and the endpoint, then try again: finished changes are kept.".to_owned()
            }
            ErrorKind::EventualConsistency => "Try again in a minute.".to_owned(),
            ErrorKind::NotFound => "Try again: the account will be read again.".to_owned(),
            // A setting or a file of this computer.
            ErrorKind::Invalid if self.operation.is_empty() => "Correct that, then try again.".to_owned(),
            ErrorKind::Invalid => "Correct the value, then try again.".to_owned(),
            ErrorKind::DeletionProtected => format!(
                "Turn off its deletion protection with `aws logs put-log-group-deletion-protection --log-group-identifier {} \
                 --no-deletion-protection-enabled`, then try again.",
                quote(&self.resource)
            ),
            ErrorKind::Key(problem) => return self.fix_of_key(problem),
            ErrorKind::Organization(problem) => return problem.fix(),
            ErrorKind::Unsupported => "Continue without it.".to_owned(),
            ErrorKind::Other if self.operation == "DeleteRole" => {
                "Detach the other policies from the role, then try again.".to_owned()
            }
            ErrorKind::Other if self.operation == "DeleteBucket" => {
                "A new log file arrived, or one could not be deleted: try again.".to_owned()
            }
            ErrorKind::Other => return Fix::TryAgain { requests: self.request_id.iter().cloned().collect() },
        };
        Fix::Advice(advice)
    }

    /// What to do if AWS says whose policy denies the role.
    fn fix_of_policy(&self) -> Option<Fix> {
        let denial = self.denial();
        let is_explained = !matches!(denial.cause, DenialCause::Unstated | DenialCause::Other(_));
        denial.fix().filter(|_| is_explained && self.kind == ErrorKind::RoleDenied)
    }

    /// What AWS says about a denied call.
    #[must_use]
    pub fn denial(&self) -> Denial<'_> {
        Denial::parse(&self.message, self.iam_action)
    }

    /// Whether a policy of the organization denies the call, which nobody in the account can change.
    #[must_use]
    pub fn is_denied_by_organization(&self) -> bool {
        self.kind == ErrorKind::AccessDenied && self.denial().cause.is_of_organization()
    }

    /// The resource on which to allow the denied action.
    fn denied_resource<'a>(&'a self, denial: &Denial<'a>) -> &'a str {
        let own =
            Some(self.resource.as_str()).filter(|own| own.starts_with("arn:") && denial.action == self.iam_action);
        denial.resource.or(own).unwrap_or("*")
    }

    /// What to do about the proxy.
    fn fix_of_proxy(&self) -> &'static str {
        if self.message.contains("HTTP 407") {
            "Put them into the proxy's URL (HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT), then try again."
        } else if self.message.contains("cannot be reached") {
            "Check that HTTPS_PROXY names the proxy, and that it runs; hosts that need no proxy belong in NO_PROXY. Then try \
             again."
        } else {
            "Ask whoever runs the proxy to let you connect to AWS, or list the host in NO_PROXY if it needs no proxy; then try \
             again."
        }
    }

    /// What to do about a key, which the message may name.
    fn fix_of_key(&self, problem: KeyProblem) -> Fix {
        let named = self.message.split_whitespace().find(|word| word.starts_with("arn:") && word.contains(":kms:"));
        let key = named.map_or("KEY", |word| word.trim_end_matches(['.', ',', ':']));
        let other = |advice: &str| Fix::choose(advice, Input::Setting(SettingId::KmsKey));
        match problem {
            KeyProblem::State(state) => state.fix(key),
            KeyProblem::NotFound => other("Use an existing key of this Region"),
            KeyProblem::NotAllowed => other(
                "Check that the key exists in this Region and is enabled, and that its policy lets the service use it, or \
                 use another",
            ),
            KeyProblem::OfAnotherAccount => denial::key_of_another_account(None),
        }
    }

    /// The Region of the session, if an account has to enable it first.
    fn opt_in_region(&self) -> Option<&Region> {
        self.sign_in.as_ref().and_then(|sign_in| sign_in.region.as_ref()).filter(|region| region.is_opt_in())
    }
}

const NO_CONNECTION: &str =
    "Check the network, the proxy (HTTPS_PROXY), and the endpoint (AWS_ENDPOINT_URL), then try again.";

/// What to do about a web page instead of an answer.
const WEB_PAGE: &str = "On a network with a sign-in page (hotel, airport), open any page in a browser and sign \
     in to the network; otherwise check the proxy (HTTPS_PROXY) and the endpoint (AWS_ENDPOINT_URL). Then try \
     again.";

/// What to do about an answer that isn't from AWS.
const NOT_AWS: &str = "Check the endpoint (AWS_ENDPOINT_URL) and the proxy (HTTPS_PROXY), then try again.";

/// Session tokens of the global STS endpoint are valid only in Regions that are enabled by default.
///
/// Source: AWS SDKs and Tools Reference Guide, "AWS STS Regional endpoints"; IAM User Guide, "Manage AWS STS in an AWS
/// Region", session tokens.
const GLOBAL_TOKEN: &str =
    "A session token from the global STS endpoint does not work in this Region: get it from a Regional one.";

fn enable_region(region: &Region) -> Fix {
    let advice = format!(
        "Enable {region} in this account (in the console, on the page Account, under AWS Regions), which takes some \
         minutes, or choose another Region"
    );
    Fix::choose(advice, Input::Region)
}

/// The message without its full stop, and without advice to try again, which the fix gives.
fn without_advice(message: &str) -> &str {
    let text = message.trim().trim_end_matches('.');
    let advice = [". Please try again later", ". Please try again", ". Please retry"];
    advice.iter().find_map(|advice| text.strip_suffix(advice)).unwrap_or(text)
}

/// Adds a full stop, unless the text ends in a punctuation mark.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

/// What to do if either the Region or the credentials are the problem.
fn enable_region_or(region: &Region, replace: Fix, sign_in: &SignIn) -> Fix {
    let mut fixes = vec![enable_region(region)];
    fixes.push(match replace {
        Fix::Advice(text) => Fix::Advice(format!("If it is enabled: {}", lower_first(&text))),
        other => other,
    });
    if sign_in.has_temporary_keys() {
        fixes.push(Fix::advice(GLOBAL_TOKEN));
    }
    Fix::Each(fixes)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
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
mod tests;
