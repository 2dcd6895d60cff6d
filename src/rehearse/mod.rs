//! The past of a plan's metrics, asked of their providers in pieces, and kept so that nothing is asked twice.

mod fetch;
mod keep;
mod order;

pub use fetch::{Fetched, Interrupted, Progress, fetch};
pub use keep::Folder;
pub use order::{Order, OrderError, Piece};

#[cfg(test)]
mod tests;
