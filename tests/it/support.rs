//! What the tests share: the emulator, a proxy in front of it, the program with and without a terminal, and an account
//! read back without any of rootbell's own code.

#[cfg(unix)]
mod account;
#[cfg(unix)]
pub mod emulator;
#[cfg(unix)]
mod history;
pub mod kept;
pub mod keys;
#[cfg(unix)]
pub mod program;
#[cfg(unix)]
pub mod protocol;
#[cfg(unix)]
pub mod proxy;
#[cfg(unix)]
pub mod pty;
#[cfg(unix)]
pub mod queue;
#[cfg(unix)]
pub mod read;
#[cfg(unix)]
pub mod stand_in;
pub mod svg;
pub mod tester;
#[cfg(unix)]
pub mod venv;
#[cfg(unix)]
pub mod working;

#[cfg(unix)]
pub use account::EmulatedAws;
