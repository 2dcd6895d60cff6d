//! The command as scripts and people meet it: what it prints, and its exit codes.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on must fail at once; its functions are not all marked as tests"
)]

mod command;
mod explain;
mod files;
mod flags;
mod metrics;
mod rehearse;
mod rollout_explained;
mod rollouts;
mod serve;
mod simulate;
mod trains;
mod trains_validated;
mod triggers;
mod usage;
mod validate;
mod watch;
