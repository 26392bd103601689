//! The filter pattern that matches root use, and the assessment of other patterns.

use std::borrow::Cow;

use serde_json::json;

pub use super::filter_pattern::MAX_CHARS;
use super::filter_pattern::{FieldTest, Pattern, PatternError, Selector};

mod coverage;
mod judge;
mod reading;
mod terms;
#[cfg(test)]
mod tests;

pub use coverage::{CisMatch, Coverage, Matched, coverage, fires_for_sign_in};
use judge::{ACCOUNT, account_named, judge};
pub use reading::Reading;

/// The pattern that CIS 4.3 and Security Hub CloudWatch.1 require.
///
/// Source: Security Hub User Guide, CloudWatch.1: "Additional fields or terms cannot be added".
pub const CIS_PATTERN: &str =
    r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#;

/// Replaces curly quotes, which are common in articles and which CloudWatch rejects, with straight ones.
#[must_use]
pub fn normalize_quotes(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '“' | '”' | '„' | '‟' | '″' => '"',
            '‘' | '’' | '‚' | '‛' | '′' => '\'',
            '\u{a0}' => ' ',
            other => other,
        })
        .collect()
}

/// A quick check of a pattern, without calling AWS.
///
/// # Errors
/// A message for the user if the pattern is empty, too long or not a pattern for JSON events.
pub fn check(pattern: &str) -> Result<(), String> {
    let trimmed = pattern.trim();
    if trimmed.is_empty() {
        return Err("The pattern is empty.".into());
    }
    if pattern.chars().count() > MAX_CHARS {
        return Err(format!("A pattern can have at most {MAX_CHARS} characters."));
    }
    if !trimmed.starts_with('{') || !trimmed.ends_with('}') {
        return Err("A pattern for JSON events must be enclosed in { braces }.".into());
    }
    Ok(())
}

/// Whether auditors accept the pattern: the same tests in the same order, without parentheses, with the same quotes.
/// White space may differ, except in `invokedBy NOT EXISTS`, which must have single spaces.
///
/// Source: Security Hub User Guide, CloudWatch.1, whose remediation section has a pattern with fewer spaces; Prowler's
/// check for root usage searches for `$.userIdentity.invokedBy NOT EXISTS` with single spaces and refuses another
/// order.
#[must_use]
pub fn is_cis_pattern(pattern: &str) -> bool {
    pattern.trim() == CIS_PATTERN
        || (pattern.contains(NOT_INVOKED_BY_SERVICE)
            && without_white_space(pattern) == without_white_space(CIS_PATTERN)
            && matches!((Pattern::parse(pattern), cis()), (Ok(pattern), Ok(cis)) if pattern == cis))
}

const NOT_INVOKED_BY_SERVICE: &str = "$.userIdentity.invokedBy NOT EXISTS";

/// The pattern without the white space outside quotes.
fn without_white_space(pattern: &str) -> String {
    let mut in_quotes = false;
    let is_kept = |c: &char| {
        in_quotes ^= *c == '"';
        in_quotes || !c.is_whitespace()
    };
    pattern.chars().filter(is_kept).collect()
}

/// [`CIS_PATTERN`] as a tree.
fn cis() -> Result<Pattern, PatternError> {
    Pattern::parse(CIS_PATTERN)
}

/// The pattern to search for root events: the filter's pattern if it is equivalent to the CIS pattern; both patterns
/// combined if it is not, or if that cannot be determined; the CIS pattern alone if the filter's pattern does not test
/// for root or is invalid.
///
/// Source: CloudWatch Logs User Guide, "Filter pattern syntax": compound expressions.
#[must_use]
pub fn search_pattern(filter_pattern: Option<&str>) -> Cow<'_, str> {
    let Some(pattern) = filter_pattern.filter(|pattern| concerns_root(pattern) && Pattern::parse(pattern).is_ok())
    else {
        return Cow::Borrowed(CIS_PATTERN);
    };
    if matches!(read(pattern), Reading::CisPattern | Reading::Equivalent) {
        return Cow::Borrowed(pattern);
    }
    let both = format!("{{ ({}) || ({}) }}", inside_braces(pattern), inside_braces(CIS_PATTERN));
    if both.chars().count() > MAX_CHARS { Cow::Borrowed(CIS_PATTERN) } else { Cow::Owned(both) }
}

fn inside_braces(pattern: &str) -> &str {
    let pattern = pattern.trim();
    pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(pattern).trim()
}

/// Assesses a pattern: parses it like CloudWatch Logs does, compares it with the CIS pattern, and if they differ, tries
/// it on sample events. A pattern is only called wrong if an event proves it.
#[must_use]
pub fn read(pattern: &str) -> Reading {
    if is_cis_pattern(pattern) {
        return Reading::CisPattern;
    }
    match (Pattern::parse(pattern), cis()) {
        (Ok(pattern), Ok(cis)) if pattern.is_equivalent_to(&cis) => Reading::Equivalent,
        (Ok(pattern), Ok(cis)) => judge(&pattern, &cis),
        (Err(error), _) | (_, Err(error)) => {
            Reading::Unjudged(format!("rootbell cannot parse it (character {}: {})", error.at, error.message))
        }
    }
}

/// Whether a pattern tests for root at all, so that its filter is a candidate for the chain.
#[must_use]
pub fn concerns_root(pattern: &str) -> bool {
    match Pattern::parse(pattern) {
        Ok(parsed) => parsed.tests().into_iter().any(|(selector, test)| matches_only_root(selector, test)),
        Err(_) => pattern.contains("userIdentity") && pattern.contains("Root"),
    }
}

/// Whether a test is true for root and for no other identity.
fn matches_only_root(selector: &Selector, test: &FieldTest) -> bool {
    let account = account_named(test).unwrap_or_else(|| ACCOUNT.to_owned());
    match selector.to_string().as_str() {
        "$.userIdentity.type" => {
            test.holds(&json!("Root")) && !judge::OTHER_TYPES.iter().any(|other| test.holds(&json!(other)))
        }
        "$.userIdentity.arn" => {
            test.holds(&json!(format!("arn:aws:iam::{account}:root")))
                && !test.holds(&json!(format!("arn:aws:iam::{account}:user/alice")))
        }
        _ => false,
    }
}
