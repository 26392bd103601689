//! The program as a user starts it, in an environment that contains nothing from the developer's.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

use super::pty::Pty;

/// How long a test waits for something that will come unless the program is broken. A busy machine may need much of it.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The time in which a program ends that doesn't wait for AWS: less than the 10 s that a call may take
/// (`cloud/aws/timeouts.rs`), and much more than it needs, because the machine may be busy.
pub const SOON: Duration = Duration::from_secs(8);

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
        let mut child = Command::new(&self.program)
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
        let stderr = Arc::default();
        let reader = child.stderr.take().map(|pipe| read_stderr(pipe, Arc::clone(&stderr)));
        Running { child, stderr, reader, _home: self.home }
    }

    /// Starts it in a terminal of this size.
    pub fn pty(self, columns: u16, rows: u16) -> Pty {
        Pty::start(self, columns, rows)
    }
}

/// What a program has printed to standard error so far.
#[derive(Default)]
struct Stderr {
    text: Mutex<(Vec<u8>, IsClosed)>,
    changed: Condvar,
}

type IsClosed = bool;

/// Collects standard error until the program closes it.
fn read_stderr(mut pipe: ChildStderr, stderr: Arc<Stderr>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let read = pipe.read(&mut buffer).unwrap_or(0);
            let mut text = stderr.text.lock().unwrap();
            text.0.extend(&buffer[..read]);
            text.1 = read == 0;
            stderr.changed.notify_all();
            if text.1 {
                return;
            }
        }
    })
}

/// A program running without a terminal.
pub struct Running {
    child: Child,
    stderr: Arc<Stderr>,
    reader: Option<JoinHandle<()>>,
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

    /// Waits until this text has appeared on standard error, so many times.
    #[track_caller]
    pub fn wait_for_stderr(&self, text: &str, times: usize) {
        let is_missing =
            |said: &mut (Vec<u8>, IsClosed)| !said.1 && String::from_utf8_lossy(&said.0).matches(text).count() < times;
        let waiting = self.stderr.changed.wait_timeout_while(self.stderr.text.lock().unwrap(), PATIENCE, is_missing);
        let said = String::from_utf8_lossy(&waiting.unwrap().0.0).into_owned();
        assert!(said.matches(text).count() >= times, "{text:?} did not appear {times} times: {said}");
    }

    pub fn wait(mut self) -> Ended {
        let (status, stdout) = self.finish();
        let stderr = std::mem::take(&mut self.stderr.text.lock().unwrap().0);
        Ended {
            status: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Reads everything that it prints, and waits for its end.
    fn finish(&mut self) -> (ExitStatus, Vec<u8>) {
        drop(self.child.stdin.take());
        let mut stdout = Vec::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_end(&mut stdout).unwrap();
        }
        let status = self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        (status, stdout)
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
