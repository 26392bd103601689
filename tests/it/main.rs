//! The whole program from outside: its commands, the wire, the house rules.

mod support;
mod wire;
