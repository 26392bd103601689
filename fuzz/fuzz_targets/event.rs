//! Decoding any log line gives text without control characters, which is safe to print in a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rootbell::domain::event::RootEvent;

fuzz_target!(|line: &str| {
    let event = RootEvent::decode(line, "id", None);
    for text in [&event.name, &event.source, &event.address, &event.region, &event.client, &event.id] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert!(!event.json.chars().any(|c| c.is_control() && c != '\n'), "{:?}", event.json);
    assert!(event.to_json().is_object());
});
