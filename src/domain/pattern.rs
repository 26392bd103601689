//! The filter pattern that means "somebody used root", and what auditors make of another one.

use std::borrow::Cow;

use serde_json::json;

pub use super::filter_pattern::MAX_CHARS;
use super::filter_pattern::{Pattern, PatternError, Selector, Test};

mod judge;
#[cfg(test)]
mod tests;

use judge::{ACCOUNT, account_named, judge};

/// The pattern as CIS 4.3 and Security Hub CloudWatch.1 want it.
///
/// Source: Security Hub User Guide, CloudWatch.1: "Additional fields or terms cannot be added".
pub const CIS_PATTERN: &str =
    r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#;

/// Straight quotes for the curly ones that articles print and CloudWatch rejects.
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

/// What is wrong with a pattern before AWS is asked: nothing, or a sentence.
///
/// # Errors
/// A sentence for the person, where the pattern is empty, too long or no JSON pattern.
pub fn check(pattern: &str) -> Result<(), String> {
    let trimmed = pattern.trim();
    if trimmed.is_empty() {
        return Err("The pattern is empty.".into());
    }
    if pattern.chars().count() > MAX_CHARS {
        return Err(format!("A pattern has at most {MAX_CHARS} characters."));
    }
    if !trimmed.starts_with('{') || !trimmed.ends_with('}') {
        return Err("A pattern for JSON events stands in { braces }.".into());
    }
    Ok(())
}

/// Whether auditors accept the pattern: the same tests in the same order, without parentheses, with the same quotes.
/// White space between words makes no difference to them, but for `invokedBy NOT EXISTS`, which has one space each.
///
/// Source: Security Hub User Guide, CloudWatch.1, whose remediation has a pattern with fewer spaces; Prowler's check for
/// root usage searches for `$.userIdentity.invokedBy NOT EXISTS` with single spaces and refuses another order.
#[must_use]
pub fn is_cis_pattern(pattern: &str) -> bool {
    pattern.trim() == CIS_PATTERN
        || (pattern.contains(NO_SERVICE)
            && squeezed(pattern) == squeezed(CIS_PATTERN)
            && matches!((Pattern::parse(pattern), cis()), (Ok(pattern), Ok(cis)) if pattern == cis))
}

const NO_SERVICE: &str = "$.userIdentity.invokedBy NOT EXISTS";

/// The pattern without the white space outside quotes.
fn squeezed(pattern: &str) -> String {
    let mut quoted = false;
    let keeps = |c: &char| {
        quoted ^= *c == '"';
        quoted || !c.is_whitespace()
    };
    pattern.chars().filter(keeps).collect()
}

/// [`CIS_PATTERN`] as a tree.
fn cis() -> Result<Pattern, PatternError> {
    Pattern::parse(CIS_PATTERN)
}

/// The pattern that finds the uses of root: a filter's own, where it counts the same events as the auditors'; beside
/// theirs, where it counts others, or that cannot be judged; theirs alone, where it does not look for root or cannot be
/// read.
///
/// Source: CloudWatch Logs User Guide, "Filter pattern syntax": compound expressions.
#[must_use]
pub fn search_pattern(of_filter: Option<&str>) -> Cow<'_, str> {
    let Some(own) = of_filter.filter(|own| concerns_root(own) && Pattern::parse(own).is_ok()) else {
        return Cow::Borrowed(CIS_PATTERN);
    };
    if matches!(read(own), Reading::Audited | Reading::Equivalent) {
        return Cow::Borrowed(own);
    }
    let both = format!("{{ ({}) || ({}) }}", inside_braces(own), inside_braces(CIS_PATTERN));
    if both.chars().count() > MAX_CHARS { Cow::Borrowed(CIS_PATTERN) } else { Cow::Owned(both) }
}

fn inside_braces(pattern: &str) -> &str {
    let pattern = pattern.trim();
    pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(pattern).trim()
}

/// What a pattern means for the alarm and for auditors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The one that auditors accept.
    Audited,
    /// It counts the same events, but is written differently, which auditors do not accept.
    Equivalent,
    /// What it counts too much or too little, each as half a sentence about "it".
    Other(Vec<String>),
    /// Whether it counts the same events cannot be told, and why: half a sentence.
    Unjudged(String),
}

/// Reads a pattern as CloudWatch Logs does, compares it with the auditors', and where it is another, tries it on sample
/// events. Nothing is called wrong that is not known to be.
#[must_use]
pub fn read(pattern: &str) -> Reading {
    if is_cis_pattern(pattern) {
        return Reading::Audited;
    }
    match (Pattern::parse(pattern), cis()) {
        (Ok(pattern), Ok(cis)) if pattern.says_the_same_as(&cis) => Reading::Equivalent,
        (Ok(pattern), Ok(cis)) => judge(&pattern, &cis),
        (Err(error), _) | (_, Err(error)) => {
            Reading::Unjudged(format!("rootbell cannot read it (at character {}: {})", error.at, error.message))
        }
    }
}

/// Whether a pattern is about root use at all, so that a filter with it is a candidate for the chain.
#[must_use]
pub fn concerns_root(pattern: &str) -> bool {
    match Pattern::parse(pattern) {
        Ok(read) => read.tests().into_iter().any(|(selector, test)| asks_for_root(selector, test)),
        Err(_) => pattern.contains("$.userIdentity.type") && pattern.contains("Root"),
    }
}

/// Whether a test lets root through and nobody else.
fn asks_for_root(selector: &Selector, test: &Test) -> bool {
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
