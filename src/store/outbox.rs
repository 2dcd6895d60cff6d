//! Messages that wait for their delivery.

use super::change::Message;
use crate::units::{RolloutName, UnixMillis};

/// A message that was committed with its change. It is handed out until it is marked as delivered, so
/// a receiver may see it twice and never not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Its place in the order of commits, from 1.
    pub sequence: u64,
    /// When the change was decided.
    pub at: UnixMillis,
    /// Which rollout changed.
    pub rollout: RolloutName,
    /// What to tell.
    pub message: Message,
}
