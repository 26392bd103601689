//! Whatever is given as a pattern is read, or refused where it goes wrong; what is read as the auditors' pattern in other
//! words rings for the same events.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rootbell::domain::filter_pattern::Pattern;
use rootbell::domain::pattern::{Reading, read};
use rootbell::domain::samples::SAMPLES;

fuzz_target!(|text: &str| {
    let reading = read(text);
    match Pattern::parse(text) {
        Ok(pattern) => {
            let rings = SAMPLES.map(|sample| pattern.matches(sample.json));
            if reading == Reading::Equivalent {
                assert_eq!(rings, SAMPLES.map(|sample| sample.rings), "{text}");
            }
        }
        Err(wrong) => assert!((1..=text.chars().count() + 1).contains(&wrong.at), "{wrong:?}"),
    }
});
