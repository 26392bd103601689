//! The whole program from outside: its screens, its commands, the wire, the house rules.

mod architecture;
mod cli;
mod flows;
mod properties;
mod support;
mod terminal;
mod wire;
