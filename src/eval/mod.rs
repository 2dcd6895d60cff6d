//! Evaluation: what a request's context gets from a flag. Everything slow is done when a snapshot is
//! built; resolving walks compiled rules and copies bytes.

mod answer;
mod attribute;
mod bucket;
mod bulk;
mod cbor;
mod coerce;
mod compile;
mod compiler;
mod context;
mod datum;
mod distribution;
mod evaluate;
mod flag;
mod lanes;
mod leaf;
mod load;
mod murmur3;
mod parse;
mod pool;

mod predicate;
mod program;
mod reason;
mod resolution;
mod resolve;
mod rule;
mod scratch;
mod share;
mod slots;
mod snapshot;
mod split;
mod texts;
mod together;
mod value;
mod variants;
mod version;
mod walk;

pub use answer::write_failure;
pub use bucket::Bucketing;
pub use bulk::Bulk;
pub use context::{Context, ContextError};
pub use datum::{Datum, Object};
pub use flag::Flag;
pub use load::LoadError;
pub use reason::{ErrorCode, Reason};
pub use resolution::{Failure, Outcome, Resolution};
pub use snapshot::Snapshot;
