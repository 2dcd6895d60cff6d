//! The one path from definitions and exposures to what the evaluators serve.

mod publisher;

pub use publisher::{Closed, Publisher};
