//! Walking through the pages of an answer.

use std::collections::HashSet;

/// The tokens of one walk. An empty page may still lead on; a token that comes again leads in circles, and ends it.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    seen: HashSet<String>,
    next: Option<String>,
}

impl Tokens {
    /// What to ask the next page with; `None` for the first.
    pub(super) fn next(&self) -> Option<String> {
        self.next.clone()
    }

    /// Whether the token leads to another page.
    pub(super) fn follow(&mut self, token: Option<&str>) -> bool {
        self.next = token.filter(|t| !t.is_empty()).map(str::to_owned);
        self.next.as_ref().is_some_and(|t| self.seen.insert(t.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_comes_again_ends_the_walk() {
        let mut tokens = Tokens::default();
        assert!(tokens.follow(Some("a")));
        assert!(tokens.follow(Some("b")));
        assert!(!tokens.follow(Some("a")), "a, b, a, b, … would never end");
    }

    #[test]
    fn an_empty_token_is_none() {
        assert!(!Tokens::default().follow(Some("")));
        assert!(!Tokens::default().follow(None));
    }
}
