//! The program in a terminal: real keys, a real screen, real signals.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::program::{PATIENCE, Program, lock_starting, signal};

/// The bytes that a terminal sends for each named key.
#[expect(dead_code, reason = "the list is complete even if no test uses a key")]
pub mod key {
    pub const ENTER: &str = "\r";
    pub const ESC: &str = "\x1b";
    pub const TAB: &str = "\t";
    pub const BACK_TAB: &str = "\x1b[Z";
    pub const BACKSPACE: &str = "\x7f";
    pub const DELETE: &str = "\x1b[3~";
    pub const UP: &str = "\x1b[A";
    pub const DOWN: &str = "\x1b[B";
    pub const RIGHT: &str = "\x1b[C";
    pub const LEFT: &str = "\x1b[D";
    pub const HOME: &str = "\x1b[H";
    pub const END: &str = "\x1b[F";
    pub const PAGE_UP: &str = "\x1b[5~";
    pub const PAGE_DOWN: &str = "\x1b[6~";
    pub const F1: &str = "\x1bOP";
    pub const F2: &str = "\x1bOQ";
    pub const F3: &str = "\x1bOR";
    pub const F4: &str = "\x1bOS";
    pub const F5: &str = "\x1b[15~";
    pub const CTRL_C: &str = "\x03";
    pub const CTRL_R: &str = "\x12";
    pub const CTRL_U: &str = "\x15";
}

/// A program in its own terminal. Dropping this value kills it.
pub struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<Shared>,
    before: Modes,
    home: TempDir,
}

/// How the program in the terminal ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: u32,
    /// The signal's name, if one ended it.
    pub signal: Option<String>,
}

/// The terminal's modes as `stty` would show them, for comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes(String);

struct Shared {
    terminal: Mutex<Terminal>,
    changed: Condvar,
}

struct Terminal {
    parser: vt100::Parser,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Terminal> {
        self.terminal.lock().unwrap()
    }
}

impl Pty {
    pub(super) fn start(program: Program, columns: u16, rows: u16) -> Self {
        let guard = lock_starting();
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let before = modes(pair.master.as_ref());
        let mut command = CommandBuilder::new(&program.program);
        command.args(&program.args);
        command.env_clear();
        for (name, value) in &program.env {
            command.env(name, value);
        }
        command.cwd(program.home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shared = Arc::new(Shared {
            terminal: Mutex::new(Terminal {
                parser: vt100::Parser::new(non_zero(rows), non_zero(columns), 0),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || read_output(reader, &shared)
        });
        // Only now are all descriptors of the terminal closed on exec: a process that another test starts inherits none.
        drop(guard);
        Self { master: Some(pair.master), writer: Some(writer), child, shared, before, home: program.home }
    }

    /// Writes a file into the home directory.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Sends keys: text, or the names of [`key`].
    pub fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().expect("the terminal is closed");
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Pastes text, using bracketed paste.
    pub fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// The screen as text: one line per row, without trailing spaces.
    pub fn screen(&self) -> String {
        text(&self.shared.lock())
    }

    /// Gives access to the screen with its colors, cursor, and modes.
    pub fn with_screen<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.shared.lock().parser.screen())
    }

    /// Waits until the screen contains this text, and returns the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_for_within(text, PATIENCE)
    }

    #[track_caller]
    pub fn wait_for_within(&self, text: &str, limit: Duration) -> String {
        self.wait_until(&format!("{text:?} on the screen"), limit, |screen| screen.contains(text))
    }

    /// Waits until the text is no longer on the screen.
    #[track_caller]
    pub fn wait_until_gone(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?} to go"), PATIENCE, |screen| !screen.contains(text))
    }

    #[track_caller]
    pub fn wait_until(&self, what: &str, limit: Duration, condition: impl Fn(&str) -> bool) -> String {
        let mut found = String::new();
        let (terminal, result) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), limit, |terminal| {
                found = text(terminal);
                !condition(&found) && !terminal.closed
            })
            .unwrap();
        let closed = terminal.closed;
        drop(terminal);
        if condition(&found) {
            return found;
        }
        let how = if closed && !result.timed_out() { "the program ended" } else { "the time was up" };
        panic!("waited for {what}, but {how}:\n{found}");
    }

    /// Changes the size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.shared.lock().parser.screen_mut().set_size(non_zero(rows), non_zero(columns));
        self.master.as_ref().expect("the terminal is closed").resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Closes the terminal, as closing its window does.
    pub fn hang_up(&mut self) {
        self.shared.lock().closed = true;
        // The thread that reads the screen holds the terminal open until it has read once more: a new size makes the wizard draw.
        self.master.as_ref().expect("the terminal is open").resize(size(100, 30)).unwrap();
        self.writer = None;
        self.master = None;
    }

    /// Waits for the program to end.
    #[track_caller]
    pub fn wait_exit(&mut self) -> Exit {
        self.wait_exit_within(PATIENCE)
    }

    #[track_caller]
    pub fn wait_exit_within(&mut self, limit: Duration) -> Exit {
        for _ in 0..=limit.as_millis() / 5 {
            if let Some(status) = self.child.try_wait().unwrap() {
                // Its last output may not have arrived yet; the terminal is closed after it.
                let wait =
                    self.shared
                        .changed
                        .wait_timeout_while(self.shared.lock(), Duration::from_secs(5), |terminal| !terminal.closed);
                drop(wait);
                return Exit { code: status.exit_code(), signal: status.signal().map(str::to_owned) };
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it did not end within {limit:?}:\n{}", self.screen());
    }

    /// The terminal's current modes.
    pub fn modes(&self) -> Modes {
        modes(self.master.as_ref().expect("the terminal is closed").as_ref())
    }

    /// Checks that the terminal is restored: its modes, the main screen, a visible cursor, no paste or mouse reporting.
    #[track_caller]
    pub fn assert_restored(&self) {
        if self.master.is_some() {
            assert_eq!(self.modes(), self.before, "the terminal's modes");
        }
        self.with_screen(|screen| {
            assert!(!screen.alternate_screen(), "the main screen is shown");
            assert!(!screen.hide_cursor(), "the cursor is visible");
            assert!(!screen.bracketed_paste(), "bracketed paste is off");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "no mouse reports");
        });
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            if let Some(pid) = self.child.process_id() {
                let _ = std::process::Command::new("sh").args(["-c", &format!("kill -KILL {pid}")]).status();
            }
            let _ = self.child.wait();
        }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn non_zero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has at least one cell")
}

fn read_output(mut reader: Box<dyn Read + Send>, shared: &Shared) {
    let mut buffer = [0; 16 * 1024];
    loop {
        // On Linux, reading from a closed terminal is an error.
        let read = reader.read(&mut buffer).unwrap_or(0);
        let mut terminal = shared.lock();
        if read == 0 || terminal.closed {
            terminal.closed = true;
            shared.changed.notify_all();
            return;
        }
        terminal.parser.process(&buffer[..read]);
        shared.changed.notify_all();
    }
}

fn text(terminal: &Terminal) -> String {
    let screen = terminal.parser.screen();
    let (_, columns) = screen.size();
    let mut all = String::new();
    for row in screen.rows(0, columns.get()) {
        let _ = writeln!(all, "{}", row.trim_end());
    }
    all
}

/// Reads the terminal's modes.
fn modes(master: &dyn MasterPty) -> Modes {
    let t = master.get_termios().expect("a terminal has modes");
    Modes(format!(
        "input {:?}\noutput {:?}\ncontrol {:?}\nlocal {:?}\nkeys {:?}",
        t.input_flags, t.output_flags, t.control_flags, t.local_flags, t.control_chars
    ))
}
