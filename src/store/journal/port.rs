//! The door to the record of closings and steps back, for tasks that must not wait for a disk.

use super::closing::ClosingRecord;
use super::file::Journal;
use super::narrowing::NarrowingRecord;
use crate::units::RolloutName;
use async_trait::async_trait;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Remembers closings and steps back while the store is away.
#[async_trait]
pub trait Closings: Send + Sync + Debug {
    /// Remembers a closing; when this returns it is durable.
    ///
    /// # Errors
    /// When it could not be written: then it does not count as remembered.
    async fn remember(self: Arc<Self>, record: ClosingRecord) -> io::Result<()>;

    /// Forgets the closings of a rollout up to an attempt: the store has them now.
    ///
    /// # Errors
    /// When that could not be written: after a crash they may be pending once more.
    async fn forget(self: Arc<Self>, rollout: RolloutName, attempt: u32) -> io::Result<()>;

    /// The closings not forgotten yet, in the order in which they happened.
    fn pending(&self) -> Vec<ClosingRecord>;

    /// Remembers a step back; when this returns it is durable.
    ///
    /// # Errors
    /// When it could not be written: then it does not count as remembered.
    async fn remember_narrowing(self: Arc<Self>, record: NarrowingRecord) -> io::Result<()>;

    /// Forgets the steps back of a rollout up to a step of an attempt: the store has the exposure of that step, or of
    /// a later one.
    ///
    /// # Errors
    /// When that could not be written: after a crash they may be pending once more.
    async fn forget_narrowing(self: Arc<Self>, rollout: RolloutName, attempt: u32, step: u32) -> io::Result<()>;

    /// The steps back not forgotten yet, in the order in which they happened.
    fn narrowings(&self) -> Vec<NarrowingRecord>;
}

#[async_trait]
impl Closings for Journal {
    async fn remember(self: Arc<Self>, record: ClosingRecord) -> io::Result<()> {
        spawn_blocking(move || self.append(&record)).await?
    }

    async fn forget(self: Arc<Self>, rollout: RolloutName, attempt: u32) -> io::Result<()> {
        spawn_blocking(move || self.clear(&rollout, attempt)).await?
    }

    fn pending(&self) -> Vec<ClosingRecord> {
        self.pending()
    }

    async fn remember_narrowing(self: Arc<Self>, record: NarrowingRecord) -> io::Result<()> {
        spawn_blocking(move || self.append_narrowing(&record)).await?
    }

    async fn forget_narrowing(self: Arc<Self>, rollout: RolloutName, attempt: u32, step: u32) -> io::Result<()> {
        spawn_blocking(move || self.clear_narrowing(&rollout, attempt, step)).await?
    }

    fn narrowings(&self) -> Vec<NarrowingRecord> {
        self.narrowings()
    }
}
