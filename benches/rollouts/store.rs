//! A store that keeps the newest record of each rollout, and nothing else.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tidegate::rollout::train::TrainState;
use tidegate::store::{Change, CommitError, LedgerCheck, LedgerRow, OutboxRow, Record, Store, StoreError};
use tidegate::units::{RolloutName, UnixMillis};

/// The versions of all rollouts, and how many commits there were.
#[derive(Debug, Default)]
pub struct Kept {
    versions: Mutex<BTreeMap<RolloutName, u64>>,
}

impl Kept {
    pub fn commits(&self) -> u64 {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

#[async_trait]
impl Store for Kept {
    async fn rollouts(&self) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }

    async fn rollout(&self, _: &RolloutName) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    async fn commit(&self, change: &Change) -> Result<u64, CommitError> {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let version = versions.entry(change.rollout.clone()).or_default();
        *version += 1;
        Ok(*version)
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

    async fn history(&self, _: Option<&RolloutName>, _: u64, _: u32) -> Result<Vec<LedgerRow>, StoreError> {
        Ok(Vec::new())
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
        Ok(())
    }
}
