//! The pure rooms from the outside, mostly driven by data files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test may end at the first thing that is not as it should be"
)]

mod plans;
mod resolve;
mod rollouts;
mod served;
