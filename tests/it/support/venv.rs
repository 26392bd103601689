//! Python packages with pinned versions, in a virtual environment under `target/` that is created once for each path:
//! its programs contain the path of their Python, so that they don't start after `target/` has been moved or copied.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory with the programs of the packages listed in `pins`. Concurrent tests wait for the first one to create
/// it.
pub fn bin(name: &str, pins: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let home = target.join(name);
    let marker = home.join("pins.txt");
    let wanted = format!("{pins}# {}\n", home.display());
    let lock = File::create(target.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if fs::read_to_string(&marker).ok().as_deref() != Some(&wanted) {
        if home.exists() {
            fs::remove_dir_all(&home).unwrap();
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
        let list = home.join("wanted.txt");
        fs::write(&list, &wanted).unwrap();
        run(Command::new(home.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&list));
        fs::write(&marker, &wanted).unwrap();
    }
    home.join("bin")
}

fn run(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
