//! The state machine behind the screens: [`update`] takes a message and returns effects. Nothing here draws, waits, or
//! reads a clock.

pub mod keymap;
mod message;
pub mod state;
mod update;

pub use message::{Effect, Msg, SessionEffect, SessionMsg};
pub use state::account::AccountState;
pub use state::model::Model;
pub use state::notice::Notice;
pub use state::overlay::{CommandList, Overlay};
pub use state::screen::Screen;
pub use state::session::{CALL_LIMIT, Caller, Connection, SLOW, SessionId, Ticket};
pub use update::update;
