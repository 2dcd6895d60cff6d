//! OTLP's JSON form.

mod metrics;
mod traces;
mod walk;

pub(super) use metrics::points;
pub(super) use traces::spans;
