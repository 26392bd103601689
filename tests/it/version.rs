//! The commit in `rootbell --version`: build.rs finds it wherever it is built, and says when to look again.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::kept::path;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The build script on its own, and a directory for the package that it is run in.
struct Built {
    script: PathBuf,
    dir: TempDir,
}

impl Built {
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

    /// The version it says for the package in this directory, and the files it wants to be run again for.
    fn run(&self, package: &str) -> (String, Vec<String>) {
        let root = self.dir.path().join(package);
        let ran = Command::new(&self.script)
            .env("CARGO_MANIFEST_DIR", &root)
            .env("CARGO_PKG_VERSION", "1.2.3")
            .env("PATH", "")
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        let of =
            |start: &str| said.lines().filter_map(|l| l.strip_prefix(start).map(str::to_owned)).collect::<Vec<_>>();
        let watched = of("cargo::rerun-if-changed=");
        assert!(
            watched.iter().all(|file| Path::new(file).exists()),
            "what is not there counts as changed: {watched:?}"
        );
        (of("cargo::rustc-env=ROOTBELL_VERSION=").concat(), watched)
    }
}

#[test]
fn a_clone_shows_its_commit_and_is_rebuilt_at_the_next_one() {
    let built = Built::new();
    built.file("a/.git/HEAD", "ref: refs/heads/main\n").file("a/.git/logs/HEAD", "").file("a/build.rs", "");
    built.file("a/.git/refs/heads/main", &format!("{COMMIT}\n"));
    let (version, watched) = built.run("a");
    assert_eq!(version, "1.2.3 (012345678)");
    for file in [".git/HEAD", ".git/refs/heads/main", ".git/logs/HEAD", "build.rs"] {
        assert!(watched.iter().any(|w| w.ends_with(file)), "{file}: {watched:?}");
    }
}

#[test]
fn packed_refs_a_detached_head_and_a_second_worktree_are_supported() {
    let built = Built::new();
    built.file("packed/.git/HEAD", "ref: refs/heads/main\n");
    let packed = format!("# pack-refs\n{} refs/heads/other\n{COMMIT} refs/heads/main\n", COMMIT.replace('0', "f"));
    built.file("packed/.git/packed-refs", &packed);
    assert_eq!(built.run("packed").0, "1.2.3 (012345678)");

    built.file("detached/.git/HEAD", &format!("{COMMIT}\n"));
    assert_eq!(built.run("detached").0, "1.2.3 (012345678)");

    let second = built.dir.path().join("packed/.git/worktrees/second");
    built.file("second/.git", &format!("gitdir: {}\n", second.display()));
    built.file("packed/.git/worktrees/second/HEAD", "ref: refs/heads/branch\n");
    built.file("packed/.git/worktrees/second/commondir", "../..\n");
    built.file("packed/.git/refs/heads/branch", COMMIT);
    assert_eq!(built.run("second").0, "1.2.3 (012345678)");
}

#[test]
fn a_crate_from_the_registry_shows_its_own_commit_and_not_a_surrounding_repositorys() {
    let built = Built::new();
    built.file(".git/HEAD", COMMIT);
    built.file("bare/build.rs", "");
    assert_eq!(built.run("bare").0, "1.2.3", "the repository around it is another project's");
    let info = format!("{{\n  \"git\": {{\n    \"sha1\": \"{COMMIT}\"\n  }},\n  \"path_in_vcs\": \"\"\n}}");
    built.file("crate/.cargo_vcs_info.json", &info);
    assert_eq!(built.run("crate").0, "1.2.3 (012345678)");
    built.file("odd/.git/HEAD", "ref: refs/heads/unborn\n");
    assert_eq!(built.run("odd").0, "1.2.3", "a repository without a commit");
}
