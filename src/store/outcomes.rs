//! The door to what is kept of outcomes. It is apart from that of rollouts: what is lost here is lost for some seconds'
//! outcomes, and nothing that closes a flag waits for it.

use super::error::StoreError;
use crate::measure::{Kept, KeptBefore};
use crate::units::{FlagKey, UnixMillis};
use async_trait::async_trait;
use std::fmt::Debug;

/// What was served of a flag, as JSON of whoever knows the shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedBefore {
    /// Which flag.
    pub flag: FlagKey,
    /// Its eras.
    pub eras: String,
}

/// Keeps outcomes, and what outcomes are told by.
#[async_trait]
pub trait OutcomeStore: Send + Sync + Debug {
    /// Keeps what has changed: batches and exports first, then parts, in pieces that leave room for others in between.
    async fn keep_outcomes(&self, kept: &Kept) -> Result<(), StoreError>;

    /// Everything that is kept: parts by flag, variant, ring and slot, batches and exports in the order of time. What
    /// cannot be read at all is left out.
    async fn kept_outcomes(&self) -> Result<KeptBefore, StoreError>;

    /// Replaces what was served of all flags, or leaves it as it is; and says up to when it is right.
    async fn keep_served(&self, served: Option<&[ServedBefore]>, up_to: UnixMillis) -> Result<(), StoreError>;

    /// What was served, and up to when that is right; `None` when nothing was ever kept.
    async fn kept_served(&self) -> Result<Option<(Vec<ServedBefore>, UnixMillis)>, StoreError>;
}
