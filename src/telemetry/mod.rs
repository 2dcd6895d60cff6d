//! What Tidegate tells of itself: metrics for `/metrics`, and logs.

mod evaluations;
mod logging;
mod metrics;
mod requests;
mod rollouts;
mod triggers;

pub use logging::{LogFormat, LoggingError, init_logging};
pub use metrics::{CheckResult, EventResult, Metrics, OutcomeResult, Signal};
pub use requests::{RequestKind, RequestMetrics};
pub use triggers::{AlertResult, PostResult, TriggerMetrics};
