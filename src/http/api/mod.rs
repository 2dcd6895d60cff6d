//! The control door: rollouts, flags, outcomes, triggers and health, over HTTP.

pub mod wire;

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 1_000_000;
