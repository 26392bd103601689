//! Email addresses.

use serde::{Deserialize, Serialize};

use super::names::Validity;
use super::text_type::text_type;

/// An email address; two that differ only in the case of ASCII letters are the same.
///
/// Any text is accepted, so that [`Self::check`] can say what is wrong with it together with all other options.
#[derive(Clone, Debug, Default, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

text_type!(Email, str::eq_ignore_ascii_case);

impl Email {
    /// An address that SNS could send to.
    ///
    /// # Errors
    /// See [`Self::check`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let email = Self::from(text);
        email.check().map(|()| email)
    }

    /// Whether SNS could send to it: one `@` with a name before it and a domain name after it.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn check(&self) -> Validity {
        let value = self.as_str();
        let invalid = |why: &str| Err(format!("{why}: an address looks like alice@example.com."));
        if value.is_empty() {
            return invalid("An email address is required");
        }
        if value.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\"[]\\".contains(c)) {
            return invalid("An address cannot have spaces, commas or brackets");
        }
        let Some((name, host)) = value.rsplit_once('@') else { return invalid("This address has no @") };
        if name.is_empty() || name.contains('@') {
            return invalid("An address has exactly one @, with a name before it");
        }
        let labels: Vec<&str> = host.split('.').collect();
        let is_domain_label = |l: &&str| {
            !l.is_empty()
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        if labels.len() < 2 || !labels.iter().all(is_domain_label) {
            return invalid("The part after the @ is not a domain name");
        }
        if value.len() > 254 {
            return invalid("This address is too long");
        }
        Ok(())
    }

    /// Several addresses with `separator` between them.
    #[must_use]
    pub fn join(all: &[Self], separator: &str) -> String {
        all.iter().map(Self::as_str).collect::<Vec<_>>().join(separator)
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_needs_exactly_one_at_sign_and_a_domain() {
        for good in ["alice@example.com", "a.b+c@sub.example.co", "jürgen@bücher.example"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "alice", "@example.com", "a@b@c.de", "a b@c.de", "a@localhost", "a@-x.de", "<a@b.de>", "a@b..c"]
        {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Email::parse("alice.example.com").unwrap_err().contains("no @"));
    }

    #[test]
    fn two_addresses_that_differ_only_in_the_case_of_ascii_letters_are_the_same() {
        assert_eq!(Email::from("Alice@Example.com"), Email::from("alice@example.COM"));
        assert_eq!(Email::from("Alice@Example.com"), *"alice@example.com");
        assert_ne!(Email::from("Ünal@example.com"), Email::from("ünal@example.com"));
        assert_eq!(Email::from("Alice@Example.com").to_string(), "Alice@Example.com", "it is kept as it was given");
    }
}
