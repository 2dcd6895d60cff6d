//! Outcomes as applications post them.

mod document;
mod error;
mod fields;
mod item;
mod place;
mod served;
mod time;

pub use document::{Batch, MOST_OUTCOMES, parse_outcomes};
pub use error::{ItemProblem, OutcomesError};
pub use place::{Place, Written};
pub use served::Served;
