//! The one path from definitions and exposures to what the evaluators serve.

mod before;
mod publisher;

pub use before::{overlaid, restore_before, write_before};

pub use publisher::{Closed, Publisher};
