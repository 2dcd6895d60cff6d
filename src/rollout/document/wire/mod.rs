//! The shapes of the rollout and the train document as JSON Schemas, so that editors complete and check what is
//! written.
//!
//! Documents are not read through these types but field by field, with the place of each fault; a
//! test keeps the two in step.

pub mod cloudwatch;
pub mod condition;
pub mod datadog;
pub mod duration;
pub mod events;
pub mod exec;
pub mod graphite;
pub mod influx;
pub mod metric;
pub mod outcomes;
pub mod prometheus;
pub mod rollout;
mod schema;
pub mod telemetry;
pub mod train;
pub mod wave;
pub mod web;

pub use schema::{json_schema, plan_json_schema, train_json_schema};
