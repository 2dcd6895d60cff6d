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
mod catching_up;
mod comparisons;
mod control;
mod control_access;
mod control_connections;
mod control_door;
mod control_events;
mod control_health;
mod control_history;
mod control_sources;
mod control_trains;
mod control_trains_refused;
mod control_triggers;
mod evaluation_door;
mod event_client;
mod event_streams;
#[path = "../support/exported.rs"]
mod exported;
mod fetch;
mod late_outcomes;
mod ofrep;
mod ofrep_connections;
mod ofrep_limits;
mod ofrep_origins;
mod ofrep_selectors;
mod outcome_door;
mod outcomes_wire;
mod own_metrics;
mod probes;
mod prometheus;
mod providers;
mod ratios;
mod raw_client;
mod rollout_explained;
mod scripted_store;
mod sent;
mod source_order;
mod sources;
mod telemetry_intake;
mod trigger_storm;
