//! Outcomes as applications post them.

mod document;
mod error;
mod fields;
mod item;

pub use document::{Batch, MOST_OUTCOMES, parse_outcomes};
pub use error::{ItemProblem, OutcomesError};
