//! The result of assessing a pattern.

/// The assessment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Auditors accept it: it is the CIS pattern.
    CisPattern,
    /// It counts the same events, but is written differently, so auditors do not accept it.
    Equivalent,
    /// It counts other events; each text is a phrase that says what it misses or adds.
    Other(Vec<String>),
    /// Whether it counts the same events cannot be determined; the text is a phrase that says why.
    Unjudged(String),
}
