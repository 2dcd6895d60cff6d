//! What a rollout lays over a flag: whom the candidate is served to where the definition leaves it
//! to the default, or that it is served to nobody.

use super::Expression;
use crate::units::{Exposure, RolloutName, VariantName};
use std::sync::Arc;

/// The order of a rollout's exposures: a later one never loses against an earlier one that was
/// delayed, and within an attempt nothing comes after the closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    attempt: u32,
    step: u32,
}

impl Rank {
    /// The rank of the `step`-th exposure (from 0) of an attempt (from 1).
    #[must_use]
    pub const fn open(attempt: u32, step: u32) -> Self {
        // The last step is kept for the closing.
        Self { attempt, step: if step == u32::MAX { u32::MAX.saturating_sub(1) } else { step } }
    }

    /// The attempt, from 1.
    #[must_use]
    pub const fn attempt(self) -> u32 {
        self.attempt
    }

    /// Which exposure of the attempt, from 0; the closing is behind all of them.
    #[must_use]
    pub const fn step(self) -> u32 {
        self.step
    }

    /// The rank of an attempt's closing: over each of its openings.
    #[must_use]
    pub const fn closed(attempt: u32) -> Self {
        Self { attempt, step: u32::MAX }
    }
}

/// What one rollout lays over its flag.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// Whose it is.
    pub rollout: RolloutName,
    /// Newer ranks replace older ones, never the other way round.
    pub rank: Rank,
    /// The variant being rolled out.
    pub candidate: VariantName,
    /// The variant that everybody else gets.
    pub stable: VariantName,
    /// Open to a share, or closed.
    pub gate: Gate,
}

/// Whether the candidate is served.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// To a share of the audience, where the definition leaves it to the default.
    Open(Share),
    /// To nobody, whatever the definition's rules say: whoever would get it gets the stable variant.
    Closed,
}

/// The part of the users that gets the candidate. It owns the buckets from 0 upward, so that a
/// smaller share lies inside a larger one.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// How many of the audience.
    pub exposure: Exposure,
    /// The context attribute whose text is hashed; without it a request gets the stable variant.
    pub bucket_by: Arc<str>,
    /// Hashed before the attribute, so that rollouts do not share their first users.
    pub salt: Arc<str>,
    /// Who may be in the share at all; `None` is everybody. A result that is not true is outside.
    pub audience: Option<Arc<Expression>>,
}
