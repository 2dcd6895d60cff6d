//! What an attempt has seen, and what its statistics make of it.

mod absorb;
mod ask;
mod attempt;
mod elsewhere;
mod posted;
mod statistics;

pub use ask::{Asked, questions, questions_at_start};
pub use attempt::{Mean, Memory, TrailKey};
pub use posted::{Posted, PostedEvent};
pub(super) use absorb::absorb;
pub(super) use posted::with_counts;
