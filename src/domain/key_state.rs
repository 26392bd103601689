//! The state of a KMS key, and what to do if nothing can be encrypted with it.

use super::problem::Fix;

/// The state of a KMS key.
///
/// Source: AWS KMS Developer Guide, "Key states of AWS KMS keys".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyState {
    #[default]
    Enabled,
    Disabled,
    /// Somebody has scheduled its deletion, which can be canceled until then.
    PendingDeletion,
    /// Its key material is missing or out of reach, or it is still being created.
    Unavailable,
}

impl KeyState {
    /// The state by its name in the KMS API.
    #[must_use]
    pub fn from_api(name: &str) -> Self {
        match name {
            "Enabled" | "Updating" => Self::Enabled,
            "Disabled" => Self::Disabled,
            "PendingDeletion" | "PendingReplicaDeletion" => Self::PendingDeletion,
            // "Creating", "PendingImport", "Unavailable", and whatever is added later.
            _ => Self::Unavailable,
        }
    }

    /// What is wrong with a key in this state, to follow "the key"; `None` if it can be used.
    #[must_use]
    pub fn fault(self) -> Option<&'static str> {
        match self {
            Self::Enabled => None,
            Self::Disabled => Some("is disabled"),
            Self::PendingDeletion => Some("is pending deletion"),
            Self::Unavailable => Some("is not available"),
        }
    }

    /// What to do about a key in this state.
    ///
    /// Source: KMS API, CancelKeyDeletion: afterwards the key is disabled.
    #[must_use]
    pub fn fix(self, key: &str) -> Fix {
        match self {
            Self::Enabled => Fix::Nothing,
            Self::Disabled => Fix::Advice(format!("Enable the key with `aws kms enable-key --key-id {key}`.")),
            Self::PendingDeletion => Fix::Advice(format!(
                "Cancel its deletion with `aws kms cancel-key-deletion --key-id {key}` and enable it again with `aws kms \
                 enable-key --key-id {key}`, or use another key."
            )),
            Self::Unavailable => Fix::Advice(format!(
                "See with `aws kms describe-key --key-id {key}` what it lacks, or use another key."
            )),
        }
    }
}
