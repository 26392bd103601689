//! One integration binary: flows (keys in, screen out), properties, …

mod flows;
mod properties;
mod support;
