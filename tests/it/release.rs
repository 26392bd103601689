//! What a release consists of: the scripts that the release workflow runs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::kept::path;

#[test]
fn an_archive_contains_the_program_its_completions_and_a_man_page_for_each_command() {
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new(path(".github/archive.sh"))
        .args([env!("CARGO_BIN_EXE_rootbell"), "rootbell-target"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(made.success());
    let archive = dir.path().join("rootbell-target.tar.gz");
    let unpacked = Command::new("tar").arg("-xzf").arg(archive).current_dir(&dir).status().unwrap();
    assert!(unpacked.success());

    let content = dir.path().join("rootbell-target");
    let version = Command::new(content.join("rootbell")).arg("--version").output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().starts_with("rootbell "));
    assert_eq!(names(&content.join("completions")).len(), 5);
    for file in ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        assert_eq!(std::fs::read(content.join(file)).unwrap(), std::fs::read(path(file)).unwrap(), "{file}");
    }

    let pages = names(&content.join("man"));
    let program = std::fs::read_to_string(content.join("man/rootbell.1")).unwrap();
    // The page of the program refers to the page of each command as `rootbell\-status(1)`.
    let commands = program.lines().filter_map(|line| line.strip_prefix("rootbell\\-")?.strip_suffix("(1)"));
    let expected: BTreeSet<String> =
        commands.map(|name| format!("rootbell-{name}.1")).chain(["rootbell.1".to_owned()]).collect();
    assert!(expected.len() > 8, "{program}");
    assert_eq!(pages, expected);
    for page in &pages {
        assert!(std::fs::read_to_string(content.join("man").join(page)).unwrap().contains(".SH NAME"), "{page}");
    }
}

#[test]
fn the_notes_of_a_release_say_how_to_install_it_and_what_has_changed() {
    let notes = |tag: &str| {
        let made =
            Command::new(path(".github/release-notes.sh")).args([tag, "https://forge.example/owner/rootbell"]).output();
        let made = made.unwrap();
        (made.status.success(), String::from_utf8(made.stdout).unwrap())
    };
    let (_, text) = notes("Unreleased");
    let archive = "rootbell-x86_64-unknown-linux-musl";
    assert!(text.contains(&format!(
        "curl -fsSL https://forge.example/owner/rootbell/releases/download/Unreleased/{archive}.tar.gz | tar xz"
    )));
    assert!(text.contains("--repo owner/rootbell"), "{text}");
    assert!(text.contains("\n### Added\n"), "{text}");
    let workflow = std::fs::read_to_string(path(".github/workflows/release.yml")).unwrap();
    assert!(workflow.contains("target: x86_64-unknown-linux-musl"));

    assert!(!notes("v999.0.0").0, "a version without a section in CHANGELOG.md");
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
