//! What a pattern counts, decided by the sample events.

use std::sync::LazyLock;

use serde_json::Value;

use super::judge::ACCOUNT;
use super::terms::Terms;
use super::{Reading, read};
use crate::domain::account_id::AccountId;
use crate::domain::filter_pattern::{Pattern, PatternError};
use crate::domain::samples::{self, Sample, SampleKind};

/// Which samples of a kind a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    All,
    /// The titles of those that it matches.
    Some(Vec<&'static str>),
    None,
}

/// How a pattern compares with the CIS pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CisMatch {
    Exact,
    /// It counts the same events, but is written differently.
    Equivalent,
    Different,
    Unjudged,
}

/// What a pattern counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Root's sign-ins: successful and failed, with and without MFA.
    pub sign_ins: Matched,
    pub api_use: Matched,
    /// What other identities do.
    pub others: Matched,
    /// What services do, recorded under root.
    pub services: Matched,
    pub cis: CisMatch,
}

impl Coverage {
    /// Whether every root sign-in is counted, and nothing that other identities commonly do.
    #[must_use]
    pub fn fires_for_sign_in(&self) -> bool {
        self.sign_ins == Matched::All && self.others == Matched::None
    }

    #[must_use]
    pub fn counts_api_use(&self) -> bool {
        self.api_use == Matched::All
    }
}

/// Whether an event matches a pattern, from its JSON text and its value.
type EventTest = Box<dyn Fn(&str, &Value) -> bool>;

/// Tells whether a pattern for JSON events, or one of plain terms, matches an event.
fn event_test(pattern: &str) -> Result<EventTest, PatternError> {
    if let Some(terms) = Terms::parse(pattern) {
        return Ok(Box::new(move |text, _| terms.matches(text)));
    }
    let parsed = Pattern::parse(pattern)?;
    Ok(Box::new(move |_, event| parsed.matches_value(event)))
}

/// The samples of a kind, and their values: patterns are judged often, and the samples are parsed only once.
fn samples_of(kind: SampleKind) -> impl Iterator<Item = &'static (SampleKind, Sample, Value)> {
    static SAMPLES: LazyLock<Vec<(SampleKind, Sample, Value)>> = LazyLock::new(|| {
        let with_value = |(kind, sample): (_, Sample)| Some((kind, sample, serde_json::from_str(sample.json).ok()?));
        samples::all().filter_map(with_value).collect()
    });
    SAMPLES.iter().filter(move |(of, ..)| *of == kind)
}

/// Tests the sample as it would be recorded in this account: a pattern may name the ARN of the account's root user.
fn matches_in(account: &AccountId, test: &EventTest, (_, sample, event): &(SampleKind, Sample, Value)) -> bool {
    if account.as_str() == ACCOUNT {
        return test(sample.json, event);
    }
    let text = sample.json.replace(ACCOUNT, account.as_str());
    serde_json::from_str(&text).is_ok_and(|event| test(&text, &event))
}

/// What a pattern counts in this account, as the samples show.
///
/// # Errors
/// If rootbell can't parse the pattern, so that what it counts is unknown.
pub fn coverage(pattern: &str, account: &AccountId) -> Result<Coverage, PatternError> {
    let event_matches = event_test(pattern)?;
    let matched = |kind: SampleKind| {
        let matched = samples_of(kind).filter(|sample| matches_in(account, &event_matches, sample));
        let titles: Vec<_> = matched.map(|(_, sample, _)| sample.title).collect();
        match titles.len() {
            0 => Matched::None,
            all if all == samples_of(kind).count() => Matched::All,
            _ => Matched::Some(titles),
        }
    };
    Ok(Coverage {
        sign_ins: matched(SampleKind::SignIn),
        api_use: matched(SampleKind::ApiUse),
        others: matched(SampleKind::Other),
        services: matched(SampleKind::Service),
        cis: match read(pattern) {
            Reading::CisPattern => CisMatch::Exact,
            Reading::Equivalent => CisMatch::Equivalent,
            Reading::Other(_) => CisMatch::Different,
            Reading::Unjudged(_) => CisMatch::Unjudged,
        },
    })
}

/// Whether the samples show that the pattern counts every root sign-in and nothing that other identities commonly do. Like
/// [`Coverage::fires_for_sign_in`], for many patterns: most fail the first sample.
#[must_use]
pub fn fires_for_sign_in(pattern: &str, account: &AccountId) -> bool {
    let Ok(event_matches) = event_test(pattern) else { return false };
    let all = |kind: SampleKind, matches: bool| {
        samples_of(kind).all(|sample| matches_in(account, &event_matches, sample) == matches)
    };
    all(SampleKind::SignIn, true) && all(SampleKind::Other, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::identity;
    use crate::domain::pattern::CIS_PATTERN;

    #[test]
    fn a_pattern_fires_if_every_root_sign_in_matches_and_nobody_elses_events_do() {
        for (pattern, fires, counts_calls) in [
            (CIS_PATTERN, true, true),
            ("{ $.userIdentity.type = Root }", true, true),
            ("{ $.userIdentity.arn = \"arn:*\" && $.userIdentity.arn = \"*:root\" }", true, true),
            ("{ $.userIdentity.type = %^Root$% && $.eventName = ConsoleLogin }", true, false),
            (
                "{ ($.userIdentity.type = Root && ($.eventName = ConsoleLogin || $.eventName = CreateAccessKey)) || ($.eventName = StopLogging) }",
                true,
                false,
            ),
            (
                "{ $.eventName = ConsoleLogin && $.userIdentity.type != IAMUser && $.userIdentity.type != AssumedRole && $.userIdentity.type != FederatedUser }",
                true,
                false,
            ),
            ("{ $.userIdentity.type = Root && $.eventName != ConsoleLogin }", false, true),
            (
                "{ $.userIdentity.type = Root && $.eventName = ConsoleLogin && $.responseElements.ConsoleLogin = Success }",
                false,
                false,
            ),
            ("{ $.userIdentity.type = Root && $.additionalEventData.MFAUsed != Yes }", false, false),
            ("{ $.eventName = ConsoleLogin }", false, false),
            ("\"Root\" \"ConsoleLogin\"", true, false),
            ("ConsoleLogin", false, false),
            ("{ $.userIdentity.type = Root || $.userIdentity.invokedBy NOT EXISTS }", false, true),
            ("{ $.userIdentity.type = Root && $.eventName = CreateAccessKey }", false, false),
        ] {
            let coverage = coverage(pattern, &identity().account).unwrap();
            assert_eq!(coverage.fires_for_sign_in(), fires, "{pattern}: {coverage:?}");
            assert_eq!(fires_for_sign_in(pattern, &identity().account), fires, "{pattern}");
            assert_eq!(coverage.counts_api_use(), counts_calls, "{pattern}: {coverage:?}");
        }
        assert!(coverage("[ip, user=Root]", &identity().account).is_err(), "unknown, not wrong");
    }

    #[test]
    fn a_pattern_with_the_arn_of_an_accounts_root_user_counts_in_that_account_only() {
        for account in ["123456789012", "210987654321"] {
            let pattern = format!(r#"{{ $.userIdentity.arn = "arn:aws:iam::{account}:root" }}"#);
            for here in ["123456789012", "210987654321"] {
                let here_account = AccountId::from(here);
                assert_eq!(fires_for_sign_in(&pattern, &here_account), here == account, "{pattern} in {here}");
                let found = coverage(&pattern, &here_account).unwrap();
                assert_eq!(found.fires_for_sign_in() && found.counts_api_use(), here == account, "{pattern} in {here}");
            }
        }
    }
}
