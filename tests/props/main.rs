//! What holds for every input, tried on many.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by panicking what is wrong"
)]

mod allocations;
mod exposure;
mod sturdy;
