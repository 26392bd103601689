//! What is known about a profile of the shared AWS configuration without asking AWS.

use jiff::Timestamp;

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub kind: ProfileKind,
    /// The account's number, as far as the configuration tells: from `sso_account_id`, the role's ARN, the
    /// `login_session`, or `aws_account_id`.
    pub account: Option<String>,
    /// The role that is assumed, or the permission set of IAM Identity Center.
    pub role: Option<String>,
    /// The profile's own Region, or that of its source profile.
    pub region: Option<String>,
    /// The session of IAM Identity Center that the credentials come from, also those for assuming a role.
    pub sso: Option<SsoSession>,
    /// What is wrong with the settings, as part of a sentence.
    pub fault: Option<String>,
}

impl Profile {
    /// Whether the text occurs in the name, the kind, the account, the role, the Region, or the name and the state of the
    /// session, whatever its case.
    #[must_use]
    pub fn matches(&self, text: &str, now: Timestamp) -> bool {
        let session = self.sso.as_ref().and_then(|sso| sso.name.as_deref());
        let state = self.sso.as_ref().map(|sso| sso.state(now).as_str());
        let optional = [self.account.as_deref(), self.role.as_deref(), self.region.as_deref(), session, state];
        let columns = [self.name.as_str(), self.kind.as_str()].into_iter().chain(optional.into_iter().flatten());
        let text = text.to_lowercase();
        columns.into_iter().any(|column| column.to_lowercase().contains(&text))
    }

    /// A profile about which only its name is known.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: ProfileKind::Unknown,
            account: None,
            role: None,
            region: None,
            sso: None,
            fault: None,
        }
    }
}

/// Where a profile's credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// A long-term access key.
    Keys,
    /// Keys with a session token.
    TemporaryKeys,
    /// IAM Identity Center.
    Sso,
    /// `aws login`.
    Login,
    /// It assumes a role with the credentials of another source.
    Role {
        /// Whether an MFA code is needed.
        mfa: bool,
    },
    /// The program of a `credential_process`.
    Process,
    WebIdentity,
    Container,
    Instance,
    /// The profile doesn't say.
    Unknown,
}

impl ProfileKind {
    /// One or two words for a list.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::TemporaryKeys => "temporary keys",
            Self::Sso => "SSO",
            Self::Login => "login",
            Self::Role { mfa: false } => "role",
            Self::Role { mfa: true } => "role with MFA",
            Self::Process => "process",
            Self::WebIdentity => "web identity",
            Self::Container => "container",
            Self::Instance => "instance",
            Self::Unknown => "unknown",
        }
    }
}

/// A session of IAM Identity Center, as the files tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsoSession {
    /// The name of the `[sso-session]`; `None` if the profile has its own `sso_start_url`.
    pub name: Option<String>,
    /// The cached token; `None` if there is none.
    pub token: Option<SsoToken>,
}

/// What a cached token says about itself. The token itself is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SsoToken {
    pub expires: Timestamp,
    /// Until when it can be renewed without the user; `None` if it can't be. AWS may end the session before that.
    pub renewable_until: Option<Timestamp>,
}

/// The state of a session of IAM Identity Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SsoState {
    SignedOut,
    SignedInUntil(Timestamp),
    /// The token has expired, and will be renewed when it is used, unless AWS has ended the session.
    Renewable,
    ExpiredAt(Timestamp),
}

impl SsoState {
    /// A few words for a list.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "not signed in",
            Self::SignedInUntil(_) | Self::Renewable => "signed in",
            Self::ExpiredAt(_) => "expired",
        }
    }
}

impl SsoSession {
    #[must_use]
    pub fn state(&self, now: Timestamp) -> SsoState {
        match self.token {
            None => SsoState::SignedOut,
            Some(token) if token.expires > now => SsoState::SignedInUntil(token.expires),
            Some(token) if token.renewable_until.is_some_and(|until| until > now) => SsoState::Renewable,
            Some(token) => SsoState::ExpiredAt(token.expires),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_session_follows_from_its_token_and_the_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (now, before, after) = (at("2026-11-30T12:00:00Z"), at("2026-11-30T11:00:00Z"), at("2026-11-30T13:00:00Z"));
        let state = |token: Option<(Timestamp, Option<Timestamp>)>| {
            let token = token.map(|(expires, renewable_until)| SsoToken { expires, renewable_until });
            SsoSession { name: None, token }.state(now)
        };
        assert_eq!(state(None), SsoState::SignedOut);
        assert_eq!(state(Some((after, None))), SsoState::SignedInUntil(after));
        assert_eq!(state(Some((before, None))), SsoState::ExpiredAt(before));
        assert_eq!(state(Some((before, Some(after)))), SsoState::Renewable);
        assert_eq!(state(Some((before, Some(before)))), SsoState::ExpiredAt(before));
    }
}
