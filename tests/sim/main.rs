//! The simulator: the real decision and the real executor in a world that misbehaves by dice, under
//! invariants that are checked after every step.
//!
//! | Environment | |
//! |---|---|
//! | `TIDEGATE_SIM_EVENTS` | how many events each driver is given at least |
//! | `TIDEGATE_SIM_SEED` | the first seed; alone, only this one is run, and told in full |
//! | `TIDEGATE_SIM_REPLAYS` | how many seeds are run twice, to see that both runs are the same to the last byte |
//!
//! The processes' clock is UTC: it has no hour that comes twice and none that is left out, so a change to or from
//! daylight saving is nothing to it. What people mean by one is a clock that was set to local time and is set by an
//! hour; so clocks are set by an hour and by a day, forth and back, in every state, and the lean campaign sees
//! to it that this was so.
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
mod grounds;
mod history;
mod lean;
#[cfg(feature = "planted")]
mod planted;
mod process;
mod seat;
mod served;
mod shape;
mod trains;
mod truth;
mod violation;
