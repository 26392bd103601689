//! The filter pattern that means "somebody used root", and what auditors make of another one.

use std::borrow::Cow;

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

/// Whether auditors accept the pattern: they compare it to the letter.
#[must_use]
pub fn audited(pattern: &str) -> bool {
    pattern.trim() == AUDITED
}

/// The pattern that finds the uses of root: a filter's own, where it rings for the same events as the auditors'; beside
/// theirs, where it rings for other uses of root; theirs alone, where it does not look for root.
///
/// Source: CloudWatch Logs User Guide, "Filter pattern syntax": compound expressions.
#[must_use]
pub fn sought(of_filter: Option<&str>) -> Cow<'_, str> {
    let Some(own) = of_filter.filter(|pattern| concerns_root(pattern)) else { return Cow::Borrowed(AUDITED) };
    if !matches!(read(own), Reading::Other(_)) {
        return Cow::Borrowed(own);
    }
    let inner = |pattern: &str| pattern.trim().trim_start_matches('{').trim_end_matches('}').trim().to_owned();
    let both = format!("{{ ({}) || ({}) }}", inner(own), inner(AUDITED));
    if both.chars().count() > MAX_CHARS { Cow::Borrowed(AUDITED) } else { Cow::Owned(both) }
}

/// What a pattern means for the bell and for auditors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The auditors' own, to the letter.
    Audited,
    /// It rings for the same events, but is written differently, which auditors do not accept.
    Equivalent,
    /// What it counts too much or too little, each as half a sentence about "it".
    Other(Vec<String>),
}

const ROOT: &str = "$.userIdentity.type=Root";
const NO_SERVICE: &str = "$.userIdentity.invokedBy NOT EXISTS";
const NO_SERVICE_EVENT: &str = "$.eventType!=AwsServiceEvent";

/// Reads a pattern clause by clause; blanks, quotes, parentheses and the order of clauses make no difference.
///
/// Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters".
#[must_use]
pub fn read(pattern: &str) -> Reading {
    if audited(pattern) {
        return Reading::Audited;
    }
    let (clauses, any) = clauses(pattern);
    let has = |wanted: &str| clauses.iter().any(|c| c == wanted);
    let mut faults = Vec::new();
    if any {
        faults.push("`||` where `&&` belongs counts nearly every event".to_owned());
    }
    if !has(ROOT) {
        let other = clauses.iter().find_map(|c| c.strip_prefix("$.userIdentity.type="));
        faults.push(match other {
            Some(wide) if wide.contains('*') => format!("it asks for `{wide}`, which is not `Root` to the letter"),
            Some(other) => format!("it counts {other} instead of Root, so root goes unnoticed"),
            None => "it does not ask for `$.userIdentity.type = \"Root\"`".to_owned(),
        });
    }
    if !any && !has(NO_SERVICE) {
        faults.push("without `$.userIdentity.invokedBy NOT EXISTS` it also counts what services do for root".into());
    }
    if !any && !has(NO_SERVICE_EVENT) {
        faults.push("without `$.eventType != \"AwsServiceEvent\"` it also counts service events".into());
    }
    let said = |c: &str| !has(ROOT) && c.starts_with("$.userIdentity.type=");
    let known = |c: &str| [ROOT, NO_SERVICE, NO_SERVICE_EVENT].contains(&c) || said(c);
    for more in clauses.iter().filter(|c| !any && !known(c)) {
        let more = more.replace(HELD_BLANK, " ");
        faults.push(format!("`{more}` narrows it, so that some uses of root go uncounted"));
    }
    if faults.is_empty() { Reading::Equivalent } else { Reading::Other(faults) }
}

/// Stands for a blank within quotes while clauses are compared.
const HELD_BLANK: char = '\u{1}';

/// The clauses, each in one way of writing, and whether any of them is enough.
fn clauses(pattern: &str) -> (Vec<String>, bool) {
    let inner = pattern.trim().trim_start_matches('{').trim_end_matches('}');
    let (mut all, mut clause, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            // An escaped character, and a blank in quotes, are part of the value.
            '\\' if quoted => clause.extend(chars.next()),
            c if quoted && c.is_whitespace() => clause.push(HELD_BLANK),
            '&' | '|' if !quoted && chars.peek() == Some(&c) => {
                chars.next();
                any |= c == '|';
                all.push(std::mem::take(&mut clause));
            }
            '(' | ')' if !quoted => {}
            c => clause.push(c),
        }
    }
    all.push(clause);
    (all.iter().map(|clause| written_one_way(clause)).filter(|clause| !clause.is_empty()).collect(), any)
}

fn written_one_way(clause: &str) -> String {
    let words: Vec<&str> = clause.split_whitespace().collect();
    let line = words.join(" ");
    if let [selector, not, exists] = words[..]
        && not.eq_ignore_ascii_case("not")
        && exists.eq_ignore_ascii_case("exists")
    {
        return format!("{selector} NOT EXISTS");
    }
    match line.split_once("!=").map(|parts| ("!=", parts)).or_else(|| line.split_once('=').map(|parts| ("=", parts))) {
        Some((operator, (selector, value))) => format!("{}{operator}{}", selector.trim(), value.trim()),
        None => line,
    }
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
    fn uses_of_root_are_looked_for_so_that_no_filter_hides_one() {
        assert_eq!(sought(None), AUDITED);
        assert_eq!(sought(Some(AUDITED)), AUDITED);
        let same = AUDITED.replace('"', "");
        assert_eq!(sought(Some(&same)), same);
        assert_eq!(sought(Some("{ $.userIdentity.type = IAMUser }")), AUDITED);
        let more = r#"{ $.userIdentity.type = "Root" }"#;
        let both = sought(Some(more));
        assert!(both.starts_with(r#"{ ($.userIdentity.type = "Root") || ($.userIdentity.type = "Root" && "#), "{both}");
        assert_eq!(check(&both), Ok(()));
        assert_eq!(
            sought(Some(&format!("{{ $.userIdentity.type = \"Root\" && $.x = \"{}\" }}", "y".repeat(980)))),
            AUDITED
        );
    }

    #[test]
    fn a_pattern_without_braces_is_refused_with_a_reason() {
        assert!(check("ERROR").unwrap_err().contains("braces"));
        assert!(check(" ").unwrap_err().contains("empty"));
        assert!(check(AUDITED).is_ok());
    }

    #[test]
    fn blanks_quotes_and_order_do_not_change_what_a_pattern_means() {
        for same in [
            AUDITED.replace('"', ""),
            AUDITED.replace(" NOT", "   NOT"),
            "{($.eventType!=AwsServiceEvent)&&($.userIdentity.type=\"Root\")&&($.userIdentity.invokedBy NOT EXISTS)}"
                .into(),
        ] {
            assert_eq!(read(&same), Reading::Equivalent, "{same}");
        }
        assert_eq!(read(AUDITED), Reading::Audited);
    }

    #[test]
    fn what_a_pattern_counts_wrongly_is_said() {
        let said = |pattern: &str| match read(pattern) {
            Reading::Other(faults) => faults.join("; "),
            other => panic!("{pattern}: {other:?}"),
        };
        assert!(said(&AUDITED.replace("&&", "||")).contains("nearly every event"));
        assert!(said(&AUDITED.replace("\"Root\"", "\"IAMUser\"")).contains("IAMUser instead of Root"));
        assert!(said(&AUDITED.replace("\"Root\"", "\" Root\"")).contains("instead of Root"), "the blank is in quotes");
        let both = AUDITED.replace(" }", " && $.userIdentity.type = IAMUser }");
        assert!(said(&both).contains("`$.userIdentity.type=IAMUser` narrows"), "nobody is both");
        assert!(said("{ $.userIdentity.type = \"Root\" }").contains("services do for root"));
        assert!(
            said(&AUDITED.replace(" }", " && $.awsRegion = us-east-1 }")).contains("`$.awsRegion=us-east-1` narrows")
        );
    }

    #[test]
    fn a_filter_for_another_thing_is_no_candidate() {
        assert!(concerns_root(AUDITED));
        assert!(concerns_root("{ $.userIdentity.type=Root }"));
        assert!(!concerns_root("{ $.eventName = ConsoleLogin }"));
    }
}
