//! A setting's value and where it came from.

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Set by the user.
    Given,
    /// Read from the account.
    Found,
    /// A default; the text says what it is based on.
    Default(&'static str),
}

impl Origin {
    /// The label next to the field.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Given => "set by you",
            Self::Found => "existing",
            Self::Default(from) => from,
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Field<T> {
    pub(super) fn pick(option: Option<T>, found: Option<T>, default: impl FnOnce() -> T, from: &'static str) -> Self {
        match (option, found) {
            (Some(value), _) => Self { value, origin: Origin::Given },
            (None, Some(value)) => Self { value, origin: Origin::Found },
            (None, None) => Self { value: default(), origin: Origin::Default(from) },
        }
    }
}
