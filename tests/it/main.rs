//! The whole program from outside: flows (keys in, screen out), properties, commands, the wire, the house rules.

mod architecture;
mod cli;
mod flows;
mod properties;
mod support;
mod wire;
