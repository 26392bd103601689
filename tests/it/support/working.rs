//! The program on a demo account that is set up.

use super::program::Program;

/// A demo account that is set up, in a file. Nothing takes time but the alarm's evaluation: a second.
pub fn demo(more: &str) -> Program {
    let account = format!(
        "region = \"eu-west-1\"\n[timing]\nevaluated_after = 1\n[set_up]\nemails = [\"a@example.com\"]\nat = -86400\n\
         [regions.eu-west-1.topics.rootbell-alerts]\n\
         subscriptions = [{{ endpoint = \"a@example.com\", state = \"confirmed\" }}]\n{more}"
    );
    Program::new(&["--demo=./account.toml"]).file("account.toml", &account).env("TZ", "UTC")
}
