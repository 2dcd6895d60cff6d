//! Outcomes of which there are many of the same, as metrics tell of them.

use super::outcome::Outcome;
use super::outcomes::{Outcomes, Recorded};
use crate::units::UnixMillis;

/// Outcomes that are all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// One of them.
    pub outcome: Outcome,
    /// How many.
    pub times: u64,
}

impl Outcomes {
    /// As [`record`](Self::record), each as often as it happened.
    pub fn record_counted(&self, counted: &[Counted], now: UnixMillis) -> Recorded {
        let mut all = Vec::new();
        for one in counted {
            for _ in 0..one.times.min(100_000) {
                all.push(one.outcome.clone());
            }
        }
        self.record(&all, now)
    }
}
