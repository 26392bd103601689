//! Sets the terminal up for the wizard, and always restores it.

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

/// Whether the terminal is set up for the wizard. Whoever clears this restores the terminal, so it is restored once.
static IS_SET_UP: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Saves the terminal's title and restores it.
///
/// Source: xterm control sequences, XTWINOPS 22 and 23.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// Raw mode and the alternate screen, until it is dropped.
pub(super) struct Guard(Terminal<CrosstermBackend<Stdout>>);

impl Guard {
    pub(super) fn enter() -> color_eyre::Result<Self> {
        HOOK.call_once(install_hooks);
        IS_SET_UP.store(true, Ordering::SeqCst);
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

/// Restores the terminal. Errors are ignored because there is nowhere left to report them.
fn restore() {
    if IS_SET_UP.swap(false, Ordering::SeqCst) {
        let _ = write!(stdout(), "{POP_TITLE}");
        let _ = execute!(stdout(), DisableFocusChange, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Reports a panic after restoring the terminal, so that the report stays visible.
fn install_hooks() {
    let hooks = color_eyre::config::HookBuilder::default()
        .panic_section(
            "This is a bug in rootbell. Changes already made in the account remain; run rootbell again to continue.",
        )
        .into_hooks();
    let (panic, error) = hooks;
    // Fails if an error hook is already installed; then that one is used.
    let _ = error.install();
    let report_panic = panic.into_panic_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore();
        report_panic(info);
    }));
}

/// Copies text to the clipboard through the terminal, if the terminal allows it.
///
/// Source: xterm control sequences, OSC 52.
pub(super) fn copy(text: &str) -> io::Result<()> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = stdout();
    write!(out, "\x1b]52;c;{encoded}\x07")?;
    out.flush()
}

/// Sets the terminal's title.
pub(super) fn title(text: &str) -> io::Result<()> {
    execute!(stdout(), crossterm::terminal::SetTitle(escape_controls(text)))
}

/// Rings the terminal bell.
pub(super) fn bell() -> io::Result<()> {
    let mut out = stdout();
    out.write_all(b"\x07")?;
    out.flush()
}
