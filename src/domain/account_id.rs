//! The ID of an AWS account.

use serde::{Deserialize, Serialize};

use super::text_type::text_type;

/// The ID of an account: twelve digits, as AWS reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(String);

text_type!(AccountId, str::eq);

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
