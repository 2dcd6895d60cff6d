//! What every store promises, kept by each one that stands behind the port, and what the SQLite one
//! promises besides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test may end at the first thing that is not as it should be"
)]

mod contract;
mod directory;
mod durability;
mod ephemeral;
mod file;
mod outcomes;
mod plan_writes;
#[path = "../support/refusing.rs"]
#[allow(dead_code, reason = "other tests use the moods that these do not")]
mod refusing;
mod refusing_store;
mod samples;
mod tampering;
