//! Where a session's credentials come from, and what to do if they don't work: that differs from one kind of profile to
//! the next.

use crate::domain::Region;
use crate::domain::change::quote;
use crate::domain::problem::{Fix, Input};

/// Whose credentials a session uses, and in which Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The profile; `None` if the keys come from the environment, and in the demo.
    pub profile: Option<String>,
    pub region: Option<Region>,
    pub source: CredentialSource,
    /// The profile that sets `source`, if that is another one: the last in the chain of `source_profile`s.
    pub source_profile: Option<String>,
    /// The roles to assume with these credentials, the profile's own role first.
    pub roles: Vec<AssumedRole>,
    /// What is wrong with the profile's settings, as part of a sentence.
    pub fault: Option<String>,
}

/// A role that a profile assumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumedRole {
    pub arn: String,
    /// Whether the profile names an MFA device for it.
    pub mfa: bool,
}

/// What provides the credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CredentialSource {
    /// Not known.
    #[default]
    Unknown,
    /// AWS_ACCESS_KEY_ID and the related variables.
    Environment(KeyKind),
    /// Keys in a file.
    Keys(KeyKind),
    /// IAM Identity Center.
    Sso,
    /// `aws login`.
    Login,
    /// The program of a `credential_process`, without its arguments, which may be secret.
    Process(String),
    /// A web identity token in this file.
    WebIdentity(String),
    Container,
    Instance,
}

/// What kind of keys they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    LongTerm,
    /// With a session token.
    Temporary,
    /// Temporary according to the key ID, but without a session token.
    ///
    /// Source: IAM User Guide, "IAM identifiers", unique identifiers: `ASIA`.
    WithoutToken,
}

impl SignIn {
    /// A sign-in through IAM Identity Center, with a profile if one is named.
    pub fn sso(profile: Option<&str>, region: &Region) -> Self {
        Self {
            profile: profile.map(str::to_owned),
            region: Some(region.clone()),
            source: CredentialSource::Sso,
            ..Self::default()
        }
    }

    /// Whether it uses temporary keys that somebody copied from elsewhere.
    pub(super) fn has_temporary_keys(&self) -> bool {
        matches!(
            self.source,
            CredentialSource::Environment(KeyKind::Temporary) | CredentialSource::Keys(KeyKind::Temporary)
        )
    }

    /// What was tried: "profile `prod`, Region eu-west-1".
    pub(super) fn tried(&self) -> Option<String> {
        let who = match (&self.profile, &self.source) {
            (Some(profile), _) => Some(format!("profile `{profile}`")),
            (None, CredentialSource::Environment(_)) => Some("keys from AWS_ACCESS_KEY_ID".to_owned()),
            (None, _) => None,
        };
        let region = self.region.as_ref().map(|region| format!("Region {region}"));
        let parts: Vec<String> = who.into_iter().chain(region).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The role whose assumption failed, if that is known: AWS's message names it, or there is only one.
    pub(super) fn role(&self, message: &str) -> Option<&AssumedRole> {
        let named = self.roles.iter().find(|role| message.contains(&role.arn));
        named.or(match self.roles.as_slice() {
            [only] => Some(only),
            roles => roles.iter().find(|role| role.mfa && message.contains("MultiFactorAuthentication")),
        })
    }

    /// The profile that sets the source.
    fn owner(&self) -> &str {
        self.source_profile.as_deref().or(self.profile.as_deref()).unwrap_or("default")
    }

    /// A command of the AWS CLI, with the profile to use.
    fn command(&self, command: &str) -> String {
        match self.source_profile.as_ref().or(self.profile.as_ref()).filter(|profile| *profile != "default") {
            Some(profile) => format!("`{command} --profile {}`", quote(profile)),
            None => format!("`{command}`"),
        }
    }

    /// The `credential_process`, as the subject of a sentence.
    pub(super) fn program(&self) -> String {
        let subject = format!("the credential_process of profile `{}`", self.owner());
        match &self.source {
            CredentialSource::Process(program) => format!("{subject} (`{program}`)"),
            _ => subject,
        }
    }

    /// What has expired, as a sentence without a full stop.
    pub(super) fn expired(&self) -> String {
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
    pub(super) fn rejected(&self) -> String {
        let what = match &self.source {
            CredentialSource::Keys(_) => format!("the access key of profile `{}`", self.owner()),
            CredentialSource::Environment(_) => "the access key in AWS_ACCESS_KEY_ID".to_owned(),
            CredentialSource::Process(program) => {
                format!("the credentials that `{program}` (credential_process) returned")
            }
            CredentialSource::Container => "the container's credentials".to_owned(),
            CredentialSource::Instance => "the EC2 instance's credentials".to_owned(),
            _ => "the credentials".to_owned(),
        };
        format!("AWS does not accept {what}")
    }

    /// What to do if the credentials have expired.
    pub(super) fn renew(&self) -> String {
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
    pub(super) fn replace(&self) -> String {
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
    pub(super) fn provide(&self) -> Fix {
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

    /// What to do if a role needs an MFA code: let the AWS CLI ask for it and export the role's credentials.
    ///
    /// Source: AWS CLI User Guide, "Using an IAM role in the AWS CLI", "Using multi-factor authentication"; AWS CLI
    /// Command Reference, `configure export-credentials`.
    pub(super) fn ask_for_code(&self) -> String {
        let profile = quote(self.profile.as_deref().unwrap_or("default"));
        format!(
            "The AWS CLI can ask for it: run `eval \"$(aws configure export-credentials --profile {profile} --format \
             env)\"`, enter the code, and then start rootbell in the same shell without choosing a profile."
        )
    }

    /// What to do if the role can't be assumed.
    pub(super) fn allow_role(&self) -> String {
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
}
