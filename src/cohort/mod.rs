//! Where a user stands in a rollout: which of its waves reaches them, and why that one.

mod place;
mod told;

pub use place::{Cohort, Place, locate};
pub use told::told;
