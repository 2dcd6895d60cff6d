//! The port over SQLite: each call goes to the file of its subject.

use super::directory::Claim;
use super::{commit, ledger, outbox, outcomes, rollouts};
use crate::measure::{Kept, KeptBefore};
use crate::rollout::train::TrainState;
use crate::store::{
    Change, CommitError, LedgerCheck, LedgerRow, OutboxRow, OutcomeStore, Record, ServedBefore, Store, StoreError,
};
use crate::units::{RolloutName, UnixMillis};
use async_trait::async_trait;
use sqlx::SqlitePool;

/// An open database.
#[derive(Debug)]
pub struct SqliteStore {
    /// One connection: SQLite has one writer at a time, and waiting here is fairer than its busy timeout.
    pub(super) writer: SqlitePool,
    /// A few connections that read while the writer writes.
    pub(super) readers: SqlitePool,
    /// What must live as long as the store.
    pub(super) _hold: Hold,
}

/// What keeps the database there, and this process's own.
#[derive(Debug)]
pub(super) enum Hold {
    /// The lock on the data directory.
    Directory { _claim: Claim },
    /// A connection to the database in memory, which ends with its last one.
    Memory { _keeper: SqlitePool },
}

impl SqliteStore {
    /// Ends all work and closes the database: later calls fail. Dropping the store loses nothing either, but
    /// can leave the write-ahead log to be folded in by the next process that opens it.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn rollouts(&self) -> Result<Vec<Record>, StoreError> {
        rollouts::all(&self.readers).await
    }

    async fn rollout(&self, name: &RolloutName) -> Result<Option<Record>, StoreError> {
        rollouts::one(&self.writer, name).await
    }

    async fn commit(&self, change: &Change) -> Result<u64, CommitError> {
        commit::commit(&self.writer, change).await
    }

    async fn trains(&self) -> Result<Vec<Record<TrainState>>, StoreError> {
        rollouts::all(&self.readers).await
    }

    async fn train(&self, name: &RolloutName) -> Result<Option<Record<TrainState>>, StoreError> {
        rollouts::one(&self.writer, name).await
    }

    async fn commit_train(&self, change: &Change<TrainState>) -> Result<u64, CommitError> {
        commit::commit(&self.writer, change).await
    }

    async fn history(
        &self,
        rollout: Option<&RolloutName>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        ledger::page(&self.readers, rollout, after, limit).await
    }

    async fn verify(&self) -> Result<LedgerCheck, StoreError> {
        ledger::verify(&self.readers).await
    }

    async fn undelivered(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        outbox::undelivered(&self.readers, limit).await
    }

    async fn mark_delivered(&self, sequences: &[u64], at: UnixMillis) -> Result<(), StoreError> {
        outbox::mark_delivered(&self.writer, sequences, at).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        commit::ping(&self.writer).await
    }
}

#[async_trait]
impl OutcomeStore for SqliteStore {
    async fn keep_outcomes(&self, kept: &Kept) -> Result<(), StoreError> {
        outcomes::keep(&self.writer, kept).await
    }

    async fn kept_outcomes(&self) -> Result<KeptBefore, StoreError> {
        outcomes::kept(&self.readers).await
    }

    async fn keep_served(&self, served: Option<&[ServedBefore]>, up_to: UnixMillis) -> Result<(), StoreError> {
        outcomes::keep_served(&self.writer, served, up_to).await
    }

    async fn kept_served(&self) -> Result<Option<(Vec<ServedBefore>, UnixMillis)>, StoreError> {
        outcomes::kept_served(&self.readers).await
    }
}
