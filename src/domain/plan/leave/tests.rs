//! The tear-down, row by row.
