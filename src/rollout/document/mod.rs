//! The rollout document: from what a person wrote to a [`Plan`](super::Plan), or to everything that is wrong with it.

mod agreement;
mod askable;
mod budget;
mod clauses;
mod cloudwatch;
mod courses;
mod datadog;
mod events;
mod exec;
mod fields;
mod flag_check;
mod graphite;
mod group;
mod influx;
mod jsonpath;
mod layer;
mod lower;
mod metrics;
mod outcomes;
mod prometheus;
mod query;
mod ramp;
mod reader;
mod salvage;
mod selector;
mod shape;
mod sourced;
mod telemetry;
mod thresholds;
mod train;
mod waves;
mod web;

#[cfg(feature = "server")]
pub mod wire;

pub use flag_check::check_against;
pub use group::named_files;
pub use lower::{lower, lower_kept};
pub use salvage::salvage_closing;
pub use train::lower_train;
#[cfg(feature = "server")]
pub use wire::{json_schema, plan_json_schema, train_json_schema};

#[cfg(test)]
#[cfg(feature = "server")]
mod tests;
