//! The lean driver: the real decision alone, under events by dice, compared step by step with the model.
//! It has no store and no tasks, and so it is where the great number of events comes from.

mod expect;
mod fits;
mod look;
mod model;
mod proof;
mod walk;
mod world;

pub use model::Phase;
pub use walk::{JUMPS, run};
