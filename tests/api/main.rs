//! The doors as their callers meet them.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on must fail at once; its functions are not all marked as tests"
)]

mod bad_answers;
mod bare_control;
mod comparisons;
mod control;
mod control_access;
mod control_connections;
mod control_door;
mod control_events;
mod control_health;
mod control_history;
mod control_trains;
mod control_trains_refused;
mod control_triggers;
mod evaluation_door;
mod event_client;
mod event_streams;
mod ofrep;
mod ofrep_connections;
mod ofrep_limits;
mod ofrep_origins;
mod ofrep_selectors;
mod outcomes_wire;
mod own_metrics;
mod prometheus;
mod providers;
mod raw_client;
mod scripted_store;
mod sources;
