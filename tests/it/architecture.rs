//! The house rules: who may know whom, how long a file may be, and that nothing is left unwritten.

use std::fs;
use std::path::Path;

/// The parts of the house, and whom each may know. Each may know itself.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("cloud", &["domain"]),
    ("engine", &["cloud", "domain"]),
    ("app", &["cloud", "domain", "engine"]),
    ("ui", &["app", "domain"]),
    ("cli", &["cloud", "domain", "engine"]),
    ("runtime", &["app", "cloud", "domain", "engine", "ui"]),
    ("main", &["cli", "runtime", "ui"]),
    ("lib", &["app", "cli", "cloud", "domain", "engine", "runtime", "ui"]),
];

/// What a part may not name of the world outside: the beginnings of paths.
const MAY_NOT_NAME: &[(&str, &[&str])] = &[
    ("domain", &["ratatui", "crossterm", "tokio", "futures", "clap", IO, CLOCK]),
    ("cloud", &["ratatui", "crossterm", "clap"]),
    ("engine", &["ratatui", "crossterm", "clap", IO]),
    ("app", &["ratatui", "crossterm", "tokio", "futures", "clap", IO, CLOCK]),
    ("ui", &["tokio", "futures", "clap", IO, CLOCK]),
    ("cli", &["ratatui", "crossterm"]),
];

/// Stands for the standard library's ways out of the process.
const IO: &str = "std::{fs, io, net, process, env, thread}";
/// Stands for everything that tells the time.
const CLOCK: &str = "std::time::{Instant, SystemTime}, Timestamp::now";

/// About 500 lines; a few more are borne until it is split.
const LONGEST: usize = 520;

/// A path in the code, as in `crate::domain::plan`, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    path: Vec<String>,
    line: usize,
}

#[test]
fn layers_depend_only_on_what_they_may() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        broken.extend(violations(&file, &text));
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn no_file_is_much_longer_than_500_lines() {
    let mut long: Vec<String> = Vec::new();
    for (file, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST {
            long.push(format!("{file}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "wants splitting:\n{}", long.join("\n"));
}

#[test]
fn there_are_no_todo_macros_and_no_mod_rs_files() {
    for (file, text) in sources() {
        assert!(!file.ends_with("mod.rs"), "{file}: foo.rs beside foo/, no mod.rs");
        for pair in tokens(&text).windows(2) {
            let unwritten = ["todo", "unimplemented", "dbg"].contains(&pair[0].0.as_str()) && pair[1].0 == "!";
            assert!(!unwritten, "{file}:{}: {}!", pair[0].1, pair[0].0);
        }
    }
}

#[test]
fn a_line_that_breaks_a_rule_is_caught() {
    let cases: [(&str, &str, &str); 16] = [
        ("src/domain/plan.rs", "use crate::cloud::Cloud;", "cloud"),
        ("src/domain/plan.rs", "use crate::{cloud::Cloud, domain::Plan};", "cloud"),
        ("src/domain/plan.rs", "fn f() { std::fs::read(\"x\"); }", "std::fs"),
        ("src/domain/plan.rs", "use std::{fmt, io::{Write}};", "std::io"),
        ("src/domain/plan.rs", "let now = jiff::Timestamp::now();", "Timestamp::now"),
        ("src/domain.rs", "use super::cloud;", "cloud"),
        ("src/domain/plan.rs", "use super::super::cloud::Cloud;", "cloud"),
        ("src/app/update.rs", "use std::time::{Duration, Instant};", "Instant"),
        ("src/app/update.rs", "use tokio::sync::mpsc;", "tokio"),
        ("src/app/update.rs", "use crate::cloud::Cloud;", "cloud::Cloud"),
        ("src/app/update.rs", "crate::engine::observe(cloud)", "engine::observe"),
        ("src/app/update.rs", "use crate::engine::{Look, run};", "engine::run"),
        ("src/ui/step.rs", "use crate::cloud::CloudError;", "cloud"),
        ("src/cli/plan.rs", "let x = crate::ui::Theme::dark();", "ui"),
        ("src/engine/run.rs", "use aws_sdk_s3::Client;", "aws_sdk_s3"),
        ("src/cloud/demo/look.rs", "use aws_smithy_types::DateTime;", "aws_smithy_types"),
    ];
    for (file, line, named) in cases {
        let found = violations(file, line);
        assert!(found.len() == 1 && found[0].contains(named), "{file}: {line}: {found:?}");
    }
}

#[test]
fn a_line_that_follows_the_rules_is_accepted() {
    let cases = [
        ("src/domain/plan.rs", "use super::change::{Change, Step};"),
        ("src/domain/plan.rs", "/// See [`crate::cloud::Cloud`]. \n// use crate::ui;\n/* crate::ui /* nested */ */"),
        (
            "src/domain/plan.rs",
            "let s = \"crate::ui::x\"; let r = r#\"crate::\"ui\"#; let c = '\"'; crate::domain::x()",
        ),
        ("src/domain/plan.rs", "fn longest<'a>(x: &'a str) -> &'a str { change.aws_cli(place) }"),
        ("src/app/update.rs", "use crate::engine::{Progress, run::State}; use crate::cloud::{CloudError, Target};"),
        ("src/cloud/aws/s3.rs", "use aws_sdk_s3::Client; use crate::domain::Change;"),
        ("src/cloud/aws.rs", "use aws_config::SdkConfig;"),
        ("src/main.rs", "use rootbell::cli; use rootbell::ui::Theme;"),
        ("src/domain/names.rs", "value.parse::<std::net::Ipv4Addr>()"),
    ];
    for (file, line) in cases {
        assert_eq!(violations(file, line), Vec::<String>::new(), "{file}: {line}");
    }
}

#[test]
fn use_groups_and_line_numbers_are_parsed_correctly() {
    let found = paths("use a::{b, c::{self, d}};\nx::y()");
    let plain: Vec<(String, usize)> = found.iter().map(|n| (n.path.join("::"), n.line)).collect();
    let wanted = [("a::b", 1), ("a::c::self", 1), ("a::c::d", 1), ("x::y", 2)];
    assert_eq!(plain, wanted.map(|(path, line)| (path.to_owned(), line)));
}

/// Every source file: its path from the package's root, and its text.
fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20, "the sources are found");
    found
}

/// What a file names that its part of the house may not.
fn violations(file: &str, text: &str) -> Vec<String> {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let modules: Vec<&str> = inside.split('/').collect();
    let part = modules[0];
    let known = MAY_KNOW.iter().find(|(p, _)| *p == part).map(|(_, may)| *may);
    let Some(known) = known else { return vec![format!("{file}: `{part}` is no part of the house")] };
    let forbidden = MAY_NOT_NAME.iter().find(|(p, _)| *p == part).map_or(&[][..], |(_, names)| *names);
    let in_aws = inside == "cloud/aws" || inside.starts_with("cloud/aws/");
    let mut found = Vec::new();
    for Named { path, line } in paths(text) {
        let mut say = |what: &str| found.push(format!("{file}:{line}: {part} may not name {what}"));
        match at_home(&path, modules.len()) {
            Some([other, rest @ ..]) if MAY_KNOW.iter().any(|(p, _)| p == other) && other != part => {
                if !known.contains(&other.as_str()) {
                    say(other);
                } else if part == "app" && ["cloud", "engine"].contains(&other.as_str()) && !a_message(rest) {
                    say(&format!("{other}::{}", rest.join("::")));
                }
            }
            Some(_) => {}
            None => {
                let whole = path.join("::");
                let sdk = ["aws_sdk_", "aws_smithy_", "aws_config", "aws_runtime", "aws_types", "aws_credential_types"];
                if !in_aws && sdk.iter().any(|crate_| path[0].starts_with(crate_)) {
                    say(&path[0]);
                }
                if forbidden.iter().any(|name| names(&path, name)) {
                    say(&whole);
                }
            }
        }
    }
    found
}

/// The rest of a path that begins at the crate's root; `None` for one that does not.
fn at_home(path: &[String], depth: usize) -> Option<&[String]> {
    match path[0].as_str() {
        "crate" | "rootbell" => Some(&path[1..]),
        "super" => {
            let up = path.iter().take_while(|p| *p == "super").count();
            // `super` in a file of the root module's leads to the root.
            Some(if up >= depth { &path[up..] } else { &[] })
        }
        "self" | "Self" => Some(&[]),
        _ => None,
    }
}

/// Whether the model may carry it: a type, and none of those that do something.
fn a_message(rest: &[String]) -> bool {
    let Some(last) = rest.iter().find(|p| p.starts_with(char::is_uppercase)) else { return false };
    !["Cloud", "Connector", "Session"].contains(&last.as_str())
}

fn names(path: &[String], forbidden: &str) -> bool {
    let begins = |with: &[&str]| path.len() >= with.len() && path.iter().zip(with).all(|(a, b)| a == b);
    match forbidden {
        // An address is a value; what is done with one is not.
        IO if begins(&["std", "net"]) => !path.last().is_some_and(|last| last.ends_with("Addr")),
        IO => ["fs", "io", "process", "env", "thread"].iter().any(|module| begins(&["std", module])),
        CLOCK => {
            path.windows(2).any(|pair| pair == ["Timestamp", "now"] || pair == ["Zoned", "now"])
                || (path[0] == "std" && path.iter().any(|p| p == "Instant" || p == "SystemTime"))
        }
        name => path[0] == name,
    }
}

/// All paths of two words and more, those in `use` groups one by one.
fn paths(text: &str) -> Vec<Named> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if word(&tokens[at].0) {
            at = path(&tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found.retain(|named| named.path.len() > 1);
    found
}

/// Reads the path that begins at a word; gives where it ends.
fn path(tokens: &[(String, usize)], mut at: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    let line = tokens[at].1;
    let mut path = before.to_vec();
    path.push(tokens[at].0.clone());
    at += 1;
    while tokens.get(at).is_some_and(|t| t.0 == "::") {
        match tokens.get(at + 1).map(|t| t.0.as_str()) {
            Some("{") => {
                at += 2;
                while let Some((token, _)) = tokens.get(at) {
                    if token == "}" {
                        return at + 1;
                    }
                    at = if word(token) { self::path(tokens, at, &path, found) } else { at + 1 };
                }
                return at;
            }
            Some(next) if word(next) => {
                path.push(next.to_owned());
                at += 2;
            }
            _ => {
                at += 1;
                break;
            }
        }
    }
    found.push(Named { path, line });
    at
}

fn word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words and signs of the code with their lines, without comments, texts and lifetimes.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let is = |at: usize, what: &str| what.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    while at < chars.len() {
        let from = at;
        let begun = line;
        match chars[at] {
            '/' if is(at, "//") => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            '/' if is(at, "/*") => {
                let mut depth = 0;
                loop {
                    if is(at, "/*") {
                        depth += 1;
                        at += 2;
                    } else if is(at, "*/") {
                        depth -= 1;
                        at += 2;
                    } else {
                        at += 1;
                    }
                    if depth == 0 || at >= chars.len() {
                        break;
                    }
                }
            }
            'r' if is(at, "r\"") || is(at, "r#\"") || is(at, "r##\"") => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                let end = format!("\"{}", "#".repeat(hashes));
                at += 2 + hashes;
                while at < chars.len() && !is(at, &end) {
                    at += 1;
                }
                at += end.len();
            }
            '"' => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
            }
            '\'' => {
                // A lifetime has no closing quote behind its first letter.
                let literal = chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\'');
                at += 1;
                if literal {
                    while at < chars.len() && chars[at] != '\'' {
                        at += if chars[at] == '\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                at += chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                found.push((chars[from..at].iter().collect(), begun));
            }
            ':' if is(at, "::") => {
                at += 2;
                found.push(("::".to_owned(), begun));
            }
            c => {
                at += 1;
                if !c.is_whitespace() {
                    found.push((c.to_string(), begun));
                }
            }
        }
        line += chars[from..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}
