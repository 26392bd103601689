//! What the accounts of an organization are called.

use std::collections::BTreeMap;

use super::account_region::Identity;
use super::text::escape_controls;

/// The names of accounts by their IDs: that of the session's account is its alias. Safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountNames(BTreeMap<String, String>);

impl AccountNames {
    /// `organization` is empty where it couldn't be read.
    #[must_use]
    pub fn new(organization: &BTreeMap<String, String>, own: &Identity) -> Self {
        let mut names: BTreeMap<String, String> =
            organization.iter().map(|(id, name)| (id.clone(), escape_controls(name))).collect();
        if let Some(alias) = &own.alias {
            names.insert(own.account.to_string(), escape_controls(alias));
        }
        Self(names)
    }

    #[must_use]
    pub fn name(&self, account: &str) -> Option<&str> {
        self.0.get(account).map(String::as_str)
    }

    /// The account with its name, as in "555566667777 (workloads)"; a dash if there is no account.
    #[must_use]
    pub fn label(&self, account: Option<&str>) -> String {
        let Some(account) = account else { return "-".to_owned() };
        self.name(account).map_or_else(|| account.to_owned(), |name| format!("{account} ({name})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::identity;

    #[test]
    fn an_account_has_its_name_in_the_organization_and_ones_own_its_alias() {
        let own = Identity { alias: Some("acme".into()), ..identity() };
        let organization = [("123456789012", "management"), ("555566667777", "work\u{7}loads")];
        let organization = organization.map(|(id, name)| (id.to_owned(), name.to_owned())).into();
        let names = AccountNames::new(&organization, &own);
        assert_eq!(names.label(Some("123456789012")), "123456789012 (acme)");
        let escaped = names.label(Some("555566667777"));
        assert!(escaped.starts_with("555566667777 (work") && !escaped.contains('\u{7}'), "{escaped}");
        assert_eq!(names.label(Some("111122223333")), "111122223333");
        assert_eq!(names.label(None), "-");
    }
}
