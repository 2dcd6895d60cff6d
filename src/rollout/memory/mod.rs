//! What an attempt has seen, and what its statistics make of it.

mod absorb;
mod alpha;
mod ask;
mod attempt;
mod budget;
mod elsewhere;
mod posted;
mod sample_ratio;
mod score;
mod statistics;

pub(super) use absorb::absorb;
pub(super) use alpha::{account_for_stages, given_with, left_without};
pub use ask::{Asked, questions, questions_at_start};
pub use attempt::{Cost, Mean, Memory, TrailKey};
pub use budget::largest_safe_next;
pub(super) use budget::{allowed_cost, over_budget};
pub(super) use elsewhere::elsewhere;
pub(super) use posted::with_counts;
pub use posted::{Posted, PostedEvent, counted_events, counts_event, posted_counts};
pub use sample_ratio::Ratio;
pub(super) use sample_ratio::{ratio_of, sample_ratio};
pub(super) use statistics::{Seen, judge_statistics};
