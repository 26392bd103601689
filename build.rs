//! Sets the version, with the commit, that `--version` prints. It reads the repository's files itself, since git may
//! not be installed. A crate from the registry has no repository; there, `.cargo_vcs_info.json` has the commit.

#![allow(clippy::print_stdout, reason = "build scripts send instructions to Cargo on stdout")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let package_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    rerun_if_changed(&package_dir.join("build.rs"));
    let commit = from_repository(&package_dir).or_else(|| from_package(&package_dir));
    let commit = commit.filter(|c| c.len() >= 9 && c.bytes().all(|b| b.is_ascii_hexdigit()));
    let version = commit.map_or(version.clone(), |commit| format!("{version} ({})", &commit[..9]));
    println!("cargo::rustc-env=ROOTBELL_VERSION={version}");
}

/// The commit that `HEAD` refers to. Only a repository whose root is this package's folder is used: one in a parent
/// folder belongs to another project.
fn from_repository(package_dir: &Path) -> Option<String> {
    let dot_git = package_dir.join(".git");
    let git = match fs::read_to_string(&dot_git) {
        // In a linked worktree, `.git` is a file with the directory's path.
        Ok(pointer) => package_dir.join(pointer.strip_prefix("gitdir:")?.trim()),
        Err(_) => dot_git,
    };
    let common = fs::read_to_string(git.join("commondir")).map_or(git.clone(), |path| git.join(path.trim()));
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    rerun_if_changed(&git.join("HEAD"));
    let Some(branch) = head.trim().strip_prefix("ref: ") else { return Some(head.trim().to_owned()) };
    // This log changes at each commit, even when the branch is stored in `packed-refs`.
    rerun_if_changed(&git.join("logs/HEAD"));
    let loose = common.join(branch);
    if let Ok(commit) = fs::read_to_string(&loose) {
        rerun_if_changed(&loose);
        return Some(commit.trim().to_owned());
    }
    let packed = common.join("packed-refs");
    rerun_if_changed(&packed);
    let line = fs::read_to_string(packed).ok()?;
    line.lines().find_map(|line| line.strip_suffix(branch)?.strip_suffix(' ').map(str::to_owned))
}

/// The commit that `cargo package` recorded.
///
/// Source: The Cargo Book, cargo package, ".cargo_vcs_info.json format".
fn from_package(package_dir: &Path) -> Option<String> {
    let info = fs::read_to_string(package_dir.join(".cargo_vcs_info.json")).ok()?;
    let (_, sha) = info.split_once("\"sha1\":")?;
    sha.split('"').nth(1).map(str::to_owned)
}

/// Reruns this script when the file changes. A file that does not exist would cause a rerun on every build.
fn rerun_if_changed(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
