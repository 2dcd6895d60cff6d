//! OTLP's binary form.

mod answer;
mod cursor;
mod metrics;
mod traces;

pub use answer::{failure, partial_success};
pub(super) use metrics::points;
pub(super) use traces::spans;
