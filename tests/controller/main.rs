//! The control loop over a real store, with real snapshots: what closes, what opens, and what is remembered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "a test may end at the first thing that is not as it should be"
)]

mod breakdown;
mod checks;
mod closing;
mod events;
mod groups;
mod late_closings;
mod layers;
mod lost_answers;
mod opening;
mod plans;
#[path = "../support/refusing.rs"]
mod refusing;
mod restart;
mod scene;
mod script;
mod stepping_back;
mod storms;
mod trains;
mod two_rollouts;
mod verbs;
