//! What traced applications export by OpenTelemetry's protocol, read as outcomes: spans and metric points that carry
//! a feature flag's attributes.
//!
//! Bodies are walked through and not built up in memory; what is read of them is borrowed until an outcome is made.

mod attribute;
mod evaluation;
mod intake;
mod json;
mod malformed;
mod number;
mod point;
mod protobuf;
mod span;
mod streams;

use evaluation::{EVENTS, KEY};
use number::{not_negative, whole, zigzag};

pub use intake::{Body, Known, Passed, Taken, Vocabulary, metrics, traces};
pub use malformed::Malformed;
pub use protobuf::{failure, partial_success};
pub use streams::Streams;
