//! What is remembered of a closing.

use crate::rollout::Cause;
use crate::units::{RolloutName, UnixMillis};

/// A closing that the store has not taken yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosingRecord {
    /// Which rollout.
    pub rollout: RolloutName,
    /// Which of its attempts was closed, from 1.
    pub attempt: u32,
    /// When.
    pub at: UnixMillis,
    /// Why.
    pub cause: Cause,
}
