//! Pagination: reading all pages of an answer.

use std::collections::HashSet;

/// The tokens of one paginated read. An empty page may still be followed by another one. A repeated token would loop
/// forever, so it ends the read.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    seen: HashSet<String>,
    next: Option<String>,
}

impl Tokens {
    /// The token to request the next page with; `None` for the first.
    pub(super) fn next(&self) -> Option<String> {
        self.next.clone()
    }

    /// Stores the token, and returns whether there is another page.
    pub(super) fn follow(&mut self, token: Option<&str>) -> bool {
        self.next = token.filter(|t| !t.is_empty()).map(str::to_owned);
        self.next.as_ref().is_some_and(|t| self.seen.insert(t.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_token_ends_the_read() {
        let mut tokens = Tokens::default();
        assert!(tokens.follow(Some("a")));
        assert!(tokens.follow(Some("b")));
        assert!(!tokens.follow(Some("a")), "a, b, a, b, … would never end");
    }

    #[test]
    fn an_empty_token_counts_as_no_token() {
        assert!(!Tokens::default().follow(Some("")));
        assert!(!Tokens::default().follow(None));
    }
}
