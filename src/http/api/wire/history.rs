//! The ledger.

use serde::{Deserialize, Serialize};

/// A part of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// In the order of their sequence.
    pub entries: Vec<HistoryEntry>,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Its number; grows without end.
    pub sequence: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Whose: the name of a rollout or of a train.
    pub rollout: String,
    /// What kind of entry: `wave-opened`, `closed`, ...
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// In words.
    pub sentence: String,
    /// What the decision rested on.
    pub detail: serde_json::Value,
    /// The hash that chains it to all before it, in hexadecimal.
    pub hash: String,
}
