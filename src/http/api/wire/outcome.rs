//! What became of posted outcomes.

use super::left_out::is_zero;
use serde::{Deserialize, Serialize};

/// What became of posted outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// How many were taken.
    pub accepted: u64,
    /// How many were not, because as many flags and variants are kept as there is room for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}
