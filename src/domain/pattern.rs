//! The filter pattern that means "somebody used root", and what auditors make of another one.

/// The pattern as CIS 4.3 and Security Hub CloudWatch.1 want it, to the letter.
///
/// Source: Security Hub User Guide, CloudWatch.1: "Additional fields or terms cannot be added"; Prowler's check for root
/// usage refuses a reordered pattern or a second space.
pub const AUDITED: &str =
    r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#;

/// The longest pattern that CloudWatch Logs takes, in characters.
///
/// Source: CloudWatch Logs API, PutMetricFilter, `filterPattern`.
pub const MAX_CHARS: usize = 1024;

/// Straight quotes for the curly ones that articles print and CloudWatch rejects.
#[must_use]
pub fn straighten(text: &str) -> String {
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
        return Err("The pattern is empty; Ctrl+U and F5 put the auditors' one back.".into());
    }
    if pattern.chars().count() > MAX_CHARS {
        return Err(format!("A pattern has at most {MAX_CHARS} characters."));
    }
    if !trimmed.starts_with('{') || !trimmed.ends_with('}') {
        return Err("A pattern for JSON events stands in { braces }.".into());
    }
    Ok(())
}

/// Whether auditors accept the pattern: they compare it to the letter.
#[must_use]
pub fn audited(pattern: &str) -> bool {
    pattern.trim() == AUDITED
}

/// Whether a pattern is about root use at all, so that a filter with it is a candidate for the chain.
#[must_use]
pub fn concerns_root(pattern: &str) -> bool {
    let squeezed: String = pattern.chars().filter(|c| !c.is_whitespace()).collect();
    squeezed.contains("$.userIdentity.type=") && squeezed.contains("Root")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curly_quotes_are_straightened() {
        let pasted = AUDITED.replacen('"', "“", 1).replacen('"', "”", 1);
        assert_ne!(pasted, AUDITED);
        assert_eq!(straighten(&pasted), AUDITED);
    }

    #[test]
    fn auditors_accept_only_the_letter() {
        assert!(audited(AUDITED));
        assert!(!audited(&AUDITED.replace(" NOT", "  NOT")));
        assert!(!audited(&AUDITED.replace("\"Root\"", "Root")));
    }

    #[test]
    fn a_pattern_without_braces_is_refused_with_a_reason() {
        assert!(check("ERROR").unwrap_err().contains("braces"));
        assert!(check(" ").unwrap_err().contains("empty"));
        assert!(check(AUDITED).is_ok());
    }

    #[test]
    fn a_filter_for_another_thing_is_no_candidate() {
        assert!(concerns_root(AUDITED));
        assert!(concerns_root("{ $.userIdentity.type=Root }"));
        assert!(!concerns_root("{ $.eventName = ConsoleLogin }"));
    }
}
