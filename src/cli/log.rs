//! The log: to a file, and without secrets.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::CommandError;

/// Starts the log; without a path there is none. The environment has no say in what is logged: below `warn`, the SDK's
/// crates write requests with their signatures.
pub(super) fn start(path: Option<&Path>, verbose: u8) -> Result<(), CommandError> {
    let Some(path) = path else { return Ok(()) };
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let refuse =
        |why: String| CommandError::usage(format!("--log-file: `{}` cannot be written: {why}.", path.display()));
    let file = options.open(path).map_err(|error| refuse(error.to_string()))?;
    tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(EnvFilter::new(directives(verbose)))
        .try_init()
        .map_err(|error| refuse(error.to_string()))
}

fn directives(verbose: u8) -> String {
    let level = match verbose {
        0 => "info",
        1 => "debug",
        _ => "trace",
    };
    format!("warn,rootbell={level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_verbose_the_sdk_stays_at_warnings() {
        for verbose in 0..5 {
            let said = EnvFilter::new(directives(verbose)).to_string();
            assert!(said.split(',').any(|d| d == "warn"), "{said}");
            assert_eq!(said.matches('=').count(), 1, "{said}");
            assert!(said.contains("rootbell="), "{said}");
        }
    }
}
