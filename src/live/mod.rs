//! What is served right now: the one cell that every evaluation reads, and what was served so far.

mod cell;
mod counters;
mod difference;
mod past;
mod tally;

pub use cell::{Live, Published};
pub use past::{Before, Era, Past, REMEMBERED, Stretch, Then};
pub use tally::{FlagTally, Tallies};
