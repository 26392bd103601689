//! The ID of an AWS account.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// The ID of an account: twelve digits, as AWS reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// An ID that doesn't come from AWS.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
            return Ok(text.into());
        }
        Err(format!("`{text}` is not an account ID, which has twelve digits."))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for AccountId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for AccountId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for AccountId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq<str> for AccountId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for AccountId {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_has_twelve_digits() {
        assert_eq!(AccountId::parse("012345678901").unwrap(), "012345678901");
        for bad in ["", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"] {
            assert!(AccountId::parse(bad).unwrap_err().contains("twelve digits"), "{bad}");
        }
    }
}
