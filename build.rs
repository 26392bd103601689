//! Says which commit this is, for `--version`. It reads the repository's files itself: there may be no git where it is
//! built, and no repository either (a crate from the registry brings `.cargo_vcs_info.json` along instead).

#![allow(clippy::print_stdout, reason = "that is how a build script speaks to Cargo")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    watch(&here.join("build.rs"));
    let commit = from_repository(&here).or_else(|| from_package(&here));
    let commit = commit.filter(|c| c.len() >= 9 && c.bytes().all(|b| b.is_ascii_hexdigit()));
    let version = commit.map_or(version.clone(), |commit| format!("{version} ({})", &commit[..9]));
    println!("cargo::rustc-env=ROOTBELL_VERSION={version}");
}

/// The commit that `HEAD` stands for. Only a repository whose root is this package counts: one around it is another
/// project's.
fn from_repository(here: &Path) -> Option<String> {
    let dot_git = here.join(".git");
    let git = match fs::read_to_string(&dot_git) {
        // In a work tree of its own it is a file that says where the directory is.
        Ok(pointer) => here.join(pointer.strip_prefix("gitdir:")?.trim()),
        Err(_) => dot_git,
    };
    let common = fs::read_to_string(git.join("commondir")).map_or(git.clone(), |path| git.join(path.trim()));
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    watch(&git.join("HEAD"));
    let Some(branch) = head.trim().strip_prefix("ref: ") else { return Some(head.trim().to_owned()) };
    // The log grows at each commit, also at the first one after the branches were packed.
    watch(&git.join("logs/HEAD"));
    let loose = common.join(branch);
    if let Ok(commit) = fs::read_to_string(&loose) {
        watch(&loose);
        return Some(commit.trim().to_owned());
    }
    let packed = common.join("packed-refs");
    watch(&packed);
    let line = fs::read_to_string(packed).ok()?;
    line.lines().find_map(|line| line.strip_suffix(branch)?.strip_suffix(' ').map(str::to_owned))
}

/// The commit that `cargo package` packed.
///
/// Source: The Cargo Book, cargo package, ".cargo_vcs_info.json format".
fn from_package(here: &Path) -> Option<String> {
    let info = fs::read_to_string(here.join(".cargo_vcs_info.json")).ok()?;
    let (_, sha) = info.split_once("\"sha1\":")?;
    sha.split('"').nth(1).map(str::to_owned)
}

/// Run again when this file changes. One that is not there would be taken for changed each time.
fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
