//! The program on a demo account with a working setup.

use super::program::Program;

/// The program on a demo account with a working setup, in a file. Only the alarm's evaluation takes time: one second.
pub fn demo(more: &str) -> Program {
    demo_with("no", more)
}

/// The same with event rules.
pub fn demo_with_events(more: &str) -> Program {
    demo_with("changes", more)
}

fn demo_with(events: &str, more: &str) -> Program {
    let account = format!(
        "region = \"eu-west-1\"\n[timing]\nevaluated_after = 1\n[set_up]\nemails = [\"a@example.com\"]\nat = -86400\n\
         events = \"{events}\"\n[regions.eu-west-1.topics.rootbell-alerts]\n\
         subscriptions = [{{ endpoint = \"a@example.com\", state = \"confirmed\" }}]\n{more}"
    );
    Program::new(&["--demo=./account.toml"]).file("account.toml", &account).env("TZ", "UTC")
}
