//! The architecture rules: which layer may depend on which, how long a file may be, and that nothing is unfinished.

use code::{CodePath, Source, macros, paths, sources};
use modules::{Dependencies, cycles, dependencies, describe};

mod code;
mod modules;

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

#[test]
fn layers_depend_only_on_what_they_may() {
    let mut broken = Vec::new();
    for Source { file, text } in sources() {
        broken.extend(violations(&file, &text));
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn no_file_is_much_longer_than_500_lines() {
    let mut long: Vec<String> = Vec::new();
    for Source { file, text } in sources() {
        let lines = text.lines().count();
        if lines > LONGEST {
            long.push(format!("{file}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "to be split:\n{}", long.join("\n"));
}

#[test]
fn there_are_no_todo_macros_and_no_mod_rs_files() {
    for Source { file, text } in sources() {
        assert!(!file.ends_with("mod.rs"), "{file}: use foo.rs next to foo/ instead of mod.rs");
        for (name, line) in macros(&text) {
            assert!(!["todo", "unimplemented", "dbg"].contains(&name.as_str()), "{file}:{line}: {name}!");
        }
    }
}

#[test]
fn no_files_depend_on_each_other_in_a_cycle() {
    let all = dependencies(&sources());
    let found: Vec<String> = cycles(&all).iter().map(|cycle| describe(&all, cycle)).collect();
    assert!(found.is_empty(), "{} cycles:\n{}", found.len(), found.join("\n"));
}

fn dependencies_of(files: &[(&str, &str)]) -> Dependencies {
    let source = |&(file, text): &(&str, &str)| Source { file: file.to_owned(), text: text.to_owned() };
    dependencies(&files.iter().map(source).collect::<Vec<_>>())
}

#[test]
fn a_cycle_is_reported_with_the_lines_that_cause_it() {
    let lib = ("src/lib.rs", "mod a;\nmod b;\nmod c;");
    let found = dependencies_of(&[
        lib,
        ("src/a.rs", "use std::fmt;\nuse crate::b::B;\npub struct A(B);"),
        ("src/b.rs", "pub struct B;\nfn f() { let _ = format!(\"{}\", crate::c::g()); }"),
        ("src/c.rs", "use crate::a;\npub fn g() -> Option<a::A> { None }"),
    ]);
    let cycles = cycles(&found);
    assert_eq!(cycles.len(), 1);
    let wanted = "src/a.rs -> src/b.rs -> src/c.rs -> src/a.rs\n    src/a.rs:2 uses crate::b::B\n    \
                  src/b.rs:2 uses crate::c::g\n    src/c.rs:2 uses a::A";
    assert_eq!(describe(&found, &cycles[0]), wanted);
}

#[test]
fn a_parent_may_reexport_its_children_but_not_call_children_that_use_it() {
    let files = |parent, child| {
        let other = ("src/a/c.rs", "pub struct X;\nimpl X { pub fn new() -> Self { X } }");
        dependencies_of(&[("src/lib.rs", "pub mod a;"), ("src/a.rs", parent), ("src/a/b.rs", child), other])
    };
    let accepted = [
        ("mod b; mod c; pub use b::f; pub use c::X;", "use super::X; pub fn f() -> X { X::new() }"),
        ("mod b; mod c; pub use c::X; pub fn g() { b::f() }", "pub fn f() { let _ = super::X::new(); }"),
        ("mod b; mod c; pub struct Y;", "use super::*; pub fn f(_: Y) {}"),
        (
            "mod b; mod c; pub fn g() { b::f() } pub struct Y;",
            "pub fn f() {} #[cfg(test)] mod tests { use super::super::Y; }",
        ),
    ];
    for (parent, child) in accepted {
        assert_eq!(cycles(&files(parent, child)), Vec::<Vec<String>>::new(), "{parent} / {child}");
    }
    let rejected = [
        ("mod b; mod c; pub fn g() { b::f(Y) } pub struct Y;", "use super::Y; pub fn f(_: Y) {}"),
        ("mod b; mod c; use b::f; pub fn g() { f(Y) } pub struct Y;", "pub fn f(_: crate::a::Y) {}"),
        ("mod b; mod c; use self::b as d; pub fn g() { d::f(Y) } pub struct Y;", "use super::*; pub fn f(_: Y) {}"),
    ];
    for (parent, child) in rejected {
        assert_eq!(cycles(&files(parent, child)), [["src/a.rs", "src/a/b.rs", "src/a.rs"]], "{parent} / {child}");
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
        (
            "src/domain/plan.rs",
            "/// See [`crate::cloud::Cloud`]. \n// use crate::ui;\n/* crate::ui /* nested */ */ struct S;",
        ),
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
