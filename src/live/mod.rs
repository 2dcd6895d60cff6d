//! What is served right now: the one cell that every evaluation reads, and what was served so far.

mod cell;
mod counters;
mod difference;
mod tally;

pub use cell::{Live, Published};
pub use tally::{FlagTally, Tallies};
