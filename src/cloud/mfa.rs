//! The code of an MFA device.

use std::fmt;

/// Six digits. They are a secret for half a minute, so `Debug` doesn't show them.
#[derive(Clone, PartialEq, Eq)]
pub struct MfaCode(String);

impl MfaCode {
    /// Spaces are ignored: apps show the digits in two groups.
    ///
    /// # Errors
    /// What is wrong with the text, as a sentence.
    ///
    /// Source: STS API, AssumeRole, `TokenCode`: six digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(digits));
        }
        Err("A code has six digits.".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MfaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_is_not_in_debug_output() {
        for text in ["123456", " 123 456 ", "000000"] {
            let code = MfaCode::parse(text).unwrap();
            assert_eq!(code.as_str(), text.replace(' ', ""));
            assert!(!format!("{code:?}").contains(|c: char| c.is_ascii_digit()));
        }
        for text in ["", "12345", "1234567", "12345x", "١٢٣٤٥٦"] {
            assert!(MfaCode::parse(text).is_err(), "{text}");
        }
    }
}
