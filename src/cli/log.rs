//! The log file. It contains no secrets.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::exit::CommandError;

/// Starts the log, if there is a path. RUST_LOG is ignored on purpose: below `warn`, the SDK's crates log requests with
/// their signatures.
pub(super) fn start(path: Option<&Path>, verbose: u8) -> Result<(), CommandError> {
    let Some(path) = path else { return Ok(()) };
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let usage_error =
        |why: String| CommandError::usage(format!("--log-file: `{}` cannot be written: {why}.", path.display()));
    let file = options.open(path).map_err(|error| usage_error(error.to_string()))?;
    tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(EnvFilter::new(directives(verbose)))
        .try_init()
        .map_err(|error| usage_error(error.to_string()))
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
    fn the_sdk_logs_warnings_only_whatever_the_verbosity() {
        for verbose in 0..5 {
            let filter = EnvFilter::new(directives(verbose)).to_string();
            assert!(filter.split(',').any(|d| d == "warn"), "{filter}");
            assert_eq!(filter.matches('=').count(), 1, "{filter}");
            assert!(filter.contains("rootbell="), "{filter}");
        }
    }
}
