//! The whole on real input: the built binary, Debian's Prometheus and Alertmanager with the
//! configurations of `deploy/`, a shop that branches on a flag for each of its requests, and the
//! OpenFeature SDKs of other languages.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test may end at the first thing that is not as it should be"
)]

mod alert_fires;
mod both_groups;
mod candidate_fails;
mod certificates;
mod clients;
mod cloudwatch;
mod counters;
mod deployed;
mod healthy;
mod monitoring;
mod outage;
mod outcomes_survive;
mod packages;
mod ports;
mod process;
mod prometheus_dies;
mod rehearsed;
mod server_dies;
mod shop;
mod tidegate;
mod traced;
mod world;
