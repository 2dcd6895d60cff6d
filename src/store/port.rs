//! The one door to what is kept.

use super::change::Change;
use super::error::{CommitError, StoreError};
use super::ledger::{LedgerCheck, LedgerRow};
use super::outbox::OutboxRow;
use super::record::Record;
use crate::rollout::train::TrainState;
use crate::units::{RolloutName, UnixMillis};
use async_trait::async_trait;
use std::fmt::Debug;

/// Keeps rollouts and trains, the ledger and the outbox. Limits of how many rows to return are taken as at least 1
/// and at most 1,000.
#[async_trait]
pub trait Store: Send + Sync + Debug {
    /// All rollouts, by name.
    async fn rollouts(&self) -> Result<Vec<Record>, StoreError>;

    /// One rollout, if there is one of that name. Comes after every commit that was begun before it, also one that
    /// nobody waits for any more: whoever reads what became of that must not hear of it later.
    async fn rollout(&self, name: &RolloutName) -> Result<Option<Record>, StoreError>;

    /// Replaces a rollout's plan and state if it still is at the expected version, and writes the ledger
    /// and outbox rows, all in one transaction that is on the disk when this returns. Returns the new version.
    async fn commit(&self, change: &Change) -> Result<u64, CommitError>;

    /// All trains, by name.
    async fn trains(&self) -> Result<Vec<Record<TrainState>>, StoreError>;

    /// One train, if there is one of that name.
    async fn train(&self, name: &RolloutName) -> Result<Option<Record<TrainState>>, StoreError>;

    /// As [`commit`](Self::commit), for a train. A name that a rollout has is a conflict, and the other way round.
    async fn commit_train(&self, change: &Change<TrainState>) -> Result<u64, CommitError>;

    /// The ledger's rows after a sequence, oldest first, of one rollout or train, or of all.
    async fn history(
        &self,
        rollout: Option<&RolloutName>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, StoreError>;

    /// Recomputes the ledger's whole hash chain, row by row.
    async fn verify(&self) -> Result<LedgerCheck, StoreError>;

    /// The messages not yet marked as delivered, oldest first.
    async fn undelivered(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError>;

    /// Marks messages as delivered; one that already was stays as it is.
    async fn mark_delivered(&self, sequences: &[u64], at: UnixMillis) -> Result<(), StoreError>;

    /// Whether a change could be committed now.
    async fn ping(&self) -> Result<(), StoreError>;
}
