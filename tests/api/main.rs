//! The doors as a client meets them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test ends where its expectation does"
)]

mod evaluation_door;
mod ofrep;
mod ofrep_connections;
mod ofrep_limits;
mod own_metrics;
mod raw_client;
