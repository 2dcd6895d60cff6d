//! Evaluation: what a request's context gets from a flag. Everything slow is done when a snapshot is
//! built; resolving walks compiled rules and copies bytes.

mod answer;
mod arithmetic;
mod attribute;
mod bucket;
mod budget;
mod cbor;
mod coerce;
mod compile;
mod context;
mod datum;
mod evaluate;
mod flag;
mod iterate;
mod murmur3;
mod numeral;
mod reason;
mod resolution;
mod resolve;
mod rule;
mod scratch;
mod selector;
mod share;
mod snapshot;
mod split;
mod text;
mod value;
mod version;

pub use answer::write_failure;
pub use bucket::Bucketing;
pub use context::{Context, ContextError};
pub use datum::{Datum, Object};
pub use flag::Flag;
pub use reason::{ErrorCode, Reason};
pub use resolution::{Outcome, Resolution};
pub use resolve::resolve;
pub use selector::Selector;
pub use snapshot::Snapshot;
