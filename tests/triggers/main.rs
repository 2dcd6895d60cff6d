//! Sources of alerts: what is read of each sender's posts, how posts are shown to be who they say, and what settings
//! of sources are refused.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on must fail at once; its functions are not all marked as tests"
)]

mod deliveries;
mod settings;
mod signatures;
