//! Tidegate.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm))]
pub mod analysis;
pub mod eval;
pub mod flag;
pub mod rollout;
pub mod source;
pub mod units;

#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod controller;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod live;
#[cfg(feature = "server")]
pub mod measure;
#[cfg(feature = "server")]
pub mod publish;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
