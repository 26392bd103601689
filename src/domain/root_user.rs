//! The root user itself: which credentials it has, and when they were last used.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::problem::ReadResult;

/// Which credentials the root user has, from `iam:GetAccountSummary`.
///
/// Source: IAM API, GetAccountSummary, `SummaryMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootCredentials {
    /// Whether it has a password; `None`: AWS did not say.
    pub password: Option<bool>,
    /// Whether it has an MFA device of any kind.
    pub mfa: bool,
    /// The number of access keys, or 1 if there are any.
    pub access_keys: u32,
    /// The number of signing certificates, or 1 if there are any.
    pub certificates: u32,
}

impl RootCredentials {
    /// Whether it has no credentials at all, so that nobody can use it with its own; `None` if that isn't known. Member
    /// accounts are like that where the organization manages root access centrally.
    ///
    /// Source: IAM User Guide, "Centrally manage root access for member accounts".
    #[must_use]
    pub fn are_absent(&self) -> Option<bool> {
        if self.mfa || self.access_keys > 0 || self.certificates > 0 {
            return Some(false);
        }
        self.password.map(|has_password| !has_password)
    }
}

/// The kind of the root user's MFA device. The words are part of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootMfa {
    /// MFA is off.
    None,
    /// An authenticator app.
    Virtual,
    /// A passkey, or a hardware key or token.
    Other,
}

/// The root user, as far as it could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct RootUser {
    pub credentials: ReadResult<RootCredentials>,
    /// Whether one of its MFA devices is virtual; `None`: not read, because there is none.
    pub has_virtual_mfa: Option<ReadResult<bool>>,
    /// Whether the organization can remove its members' root credentials; `None`: unknown, as in a member account.
    pub centralized: Option<bool>,
}

impl RootUser {
    /// The kind of its MFA device. If there are several, *virtual* if one of them is.
    ///
    /// Source: IAM API, ListVirtualMFADevices: devices that aren't virtual aren't listed.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn mfa(&self) -> ReadResult<RootMfa> {
        match (&self.credentials, &self.has_virtual_mfa) {
            (Err(unreadable), _) | (Ok(RootCredentials { mfa: true, .. }), Some(Err(unreadable))) => {
                Err(unreadable.clone())
            }
            (Ok(RootCredentials { mfa: false, .. }), _) => Ok(RootMfa::None),
            (Ok(_), Some(Ok(true))) => Ok(RootMfa::Virtual),
            (Ok(_), Some(Ok(false))) => Ok(RootMfa::Other),
            (Ok(_), None) => Err("The root user's MFA devices were not read.".to_owned().into()),
        }
    }

    /// What it has, such as "MFA on (virtual) · no access keys".
    ///
    /// # Errors
    /// Why that could not be read.
    pub fn describe(&self) -> ReadResult<String> {
        let credentials = self.credentials.as_ref().map_err(Clone::clone)?;
        if credentials.are_absent() == Some(true) {
            return Ok("no credentials: nobody can sign in with it".to_owned());
        }
        let mfa = match (credentials.mfa, self.mfa()) {
            (false, _) => "MFA off",
            (true, Ok(RootMfa::Virtual)) => "MFA on (virtual)",
            (true, Ok(RootMfa::Other | RootMfa::None) | Err(_)) => "MFA on",
        };
        let mut parts = vec![mfa];
        if credentials.password == Some(false) {
            parts.push("no password");
        }
        parts.push(if credentials.access_keys > 0 { "has access keys" } else { "no access keys" });
        if credentials.certificates > 0 {
            parts.push("has signing certificates");
        }
        Ok(parts.join(" · "))
    }
}

/// When the root user's credentials were last used, according to the account's credential report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootLastUse {
    /// When the report was generated: later uses aren't in it.
    pub as_of: Timestamp,
    pub password: Option<Timestamp>,
    /// Of either access key.
    pub access_key: Option<Timestamp>,
}

impl RootLastUse {
    /// The last use of any credentials; `None`: they were never used.
    #[must_use]
    pub fn latest(&self) -> Option<Timestamp> {
        self.password.max(self.access_key)
    }

    /// Reads the root user's row of a credential report, which is CSV; `None` if there is no such row, or a column is
    /// missing. Values such as `N/A` and `no_information` stand for no use.
    ///
    /// Source: IAM User Guide, "Generate credential reports for your AWS account", report format.
    #[must_use]
    pub fn from_report(report: &str, as_of: Timestamp) -> Option<Self> {
        let mut lines = report.lines();
        let names: Vec<&str> = lines.next()?.split(',').collect();
        // The fields of this row contain no commas.
        let row: Vec<&str> = lines.find(|line| line.starts_with("<root_account>,"))?.split(',').collect();
        let time = |name: &str| {
            let index = names.iter().position(|column| *column == name)?;
            Some(row.get(index)?.parse::<Timestamp>().ok())
        };
        let keys = time("access_key_1_last_used_date")?.max(time("access_key_2_last_used_date")?);
        Some(Self { as_of, password: time("password_last_used")?, access_key: keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                         access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                         access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                         access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
                         cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn report(password: &str, first_key: &str, second_key: &str) -> String {
        let user = "alice,arn:aws:iam::1:user/alice,2020-01-01T00:00:00+00:00,true,2026-11-23T00:00:00+00:00,N/A,N/A,true,\
                    false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
        let root = format!(
            "<root_account>,arn:aws:iam::1:root,2020-01-01T00:00:00+00:00,not_supported,{password},not_supported,\
             not_supported,true,true,N/A,{first_key},us-east-1,iam,false,N/A,{second_key},N/A,N/A,false,N/A,false,N/A"
        );
        format!("{NAMES}\n{user}\n{root}")
    }

    #[test]
    fn the_last_use_is_that_of_the_password_or_of_either_key() {
        let as_of = at("2026-11-23T08:00:00Z");
        for (password, first, second, latest) in [
            ("2026-10-01T10:00:00+00:00", "N/A", "N/A", Some("2026-10-01T10:00:00Z")),
            ("2026-10-01T10:00:00+00:00", "2026-11-01T10:00:00+00:00", "N/A", Some("2026-11-01T10:00:00Z")),
            ("no_information", "N/A", "2026-11-02T10:00:00+00:00", Some("2026-11-02T10:00:00Z")),
            ("no_information", "N/A", "N/A", None),
        ] {
            let found = RootLastUse::from_report(&report(password, first, second), as_of).unwrap();
            assert_eq!((found.as_of, found.latest()), (as_of, latest.map(at)), "{password} {first} {second}");
        }
    }

    #[test]
    fn a_report_without_the_root_user_or_a_column_says_nothing() {
        let whole = report("N/A", "N/A", "N/A");
        let as_of = at("2026-11-23T08:00:00Z");
        for other in ["", NAMES, "<root_account>,x", &whole.replace("password_last_used", "other")] {
            assert_eq!(RootLastUse::from_report(other, as_of), None, "{other}");
        }
        assert!(RootLastUse::from_report(&whole.replace('\n', "\r\n"), as_of).is_some());
    }

    #[test]
    fn a_root_user_without_credentials_is_told_from_one_without_mfa() {
        let credentials = RootCredentials { password: Some(true), mfa: false, access_keys: 0, certificates: 0 };
        let describe = |credentials: RootCredentials, has_virtual_mfa: Option<bool>| {
            let has_virtual_mfa = has_virtual_mfa.map(Ok);
            RootUser { credentials: Ok(credentials), has_virtual_mfa, centralized: None }.describe().unwrap()
        };
        assert_eq!(describe(credentials.clone(), None), "MFA off · no access keys");
        let absent = RootCredentials { password: Some(false), ..credentials.clone() };
        assert_eq!(describe(absent, None), "no credentials: nobody can sign in with it");
        let unsaid = RootCredentials { password: None, ..credentials.clone() };
        assert_eq!((unsaid.are_absent(), describe(unsaid, None).as_str()), (None, "MFA off · no access keys"));
        let on = RootCredentials { mfa: true, ..credentials.clone() };
        assert_eq!(describe(on.clone(), Some(true)), "MFA on (virtual) · no access keys");
        assert_eq!(describe(on.clone(), Some(false)), "MFA on · no access keys");
        let keys = RootCredentials { password: Some(false), access_keys: 1, certificates: 1, ..credentials };
        assert_eq!(describe(keys, None), "MFA off · no password · has access keys · has signing certificates");
    }

    #[test]
    fn mfa_of_an_unknown_kind_is_still_on() {
        let credentials = RootCredentials { password: Some(true), mfa: true, access_keys: 0, certificates: 0 };
        let denied = || Err("ListVirtualMFADevices: permission denied.".to_owned().into());
        let root = RootUser { credentials: Ok(credentials), has_virtual_mfa: Some(denied()), centralized: None };
        assert_eq!(root.describe().unwrap(), "MFA on · no access keys");
        assert!(root.mfa().is_err());
    }
}
