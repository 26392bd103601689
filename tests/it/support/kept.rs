//! Files of the repository that are made from the code: compared as a rule, written with `ROOTBELL_WRITE=1`.

use std::path::PathBuf;

/// A path from the root of the repository.
pub fn path(from_root: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(from_root)
}

/// Whether files are to be written rather than compared.
pub fn writing() -> bool {
    std::env::var_os("ROOTBELL_WRITE").is_some_and(|value| !value.is_empty())
}

/// Writes the file where that is asked for; otherwise it must be as the code makes it.
#[track_caller]
pub fn keep(from_root: &str, made: &str) {
    let path = path(from_root);
    if writing() {
        return std::fs::write(path, made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    if kept == made {
        return;
    }
    let differs = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    panic!(
        "{from_root} is out of step with the code: `just screens` writes it. The first line that differs: {differs:#?}"
    );
}
