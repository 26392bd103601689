//! The terminal is taken once and always given back.

use std::io::{self, Stdout, Write, stdout};
use std::ops::{Deref, DerefMut};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::domain::text::escape_controls;

/// Whether the terminal is ours now; whoever takes this back restores it, and nobody does so twice.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal keeps its title aside, and takes it up again.
///
/// Source: xterm control sequences, XTWINOPS 22 and 23.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// Raw mode and the second screen, until it is dropped.
pub(super) struct Guard(Terminal<CrosstermBackend<Stdout>>);

impl Guard {
    pub(super) fn enter() -> color_eyre::Result<Self> {
        HOOK.call_once(hook);
        TAKEN.store(true, Ordering::SeqCst);
        let entered = enable_raw_mode()
            .and_then(|()| execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange))
            .and_then(|()| write!(stdout(), "{PUSH_TITLE}"))
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match entered {
            Ok(terminal) => Ok(Self(terminal)),
            Err(error) => {
                restore();
                Err(error.into())
            }
        }
    }
}

impl Deref for Guard {
    type Target = Terminal<CrosstermBackend<Stdout>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Guard {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. What fails here has nobody left to be told.
fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = write!(stdout(), "{POP_TITLE}");
        let _ = execute!(stdout(), DisableFocusChange, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// A panic is reported on the terminal as the user knows it, not on our screen.
fn hook() {
    let hooks = color_eyre::config::HookBuilder::default()
        .panic_section(
            "This is a fault of rootbell. What it did in the account is done; starting it again goes on from there.",
        )
        .into_hooks();
    let (panic, error) = hooks;
    // Somebody may have installed theirs already; both report.
    let _ = error.install();
    let report = panic.into_panic_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore();
        report(info);
    }));
}

/// Puts text into the clipboard by way of the terminal, where that allows it.
///
/// Source: xterm control sequences, OSC 52.
pub(super) fn copy(text: &str) -> io::Result<()> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = stdout();
    write!(out, "\x1b]52;c;{encoded}\x07")?;
    out.flush()
}

/// Names the window.
pub(super) fn title(text: &str) -> io::Result<()> {
    execute!(stdout(), crossterm::terminal::SetTitle(escape_controls(text)))
}

/// Rings the terminal's own bell.
pub(super) fn bell() -> io::Result<()> {
    let mut out = stdout();
    out.write_all(b"\x07")?;
    out.flush()
}
