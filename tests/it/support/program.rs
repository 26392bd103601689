//! The program as a user starts it, in an environment that contains nothing from the developer's.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use super::pty::Pty;

/// A lock held while starting a program and while opening a terminal. Without it, a program started at that moment
/// would inherit the other end of the terminal, which would then not hang up until that program ends.
pub(super) fn lock_starting() -> MutexGuard<'static, ()> {
    static STARTING: Mutex<()> = Mutex::new(());
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program to start, with its arguments, environment, and home directory.
pub struct Program {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) home: TempDir,
    stdin: Vec<u8>,
    stdout: Option<File>,
}

/// How the program ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; `None` if a signal ended the program.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn new(args: &[&str]) -> Self {
        Self::other(env!("CARGO_BIN_EXE_rootbell"), args)
    }

    /// Another program in the same environment.
    pub fn other(program: impl Into<OsString>, args: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let env = [
            ("PATH".into(), std::env::var_os("PATH").unwrap_or_default()),
            ("HOME".into(), home.path().into()),
            ("AWS_EC2_METADATA_DISABLED".into(), "true".into()),
            ("NO_PROXY".into(), "127.0.0.1".into()),
            ("TERM".into(), "xterm-256color".into()),
            ("LANG".into(), "C.UTF-8".into()),
        ];
        let program = program.into();
        Self {
            program,
            args: args.iter().map(OsString::from).collect(),
            env: env.into(),
            home,
            stdin: Vec::new(),
            stdout: None,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().into());
        self
    }

    pub fn args<const N: usize>(self, args: [&str; N]) -> Self {
        args.into_iter().fold(self, Program::arg)
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.into(), value.as_ref().into()));
        self
    }

    /// With credentials that the emulator accepts.
    pub fn signed_in(self) -> Self {
        self.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test-secret-key")
    }

    /// A file in the home directory, such as `.aws/config`.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.into();
        self
    }

    /// Standard output is a pipe whose reader is closed.
    pub fn without_stdout(mut self) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.stdout = Some(File::from(OwnedFd::from(writer)));
        self
    }

    /// Standard output goes to this file.
    pub fn stdout_to(mut self, path: &str) -> Self {
        self.stdout = Some(File::options().write(true).open(path).unwrap());
        self
    }

    /// Runs it without a terminal until it ends.
    pub fn output(self) -> Ended {
        let stdin = self.stdin.clone();
        let mut running = self.start();
        if let Some(mut pipe) = running.child.stdin.take() {
            // Fails if the program ended without reading its input.
            let _ = pipe.write_all(&stdin);
        }
        running.wait()
    }

    /// Starts it without a terminal, and does not wait for its end.
    pub fn start(self) -> Running {
        let guard = lock_starting();
        let child = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(self.stdout.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(guard);
        Running { child, _home: self.home }
    }

    /// Starts it in a terminal of this size.
    pub fn pty(self, columns: u16, rows: u16) -> Pty {
        Pty::start(self, columns, rows)
    }
}

/// A program running without a terminal.
pub struct Running {
    child: Child,
    _home: TempDir,
}

impl Running {
    /// Sends a signal by its name, such as `INT`.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn wait(self) -> Ended {
        let done = self.child.wait_with_output().unwrap();
        Ended {
            status: done.status.code(),
            stdout: String::from_utf8(done.stdout).unwrap(),
            stderr: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Like [`Running::wait`], but fails if the program does not end in time.
    #[track_caller]
    pub fn wait_within(mut self, limit: Duration) -> Ended {
        self.ends_within(limit);
        self.wait()
    }

    /// Fails unless a signal ends it in time, or it ends in time with status 1 because of the signal.
    #[track_caller]
    pub fn wait_for_signal(mut self, limit: Duration) {
        self.ends_within(limit);
        let status = self.child.wait().unwrap();
        assert!(status.signal().is_some() || status.code() == Some(1), "{status:?}");
    }

    #[track_caller]
    fn ends_within(&mut self, limit: Duration) {
        for _ in 0..limit.as_millis() / 5 {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child.kill().unwrap();
        panic!("it did not end within {limit:?}");
    }
}

pub(super) fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

impl Ended {
    /// Checks what holds for every run: a documented exit status, no panic, and complete JSON or none.
    pub fn well_behaved(self) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        for word in ["panicked", "RUST_BACKTRACE", "SdkError", "DispatchFailure", "unwrap"] {
            assert!(!all.contains(word), "{word}: {self:#?}");
        }
        assert!(matches!(self.status, Some(0..=3)), "{self:#?}");
        if self.stdout.trim_start().starts_with('{') {
            assert!(serde_json::from_str::<serde_json::Value>(&self.stdout).is_ok(), "half a JSON: {self:#?}");
        }
        self
    }

    /// Checks the exit status.
    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        let this = self.well_behaved();
        assert_eq!(this.status, Some(status), "{this:#?}");
        this
    }

    /// Checks that standard error contains this text.
    #[track_caller]
    pub fn stderr_contains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Checks that nothing was printed to standard output.
    #[track_caller]
    pub fn with_empty_stdout(self) -> Self {
        assert_eq!(self.stdout, "", "{self:#?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}
