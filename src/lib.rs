//! Tidegate: progressive delivery. Feature flags evaluated in nanoseconds, rollouts that open in waves
//! while the metrics hold and close by themselves when they do not.
//!
//! The crate is a house of rooms. The pure ones decide and know nothing of the world; with
//! `default-features = false` they are all there is, and the crate is an embeddable evaluator. The
//! others, behind the feature `server`, act.
//!
//! | Pure | |
//! |---|---|
//! | [`units`] | shares, durations, names, moments |
//! | [`json`] | JSON, strictly and borrowed |
//! | [`source`] | files as trees with places, and what is wrong in them |
//! | [`flag`] | definitions, the catalog of all files, the exposures laid over flags |
//! | [`eval`] | snapshots, contexts, the hot path |
//! | [`analysis`] | the language of conditions, readings, alerts |
//! | [`rollout`] | plans, states, events and the decision |
//! | [`cohort`] | which wave of a rollout reaches a user |
//! | [`simulate`] | a plan tried out in a made-up world |
//!
//! ```
//! use tidegate::eval::{Context, Snapshot};
//!
//! let flags: Snapshot = r#"{"flags": {"new-search": {
//!     "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
//!     "targeting": {"if": [{"ends_with": [{"var": "email"}, "@company.example"]}, "on", null]}}}}"#.parse()?;
//!
//! let context = Context::of("ann").with("email", "ann@company.example");
//! let found = flags.evaluate("new-search", &context);
//! assert_eq!(found.variant(), Some("on"));
//! assert_eq!(found.as_bool(), Some(true));
//! # Ok::<(), tidegate::eval::LoadError>(())
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm))]
pub mod analysis;
pub mod cohort;
pub mod eval;
pub mod flag;
pub mod json;
#[cfg(feature = "planted")]
pub mod planted;
#[cfg(not(feature = "planted"))]
#[expect(unreachable_pub, reason = "with the feature, tests choose among them")]
mod planted;
pub mod rollout;
pub mod simulate;
pub mod source;
pub mod units;

#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod clock;
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
pub mod notify;
#[cfg(feature = "server")]
pub mod otlp;
#[cfg(feature = "server")]
pub mod publish;
#[cfg(feature = "server")]
pub mod rehearse;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod triggers;
