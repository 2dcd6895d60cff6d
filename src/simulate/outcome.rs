//! How a simulation ended.

use super::timeline::Row;
use std::time::Duration;

/// How a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All waves and the watch are done.
    Completed,
    /// It closed itself.
    RolledBack,
    /// It stays where it is until a person does something.
    Held,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::RolledBack => "rolled_back",
            Self::Held => "held",
        }
    }
}

/// A simulation from its beginning to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in a sentence.
    pub reason: String,
    /// How long it took, by the virtual clock.
    pub lasted: Duration,
    /// How often the metrics were looked at.
    pub checks: u64,
    /// How many users came in an hour.
    pub users_per_hour: u64,
    /// What each metric was for users of the stable variant while all was well, for people.
    pub sound: Vec<(String, String)>,
    /// What happened.
    pub timeline: Vec<Row>,
    /// How many rows were left out of it, because there were too many.
    pub left_out: u64,
}
