//! What a pattern counts, decided by the sample events.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value;

use super::judge::{ACCOUNT, NARROWS};
use super::terms::Terms;
use super::{Reading, read};
use crate::domain::account_id::AccountId;
use crate::domain::filter_pattern::{FieldTest, Matcher, Pattern, PatternError, Selector};
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
    /// A part of the pattern excludes some root use.
    pub is_narrowed: bool,
    pub cis: CisMatch,
}

impl Coverage {
    /// Whether every root sign-in is counted, and nothing that other identities commonly do.
    #[must_use]
    pub fn fires_for_sign_in(&self) -> bool {
        self.sign_ins == Matched::All && self.others == Matched::None
    }

    /// Whether all calls are counted. What excludes sign-ins needn't exclude any.
    #[must_use]
    pub fn counts_api_use(&self) -> bool {
        let excludes_calls = self.is_narrowed && self.sign_ins == Matched::All;
        self.api_use == Matched::All && !excludes_calls
    }
}

/// A pattern for JSON events, or one of plain terms.
struct EventTest {
    /// Whether an event, as JSON, matches it.
    matches: Box<dyn Fn(&str) -> bool>,
    /// The addresses that it tests for.
    addresses: Vec<IpAddr>,
}

impl EventTest {
    fn parse(pattern: &str) -> Result<Self, PatternError> {
        if let Some(terms) = Terms::parse(pattern) {
            return Ok(Self { matches: Box::new(move |event| terms.matches(event)), addresses: Vec::new() });
        }
        let parsed = Pattern::parse(pattern)?;
        let addresses = parsed.tests().into_iter().filter_map(tested_address).collect();
        Ok(Self { matches: Box::new(move |event| parsed.matches(event)), addresses })
    }

    /// Whether it matches the sample as it would be recorded in this account; a sign-in also if it comes from one of the
    /// addresses that it tests for.
    fn matches(&self, kind: SampleKind, sample: &Sample, account: &AccountId) -> bool {
        let record = recorded_in(account, sample);
        let from_there = |address: &IpAddr| {
            let mut event: Value = serde_json::from_str(&record).unwrap_or_default();
            event["sourceIPAddress"] = address.to_string().into();
            (self.matches)(&event.to_string())
        };
        (self.matches)(&record) && (kind != SampleKind::SignIn || self.addresses.iter().all(from_there))
    }
}

/// An address that passes or fails this test and no other: people leave out their office's network.
fn tested_address((selector, test): (&Selector, &FieldTest)) -> Option<IpAddr> {
    let FieldTest::Like { matcher: Matcher::Text { text, open_start: false, open_end }, .. } = test else {
        return None;
    };
    let endings: &[&str] = if *open_end { &["1", "0.1", "0.0.1"] } else { &[""] };
    (selector.to_string() == "$.sourceIPAddress").then_some(())?;
    endings.iter().find_map(|ending| format!("{text}{ending}").parse().ok())
}

/// The sample as it would be recorded in this account: a pattern may name the ARN of the account's root user.
fn recorded_in(account: &AccountId, sample: &Sample) -> Cow<'static, str> {
    if account.as_str() == ACCOUNT {
        Cow::Borrowed(sample.json)
    } else {
        Cow::Owned(sample.json.replace(ACCOUNT, account.as_str()))
    }
}

/// What a pattern counts in this account, as the samples show.
///
/// # Errors
/// If rootbell can't parse the pattern, so that what it counts is unknown.
pub fn coverage(pattern: &str, account: &AccountId) -> Result<Coverage, PatternError> {
    let test = EventTest::parse(pattern)?;
    let reading = read(pattern);
    let matched = |kind: SampleKind| {
        let of_kind: Vec<_> = samples::all().filter(|(k, _)| *k == kind).map(|(_, sample)| sample).collect();
        let titles: Vec<_> = of_kind.iter().filter(|s| test.matches(kind, s, account)).map(|s| s.title).collect();
        match titles.len() {
            0 => Matched::None,
            all if all == of_kind.len() => Matched::All,
            _ => Matched::Some(titles),
        }
    };
    Ok(Coverage {
        sign_ins: matched(SampleKind::SignIn),
        api_use: matched(SampleKind::ApiUse),
        others: matched(SampleKind::Other),
        services: matched(SampleKind::Service),
        is_narrowed: matches!(&reading, Reading::Other(faults) if faults.iter().any(|fault| fault.ends_with(NARROWS))),
        cis: match reading {
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
    let Ok(test) = EventTest::parse(pattern) else { return false };
    let all = |kind: SampleKind, matches: bool| {
        samples::all().filter(|(k, _)| *k == kind).all(|(_, sample)| test.matches(kind, &sample, account) == matches)
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
            // From the office, nobody would be alerted.
            (r#"{ $.userIdentity.type = Root && $.sourceIPAddress != "198.51.100.1" }"#, false, true),
            (r#"{ $.userIdentity.type = Root && $.sourceIPAddress != "10.*" }"#, false, true),
            // A sign-in never has this address, but calls do.
            (r#"{ $.userIdentity.type = Root && $.sourceIPAddress != "AWS Internal" }"#, true, false),
            (r#"{ $.userIdentity.type = Root && $.eventName != "GetNotification*" }"#, true, false),
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
