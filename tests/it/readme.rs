//! README.md and docs/ match the program: keys, output, JSON fields, commands, and links. `just screens` rewrites what is
//! generated from the code.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::thread;

use regex_lite::Regex;
use rootbell::app::keymap::{BINDINGS, Context};
use rootbell::domain::arn::Arn;
use rootbell::domain::plan::cost::monthly;
use rootbell::domain::plan::plan;
use rootbell::domain::{Identity, Observed, Region, Settings, SetupOptions, cost};
use serde_json::Value;

use crate::support::kept::{keep, path};
use crate::support::program::Program;
use crate::support::pty::key;
use crate::support::working;

/// Everything the demo accounts are called.
const ACCOUNTS: [&str; 8] =
    ["fresh", "half-done", "organization", "denied", "expired", "drifted", "other-region", "ringing"];

fn read(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap().replace("\r\n", "\n")
}

/// The Markdown files of a directory, as paths from the root of the repository.
fn markdown_in(directory: &str) -> Vec<String> {
    let files = std::fs::read_dir(path(directory)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|e| e == "md"));
    names.sort();
    names.into_iter().map(|name| if directory.is_empty() { name } else { format!("{directory}/{name}") }).collect()
}

/// What users read: the README and docs/.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    pages.extend(markdown_in("docs"));
    pages
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

/// The text with everything between two markers replaced.
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

/// The README's sentence about the cost of a new setup.
fn cost_of_setup() -> String {
    let caller = Identity { account: "123456789012".into(), arn: Arn::default(), alias: None };
    let nothing = Observed::nothing();
    let settings = Settings::resolve(&caller, &Region::new("us-east-1"), &SetupOptions::default(), &nothing);
    let fresh = monthly(&plan(&settings, &nothing)).unwrap();
    format!("A new setup costs {fresh}.\n")
}

/// The table in docs/costs.md.
fn prices() -> String {
    let mut text = format!("These are the prices in US dollars for us-east-1. {}\n", cost::BASIS);
    text += "Follow the links for current prices and other Regions.\n\n| Item | Price | Note | Source |\n|---|---|---|---|\n";
    for price in cost::ALL {
        let (service, page) = price.source;
        let _ = writeln!(text, "| {} | {} | {} | [{service}]({page}) |", price.item, price.in_table(), price.note);
    }
    text
}

#[test]
fn the_list_of_keys_is_the_programs() {
    keep("docs/keys.md", &between(&read("docs/keys.md"), "<!-- keys:", "<!-- /keys -->", &keys()));
}

#[test]
fn the_output_and_the_costs_shown_in_the_readme_and_the_docs_are_the_programs() {
    let texts: Vec<(String, String)> = pages().into_iter().map(|page| (read(&page), page)).collect();
    let shown: Vec<(&str, &str)> = texts
        .iter()
        .flat_map(|(text, page)| blocks(text, "console").into_iter().map(move |block| (page.as_str(), block)))
        .collect();
    assert!(shown.len() >= 6, "{}", shown.len());
    let replays: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = shown.iter().map(|(_, block)| scope.spawn(|| replayed(block))).collect();
        running.into_iter().map(|replay| replay.join().unwrap()).collect()
    });
    for (text, page) in &texts {
        let mut made = text.clone();
        match page.as_str() {
            "README.md" => made = between(&made, "<!-- cost:", "<!-- /cost -->", &cost_of_setup()),
            "docs/costs.md" => made = between(&made, "<!-- prices:", "<!-- /prices -->", &prices()),
            _ => {}
        }
        for ((_, block), replay) in shown.iter().zip(&replays).filter(|((on, _), _)| on == page) {
            made = made.replace(&format!("```console\n{block}```"), &format!("```console\n{replay}```"));
        }
        // A page without output is left to the tests that generate it.
        if made != *text {
            keep(page, &made);
        }
    }
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
        let ended =
            if sure && !words.contains(&"--yes") { program.arg("--yes") } else { program }.output().well_behaved();
        assert!(matches!(ended.status, Some(0 | 3)), "{command}: {ended:#?}");
        return;
    }
    if words.first() == Some(&"confirm") {
        crate::confirm::with_link(&words[1..]).output().exits(0);
        return;
    }
    let demo = if words.iter().any(|word| word.starts_with("--demo")) { None } else { Some("--demo") };
    let program = Program::new(&words.iter().copied().chain(demo).collect::<Vec<_>>());
    let is_command = words.iter().any(|word| !word.starts_with('-') && !["prod", "eu-west-1"].contains(word));
    if !is_command && !words.iter().any(|word| ["--version", "--help"].contains(word)) {
        let mut terminal = program.pty(80, 24);
        terminal.wait_for("123456789012");
        terminal.press("q");
        assert_eq!(terminal.wait_exit().code, 0, "{command}");
    } else if words.contains(&"apply") && !words.contains(&"--yes") && !words.contains(&"--help") {
        let mut terminal = program.args(["--email", "a@example.com"]).pty(160, 50);
        terminal.wait_for("[y/N]");
        terminal.press(key::ENTER);
        assert_eq!(terminal.wait_exit().code, 1, "{command}");
    } else {
        let ended = if words == ["apply", "--json"] { program.arg("--yes") } else { program }.output().well_behaved();
        assert!(matches!(ended.status, Some(0 | 3)), "{command}: {ended:#?}");
    }
}

#[test]
fn every_command_in_the_readme_and_the_docs_runs() {
    let mut commands: Vec<String> = pages().iter().flat_map(|page| commands(&read(page))).collect();
    commands.sort();
    commands.dedup();
    let (ours, others): (Vec<&String>, Vec<&String>) = commands.iter().partition(|c| c.starts_with("rootbell"));
    assert!(ours.len() >= 12, "{ours:?}");
    thread::scope(|scope| {
        for command in ours {
            scope.spawn(move || try_out(command));
        }
    });
    for command in others {
        // These build or test the program, as this test run just did.
        let known = ["cargo run --release", "cargo demo", "cargo test", "cargo install --locked --path ."];
        assert!(known.contains(&command.as_str()), "no test runs `{command}`");
    }
}

#[test]
fn every_recipe_and_file_that_is_named_exists() {
    let recipes = std::fs::read_to_string(path("justfile")).unwrap();
    let recipe = Regex::new(r"`just ([a-z-]+)").unwrap();
    let link = Regex::new(r"\]\(([^)#]+)(#[^)]*)?\)").unwrap();
    let files: Vec<String> = ["", "docs", "bench"].into_iter().flat_map(markdown_in).collect();
    assert!(files.len() >= 10, "{files:?}");
    for file in files {
        let text = read(&file);
        for found in recipe.captures_iter(&text) {
            let name = &found[1];
            assert!(recipes.lines().any(|line| line.starts_with(name) && line.contains(':')), "{file}: just {name}");
        }
        let from = PathBuf::from(&file).parent().unwrap().to_owned();
        for target in link.captures_iter(&text).filter(|found| !found[1].starts_with("http")) {
            assert!(path("").join(&from).join(&target[1]).exists(), "{file}: {}", &target[1]);
        }
    }
}

/// A row of a field table in docs/json.md.
#[derive(Clone, Debug)]
struct Field {
    /// As in `checks[].id`.
    path: String,
    /// As in "string or null".
    kind: String,
    /// The values that it can have; empty if it can have any.
    values: Vec<String>,
    optional: bool,
}

impl Field {
    fn parse(row: &str) -> Self {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (kind, values) = cells[1].split_once(": ").unwrap_or((cells[1], ""));
        let required = kind.strip_suffix(", optional");
        Self {
            path: cells[0].trim_matches('`').to_owned(),
            kind: required.unwrap_or(kind).to_owned(),
            values: values.split(", ").filter(|v| !v.is_empty()).map(|v| v.trim_matches('`').to_owned()).collect(),
            optional: required.is_some(),
        }
    }

    fn allows(&self, value: &Value) -> bool {
        let of = |kind: &str| match kind {
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            "array of strings" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            "array of objects" => value.as_array().is_some_and(|all| all.iter().all(Value::is_object)),
            other => panic!("`{}` in docs/json.md: unknown type {other:?}", self.path),
        };
        let listed = self.values.is_empty() || value.as_str().is_none_or(|v| self.values.iter().any(|l| l == v));
        listed && self.kind.split(" or ").any(of)
    }
}

/// The lines of the tables with this header in docs/json.md, each with the heading that it is under.
fn table_rows(header: &str) -> Vec<(String, String)> {
    let (mut heading, mut inside, mut rows) = (String::new(), false, Vec::new());
    for line in read("docs/json.md").lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.trim_matches('`').clone_into(&mut heading);
        }
        inside = line == header || (inside && line.starts_with('|'));
        if inside && line.starts_with("| `") {
            rows.push((heading.clone(), line.to_owned()));
        }
    }
    rows
}

/// The fields that docs/json.md lists for a command, with those that every command has.
fn documented(command: &str) -> Vec<Field> {
    let rows = table_rows("| Field | Type | Meaning |");
    let own = rows.iter().filter(|(heading, _)| heading == command).count();
    assert!(own > 3, "docs/json.md has no fields for `{command}`");
    rows.iter()
        .filter(|(heading, _)| heading == command || heading.is_empty())
        .map(|(_, row)| Field::parse(row))
        .collect()
}

/// Every field of a value with its path, at any depth, except what is inside of CloudTrail's own events.
fn fields_of(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                found.push((path.clone(), inner.clone()));
                if name != "raw" {
                    fields_of(inner, &path, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields_of(item, &format!("{at}[]"), found)),
        _ => {}
    }
}

/// What these runs of the program print as JSON. One that fails before it has a result prints nothing.
fn printed_json(programs: Vec<Program>) -> Vec<Value> {
    thread::scope(|scope| {
        let running: Vec<_> =
            programs.into_iter().map(|program| scope.spawn(|| program.output().well_behaved())).collect();
        let ended = running.into_iter().map(|run| run.join().unwrap());
        ended.filter(|ended| !ended.stdout.is_empty()).map(|ended| ended.json()).collect()
    })
}

/// Runs a command on every demo account.
fn on_every_account(command: &str) -> Vec<Program> {
    let on = |account: &&str| command.split(' ').fold(Program::new(&[&format!("--demo={account}")]), Program::arg);
    ACCOUNTS.iter().map(on).collect()
}

#[test]
fn every_field_of_the_json_output_is_documented_and_every_documented_field_occurs() {
    let working_account = |args: &str| args.split(' ').fold(working::demo(""), Program::arg);
    let apply = |account: &str| Program::new(&["apply", "--yes", "--email", "a@example.com", "--json", account]);
    let mut failed_test = on_every_account("test --json --timeout 1");
    failed_test.truncate(1);
    let plans = ["plan --format json", "destroy --format json"];
    let cases: [(&str, Vec<Program>); 7] = [
        ("rootbell status --json", on_every_account("status --json --trust arn:aws:sns:eu-west-1:210987654321:pages")),
        ("rootbell plan --format json", plans.into_iter().flat_map(on_every_account).collect()),
        (
            "rootbell apply --json",
            vec![
                apply("--demo=drifted"),
                apply("--demo=other-region"),
                apply("--demo=denied"),
                working_account("destroy --yes --with-logs --json"),
            ],
        ),
        (
            "rootbell test --json",
            failed_test
                .into_iter()
                .chain([working_account("test --json"), working_account("test --drill --yes --json")])
                .chain(["", "[faults]\nPutEvents = \"deny\"\n"].map(|more| {
                    "test --drill --yes --json".split(' ').fold(working::demo_with_events(more), Program::arg)
                }))
                .collect(),
        ),
        ("rootbell confirm --json", vec![crate::confirm::with_link(&["--json"])]),
        ("rootbell events --json", on_every_account("events --json --since 2w")),
        ("rootbell doctor --json", on_every_account("doctor --json")),
    ];
    for (command, programs) in cases {
        let documented = documented(command);
        let mut seen = Vec::new();
        for value in printed_json(programs) {
            fields_of(&value, "", &mut seen);
        }
        for (path, value) in &seen {
            let field = documented.iter().find(|field| field.path == *path);
            let field = field.unwrap_or_else(|| panic!("`{command}` prints `{path}`, which docs/json.md doesn't list"));
            assert!(field.allows(value), "`{command}` prints {value} for {field:#?}");
        }
        let seen: BTreeSet<&str> = seen.iter().map(|(path, _)| path.as_str()).collect();
        let never_printed: Vec<&Field> =
            documented.iter().filter(|f| !f.optional && !seen.contains(f.path.as_str())).collect();
        assert!(never_printed.is_empty(), "`{command}` never prints {never_printed:#?}");
    }
}

#[test]
fn every_check_is_documented() {
    let status = &printed_json(vec![Program::new(&["status", "--json", "--demo=ringing"])])[0];
    let checks = status["checks"].as_array().unwrap();
    // One table for each thing that checks count toward, in the order of the checks.
    let of = |counts| checks.iter().filter(move |check| check["counts"] == counts);
    let made: Vec<&str> =
        of("alerting").chain(of("audit")).chain(of("advice")).map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(made.len(), checks.len());
    let rows = table_rows("| ID | What is checked |");
    let listed: Vec<&str> = rows.iter().map(|(_, row)| row.split('`').nth(1).unwrap()).collect();
    assert_eq!(listed, made);
}

#[test]
fn a_field_that_the_documentation_lacks_or_describes_wrongly_is_noticed() {
    let field = Field::parse("| `checks[].verdict` | string or null: `ok`, `wrong` | the result |");
    assert_eq!((field.path.as_str(), field.optional), ("checks[].verdict", false));
    assert!(field.allows(&"ok".into()) && field.allows(&Value::Null));
    assert!(!field.allows(&"other".into()) && !field.allows(&true.into()));
    assert!(Field::parse("| `demo` | boolean, optional | |").optional);
    let mut found = Vec::new();
    fields_of(&serde_json::json!({ "a": [{ "b": { "c": 1 } }], "raw": { "d": 1 } }), "", &mut found);
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["a", "a[].b", "a[].b.c", "raw"]);
}
