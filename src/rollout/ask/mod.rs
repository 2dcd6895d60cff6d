//! What a metric asks of a system outside.

mod cloudwatch;
mod datadog;
mod exec;
mod graphite;
mod influx;
mod prometheus;
mod query;
mod web;

pub use cloudwatch::{AskCloudWatch, Figure, Statistic};
pub use datadog::{Aggregator, AskDatadog};
pub use exec::AskExec;
pub use graphite::AskGraphite;
pub use influx::{AskInflux, InfluxLanguage};
pub use prometheus::{AskPrometheus, PromQl};
pub use query::{Ask, Query};
pub use web::{AskWeb, WebBody, WebMethod};
