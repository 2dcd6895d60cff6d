//! The simulator: the real decision and the real executor in a world that misbehaves by dice, under
//! invariants that are checked after every step.
//!
//! | Environment | |
//! |---|---|
//! | `TIDEGATE_SIM_EVENTS` | how many events each driver is given at least |
//! | `TIDEGATE_SIM_SEED` | the first seed; alone, only this one is run, and told in full |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test may end at the first thing that is not as it should be"
)]

mod book;
mod campaign;
mod database;
mod dice;
mod full;
mod history;
mod lean;
mod model;
#[cfg(feature = "planted")]
mod planted;
mod process;
mod seat;
mod served;
mod shape;
mod trains;
mod truth;
mod violation;
