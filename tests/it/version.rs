//! The commit in `rootbell --version`: build.rs finds it in every kind of checkout, and tells cargo when to rerun it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::kept::path;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The compiled build script, and a directory for the packages to run it in.
struct BuildScript {
    script: PathBuf,
    dir: TempDir,
}

impl BuildScript {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("build-script");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let compiled =
            Command::new(rustc).args(["--edition", "2024", "-o"]).arg(&script).arg(path("build.rs")).status().unwrap();
        assert!(compiled.success());
        Self { script, dir }
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// The version for the package in this directory, and the files whose changes rerun the script.
    fn run(&self, package: &str) -> (String, Vec<String>) {
        let root = self.dir.path().join(package);
        let ran = Command::new(&self.script)
            .env("CARGO_MANIFEST_DIR", &root)
            .env("CARGO_PKG_VERSION", "1.2.3")
            .env("PATH", "")
            .output()
            .unwrap();
        let stdout = String::from_utf8(ran.stdout).unwrap();
        let values =
            |start: &str| stdout.lines().filter_map(|l| l.strip_prefix(start).map(str::to_owned)).collect::<Vec<_>>();
        let watched = values("cargo::rerun-if-changed=");
        assert!(
            watched.iter().all(|file| Path::new(file).exists()),
            "a missing file would always count as changed: {watched:?}"
        );
        (values("cargo::rustc-env=ROOTBELL_VERSION=").concat(), watched)
    }
}

#[test]
fn a_clone_shows_its_commit_and_is_rebuilt_at_the_next_one() {
    let build = BuildScript::new();
    build.file("a/.git/HEAD", "ref: refs/heads/main\n").file("a/.git/logs/HEAD", "").file("a/build.rs", "");
    build.file("a/.git/refs/heads/main", &format!("{COMMIT}\n"));
    let (version, watched) = build.run("a");
    assert_eq!(version, "1.2.3 (012345678)");
    for file in [".git/HEAD", ".git/refs/heads/main", ".git/logs/HEAD", "build.rs"] {
        assert!(watched.iter().any(|w| w.ends_with(file)), "{file}: {watched:?}");
    }
}

#[test]
fn packed_refs_a_detached_head_and_a_second_worktree_are_supported() {
    let build = BuildScript::new();
    build.file("packed/.git/HEAD", "ref: refs/heads/main\n");
    let packed = format!("# pack-refs\n{} refs/heads/other\n{COMMIT} refs/heads/main\n", COMMIT.replace('0', "f"));
    build.file("packed/.git/packed-refs", &packed);
    assert_eq!(build.run("packed").0, "1.2.3 (012345678)");

    build.file("detached/.git/HEAD", &format!("{COMMIT}\n"));
    assert_eq!(build.run("detached").0, "1.2.3 (012345678)");

    let second = build.dir.path().join("packed/.git/worktrees/second");
    build.file("second/.git", &format!("gitdir: {}\n", second.display()));
    build.file("packed/.git/worktrees/second/HEAD", "ref: refs/heads/branch\n");
    build.file("packed/.git/worktrees/second/commondir", "../..\n");
    build.file("packed/.git/refs/heads/branch", COMMIT);
    assert_eq!(build.run("second").0, "1.2.3 (012345678)");
}

#[test]
fn a_crate_from_the_registry_shows_its_own_commit_and_not_a_surrounding_repositorys() {
    let build = BuildScript::new();
    build.file(".git/HEAD", COMMIT);
    build.file("bare/build.rs", "");
    assert_eq!(build.run("bare").0, "1.2.3", "the surrounding repository belongs to another project");
    let info = format!("{{\n  \"git\": {{\n    \"sha1\": \"{COMMIT}\"\n  }},\n  \"path_in_vcs\": \"\"\n}}");
    build.file("crate/.cargo_vcs_info.json", &info);
    assert_eq!(build.run("crate").0, "1.2.3 (012345678)");
    build.file("odd/.git/HEAD", "ref: refs/heads/unborn\n");
    assert_eq!(build.run("odd").0, "1.2.3", "a repository without a commit");
}
