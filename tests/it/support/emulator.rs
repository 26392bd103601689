//! An AWS account emulated by a separate process: `ministack`, a third-party package.
//!
//! [`super::proxy`] corrects some of its differences from AWS. The tests have to allow for the others: email
//! subscriptions are confirmed at once, TestMetricFilter is missing, a metric filter creates no datapoints, and the
//! caller is the root user of account 000000000000.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::program::{PATIENCE, lock_starting};
use super::venv;

/// A running emulator; dropping it ends the process.
pub struct Emulator {
    child: Child,
    port: u16,
    home: TempDir,
}

impl Emulator {
    pub fn start() -> Self {
        static BIN: OnceLock<std::path::PathBuf> = OnceLock::new();
        let bin = BIN.get_or_init(|| venv::bin("emulator-venv", include_str!("emulator.txt")));
        // Another test may take the port between the check and the start.
        for _ in 0..5 {
            let home = tempfile::tempdir().unwrap();
            let port = free_port();
            let log = File::create(home.path().join("log.txt")).unwrap();
            let guard = lock_starting();
            let child = Command::new(bin.join("ministack"))
                .env_clear()
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .env("HOME", home.path())
                .env("TMPDIR", home.path())
                .env("STATE_DIR", home.path().join("state"))
                .env("S3_DATA_DIR", home.path().join("s3"))
                .env("DOCKER_HOST", "unix:///nowhere")
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port.to_string())
                .env("LOG_LEVEL", "WARNING")
                .current_dir(home.path())
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            drop(guard);
            let mut emulator = Self { child, port, home };
            if emulator.is_ready() {
                return emulator;
            }
        }
        panic!("the emulator did not start");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Empties the account.
    pub fn reset(&self) {
        let response = request(self.port, "POST", "/_ministack/reset").unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}\n{}", self.log());
    }

    /// A directory that is deleted together with the emulator.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log.txt")).unwrap_or_default()
    }

    fn is_ready(&mut self) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if request(self.port, "GET", "/_ministack/health").is_some_and(|a| a.starts_with("HTTP/1.1 200")) {
                // If the emulator has exited, another process took the port and responded.
                return matches!(self.child.try_wait(), Ok(None));
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A local port that nobody uses right now. None is returned twice: two emulators that start at the same time would both
/// take the first one's answer for their own.
fn free_port() -> u16 {
    static USED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if USED.lock().unwrap().insert(port) {
            return port;
        }
    }
}

fn request(port: u16, method: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    Some(response)
}
