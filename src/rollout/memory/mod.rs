//! What an attempt has seen, and what its statistics make of it.

mod absorb;
mod ask;
mod attempt;
mod elsewhere;
mod posted;
mod statistics;

pub(super) use absorb::absorb;
pub use ask::{Asked, questions, questions_at_start};
pub use attempt::{Mean, Memory};
pub(super) use elsewhere::elsewhere;
pub(super) use posted::with_counts;
pub use posted::{Posted, PostedEvent};
pub(super) use statistics::judge_statistics;
