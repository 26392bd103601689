//! Random keys, patterns, names, and events: nothing panics, and whatever is accepted follows the rules.

use rootbell::domain::Email;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use proptest::prelude::*;
use rootbell::app::Msg;
use rootbell::app::keymap::{Code, Key};
use rootbell::cloud::demo::{Account, InjectedFault};
use rootbell::domain::event::RootEvent;
use rootbell::domain::filter_pattern::Pattern;
use rootbell::domain::names;
use rootbell::domain::pattern::{CIS_PATTERN, Reading, check, normalize_quotes, read};
use rootbell::domain::samples::SAMPLES;

use crate::support::tester::{Tester, scenario};

/// From a single cell to a very large terminal.
const SIZES: [(u16, u16); 6] = [(1, 1), (20, 5), (60, 20), (80, 24), (120, 40), (200, 60)];

const SCENARIOS: [&str; 11] = [
    "fresh",
    "half-done",
    "organization",
    "denied",
    "expired",
    "drifted",
    "other-region",
    "ringing",
    "hanging",
    "throttled",
    "failing",
];

/// A pseudorandom generator with a fixed seed.
///
/// Source: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003.
struct Random(u64);

impl Random {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }
}

fn account(name: &str) -> Account {
    let with_fault = |call: &str, fault| {
        let mut account = Account::default();
        account.faults.insert(call.into(), fault);
        account
    };
    match name {
        "hanging" => with_fault("*", InjectedFault::Hang),
        "throttled" => with_fault("*", InjectedFault::ThrottleOnce),
        "failing" => with_fault("DescribeTrails", InjectedFault::Malformed),
        name => scenario(name),
    }
}

/// A random input. Enter and Tab are frequent, so that the sequences reach many screens.
fn random_input(random: &mut Random) -> Msg {
    const MOVES: [Code; 15] = [
        Code::Enter,
        Code::Enter,
        Code::Enter,
        Code::Tab,
        Code::Tab,
        Code::BackTab,
        Code::Esc,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
    ];
    const LETTERS: &[char] = &[
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
        'w', 'x', 'y', 'z', '?', ' ', '@', '.', '-', '/', '0', '9', '"', '{', 'ß', '漢', '\u{301}', '🔔', '\u{202e}',
    ];
    const PASTES: [&str; 6] = ["", "a@example.com, b@example.com", "\u{1b}[31m\r\n\t", "漢字漢字漢字", "“Root”", "\0"];
    match random.roll(20) {
        0..9 => Msg::Key(Key::plain(random.pick(&MOVES))),
        9..15 => Msg::Key(Key::plain(Code::Char(random.pick(LETTERS)))),
        15 => Msg::Key(Key::plain(Code::F(u8::try_from(random.roll(13)).unwrap()))),
        16 => Msg::Key(Key::ctrl(random.pick(&['r', 'u', 'a', 'e', 'k', 'w', 'l', 'z']))),
        17 => Msg::Key(Key::plain(random.pick(&[Code::Backspace, Code::Delete]))),
        18 => Msg::Paste(if random.roll(8) == 0 { "x".repeat(3000) } else { random.pick(&PASTES).into() }),
        _ => Msg::Tick,
    }
}

/// Runs random sequences of keys. The terminal is resized now and then, and the last screen is drawn in all six sizes.
fn keys_at_random(seed: u64, sequences: usize) {
    let mut random = Random(seed);
    for number in 0..sequences {
        let name = SCENARIOS[number % SCENARIOS.len()];
        // Mostly in the four smaller sizes, because the large ones take ten times as long to draw.
        let (width, height) = SIZES[number / SCENARIOS.len() % 4];
        let mut inputs: Vec<Msg> = Vec::new();
        let result = catch_unwind(AssertUnwindSafe(|| {
            // Let time pass on the smallest screen, which is the fastest to draw.
            let mut tester = Tester::before_any_answer(account(name), 1, 1);
            if random.roll(4) != 0 {
                tester.pass(Duration::from_secs(1));
            }
            tester.resize(width, height);
            for step in 0..12 {
                let msg = random_input(&mut random);
                inputs.push(msg.clone());
                tester.send(msg);
                if tester.model.quit {
                    break;
                }
                match random.roll(6) {
                    0 => drop(tester.pass(Duration::from_millis(360))),
                    1 => {
                        let (glance_width, glance_height) = SIZES[(number + step) % SIZES.len()];
                        tester.resize(glance_width, glance_height).resize(width, height);
                    }
                    _ => {}
                }
            }
            for (width, height) in SIZES {
                tester.resize(width, height);
            }
        }));
        if let Err(panic) = result {
            let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            panic!("seed {seed}, sequence {number}, {name} at {width}×{height}: {message} after {inputs:?}");
        }
    }
}

#[test]
fn the_first_500_random_key_sequences_never_panic() {
    keys_at_random(0x0005_eed0_0f0b_e115, 500);
}

#[test]
fn the_second_500_random_key_sequences_never_panic() {
    keys_at_random(0x00d1_ce0f_7e57_1ab1, 500);
}

/// One of the three clauses of the CIS pattern, in a random spelling.
fn clause(which: usize) -> impl Strategy<Value = String> {
    let blank = || prop::sample::select(vec!["", " ", "  ", "\t"]);
    let (selector, sign, value) = [
        ("$.userIdentity.type", "=", "Root"),
        ("$.userIdentity.invokedBy", "NOT EXISTS", ""),
        ("$.eventType", "!=", "AwsServiceEvent"),
    ][which];
    (blank(), blank(), any::<bool>(), any::<bool>()).prop_map(move |(before, after, quoted, bracketed)| {
        let message = if value.is_empty() {
            format!("{selector} NOT{before} EXISTS{after}")
        } else {
            let value = if quoted { format!("\"{value}\"") } else { value.to_owned() };
            format!("{before}{selector}{before}{sign}{after}{value}{after}")
        };
        if bracketed { format!("({message})") } else { message }
    })
}

fn spellings_of_the_cis_pattern() -> impl Strategy<Value = String> {
    let all = (clause(0), clause(1), clause(2)).prop_map(|(a, b, c)| vec![a, b, c]).prop_shuffle();
    all.prop_map(|clauses| format!("{{ {} }}", clauses.join("&&")))
}

/// Random text made of the grammar's tokens, some of which is a valid pattern.
fn pattern_like_text() -> impl Strategy<Value = String> {
    let words = vec![
        "{",
        "}",
        "(",
        ")",
        "&&",
        "||",
        "$.userIdentity.type",
        "$.userIdentity.invokedBy",
        "$.eventType",
        "$.a[0]",
        "$.*",
        "$.['x.y']",
        "=",
        "!=",
        "<",
        ">=",
        "NOT",
        "EXISTS",
        "IS",
        "NULL",
        "TRUE",
        "\"Root\"",
        "Root",
        "\"AwsServiceEvent\"",
        "AwsServiceEvent",
        "\"",
        "%a+%",
        "%",
        "1e3",
        "*",
        " ",
        "“",
        "\\",
    ];
    prop::collection::vec(prop::sample::select(words), 0..24).prop_map(|words| words.join(" "))
}

fn matched_samples(pattern: &Pattern) -> Vec<bool> {
    SAMPLES.iter().map(|sample| pattern.matches(sample.json)).collect()
}

/// A fixed seed gives the same cases on every machine.
const SEED: proptest::test_runner::RngSeed = proptest::test_runner::RngSeed::Fixed(43);

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, rng_seed: SEED, ..ProptestConfig::default() })]

    #[test]
    fn every_spelling_of_the_cis_pattern_is_recognized_and_matches_the_same_events(text in spellings_of_the_cis_pattern()) {
        prop_assert_ne!(read(&text), Reading::Other(Vec::new()));
        prop_assert!(matches!(read(&text), Reading::Equivalent | Reading::CisPattern), "{}: {:?}", text, read(&text));
        let parsed = Pattern::parse(&text).map_err(|wrong| TestCaseError::fail(format!("{text}: {wrong:?}")))?;
        prop_assert_eq!(matched_samples(&parsed), matched_samples(&Pattern::parse(CIS_PATTERN).unwrap()));
    }

    #[test]
    fn an_equivalent_pattern_matches_the_same_events_and_no_text_panics(text in pattern_like_text()) {
        let reading = read(&text);
        let _ = check(&text);
        if let Ok(parsed) = Pattern::parse(&text) {
            for event in ["{}", "[]", "", "{\"a\":[1]}", SAMPLES[0].json] {
                let _ = parsed.matches(event);
            }
            if reading == Reading::Equivalent {
                prop_assert_eq!(matched_samples(&parsed), matched_samples(&Pattern::parse(CIS_PATTERN).unwrap()), "{}", text);
            }
        }
    }

    #[test]
    fn any_text_parses_or_is_rejected_at_a_valid_position(text in any::<String>()) {
        let _ = (read(&text), check(&text), normalize_quotes(&text));
        if let Err(wrong) = Pattern::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&wrong.at), "{:?}", wrong);
        }
        prop_assert_eq!(normalize_quotes(&normalize_quotes(&text)), normalize_quotes(&text));
    }

    #[test]
    fn accepted_names_follow_awss_characters_and_lengths(text in prop_oneof![any::<String>(), "[a-zA-Z0-9._/@:# -]{0,70}"]) {
        type Rule = (fn(&str) -> names::Validity, usize, &'static str);
        let rules: [Rule; 7] = [
            (names::trail, 128, "._-"),
            (names::bucket, 63, ".-"),
            (names::log_group, 512, "._-/#"),
            (names::role, 64, "_+=,.@-"),
            (names::topic, 256, "_-"),
            (|text| Email::parse(text).map(drop), 320, "@.!#$%&'*+/=?^_`{|}~-"),
            (names::kms_key, 2048, ":/-_"),
        ];
        for (rule, longest, marks) in rules {
            match rule(&text) {
                Ok(()) => {
                    prop_assert!((1..=longest).contains(&text.chars().count()), "{}", text);
                    let is_allowed = |c: char| c.is_alphanumeric() || marks.contains(c);
                    prop_assert!(text.chars().all(is_allowed), "{:?}", text);
                }
                Err(message) => prop_assert!(message.ends_with(['.', ')']), "{} is not a sentence", message),
            }
        }
        let _ = (names::filter(&text), names::alarm(&text), rootbell::domain::Region::parse(&text).is_ok());
    }

    #[test]
    fn names_that_follow_the_rules_are_accepted(
        trail in "[A-Za-z0-9]([._-]?[A-Za-z0-9]){2,60}",
        bucket in "[a-z0-9]([a-z0-9-]?[a-z0-9]){2,30}",
        role in "[A-Za-z0-9_+=,.@-]{1,64}",
        topic in "[A-Za-z0-9_-]{1,256}",
        group in "[A-Za-z0-9_][A-Za-z0-9._/#-]{0,100}",
    ) {
        prop_assert!(names::trail(&trail).is_ok() || trail.parse::<std::net::Ipv4Addr>().is_ok(), "{}", trail);
        // Prefixes and suffixes that AWS reserves.
        let is_reserved = ["sthree-", "amzn-s3-demo-"].iter().any(|start| bucket.starts_with(start))
            || ["-s3alias", "-an"].iter().any(|end| bucket.ends_with(end));
        prop_assert!(names::bucket(&bucket).is_ok() || is_reserved, "{}", bucket);
        prop_assert!(names::role(&role).is_ok(), "{}", role);
        prop_assert!(names::topic(&topic).is_ok(), "{}", topic);
        prop_assert!(names::log_group(&group).is_ok() || group.starts_with("aws/"), "{}", group);
    }

    #[test]
    fn a_decoded_event_contains_no_control_characters(line in any::<String>(), agent in any::<String>()) {
        let event = serde_json::json!({ "eventName": line, "userAgent": agent, "errorMessage": line, "eventTime": line });
        for line in [line, event.to_string()] {
            let event = RootEvent::decode(&line, "id", None);
            let texts = [&event.name, &event.source, &event.address, &event.region, &event.client, &event.id];
            prop_assert!(texts.iter().all(|text| !text.chars().any(char::is_control)), "{:?}", event);
            prop_assert!(!event.json.chars().any(|c| c.is_control() && c != '\n'), "{:?}", event.json);
            prop_assert!(event.to_json(&rootbell::domain::AccountNames::default()).is_object());
        }
    }
}
