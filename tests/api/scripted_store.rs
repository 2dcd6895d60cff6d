//! A store without rollouts whose ledger is given, and whose health check may hang.

use async_trait::async_trait;
use tidegate::rollout::train::TrainState;
use tidegate::store::{Change, CommitError, LedgerCheck, LedgerRow, OutboxRow, Record, Store, StoreError};
use tidegate::units::{RolloutName, UnixMillis};

#[derive(Debug, Default)]
pub(crate) struct ScriptedStore {
    /// In the order of their sequences.
    pub(crate) ledger: Vec<LedgerRow>,
    /// Whether asking for its health has no answer.
    pub(crate) hangs: bool,
}

#[async_trait]
impl Store for ScriptedStore {
    async fn rollouts(&self) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }

    async fn rollout(&self, _: &RolloutName) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    async fn commit(&self, _: &Change) -> Result<u64, CommitError> {
        Err(StoreError::unavailable("commit a change", "this store only reads").into())
    }

    async fn trains(&self) -> Result<Vec<Record<TrainState>>, StoreError> {
        Ok(Vec::new())
    }

    async fn train(&self, _: &RolloutName) -> Result<Option<Record<TrainState>>, StoreError> {
        Ok(None)
    }

    async fn commit_train(&self, _: &Change<TrainState>) -> Result<u64, CommitError> {
        Err(StoreError::unavailable("commit a change", "this store has no trains").into())
    }

    async fn history(&self, _: Option<&RolloutName>, after: u64, limit: u32) -> Result<Vec<LedgerRow>, StoreError> {
        let newer = self.ledger.iter().filter(|row| row.sequence > after);
        Ok(newer.take(usize::try_from(limit).unwrap()).cloned().collect())
    }

    async fn verify(&self) -> Result<LedgerCheck, StoreError> {
        Ok(LedgerCheck::Sound { rows: 0 })
    }

    async fn undelivered(&self, _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(Vec::new())
    }

    async fn mark_delivered(&self, _: &[u64], _: UnixMillis) -> Result<(), StoreError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if self.hangs { std::future::pending().await } else { Ok(()) }
    }
}
