//! Whether something holds, where that can't always be told.

/// `None`: it can't be told.
pub type Holds = Option<bool>;

/// Whether all hold. One that doesn't decides it, whatever can't be told about the others.
#[must_use]
pub fn all(holds: impl IntoIterator<Item = Holds>) -> Holds {
    let mut is_known = true;
    for each in holds {
        match each {
            Some(false) => return Some(false),
            Some(true) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

/// Whether one holds. One that does decides it.
#[must_use]
pub fn any(holds: impl IntoIterator<Item = Holds>) -> Holds {
    not(all(holds.into_iter().map(not)))
}

fn not(holds: Holds) -> Holds {
    holds.map(|holds| !holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_told_matters_only_where_nothing_else_decides() {
        assert_eq!(all([]), Some(true));
        assert_eq!(all([Some(true), None, Some(false)]), Some(false));
        assert_eq!(all([Some(true), None]), None);
        assert_eq!(any([]), Some(false));
        assert_eq!(any([Some(false), None, Some(true)]), Some(true));
        assert_eq!(any([Some(false), None]), None);
    }
}
