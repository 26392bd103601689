//! The whole program from outside: its screens, its commands, the wire, the house rules.

mod flows;
mod properties;
mod support {
    pub mod tester;
}
