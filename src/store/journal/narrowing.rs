//! What is remembered of a step back.

use crate::units::{RolloutName, UnixMillis};

/// A step back to an earlier wave that the store has not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarrowingRecord {
    /// Which rollout.
    pub rollout: RolloutName,
    /// Which of its attempts, from 1.
    pub attempt: u32,
    /// The number in the attempt of the exposure that has been served since.
    pub step: u32,
    /// The index of the wave that it went back to.
    pub wave: usize,
    /// When.
    pub at: UnixMillis,
    /// What was seen.
    pub seen: String,
}
