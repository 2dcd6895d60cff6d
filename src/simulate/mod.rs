//! A plan tried out: the core that decides, in a world that is made up, under a clock that is not real.

mod dice;
mod limits;
mod model;
mod outcome;
mod recording;
pub mod rehearse;
mod run;
mod scenario;
mod timeline;
mod traffic;
mod world;

pub use outcome::{Outcome, Simulated};
pub use recording::{LONGEST_RECORDING, Recording, RecordingError};
pub use run::simulate;
pub use scenario::Scenario;
pub use timeline::Row;

#[cfg(test)]
mod tests;
