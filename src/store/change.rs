//! One change: the new state and what is said of it, committed together or not at all.

use super::record::PlanSource;
use crate::rollout::State;
use crate::units::{RolloutName, UnixMillis};

/// A change to one rollout, or to one train.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<S = State> {
    /// Which. Rollouts and trains share one space of names.
    pub rollout: RolloutName,
    /// The version that the change was decided on; `None` when it must not exist yet.
    pub expected: Option<u64>,
    /// The plan from now on.
    pub plan: PlanSource,
    /// The state from now on.
    pub state: S,
    /// What the ledger keeps of it, in order.
    pub entries: Vec<Entry>,
    /// What is to be told to others, in order.
    pub messages: Vec<Message>,
    /// When it was decided.
    pub at: UnixMillis,
}

/// What the ledger keeps of a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What happened, as one word for programs: `wave-opened`, `closed`.
    pub kind: String,
    /// Who did it: a person, an alert's sender, or the controller.
    pub actor: String,
    /// What happened and why, as one sentence for people.
    pub sentence: String,
    /// The evidence: values, bounds, queries.
    pub detail: serde_json::Value,
}

/// Something to be told to others once the change is committed.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it is about; receivers choose by it.
    pub topic: String,
    /// What it says.
    pub body: serde_json::Value,
}
