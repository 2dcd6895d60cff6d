//! OTLP's JSON form.

mod metrics;
mod traces;
mod walk;

pub use metrics::points;
pub use traces::spans;
