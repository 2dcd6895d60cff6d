//! The pure rooms from the outside, mostly driven by data files.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on must fail at once; its functions are not all marked as tests"
)]

mod asked;
mod bad_documents;
mod bombs;
mod bucketing;
#[path = "../../benches/sequential/contest.rs"]
mod contest;
mod contexts;
mod corpus;
mod documents;
#[path = "../../benches/sequential/errors.rs"]
mod errors;
mod explanations;
mod false_alarms;
mod hostile;
mod kept_plans;
mod plans;
mod posting;
mod rehearse;
mod resolve;
mod revisions;
mod rollouts;
mod schemas;
mod selectors;
mod served;
mod sources;
mod together;
#[path = "../../benches/sequential/traffic.rs"]
mod traffic;
mod trains;
