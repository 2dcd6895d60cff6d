//! Wiring.

pub mod sources;
