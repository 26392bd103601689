//! Any text is either parsed as a pattern or rejected with a position inside the text; a pattern considered equivalent
//! to the CIS pattern matches the same sample events.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rootbell::domain::filter_pattern::Pattern;
use rootbell::domain::pattern::{Reading, read};
use rootbell::domain::samples::SAMPLES;

fuzz_target!(|text: &str| {
    let reading = read(text);
    match Pattern::parse(text) {
        Ok(pattern) => {
            let matches = SAMPLES.map(|sample| pattern.matches(sample.json));
            if reading == Reading::Equivalent {
                assert_eq!(matches, SAMPLES.map(|sample| sample.should_match), "{text}");
            }
        }
        Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.at), "{error:?}"),
    }
});
