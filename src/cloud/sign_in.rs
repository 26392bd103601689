//! Where a session's credentials come from, and what to do if they don't work: that differs from one kind of profile to
//! the next.

use crate::domain::Region;
use crate::domain::change::quote;

/// Whose credentials a session uses, and in which Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The profile; `None` if the keys come from the environment, and in the demo.
    pub profile: Option<String>,
    /// The variable that names the profile; `None` if the user chose it, or if it is the default one.
    pub profile_from: Option<&'static str>,
    pub region: Option<Region>,
    /// Where the Region came from, as in "from AWS_REGION"; empty if the user chose it.
    pub region_from: String,
    pub source: CredentialSource,
    /// The profile that sets `source`, if that is another one: the last in the chain of `source_profile`s.
    pub source_profile: Option<String>,
    /// The roles to assume with these credentials, the profile's own role first.
    pub roles: Vec<AssumedRole>,
    /// What is wrong with the profile's settings, as part of a sentence.
    pub fault: Option<String>,
    /// A variable that would provide credentials together with another one, which isn't set.
    pub incomplete: Option<[&'static str; 2]>,
}

/// A role that a profile assumes, with the settings of that profile for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AssumedRole {
    pub arn: String,
    /// The MFA device whose code it takes: an ARN, or the serial number of a hardware device.
    pub mfa_serial: Option<String>,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
    /// How long a session lasts, in seconds; `None` leaves it to AWS (an hour).
    pub duration_seconds: Option<i32>,
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

    /// Whether nothing is configured, so that only the instance could provide credentials.
    pub(super) fn is_last_resort(&self) -> bool {
        matches!(self.source, CredentialSource::Instance | CredentialSource::Unknown) && self.roles.is_empty()
    }

    /// Whether it uses temporary keys that somebody copied from elsewhere.
    pub(super) fn has_temporary_keys(&self) -> bool {
        matches!(
            self.source,
            CredentialSource::Environment(KeyKind::Temporary) | CredentialSource::Keys(KeyKind::Temporary)
        )
    }

    /// Whether the credentials come from files, or from a program that reads some, so that a sign-in elsewhere changes them.
    pub(super) fn comes_from_files(&self) -> bool {
        match self.source {
            CredentialSource::Keys(_)
            | CredentialSource::Sso
            | CredentialSource::Login
            | CredentialSource::Process(_)
            | CredentialSource::WebIdentity(_)
            | CredentialSource::Unknown => true,
            CredentialSource::Instance => self.is_last_resort(),
            CredentialSource::Environment(_) | CredentialSource::Container => false,
        }
    }

    /// What was tried: "profile `prod` from AWS_PROFILE, Region eu-west-1 from AWS_REGION".
    pub(super) fn tried(&self) -> Option<String> {
        let from = self.profile_from.map(|variable| format!(" from {variable}")).unwrap_or_default();
        let who = match (&self.profile, &self.source) {
            (Some(profile), _) => Some(format!("profile `{profile}`{from}")),
            (None, CredentialSource::Environment(_)) => Some("keys from AWS_ACCESS_KEY_ID".to_owned()),
            (None, _) => None,
        };
        let region_from = if self.region_from.is_empty() { String::new() } else { format!(" {}", self.region_from) };
        let region = self.region.as_ref().map(|region| format!("Region {region}{region_from}"));
        let parts: Vec<String> = who.into_iter().chain(region).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The role whose assumption failed, if that is known: AWS's message names it, or there is only one.
    pub(super) fn role(&self, message: &str) -> Option<&AssumedRole> {
        let named = self.roles.iter().find(|role| message.contains(&role.arn));
        named.or(match self.roles.as_slice() {
            [only] => Some(only),
            roles => {
                roles.iter().find(|role| role.mfa_serial.is_some() && message.contains("MultiFactorAuthentication"))
            }
        })
    }

    /// The profile that sets the source.
    pub(super) fn owner(&self) -> &str {
        self.source_profile.as_deref().or(self.profile.as_deref()).unwrap_or("default")
    }

    /// A command of the AWS CLI, with the profile to use.
    pub(super) fn command(&self, command: &str) -> String {
        match self.source_profile.as_ref().or(self.profile.as_ref()).filter(|profile| *profile != "default") {
            Some(profile) => format!("`{command} --profile {}`", quote(profile)),
            None => format!("`{command}`"),
        }
    }
}
