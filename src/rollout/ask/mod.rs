//! What a metric asks of a system outside.

mod prometheus;
mod query;

pub use prometheus::{AskPrometheus, PromQl};
pub use query::{Ask, Query};
