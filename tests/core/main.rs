//! What flag documents mean and what evaluating them gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by panicking what is wrong"
)]

mod bad_documents;
mod bucketing;
mod contexts;
mod documents;
mod operators;
mod resolve;
mod served;
mod sources;
