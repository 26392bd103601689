//! An account in memory.
