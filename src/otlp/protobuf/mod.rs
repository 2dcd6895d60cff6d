//! OTLP's binary form.

mod answer;
mod cursor;
mod metrics;
mod traces;

pub use answer::{failure, partial_success};
pub use metrics::points;
pub use traces::spans;
