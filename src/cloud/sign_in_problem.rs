//! What is said of each failure of each kind of credentials: what failed, and what to do now.

use super::sign_in::{CredentialSource, KeyKind, SignIn};
use crate::domain::change::quote;
use crate::domain::problem::{Fix, Input, Problem};

/// A failure about which something else is said for each kind of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignInFailure {
    /// There are none where they should come from.
    Missing,
    Expired,
    /// AWS doesn't accept them.
    Rejected,
    /// IAM Identity Center doesn't accept its own token any more.
    SignedOut,
    /// Where they should come from doesn't answer in time.
    TimedOut,
    /// They may not assume the role.
    RoleDenied,
    /// The role's session would be longer than AWS allows.
    SessionTooLong,
    /// The role needs an MFA code, and the profile names no device.
    NoDevice,
    /// The role needs an MFA code.
    CodeNeeded,
    /// AWS doesn't accept the MFA code.
    CodeRejected,
}

impl SignIn {
    /// What failed, as a sentence without its full stop, and what to do now. `detail` is AWS's message, or the reason.
    pub(super) fn problem(&self, failure: SignInFailure, detail: &str) -> Problem {
        let (why, fix) = match failure {
            SignInFailure::Missing => (self.missing(detail), self.provide()),
            SignInFailure::Expired => (self.expired(), Fix::Advice(self.renew())),
            SignInFailure::Rejected => (format!("{} ({detail})", self.rejected()), Fix::Advice(self.replace())),
            SignInFailure::SignedOut => (
                format!("IAM Identity Center does not accept the sign-in any more ({detail})"),
                Fix::Advice(self.renew()),
            ),
            SignInFailure::TimedOut => (self.timed_out(detail), self.wait_for()),
            SignInFailure::RoleDenied => (self.cannot_assume(detail, detail), Fix::Advice(self.allow_role())),
            SignInFailure::SessionTooLong => {
                let advice = "Lower duration_seconds of the profile, or remove it, then try again.";
                (self.cannot_assume(detail, detail), Fix::advice(advice))
            }
            SignInFailure::NoDevice => (
                self.cannot_assume(detail, "it needs an MFA code, and the profile names no MFA device"),
                Fix::Advice(format!(
                    "Add mfa_serial with the ARN of your MFA device to profile `{}`, then try again: you will be asked for \
                     the code.",
                    self.profile_name()
                )),
            ),
            SignInFailure::CodeNeeded => {
                (self.cannot_assume(detail, "it needs an MFA code"), Fix::EnterCode(self.export_command()))
            }
            SignInFailure::CodeRejected => (
                self.cannot_assume(detail, &format!("AWS does not accept the MFA code ({detail})")),
                Fix::advice(
                    "Each code works only once: wait for the next one. If that one doesn't work either, check mfa_serial of the \
                     profile, and the clock of the device.",
                ),
            ),
        };
        Problem { why, fix }
    }

    fn cannot_assume(&self, message: &str, reason: &str) -> String {
        let role = self.role(message).map(|role| format!("`{}` ", role.arn)).unwrap_or_default();
        format!("the role {role}cannot be assumed: {reason}")
    }

    /// `time` is as in "in 11 s".
    fn timed_out(&self, time: &str) -> String {
        match &self.source {
            // Nothing provides these: it is the roles that take time.
            CredentialSource::Keys(_) | CredentialSource::Environment(_) => {
                format!("the credentials of profile `{}` were not provided {time}", self.profile_name())
            }
            _ => format!("{} did not answer {time}", self.where_from()),
        }
    }

    /// What provides the credentials, as the subject of a sentence.
    fn where_from(&self) -> String {
        let owner = self.owner();
        match &self.source {
            CredentialSource::Keys(_) => format!("the keys of profile `{owner}`"),
            CredentialSource::Environment(_) => "the keys in the environment".to_owned(),
            CredentialSource::Sso => format!("the sign-in of profile `{owner}` with IAM Identity Center"),
            CredentialSource::Login => format!("the sign-in of profile `{owner}` with `aws login`"),
            CredentialSource::Process(program) => format!("the credential_process of profile `{owner}` (`{program}`)"),
            CredentialSource::WebIdentity(file) => format!("the web identity token in `{file}`"),
            CredentialSource::Container => "the endpoint for the container's credentials".to_owned(),
            CredentialSource::Instance => "the EC2 instance metadata service".to_owned(),
            CredentialSource::Unknown => "the source of the credentials".to_owned(),
        }
    }

    fn missing(&self, detail: &str) -> String {
        let owner = self.owner();
        if let Some([set, missing]) = self.incomplete {
            return format!("there are no credentials ({set} is set, but {missing} is not)");
        }
        match &self.source {
            CredentialSource::Sso => {
                format!("profile `{owner}` is not signed in to IAM Identity Center ({detail})")
            }
            CredentialSource::Login => format!("profile `{owner}` is not signed in with `aws login` ({detail})"),
            CredentialSource::Process(_) => format!("{} {detail}", self.where_from()),
            CredentialSource::WebIdentity(file) => format!("the web identity token `{file}` cannot be used ({detail})"),
            CredentialSource::Environment(_) => {
                format!("profile `{owner}` takes its keys from the environment, where there are none ({detail})")
            }
            CredentialSource::Container => format!("the container has no credentials ({detail})"),
            CredentialSource::Instance if !self.roles.is_empty() => {
                format!("the EC2 instance has no credentials ({detail})")
            }
            CredentialSource::Keys(_) | CredentialSource::Instance | CredentialSource::Unknown => {
                format!("there are no credentials ({detail})")
            }
        }
    }

    /// What has expired, as a sentence without a full stop.
    fn expired(&self) -> String {
        match &self.source {
            CredentialSource::Keys(KeyKind::Temporary) => {
                format!("the session token of profile `{}` has expired", self.owner())
            }
            CredentialSource::Keys(_) => format!("the access key of profile `{}` has expired", self.owner()),
            CredentialSource::Environment(KeyKind::Temporary) => {
                "the session token in AWS_SESSION_TOKEN has expired".to_owned()
            }
            CredentialSource::Environment(_) => "the access key in AWS_ACCESS_KEY_ID has expired".to_owned(),
            CredentialSource::Process(program) => {
                format!("the credentials that `{program}` (credential_process) returned have expired")
            }
            CredentialSource::WebIdentity(file) => format!("the web identity token in `{file}` has expired"),
            CredentialSource::Container => "the container's credentials have expired".to_owned(),
            CredentialSource::Instance => "the EC2 instance's credentials have expired".to_owned(),
            CredentialSource::Sso | CredentialSource::Login | CredentialSource::Unknown => {
                "the sign-in has expired".to_owned()
            }
        }
    }

    /// What AWS doesn't accept, as a sentence without a full stop.
    fn rejected(&self) -> String {
        let what = match &self.source {
            CredentialSource::Keys(_) => format!("the access key of profile `{}`", self.owner()),
            CredentialSource::Environment(_) => "the access key in AWS_ACCESS_KEY_ID".to_owned(),
            CredentialSource::Process(program) => {
                format!("the credentials that `{program}` (credential_process) returned")
            }
            CredentialSource::Container => "the container's credentials".to_owned(),
            CredentialSource::Instance => "the EC2 instance's credentials".to_owned(),
            CredentialSource::Sso
            | CredentialSource::Login
            | CredentialSource::WebIdentity(_)
            | CredentialSource::Unknown => "the credentials".to_owned(),
        };
        format!("AWS does not accept {what}")
    }

    /// What to do if the credentials have expired.
    fn renew(&self) -> String {
        match &self.source {
            CredentialSource::Sso => format!("Sign in again with {}, then try again.", self.command("aws sso login")),
            CredentialSource::Login => format!("Sign in again with {}, then try again.", self.command("aws login")),
            CredentialSource::Keys(_) => format!(
                "Get new temporary keys and replace aws_access_key_id, aws_secret_access_key, and aws_session_token of \
                 profile `{}` together, then try again.",
                self.owner()
            ),
            CredentialSource::Environment(_) => {
                "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN together to new temporary keys, then \
                 start rootbell again."
                    .to_owned()
            }
            CredentialSource::Process(_) => format!(
                "Run the credential_process of profile `{}` by hand to see what it needs to return new ones, then try \
                 again.",
                self.owner()
            ),
            CredentialSource::WebIdentity(_) => {
                "Whatever writes that file (Kubernetes or the CI system) must write a new token; then try again.".to_owned()
            }
            CredentialSource::Container | CredentialSource::Instance => {
                "They are renewed automatically: try again in a few minutes.".to_owned()
            }
            CredentialSource::Unknown => "Sign in again the way you signed in before, then try again.".to_owned(),
        }
    }

    /// What to do if AWS doesn't accept the credentials.
    fn replace(&self) -> String {
        let (kind, [id, secret, token], of_profile) = match &self.source {
            CredentialSource::Keys(kind) => (
                kind,
                ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"],
                format!(" of profile `{}`", self.owner()),
            ),
            CredentialSource::Environment(kind) => {
                (kind, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"], String::new())
            }
            _ => return self.renew(),
        };
        match kind {
            KeyKind::LongTerm => format!(
                "Check {id} and {secret}{of_profile}, and in the IAM console whether the key still exists and is active; if \
                 not, create a new access key, then try again."
            ),
            KeyKind::Temporary => format!(
                "Check that {id}, {secret}, and {token}{of_profile} belong together and are still valid; if not, get new \
                 temporary keys, then try again."
            ),
            KeyKind::WithoutToken => format!(
                "The key begins with ASIA, so it is temporary and needs its session token: set {token}{of_profile} too, then \
                 try again."
            ),
        }
    }

    /// What to do if there are no credentials.
    fn provide(&self) -> Fix {
        if let Some([set, missing]) = self.incomplete {
            return Fix::Advice(format!(
                "Set {missing} too, or unset {set} and sign in in another way, then start rootbell again."
            ));
        }
        let advice = match &self.source {
            CredentialSource::Sso => format!("Sign in with {}, then try again.", self.command("aws sso login")),
            CredentialSource::Login => format!("Sign in with {}, then try again.", self.command("aws login")),
            CredentialSource::Process(_) => format!(
                "Run the credential_process of profile `{}` by hand: it must print credentials as JSON. Then try again.",
                self.owner()
            ),
            CredentialSource::WebIdentity(file) => {
                format!("Check that the token file `{file}` exists and can be read, then try again.")
            }
            CredentialSource::Container => {
                "Check the container's role (for ECS the task role, for EKS the pod identity), then try again."
                    .to_owned()
            }
            CredentialSource::Environment(_) if self.profile.is_some() => {
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary keys), or change \
                 credential_source of the profile, then start rootbell again."
                    .to_owned()
            }
            CredentialSource::Instance if !self.roles.is_empty() => {
                "Check that the instance has an instance profile with a role, and that this is the instance, then try again."
                    .to_owned()
            }
            CredentialSource::Environment(_)
            | CredentialSource::Keys(_)
            | CredentialSource::Instance
            | CredentialSource::Unknown => {
                let advice = format!(
                    "Sign in with {}, set up IAM Identity Center with {}, or choose another profile",
                    self.command("aws login"),
                    self.command("aws configure sso")
                );
                return Fix::Each(vec![Fix::choose(advice, Input::Profile), Fix::TryDemo]);
            }
        };
        Fix::Advice(advice)
    }

    /// What to do if the role can't be assumed.
    fn allow_role(&self) -> String {
        if let CredentialSource::WebIdentity(file) = &self.source {
            return format!(
                "Check that the role's trust policy allows the identity in the token file `{file}`, and role_arn (or \
                 AWS_ROLE_ARN), then try again."
            );
        }
        "Both are needed: the role's trust policy must allow that identity, and the identity's own policy must allow \
         sts:AssumeRole on the role. Check role_arn, source_profile, and external_id of the profile too, then try again."
            .to_owned()
    }

    /// What to do if what provides the credentials doesn't answer.
    fn wait_for(&self) -> Fix {
        Fix::Advice(match &self.source {
            CredentialSource::Process(_) => format!(
                "Run the credential_process of profile `{}` by hand: if it asks for something, it cannot be used here.",
                self.owner()
            ),
            CredentialSource::Sso | CredentialSource::Login | CredentialSource::WebIdentity(_) => {
                "Check the network and the proxy (HTTPS_PROXY), then try again.".to_owned()
            }
            CredentialSource::Container
            | CredentialSource::Instance
            | CredentialSource::Environment(_)
            | CredentialSource::Keys(_)
            | CredentialSource::Unknown => {
                "Try again; if it stays so, check where the profile gets its credentials from.".to_owned()
            }
        })
    }

    fn profile_name(&self) -> &str {
        self.profile.as_deref().unwrap_or("default")
    }

    /// The command that lets the AWS CLI ask for the code, and exports the role's credentials.
    ///
    /// Source: AWS CLI User Guide, "Using an IAM role in the AWS CLI", "Using multi-factor authentication"; AWS CLI
    /// Command Reference, `configure export-credentials`.
    fn export_command(&self) -> String {
        format!("eval \"$(aws configure export-credentials --profile {} --format env)\"", quote(self.profile_name()))
    }
}
