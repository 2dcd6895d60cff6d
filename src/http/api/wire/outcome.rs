//! What became of posted outcomes.

use super::left_out::is_zero;
use crate::measure::Recorded;
use serde::{Deserialize, Serialize};

/// What became of posted outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// How many were taken.
    pub accepted: u64,
    /// How many were not, because as many flags and variants are kept as there is room for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
    /// How many were not, because they happened more than a day ago.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub late: u64,
    /// How many were not, because by their time they are still to happen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub future: u64,
    /// How many were not, because they came without a variant and what their key was served then is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unattributed: u64,
}

impl From<Recorded> for Accepted {
    fn from(recorded: Recorded) -> Self {
        let Recorded { kept, late, future, dropped, unattributed } = recorded;
        Self { accepted: kept, dropped, late, future, unattributed }
    }
}
