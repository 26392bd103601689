//! The architecture rules: which layer may depend on which, how long a file may be, and that nothing is unfinished.

use std::fs;
use std::path::Path;

/// The layers, and the layers that each may use besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
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

/// The external paths, by prefix, that a layer may not use.
const MAY_NOT_USE: &[(&str, &[&str])] = &[
    ("domain", &["ratatui", "crossterm", "tokio", "futures", "clap", IO, CLOCK]),
    ("cloud", &["ratatui", "crossterm", "clap"]),
    ("engine", &["ratatui", "crossterm", "clap", IO]),
    ("app", &["ratatui", "crossterm", "tokio", "futures", "clap", IO, CLOCK]),
    ("ui", &["tokio", "futures", "clap", IO, CLOCK]),
    ("cli", &["ratatui", "crossterm"]),
];

/// Stands for the modules of the standard library that access anything outside the process.
const IO: &str = "std::{fs, io, net, process, env, thread}";
/// Stands for everything that reads the clock.
const CLOCK: &str = "std::time::{Instant, SystemTime}, Timestamp::now";

/// About 500 lines; files may exceed that slightly until they are split.
const LONGEST: usize = 520;

/// A path in the code, such as `crate::domain::plan`, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CodePath {
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
    assert!(long.is_empty(), "to be split:\n{}", long.join("\n"));
}

#[test]
fn there_are_no_todo_macros_and_no_mod_rs_files() {
    for (file, text) in sources() {
        assert!(!file.ends_with("mod.rs"), "{file}: use foo.rs next to foo/ instead of mod.rs");
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

/// The paths in a file that its layer may not use.
fn violations(file: &str, text: &str) -> Vec<String> {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let modules: Vec<&str> = inside.split('/').collect();
    let layer = modules[0];
    let allowed = MAY_USE.iter().find(|(p, _)| *p == layer).map(|(_, may)| *may);
    let Some(allowed) = allowed else { return vec![format!("{file}: `{layer}` is not a layer")] };
    let forbidden = MAY_NOT_USE.iter().find(|(p, _)| *p == layer).map_or(&[][..], |(_, prefixes)| *prefixes);
    let in_aws = inside == "cloud/aws" || inside.starts_with("cloud/aws/");
    let mut found = Vec::new();
    for CodePath { path, line } in paths(text) {
        let mut report = |what: &str| found.push(format!("{file}:{line}: {layer} may not use {what}"));
        match path_in_crate(&path, modules.len()) {
            Some([other, rest @ ..]) if MAY_USE.iter().any(|(p, _)| p == other) && other != layer => {
                if !allowed.contains(&other.as_str()) {
                    report(other);
                } else if layer == "app" && ["cloud", "engine"].contains(&other.as_str()) && !is_plain_type(rest) {
                    report(&format!("{other}::{}", rest.join("::")));
                }
            }
            Some(_) => {}
            None => {
                let full_path = path.join("::");
                let sdk = ["aws_sdk_", "aws_smithy_", "aws_config", "aws_runtime", "aws_types", "aws_credential_types"];
                if !in_aws && sdk.iter().any(|crate_| path[0].starts_with(crate_)) {
                    report(&path[0]);
                }
                if forbidden.iter().any(|name| matches_forbidden(&path, name)) {
                    report(&full_path);
                }
            }
        }
    }
    found
}

/// The rest of a path that starts at the crate's root; `None` for any other path.
fn path_in_crate(path: &[String], depth: usize) -> Option<&[String]> {
    match path[0].as_str() {
        "crate" | "rootbell" => Some(&path[1..]),
        "super" => {
            let up = path.iter().take_while(|p| *p == "super").count();
            // In a top-level module, `super` is the crate's root.
            Some(if up >= depth { &path[up..] } else { &[] })
        }
        "self" | "Self" => Some(&[]),
        _ => None,
    }
}

/// Whether the model may use it: a type, but none that makes calls.
fn is_plain_type(rest: &[String]) -> bool {
    let Some(last) = rest.iter().find(|p| p.starts_with(char::is_uppercase)) else { return false };
    !["Cloud", "Connector", "Session"].contains(&last.as_str())
}

fn matches_forbidden(path: &[String], forbidden: &str) -> bool {
    let has_prefix = |with: &[&str]| path.len() >= with.len() && path.iter().zip(with).all(|(a, b)| a == b);
    match forbidden {
        // Address types are plain values; the rest of `std::net` does I/O.
        IO if has_prefix(&["std", "net"]) => !path.last().is_some_and(|last| last.ends_with("Addr")),
        IO => ["fs", "io", "process", "env", "thread"].iter().any(|module| has_prefix(&["std", module])),
        CLOCK => {
            path.windows(2).any(|pair| pair == ["Timestamp", "now"] || pair == ["Zoned", "now"])
                || (path[0] == "std" && path.iter().any(|p| p == "Instant" || p == "SystemTime"))
        }
        name => path[0] == name,
    }
}

/// All paths with at least two segments; `use` groups are expanded.
fn paths(text: &str) -> Vec<CodePath> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_word(&tokens[at].0) {
            at = path(&tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found.retain(|named| named.path.len() > 1);
    found
}

/// Reads the path that starts at this token; returns the index after it.
fn path(tokens: &[(String, usize)], mut at: usize, before: &[String], found: &mut Vec<CodePath>) -> usize {
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
                    at = if is_word(token) { self::path(tokens, at, &path, found) } else { at + 1 };
                }
                return at;
            }
            Some(next) if is_word(next) => {
                path.push(next.to_owned());
                at += 2;
            }
            _ => {
                at += 1;
                break;
            }
        }
    }
    found.push(CodePath { path, line });
    at
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The tokens of the code with their lines, without comments, strings, and lifetimes.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let starts_with = |at: usize, what: &str| what.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    while at < chars.len() {
        let from = at;
        let start_line = line;
        match chars[at] {
            '/' if starts_with(at, "//") => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            '/' if starts_with(at, "/*") => {
                let mut depth = 0;
                loop {
                    if starts_with(at, "/*") {
                        depth += 1;
                        at += 2;
                    } else if starts_with(at, "*/") {
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
            'r' if starts_with(at, "r\"") || starts_with(at, "r#\"") || starts_with(at, "r##\"") => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                let end = format!("\"{}", "#".repeat(hashes));
                at += 2 + hashes;
                while at < chars.len() && !starts_with(at, &end) {
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
                // A lifetime has no closing quote after its first letter.
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
                found.push((chars[from..at].iter().collect(), start_line));
            }
            ':' if starts_with(at, "::") => {
                at += 2;
                found.push(("::".to_owned(), start_line));
            }
            c => {
                at += 1;
                if !c.is_whitespace() {
                    found.push((c.to_string(), start_line));
                }
            }
        }
        line += chars[from..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}
