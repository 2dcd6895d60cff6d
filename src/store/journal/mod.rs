//! Closings and steps back for the time when the store is away: written and on the disk before the sender of an alert
//! is answered, so that a crash does not forget what the live flags already follow.

mod closing;
mod file;
mod line;
mod narrowing;
mod port;
#[cfg(test)]
mod tests;

pub use closing::ClosingRecord;
pub use file::{FILE_NAME, Journal};
pub use narrowing::NarrowingRecord;
pub use port::Closings;
