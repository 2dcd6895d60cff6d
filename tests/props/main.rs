//! What holds for every input, tried on many.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test says by panicking what is wrong"
)]

mod allocations;
mod decisions;
#[path = "../differential/dice.rs"]
mod dice;
mod every_kind;
mod explained;
mod exposure;
#[path = "../differential/generator.rs"]
mod generator;
mod json;
mod layers;
mod rereading;
#[path = "../differential/sensible.rs"]
mod sensible;
mod statistics;
mod sturdy;
mod walk;
#[path = "../differential/wild.rs"]
mod wild;
