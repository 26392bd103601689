//! The README is in step with the program: its keys, its output, its commands, its links. `just screens` rewrites what
//! is made from the code.

use std::fmt::Write;
use std::path::Path;
use std::thread;

use regex_lite::Regex;
use rootbell::app::keys::{BINDINGS, Context};

use crate::support::kept::{keep, path};
use crate::support::program::Program;
use crate::support::pty::key;
use crate::support::working;

fn readme() -> String {
    std::fs::read_to_string(path("README.md")).unwrap().replace("\r\n", "\n")
}

/// The fenced blocks of a language, without their fences.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The key table, as Markdown.
fn keys() -> String {
    let mut table = "| Where | Key | What it does |\n|---|---|---|\n".to_owned();
    for context in Context::ALL {
        let mut title = format!("**{}**", context.title());
        for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
            let names: Vec<String> = binding.keys.iter().map(|key| format!("`{}`", key.name())).collect();
            let _ = writeln!(table, "| {} | {} | {} |", std::mem::take(&mut title), names.join(" "), binding.help);
        }
    }
    table
}

/// The text with what stands between two marks replaced.
fn between(text: &str, from: &str, to: &str, new: &str) -> String {
    let (before, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    let (comment_end, rest) = rest.split_once('\n').unwrap();
    let (_, after) = rest.split_once(to).unwrap_or_else(|| panic!("no {to}"));
    format!("{before}{from}{comment_end}\n{new}{to}{after}")
}

/// A line as a person types it, in a shell that finds the program.
fn in_a_shell(line: &str) -> Program {
    let here = Path::new(env!("CARGO_BIN_EXE_rootbell")).parent().unwrap().to_str().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    Program::other("sh", &["-c", line]).env("PATH", format!("{here}:{path}"))
}

/// What a command prints, without what differs from day to day.
fn printed(line: &str) -> String {
    let ended = in_a_shell(line).output();
    assert!(!ended.stdout.is_empty(), "`{line}` prints nothing: {ended:#?}");
    let moment = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").unwrap();
    moment.replace_all(&ended.stdout, "2026-11-23T08:21:00Z").into_owned()
}

/// A `console` block with the output that its commands have now.
fn replayed(block: &str) -> String {
    let commands = block.lines().filter_map(|line| line.strip_prefix("$ "));
    commands.map(|command| format!("$ {command}\n{}", printed(command))).collect::<Vec<_>>().concat()
}

#[test]
fn its_keys_and_its_output_are_the_programs() {
    let mut text = between(&readme(), "<!-- keys:", "<!-- /keys -->", &keys());
    let shown = text.clone();
    let blocks = blocks(&shown, "console");
    assert!(blocks.len() >= 6, "{}", blocks.len());
    let replays: Vec<String> = thread::scope(|scope| {
        let under_way: Vec<_> = blocks.iter().map(|block| scope.spawn(|| replayed(block))).collect();
        under_way.into_iter().map(|replay| replay.join().unwrap()).collect()
    });
    for (block, replay) in blocks.iter().zip(replays) {
        text = text.replace(&format!("```console\n{block}```"), &format!("```console\n{replay}```"));
    }
    keep("README.md", &text);
}

/// The commands of the program that the text tells a person to type: in `sh` blocks, and in its sentences.
fn commands(text: &str) -> Vec<String> {
    let span = Regex::new(r"`(rootbell(?: [^`]+)?)`").unwrap();
    let prose = Regex::new(r"(?s)```.*?```").unwrap().replace_all(text, "").into_owned();
    let spans = span.captures_iter(&prose).map(|found| found[1].to_owned());
    let mut all: Vec<String> = blocks(text, "sh").iter().flat_map(|b| b.lines()).map(str::to_owned).collect();
    all.extend(spans.filter(|s| !s.contains(" = ")));
    all.sort();
    all.dedup();
    all
}

/// Runs it on a demo account, as a person at a terminal would, and ends it.
fn try_out(command: &str) {
    let words: Vec<&str> = command.split(" > ").next().unwrap().split_whitespace().skip(1).collect();
    // These want an account that is set up, and no question.
    if let Some("test" | "events" | "destroy") = words.first().copied().filter(|_| !command.contains("--demo")) {
        let sure = words.contains(&"--drill") || (words[0] == "destroy" && !words.contains(&"--format"));
        let program = words.iter().fold(working::demo(""), Program::arg);
        let ended = if sure && !words.contains(&"--yes") { program.arg("--yes") } else { program }.output().decent();
        assert!(matches!(ended.status, Some(0 | 3)), "{command}: {ended:#?}");
        return;
    }
    let demo = if words.iter().any(|word| word.starts_with("--demo")) { None } else { Some("--demo") };
    let program = Program::new(&words.iter().copied().chain(demo).collect::<Vec<_>>());
    let is_command = words.iter().any(|word| !word.starts_with('-') && !["prod", "eu-west-1"].contains(word));
    if !is_command && !words.iter().any(|word| ["--version", "--help"].contains(word)) {
        let mut terminal = program.pty(80, 24);
        terminal.wait_for("Already here");
        terminal.press("q");
        assert_eq!(terminal.wait_exit().code, 0, "{command}");
    } else if words.contains(&"apply") && !words.contains(&"--yes") && !words.contains(&"--help") {
        let mut terminal = program.args(["--email", "a@example.com"]).pty(160, 50);
        terminal.wait_for("[y/N]");
        terminal.press(key::ENTER);
        terminal.wait_for("Nothing is changed.");
    } else {
        let ended = if words == ["apply", "--json"] { program.arg("--yes") } else { program }.output().decent();
        assert!(matches!(ended.status, Some(0 | 3)), "{command}: {ended:#?}");
    }
}

#[test]
fn every_command_in_it_runs() {
    let text = readme();
    let commands = commands(&text);
    let (ours, others): (Vec<&String>, Vec<&String>) = commands.iter().partition(|c| c.starts_with("rootbell"));
    assert!(ours.len() >= 12, "{ours:?}");
    thread::scope(|scope| {
        for command in ours {
            scope.spawn(move || try_out(command));
        }
    });
    for command in others {
        // What builds or tests the whole is what is running here.
        let known =
            ["cargo run --release", "cargo run --release -- --demo", "cargo test", "cargo install --locked --path ."];
        assert!(known.contains(&command.as_str()), "`{command}` is tried out by nobody");
    }
}

#[test]
fn every_recipe_and_file_that_is_named_is_there() {
    let recipes = std::fs::read_to_string(path("justfile")).unwrap();
    let recipe = Regex::new(r"`just ([a-z-]+)").unwrap();
    let link = Regex::new(r"\]\(([^)#]+)\)").unwrap();
    for file in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"] {
        let text = std::fs::read_to_string(path(file)).unwrap();
        for found in recipe.captures_iter(&text) {
            let name = &found[1];
            assert!(recipes.lines().any(|line| line.starts_with(name) && line.contains(':')), "{file}: just {name}");
        }
        for target in link.captures_iter(&text).filter(|found| !found[1].starts_with("http")) {
            assert!(path(&target[1]).exists(), "{file}: {}", &target[1]);
        }
    }
}
