//! An error for the person: which call, on what, why, and what to do now.

use std::fmt;

use crate::domain::observed::ReadError;

/// What kind of refusal it was; what to do follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    AccessDenied,
    ExpiredCredentials,
    NoCredentials,
    NoRegion,
    Throttled,
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
    /// The profile in use, for the command that mends a sign-in.
    pub profile: Option<String>,
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
            profile: None,
        }
    }

    /// Which call, on what, and why not: one sentence.
    #[must_use]
    pub fn why(&self) -> String {
        let message = self.message.trim().trim_end_matches('.');
        let reason = match self.kind {
            // AWS's sentence names caller, action and resource, which stand here already; what follows is news.
            ErrorKind::AccessDenied => match message.split_once(" because ") {
                Some((_, because)) => format!("permission denied, because {because}"),
                None => format!("permission denied for {}", self.missing().0),
            },
            ErrorKind::ExpiredCredentials => "the sign-in has expired".to_owned(),
            ErrorKind::NoCredentials => format!("there are no credentials ({message})"),
            ErrorKind::Throttled => "AWS asked to slow down".to_owned(),
            ErrorKind::Offline => format!("no connection ({message})"),
            ErrorKind::Timeout => "no answer in time".to_owned(),
            ErrorKind::Unsupported => "this endpoint does not know the call".to_owned(),
            ErrorKind::EventualConsistency => format!("not ready yet ({message})"),
            _ => message.to_owned(),
        };
        if self.operation.is_empty() {
            return format!("{reason}.");
        }
        let on = if self.resource.is_empty() { String::new() } else { format!(" on `{}`", self.resource) };
        format!("{} ({}){on}: {reason}.", self.operation, self.service)
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
            _ => format!("unknown: {}", self.message.trim().trim_end_matches('.')),
        }
    }

    /// What to do now: one sentence or two.
    #[must_use]
    pub fn fix(&self) -> String {
        let login = match &self.profile {
            Some(profile) => format!("`aws sso login --profile {profile}` (or `aws login --profile {profile}`)"),
            None => "`aws sso login` (or `aws login`)".to_owned(),
        };
        match self.kind {
            ErrorKind::AccessDenied => {
                format!("Ask for {}, or another sign-in that has it: {}", self.missing().0, self.statement())
            }
            ErrorKind::ExpiredCredentials => format!("Sign in again with {login}, then try again."),
            ErrorKind::NoCredentials => format!(
                "Sign in with {login}, choose another profile (--profile), or look around first with `rootbell --demo`."
            ),
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

    fn error(kind: ErrorKind) -> CloudError {
        CloudError {
            kind,
            service: "cloudtrail",
            operation: "CreateTrail",
            iam_action: "cloudtrail:CreateTrail",
            resource: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/rootbell".into(),
            message: "not authorized".into(),
            request_id: Some("abc".into()),
            profile: Some("prod".into()),
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

    #[test]
    fn somebody_elses_bucket_proposes_another_name() {
        let taken = CloudError { operation: "CreateBucket", resource: "b".into(), ..error(ErrorKind::AlreadyExists) };
        assert!(taken.fix().contains("`b-logs`"));
    }
}
